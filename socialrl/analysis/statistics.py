"""Intervals, tests and effect sizes over animals. The replicate is the animal, never the repeat or the episode.

Every function takes one value per animal and returns a small record with its n. Values that are not numbers (an animal
that never huddled has no preference) are left out and counted in `n_missing`. Nothing here warns: with one animal, or
when all animals are equal, the parts that cannot be computed are NaN and `note` or `method` says why.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

from socialrl.errors import UserError

LEVEL = 0.95
RESAMPLES = 9999
SEED = 20250817  # for resampling only: the same table always gives the same interval

NAN = float("nan")
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval over `n` animals; `method` says how it was made, or why there is none."""

    value: float
    low: float
    high: float
    n: int
    method: str
    n_missing: int = 0


@dataclass(frozen=True)
class ChanceTest:
    """One group against a fixed value: mean, standardised distance (mean − chance) / sd, two-sided p values."""

    mean: Estimate
    chance: float
    effect: float
    t_p: float
    wilcoxon_p: float
    n: int
    note: str = ""


@dataclass(frozen=True)
class PairedComparison:
    """Differences a − b within pairs: mean difference, d_z = mean / sd of the differences, two-sided p values."""

    difference: Estimate
    d_z: Estimate
    t_p: float
    wilcoxon_p: float
    n: int
    n_unpaired: int
    note: str = ""


@dataclass(frozen=True)
class GroupComparison:
    """Two independent groups, a − b: difference in means, Hedges' g, Cliff's delta, two-sided p values."""

    difference: Estimate
    hedges_g: Estimate
    cliffs_delta: Estimate
    welch_p: float
    mann_whitney_p: float
    permutation_p: float
    n_a: int
    n_b: int
    note: str = ""


def mean_interval(values: ArrayLike, *, seed: int = SEED) -> Estimate:
    """Return the mean over animals with a bootstrap interval; `values` has shape `(n_animals,)`.

    BCa where it is defined, else the percentile interval (named in `method`). One animal: no interval. All animals
    equal: an interval without width, named so.
    """
    finite = _finite(values)
    return bootstrap((finite,), np.mean, seed=seed, n_missing=np.size(values) - finite.size)


def against(values: ArrayLike, chance: float, *, seed: int = SEED) -> ChanceTest:
    """Return the test of one group, shape `(n_animals,)`, against `chance`: one-sample t and Wilcoxon signed-rank."""
    finite = _finite(values)
    shifted = finite - chance
    return ChanceTest(
        mean=mean_interval(values, seed=seed),
        chance=chance,
        effect=_over_sd(shifted),
        t_p=_t_p(shifted),
        wilcoxon_p=_signed_rank_p(shifted),
        n=finite.size,
        note=_small_note(shifted),
    )


def paired(a: pd.Series, b: pd.Series, *, seed: int = SEED) -> PairedComparison:
    """Return a − b within pairs; both series are indexed by the pair number, which must be unique within each.

    Animals whose pair is missing, or where one of the two is NaN, are left out and counted in `n_unpaired`. The
    interval of d_z is d_z ± 1.96·sqrt(1/n + d_z²/(2n)) (large-sample; Becker 1988 Br J Math Stat Psychol 41:257, one
    group).
    """
    for name, series in (("a", a), ("b", b)):
        if series.index.has_duplicates:
            twice = series.index[series.index.duplicated()][0]
            raise UserError(f"paired comparison: pair {twice} occurs twice in {name}; each pair needs one value")
    both = pd.concat({"a": a.astype(float), "b": b.astype(float)}, axis=1)
    complete = both.dropna()
    differences = (complete["a"] - complete["b"]).to_numpy()
    n, effect = differences.size, _over_sd(differences)
    half = float(_z() * np.sqrt(1 / n + effect**2 / (2 * n))) if n and np.isfinite(effect) else NAN
    return PairedComparison(
        difference=mean_interval(differences, seed=seed),
        d_z=Estimate(effect, effect - half, effect + half, n, "large-sample" if np.isfinite(half) else "undefined"),
        t_p=_t_p(differences),
        wilcoxon_p=_signed_rank_p(differences),
        n=n,
        n_unpaired=len(both) - n,
        note=_small_note(differences),
    )


