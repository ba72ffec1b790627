"""Posterior densities of one score on a fixed grid, and everything that is read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

GRID = np.linspace(-3.5, 3.5, 281)
"""Scores at which densities are known; 0.05 % of the prior lies outside."""

STEP = float(GRID[1] - GRID[0])
LOW, HIGH = 0.05, 0.95
"""Ends of the 90 % interval."""


@dataclass(frozen=True)
class Curves:
    """Densities (…, n_grid) on `GRID`, each with an integral of 1."""

    density: NDArray[np.float64]

    @classmethod
    def of(cls, density: NDArray[np.float64]) -> Curves:
        """Return curves with their integrals set to 1; one that is 0 everywhere raises `ValueError`."""
        whole = density.sum(axis=-1, keepdims=True) * STEP
        if not (whole > 0.0).all():
            raise ValueError("a density must be above 0 somewhere on the grid")
        return cls(density / whole)

    @property
    def _below(self) -> NDArray[np.float64]:
        """The distribution function at the right end of every cell, (…, n_grid)."""
        return np.minimum(np.cumsum(self.density, axis=-1) * STEP, 1.0)

    def quantile(self, level: float) -> NDArray[np.float64]:
        """Return the score below which a share `level` lies, (…)."""
        below = self._below
        k = np.minimum((below < level).sum(axis=-1), len(GRID) - 1)[..., None]
        upto = np.where(k > 0, np.take_along_axis(below, np.maximum(k - 1, 0), axis=-1), 0.0)
        within = np.take_along_axis(self.density, k, axis=-1) * STEP
        part = np.clip((level - upto) / np.where(within > 0.0, within, 1.0), 0.0, 1.0)
        found: NDArray[np.float64] = (GRID[k] + (part - 0.5) * STEP)[..., 0]
        return found

    def rank(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return the share of each curve that lies below a score, (…): uniform if the curves are calibrated."""
        place = (np.asarray(score, dtype=np.float64) - (GRID[0] - STEP / 2.0)) / STEP
        k = np.clip(np.floor(place), 0, len(GRID) - 1).astype(np.int64)[..., None]
        upto = np.where(k > 0, np.take_along_axis(self._below, np.maximum(k - 1, 0), axis=-1), 0.0)
        part = np.clip(place[..., None] - k, 0.0, 1.0)
        shares = upto + part * np.take_along_axis(self.density, k, axis=-1) * STEP
        found: NDArray[np.float64] = np.clip(shares[..., 0], 0.0, 1.0)
        return found

    def bits(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return log2 of posterior over prior density at a score, (…): what was learned about it; below 0 if misled."""
        k = np.clip(np.rint((np.asarray(score) - GRID[0]) / STEP), 0, len(GRID) - 1).astype(np.int64)[..., None]
        density = np.take_along_axis(self.density, k, axis=-1)[..., 0]
        found: NDArray[np.float64] = np.log2(np.maximum(density, 1e-300)) - np.log2(prior()[k[..., 0]])
        return found

    def mean_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the posterior mean (…) of a quantity that has the values (n_grid,) on the grid."""
        found: NDArray[np.float64] = (self.density * values).sum(axis=-1) * STEP
        return found


def prior() -> NDArray[np.float64]:
    """Return the density of every score in the prior, (n_grid,): standard normal, cut off at the grid's ends."""
    density = np.exp(-0.5 * GRID**2)
    return np.asarray(density / (density.sum() * STEP))
