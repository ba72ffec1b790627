"""Calibration: the measures of a test, and how far simulated animals are from voles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance
from synthetic_voles import N_FREE, surrogate

from socialrl.calibration import population as pop
from socialrl.calibration import summaries
from socialrl.calibration.emulator import describe, raw_from
from socialrl.calibration.summaries import RAW
from socialrl.calibration.target import Target


def test_raw_numbers_scale_chambers_to_three_hours_and_never_to_the_whole_test():
    tests = pd.DataFrame([[100, 50, 1000, 500, 500, np.nan, 20]], columns=list(RAW))
    np.testing.assert_allclose(summaries.raw_of(tests)[0], [100, 50, 5400, 2700, 2700, 10_800, 20])
    # in a simulated test, seconds in tubes count for the chamber that was left, as every second does in the sheets
    chambers = {"chamber_s_partner": 5000.0, "chamber_s_centre": 2500.0, "chamber_s_stranger": 2600.0}
    tubes = {"tube_s_partner": 400.0, "tube_s_centre": 200.0, "tube_s_stranger": 100.0}
    apart = tests.iloc[:1].assign(**chambers, **tubes)
    np.testing.assert_allclose(summaries.raw_of(apart)[0, 2:5], [5400, 2700, 2700])


def test_failures_are_below_two_thirds_or_without_any_huddle():
    raw = np.zeros((4, 7))
    raw[:, 0], raw[:, 1] = [200, 199, 0, 0], [100, 100, 0, 5]
    assert list(summaries.failed(raw)) == [False, True, True, True]


def test_kinds_of_tests_are_counted_by_preference():
    raw = np.zeros((5, 7))
    raw[:, 0], raw[:, 1] = [960, 600, 400, 300, 0], [40, 400, 600, 700, 0]
    assert summaries.shares(raw) == {
        "failures": pytest.approx(0.8),  # .6, .4, .3 and the one that never huddled
        "stranger_preferred": pytest.approx(0.2),
        "partner_alone": pytest.approx(0.2),
        "never_huddled": pytest.approx(0.2),
    }
    table = summaries.summary_table({"real": raw}).set_index("measure")
    assert table.loc["partner_alone", "mean"] == pytest.approx(0.2)
    assert table.loc["preference", "n"] == 4


def test_distance_terms_are_wasserstein_distances_on_the_compared_scale():
    rng = np.random.default_rng(1)
    real, simulated = (raw_from(describe(surrogate(rng.normal(0, 0.3, (200, N_FREE)), k, "", 1)[:, 0])) for k in (0, 1))
    simulated[:, 0] += 300.0
    target = Target.of(real, 1)
    terms = dict(zip(summaries.TERMS, target.terms(simulated), strict=True))
    expected = wasserstein_distance(simulated[:, 0], real[:, 0])
    assert terms["huddle_s_partner"] == pytest.approx(expected, rel=0.02)
    logs = [np.log(one[:, 1] + 30) for one in (simulated, real)]
    assert terms["huddle_s_stranger"] == pytest.approx(wasserstein_distance(*logs), rel=0.05, abs=0.003)
    assert target.terms(real) == pytest.approx(np.zeros(summaries.N_TERMS), abs=1e-12)


def test_another_sample_of_the_same_voles_is_about_one_noise_away():
    factors = pop.Population(np.zeros(N_FREE), np.full(N_FREE, 0.3)).draw(4000, 3, "many")
    many = surrogate(factors, 0, "", 1)[:, 0]
    rng = np.random.default_rng(2)
    target = Target.of(many[rng.choice(4000, 40, replace=False)], 1)
    apart = [target.distance(many[rng.choice(4000, 40, replace=False)]) for _ in range(40)]
    assert 0.6 < np.mean(apart) < 2.0  # two samples differ by √2 of what a sample and its population do
    assert target.distance(many) < 1.6


def test_smooth_terms_agree_with_the_exact_ones_except_at_the_guide_line():
    raw = surrogate(np.random.default_rng(4).normal(0, 0.3, (64, N_FREE)), 0, "", 1)[:, 0]
    target = Target.of(raw[:30], 1)
    smooth, _ = target.smooth_terms(raw)
    np.testing.assert_allclose(smooth[:-1], target.terms(raw)[:-1], rtol=1e-6)
    assert smooth[-1] == pytest.approx(target.terms(raw)[-1], abs=0.06)
    silent, back = target.smooth_terms(np.zeros((5, 7)))
    assert np.isfinite(silent).all()
    assert np.isfinite(back(np.ones(summaries.N_TERMS))).all()


def test_equal_voles_have_a_noise_floor():
    assert (Target.of(np.tile([3000.0, 300, 6000, 2800, 2000, 60, 90], (10, 1)), 1).noise > 0).all()
