"""What the scorecard page says about a comparison: numbers with intervals, verdicts, the small drawing of an effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording
from socialrl.findings.records import SIGNS
from socialrl.findings.results import ComparisonResult, FindingResult, MechanismResult, Result, SideResult
from socialrl.findings.scorecard import (
    INCONCLUSIVE,
    MIN_ANIMALS,
    NO_VERDICT,
    NOT_COMPARED,
    NOT_REPRODUCED,
    NOT_RUN,
    REPRODUCED,
)

SYMBOL = {
    REPRODUCED: "✓",
    NOT_REPRODUCED: "✕",
    INCONCLUSIVE: "?",
    NOT_RUN: "–",
    NOT_COMPARED: "–",
    NO_VERDICT: "○",
}
KINDS = {
    "predicted": "Predicted: used neither to set parameters nor to choose equations",
    "press": "Predicted, but known from press copy only: not counted",
    "control": "Null controls: no effect expected",
    "mechanism": "Mechanism added: a mechanism was added for all animals because of this finding, so it does not test "
    "the model",
    "calibrated": "Calibrated: used to set parameters, so it does not test the model",
    "novel": "Novel: what the model predicts and nobody has tested in animals, so there is no verdict",
}
"""The blocks of the scorecard in their order, with their headings."""

MARKS = {
    "predicted": "predicted",
    "press": "predicted, press copy only: not counted",
    "control": "null control",
    "mechanism": "mechanism added for it: not a test",
    "calibrated": "calibrated: not a test",
    "novel": "novel: no verdict",
}
"""The same in a few words, on a finding."""

GRADES = {"A": "full text or data read", "B": "abstract or caption read", "C": "press copy only"}

RULE = (
    f"Fewer than {MIN_ANIMALS} animals or pairs: inconclusive.",
    "Expected higher or lower: reproduced if the whole 95 % interval of the difference lies on the expected side and"
    " the rank test gives p < 0.05; not reproduced if the interval lies on the other side, or if all of it is smaller"
    " than the smallest difference that counts; otherwise inconclusive.",
    "Expected the same: reproduced if the whole interval lies inside the margin, not reproduced if all of it lies"
    " outside, otherwise inconclusive.",
    "A finding is reproduced if all its deciding comparisons are, and not reproduced if one of them is not. "
    "Comparisons"
    " that are calibrated, that a mechanism was added for, that rest on press copy, or that are marked as shown only "
    "do"
    " not decide if there are others. Novel comparisons, which nobody has tested in animals, get no verdict.",
    "The comparisons and their directions were fixed beforehand, so p values are not corrected. The column p_holm of"
    " scorecard.csv holds p values corrected over all predicted comparisons (Holm), those about lives (who reared an"
    " animal, company and stress, two that fall into step, generations, repair) apart from all others.",
    "An inconclusive comparison names the smallest effect that so many animals, scattering as these do, would have"
    " shown in four of five repetitions.",
)

_SVG_WIDTH, _SVG_HEIGHT = 132.0, 18.0
_FARTHEST = 25.0
"""Standardised effect at the ends of the drawing; effects beyond are drawn there."""


def lede(result: Result) -> str:
    """Return the result in a few sentences, the failures named as plainly as the successes."""
    counts = result.counts
    predicted = counts["predicted"]
    run = sum(predicted.values()) - predicted[NOT_RUN]
    if not run:
        return "No predicted finding has been run yet, so there is no verdict."
    parts = [
        f"{predicted[verdict]} {'is' if predicted[verdict] == 1 else 'are'} {verdict}"
        for verdict in (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE)
    ]
    noun = "finding that was" if run == 1 else "findings that were"
    text = (
        f"Of {run} published {noun} used neither to set parameters nor to choose equations,"
        f" {parts[0]}, {parts[1]} and {parts[2]}."
    )
    if predicted[NOT_RUN]:
        text += f" {predicted[NOT_RUN]} more could not be compared, because their tests were not run."
    added = sum(counts["mechanism"].values())
    if added:
        these = "it does" if added == 1 else "they do"
        text += f" For {added} more a mechanism was added to the model, so {these} not test it."
    broken = counts["control"][NOT_REPRODUCED]
    if broken:
        controls = "control shows" if broken == 1 else "controls show"
        text += f" {broken} null {controls} an effect where there should be none."
    return text


def shown(verdict: str, use: str) -> str:
    """Return a verdict as the page words it: of a null control, that there is no effect, or that there is one."""
    controls = {REPRODUCED: "no effect", NOT_REPRODUCED: "an effect"}
    return controls.get(verdict, verdict) if use == "control" else verdict


def slug(verdict: str) -> str:
    """Return a verdict as a class name."""
    return verdict.replace(" ", "-")


def sign(row: ComparisonResult) -> str:
    """Return the expected direction: +, − or 0."""
    return {+1: "+", -1: "−", 0: "0"}[SIGNS[row.expected]]


def difference(row: ComparisonResult) -> str:
    """Return the model's difference with its interval, in the unit of the comparison."""
    if row.missing:
        return wording.MISSING
    return wording.interval(row.difference_estimate, digits(row), sign=True)