def unpaired(a: ArrayLike, b: ArrayLike, *, seed: int = SEED) -> GroupComparison:
    """Return a − b for independent groups, shapes `(n_a,)` and `(n_b,)`: Welch t, Mann–Whitney, permutation."""
    x, y = _finite(a), _finite(b)
    missing = np.size(a) + np.size(b) - x.size - y.size
    enough = x.size >= 2 and y.size >= 2
    spread = enough and not (_all_equal(x) and _all_equal(y))
    return GroupComparison(
        difference=bootstrap((x, y), difference_of_means, seed=seed, n_missing=missing),
        hedges_g=hedges_g(x, y),
        cliffs_delta=cliffs_delta(x, y, seed=seed),
        welch_p=_welch_p(x, y) if spread else NAN,
        mann_whitney_p=float(scipy.stats.mannwhitneyu(x, y).pvalue) if enough else NAN,
        permutation_p=_permutation_p(x, y, seed) if enough else NAN,
        n_a=x.size,
        n_b=y.size,
        note="" if spread else ("no spread in either group" if enough else "needs two animals in each group"),
    )


def hedges_g(a: ArrayLike, b: ArrayLike) -> Estimate:
    """Return Hedges' g = (1 − 3/(4·df − 1))·(mean a − mean b)/pooled sd, df = n_a + n_b − 2.

    Interval g ± 1.96·sqrt((n_a + n_b)/(n_a·n_b) + g²/(2(n_a + n_b))) (Hedges & Olkin 1985). NaN without spread.
    """
    x, y = _finite(a), _finite(b)
    n_a, n_b = x.size, y.size
    if n_a < 2 or n_b < 2 or (_all_equal(x) and _all_equal(y)):
        return Estimate(NAN, NAN, NAN, n_a + n_b, "undefined")
    freedom = n_a + n_b - 2
    pooled = np.sqrt(((n_a - 1) * x.var(ddof=1) + (n_b - 1) * y.var(ddof=1)) / freedom)
    g = float((1 - 3 / (4 * freedom - 1)) * (x.mean() - y.mean()) / pooled)
    half = _z() * np.sqrt((n_a + n_b) / (n_a * n_b) + g**2 / (2 * (n_a + n_b)))
    return Estimate(g, float(g - half), float(g + half), n_a + n_b, "large-sample")


def cliffs_delta(a: ArrayLike, b: ArrayLike, *, seed: int = SEED) -> Estimate:
    """Return Cliff's delta, P(a > b) − P(a < b) over all cross pairs, −1 to 1, with a bootstrap interval.

    It equals the rank-biserial correlation of the Mann–Whitney test.
    """
    return bootstrap((_finite(a), _finite(b)), _dominance, seed=seed, resamples=1999)


def holm(p_values: Sequence[float] | _Array) -> _Array:
    """Return Holm-corrected p values, same order and shape; NaN stays NaN and does not count as a test."""
    p = np.asarray(p_values, dtype=np.float64)
    corrected = np.full(p.shape, NAN)
    known = np.isfinite(p)
    if known.any():
        corrected[known] = multipletests(p[known], method="holm")[1]
    return corrected


POWER = 0.8
"""The chance with which an effect is seen that counts as one that could have been seen."""


def could_be_seen(low: float, high: float, *, same: bool = False) -> float:
    """Return the smallest effect that animals which scatter so, and as many, show in four of five repetitions.

    `low` to `high` is a 95 % interval; it is taken as that of a normal mean. An effect is seen if the interval leaves
    out 0, or with `same`, where there is none, if the interval lies within so much on both sides. NaN without interval.
    """
    error = (high - low) / (2 * _Z_INTERVAL)
    return error * (_Z_INTERVAL + (_Z_POWER_BOTH if same else _Z_POWER))


_Z_INTERVAL = float(scipy.stats.norm.ppf(0.5 + LEVEL / 2))
_Z_POWER = float(scipy.stats.norm.ppf(POWER))
_Z_POWER_BOTH = float(scipy.stats.norm.ppf(0.5 + POWER / 2))


def bootstrap(
    data: tuple[_Array, ...],
    statistic: Callable[..., Any],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    n_missing: int = 0,
    together: bool = False,
) -> Estimate:
    """Return `statistic` of `data`, one array a group, with its interval over animals.

    `together` resamples the arrays of `data` as columns of the same animals; `statistic` takes them and `axis`.
    """
    n = data[0].size if together else sum(sample.size for sample in data)
    if min(sample.size for sample in data) == 0:
        return Estimate(NAN, NAN, NAN, n, "no animals", n_missing)
    value = float(statistic(*data, axis=-1))
    if min(sample.size for sample in data) == 1:
        return Estimate(value, NAN, NAN, n, "one animal: no interval", n_missing)
    if all(_all_equal(sample) for sample in data):
        return Estimate(value, value, value, n, "all animals equal: no width", n_missing)
    low, high, method = _interval(tuple(map(_bytes, data)), statistic, seed, resamples, together)
    return Estimate(value, low, high, n, method, n_missing)


