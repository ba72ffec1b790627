"""How far animals differ in one test of each, against a published spread of animals that were tested once.

An animal's mean over several tests varies less than a single test of it, so the tests are never averaged here.
"""

from __future__ import annotations

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from socialrl.analysis import statistics
from socialrl.analysis.statistics import NAN, Estimate
from socialrl_envs.elementary import log

_Array = NDArray[np.float64]


def of_animals(tests: _Array) -> _Array:
    """Return the standard deviation over animals of `tests`, shape `(…, n_animals, n_rounds)`, pooled over the rounds.

    In each round every animal has one test, NaN where that has no value; the shape of the result is `…`.
    """
    known = np.isfinite(tests)
    n = known.sum(axis=-2)
    with np.errstate(all="ignore"):
        mean = np.where(known, tests, 0.0).sum(axis=-2) / n
        squares = np.where(known, (tests - mean[..., None, :]) ** 2, 0.0).sum(axis=(-2, -1))
        return np.asarray(np.sqrt(squares / np.maximum(n - 1, 0).sum(axis=-1)))


def log_ratio(tests: _Array, sd: float) -> Estimate:
    """Return the logarithm of the spread of `tests`, shape `(n_animals, n_rounds)`, over the published `sd`.

    The interval is a percentile bootstrap over animals, with all their tests.
    """
    n = len(tests)
    found = float(of_animals(tests))
    if not found > 0.0:
        return Estimate(NAN, NAN, NAN, n, "no spread")
    with np.errstate(all="ignore"):
        result = scipy.stats.bootstrap(
            (np.arange(n),),
            lambda animals, **_axis: log(of_animals(tests[animals]) / sd),
            vectorized=True,  # the last axis of `animals` is that of the animals
            n_resamples=statistics.RESAMPLES,
            method="percentile",
            rng=np.random.default_rng(statistics.SEED),
        )
    low, high = (float(bound) for bound in result.confidence_interval)
    return Estimate(float(log(found / sd)), low, high, n, "percentile bootstrap")
