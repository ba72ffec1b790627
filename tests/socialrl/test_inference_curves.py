"""Densities on the grid, populations and checks, against closed forms of normal distributions; no library is needed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from socialrl.inference.checks import coverage, rank_table, recovery, uniformity, widths_left
from socialrl.inference.curves import GRID, HIGH, LOW, STEP, Curves, prior
from socialrl.inference.populations import (
    Pool,
    checked_populations,
    levels,
    log_likelihoods,
    moments,
    normals,
    weights,
)
from socialrl.inference.predictive import predicted, unlike
from socialrl.inference.traits import GAIN, Trait, animals, draw_scores, traits_of
from socialrl_envs.parameters import parameter

GAIN_TRAIT = traits_of()[0]


def normal_curves(mean: np.ndarray, sd: float) -> Curves:
    return Curves.of(np.exp(-0.5 * ((GRID - np.asarray(mean)[..., None]) / sd) ** 2))


def observed(n: int, noise: float, n_draws: int = 4, overconfident: float = 1.0) -> tuple[np.ndarray, Curves]:
    """Return scores of the prior and their exact posteriors from one reading with this noise, or narrower ones."""
    rng = np.random.default_rng(3)
    scores = rng.standard_normal(n)
    reading = scores[:, None] + noise * rng.standard_normal((n, n_draws))
    precision = 1.0 + 1.0 / noise**2
    return scores, normal_curves(reading / noise**2 / precision, overconfident / np.sqrt(precision))


def test_quantiles_ranks_and_information_are_those_of_a_normal():
    curves = normal_curves(np.array([0.3, -1.0]), 0.5)
    for level in (0.05, 0.5, 0.95):
        assert curves.quantile(level) == pytest.approx(np.array([0.3, -1.0]) + 0.5 * stats.norm.ppf(level), abs=2e-3)
    assert curves.rank(np.array([0.8, -1.0])) == pytest.approx([stats.norm.cdf(1.0), 0.5], abs=2e-3)
    told = np.log2(stats.norm.pdf(0.5, 0.3, 0.5) / stats.norm.pdf(0.5))
    assert curves.bits(np.array([0.5, 0.5]))[0] == pytest.approx(told, abs=1e-3)
    assert curves.mean_of(GRID) == pytest.approx([0.3, -1.0], abs=1e-3)


def test_a_rank_at_the_ends_and_a_curve_without_mass():
    curves = normal_curves(np.zeros(1), 1.0)
    assert curves.rank(np.array([-9.0]))[0] == 0.0
    assert curves.rank(np.array([9.0]))[0] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="above 0"):
        Curves.of(np.zeros((1, len(GRID))))


def test_the_prior_tells_nothing():
    curves = Curves(np.broadcast_to(prior(), (50, 2, len(GRID))))
    scores = np.random.default_rng(1).standard_normal(50)
    found = recovery(GAIN_TRAIT, scores, curves)
    assert found["bits"] == pytest.approx(0.0, abs=1e-12)
    assert found["width_left"] == pytest.approx(1.0, abs=1e-3)
    assert found["r"] == 0.0


def test_exact_posteriors_pass_every_check():
    scores, curves = observed(600, 0.5)
    found = recovery(GAIN_TRAIT, scores, curves)
    assert 0.86 < found["cover_90"] < 0.94
    assert found["cover_90_low"] < 0.9 < found["cover_90_high"]
    assert found["sbc_p"] > 0.01
    assert found["bits"] == pytest.approx(0.5 * np.log2(1 + 1 / 0.25), abs=3 * found["bits_se"])
    assert found["r"] > 0.85
    assert coverage(scores, curves)[0.5] == pytest.approx(0.5, abs=0.05)


def test_overconfident_and_shifted_posteriors_are_found_out():
    scores, curves = observed(600, 0.5, overconfident=0.5)
    found = recovery(GAIN_TRAIT, scores, curves)
    assert found["cover_90_high"] < 0.85
    assert found["sbc_p"] < 0.001
    shifted = Curves.of(np.roll(observed(600, 0.5)[1].density, round(0.25 / STEP), axis=-1))
    assert recovery(GAIN_TRAIT, scores, shifted)["sbc_p"] < 0.001
    assert uniformity((np.arange(600) + 0.5) / 600) > 0.99
    counts = rank_table({"a": np.array([0.01, 0.02, 0.99])})
    assert list(counts["animals"]) == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_widths_of_the_gain_are_in_gain_and_of_others_in_logarithms():
    narrow = normal_curves(np.zeros(1), 0.1)
    ends = stats.norm.cdf([-0.1 * 1.645, 0.1 * 1.645])
    assert widths_left(GAIN_TRAIT, narrow)[0] == pytest.approx((ends[1] - ends[0]) / 0.9, abs=2e-3)
    other = Trait("x", 2.0, 0.5, 0.0, 100.0, "s", "")
    assert widths_left(other, narrow)[0] == pytest.approx(0.1, abs=2e-3)
    assert other.prior == pytest.approx((2.0 * np.exp(-0.5 * 1.645), 2.0 * np.exp(0.5 * 1.645)), rel=1e-3)


def test_population_intervals_cover_with_exact_posteriors():
    scores, curves = observed(800, 0.7)
    pool = Pool(GAIN_TRAIT, scores, curves)
    table = pool.check(seed=1)
    assert len(table) == 200
    assert 0.85 <= table["mean_covered"].mean() <= 0.95
    assert 0.85 <= table["sd_covered"].mean() <= 0.97
    assert pool.power(1) >= 0.7


def test_overconfident_posteriors_are_widened_until_populations_are_covered():
    scores, curves = observed(800, 0.7, overconfident=0.4)
    pool = Pool(GAIN_TRAIT, scores, curves)
    naive = pool.check(seed=1)
    assert min(naive["mean_covered"].mean(), naive["sd_covered"].mean()) < 0.8
    assert pool.power(1) < 0.7
    mended = checked_populations(GAIN_TRAIT, scores, curves, seed=1)
    assert len(mended) == 200
    assert mended["mean_covered"].mean() > naive["mean_covered"].mean()


def test_a_population_of_known_animals():
    """Forty animals whose scores are known exactly: the population's mean and spread are the sample's."""
    scores = np.random.default_rng(5).normal(0.6, 0.4, 40)
    found = weights(log_likelihoods(normal_curves(scores, 0.05)))
    mean, sd = moments(GAIN_TRAIT)
    truth = moments(GAIN_TRAIT, normals(np.array(scores.mean()), np.array(scores.std())))
    middle, low, high = levels(found, mean)
    assert middle == pytest.approx(float(truth[0]), abs=0.03)
    assert low < middle < high
    assert high - low == pytest.approx(2 * 1.645 * float(truth[1]) / np.sqrt(40), rel=0.15)
    assert levels(found, sd)[0] == pytest.approx(float(truth[1]), rel=0.15)


def test_predictions_hold_right_tests_and_refuse_shifted_ones():
    rng = np.random.default_rng(1)
    scores = rng.standard_normal(300)
    raw = np.stack([scores[:, None] + 0.3 * rng.standard_normal((300, 3)), rng.standard_normal((300, 3))], axis=-1)
    gains = np.full(20, 1.0)
    curves = normal_curves(gains, 0.1)
    tests = np.stack([1.0 + 0.35 * rng.standard_normal(20), rng.standard_normal(20)], axis=-1)
    table = predicted("cohoused_24h", (0, 1), tests, curves, scores, raw, seed=1).set_index(["feature", "statistic"])
    row = table.loc[("huddle_partner", "mean")]
    assert row["low"] < row["real"] < row["high"]
    assert row["predicted"] == pytest.approx(1.0, abs=0.15)
    off = predicted("cohoused_24h", (0, 1), tests + np.array([2.0, 0.0]), curves, scores, raw, seed=1)
    assert off.iloc[0]["as_far"] == 0.0
    assert not unlike(tests, (0, 1), raw).any()
    assert unlike(np.array([[9.0, 0.0]]), (0, 1), raw).all()


def test_traits_are_the_gain_and_what_differs_between_individuals():
    traits = {trait.name: trait for trait in traits_of({"contact_floor": 1.5, "novelty_reward": 0.0})}
    assert next(iter(traits)) == GAIN
    assert traits["contact_floor"].median == 1.5
    assert "novelty_reward" not in traits, "a parameter that is switched off is no trait"
    assert "reward_noise" not in traits, "it has no spread"
    assert traits[GAIN].value([-np.inf, 0.0, np.inf]) == pytest.approx([0.0, 1.0, 2.0])
    some = traits_of()
    scores = draw_scores(some, 5, 1)
    assert np.array_equal(draw_scores(some[::2], 5, 1), scores[:, ::2]), "a draw hangs on the trait's name alone"
    assert np.array_equal(draw_scores(some, 3, 1), scores[:3])
    drawn = animals(some, scores, 7)
    assert drawn[2].index == 9
    assert drawn[2].oxtr_gain == drawn[2].parameters[GAIN]
    row = parameter("recognition_noise")
    k = [trait.name for trait in some].index("recognition_noise")
    assert drawn[2].parameters["recognition_noise"] == pytest.approx(row.value * np.exp(row.spread * scores[2, k]))


def test_the_levels_of_an_interval():
    assert (LOW, HIGH) == (0.05, 0.95)
