"""What experiments are drawn from: the values of animals that were tested, one sample or two independent groups.

A pool has one array of differences (pairs, or animals against a number), or two arrays, one a group; each has a row per
animal and a column per test of it, NaN where that has no value. A laboratory tests each animal once, so that single
tests are drawn, and not an animal's mean over its tests, which varies less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from socialrl.planning.copula import latent

_Array = NDArray[np.float64]

_PAIRS = 4000
"""Pairs that stand for all pairs of two groups of known correlation."""


@dataclass(frozen=True)
class Pool:
    """The animals that experiments are drawn from: `sides` as above, `paired` if there is one array."""

    sides: tuple[_Array, ...]

    @property
    def paired(self) -> bool:
        """Whether an experiment has one sample: of differences, or of values against a number."""
        return len(self.sides) == 1

    @property
    def n(self) -> int:
        """Animals (or pairs), in the smaller group where there are two."""
        return min(len(side) for side in self.sides)

    def values(self) -> tuple[_Array, ...]:
        """Return the single tests of each side in order of size, without those that have no value."""
        return tuple(np.sort(side[np.isfinite(side)]) for side in self.sides)

    @property
    def missing(self) -> float:
        """The share of tests without a value, in the side that has most of them."""
        return max(float(np.mean(~np.isfinite(side))) for side in self.sides)

    @property
    def difference(self) -> float:
        """Mean of the one side, or difference of the means of two, over single tests."""
        means = [float(side.mean()) for side in self.values()]
        return means[0] if self.paired else means[0] - means[1]

    @property
    def standardised(self) -> float:
        """Cohen's d: mean over standard deviation, or difference over the pooled standard deviation; NaN without one.

        With spread in none it has no size.
        """
        values = self.values()
        freedom = sum(len(side) - 1 for side in values)
        squares = sum(float(((side - side.mean()) ** 2).sum()) for side in values)
        spread = (squares / freedom) ** 0.5 if freedom > 0 else 0.0
        return self.difference / spread if spread > 0.0 else float("nan")

    def redrawn(self, rng: np.random.Generator) -> Pool:
        """Return the pool of another draw of as many animals, each with all its tests."""
        return Pool(tuple(side[rng.integers(len(side), size=len(side))] for side in self.sides))

    def moved_to(self, difference: float) -> Pool:
        """Return the pool with its first side moved so that the difference is this; spread and shape stay."""
        return Pool((self.sides[0] + (difference - self.difference), *self.sides[1:]))


def pairs_of(this: _Array, than: _Array, correlation: float, seed: int = 0) -> _Array:
    """Return differences within pairs whose two values have this correlation, or the nearest that they can have.

    `this` and `than` are the single tests of two groups, in order of size; shape of the result `(4000, 1)`. The two
    keep their distributions (`copula`), so that nothing lies outside of what was measured.
    """
    rng = np.random.default_rng(seed)
    first, second = rng.standard_normal((2, _PAIRS))
    alike = latent(this, than, correlation)
    together = alike * first + np.sqrt(1.0 - alike**2) * second
    return (picked(this, ndtr(first)) - picked(than, ndtr(together)))[:, None]


def picked(ordered: _Array, places: _Array) -> _Array:
    """Return the values at `places`, 0 to 1, of values in order of size; each is as likely as the others."""
    return np.asarray(ordered[np.minimum((places * len(ordered)).astype(np.int64), len(ordered) - 1)])


@dataclass(frozen=True)
class Cages:
    """Animals share cages of `size`, all of one group; `icc` is the correlation of the values of two in one cage.

    The cage is then the unit, and tests are made on means of cages. `size` 1: no cages.
    """

    size: int = 1
    icc: float = 0.0

    @property
    def design_effect(self) -> float:
        """How many times more animals are needed: 1 + (size − 1) × icc (Kish 1965 Survey Sampling)."""
        return 1.0 + (self.size - 1) * self.icc

    @property
    def any(self) -> bool:
        """Whether animals share cages."""
        return self.size > 1


NO_CAGES = Cages()
