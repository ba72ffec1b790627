"""Every biological constant of the model, once: value, unit, range, source and spread between animals.

`PARAMETERS` is the table; `record` turns it, with overrides, into one structured record per animal (`PARAMETER_DTYPE`),
so that one batch can hold wild types, knockouts, doses and individuals. Evidence "assumed" means that the amount was
not measured as far as we know: those numbers are choices, to be swept.

The spread is the standard deviation of the logarithm of the value between animals (log-normal, median = the value
given), so a quantity that is zero, such as a knockout's gain, stays zero in every individual.

`PARAMETERS` is the current table (`named_tables.CURRENT`); functions take the name of an earlier one as `table`.
"""

from __future__ import annotations

import functools
import hashlib
import math
import operator
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .named_tables import CURRENT, kept_rows, table_names, write_rows
from .spelling import nearest
from .vocabulary import SEXES

_CALIBRATED = "fitted to wild types (gain 1) of Brusman et al. 2024: docs/results/calibration"
_STARTED = "no measurement found; moved by the same fit, which does not determine it alone"
_BLACK = "Black et al. 2025 Curr Biol 35:4178 (direction); amount not measured"

EVIDENCE = ("definition", "published", "fitted", "assumed")
"""What a value rests on: a definition, published data, the fit to wild types, or only a choice."""


class ParameterError(ValueError):
    """A parameter name or value that a user gave and that the model does not accept."""

    user_facing = True


class UnexpectedKeyword(ParameterError, TypeError):
    """A constructor keyword that is neither an argument nor a parameter.

    It is a `TypeError`, too, because Gymnasium's own environments raise one, and wrappers that try a keyword and then
    do without it look for it.
    """


