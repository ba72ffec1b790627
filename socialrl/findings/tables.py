"""One number per animal from the rows of an evaluation table, by the formula that the registry gives for a measure.

The order is that of `socialrl.analysis.measures`: seconds and counts of an animal's repeats are averaged first, ratios
are taken after that. Animals that share a value of the optional column `unit` (a pair or a habitat, where animals are
not independent) are averaged into one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from socialrl.analysis import measure_values, measures
from socialrl.analysis.measure_values import NotRun
from socialrl.errors import nearest
from socialrl.findings.registry import Registry


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
    values = measure_values.values(
        rows, registry.measures[measure], ("index",), registry.measures.__getitem__, sort=True
    )
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


def _need(table: pd.DataFrame, column: str) -> None:
    if column not in table:
        near = nearest(column, [str(name) for name in table.columns])
        raise NotRun(f"the table has no column {column}" + (f" (nearest: {near})" if near else ""))
