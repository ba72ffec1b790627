"""The posterior of a population: mean and spread of a trait in a group of animals, from what their own tests say.

The scores of a group's animals are taken as normal, N(m, s²). What an animal's tests say about its score u is its
posterior over the prior, so the group's likelihood is the product over animals of ∫ posterior(u)/prior(u) N(u; m, s) du.
Other traits are those of the table's population. Prior: m as an animal's score, N(0, 1); s uniform in `SPREADS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.inference.curves import GRID, HIGH, LOW, STEP, Curves, prior
from socialrl.inference.traits import Trait
from socialrl_envs.elementary import exp, log

SPREADS = (0.1, 1.2)
POPULATIONS, GROUP = 200, 12
"""Simulated populations by which the intervals are checked, and animals in each."""

POWERS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
WANTED = 0.89
_LEAST = 1e-9
_FURTHEST_MIDDLE = 1.5


def normals(middle: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return normal densities of scores on the grid, (…, n_grid), each with an integral of 1 there."""
    density = exp(-0.5 * ((GRID - middle[..., None]) / spread[..., None]) ** 2)
    return np.asarray(density / (density.sum(axis=-1, keepdims=True) * STEP))


_MIDDLES, _WIDTHS = (one.ravel() for one in np.meshgrid(np.linspace(-2.5, 2.5, 101), np.linspace(*SPREADS, 23)))
_CELLS = normals(_MIDDLES, _WIDTHS)
"""The scores' densities in the populations that are weighed, (n_cells, n_grid)."""


def log_likelihoods(curves: Curves) -> NDArray[np.float64]:
    """Return what each animal's posterior (…) adds to the log-likelihood of every population, (…, n_cells)."""
    chance = (curves.density / prior()) @ _CELLS.T * STEP
    return np.asarray(log(np.maximum(chance, _LEAST)))


@dataclass(frozen=True)
class PopulationPosterior:
    """Weights (n_cells,) of the populations; they add up to 1."""

    weights: NDArray[np.float64]

    @classmethod
    def of(cls, logs: NDArray[np.float64], power: float = 1.0) -> PopulationPosterior:
        """Return the posterior of the population whose animals have the `log_likelihoods` (n_animals, n_cells).

        `power` below 1 widens it: errors of a network are shared by all animals and do not average out (`power_of`).
        """
        whole = power * logs.sum(axis=0) - 0.5 * _MIDDLES**2
        weights = exp(whole - whole.max())
        return cls(np.asarray(weights / weights.sum()))

    def levels(self, values: NDArray[np.float64]) -> tuple[float, float, float]:
        """Return median, 5 % and 95 % of a quantity that has the values (n_cells,) in the populations."""
        order = np.argsort(values, kind="stable")
        mass = np.cumsum(self.weights[order])
        middle, low, high = (float(np.interp(level, mass, values[order])) for level in (0.5, LOW, HIGH))
        return middle, low, high


def moments(
    trait: Trait, density: NDArray[np.float64] = _CELLS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation (…) of a trait, in its unit, where its score has the densities (…, n_grid).

    Without densities: in every population that is weighed.
    """
    values = trait.value(GRID)
    mean = (density * values).sum(axis=-1) * STEP
    square = (density * values**2).sum(axis=-1) * STEP
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def prior_moments(trait: Trait) -> dict[str, tuple[float, float]]:
    """Return the prior's 90 % intervals of a population's mean and standard deviation of a trait."""
    nothing = PopulationPosterior.of(np.zeros((1, len(_MIDDLES))))
    return {name: nothing.levels(values)[1:] for name, values in zip(("mean", "sd"), moments(trait), strict=True)}


def power_of(trait: Trait, scores: NDArray[np.float64], curves: Curves, seed: int) -> float:
    """Return the largest power at which 90 % intervals of simulated populations hold the truth often enough.

    Arguments as in `check_populations`. With many simulated animals it is 1, with few it is smaller.
    """
    for power in POWERS:
        table = check_populations(trait, scores, curves, seed, power)
        if min(table["mean_covered"].mean(), table["sd_covered"].mean()) >= WANTED:
            return power
    return POWERS[-1]


def checked_populations(trait: Trait, scores: NDArray[np.float64], curves: Curves, seed: int) -> pd.DataFrame:
    """Return `check_populations` of `POPULATIONS` populations; the power of each is found with other animals.

    Half of the populations are of the simulated animals with an even number, half of the others.
    """
    halves = [np.arange(len(scores)) % 2 == k for k in (0, 1)]
    pieces = []
    for number, (own, other) in enumerate((halves, halves[::-1])):
        power = power_of(trait, scores[other], Curves(curves.density[other]), seed)
        found = check_populations(
            trait, scores[own], Curves(curves.density[own]), seed + number + 1, power, POPULATIONS // 2
        )
        pieces.append(found.assign(power=power, half=number))
    return pd.concat(pieces, ignore_index=True)


def check_populations(
    trait: Trait, scores: NDArray[np.float64], curves: Curves, seed: int, power: float = 1.0, n: int = POPULATIONS
) -> pd.DataFrame:
    """Return one row for each of `n` populations: what is true, the 90 % intervals, and whether they hold the truth.

    `scores` (n_animals,) and `curves` (n_animals, n_draws) are of simulated animals that the posteriors have not seen.
    A population's animals are drawn from them so that their scores follow N(m, s²); `covered` is the share of its
    animals whose own 90 % interval holds the true value.
    """
    rng = seeding.generator(seed, "inference", "populations", trait.name)
    low, high = curves.quantile(LOW), curves.quantile(HIGH)
    inside = (low <= scores[:, None]) & (scores[:, None] <= high)
    logs, cells = log_likelihoods(curves), moments(trait)
    rows: list[dict[str, Any]] = []
    for number in range(n):
        middle = float(np.clip(rng.standard_normal(), -_FURTHEST_MIDDLE, _FURTHEST_MIDDLE))
        spread = float(rng.uniform(*SPREADS))
        weight = exp(-0.5 * ((scores - middle) / spread) ** 2 + 0.5 * scores**2)
        who = rng.choice(len(scores), GROUP, p=weight / weight.sum())
        which = rng.integers(curves.density.shape[1], size=GROUP)
        found = PopulationPosterior.of(logs[who, which], power)
        row: dict[str, Any] = {"population": number}
        true = moments(trait, normals(np.array(middle), np.array(spread)))
        for name, truth, values in zip(("mean", "sd"), true, cells, strict=True):
            at, lowest, highest = found.levels(values)
            row |= {name: float(truth), f"{name}_found": at, f"{name}_low": lowest, f"{name}_high": highest}
            row[f"{name}_covered"] = bool(lowest <= truth <= highest)
        rows.append({**row, "covered": float(inside[who, which].mean())})
    return pd.DataFrame(rows)
