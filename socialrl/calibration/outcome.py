"""The outcome of a calibration: the populations before and after, the region, the distances, and tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis.linear_algebra import principal_axes
from socialrl.calibration import population as pop
from socialrl.calibration.population import FREE, N_FREE, Population
from socialrl.calibration.summaries import Target, summary_table
from socialrl_envs.elementary import exp

_DRAWS_PER_AXIS = 3
_DETERMINED, _PARTLY = 0.5, 0.8


@dataclass(frozen=True)
class Calibration:
    """The outcome; `sets` are raw tests (n_tests, 7) under real, before and after (trained animals)."""

    base: Mapping[str, float]
    target: Target
    before: Population
    after: Population
    posterior: NDArray[np.float64]
    prior: NDArray[np.float64]
    sets: Mapping[str, NDArray[np.float64]]
    distances: Mapping[str, Mapping[str, float]]
    as_far: Mapping[str, float]
    skill: tuple[float, ...]
    rounds: list[dict[str, float]] = field(default_factory=list)

    @property
    def improved(self) -> bool:
        """Whether trained animals of the calibrated population are nearer to the voles than those of the table."""
        return self.distances["after"]["all"] < self.distances["before"]["all"]

    def summaries(self) -> pd.DataFrame:
        """Return quantiles of every measure in the three sets."""
        return summary_table(self.sets)

    def parameters(self) -> pd.DataFrame:
        """Return one row per free quantity: table and calibrated median and spread, 90 % region, what is determined.

        `width_median` and `width_spread` are the region's standard deviation over the prior's; below 0.5 counts as
        determined, below 0.8 as partly.
        """
        rows = []
        sd_after, sd_prior = self.posterior.std(axis=0), self.prior.std(axis=0)
        low, high = np.quantile(self.posterior, [0.05, 0.95], axis=0)
        for k, free in enumerate(FREE):
            table, s = free.total(self.base), N_FREE + k
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
        if len(self.posterior) < _DRAWS_PER_AXIS * N_FREE:
            return pd.DataFrame(columns=["combination", "width", "width_by_chance"])
        scale = self.prior[:, :N_FREE].std(axis=0)
        widths, directions = principal_axes(self.posterior[:, :N_FREE] / scale)
        by_chance, _ = principal_axes(self.prior[: len(self.posterior), :N_FREE] / scale)
        rows = []
        for k in range(n):
            loads = directions[:, k] * np.sign(directions[np.abs(directions[:, k]).argmax(), k])
            order = np.argsort(-np.abs(loads))
            words = [f"{loads[i]:+.2f} {FREE[i].name}".replace("-", "−") for i in order if abs(loads[i]) >= 0.25]
            rows.append({"combination": " ".join(words), "width": widths[k], "width_by_chance": by_chance[k]})
        return pd.DataFrame(rows)

    def members(self) -> dict[str, dict[str, float]]:
        """Return `value` and `spread` (log-sd, members drawn independently) for every parameter that changed."""
        values = pop.members(self.base, self.after.median[None, :])
        return {
            member: {"value": float(values[member][0]), "spread": free.member_spread(self.after.spread[k], self.base)}
            for k, free in enumerate(FREE)
            for member in free.members
        }


def _verdict(width: float) -> str:
    return "determined" if width < _DETERMINED else "partly" if width < _PARTLY else "open"
