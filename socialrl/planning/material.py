"""From the tests of animals to the pools that experiments are drawn from, under what a user assumes instead.

Assumed can be the spread between animals (that of a laboratory's own sheet), the correlation within pairs, and the
difference. Each is asked anew for every draw of the animals, so that the band of a curve holds what is uncertain and
nothing that was fixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.planning.pools import Pool, pairs_of

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """The tests behind one comparison: `this` and `than`, a row per animal and a column per test.

    `than` is None against the number `value`. `paired_this` and `paired_than` are the rows of animals of both sides, in
    one order. `sheet` are single tests of a laboratory, whose spread is then that of each side. `within` is the
    correlation of the two values of a pair, None for that of the animals themselves, `difference` the one to plan for,
    None for that of the animals.
    """

    this: _Array
    than: _Array | None
    paired_this: _Array
    paired_than: _Array
    value: float = 0.0
    sheet: _Array | None = None
    within: float | None = None
    difference: float | None = None

    @property
    def n(self) -> int:
        """Animals with a value, in the smaller side."""
        sides = [self.this] if self.than is None else [self.this, self.than]
        return min(int(np.isfinite(side).any(axis=1).sum()) for side in sides)

    @property
    def n_pairs(self) -> int:
        """Pairs with a value."""
        return int(np.isfinite(self.paired_this - self.paired_than).any(axis=1).sum())

    @property
    def correlation(self) -> float:
        """Pearson's r of single tests within pairs; NaN without pairs or spread."""
        both = np.isfinite(self.paired_this - self.paired_than)
        a, b = self.paired_this[both], self.paired_than[both]
        if a.size < 3 or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
            return float("nan")
        return float(np.corrcoef(a, b)[0, 1])

    def pool(self, paired: bool) -> Pool:
        """Return the pool of a design; against a number both designs are the same."""
        if self.than is None:
            sides: tuple[_Array, ...] = (self._spread(self.this) - self.value,)
        elif not paired:
            sides = (self._spread(self.this), self._spread(self.than))
        elif self.within is None and self.sheet is None:
            sides = (self.paired_this - self.paired_than,)
        else:
            correlation = self.correlation if self.within is None else self.within
            a, b = (np.sort(one[np.isfinite(one)]) for one in (self._spread(self.this), self._spread(self.than)))
            sides = (pairs_of(a, b, correlation if np.isfinite(correlation) else 0.0),)
        pool = Pool(sides)
        return pool if self.difference is None else pool.moved_to(self.difference)

    def redrawn(self, paired: bool, times: int, seed: int) -> Iterator[Pool]:
        """Yield the pools of other draws of as many animals, those of the sheet drawn anew as well."""
        rng = seeding.generator(seed, "plan", "redrawn", "paired" if paired else "unpaired")
        for _ in range(times):
            yield self._again(paired, rng).pool(paired)

    def _again(self, paired: bool, rng: np.random.Generator) -> Material:
        def some(side: _Array) -> _Array:
            return np.asarray(side[rng.integers(len(side), size=len(side))])

        sheet = None if self.sheet is None else some(self.sheet)
        if paired and self.than is not None:
            rows = rng.integers(len(self.paired_this), size=len(self.paired_this))
            a, b = self.paired_this[rows], self.paired_than[rows]
            return replace(self, this=a, than=b, paired_this=a, paired_than=b, sheet=sheet)
        return replace(self, this=some(self.this), than=None if self.than is None else some(self.than), sheet=sheet)

    def _spread(self, side: _Array) -> _Array:
        """A side with the deviations of the sheet's animals from their mean around its own mean."""
        if self.sheet is None:
            return side
        return np.asarray(np.nanmean(side) + self.sheet - np.mean(self.sheet))[:, None]


def material(this: pd.DataFrame, than: pd.DataFrame | None, value: float, after: int = 1) -> Material:
    """Return the material of a comparison; the tables have a row per animal or pair, by index, a column per repeat.

    Within pairs a test is set against a later round of the other side, `after` columns on, where there are several:
    tests of one round share their random numbers in the model, and two tests of a real animal, or of litter mates,
    share none.
    """
    one = this.to_numpy(dtype=np.float64)
    if than is None:
        return Material(one, None, one, np.full_like(one, value), value)
    index = this.index.intersection(than.index, sort=True)
    columns = this.columns.intersection(than.columns)
    pairs = [side.loc[index, columns].to_numpy(dtype=np.float64) for side in (this, than)]
    return Material(one, than.to_numpy(dtype=np.float64), pairs[0], np.roll(pairs[1], -after, axis=1), value)


def together(several: list[Material]) -> Material:
    """Return the material of the animals of several sources.

    An animal counts as much as any other, whatever the number of its tests: where sources have several numbers of
    tests, each test is there as often as makes the numbers equal.
    """
    n_tests = math.lcm(*(one.this.shape[1] for one in several))

    def joined(sides: list[_Array]) -> _Array:
        return np.concatenate([np.tile(side, n_tests // side.shape[1]) for side in sides])

    return replace(
        several[0],
        this=joined([one.this for one in several]),
        than=None if several[0].than is None else joined([one.than for one in several if one.than is not None]),
        paired_this=joined([one.paired_this for one in several]),
        paired_than=joined([one.paired_than for one in several]),
    )
