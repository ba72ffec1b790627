"""The posterior of a population: mean and spread of a trait in a group of animals, from what their own tests say.

The scores of a group's animals are taken as normal, N(m, s²). What an animal's tests say about its score u is its
posterior over the prior, so the group's likelihood is the product over animals of ∫ posterior(u) / prior(u) N(u; m, s²)
du.
Other traits are those of the table's population. Prior: m as an animal's score, N(0, 1); s uniform in `SPREADS`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.inference.curves import GRID, HIGH, LOW, STEP, Curves, prior
from socialrl.inference.traits import Trait

SPREADS = (0.1, 1.2)
POPULATIONS, GROUP = 200, 12
"""Simulated populations by which the intervals are checked, and animals in each."""

POWERS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
WANTED = 0.89
_LEAST = 1e-9
_FURTHEST_MIDDLE = 1.5
_MOMENTS = ("mean", "sd")


def normals(middle: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return normal densities of scores on the grid, (…, n_grid), each with an integral of 1 there."""
    density = np.exp(-0.5 * ((GRID - middle[..., None]) / spread[..., None]) ** 2)
    return np.asarray(density / (density.sum(axis=-1, keepdims=True) * STEP))


_MIDDLES, _WIDTHS = (one.ravel() for one in np.meshgrid(np.linspace(-2.5, 2.5, 81), np.linspace(*SPREADS, 12)))
_CELLS = normals(_MIDDLES, _WIDTHS)
"""The scores' densities in the populations that are weighed, (n_cells, n_grid)."""


def log_likelihoods(curves: Curves) -> NDArray[np.float64]:
    """Return what each animal's posterior (…) adds to the log-likelihood of every population, (…, n_cells)."""
    chance = (curves.density / prior()) @ _CELLS.T * STEP
    return np.asarray(np.log(np.maximum(chance, _LEAST)))


def weights(logs: NDArray[np.float64], power: float = 1.0) -> NDArray[np.float64]:
    """Return the posterior (…, n_cells) of populations whose animals have the log-likelihoods (…, n_animals, n_cells).

    `power` below 1 widens it: errors of a network are shared by all animals and do not average out (`Pool.power`).
    """
    whole = power * logs.sum(axis=-2) - 0.5 * _MIDDLES**2
    found = np.exp(whole - whole.max(axis=-1, keepdims=True))
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


def levels(weight: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return median, 5 % and 95 % (3, …) of a quantity with the values (n_cells,) under the weights (…, n_cells)."""
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weight[..., order], axis=-1)
    last = len(values) - 1
    return np.stack([values[order][np.minimum((mass < level).sum(axis=-1), last)] for level in (0.5, LOW, HIGH)])


def moments(trait: Trait, density: NDArray[np.float64] = _CELLS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation (…) of a trait, in its unit, where its score has the densities (…, n_grid).

    Without densities: in every population that is weighed.
    """
    values = trait.value(GRID)
    mean = (density * values).sum(axis=-1) * STEP
    square = (density * values**2).sum(axis=-1) * STEP
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def prior_moments(trait: Trait) -> dict[str, tuple[float, float]]:
    """Return the prior's 90 % intervals of a population's mean and standard deviation of a trait."""
    nothing = weights(np.zeros((1, len(_MIDDLES))))
    found = {name: levels(nothing, values) for name, values in zip(_MOMENTS, moments(trait), strict=True)}
    return {name: (float(low), float(high)) for name, (_, low, high) in found.items()}


class Pool:
    """Simulated animals, of which populations are made to check the intervals of populations.

    `scores` (n,) and `curves` (n, n_draws) are of animals that the posteriors have not seen.
    """

    def __init__(self, trait: Trait, scores: NDArray[np.float64], curves: Curves) -> None:
        self._trait, self._scores = trait, scores
        low, high = curves.quantile(LOW), curves.quantile(HIGH)
        self._inside = (low <= scores[:, None]) & (scores[:, None] <= high)
        self._logs, self._moments = log_likelihoods(curves), moments(trait)

    def check(self, seed: int, power: float = 1.0, n: int = POPULATIONS) -> pd.DataFrame:
        """Return one row for each of `n` populations: the truth, the 90 % intervals, and whether they hold it.

        A population's animals are drawn from the pool so that their scores follow N(m, s²); `covered` is the share of
        its animals whose own 90 % interval holds the true value.
        """
        rng = seeding.generator(seed, "inference", "populations", self._trait.name)
        middle = np.clip(rng.standard_normal(n), -_FURTHEST_MIDDLE, _FURTHEST_MIDDLE)
        spread = rng.uniform(*SPREADS, n)
        weight = np.exp(-0.5 * ((self._scores - middle[:, None]) / spread[:, None]) ** 2 + 0.5 * self._scores**2)
        who = np.stack([rng.choice(len(self._scores), GROUP, p=one / one.sum()) for one in weight])
        which = rng.integers(self._logs.shape[1], size=who.shape)
        found = weights(self._logs[who, which], power)
        table = pd.DataFrame({"population": np.arange(n)})
        true = moments(self._trait, normals(middle, spread))
        for name, truth, values in zip(_MOMENTS, true, self._moments, strict=True):
            at, low, high = levels(found, values)
            table[name], table[f"{name}_found"], table[f"{name}_low"], table[f"{name}_high"] = truth, at, low, high
            table[f"{name}_covered"] = (low <= truth) & (truth <= high)
        return table.assign(covered=self._inside[who, which].mean(axis=1))

    def power(self, seed: int) -> float:
        """Return the largest power at which the 90 % intervals of populations hold the truth often enough.

        With many simulated animals it is 1, with few it is smaller.
        """
        for power in POWERS:
            table = self.check(seed, power)
            if min(table["mean_covered"].mean(), table["sd_covered"].mean()) >= WANTED:
                return power
        return POWERS[-1]


def checked_populations(trait: Trait, scores: NDArray[np.float64], curves: Curves, seed: int) -> pd.DataFrame:
    """Return `Pool.check` of `POPULATIONS` populations, where the power is found with other animals.

    Half of the populations are of the simulated animals with an even number, half of the others.
    """
    even = np.arange(len(scores)) % 2 == 0
    pools = [Pool(trait, scores[own], Curves(curves.density[own])) for own in (even, ~even)]
    pieces = []
    for number, (own, other) in enumerate((pools, pools[::-1])):
        power = other.power(seed)
        pieces.append(own.check(seed + number + 1, power, POPULATIONS // 2).assign(power=power, half=number))
    return pd.concat(pieces, ignore_index=True)