@dataclass(frozen=True)
class Parameter:
    """One constant: `value` in `unit`, allowed in [`low`, `high`]; `spread` is the log-sd between animals.

    `evidence` is one of `EVIDENCE`; `source` says where the value comes from in words. `male` is the value of males
    where it is another one, for which `source` must give a reason; None: the sexes do not differ.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    spread: float
    meaning: str
    evidence: str
    source: str
    male: float | None = None

    def of(self, sex: str) -> float:
        """Return the value of animals of a sex."""
        return self.male if self.male is not None and sex == "male" else self.value


# name, value, unit, lowest, highest, spread, meaning, evidence, source
# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    # --- the receptor and the peptides
    Parameter("oxtr_gain", 1.0, "× wild type", 0.0, 2.0, 0.1,
              "oxytocin-receptor gain: knockout 0, wild type 1", "definition", "by definition"),
    Parameter("dopamine_tone", 1.0, "× normal", 0.0, 2.0, 0.0,
              "vigour of work and of the mating route; 0 = blocked", "definition", "by definition"),
    Parameter("v1a_gain", 1.0, "× normal", 0.0, 2.0, 0.0,
              "vasopressin V1a route to mate value; 0 = blocked", "definition", "by definition"),
    # --- oxytocin
    Parameter("oxytocin_tau_s", 120.0, "s", 10.0, 1800.0, 0.0,
              "time constant of accumbens oxytocin", "assumed", "no vole measurement found; sweep 10 s to 30 min"),
    Parameter("release_floor", 0.5, "fraction", 0.0, 1.0, 0.0,
              "release in contact without the receptor (rho)", "assumed", _BLACK),
    Parameter("receptor_half", 1.0, "oxytocin units", 0.05, 20.0, 0.0,
              "oxytocin at which the receptor passes half of its maximum", "assumed", "no measurement found"),
    # --- familiarity
    Parameter("consolidation_floor_per_h", 0.017, "1/h of contact", 0.0, 10.0, 0.48,
              "bond growth without the receptor (kappa0)", "published",
              "knockouts prefer by about 7 days: Black et al. 2025 (press)"),
    Parameter("consolidation_gain_per_h", 0.069, "1/h of contact", 0.0, 10.0, 0.48,
              "bond growth per unit of receptor signal (kappa1), times dopamine tone", "published",
              "wild types prefer a peer after 24 h, little before: Black et al. 2025; "
              "Williams et al. 1992 Horm Behav 26:339"),
    Parameter("consolidation_mate_per_h", 0.22, "1/h of contact", 0.0, 10.0, 0.0,
              "bond growth with a mate, times dopamine tone, V1a gain and open mating route", "published",
              "6 h with mating as good as 24 h without: Williams et al. 1992 Horm Behav 26:339"),
    Parameter("absence_loss_per_h", 0.0005, "1/h", 0.0, 1.0, 0.0,
              "bond loss while apart", "published",
              "preference lasts 2 weeks or more after mating: Insel & Hulihan 1995"),
    Parameter("interference_per_h", 0.05, "1/h of contact", 0.0, 10.0, 0.0,
              "bond loss while in contact with others, without protection", "assumed", "no measurement found"),
    Parameter("retention", 0.8, "fraction", 0.0, 1.0, 0.0,
              "share of interference that the receptor prevents at gain 1", "assumed", "no measurement found"),
    Parameter("habituation_tau_s", 300.0, "s of contact", 10.0, 1e5, 0.0,
              "time to get used to a novel animal", "assumed", "no measurement found"),
    Parameter("habituation_recovery_h", 72.0, "h", 0.1, 1e4, 0.0,
              "time for novelty to come back", "assumed", "no measurement found"),
    Parameter("recognition_noise", 0.127, "familiarity units", 0.0, 1.0, 0.49,
              "error in recognising familiarity, drawn per encounter", "assumed", _STARTED),
    Parameter("compensation_share", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of receptor-free bond growth that is compensation and closes with the mating route; 0 = off",
              "assumed", "an acute block differs from a lifelong loss: Young et al. 2001, Berendzen et al. 2023"),
    Parameter("recognition_lasting", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the variance of recognition errors that lasts the whole test; 0 = off",
              "assumed", "no measurement found"),
    Parameter("v1a_recall", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of recognised familiarity that needs the V1a receptor; 0 = off",
              "assumed", "males: Donaldson et al. 2010; females spared: Insel & Hulihan 1995"),
    # --- what contact is worth
    Parameter("contact_floor", 0.7, "reward/min", 0.0, 50.0, 0.23,
              "worth of contact with anyone, without the receptor (b0)", "assumed", _STARTED),
    Parameter("contact_gain", 0.35, "reward/min", 0.0, 50.0, 0.23,
              "worth of contact with anyone per unit of receptor signal (b1)", "fitted", _CALIBRATED),
    Parameter("selective_floor", 0.81, "reward/min", 0.0, 50.0, 0.255,
              "extra worth of a familiar animal, without the receptor (w0)", "assumed", _BLACK),
    Parameter("selective_gain", 0.24, "reward/min", 0.0, 50.0, 0.255,
              "extra worth of a familiar animal per unit of receptor signal (w1)", "fitted", _CALIBRATED),
    Parameter("selective_mate", 0.9, "reward/min", 0.0, 50.0, 0.0,
              "extra worth of a familiar mate, times V1a gain", "assumed",
              "knockouts keep mates: Berendzen et al. 2023 Neuron 111:787; amount not measured"),
    Parameter("defence_floor", 0.11, "reward/min", 0.0, 50.0, 0.13,
              "cost of contact with an unfamiliar animal when bonded, without the receptor (a0)", "assumed", _BLACK),
    Parameter("defence_gain", 0.44, "reward/min", 0.0, 50.0, 0.13,
              "the same, per unit of gain (a1)", "fitted", _CALIBRATED),
    Parameter("defence_payoff_min", 1.0, "min", 0.0, 60.0, 0.0,
              "minutes of unfamiliar contact that driving off is worth", "assumed", "no measurement found"),
    Parameter("rejection_cost", 0.3, "reward", 0.0, 50.0, 0.0,
              "cost of one rejection", "assumed", "no measurement found"),
    Parameter("withdrawal_s", 120.0, "s", 1.0, 1e4, 0.0,
              "time a driven-off animal keeps away", "assumed", "no measurement found"),
    Parameter("settling_worth", 0.0, "× worth", 0.0, 20.0, 0.0,
              "how much more contact with anyone is worth once the animal has settled with it; 0 = off",
              "assumed", "no measurement found"),
    Parameter("settling_tau_s", 900.0, "s of contact", 10.0, 1e5, 0.0,
              "time constant of settling in a bout of contact", "assumed", "no measurement found"),
    Parameter("settling_loss_s", 60.0, "s apart", 1.0, 1e5, 0.0,
              "time constant at which settling is lost apart", "assumed", "no measurement found"),
    Parameter("incentive_comfort", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the receptor-independent worth of a familiar animal that needs settling; 0 = off",
              "assumed", "work and huddling dissociate: Pierce et al. 2024, Beery et al. 2021"),
    Parameter("signal_adaptation", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the receptor signal of a standing agonist that adds nothing to contact; 0 = off",
              "assumed", "an agonist at the test blocks a preference: Johnson et al. 2024"),
    Parameter("courtship_reward", 0.0, "reward/min", 0.0, 50.0, 0.0,
              "extra worth of contact with an animal of the other sex for one that has no mate; 0 = off", "assumed",
              "DeVries et al. 1997 Can J Zool 75:295 (direction); amount not measured"),
    # --- the rest of a vole's life, none of it scaled by the gain
    Parameter("exploration_reward", 5.3, "reward/min", 0.0, 50.0, 0.185,
              "worth of exploring at full activity drive", "fitted", _CALIBRATED),
    Parameter("activity_rise_s", 247.0, "s", 10.0, 1e5, 0.44,
              "time constant of the activity drive's rise in rest and contact", "fitted", _CALIBRATED),
    Parameter("activity_spend_s", 674.0, "s", 10.0, 1e5, 0.02,
              "time constant of the activity drive's fall while exploring", "fitted", _CALIBRATED),
    Parameter("activity_budget", 0.0, "fraction", 0.0, 1.0, 0.0,
              "how far the activity drive rises and falls at a constant rate instead of relaxing; 0 = off",
              "assumed", "voles that huddle much and little spend as much time in the middle: Brusman et al. 2024"),
    Parameter("day_calm", 0.0, "fraction", 0.0, 1.0, 0.0,
              "how far the activity drive stays below its maximum on the calmest day; 0 = off",
              "assumed", "no measurement found"),
    Parameter("rhythm_depth", 0.0, "fraction", 0.0, 1.0, 0.0,
              "how far the activity drive stays below its maximum in the rest phase of a rhythm; 0 = off",
              "assumed", "voles have one: Gerkema et al. 1993"),
    Parameter("rhythm_h", 3.0, "h", 0.1, 100.0, 0.0,
              "period of the rest-activity rhythm", "published", "2 to 4 h: Gerkema et al. 1993, Halle 1995"),
    Parameter("explore_dwell_s", 54.0, "s", 5.0, 1e4, 0.29,
              "mean stay in a chamber while exploring", "fitted", _CALIBRATED),
    Parameter("transit_s", 15.0, "s", 1.0, 600.0, 0.0,
              "time to pass from one chamber to the next", "assumed", "no measurement found"),
    Parameter("novelty_reward", 1.77, "reward/min", 0.0, 50.0, 0.56,
              "worth of first investigation of a novel animal", "assumed", _STARTED),
    Parameter("uncertainty_cost", 0.0, "reward/min", 0.0, 50.0, 0.0,
              "cost of an animal nearby that has not been inspected; 0 = off", "assumed", "no measurement found"),
    Parameter("move_cost", 0.05, "reward/move", 0.0, 50.0, 0.0,
              "effort of passing to another chamber", "assumed", "no measurement found"),
    Parameter("rest_reward", 0.2, "reward/min", 0.0, 50.0, 0.0,
              "worth of resting alone", "assumed", "no measurement found"),
    Parameter("stress_cost", 0.3, "reward/min", 0.0, 50.0, 0.0,
              "cost of a unit of stress", "assumed", "no measurement found"),
    Parameter("stress_tau_s", 1800.0, "s", 10.0, 1e5, 0.0,
              "time constant of stress: rises alone, falls with a familiar animal", "assumed", "no measurement found"),
    Parameter("reward_noise", 0.3, "reward/√min", 0.0, 50.0, 0.0,
              "noise in the felt reward, independent of the gain", "assumed", "no measurement found"),
    # --- cohousing before a test
    Parameter("cohousing_contact_share", 0.5, "fraction", 0.0, 1.0, 0.0,
              "share of cohousing spent in side-by-side contact", "assumed", "no measurement found"),
    Parameter("cohousing_bout_s", 1200.0, "s", 60.0, 1e5, 0.0,
              "length of one contact bout while cohoused", "assumed", "no measurement found"),
    # --- work for access
    Parameter("press_cost", 0.03, "reward/press", 0.0, 50.0, 0.3,
              "effort of one lever press, divided by the dopamine tone", "assumed", "set so that all wild types work"),
    Parameter("press_s", 5.0, "s", 0.1, 600.0, 0.0,
              "time of one lever press", "assumed", "no measurement found"),
    # --- a place that the animal knows
    Parameter("known_place_exploration", 0.35, "fraction", 0.0, 1.0, 0.0,
              "worth of exploring a place known from days or daily sessions, relative to a new one", "assumed",
              "set so that wild types work in the operant box and huddle in the habitat"),
)
# fmt: on

NAMES: tuple[str, ...] = tuple(parameter.name for parameter in PARAMETERS)
PARAMETER_DTYPE = np.dtype([(name, np.float64) for name in NAMES])


def rows_of(table: str = CURRENT) -> tuple[Parameter, ...]:
    """Return the rows of the table called `table`, in the order of `NAMES`; an unknown name raises `ParameterError`.

    A parameter that is younger than the table is off there: 0 without spread. Where 0 is not allowed, as for a time
    constant, it has its current value, which has no effect because the mechanism that it belongs to is off.
    """
    if table == CURRENT:
        return PARAMETERS
    if table not in table_names():
        raise ParameterError(f"unknown parameter table {table!r}; known: {', '.join(table_names())}")
    return completed(table, kept_rows(table))


def completed(table: str, kept: Iterable[Mapping[str, str]]) -> tuple[Parameter, ...]:
    """Return a row for every parameter from the rows of a table's CSV; those that it does not know are off."""
    known = {row["name"]: _read(row) for row in kept}
    return tuple(known[row.name] if row.name in known else _off(row, table) for row in PARAMETERS)


