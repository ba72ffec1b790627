"""Whether an experiment shows something, for many experiments at once: a row each, a column an animal or pair.

The rank tests are those of the scorecard (`socialrl.analysis.statistics`), which takes one experiment at a time; a test
holds each to the other. Nothing here is missing: animals without a value were left out before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

_Array = NDArray[np.float64]
_Truth = NDArray[np.bool_]

TESTS = ("rank", "t")
"""`rank`: signed-rank or Mann–Whitney, as in the scorecard. `t`: one-sample or Welch."""

_EXACT = 50
"""Animals up to which the signed-rank test is exact, in the scorecard too."""
_EXACT_UNPAIRED = 8
"""Animals in the smaller group up to which SciPy's Mann–Whitney test is exact, where no two values are equal."""
_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Criterion:
    """What an experiment must show: `sign` +1 (higher), −1 (lower) or 0 (the same, within `margin` on both sides).

    A difference is shown by two-sided p < `alpha` of `test` and a mean on the expected side. That two sides are the
    same is shown by a (1 − alpha) t interval of the mean that lies inside the margin, whatever `test` says.
    """

    sign: int
    alpha: float = 0.05
    test: str = "rank"
    margin: float = math.nan

    def shown(self, samples: tuple[_Array, ...]) -> _Truth:
        """Return which experiments show it; `samples` are one array of differences or one an independent group."""
        if self.sign == 0:
            low, high = mean_intervals(samples, self.alpha)
            return np.asarray((low >= -self.margin) & (high <= self.margin))
        means = [sample.mean(axis=1) for sample in samples]
        difference = means[0] if len(samples) == 1 else means[0] - means[1]
        return np.asarray((self.sign * difference > 0.0) & self.significant(samples))

    def significant(self, samples: tuple[_Array, ...]) -> _Truth:
        """Return which experiments give p < alpha, in whichever direction."""
        if self.test == "t":
            p = t_p(samples)
        elif len(samples) == 1:
            p = signed_rank_p(samples[0], (self.alpha / 4.0, self.alpha * 4.0))
        else:
            p = mann_whitney_p(samples[0], samples[1])
        return np.asarray(p < self.alpha)


def signed_rank_p(differences: _Array, exact_between: tuple[float, float] = (0.0, 1.0)) -> _Array:
    """Return two-sided Wilcoxon signed-rank p of each row; differences of zero are left out, 1 where all are zero.

    Exact up to 50 animals, with ties too, as in the scorecard. Where the normal approximation lies outside
    `exact_between` it is returned instead: between alpha / 4 and 4 alpha is all that a decision at alpha needs from six
    animals on, and fewer cannot reach 0.05.
    """
    moved = np.round(differences, 12)
    zero = moved == 0.0
    n = (~zero).sum(axis=1)
    ranks = scipy.stats.rankdata(np.abs(moved), axis=1) - zero.sum(axis=1)[:, None]
    doubled = np.rint(2.0 * np.where(zero, 0.0, ranks)).astype(np.int64)
    above = (doubled * (moved > 0.0)).sum(axis=1)
    total = doubled.sum(axis=1)
    tail = np.minimum(above, total - above)
    with np.errstate(divide="ignore", invalid="ignore"):
        # the variance of the sum of signed ranks is the sum of their squares, so ties need no correction of their own
        z = (tail - total / 2.0) / np.sqrt((doubled.astype(np.float64) ** 2).sum(axis=1) / 4.0)
    p = np.where(n > 0, 2.0 * scipy.stats.norm.sf(np.abs(z)), 1.0)
    near = (n > 0) & (n <= _EXACT) & (((p >= exact_between[0]) & (p <= exact_between[1])) | (n < 6))
    p[near] = _exact_signed_rank_p(doubled[near], tail[near])
    return np.asarray(np.minimum(p, 1.0))


def _exact_signed_rank_p(doubled: NDArray[np.int64], tail: NDArray[np.int64]) -> _Array:
    """Two-sided p from the distribution of the rank sum over all choices of signs, built up one animal at a time.

    `doubled` are twice the ranks, so that those of ties are whole numbers, and 0 for animals that are left out; `tail`
    is the smaller of the sums of the two signs.
    """
    p = np.ones(len(doubled))
    # animals with the same ties have the same distribution, and resampled ones often have
    patterns, of_row = np.unique(np.sort(doubled, axis=1), axis=0, return_inverse=True)
    of_row = of_row.ravel()
    sums = np.arange(int(tail.max(initial=0)) + 1)
    step = max(1, _NUMBERS_AT_ONCE // len(sums))
    for first in range(0, len(patterns), step):
        some = patterns[first : first + step]
        share = np.zeros((len(some), len(sums)))
        share[:, 0] = 1.0
        for rank in some.T:
            before = sums[None, :] - rank[:, None]
            with_it = np.where(before >= 0, np.take_along_axis(share, np.maximum(before, 0), axis=1), 0.0)
            share = 0.5 * (share + with_it)
        rows = np.flatnonzero((of_row >= first) & (of_row < first + len(some)))
        p[rows] = 2.0 * np.cumsum(share, axis=1)[of_row[rows] - first, tail[rows]]
    return p


def mann_whitney_p(x: _Array, y: _Array) -> _Array:
    """Return two-sided Mann–Whitney p of each row, by SciPy's own choice of exact or normal made row by row."""
    p = np.asarray(scipy.stats.mannwhitneyu(x, y, axis=1, method="asymptotic").pvalue)
    if min(x.shape[1], y.shape[1]) > _EXACT_UNPAIRED:
        return p
    ordered = np.sort(np.concatenate([x, y], axis=1), axis=1)
    apart = (np.diff(ordered, axis=1) > 0.0).all(axis=1)
    if apart.any():
        p[apart] = scipy.stats.mannwhitneyu(x[apart], y[apart], axis=1, method="exact").pvalue
    return p


def t_p(samples: tuple[_Array, ...]) -> _Array:
    """Return two-sided p of each row: one-sample t of differences, or Welch's t of two groups.

    Where all animals are alike it is 0, or 1 if there is no difference.
    """
    centre, error, freedom = _parts(samples)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2.0 * scipy.stats.t.sf(np.abs(centre) / error, freedom)
    return np.where(error > 0.0, p, np.where(centre == 0.0, 1.0, 0.0))


def mean_intervals(samples: tuple[_Array, ...], alpha: float) -> tuple[_Array, _Array]:
    """Return the ends of the (1 − alpha) t interval of each row's mean, or difference of means (Welch)."""
    centre, error, freedom = _parts(samples)
    half = np.where(error > 0.0, scipy.stats.t.ppf(1.0 - alpha / 2.0, np.where(error > 0.0, freedom, 1.0)) * error, 0.0)
    return centre - half, centre + half


def _parts(samples: tuple[_Array, ...]) -> tuple[_Array, _Array, _Array]:
    """Mean or difference of means of each row, its standard error, and the degrees of freedom."""
    means = [sample.mean(axis=1) for sample in samples]
    squares = [sample.var(axis=1, ddof=1) / sample.shape[1] for sample in samples]
    if len(samples) == 1:
        return means[0], np.sqrt(squares[0]), np.full(len(means[0]), samples[0].shape[1] - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [square**2 / (sample.shape[1] - 1) for square, sample in zip(squares, samples, strict=True)]
        freedom = (squares[0] + squares[1]) ** 2 / (parts[0] + parts[1])
    return means[0] - means[1], np.sqrt(squares[0] + squares[1]), freedom