def unit(row: ComparisonResult) -> str:
    """Return what the difference is in, or why there is none: "Presses, presses per session"."""
    return row.missing or f"{row.label}, {row.unit}"


def could_see(row: ComparisonResult) -> str:
    """Return what an inconclusive comparison could have shown: the smallest effect that so many animals see."""
    if row.verdict != INCONCLUSIVE or not math.isfinite(row.could_see):
        return ""
    amount = f"{wording.number(row.could_see, digits(row))} {row.unit}"
    same = row.expected == "same"
    return f"could have shown the two to be the same within {amount}" if same else f"could have shown {amount} or more"


def size(row: ComparisonResult) -> str:
    """Return the standardised effect with its interval, or why there is none."""
    if row.missing:
        return wording.MISSING
    if not math.isfinite(row.effect_size):
        return "no spread"
    return wording.interval(row.size_estimate, 1 if abs(row.effect_size) >= 10 else 2, sign=True)


def size_name(row: ComparisonResult) -> str:
    """Return the name of the standardised effect as readers know it."""
    names = {"d_z": "d (paired)", "d": "d", "g": "Hedges’ g", "ln ratio": "ln ratio"}
    return names.get(row.effect_size_is, "")


def p_value(row: ComparisonResult) -> str:
    """Return p of the rank test, or a dash."""
    return wording.p_value(row.p)


def sides(row: ComparisonResult) -> str:
    """Return the means of the two sides with their intervals: "0.60 [0.55, 0.65] against 0.93 [0.92, 0.94]"."""
    if row.this is None:
        return row.missing or wording.MISSING
    first = _mean(row.this, row)
    if row.than is not None:
        return f"{first} against {_mean(row.than, row)}"
    if row.kind == "trend":
        return f"slope {first}"
    if row.kind == "distribution" and row.reference is not None:
        published = row.reference
        mean, sd = (wording.number(value, row.digits) for value in (row.this.mean, row.this.sd))
        numbers = f"{published.mean:,.0f} ± {published.sd:,.0f}".replace(",", "\u202f")
        return f"{mean} ± {sd} (sd) against published {numbers}, n = {published.n}"
    return f"{first} against {wording.number(row.value, max(row.digits, 2))}"


