"""Statistics over animals against hand-computed numbers, known limits and SciPy; small samples never warn."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from socialrl.analysis import statistics
from socialrl.errors import UserError

pytestmark = pytest.mark.filterwarnings("error")


def series(values, start=0):
    return pd.Series(values, index=range(start, start + len(values)), dtype=float)


def test_mean_interval_holds_the_mean_and_repeats_exactly():
    values = [0.91, 0.85, 0.97, 0.88, 0.79, 0.93, 0.9, 0.86]
    first, again = statistics.mean_interval(values), statistics.mean_interval(values)
    assert first == again
    assert first.value == pytest.approx(np.mean(values))
    assert first.low < first.value < first.high
    assert (first.n, first.method) == (8, "BCa bootstrap")


def test_mean_interval_is_near_the_t_interval_in_a_large_sample():
    values = np.random.default_rng(3).normal(10, 2, 400)
    ours = statistics.mean_interval(values)
    t_interval = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert ours.low == pytest.approx(t_interval.low, abs=0.03)
    assert ours.high == pytest.approx(t_interval.high, abs=0.03)


def test_missing_values_are_left_out_and_counted():
    estimate = statistics.mean_interval([0.5, np.nan, 0.7, 0.6])
    assert (estimate.n, estimate.n_missing) == (3, 1)
    assert estimate.value == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("values", "method"),
    [
        ([], "no animals"),
        ([np.nan], "no animals"),
        ([0.7], "one animal: no interval"),
        ([0.75, 0.75, 0.75], "all animals equal: no width"),
    ],
)
def test_mean_interval_without_spread_says_why(values, method):
    estimate = statistics.mean_interval(values)
    assert estimate.method == method
    if method.startswith("all"):
        assert estimate.low == estimate.value == estimate.high == 0.75
    else:
        assert math.isnan(estimate.low)
        assert math.isnan(estimate.high)


def test_percentile_interval_where_bca_is_undefined_is_named():
    # Every cross pair favours the first group, so the statistic is 1 in every resample and BCa has no answer.
    delta = statistics.cliffs_delta([5, 6, 7], [1, 2, 3])
    assert (delta.value, delta.low, delta.high, delta.method) == (1, 1, 1, "percentile bootstrap")


def test_cliffs_delta_by_hand():
    # Pairs: 1<2, 1<3, 4>2, 4>3, 2=2, 2<3: (2 − 3) / 6.
    assert statistics.cliffs_delta([1, 4, 2], [2, 3]).value == pytest.approx(-1 / 6)


def test_hedges_g_by_hand():
    # Means 3 and 1, both variances 1, df 4: d = 2, correction 1 − 3/15 = 0.8.
    g = statistics.hedges_g([2, 3, 4], [0, 1, 2])
    half = 1.959963984540054 * math.sqrt(6 / 9 + 1.6**2 / 12)
    assert g.value == pytest.approx(1.6)
    assert (g.low, g.high) == pytest.approx((1.6 - half, 1.6 + half))


def test_unpaired_agrees_with_scipy():
    a, b = [0.9, 0.8, 0.95, 0.7, 0.88], [0.5, 0.62, 0.55, 0.71]
    result = statistics.unpaired(a, b)
    assert result.difference.value == pytest.approx(np.mean(a) - np.mean(b))
    assert result.welch_p == pytest.approx(scipy.stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert result.mann_whitney_p == pytest.approx(scipy.stats.mannwhitneyu(a, b).pvalue)
    # Of the C(9, 4) = 126 relabellings, only the observed one and that with 0.70 and 0.71 swapped are this extreme;
    # doubled.
    assert result.permutation_p == pytest.approx(2 * 2 / 126)
    assert (result.n_a, result.n_b) == (5, 4)


def test_groups_of_nearly_or_wholly_equal_animals_give_numbers_without_warnings():
    # One group without spread: the other's variance alone, 0.01/3 with 2 degrees of freedom, carries the test.
    result = statistics.unpaired([1, 1, 1], [0.4, 0.5, 0.6])
    assert result.welch_p == pytest.approx(2 * scipy.stats.t.sf(0.5 / math.sqrt(0.01 / 3), 2))
    alike = statistics.unpaired([1, 1 + 1e-9, 1 - 1e-9], [0.5, 0.5 + 1e-9, 0.5])
    assert 0 <= alike.welch_p < 1e-6
    assert 0 <= statistics.against([1, 1 + 1e-9, 1], 0.5).t_p < 1e-6


def test_unpaired_without_spread_or_animals_is_documented():
    flat = statistics.unpaired([1, 1, 1], [2, 2, 2])
    assert math.isnan(flat.welch_p)
    assert math.isnan(flat.hedges_g.value)
    assert flat.note == "no spread in either group"
    assert flat.cliffs_delta.value == -1
    same = statistics.unpaired([1, 1], [1, 1])
    assert same.permutation_p == 1
    lonely = statistics.unpaired([1.0], [2.0, 3.0])
    assert lonely.note == "needs two animals in each group"
    assert math.isnan(lonely.permutation_p)
    assert math.isnan(statistics.unpaired([], []).difference.value)


def test_paired_by_hand():
    # Differences 1, 2, 3: mean 2, sd 1, d_z 2, t = 2·√3; all positive of three: exact p = 2/8.
    result = statistics.paired(series([2, 4, 6]), series([1, 2, 3]))
    assert result.difference.value == 2
    assert result.d_z.value == 2
    half = 1.959963984540054 * math.sqrt(1 / 3 + 4 / 6)
    assert (result.d_z.low, result.d_z.high) == pytest.approx((2 - half, 2 + half))
    assert result.t_p == pytest.approx(2 * scipy.stats.t.sf(2 * math.sqrt(3), 2))
    assert result.wilcoxon_p == pytest.approx(0.25)


def test_pairs_are_matched_by_number_and_incomplete_ones_counted():
    a, b = pd.Series({3: 1.0, 1: 5.0, 2: np.nan, 9: 1.0}), pd.Series({1: 4.0, 2: 1.0, 3: 1.0, 7: 2.0})
    result = statistics.paired(a, b)
    assert (result.n, result.n_unpaired) == (2, 3)
    assert result.difference.value == pytest.approx(0.5)


def test_a_pair_that_occurs_twice_is_refused():
    with pytest.raises(UserError, match="pair 4 occurs twice in b"):
        statistics.paired(pd.Series({4: 1.0}), pd.Series([1.0, 2.0], index=[4, 4]))


@pytest.mark.parametrize(
    ("a", "b", "t_p", "wilcoxon_p"), [([1, 2, 3], [1, 2, 3], 1.0, 1.0), ([2, 3, 4], [1, 2, 3], math.nan, 0.25)]
)
def test_paired_without_spread(a, b, t_p, wilcoxon_p):
    result = statistics.paired(series(a), series(b))
    assert result.t_p == pytest.approx(t_p, nan_ok=True)
    assert result.wilcoxon_p == pytest.approx(wilcoxon_p)
    assert "no spread" in result.note


def test_one_or_no_pair():
    one = statistics.paired(series([1]), series([2]))
    assert (one.n, one.difference.value, one.note) == (1, -1, "needs two animals")
    assert math.isnan(one.t_p)
    assert math.isnan(one.d_z.value)
    assert statistics.paired(series([]), series([])).n == 0


@pytest.mark.parametrize("n", [4, 9, 20])
def test_signed_rank_is_exact_without_ties(n):
    values = np.random.default_rng(n).normal(0.4, 1, n)
    expected = scipy.stats.wilcoxon(values, method="exact").pvalue
    assert statistics.against(values, 0.0).wilcoxon_p == pytest.approx(expected)


def test_signed_rank_with_ties_and_zeros_by_hand():
    # Zero left out; |d| = 1, 1, 2 have ranks 1.5, 1.5, 3. W+ = 4.5 of 6; sums over the 8 signs:
    # 0, 1.5, 1.5, 3, 3, 4.5, 4.5, 6, so P(W+ >= 4.5) = 3/8 and p = 6/8.
    assert statistics.against([0.0, 1.0, -1.0, 2.0], 0.0).wilcoxon_p == pytest.approx(0.75)


def test_signed_rank_of_a_large_sample_uses_the_normal_approximation():
    values = np.random.default_rng(0).normal(0.2, 1, 80)
    assert statistics.against(values, 0.0).wilcoxon_p == pytest.approx(scipy.stats.wilcoxon(values).pvalue)


def test_against_chance_by_hand():
    result = statistics.against([0.6, 0.7, 0.8, np.nan], 0.5)
    assert result.n == 3
    assert result.effect == pytest.approx(2.0)  # mean 0.2 above chance, sd 0.1
    assert result.wilcoxon_p == pytest.approx(0.25)
    assert result.mean.n_missing == 1
    assert math.isnan(statistics.against([], 0.5).wilcoxon_p)


def test_holm_by_hand():
    # Sorted 0.01, 0.03, 0.04 with factors 3, 2, 1, then monotone: 0.03, 0.06, 0.06. NaN is no test.
    corrected = statistics.holm([0.04, np.nan, 0.01, 0.03])
    assert corrected[[0, 2, 3]] == pytest.approx([0.06, 0.03, 0.06])
    assert math.isnan(corrected[1])
    assert statistics.holm([]).size == 0
    assert np.isnan(statistics.holm([np.nan])).all()
