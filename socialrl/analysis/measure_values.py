"""From the rows of tests to one number an animal, by the record of a measure in the measures table.

The order of the arithmetic is the same everywhere: columns are added in each repeat, repeats of an animal are averaged,
ratios are taken after that, and groups are averages over animals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_called
from socialrl.errors import UserError, nearest
from socialrl_envs.elementary import log

HOUR_S = 3600.0


class NotRun(UserError):
    """The tables lack what a measure or a comparison needs; the text says what."""


def values(
    rows: pd.DataFrame,
    measure: Measure,
    by: Sequence[str],
    named: Callable[[str], Measure] = measure_called,
    *,
    sort: bool = False,
) -> pd.Series:
    """Return a measure of one test, one value per animal; `rows` has a row per repeat, `by` are the columns that name
    an animal.

    Rows of other sessions than the measure's count as none, and an animal without rows has no value. Not a
    number where a ratio has nothing to divide by, such as the preference of an animal that never huddled. `named` looks
    up the parts of a difference; `sort` orders the animals, else they keep the order of the rows. Missing columns raise
    `NotRun`.
    """
    if measure.sessions and "session" in rows:
        rows = rows[rows["session"].isin(measure.sessions) | rows["session"].isna()]
    if measure.first is not None and measure.less is not None:
        return values(rows, named(measure.first), by, named, sort=sort) - values(
            rows, named(measure.less), by, named, sort=sort
        )
    if measure.time_to is not None:
        raise NotRun(f"{measure.label} needs several tests")
    part = _means(_sum(rows, measure, measure.sum, measure.minus), by, rows, sort)
    return _ratio(measure, part, _means(_sum(rows, measure, measure.per, ()), by, rows, sort) if measure.per else None)


def values_of_several(rows: pd.DataFrame, measures: Sequence[Measure], by: Sequence[str]) -> dict[str, pd.Series]:
    """Return `values` of several measures by their names, to the last bit, but group the rows only once: many times as
    fast.
    """
    plain = [one for one in measures if not one.sessions and one.first is None and one.time_to is None]
    sums = {(one.name, "part"): _sum(rows, one, one.sum, one.minus) for one in plain}
    sums |= {(one.name, "whole"): _sum(rows, one, one.per, ()) for one in plain if one.per}
    means = _means(pd.DataFrame(sums, index=rows.index), by, rows, sort=False)
    found = {one.name: _ratio(one, means[one.name, "part"], means.get((one.name, "whole"))) for one in plain}
    return {one.name: found[one.name] if one in plain else values(rows, one, by) for one in measures}


def _ratio(measure: Measure, part: pd.Series, whole: pd.Series | None) -> pd.Series:
    """A measure from the means of its sums, one value an animal; `whole` is None where it is no ratio."""
    if whole is None:
        return part
    if measure.guard is not None:
        rest = (whole - part).where(whole > 0)
        odds = (part + measure.guard) / (rest + measure.guard)
        return pd.Series(log(odds.to_numpy(dtype=np.float64)), index=odds.index)
    return (part / whole.where(whole > 0)).astype(float)


def measured(records: pd.DataFrame, measures: Sequence[Measure], keys: Sequence[str]) -> pd.DataFrame:
    """Return one row per animal, test and measure: the columns `keys`, which name animal and test, `measure`, `value`.

    A measure that the records lack a column of is left out, as is one of other sessions.
    """
    pieces = []
    for one in measures:
        if not one.of_one_test or any(name not in records for name in one.columns):
            continue
        found = values(records, one, keys).rename("value").reset_index()
        pieces.append(found.assign(measure=one.name))
    columns = [*keys, "measure", "value"]
    return pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)


def _sum(rows: pd.DataFrame, measure: Measure, added: Sequence[str], taken: Sequence[str]) -> pd.Series:
    """Sum of columns less that of others (of list columns: over the hours) in each repeat."""
    total = pd.Series(0.0, index=rows.index)
    for sign, names in ((1.0, added), (-1.0, taken)):
        for name in names:
            total = total + sign * _column(rows, measure, name)
    return total


def _means(sums: Any, by: Sequence[str], rows: pd.DataFrame, sort: bool) -> Any:
    """Averages over the repeats of an animal."""
    keys = [rows[name] for name in by]
    return sums.groupby(keys if len(keys) > 1 else keys[0], sort=sort, dropna=False).mean()


def _column(rows: pd.DataFrame, measure: Measure, name: str) -> pd.Series:
    if name not in rows:
        near = nearest(name, [str(one) for one in rows.columns])
        raise NotRun(f"the table has no column {name}" + (f" (nearest: {near})" if near else ""))
    if measure.hours is not None:
        first, last = measure.hours
        return rows[name].map(lambda bins: _in_hours(bins, int(first), int(last))).astype(float)
    column = rows[name].astype(float)
    return column.fillna(rows[measure.missing].astype(float)) if measure.missing else column


def _in_hours(bins: Sequence[float], first: int, last: int) -> float:
    array = np.asarray(bins, dtype=np.float64)
    if len(array) < last:
        raise NotRun(f"the test lasted {len(array)} h, the measure needs hour {first} to {last}")
    return float(array[first:last].sum())
