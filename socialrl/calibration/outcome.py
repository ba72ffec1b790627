"""The outcome of a calibration: the populations before and after, the region, how they match, and tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis.linear_algebra import principal_axes
from socialrl.calibration import course, goals, retest
from socialrl.calibration.pairs import BOTH
from socialrl.calibration.population import Population, Space
from socialrl.calibration.search import by_generation
from socialrl.calibration.summaries import summary_table
from socialrl.calibration.target import Target
from socialrl_envs.elementary import exp

_DRAWS_PER_AXIS = 3
_DETERMINED, _PARTLY = 0.5, 0.8


@dataclass(frozen=True)
class Match:
    """How tests of one kind of pair match: `sets` are raw tests (n_tests, 7) under real, before and after.

    `distances` has, for before and after, the distance (`all`) and its terms; `as_far` the share of samples of each
    simulation that are as far from it as the voles are.
    """

    target: Target
    sets: Mapping[str, NDArray[np.float64]]
    distances: Mapping[str, Mapping[str, float]]
    as_far: Mapping[str, float]


@dataclass(frozen=True)
class Calibration:
    """The outcome; `matches` by kind of pair, `checks` what the animals of both checks played (trained animals).

    `as_far_of_both` is the share of samples that are as far in the mean over the kinds of pairs; `voles_twice` are the
    early and late tests of voles that have both, by kind of pair, which are not fitted. `tried` are all candidates of
    the direct search (`search.search`), empty without one; `space.start` is what it found.
    """

    space: Space
    before: Population
    after: Population
    posterior: NDArray[np.float64]
    prior: NDArray[np.float64]
    matches: Mapping[str, Match]
    as_far_of_both: Mapping[str, float]
    checks: Mapping[str, pd.DataFrame]
    voles_twice: Mapping[str, retest.Pairs]
    skill: Mapping[str, tuple[float, ...]]
    seed: int
    rounds: list[dict[str, float]] = field(default_factory=list)
    tried: pd.DataFrame = field(default_factory=pd.DataFrame)

    def distance(self, name: str, kind: str = BOTH) -> float:
        """Return the distance of a set (before, after) from the voles of one kind of pair, or the mean over kinds."""
        if kind != BOTH:
            return self.matches[kind].distances[name]["all"]
        return sum(match.distances[name]["all"] for match in self.matches.values()) / len(self.matches)

    @property
    def improved(self) -> bool:
        """Whether trained animals of the calibrated population are nearer to the voles than those of the table."""
        return self.distance("after") < self.distance("before")

    def summaries(self) -> pd.DataFrame:
        """Return quantiles of every measure in the three sets, by kind of pair."""
        tables = [summary_table(match.sets).assign(pairs=kind) for kind, match in self.matches.items()]
        table = pd.concat(tables, ignore_index=True)
        return table[["pairs", *(name for name in table if name != "pairs")]]

    @cached_property
    def goals(self) -> pd.DataFrame:
        """The goals and whether they are reached (`goals.table`)."""
        apart = {
            kind: {name: match.distances[name]["all"] for name in ("before", "after")}
            for kind, match in self.matches.items()
        }
        return goals.table({kind: match.sets for kind, match in self.matches.items()}, apart, self.seed)

    @cached_property
    def retests(self) -> pd.DataFrame:
        """The correlations of early and late tests of voles and model animals (`retest.table`); not fitted.

        Empty where the sheet has no animal with both tests.
        """
        if not self.voles_twice:
            return pd.DataFrame()
        kinds = tuple(self.voles_twice)
        sets = {name: retest.played_twice(played, kinds) for name, played in self.checks.items()}
        return retest.table({"real": self.voles_twice, **sets}, self.seed)

    @property
    def reached(self) -> tuple[int, int]:
        """How many goals the calibrated population reaches, and how many there are."""
        inside = self.goals.loc[self.goals["row"] == "goal", "inside"]
        return int(inside.sum()), len(inside)

    def search(self) -> pd.DataFrame:
        """Return the direct search generation by generation (`search.by_generation`); empty without one."""
        return by_generation(self.tried) if len(self.tried) else pd.DataFrame()

    def time_course(self) -> pd.DataFrame:
        """Return huddling in bins of ten minutes (`course.bins`)."""
        return course.bins(self.checks)

    def bouts(self) -> pd.DataFrame:
        """Return the lengths of bouts of contact (`course.bouts`)."""
        return course.bouts(self.checks)

    def parameters(self) -> pd.DataFrame:
        """Return one row per free quantity: table and calibrated median and spread, 90 % region, what is determined.

        `width_median` and `width_spread` are the region's standard deviation over the prior's; below 0.5 counts as
        determined, below 0.8 as partly.
        """
        rows = []
        sd_after, sd_prior = self.posterior.std(axis=0), self.prior.std(axis=0)
        low, high = np.quantile(self.posterior, [0.05, 0.95], axis=0)
        for k, free in enumerate(self.space.free):
            table, s = free.total(self.space.base), self.space.n + k
            width, width_spread = sd_after[k] / sd_prior[k], sd_after[s] / sd_prior[s]
            rows.append(
                {
                    "quantity": free.name,
                    "members": " + ".join(free.members),
                    "table": table,
                    "median": table * exp(self.after.median[k]),
                    "median_low": table * exp(low[k]),
                    "median_high": table * exp(high[k]),
                    "table_spread": self.before.spread[k],
                    "spread": self.after.spread[k],
                    "spread_low": low[s],
                    "spread_high": high[s],
                    "width_median": width,
                    "width_spread": width_spread,
                    "median_is": _verdict(width),
                    "spread_is": _verdict(width_spread),
                }
            )
        return pd.DataFrame(rows)

    def combinations(self, n: int = 3) -> pd.DataFrame:
        """Return the `n` combinations of medians that the tests say most about, the narrowest first.

        Many quantities compensate for each other, so that a ratio can be determined where neither part is. `width` is
        the region's standard deviation along the combination over the prior's, `width_by_chance` what as many draws of
        the prior give along their own narrowest ones; only widths clearly below that are informative. Empty when there
        are fewer than three resamples a quantity, because the narrowest directions of so few are narrow by chance.
        """
        free, n_free = self.space.free, self.space.n
        if len(self.posterior) < _DRAWS_PER_AXIS * n_free:
            return pd.DataFrame(columns=["combination", "width", "width_by_chance"])
        scale = self.prior[:, :n_free].std(axis=0)
        widths, directions = principal_axes(self.posterior[:, :n_free] / scale)
        by_chance, _ = principal_axes(self.prior[: len(self.posterior), :n_free] / scale)
        rows = []
        for k in range(n):
            loads = directions[:, k] * np.sign(directions[np.abs(directions[:, k]).argmax(), k])
            order = np.argsort(-np.abs(loads))
            words = [f"{loads[i]:+.2f} {free[i].name}".replace("-", "−") for i in order if abs(loads[i]) >= 0.25]
            rows.append({"combination": " ".join(words), "width": widths[k], "width_by_chance": by_chance[k]})
        return pd.DataFrame(rows)

    def members(self) -> dict[str, dict[str, float]]:
        """Return `value` and `spread` (log-sd, members drawn independently) for every parameter that changed."""
        values = self.space.members(self.after.median[None, :])
        return {
            member: {
                "value": float(values[member][0]),
                "spread": free.member_spread(self.after.spread[k], self.space.base),
            }
            for k, free in enumerate(self.space.free)
            for member in free.members
        }


def _verdict(width: float) -> str:
    return "determined" if width < _DETERMINED else "partly" if width < _PARTLY else "open"