def mechanism(row: ComparisonResult, links: bool = True) -> Markup:
    """Return which mechanism was added because of a comparison, with links to its parameters; empty where none was.

    Those that are off in these animals are named as such.
    """
    code = '<a href="#parameter-{0}"><code>{0}</code></a>' if links else "<code>{0}</code>"

    def named(names: Sequence[str]) -> Markup:
        return Markup(" and ").join(Markup(code).format(name) for name in names)

    on = [name for name in row.mechanism if name not in row.off]
    added = named(on) if on else Markup("one" if row.use == "mechanism" else "")
    told = (
        Markup("Mechanism: {} {} added for this row.").format(added, "was" if len(on) < 2 else "were") if added else ""
    )
    if not row.off:
        return Markup(told)
    off = Markup("{} can be switched on for {} and {} off here.").format(
        named(row.off), "it" if told else "this row", "is" if len(row.off) == 1 else "are"
    )
    return Markup(" ").join([told, off]) if told else Markup("Mechanism: ") + off


def mark(finding: FindingResult) -> str:
    """Return how a finding was used, and what was added for it or for some of its comparisons.

    "mechanism compensation_share added for it: not a test", "predicted; mechanism signal_adaptation added for b"
    """
    return MARKS[finding.kind] if not added(finding) else added(finding)


def added(finding: FindingResult, code: str = "{}") -> str:
    """Return which mechanism was added for a finding, or for which of its comparisons; empty where none is named.

    `code` is how a parameter is written.
    """
    marked = [row for row in finding.comparisons if row.use == "mechanism"]
    names = dict.fromkeys(name for row in marked for name in row.mechanism if name not in row.off)
    told = " and ".join(code.format(name) for name in names)
    if finding.kind == "mechanism":
        return f"mechanism {told} added for it: not a test" if told else ""
    parts = ", ".join(row.part for row in marked)
    return f"{MARKS[finding.kind]}; mechanism {told} added for {parts}".replace("  ", " ") if marked else ""


def n_counts(row: ComparisonResult) -> str:
    """Return what n counts where that is not animals in one group: "pairs" (one replicate a cage), "per group"."""
    return " ".join([*(["pairs"] if row.replicate == "pair" else []), *(["per group"] if row.per_group else [])])


def forest(row: ComparisonResult) -> Markup:
    """Return a small drawing of the standardised effect and its interval; the expected side or the margin is shaded."""
    effect = row.size_estimate
    if row.missing or not math.isfinite(effect.value):
        return Markup("")
    middle, expected, shade = _SVG_WIDTH / 2, SIGNS[row.expected], ""
    if expected:
        left = middle if expected > 0 else 0.0
        shade = _rect(left, middle)
    elif math.isfinite(row.same_within) and math.isfinite(row.difference) and row.difference:
        margin = abs(row.same_within * effect.value / row.difference)
        shade = _rect(_at(-margin), _at(margin) - _at(-margin))
    ticks = "".join(
        f'<line class="{"zero" if d == 0 else "tick"}" x1="{_at(d):.1f}" x2="{_at(d):.1f}" y1="{0 if d == 0 else 5}"'
        f' y2="{18 if d == 0 else 13}"/>'
        for d in (-5, -1, 0, 1, 5)
    )
    bar = ""
    if math.isfinite(effect.low) and math.isfinite(effect.high):
        bar = f'<line class="bar" x1="{_at(effect.low):.1f}" x2="{_at(effect.high):.1f}" y1="9" y2="9"/>'
    at = _at(effect.value)
    dot = f'<circle class="dot" cx="{at:.1f}" cy="9" r="3.6"/>'
    if abs(effect.value) > _FARTHEST:  # off the scale: an arrow at its end
        tip = at + math.copysign(4, effect.value)
        back = at - math.copysign(4, effect.value)
        dot = f'<path class="dot" d="M{tip:.1f} 9L{back:.1f} 4V14Z"/>'
    return Markup(
        f'<svg class="forest {slug(row.verdict)}" viewBox="0 0 {_SVG_WIDTH:g} {_SVG_HEIGHT:g}" width="{_SVG_WIDTH:g}"'
        f' height="{_SVG_HEIGHT:g}" role="img" aria-label="standardised effect {size(row)}">{shade}{ticks}{bar}'
        f"{dot}</svg>"
    )


