"""What came of the points: one row per point with its headline, one row per point, group, test and measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.analysis.measure_table import headline_of, shown_in
from socialrl.config.loading import Config
from socialrl.errors import UserError, unknown
from socialrl.report import replicates
from socialrl.report.study import load
from socialrl.storage.run_folder import RunFolder
from socialrl.sweep.point import is_done
from socialrl.sweep.points import Point

DONE, FAILED, WAITING = "done", "failed", "not done"
_COLUMNS = ("genotype", "assay", "test", "measure", "mean", "sd", "n")


@dataclass(frozen=True)
class Result:
    """A point and what came of it: `state`, its `error`, and `measures` with the columns of `_COLUMNS`."""

    point: Point
    state: str = WAITING
    error: str = ""
    seconds: float = float("nan")
    host: str = ""
    measures: pd.DataFrame | None = None

    def value(self, column: str) -> float:
        """Return the mean of a column `<group>.<test>.<measure>`, NaN where it is not there."""
        if self.measures is None:
            return float("nan")
        rows = self.measures
        names = rows["genotype"] + "." + rows["test"] + "." + rows["measure"]
        found = rows.loc[names == column, "mean"]
        return float(found.iloc[0]) if len(found) else float("nan")


def read_result(point: Point, folder: Path, before: Result | None = None) -> Result:
    """Return what is in a point's run folder; `before` is what is known of how it ended."""
    known = before or Result(point)
    if known.state == FAILED or point.config is None:
        return replace(known, state=FAILED, error=known.error or point.mistake)
    if not is_done(folder):
        return known
    return replace(known, state=DONE, measures=measures_in(RunFolder.open(folder)))


def measures_in(run: RunFolder) -> pd.DataFrame:
    """Return one row per genotype, test and measure of a run's last tests: mean, sd and n over its replicates.

    Replicates are animals, or pairs of cage mates where these share a world.
    """
    measured = load([run]).measured
    rows: list[dict[str, Any]] = []
    if len(measured):
        for keys, some in measured.groupby(["genotype", "assay", "test", "measure"], sort=False):
            values = replicates.values_of(some, str(keys[1])).dropna()
            found = {"mean": float(values.mean()), "sd": float(values.std()), "n": len(values)}
            rows.append({**dict(zip(_COLUMNS, keys, strict=False)), **found})
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def headline_columns(results: Sequence[Result]) -> list[str]:
    """Return the columns `<group>.<test>.<measure>` of the assays' main measures, in the order of the tests."""
    found: dict[str, None] = {}
    for one in results:
        if one.measures is not None:
            for genotype, assay, test, measure in one.measures[list(_COLUMNS[:4])].itertuples(index=False):
                if measure == headline_of(assay).name:
                    found[f"{genotype}.{test}.{measure}"] = None
    return list(found)


def objectives_of(config: Config) -> list[str]:
    """Return every `<group>.<test>.<measure>` that a search can be asked to maximise, those of the headline first."""
    tests = [test.name for test in (config.evaluation.tests or config.probes.tests)]
    head = headline_of(config.env.id).name
    measures = [one.name for one in shown_in(config.env.id) if one.of_one_test]
    measures = [head, *(name for name in measures if name != head)]
    return [f"{group}.{test}.{name}" for name in measures for group in config.genotypes for test in tests]


def check_objective(name: str, config: Config, option: str) -> str:
    """Return the name of an objective; one that the runs will not have raises `UserError` with the nearest one."""
    known = objectives_of(config)
    if not known:
        raise UserError(f"{option}: the configuration has no tests, so there is nothing to judge points by")
    if name not in known:
        shown = known[:_MOST_SHOWN] + (["…"] if len(known) > _MOST_SHOWN else [])
        raise UserError(f"{option}: {unknown('objective', name, shown)} (GROUP.TEST.MEASURE)")
    return name


_MOST_SHOWN = 12


def wide_table(results: Sequence[Result], keys: Sequence[str]) -> pd.DataFrame:
    """Return one row per point: its name, the values of the keys, its state and the assays' main measures."""
    columns = headline_columns(results)
    rows = []
    for one in results:
        values: Mapping[str, Any] = one.point.values()
        rows.append(
            {
                "point": one.point.name,
                **{key: flat(values.get(key)) for key in keys},
                "state": one.state,
                **{name: one.value(name) for name in columns},
                "error": one.error,
            }
        )
    return pd.DataFrame(rows, columns=["point", *keys, "state", *columns, "error"])


def long_table(results: Sequence[Result], keys: Sequence[str]) -> pd.DataFrame:
    """Return one row per point that is done, group, test and measure, with the values of the keys."""
    parts = []
    for one in results:
        if one.measures is not None and len(one.measures):
            values = one.point.values()
            part = one.measures.copy()
            for place, (key, value) in enumerate(
                [("point", one.point.name), *((key, values.get(key)) for key in keys)]
            ):
                part.insert(place, key, [flat(value)] * len(part))
            parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["point", *keys, *_COLUMNS])


def flat(value: Any) -> Any:
    """Return a value that fits into a cell of a CSV: lists and mappings as text."""
    return str(value) if isinstance(value, list | dict) else value
