"""One number per animal from the rows of an evaluation table, by the formula that the registry gives for a measure.

The order is that of `socialrl.analysis.measures`: seconds and counts of an animal's repeats are averaged first, ratios are taken
after that. Animals that share a value of the optional column `unit` (a pair or a habitat, where animals are not
independent) are averaged into one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from socialrl.analysis import measures
from socialrl.errors import nearest
from socialrl.findings.records import Measure
from socialrl.findings.registry import Registry


class NotRun(Exception):
    """The tables lack what a comparison needs; the text says what."""


def rows_of(table: pd.DataFrame, test: str, genotype: str, where: Mapping[str, str | int | float]) -> pd.DataFrame:
    """Return the rows of one group in one test that have the values in `where`; raises `NotRun` when there is none."""
    for column in ("test", "genotype", "index", *where):
        _need(table, column)
    rows = table[(table["test"] == test) & (table["genotype"] == genotype)]
    if rows.empty:
        known = set(table.loc[table["genotype"] == genotype, "test"])
        raise NotRun(f"{'test ' + test if known else 'group ' + genotype} was not run")
    for column, value in where.items():
        rows = rows[rows[column] == value]
        if rows.empty:
            raise NotRun(f"test {test} has no row of {genotype} with {column} {value}")
    return rows


def animal_values(
    table: pd.DataFrame,
    registry: Registry,
    measure: str,
    test: str,
    genotype: str,
    where: Mapping[str, str | int | float] | None = None,
) -> pd.Series:
    """Return a measure of one test, one value per animal, indexed by `index` (by `unit`, where the table has one).

    NaN where a ratio has nothing to divide by, such as the preference of an animal that never huddled. Raises `NotRun`
    where rows or columns are missing.
    """
    rows = rows_of(table, test, genotype, where or {})
    values = _by_index(rows, registry.measures[measure], registry)
    if "unit" not in rows or rows["unit"].isna().all():
        return values
    unit = rows.groupby("index")["unit"].first()
    return values.groupby(unit.reindex(values.index)).mean()


def time_to_criterion(by_test: Sequence[pd.Series], hours: Sequence[float]) -> tuple[pd.Series, int]:
    """Return hours of cohousing to the criterion per animal, and how many animals never reached it.

    `by_test` holds the preferences of the animals in each test, `hours` the cohousing before each. An animal that does
    not reach the criterion counts with the longest tested time, so that a mean over animals is the mean restricted to
    that time (a lower bound of the delay).
    """
    values = pd.concat(list(by_test), axis=1, join="inner")
    reached = values.apply(lambda row: measures.cohousing_to_criterion_h(hours, row.to_numpy()), axis=1)
    return reached.fillna(max(hours)), int(reached.isna().sum())


def association_by_hour(records: pd.DataFrame) -> pd.DataFrame:
    """Return contact in the group habitat by hour: one row per animal, test and hour, repeats averaged in seconds.

    Columns: animal, genotype, oxtr_gain, index, test, hour (0, 1, …), partner_s, others_s, share (of the partner in
    all contact of that hour; NaN without contact). Raises `NotRun` without the hourly columns.
    """
    names = {"partner_s_hourly": "partner_s", "others_s_hourly": "others_s"}
    keys = ["animal", "genotype", "oxtr_gain", "index", "test"]
    for column in (*keys, *names):
        _need(records, column)
    work = records[[*keys, *names]].rename(columns=names)
    work["hour"] = [list(range(len(hours))) for hours in work["partner_s"]]
    work = work.explode(["partner_s", "others_s", "hour"], ignore_index=True)
    work[["partner_s", "others_s"]] = work[["partner_s", "others_s"]].astype(float)
    work["hour"] = work["hour"].astype(int)
    table = work.groupby([*keys, "hour"])[["partner_s", "others_s"]].mean().reset_index()
    table["share"] = measures.preference(table["partner_s"], table["others_s"])
    return table


def _by_index(rows: pd.DataFrame, measure: Measure, registry: Registry) -> pd.Series:
    if measure.first is not None and measure.less is not None:
        first, less = (registry.measures[name] for name in (measure.first, measure.less))
        return _by_index(rows, first, registry) - _by_index(rows, less, registry)
    if measure.time_to is not None:
        raise NotRun(f"{measure.label} needs several tests")
    part = _mean_sum(rows, measure.sum, measure.hours)
    if not measure.per:
        return part
    whole = _mean_sum(rows, measure.per, measure.hours)
    return (part / whole.where(whole > 0)).astype(float)


def _mean_sum(rows: pd.DataFrame, columns: Sequence[str], hours: tuple[float, float] | None) -> pd.Series:
    """Sum of columns (of list columns: over the hours), averaged over the repeats of an animal."""
    total = pd.Series(0.0, index=rows.index)
    for column in columns:
        _need(rows, column)
        total = total + (rows[column].map(lambda bins: _in_hours(bins, hours)) if hours else rows[column].astype(float))
    return total.groupby(rows["index"]).mean()


def _in_hours(bins: Sequence[float], hours: tuple[float, float] | None) -> float:
    values = np.asarray(bins, dtype=np.float64)
    if hours is None:
        return float(values.sum())
    first, last = int(hours[0]), int(hours[1])
    if len(values) < last:
        raise NotRun(f"the test lasted {len(values)} h, the measure needs hour {first} to {last}")
    return float(values[first:last].sum())


def _need(table: pd.DataFrame, column: str) -> None:
    if column not in table:
        near = nearest(column, [str(name) for name in table.columns])
        raise NotRun(f"the table has no column {column}" + (f" (nearest: {near})" if near else ""))
