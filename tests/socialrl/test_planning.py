"""Power by simulation against numbers that are known: SciPy's tests, statsmodels' n, textbook sample sizes, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from socialrl.analysis import statistics
from socialrl.planning import analytic
from socialrl.planning.pools import Cages, Pool
from socialrl.planning.power import Effort, Experiments, power_curve
from socialrl.planning.significance import Criterion, mann_whitney_p, mean_intervals, signed_rank_p, t_p

NORMAL = scipy.stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None]
"""A normal population: drawing from it is nearly drawing from the normal distribution."""
FAST = Effort(experiments=1500, pools=4, each=20, most=150)


def shifted(d: float, *, paired: bool) -> Pool:
    return Pool((NORMAL + d,)) if paired else Pool((NORMAL + d, NORMAL))


# --- the tests are those of the scorecard


def test_the_signed_rank_test_is_the_scorecards_with_ties_and_zeros():
    rng = np.random.default_rng(0)
    for rows in (rng.integers(-3, 6, (40, 11)).astype(float), rng.normal(0.3, 1, (20, 52)), np.zeros((1, 8))):
        ours = signed_rank_p(rows)
        theirs = [statistics.against(row, 0.0).wilcoxon_p for row in rows[:6]]
        assert ours[:6] == pytest.approx(theirs, abs=1e-12)
    assert ours == 1.0


@pytest.mark.parametrize("n", [6, 7, 9, 14, 25, 50])
def test_the_normal_approximation_decides_nothing_that_the_exact_test_would_decide_otherwise(n):
    # every rank sum that n animals without ties can have, as one row each: the k largest ranks are positive
    signs = np.array([np.where(np.arange(n) >= n - k, 1.0, -1.0) for k in range(n + 1)])
    rows = signs * np.arange(1, n + 1)
    rng = np.random.default_rng(n)
    rows = np.concatenate([rows, np.round(rng.normal(0.4, 1, (60, n)), 1)])
    exact = signed_rank_p(rows)
    for alpha in (0.01, 0.05):
        assert ((signed_rank_p(rows, (alpha / 4, 4 * alpha)) < alpha) == (exact < alpha)).all()


def test_the_mann_whitney_test_is_scipys_of_each_row_alone():
    rng = np.random.default_rng(1)
    for n, m in ((5, 5), (8, 12), (11, 9)):
        x, y = rng.normal(0, 1, (6, n)), rng.normal(0.8, 1, (6, m))
        x[::2], y[::2] = x[::2].round(), y[::2].round()  # some rows with ties, which SciPy tests otherwise
        alone = [scipy.stats.mannwhitneyu(a, b).pvalue for a, b in zip(x, y, strict=True)]
        assert mann_whitney_p(x, y) == pytest.approx(alone, abs=1e-12)


def test_t_tests_and_intervals_are_scipys():
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 1, (5, 9)), rng.normal(1, 3, (5, 6))
    one, two = scipy.stats.ttest_1samp(x, 0, axis=1), scipy.stats.ttest_ind(x, y, axis=1, equal_var=False)
    assert t_p((x,)) == pytest.approx(one.pvalue)
    assert t_p((x, y)) == pytest.approx(two.pvalue)
    for samples, known in (((x,), one), ((x, y), two)):
        low, high = mean_intervals(samples, 0.05)
        assert low == pytest.approx(known.confidence_interval().low)
        assert high == pytest.approx(known.confidence_interval().high)
    alike = np.ones((2, 4))
    assert t_p((alike,)).tolist() == [0.0, 0.0]
    assert t_p((alike, alike)).tolist() == [1.0, 1.0]


# --- n against the textbook


@pytest.mark.parametrize(
    ("d", "power", "paired", "n"),
    # Cohen 1988 Statistical Power Analysis, two-sided 0.05: 64, 26 and 393 a group; 34 and 15 pairs
    [(0.5, 0.8, False, 64), (0.8, 0.8, False, 26), (0.2, 0.8, False, 394), (0.5, 0.8, True, 34), (0.8, 0.8, True, 15)],
)
def test_the_analytic_n_is_that_of_the_textbook_and_of_statsmodels(d, power, paired, n):
    solver = TTestPower() if paired else TTestIndPower()
    assert (
        analytic.smallest_n(d, power, paired=paired) == n == math.ceil(solver.solve_power(d, power=power, alpha=0.05))
    )


def test_without_an_effect_there_is_no_analytic_n():
    for effect in (0.0, float("nan"), float("inf")):
        assert analytic.smallest_n(effect, 0.8, paired=True) is None
    assert analytic.smallest_n(5.0, 0.8, paired=False) == 3
    assert analytic.smallest_n(0.001, 0.8, paired=True) is None, "more than a million"


@pytest.mark.parametrize("paired", [True, False])
def test_effects_so_large_that_statsmodels_has_no_number_have_the_power_that_they_must(paired):
    for n in (3, 4, 9):  # where it has one, both ways agree
        known = (TTestPower() if paired else TTestIndPower()).power(1.5, n, 0.05)
        assert analytic._of_a_large_effect(1.5, n, paired, 0.05) == pytest.approx(known, abs=1e-3)
    for d in (3.0, 6.0, 10.0):
        powers = [analytic.power(d, n, paired=paired) for n in (2, 3, 4, 6, 10, 20, 64)]
        assert np.isfinite(powers).all()
        assert (np.diff(powers) >= -1e-6).all()
        assert powers[-1] == pytest.approx(1.0)
        assert analytic.smallest_n(d, 0.8, paired=paired) <= 4


@pytest.mark.parametrize(("paired", "d"), [(True, 0.8), (False, 0.9)])
def test_simulated_t_tests_of_normal_animals_have_the_analytic_power(paired, d):
    curve = power_curve(shifted(d, paired=paired), Criterion(1, test="t"), effort=FAST)
    for point in curve.points:
        if point.n > 4:
            assert point.power == pytest.approx(point.analytic, abs=0.04)
            assert point.low < point.power < point.high or point.power == 1.0
    for one in curve.smallest:
        assert one.n == pytest.approx(one.analytic, abs=2)


def test_the_power_of_rank_tests_is_scipys_own_simulation():
    rng = np.random.default_rng(5)
    for paired, n, test in ((True, 12, scipy.stats.wilcoxon), (False, 15, scipy.stats.mannwhitneyu)):
        sides = (
            (lambda size: rng.normal(0.9, 1, size),)
            if paired
            else tuple(lambda size, mean=mean: rng.normal(mean, 1, size) for mean in (0.9, 0.0))
        )
        theirs = scipy.stats.power(test, sides, (n,) * len(sides), significance=0.05, n_resamples=1500, vectorized=True)
        pool = shifted(0.9, paired=paired)
        ours = Experiments([pool], 1500, Criterion(1), Cages(), 1, "test").shown(n).mean()
        assert ours == pytest.approx(float(theirs.power), abs=0.05)


def test_without_an_effect_experiments_are_significant_as_often_as_alpha_says():
    drawn = Experiments([shifted(0.0, paired=False)], 4000, Criterion(1, alpha=0.1, test="t"), Cages(), 3, "null")
    both = drawn.shown(20).mean()
    assert both == pytest.approx(0.05, abs=0.012), "half of them lie in the expected direction"


def test_being_the_same_is_shown_by_an_interval_inside_the_margin():
    # two one-sided tests at 2.5 %: power 2 Φ(margin √n − 1.96) − 1 for a difference of 0 and known spread
    n, margin = 60, 0.5
    known = 2 * scipy.stats.norm.cdf(margin * np.sqrt(n) - 1.96) - 1
    criterion = Criterion(0, margin=margin)
    shown = Experiments([shifted(0.0, paired=True)], 3000, criterion, Cages(), 1, "same").shown(n).mean()
    assert shown == pytest.approx(known, abs=0.02)
    assert Experiments([shifted(2.0, paired=True)], 50, criterion, Cages(), 1, "other").shown(n).mean() == 0.0
    curve = power_curve(shifted(0.0, paired=True), criterion, effort=FAST)
    assert curve.smallest[0].analytic is None
    assert 35 < curve.smallest[0].n < 60


# --- cages


def test_cages_have_the_correlation_and_the_power_of_the_design_effect():
    cages = Cages(4, 0.3)
    assert cages.design_effect == pytest.approx(1.9)
    drawn = Experiments([shifted(0.8, paired=False)], 2000, Criterion(1, test="t"), cages, 1, "cages")
    animals = drawn.animals(8)[0].reshape(-1, 4)
    assert np.corrcoef(animals[:, 0], animals[:, 3])[0, 1] == pytest.approx(0.3, abs=0.04)
    assert animals.std() == pytest.approx(1.0, abs=0.03), "the spread of animals stays"
    assert drawn.samples(8)[0].shape == (2000, 2)
    # means of cages: variance 1.9 / 4
    known = analytic.power(0.8 / math.sqrt(1.9 / 4), 15, paired=False)
    assert drawn.shown(60).mean() == pytest.approx(known, abs=0.03)
    n = analytic.in_cages(shifted(0.8, paired=False), 0.8, cages)
    assert n % 4 == 0
    assert n == pytest.approx(26 * 1.9, abs=6)


def test_more_alike_cages_need_more_animals_and_ignoring_them_finds_what_is_not_there():
    found = [
        power_curve(shifted(1.0, paired=False), Criterion(1, test="t"), cages=Cages(3, icc), effort=FAST).smallest[0].n
        for icc in (0.0, 0.6)
    ]
    assert found[0] < found[1]
    null = Experiments([shifted(0.0, paired=False)], 2000, Criterion(1, test="t"), Cages(4, 0.5), 1, "null")
    assert Criterion(1, test="t").significant(null.animals(24)).mean() > 0.15
    assert Criterion(1, test="t").significant(null.samples(24)).mean() == pytest.approx(0.05, abs=0.02)


# --- what is uncertain


def test_fewer_animals_behind_a_curve_make_it_less_certain():
    widths = []
    for n in (8, 80):
        pool = Pool((scipy.stats.norm.ppf((np.arange(n) + 0.5) / n)[:, None] + 0.8,))
        curve = power_curve(pool, Criterion(1, test="t"), effort=Effort(400, 40, 60, 60))
        point = next(one for one in curve.points if one.n == 12)
        widths.append(point.band_high - point.band_low)
        assert point.band_low <= point.power <= point.band_high
        assert curve.smallest[0].low <= curve.smallest[0].n
    assert widths[1] < 0.7 * widths[0]


def test_the_same_seed_gives_the_same_numbers_and_an_experiment_grows_by_more_animals():
    drawn = Experiments([shifted(0.5, paired=False)], 10, Criterion(1), Cages(), 4, "grow")
    few, many = drawn.samples(5), drawn.samples(9)
    for a, b in zip(few, many, strict=True):
        assert (a == b[:, :5]).all()
    once, again = (power_curve(shifted(0.9, paired=True), Criterion(1), effort=FAST, seed=4) for _ in range(2))
    assert once == again
    assert once != power_curve(shifted(0.9, paired=True), Criterion(1), effort=FAST, seed=5)


def test_the_wrong_direction_has_no_n():
    curve = power_curve(shifted(1.0, paired=True), Criterion(-1), effort=Effort(200, 4, 20, 30))
    assert [(one.n, one.high, one.analytic) for one in curve.smallest] == [(None, None, None)] * 2
    assert curve.most == 30, "the largest n that was asked for is tried"
