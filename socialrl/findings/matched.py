"""Two groups from the same start: a measure is compared where both groups have the same mean of another.

Groups that start a test differently lose differently for that reason alone. So each group is tested after several
times of cohousing, and compared at the highest mean start that both groups reach: between the two neighbouring times
whose mean starts lie around it, an animal's value is the mean of its two values, weighted so that the group's mean
start is exactly that. Weights come from group means, so they are found anew in every resample of the bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import statistics
from socialrl.analysis.statistics import NAN, Estimate

_Array = NDArray[np.float64]
_MOST_LOST = (1 - statistics.LEVEL) / 2
"""Share of resamples without a common start above which there is no interval."""


@dataclass(frozen=True)
class Curve:
    """One group: `hours` of cohousing in order, and what was measured after each.

    `starts` and `values` have a row per animal (or pair) and a column per time; rows are complete.
    """

    hours: tuple[float, ...]
    starts: pd.DataFrame
    values: pd.DataFrame

    def only(self, index: pd.Index) -> Curve:
        """Return the curve of some animals."""
        return Curve(self.hours, self.starts.loc[index], self.values.loc[index])

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and highest mean start."""
        means = self.starts.mean(axis=0)
        return float(means.min()), float(means.max())


@dataclass(frozen=True)
class Matched:
    """The comparison at `start`: one mixed value per animal of each group, and the hours at which they were matched.

    Where there is no common start, `difference` says so in `method` and the rest is empty.
    """

    difference: Estimate
    start: float = NAN
    this: pd.Series | None = None
    than: pd.Series | None = None
    this_h: float = NAN
    than_h: float = NAN


def curve(hours: dict[str, float], starts: dict[str, pd.Series], values: dict[str, pd.Series]) -> Curve:
    """Return the curve of a group from `{test: …}`; animals that lack a value anywhere are left out."""
    order = sorted(hours, key=lambda test: hours[test])
    both = pd.concat({"start": _columns(order, starts), "value": _columns(order, values)}, axis=1, join="inner")
    complete = both.astype(float).dropna()
    return Curve(tuple(hours[test] for test in order), complete["start"], complete["value"])


def compare(this: Curve, than: Curve, *, paired: bool = True, seed: int = statistics.SEED) -> Matched:
    """Return `this` less `than` at the highest mean start that both reach, with a percentile bootstrap interval.

    `paired`: animals of equal index are resampled together, and only those that are in both groups count; else each
    group is resampled by itself. Without a common start, or if more than 2.5 % of the resamples have none, there is no
    interval.
    """
    if paired:
        index = this.starts.index.intersection(than.starts.index, sort=True)
        this, than = this.only(index), than.only(index)
    n = len(this.starts) if paired else len(this.starts) + len(than.starts)
    if not len(this.starts) or not len(than.starts):
        return Matched(Estimate(NAN, NAN, NAN, n, "no animals"))
    rng = np.random.default_rng(seed)
    own = [(one.starts.to_numpy(float), one.values.to_numpy(float)) for one in (this, than)]
    at = _matched(*[_means(start, value, np.arange(len(start))[None]) for start, value in own])
    if not np.isfinite(at.start[0]):
        return Matched(Estimate(NAN, NAN, NAN, n, _no_common_start(this, than)))
    drawn = [rng.integers(len(start), size=(statistics.RESAMPLES, len(start))) for start, _ in own]
    if paired:
        drawn[1] = drawn[0]
    again = _matched(*[_means(start, value, rows) for (start, value), rows in zip(own, drawn, strict=True)])
    mixed = [
        pd.Series(value @ weights[0], index=one.values.index)
        for one, (_, value), weights in zip((this, than), own, at.weights, strict=True)
    ]
    value = float(mixed[0].mean() - mixed[1].mean())
    return Matched(
        _interval(value, again.difference, n),
        float(at.start[0]),
        mixed[0],
        mixed[1],
        *(float(weights[0] @ np.array(one.hours)) for one, weights in zip((this, than), at.weights, strict=True)),
    )


def _interval(value: float, resampled: _Array, n: int) -> Estimate:
    if n < 2:
        return Estimate(value, NAN, NAN, n, "one animal: no interval")
    known = resampled[np.isfinite(resampled)]
    lost = 1 - known.size / resampled.size
    if lost > _MOST_LOST:
        return Estimate(value, NAN, NAN, n, f"{100 * lost:.0f} % of the resamples have no common start")
    low, high = np.quantile(known, [0.5 - statistics.LEVEL / 2, 0.5 + statistics.LEVEL / 2])
    return Estimate(value, float(low), float(high), n, "percentile bootstrap")


@dataclass(frozen=True)
class _At:
    """For every resample: the common start, the difference there, and the weights of the times in each group."""

    start: _Array
    difference: _Array
    weights: tuple[_Array, _Array]


def _means(starts: _Array, values: _Array, rows: NDArray[np.int64]) -> tuple[_Array, _Array]:
    """Mean start and value after each time, `(n_resamples, n_times)`, of the animals `rows` of each resample."""
    return starts[rows].mean(axis=1), values[rows].mean(axis=1)


def _matched(this: tuple[_Array, _Array], than: tuple[_Array, _Array]) -> _At:
    highest = np.minimum(this[0].max(axis=1), than[0].max(axis=1))
    lowest = np.maximum(this[0].min(axis=1), than[0].min(axis=1))
    start = np.where(highest >= lowest, highest, NAN)
    weights = _weights(this[0], start), _weights(than[0], start)
    means = [(weight * values).sum(axis=1) for weight, (_, values) in zip(weights, (this, than), strict=True)]
    return _At(start, means[0] - means[1], weights)


def _weights(starts: _Array, wanted: _Array) -> _Array:
    """Weights of the times, `(n_resamples, n_times)`, that make the mean start `wanted`; NaN where none do.

    They lie on the first two neighbouring times around it, or on the one time that has it.
    """
    rows, target = np.arange(len(starts)), wanted[:, None]
    exact, below = starts == target, starts < target
    around = below[:, :-1] != below[:, 1:]
    first = np.argmax(around, axis=1) if around.shape[1] else np.zeros(len(starts), dtype=np.int64)
    second = np.minimum(first + 1, starts.shape[1] - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (wanted - starts[rows, first]) / (starts[rows, second] - starts[rows, first])
    weights = np.zeros(starts.shape)
    weights[rows, second] = share
    weights[rows, first] = 1 - share
    weights[exact.any(axis=1)] = np.eye(starts.shape[1])[np.argmax(exact[exact.any(axis=1)], axis=1)]
    weights[~np.isfinite(wanted)] = NAN
    return weights


def _no_common_start(this: Curve, than: Curve) -> str:
    told = [f"{low:.2f} to {high:.2f}" for low, high in (this.reach, than.reach)]
    return f"no common start: {told[0]} in one group, {told[1]} in the other"


def _columns(order: list[str], series: dict[str, pd.Series]) -> pd.DataFrame:
    return pd.concat({test: series[test] for test in order}, axis=1, join="inner")
