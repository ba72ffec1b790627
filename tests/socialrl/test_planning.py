"""Power by simulation against numbers that are known: SciPy's tests, statsmodels' n, textbook sample sizes, limits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from scipy.special import ndtr
from statsmodels.stats.power import TTestIndPower, TTestPower

from socialrl.analysis import statistics
from socialrl.findings.contrasts import single_tests
from socialrl.findings.registry import load_registry
from socialrl.planning import analytic
from socialrl.planning.copula import latent
from socialrl.planning.material import Material, material, together
from socialrl.planning.pools import Cages, Pool, pairs_of, picked
from socialrl.planning.power import Effort, Experiments, power_curve
from socialrl.planning.question import Comparison, Question
from socialrl.planning.significance import Criterion, mann_whitney_p, mean_intervals, signed_rank_p, t_p
from socialrl.planning.verdicts import share_reproduced
from socialrl.protocols.contrasts import read_contrasts

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


# --- pools


def test_a_single_test_is_drawn_and_not_an_animals_mean():
    rng = np.random.default_rng(3)
    animals = rng.normal(0, 1, (300, 1)) + rng.normal(0, 2, (300, 4))
    assert Pool((animals,)).values()[0].std() == pytest.approx(math.sqrt(5), abs=0.2)


def test_missing_tests_are_left_out_and_counted():
    values = np.array([[1.0, np.nan], [2.0, 3.0], [np.nan, np.nan], [4.0, 4.0]])
    pool = Pool((values,))
    assert pool.values()[0].tolist() == [1, 2, 3, 4, 4]
    assert pool.missing == 3 / 8


def test_effect_sizes_by_hand():
    # means 3 and 1, both variances 1; differences 1, 2, 3: mean 2, sd 1
    two = Pool((np.array([[2.0], [3], [4]]), np.array([[0.0], [1], [2]])))
    assert (two.difference, two.standardised) == (2.0, 2.0)
    assert Pool((np.array([[1.0], [2], [3]]),)).standardised == 2.0
    assert math.isnan(Pool((np.ones((3, 1)),)).standardised)
    assert two.moved_to(0.5).difference == pytest.approx(0.5)
    assert two.moved_to(0.5).standardised == pytest.approx(0.5)


def frame(values, index):
    return pd.DataFrame({0: values}, index=index)


def test_paired_and_unpaired_pools_come_from_the_same_animals():
    own = material(frame([1.0, 2, 3, 9], [0, 1, 2, 7]), frame([0.0, 1, 1], [2, 1, 0]), 0.0)
    assert own.pool(True).values()[0].tolist() == [0.0, 1.0, 3.0], "by index; animal 7 has no pair"
    assert [side.tolist() for side in own.pool(False).values()] == [[1, 2, 3, 9], [0, 1, 1]]
    assert (own.n, own.n_pairs) == (3, 3)
    against = material(frame([0.6, 0.8], [0, 1]), None, 0.5)
    assert against.pool(True).values()[0] == pytest.approx([0.1, 0.3])
    both = together([own, own])
    assert (both.n, both.n_pairs) == (6, 6)


def test_animals_with_several_numbers_of_tests_count_alike_together():
    def one(this, than):
        return material(pd.DataFrame(this), pd.DataFrame(than), 0.0)

    few, many = one([[1.0, 2.0]], [[0.0, 1.0]]), one([[4.0, 5.0, 9.0]], [[7.0, 0.0, 2.0]])
    both = together([few, many])
    for paired in (True, False):
        apart = [source.pool(paired).difference for source in (few, many)]
        assert both.pool(paired).difference == pytest.approx(np.mean(apart))
    assert both.this.mean(axis=1) == pytest.approx([1.5, 6.0])


def test_within_pairs_tests_of_different_rounds_are_compared_which_share_no_noise():
    rng = np.random.default_rng(6)
    animal, noise = rng.normal(0, 1, (400, 1)), rng.normal(0, 1, (400, 3))
    this, than = (pd.DataFrame(animal + noise + rng.normal(0, 0.1, (400, 3)) + shift) for shift in (1.0, 0.0))
    own = material(this, than, 0.0)
    assert np.corrcoef(this[0], than[0])[0, 1] > 0.98, "in one round the noise is the same"
    assert own.correlation == pytest.approx(0.5, abs=0.06), "an animal's own share of the variance"
    assert own.pool(True).difference == pytest.approx(1.0, abs=0.03)
    assert own.pool(True).values()[0].std() == pytest.approx(math.sqrt(2), abs=0.06)


@pytest.mark.parametrize("r", [0.0, 0.6])
def test_a_given_correlation_within_pairs_sets_the_spread_of_differences(r):
    ordered = np.sort(NORMAL.ravel())
    assert pairs_of(ordered, ordered, r).std() == pytest.approx(math.sqrt(2 * (1 - r)), abs=0.05)


SKEWED = np.sort(1.0 - np.random.default_rng(4).exponential(0.15, 40).clip(0, 1))


@pytest.mark.parametrize("wanted", [-0.3, 0.2, 0.5, 0.9])
def test_values_are_as_alike_as_is_said_and_not_only_their_ranks(wanted):
    rng = np.random.default_rng(9)
    z, other = rng.standard_normal((2, 100_000))
    for this, than in ((SKEWED, SKEWED), (SKEWED, SKEWED**2), (np.array([0.0, 0, 1, 1]), np.array([0.0, 0, 1, 1]))):
        alike = latent(this, than, wanted)
        both = alike * z + math.sqrt(1 - alike**2) * other
        found = np.corrcoef(picked(this, ndtr(z)), picked(than, ndtr(both)))[0, 1]
        assert found == pytest.approx(wanted, abs=0.012)
    # two normal numbers are above their medians together as often as 1/4 + arcsin ρ / 2 π (Sheppard)
    coin = np.array([0.0, 1.0])
    assert latent(coin, coin, wanted) == pytest.approx(math.sin(wanted * math.pi / 2), abs=0.005)


def test_what_two_distributions_cannot_be_is_as_near_as_they_come():
    assert latent(SKEWED, -SKEWED[::-1], 0.9) > 0.99
    assert latent(SKEWED, np.full(5, 0.3), 0.5) == 0.0, "without spread nothing is alike"


def test_animals_of_a_cage_are_as_alike_as_is_said_whatever_their_distribution():
    drawn = Experiments([Pool((SKEWED[:, None], SKEWED[:, None]))], 4000, Criterion(1), Cages(2, 0.4), 1, "skewed")
    for side in drawn.animals(2):
        assert np.corrcoef(side[:, 0], side[:, 1])[0, 1] == pytest.approx(0.4, abs=0.04)


def test_the_spread_of_a_sheet_replaces_the_models_and_leaves_the_means():
    rng = np.random.default_rng(8)
    a, b = rng.normal(5, 1, (20, 2)), rng.normal(3, 1, (20, 2))
    sheet = np.array([-4.0, -1, 0, 1, 4, 6])
    own = Material(a, b, a, b, sheet=sheet, within=0.5)
    pool = own.pool(False)
    assert pool.difference == pytest.approx(a.mean() - b.mean())
    for side in pool.values():
        assert side.std() == pytest.approx(sheet.std())
    paired = own.pool(True)
    assert paired.difference == pytest.approx(a.mean() - b.mean(), abs=0.2)
    assert paired.values()[0].std() == pytest.approx(sheet.std(), rel=0.1), "√(2 (1 − ½)) = 1"
    assert {len(side) for one in own.redrawn(False, 3, 1) for side in one.sides} == {6}


# --- the scorecard's rule


def test_the_scorecards_whole_rule_agrees_with_its_rank_test_on_plain_animals():
    drawn = Experiments([shifted(1.2, paired=True)], 60, Criterion(1), Cages(), 2, "rule")
    share = share_reproduced(drawn.samples(10), "higher", 0.05, math.nan)
    assert share.value == pytest.approx(drawn.shown(10).mean(), abs=0.08)
    assert share.low < share.value < share.high
    none = share_reproduced(drawn.samples(10), "lower", 0.05, math.nan)
    assert none.value == 0.0


# --- rounds of tests, which share random numbers in the model


def rounds(n_animals: int, n_rounds: int, seed: int = 5) -> pd.DataFrame:
    """Return tests whose noise is that of the animal and the round: equal in all tests of a round, in both groups."""
    rng = np.random.default_rng(seed)
    animal, noise = rng.normal(0, 1, n_animals), rng.normal(0, 2, (n_animals, n_rounds))
    return pd.DataFrame(
        [
            {"genotype": group, "oxtr_gain": gain, "index": index, "test": test, "repeat": repeat,
             "assay": "socialrl/PartnerPreference-v0", "animal": f"{group}-{index}", "sex": "female",
             "cohousing_h": hours, "return": animal[index] + noise[index, repeat] + at}
            for group, gain in (("wt", 1.0), ("ko", 0.0))
            for test, at, hours in (("one", 0.0, 1.0), ("two", 3.0, 2.0), ("three", 6.0, 3.0))
            for index in range(n_animals)
            for repeat in range(n_rounds)
        ]
    )  # fmt: skip


def compared(contrast: dict[str, Any], n_rounds: int) -> Material:
    (one,) = read_contrasts([{"measure": "return", "expected": "higher", **contrast}], "here")
    table = rounds(500, n_rounds)
    registry = Question("x", "x", (Comparison("x", one),), load_registry(), Path("x")).explained(table).registry
    tests = single_tests(one, {"PartnerPreference": table}, registry)
    return material(tests.this, tests.than, tests.value, tests.after)


@pytest.mark.parametrize(
    ("contrast", "n_rounds", "sd"),
    [
        # a test less another: two draws of the noise (sd 2); in one round they would cancel
        ({"this": {"group": "wt", "tests": "two", "minus": "one"}, "value": 0}, 4, math.sqrt(2 * 4)),
        # two tests averaged, and the animal itself; in one round the noise would not average out
        ({"this": {"group": "wt", "tests": ["one", "two"]}, "value": 0}, 4, math.sqrt(1 + 4 / 2)),
        # least squares over 1, 2, 3 h: (last − first) / 2
        ({"this": {"group": "wt", "tests": ["one", "two", "three"]}, "over": "cohousing_h"}, 4, math.sqrt(2 * 4) / 2),
        # four draws of the noise, which pairs of two groups would share
        (
            {
                "this": {"group": "wt", "tests": "two", "minus": "one"},
                "than": {"group": "ko", "tests": "three", "minus": "one"},
            },
            4,
            math.sqrt(4 * 4),
        ),
        # pairs of animals with the same traits: only the noise differs
        ({"this": {"group": "wt", "tests": "one"}, "than": {"group": "ko", "tests": "one"}}, 2, math.sqrt(2 * 4)),
        # too few rounds: the tests of a side are apart, the sides are not (2 draws, each counted twice)
        (
            {
                "this": {"group": "wt", "tests": "two", "minus": "one"},
                "than": {"group": "ko", "tests": "two", "minus": "one"},
            },
            2,
            math.sqrt(2 * 4 * 4),
        ),
    ],
)
def test_tests_that_are_compared_are_of_different_rounds_as_far_as_there_are_rounds(contrast, n_rounds, sd):
    own = compared(contrast, n_rounds)
    assert own.pool(True).values()[0].std() == pytest.approx(sd, rel=0.06)


def test_pairs_have_the_power_that_a_laboratory_would_find():
    # an animal in two conditions, 1.5 apart, noise of a test 2: differences scatter by √8, whatever rounds share
    own = compared({"this": {"group": "wt", "tests": "one"}, "than": {"group": "wt", "tests": "two"}}, 4)
    curve = power_curve(own.pool(True).moved_to(1.5), Criterion(1, test="t"), effort=FAST)
    assert curve.smallest[0].n == pytest.approx(analytic.smallest_n(1.5 / math.sqrt(8), 0.8, paired=True), abs=3)
