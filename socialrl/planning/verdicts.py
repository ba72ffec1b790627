"""The scorecard's whole rule on simulated experiments: interval, rank test and smallest difference together.

Curves of power take the rank test and the direction of the mean alone, which is nearly the same and much faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from socialrl.analysis import statistics
from socialrl.analysis.statistics import Estimate
from socialrl.findings.scorecard import REPRODUCED, judge
from socialrl.planning.significance import mann_whitney_p, signed_rank_p

_RESAMPLES = 1999

_Array = NDArray[np.float64]


def share_reproduced(samples: tuple[_Array, ...], expected: str, smallest: float, same_within: float) -> Estimate:
    """Return the share of experiments that the scorecard would call reproduced, with its binomial interval.

    `samples` are one array of differences or two groups, a row per experiment, in the unit of the margins.
    """
    p = signed_rank_p(samples[0]) if len(samples) == 1 else mann_whitney_p(*samples)
    n = sum(sample.shape[1] for sample in samples)
    reproduced = 0
    for number in range(len(p)):
        rows = tuple(sample[number] for sample in samples)
        statistic = np.mean if len(rows) == 1 else statistics.difference_of_means
        found = statistics.bootstrap(rows, statistic, seed=statistics.SEED, resamples=_RESAMPLES)
        verdict, _ = judge(expected, found, float(p[number]), n, smallest, same_within)
        reproduced += verdict == REPRODUCED
    low, high = proportion_confint(reproduced, len(p), method="wilson")
    return Estimate(reproduced / len(p), float(low), float(high), len(p), "Wilson")