def _read(row: Mapping[str, str]) -> Parameter:
    """Return a row of a CSV table as a parameter; an empty cell stands for the field's default."""
    given = {field.name: row[field.name] for field in fields(Parameter) if row.get(field.name)}
    numbers = {field.name for field in fields(Parameter) if "float" in str(field.type)}
    cells: dict[str, Any] = {name: float(text) if name in numbers else text for name, text in given.items()}
    return Parameter(**cells)


def _off(row: Parameter, table: str) -> Parameter:
    usual = {field.name: field.default for field in fields(Parameter) if field.default is not MISSING}
    value = 0.0 if row.low <= 0.0 else row.value
    source = f"younger than table {table}, and off there"
    return replace(row, value=value, spread=0.0, evidence="definition", source=source, **usual)


def parameter(name: str, table: str = CURRENT) -> Parameter:
    """Return the row called `name` of a table; an unknown name raises `ParameterError` with the nearest one."""
    found = next((row for row in rows_of(table) if row.name == name), None)
    if found is None:
        near = nearest(name, NAMES)
        hint = f"; did you mean '{near}'?" if near else f"; known: {', '.join(NAMES)}"
        raise ParameterError(f"unknown parameter '{name}'{hint}")
    return found


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number; truth values and texts are not numbers."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def check_override(name: str, value: ArrayLike, table: str = CURRENT) -> NDArray[np.float64]:
    """Return `value` as float64 after checking the name, that it is a number, finite and in the range of `table`.

    Raises `ParameterError` (one line: which parameter, what is allowed, what was given).
    """
    row = parameter(name, table)
    allowed = f"allowed: numbers from {row.low:g} to {row.high:g} {row.unit}"
    kind = np.asarray(value)
    if kind.dtype.kind not in "fiu":
        raise ParameterError(f"parameter '{name}' must be a number ({allowed}), got {value!r}")
    array = kind.astype(np.float64)
    bad = ~(np.isfinite(array) & (array >= row.low) & (array <= row.high))
    if bad.any():
        raise ParameterError(f"parameter '{name}' is out of range ({allowed}), got {float(array[bad].flat[0])!r}")
    return array