@functools.lru_cache(10_000)
def _interval(
    data: tuple[bytes, ...], statistic: Callable[..., Any], seed: int, resamples: int, together: bool
) -> tuple[float, float, str]:
    """Return the bounds of an interval and how they were made; kept, because page, summary and tables ask again."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)
        result = scipy.stats.bootstrap(
            tuple(np.frombuffer(one) for one in data),
            statistic,
            paired=together,
            vectorized=True,
            n_resamples=resamples,
            confidence_level=LEVEL,
            method="BCa",
            axis=-1,
            rng=np.random.default_rng(seed),
        )
    low, high = (float(bound) for bound in result.confidence_interval)
    if np.isfinite(low) and np.isfinite(high):
        return low, high, "BCa bootstrap"
    low, high = np.quantile(result.bootstrap_distribution, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return float(low), float(high), "percentile bootstrap"


def _bytes(values: _Array) -> bytes:
    return np.asarray(values, dtype=np.float64).tobytes()


def _finite(values: ArrayLike) -> _Array:
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]


def _all_equal(values: _Array) -> bool:
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())))


def _z() -> float:
    return float(scipy.stats.norm.ppf(0.5 + LEVEL / 2))


def _over_sd(differences: _Array) -> float:
    if differences.size < 2:
        return NAN
    if _all_equal(differences):
        return 0.0 if abs(differences[0]) < 1e-12 else NAN
    return float(differences.mean() / differences.std(ddof=1))


def _small_note(differences: _Array) -> str:
    if differences.size < 2:
        return "needs two animals"
    return "no spread: t test and standardised effect undefined" if _all_equal(differences) else ""


def _t_p(differences: _Array) -> float:
    """Two-sided p of the one-sample t test against zero; the formula itself, as SciPy warns when animals are alike."""
    if differences.size < 2:
        return NAN
    if _all_equal(differences):
        return 1.0 if abs(differences[0]) < 1e-12 else NAN
    t = differences.mean() / (differences.std(ddof=1) / np.sqrt(differences.size))
    return float(2 * scipy.stats.t.sf(abs(t), differences.size - 1))


def _welch_p(x: _Array, y: _Array) -> float:
    """Two-sided p of Welch's t test, with the Welch–Satterthwaite degrees of freedom."""
    of_x, of_y = x.var(ddof=1) / x.size, y.var(ddof=1) / y.size
    t = (x.mean() - y.mean()) / np.sqrt(of_x + of_y)
    freedom = (of_x + of_y) ** 2 / (of_x**2 / (x.size - 1) + of_y**2 / (y.size - 1))
    return float(2 * scipy.stats.t.sf(abs(t), freedom))


def _signed_rank_p(differences: _Array) -> float:
    """Two-sided Wilcoxon signed-rank p, zero differences left out; 1 when all are zero.

    Exact up to 50 animals, with ties too: the distribution of the rank sum over all 2^n choices of signs, built up one
    animal at a time. (SciPy is exact without ties only.) Ranks are doubled, so that those of ties are whole numbers.
    """
    if not differences.size:
        return NAN
    moved = np.round(differences, 12)
    moved = moved[moved != 0]
    if not moved.size:
        return 1.0
    if moved.size > 50:
        return float(scipy.stats.wilcoxon(moved).pvalue)  # with the normal approximation at this size
    doubled = np.rint(2 * scipy.stats.rankdata(np.abs(moved))).astype(int)
    ways = np.zeros(doubled.sum() + 1)
    ways[0] = 1.0
    for rank in doubled:
        with_it = ways.copy()
        with_it[rank:] += ways[:-rank]
        ways = with_it
    observed = doubled[moved > 0].sum()
    tail = min(ways[: observed + 1].sum(), ways[observed:].sum())
    return float(min(1.0, 2 * tail / ways.sum()))


def _permutation_p(x: _Array, y: _Array, seed: int) -> float:
    if _all_equal(np.concatenate([x, y])):
        return 1.0
    return _permuted_p(_bytes(x), _bytes(y), seed)


@functools.lru_cache(10_000)
def _permuted_p(x: bytes, y: bytes, seed: int) -> float:
    """p of a permutation test; kept as intervals are."""
    data, rng = (np.frombuffer(x), np.frombuffer(y)), np.random.default_rng(seed)
    result = scipy.stats.permutation_test(data, difference_of_means, n_resamples=RESAMPLES, vectorized=True, rng=rng)
    return float(result.pvalue)


def difference_of_means(x: _Array, y: _Array, axis: int = -1) -> _Array:
    """Return mean x − mean y along an axis."""
    return np.asarray(np.mean(x, axis=axis) - np.mean(y, axis=axis))


def _dominance(x: _Array, y: _Array, axis: int = -1) -> _Array:
    left, right = np.moveaxis(x, axis, -1)[..., :, None], np.moveaxis(y, axis, -1)[..., None, :]
    return np.asarray(np.sign(left - right).mean(axis=(-2, -1)))
