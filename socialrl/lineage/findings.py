"""Published findings that a lineage is asked about: which comparison would show them, and the verdict.

A comparison is data of the lineage's file. Verdicts follow the rule of the scorecard (`socialrl.findings.scorecard`),
with litters as replicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, model_validator

from socialrl.analysis import statistics
from socialrl.analysis.statistics import NAN, Estimate, could_be_seen
from socialrl.config.checks import choice, identifier, number, optional_choice, refuse, shown, whole
from socialrl.config.values import Section
from socialrl.errors import UserError, unknown
from socialrl.findings.records import SIGNS
from socialrl.findings.scorecard import NO_VERDICT, NOT_RUN, judge

USES = ("predicted", "mechanism", "calibrated", "novel", "control")
DAMS = {"rearing": "rearing dam", "birth": "birth dam"}
_WITHIN = "within cell and generation"
_COLUMNS = [
    "finding", "says", "source", "use", "measure", "expected", "difference", "low", "high", "n", "p", "could_see",
    "verdict", "because",
]  # fmt: skip


def _a_text(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"must be text, got {shown(value)}")
    return value


_Text = Annotated[str, BeforeValidator(_a_text)]
_Positive = Annotated[float | None, number(above=0, optional=True)]


class Asked(Section):
    """One comparison of one finding: `measure` of the cell `this` in a `generation` is `expected` to be higher, lower
    or the same.

    Than in the cell `than`, litter by litter; or than the number `value`; or (`per_generation`) its change from one
    generation to the next than 0; or (`with_dam` rearing or birth) its correlation with that of the dam than 0, over
    all cells, within cells and generations. `smallest` is the smallest difference that counts, `same_within` the margin
    of `same`. `use` is that of the registry's comparisons: novel ones have no verdict, control ones must show nothing.
    """

    id: Annotated[str, identifier()]
    says: _Text
    source: _Text
    use: Annotated[str, choice(*USES)] = "predicted"
    measure: Annotated[str, identifier()]
    this: Annotated[str | None, identifier(optional=True)] = None
    than: Annotated[str | None, identifier(optional=True)] = None
    value: Annotated[float | None, number(optional=True)] = None
    per_generation: bool = False
    with_dam: Annotated[str | None, optional_choice(lambda: DAMS)] = None
    generation: Annotated[int | None, whole(1, optional=True)] = None
    expected: Annotated[str, choice(*SIGNS)]
    smallest: _Positive = None
    same_within: _Positive = None

    @model_validator(mode="after")
    def _one_way(self) -> Asked:
        ways = {"than": self.than, "value": self.value, "per_generation": self.per_generation or None}
        given = [name for name, one in {**ways, "with_dam": self.with_dam}.items() if one is not None]
        if len(given) != 1:
            raise refuse(f"needs one of than, value, per_generation and with_dam, got {', '.join(given) or 'none'}")
        wants = {"this": self.with_dam is None, "generation": bool({"than", "value"} & set(given))}
        for name, wanted in wants.items():
            if wanted != (getattr(self, name) is not None):
                why = "is missing: a comparison" if wanted else "is not allowed in a comparison"
                raise refuse(f"{why} with {given[0]}{' needs it' if wanted else ''}", key=name)
        if self.expected == "same" and self.same_within is None:
            raise refuse("is missing: expected same needs it", key="same_within")
        return self


def check_asked(
    asked: Iterable[Asked], cells: Iterable[str], measures: Iterable[str], generations: int, where: str
) -> None:
    """Raise `UserError` for the first comparison with a cell, generation or measure that the lineage does not have."""
    cells, measures = list(cells), list(measures)
    for k, one in enumerate(asked):
        at = f"{where}: findings[{k}] ({one.id})"
        if one.measure not in measures:
            raise UserError(f"{at}: {unknown('measure', one.measure, measures)}")
        for cell in (one.this, one.than):
            if cell is not None and cell not in cells:
                raise UserError(f"{at}: {unknown('cell', cell, cells)}")
        if one.generation is not None and one.generation > generations:
            raise UserError(f"{at}: generation must be 1 to {generations}, got {one.generation}")


def verdicts(
    asked: Iterable[Asked], litters: pd.DataFrame, trends: pd.DataFrame, transmission: pd.DataFrame
) -> pd.DataFrame:
    """Return a row for each comparison: what was expected, the difference with interval and n, and the verdict.

    `litters`, `trends` and `transmission` are tables of `comparisons`. `could_see` is the smallest difference (or,
    where the sides are expected to be the same, margin) that so many litters show in four of five repetitions.
    """
    rows = []
    for one in asked:
        found, p = _effect(one, litters, trends, transmission)
        verdict, because = judge(one.expected, found, p, found.n, one.smallest or 0.0, one.same_within or NAN)
        if one.use == "novel":
            verdict, because = NO_VERDICT, "not tested in animals"
        elif not found.n:
            verdict, because = NOT_RUN, found.method
        rows.append(
            {
                "finding": one.id,
                "says": one.says,
                "source": one.source,
                "use": one.use,
                "measure": one.measure,
                "expected": one.expected,
                "difference": found.value,
                "low": found.low,
                "high": found.high,
                "n": found.n,
                "p": p,
                "could_see": could_be_seen(found.low, found.high, same=one.expected == "same"),
                "verdict": verdict,
                "because": because,
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _effect(
    one: Asked, litters: pd.DataFrame, trends: pd.DataFrame, transmission: pd.DataFrame
) -> tuple[Estimate, float]:
    """Return the difference of a comparison and its p; NaN where there is only an interval."""
    if one.with_dam is not None:
        rows = transmission[(transmission["relation"] == DAMS[one.with_dam]) & (transmission["over"] == _WITHIN)]
        return _kept(rows[rows["measure"] == one.measure], "r"), NAN
    if one.per_generation:
        return _kept(trends[(trends["cell"] == one.this) & (trends["measure"] == one.measure)], "value"), NAN
    there = litters[litters["generation"] == one.generation]
    by_cell: Mapping[str, pd.Series] = {
        str(cell): rows.groupby("place")[one.measure].mean() for cell, rows in there.groupby("cell")
    }
    this = by_cell.get(str(one.this), pd.Series(dtype=np.float64))
    than = pd.Series(one.value, index=this.index) if one.than is None else by_cell.get(one.than, this.iloc[:0])
    compared = statistics.paired(this, than)
    return compared.difference, compared.wilcoxon_p


def _kept(rows: pd.DataFrame, name: str) -> Estimate:
    """Return an estimate that a table of `comparisons` holds."""
    if rows.empty:
        return Estimate(NAN, NAN, NAN, 0, "there is nothing to compare")
    row = rows.iloc[0]
    return Estimate(float(row[name]), float(row["low"]), float(row["high"]), int(row["n"]), "needs litters that differ")