def by_sex(name: str, given: Any, table: str = CURRENT) -> dict[str, float]:
    """Return a value for each sex from one that is given for some of them by name; the others have that of `table`.

    Anything but a mapping of sexes to numbers in range raises `ParameterError`.
    """
    if not given or any(sex not in SEXES for sex in given):
        raise ParameterError(
            f"parameter '{name}' must be a number, or numbers by sex ({', '.join(SEXES)}), got {given!r}"
        )
    row = parameter(name, table)
    return {sex: float(check_override(name, given[sex], table)) if sex in given else row.of(sex) for sex in SEXES}


def record(
    n: int = 1,
    overrides: dict[str, Any] | None = None,
    table: str = CURRENT,
    *,
    sex: str | Sequence[str] = SEXES[0],
) -> NDArray[np.void]:
    """Return parameter records, shape `(n,)`, dtype `PARAMETER_DTYPE`: the table called `table` with `overrides`.

    Each override is a scalar (all rows), has shape `(n,)` (one value a row), or is a mapping of sexes to values. `sex`
    is one word, or one for each row.
    """
    sexes = np.broadcast_to(np.asarray(sex), n)
    rows = np.empty(n, dtype=PARAMETER_DTYPE)
    for row in rows_of(table):
        rows[row.name] = row.value if row.male is None else np.where(sexes == "male", row.male, row.value)
    for name, value in (overrides or {}).items():
        if isinstance(value, Mapping):
            own = by_sex(name, value, table)
            rows[name] = np.where(sexes == "male", own["male"], own["female"])
            continue
        array = check_override(name, value, table)
        if array.ndim and array.shape != (n,):
            raise ParameterError(f"parameter '{name}' must be one number or have shape ({n},), got shape {array.shape}")
        rows[name] = array
    return rows


