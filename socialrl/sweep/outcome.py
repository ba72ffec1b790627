"""A sweep as its page and its tables see it: how points were chosen, and what came of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import headline_of, measure_called
from socialrl.config.loading import Config
from socialrl.sweep.points import grouped
from socialrl.sweep.results import DONE, FAILED, WAITING, Result, flat
from socialrl.sweep.space import SEED

_KEY_H = 24.0


@dataclass(frozen=True)
class How:
    """How points are chosen: all combinations, `random` draws, or `optuna` proposals, `batch` of them at a time.

    A search makes `objective`, a column `<group>.<test>.<measure>`, as large as possible, or as small.
    """

    random: int | None = None
    optuna: int | None = None
    batch: int = 4
    objective: str = ""
    maximize: bool = True

    @property
    def in_words(self) -> str:
        """How in a few words."""
        if self.optuna is not None:
            return f"a search with Optuna for the {'highest' if self.maximize else 'lowest'} {self.objective}"
        return "random draws" if self.random is not None else "all combinations"


@dataclass(frozen=True)
class Sweep:
    """What came of a sweep over `keys`; `config` is what its points change, `made` how it was made."""

    folder: Path
    keys: Sequence[str]
    results: Sequence[Result]
    how: How
    config: Config
    made: Mapping[str, Any]

    def of(self, state: str) -> list[Result]:
        """Return the points in a state."""
        return [one for one in self.results if one.state == state]

    @property
    def failed(self) -> list[Result]:
        """The points that failed."""
        return self.of(FAILED)

    @property
    def done(self) -> list[Result]:
        """The points that are trained and tested."""
        return self.of(DONE)

    @property
    def finished(self) -> bool:
        """Whether no point is missing."""
        return not self.of(WAITING) and (self.how.optuna is None or len(self.results) >= self.how.optuna)

    @property
    def measure(self) -> Measure:
        """The measure that page and figures show: of the objective, else the main one of the assay."""
        if self.how.objective:
            return measure_called(self.how.objective.rsplit(".", 1)[1])
        return headline_of(self.config.env.id)

    @property
    def test(self) -> str:
        """The test that page and figures show: of the objective, else 24 h of cohousing or the shortest after some."""
        if self.how.objective:
            return self.how.objective.split(".")[1]
        tests = self.config.evaluation.tests or self.config.probes.tests
        after = [one for one in tests if one.cohousing_h] or list(tests)
        chosen = min(after, key=lambda one: (one.cohousing_h != _KEY_H, one.cohousing_h), default=None)
        return "" if chosen is None else chosen.name

    @property
    def groups(self) -> list[str]:
        """The genotypes of all points, those of the configuration first."""
        found = dict.fromkeys(self.config.genotypes)
        for one in self.done:
            if one.measures is not None:
                found |= dict.fromkeys(one.measures["genotype"])
        return list(found)

    def value(self, one: Result, group: str) -> float:
        """Return the shown measure of a group of a point."""
        return one.value(f"{group}.{self.test}.{self.measure.name}")

    @property
    def has_seeds(self) -> bool:
        """Whether points differ in their seed."""
        return SEED in self.keys

    def over_seeds(self) -> pd.DataFrame:
        """Return one row per combination of the other keys and group: mean, SD, lowest and highest over the seeds."""
        rows = []
        by_name = {one.point.name: one for one in self.results}
        others = [key for key in self.keys if key != SEED]
        for own, points in grouped([one.point for one in self.results]):
            values = points[0].values()
            for group in self.groups:
                found = [self.value(by_name[one.name], group) for one in points]
                there = pd.Series([one for one in found if math.isfinite(one)], dtype=float)
                rows.append(
                    {
                        **{key: flat(values.get(key)) for key in others},
                        "genotype": group,
                        "seeds": len(there),
                        "mean": there.mean(),
                        "sd": there.std(),
                        "lowest": there.min(),
                        "highest": there.max(),
                    }
                )
            assert set(own) <= set(others)
        return pd.DataFrame(rows)

    def best(self, n: int) -> list[tuple[str, float, list[Result]]]:
        """Return the `n` best proposals of a search: name without the seed, mean of the objective, its points."""
        found = []
        by_name = {one.point.name: one for one in self.results}
        for own, points in grouped([one.point for one in self.results]):
            members = [by_name[one.name] for one in points]
            values = [one.value(self.how.objective) for one in members]
            mean = sum(values) / len(values)
            if math.isfinite(mean) and own:
                found.append((members[0].point.name.partition("_")[0], mean, members))
        return sorted(found, key=lambda one: -one[1] if self.how.maximize else one[1])[:n]