def margins(result: Result) -> list[dict[str, str]]:
    """Return what counts as a difference for every measure in use: label, unit, smallest, margin, reason."""
    return [
        {
            "label": measure.label,
            "unit": measure.unit,
            "smallest": _margin(measure.smallest),
            "same_within": _margin(measure.same_within),
            "why": measure.why,
        }
        for measure in result.measures
    ]


def mechanism_rows(mechanisms: Sequence[MechanismResult]) -> list[list[str]]:
    """Return the parameters of mechanisms as text: name, value, range, what it is, evidence and source, rows."""
    return [
        [
            one.name,
            f"{one.in_words or f'{one.value:g}'} {one.unit}".strip() + (" (off)" if one.off else ""),
            f"{one.low:g} to {one.high:g}",
            one.meaning,
            f"{one.evidence}: {one.source}",
            ", ".join(one.rows),
        ]
        for one in mechanisms
    ]


def ablation_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the ablation as rows of text: arm, setting, comparison, difference, effect size, share, n."""
    settings = {"knockout": "knocked out alone", "wild_type": "restored alone"}
    rows = []
    for row in table.to_dict("records"):
        n = int(row["n"])
        difference = Estimate(float(row["difference"]), float(row["low"]), float(row["high"]), n, "")
        share = Estimate(float(row["share"]), float(row["share_low"]), float(row["share_high"]), n, "")
        rows.append(
            {
                "arm": row["arm"],
                "setting": "knockouts" if row["arm"] == "all" else settings[str(row["setting"])],
                "comparison": f"{row['finding']}{row['part']}",
                "says": row["says"],
                "difference": wording.interval(difference, _fitting(difference.value), sign=True),
                "size": wording.number(float(row["effect_size"]), 2),
                "share": wording.interval(share),
                "n": str(n),
            }
        )
    return rows


DEVELOPMENT_COLUMNS = ("animals", "arms", "difference", "size", "share", "n")


def development_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return comparisons of lives by arm of development as rows of text: the comparison, then `DEVELOPMENT_COLUMNS`."""
    settings = {"all": "all three", "none": "none"}
    rows = []
    for row in table.to_dict("records"):
        n = int(row["n"])
        difference = Estimate(float(row["difference"]), float(row["low"]), float(row["high"]), n, "")
        rows.append(
            {
                "comparison": f"{row['finding']}{row['part']}",
                "says": row["says"],
                "animals": str(row["group"]).replace("_", " "),
                "arms": settings.get(row["development"], f"{row['development']} alone"),
                "difference": f"{wording.interval(difference, _fitting(difference.value), sign=True)} {row['unit']}",
                "size": wording.number(float(row["effect_size"]), 2),
                "share": wording.number(float(row["share"]), 2),
                "n": str(n),
            }
        )
    return rows


def digits(row: ComparisonResult) -> int:
    """Return the decimals that the difference of a comparison is shown with."""
    of_spread = row.unit.endswith("standard deviations")  # older scorecards do not say the kind
    return 2 if row.kind in ("distribution", "trend") or of_spread else row.digits


def _fitting(value: float) -> int:
    return 2 if not math.isfinite(value) or abs(value) < 10 else 1 if abs(value) < 100 else 0


def _mean(side: SideResult, row: ComparisonResult) -> str:
    return wording.interval(side.estimate, row.digits)


def _margin(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else wording.MISSING


def _rect(x: float, width: float) -> str:
    return f'<rect class="side" x="{x:.1f}" y="0" width="{width:.1f}" height="{_SVG_HEIGHT:g}"/>'


def _at(d: float) -> float:
    """Place of an effect: linear near zero, logarithmic beyond (inverse hyperbolic sine), cut at the ends."""
    middle = _SVG_WIDTH / 2
    return middle + (middle - 4) * max(-1.0, min(1.0, math.asinh(d) / math.asinh(_FARTHEST)))
