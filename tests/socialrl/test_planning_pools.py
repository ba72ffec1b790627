"""The animals that a plan draws from: single tests, pairs, rounds, cages, and how alike they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from scipy.special import ndtr

from socialrl.findings.contrasts import single_tests
from socialrl.findings.registry import load_registry
from socialrl.planning import analytic
from socialrl.planning.copula import latent
from socialrl.planning.material import Material, material, together
from socialrl.planning.pools import Cages, Pool, pairs_of, picked
from socialrl.planning.power import Effort, Experiments, power_curve
from socialrl.planning.question import Comparison, Question
from socialrl.planning.significance import Criterion
from socialrl.planning.verdicts import share_reproduced
from socialrl.protocols.contrasts import read_contrasts

NORMAL = scipy.stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None]
"""A normal population: drawing from it is nearly drawing from the normal distribution."""
FAST = Effort(experiments=1500, pools=4, each=20, most=150)


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
    drawn = Experiments([Pool((NORMAL + 1.2,))], 60, Criterion(1), Cages(), 2, "rule")
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
