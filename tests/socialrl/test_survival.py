"""Times until animals reach something, against hand-computed numbers and SciPy; small samples never warn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from socialrl.analysis.survival import event_times, logrank, reached_share
from socialrl.errors import UserError

pytestmark = pytest.mark.filterwarnings("error")


def test_restricted_mean_is_the_mean_of_clipped_times_when_all_were_followed():
    times, reached = [25, 50, 150, 150, 75, 75], [True, True, False, False, True, True]
    result = event_times(times, reached, 150)
    assert result.restricted_mean.value == pytest.approx(np.mean(times))
    assert event_times(times, reached, 60).restricted_mean.value == pytest.approx((25 + 50 + 60 * 4) / 6)
    assert (result.n, result.n_reached, result.median) == (6, 4, 75)
    assert result.restricted_mean.low < result.restricted_mean.value < result.restricted_mean.high


def test_restricted_mean_with_early_censoring_by_hand():
    # Events at 10 (of 4 at risk) and 30 (of 2 at risk), one lost at 20, one at 40: area 10 + 20·3/4 + 10·3/8.
    result = event_times([10, 20, 30, 40], [True, False, True, False], 40)
    assert result.restricted_mean.value == pytest.approx(10 + 15 + 3.75)


def test_nobody_reached_it():
    result = event_times([150, 150], [False, False], 150)
    assert math.isnan(result.median)
    assert (result.restricted_mean.value, result.restricted_mean.method) == (150, "all animals equal: no width")
    steps, share = reached_share([150, 150], [False, False])
    assert (steps.tolist(), share.tolist()) == ([150], [0])
    assert event_times([], [], 150).n == 0


def test_reached_share_by_hand():
    steps, share = reached_share([10, 20, 30, 40], [True, False, True, False])
    assert dict(zip(steps, share, strict=True))[30] == pytest.approx(1 - 3 / 8)


def test_logrank_agrees_with_scipy_and_is_defined_where_scipy_is_not():
    early, late = [10, 20, 30, 40, 50], [60, 70, 80, 90, 100]
    result = logrank(early, [True] * 5, late, [True] * 3 + [False] * 2)
    censored = scipy.stats.CensoredData(uncensored=[60, 70, 80], right=[90, 100])
    assert result.p == pytest.approx(scipy.stats.logrank(scipy.stats.CensoredData(early), censored).pvalue)
    nothing = logrank([150], [False], [150, 150], [False, False])
    assert math.isnan(nothing.p)
    assert nothing.note == "no event that could tell the groups apart"
    assert math.isnan(logrank([5, 5], [True, True], [5, 5], [True, True]).p)
    assert logrank([], [], [1], [True]).note == "needs an animal in each group"


def test_event_times_are_checked():
    with pytest.raises(UserError, match="event times must be finite"):
        event_times([1, np.nan], [True, False], 10)
    with pytest.raises(UserError, match="got 2 times and 1 flags"):
        logrank([1, 2], [True], [1], [True])
