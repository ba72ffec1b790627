"""Numbers and names as a reader sees them: intervals, p values, groups, cohousing times, commands."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from socialrl.analysis.statistics import Estimate

MISSING = "–"

TERMS = {
    "contact_general": "contact with anyone",
    "contact_selective": "contact, familiar animal",
    "defence": "defence against strangers",
    "novelty": "novelty",
    "exploration": "exploring",
    "effort": "effort",
    "stress": "stress",
    "rest": "resting",
    "noise": "felt noise",
    "need": "need for company",
    "care": "contact with the litter",
    "hunger": "hunger",
}


class Told(str):
    """Numbers as text that still has them: `exact` is one number, or a value with the ends of its interval.

    A page shows the text, and its CSV writes what is exact. Text that is made of it, such as "… (n = 12)", has none.
    """

    __slots__ = ("exact",)
    exact: tuple[float, ...]

    def __new__(cls, text: str, *exact: float) -> Told:
        made = super().__new__(cls, text)
        made.exact = exact
        return made


def number(value: float, digits: int = 2) -> str:
    """Return `value` with a real minus sign and thin spaces between thousands; a dash when it is not a number."""
    if value is None or not math.isfinite(value):
        return MISSING
    return Told(_rounded(value, digits), float(value))


def _rounded(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}".replace(",", "\u202f")
    if float(f"{value:.{digits}f}") == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def interval(estimate: Estimate, digits: int = 2, scale: float = 1.0, sign: bool = False) -> str:
    """Return "0.91 [0.85, 0.95]", or the value alone where there is no interval; `scale` divides all three."""
    plus = "+" if sign and math.isfinite(estimate.value) and round(estimate.value / scale, digits) > 0 else ""
    text = plus + number(estimate.value / scale, digits)
    if math.isfinite(estimate.low) and math.isfinite(estimate.high):
        text += f" [{number(estimate.low / scale, digits)}, {number(estimate.high / scale, digits)}]"
        return Told(text, *(float(one) / scale for one in (estimate.value, estimate.low, estimate.high)))
    return Told(text, float(estimate.value) / scale) if math.isfinite(estimate.value) else text


def p_value(p: float) -> str:
    """Return a p value with three digits, "< 0.001" below that, a dash when undefined."""
    if not math.isfinite(p):
        return MISSING
    return Told("< 0.001" if p < 0.001 else f"{p:.3f}", float(p))


def p_clause(p: float) -> str:
    """Return a p value inside a sentence: "p = 0.008", "p < 0.001"."""
    return f"p {p_value(p)}" if math.isfinite(p) and p < 0.001 else f"p = {p_value(p)}"


def hours(value: float) -> str:
    """Return cohousing hours, "24 h", with days from two days on when whole: "168 h (7 days)"."""
    days = value / 24
    return f"{value:g} h" + (f" ({days:g} days)" if days >= 2 and days == int(days) else "")


def condition_label(cohousing_h: float, relationship: str, separation_h: float, *, short: bool = False) -> str:
    """Return what a test is called in tables ("24 h, mate, 48 h apart") or, `short`, on axes."""
    parts = [f"{cohousing_h:g} h" if short else hours(cohousing_h)]
    if relationship and relationship != "peer":
        parts.append(relationship)
    if separation_h:
        parts.append(f"{separation_h:g} h apart")
    return ", ".join(parts)


def term_label(term: str) -> str:
    """Return a reward term in words; a term this table does not know keeps its name."""
    return TERMS.get(term, term.replace("_", " "))


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def capital(text: str) -> str:
    """Return `text` with its first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def command(verb: str, path: Path) -> str:
    """Return a command line to show, such as "socialrl evaluate runs/demo", with the path from the working folder."""
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"socialrl {verb} {shlex.quote(str(path))}"


def next_step(path: Path, finished: bool) -> str:
    """Return which command brings the tests that a run does not have yet."""
    if finished:
        return f"`{command('evaluate', path)}` plays the tests"
    return f"`{command('resume', path)}` continues the training, `{command('evaluate', path)}` then plays the tests"


def individuals(spread: float | Mapping[str, float]) -> str:
    """Say how animals differ, from `individual_spread` of a configuration."""
    mapping = spread if isinstance(spread, Mapping) else {"scale": spread}
    factor = mapping.get("scale", 1.0)
    own = ", ".join(f"{name} {sd:g}" for name, sd in mapping.items() if name != "scale")
    if not any(mapping.values()) and "scale" in mapping:
        return "identical in their parameters"
    return f"drawn with individual spread × {factor:g}" + (f", but with a log-sd of their own for {own}" if own else "")


def arms(settings: Mapping[str, str]) -> str:
    """Return arms of the receptor and how they are set: "release as in knockouts, reward as in wild types"."""
    kinds = {"knockout": "as in knockouts", "wild_type": "as in wild types", "own": "by the own gain"}
    return ", ".join(f"{arm} {kinds.get(setting, setting)}" for arm, setting in settings.items())


def drugs(doses: Sequence[Mapping[str, Any]]) -> str:
    """Return drugs with dose and time: "antagonist, dose 0.5, from 10 min before the test to 3 h after its start"."""
    return "; ".join(_drug(one) for one in doses)


def _drug(one: Mapping[str, Any]) -> str:
    parts = [str(one["drug"]).replace("_", " "), f"dose {one.get('dose', 1):g}"]
    times = [_moment(float(one[name])) for name in ("start_s", "end_s") if one.get(name) is not None]
    if times:
        parts.append(" to ".join([f"from {times[0]}", *times[1:]]))
    if one.get("share") is not None and one["share"] < 1:
        parts.append(f"in {100 * one['share']:g} % of the training episodes and not in tests")
    return ", ".join(parts)


def _moment(second: float) -> str:
    """A time of the test: "10 min before the test", "its start", "3 h after its start"."""
    if second == 0:
        return "its start"
    return f"{length(-second)} before the test" if second < 0 else f"{length(second)} after its start"


def length(seconds: float) -> str:
    """Return a length of time in the unit that suits it: "3 h", "10 min", "30 s"."""
    for unit_s, unit in ((3600, "h"), (60, "min")):
        if seconds >= unit_s:
            return f"{float(f'{seconds / unit_s:.3g}'):g} {unit}"
    return f"{seconds:g} s"
