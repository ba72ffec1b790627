"""Power against n by simulated experiments: each draws animals from a pool and is judged by a criterion.

Two things make it uncertain, and both are given. `low` and `high`: so many experiments were simulated and no more (95 %
binomial interval, Wilson). `band_low` and `band_high`: the pool's animals are a sample themselves. So the pool is drawn
anew many times, animals with replacement, and the band holds the middle 95 % of the powers of these pools.

An experiment with n animals consists of the first n of the same experiment with more, so that curves rise smoothly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from statsmodels.stats.proportion import proportion_confint

from socialrl import seeding
from socialrl.planning import analytic
from socialrl.planning.copula import latent
from socialrl.planning.pools import NO_CAGES, Cages, Pool, picked
from socialrl.planning.significance import Criterion

_Array = NDArray[np.float64]
_FEWEST = 3
"""Units a group (animals, pairs or cages) at which curves begin."""
_ENOUGH = 0.99
"""Power at which a curve may end, once its band has reached the targets, or n is far beyond that of the power: more
than `_LONG`, and `_FAR` times as much."""
_LONG, _FAR = 100, 4
_NEAR = 40
"""Animals a group beyond which the band is made of a third of the experiments, because they take long there."""


@dataclass(frozen=True)
class Effort:
    """How much is simulated: experiments of each n, pools for the band, experiments of each of them, and the largest n.

    n counts animals (or pairs) a group.
    """

    experiments: int = 2000
    pools: int = 100
    each: int = 100
    most: int = 500

    @classmethod
    def of(cls, experiments: int, most: int) -> Effort:
        """Return the effort of so many experiments: those of a pool of the band are fewer where all are."""
        return cls(experiments, each=min(100, max(20, experiments // 20)), most=most)


@dataclass(frozen=True)
class Point:
    """Power with `n` animals (or pairs) a group; `analytic` is that of a t test on normal values (statsmodels)."""

    n: int
    power: float
    low: float
    high: float
    band_low: float
    band_high: float
    analytic: float


@dataclass(frozen=True)
class Smallest:
    """The smallest n with which power reaches `target`; None where it does not up to the largest n that was tried.

    `low` and `high` are where the band's upper and lower end reach it. `analytic` is by a t test on normal values.
    """

    target: float
    n: int | None
    low: int | None
    high: int | None
    analytic: int | None


@dataclass(frozen=True)
class Curve:
    """Power against n, and the smallest n for each target; `most` is the largest n that was tried."""

    points: tuple[Point, ...]
    smallest: tuple[Smallest, ...]
    most: int


class Experiments:
    """Simulated experiments, `each` so many of each pool; the same numbers whenever they are asked for."""

    def __init__(
        self, pools: Sequence[Pool], each: int, criterion: Criterion, cages: Cages, seed: int, *name: str | int
    ) -> None:
        self._values = [pool.values() for pool in pools]
        self._each, self._criterion, self._cages = each, criterion, cages
        self._seed, self._name = seed, name
        # of normal ranks, for each side a row per pool
        alike = [[latent(own, own, cages.icc) if cages.any else 0.0 for own in values] for values in self._values]
        self._alike = np.array(alike, dtype=np.float64).reshape(len(pools), -1).T

    def shown(self, n: int) -> NDArray[np.bool_]:
        """Return which experiments with `n` animals a group show it, shape `(n_pools, each)`."""
        return self._criterion.shown(self.samples(n)).reshape(len(self._values), self._each)

    def samples(self, n: int) -> tuple[_Array, ...]:
        """Return what is tested, one array a side: a row per experiment, a column per animal (pair), or per cage."""
        if not self._cages.any:
            return self.animals(n)
        return tuple(one.reshape(len(one), -1, self._cages.size).mean(axis=2) for one in self.animals(n))

    def animals(self, n: int) -> tuple[_Array, ...]:
        """Return the animals (pairs) of each experiment, cage by cage: one array a side, `n` columns."""
        found = []
        for side in range(len(self._values[0])):
            places = self._places(n, side).reshape(len(self._values), self._each, n)
            drawn = [picked(values[side], own) for values, own in zip(self._values, places, strict=True)]
            found.append(np.concatenate(drawn))
        return tuple(found)

    def _places(self, n: int, side: int) -> _Array:
        """Where each animal lies among all values, 0 to 1: `(n_rows, n)`, alike within a cage by the correlation."""
        rows = len(self._values) * self._each
        own = seeding.generator(self._seed, *self._name, "animals", side)
        if not self._cages.any:
            return own.random((n, rows)).T
        cage = seeding.generator(self._seed, *self._name, "cages", side)
        shared = cage.standard_normal((n // self._cages.size, rows)).T
        alike = np.repeat(self._alike[side], self._each)[:, None]
        together = np.sqrt(alike) * np.repeat(shared, self._cages.size, axis=1)
        return np.asarray(ndtr(together + np.sqrt(1.0 - alike) * own.standard_normal((n, rows)).T))


def power_curve(
    pool: Pool,
    criterion: Criterion,
    *,
    targets: Sequence[float] = (0.8, 0.9),
    cages: Cages = NO_CAGES,
    effort: Effort | None = None,
    redrawn: Sequence[Pool] | None = None,
    seed: int = 1,
) -> Curve:
    """Return power against n of experiments that are drawn from `pool` and judged by `criterion`.

    n are whole cages. `redrawn` are the pools of the band, by default draws of the pool's own animals.
    """
    effort = effort or Effort()
    name = ("plan", "paired" if pool.paired else "unpaired", cages.size)
    rng = seeding.generator(seed, *name, "pools")
    others = [pool.redrawn(rng) for _ in range(effort.pools)] if redrawn is None else list(redrawn)
    others = [one for one in others if all(len(side) for side in one.values())]
    main = Experiments([pool], effort.experiments, criterion, cages, seed, *name, "main")
    near = Experiments(others, effort.each, criterion, cages, seed, *name, "band")
    far = Experiments(others, max(20, effort.each // 3), criterion, cages, seed, *name, "band")
    points: dict[int, Point] = {}

    def at(n: int) -> Point:
        if n not in points:
            shown = main.shown(n)
            low, high = proportion_confint(int(shown.sum()), shown.size, method="wilson")
            band = near if n <= _NEAR else far
            ends = np.quantile(band.shown(n).mean(axis=1), [0.025, 0.975])
            effect = analytic.of_cages(pool.standardised, cages)
            by_t = analytic.power(effect, n // cages.size, paired=pool.paired, alpha=criterion.alpha)
            # the textbook knows no power in the wrong direction, and none for being the same
            toward = pool.difference * criterion.sign > 0.0
            points[n] = Point(
                n, float(shown.mean()), float(low), float(high), float(ends[0]), float(ends[1]),
                by_t if toward else float("nan"),
            )  # fmt: skip
        return points[n]

    def reaches(target: float) -> Callable[[int], bool]:
        return lambda n: at(n).power >= target

    grid: list[int] = []
    reached = 0
    for units in _grid(effort.most // cages.size):
        grid.append(units * cages.size)
        here = at(grid[-1])
        if here.power >= _ENOUGH and (here.band_low >= max(targets) or here.n > max(_LONG, _FAR * reached)):
            break
        if here.power < max(targets):
            reached = grid[-1]
    smallest = []
    for target in targets:
        first = _first(grid, [at(n).power >= target for n in grid])
        found = None if first is None else _between(*first, cages.size, reaches(target))
        ends = [
            _crossing([at(n).n for n in grid], [getattr(at(n), side) for n in grid], target, cages.size)
            for side in ("band_high", "band_low")
        ]
        by_t = analytic.in_cages(pool, target, cages, criterion.alpha) if criterion.sign else None
        toward = pool.difference * criterion.sign > 0.0
        smallest.append(Smallest(target, found, ends[0], ends[1], by_t if toward else None))
    return Curve(tuple(points[n] for n in sorted(points)), tuple(smallest), grid[-1] if grid else 0)


def _grid(most: int) -> Iterator[int]:
    """Numbers of units, ever further apart: every one up to ten, then steps of a fifth; the last one is `most`."""
    n = _FEWEST
    while n < most:
        yield n
        n += max(1, math.floor(n / 5)) if n >= 10 else 1
    yield most


def _first(grid: Sequence[int], reached: Sequence[bool]) -> tuple[int, int] | None:
    """The last n of the grid that misses and the one after it, from which on all reach; None if the last one misses."""
    if not reached or not reached[-1]:
        return None
    at = len(reached)
    while at > 0 and reached[at - 1]:
        at -= 1
    return (grid[at - 1] if at else 0, grid[at])


def _between(misses: int, reaches: int, step: int, is_reached: Callable[[int], bool]) -> int:
    """The smallest whole number of cages between one that misses and one that reaches."""
    while reaches - misses > step and misses > 0:
        middle = misses + step * ((reaches - misses) // (2 * step))
        if is_reached(middle):
            reaches = middle
        else:
            misses = middle
    return reaches


def _crossing(ns: Sequence[int], powers: Sequence[float], target: float, step: int) -> int | None:
    """Where a curve reaches a target for good, between its points in a straight line, in whole cages."""
    first = _first(ns, [power >= target for power in powers])
    if first is None:
        return None
    misses, reaches = first
    if misses == 0:
        return reaches
    low, high = powers[list(ns).index(misses)], powers[list(ns).index(reaches)]
    n = misses + (reaches - misses) * (target - low) / (high - low)
    return int(step * math.ceil(n / step - 1e-9))