def log_sd(row: Parameter, spread: float | Mapping[str, float] = 1.0) -> float | None:
    """Return the log-sd of a parameter between animals, None if all have the same value.

    `spread` multiplies the table's spreads (0: every animal is the median animal); as a mapping it holds that factor as
    `scale` (1 if absent) and, by name, the log-sd of single parameters in place of the table's.
    """
    own = spread if isinstance(spread, Mapping) else {"scale": spread}
    if row.name in own:
        return float(own[row.name])
    return row.spread * float(own.get("scale", 1.0)) if row.spread > 0.0 else None


@functools.cache
def _number_of(name: str) -> int:
    """Return a whole number for a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def draw_individual(
    rng: np.random.Generator,
    overrides: Mapping[str, float],
    spread: float | Mapping[str, float] = 1.0,
    table: str = CURRENT,
    *,
    sex: str = SEXES[0],
) -> dict[str, float]:
    """Return `overrides` with every spread parameter multiplied by this individual's log-normal factor.

    `spread` as in `log_sd`; `table` names the table whose values and spreads they are, `sex` chooses the value. One
    number of `rng` is the individual; each parameter's standard normal number depends on it and on the parameter's
    *name*. So an individual keeps its numbers across genotypes, sexes and tables, and no parameter is changed by
    another one's spread or by a parameter that is added to the table, removed or moved. Values stay inside the allowed
    range.
    """
    from .elementary import exp  # imported here, because the table itself is also read where nothing is compiled

    drawn = dict(overrides)
    individual = int(rng.integers(2**63))
    for row in rows_of(table):
        sd = log_sd(row, spread)
        if sd is not None:
            z = np.random.default_rng([individual, _number_of(row.name)]).standard_normal()
            drawn[row.name] = float(np.clip(overrides.get(row.name, row.of(sex)) * exp(sd * z), row.low, row.high))
    return drawn


def table(name: str = CURRENT) -> list[dict[str, Any]]:
    """Return the table called `name` as plain dictionaries, for documents and reports."""
    return [vars(row).copy() for row in rows_of(name)]


def table_csv(name: str = CURRENT) -> str:
    """Return the table called `name` as CSV text, as earlier tables are kept."""
    return write_rows(table(name))


def differences(old: Iterable[Parameter], new: Iterable[Parameter]) -> list[tuple[Parameter, Parameter]]:
    """Return the pairs of rows whose value or spread (or any field that not every row has) differs."""
    names = ["value", "spread", *(field.name for field in fields(Parameter) if field.default is not MISSING)]
    same = operator.attrgetter(*names)
    return [(a, b) for a, b in zip(old, new, strict=True) if same(a) != same(b)]


def markdown(name: str = CURRENT) -> str:
    """Return the table called `name` as Markdown; docs/model.md has the current one (a test holds the two together)."""
    columns = ("parameter", "value", "unit", "range", "log-sd", "evidence")
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows_of(name):
        span = f"{row.low:g} – {row.high:g}"
        value = f"{row.value:g}" if row.male is None else f"{row.value:g}; males {row.male:g}"
        cells = (f"`{row.name}`", value, row.unit, span, f"{row.spread:g}", row.evidence)
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "What each parameter means, and the source of its value:", ""]
    for row in rows_of(name):
        text = f"- `{row.name}`: {row.meaning}. Source: {row.source}."
        lines.append(textwrap.fill(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n".join(lines) + "\n"
