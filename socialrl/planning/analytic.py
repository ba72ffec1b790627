"""The same question by the textbook: power of t tests on normal values, by statsmodels."""

from __future__ import annotations

import math

import numpy as np
import scipy.stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from socialrl.planning.pools import Cages, Pool

_MOST = 1_000_000
_SPREADS = 20_000


def power(effect: float, n: int, *, paired: bool, alpha: float = 0.05) -> float:
    """Return the two-sided power of a t test with standardised effect d and `n` animals (pairs, or a group).

    NaN where there is no effect size, or fewer than two animals.
    """
    if not math.isfinite(effect) or n < 2:
        return float("nan")
    if paired:
        found = float(TTestPower().power(abs(effect), n, alpha, alternative="two-sided"))
    else:
        found = float(TTestIndPower().power(abs(effect), n, alpha, ratio=1.0, alternative="two-sided"))
    return found if math.isfinite(found) else _of_a_large_effect(abs(effect), n, paired, alpha)


def _of_a_large_effect(effect: float, n: int, paired: bool, alpha: float) -> float:
    """The same where SciPy's non-central t has no number: P(z + δ > t s), a mean over the distribution of s."""
    freedom = n - 1 if paired else 2 * n - 2
    apart = effect * math.sqrt(n if paired else n / 2)
    spread = np.sqrt(scipy.stats.chi2.ppf((np.arange(_SPREADS) + 0.5) / _SPREADS, freedom) / freedom)
    return float(scipy.stats.norm.sf(scipy.stats.t.ppf(1 - alpha / 2, freedom) * spread - apart).mean())


def smallest_n(effect: float, target: float, *, paired: bool, alpha: float = 0.05) -> int | None:
    """Return the smallest n whose power reaches `target`; None above a million, or without an effect."""
    if not math.isfinite(effect) or effect == 0.0:
        return None
    reaches = 2
    while not power(effect, reaches, paired=paired, alpha=alpha) >= target:
        reaches *= 2
        if reaches > _MOST:
            return None
    misses = max(reaches // 2, 1)
    while reaches - misses > 1:
        middle = (reaches + misses) // 2
        if power(effect, middle, paired=paired, alpha=alpha) >= target:
            reaches = middle
        else:
            misses = middle
    return reaches


def of_cages(effect: float, cages: Cages) -> float:
    """Return the standardised effect of means of cages: their variance is design effect / size that of animals."""
    return effect * math.sqrt(cages.size / cages.design_effect)


def in_cages(pool: Pool, target: float, cages: Cages, alpha: float = 0.05) -> int | None:
    """Return the smallest number of animals, in whole cages, by a t test on means of cages."""
    found = smallest_n(of_cages(pool.standardised, cages), target, paired=pool.paired, alpha=alpha)
    return None if found is None else found * cages.size
