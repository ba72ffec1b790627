"""Posteriors by sbi against the exact ones of a linear-Gaussian simulator."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from socialrl.inference.checks import recovery
from socialrl.inference.curves import GRID
from socialrl.inference.posterior import Posterior
from socialrl.inference.traits import traits_of

pytest.importorskip("sbi", reason="the extra fit (sbi) is not installed")
th = pytest.importorskip("torch")

GAIN_TRAIT = traits_of()[0]
NOISE = 0.5


def simulated(n: int, noise: float = NOISE) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (n,) and features (n, 4 draws, 3): score + noise, and two columns of nothing, in odd units."""
    rng = np.random.default_rng(4)
    scores = rng.standard_normal(n)
    told = scores[:, None, None] + noise * rng.standard_normal((n, 4, 1))
    return scores, np.concatenate([1000.0 + 30.0 * told, rng.standard_normal((n, 4, 2))], axis=-1)


@pytest.fixture(scope="module")
def fitted() -> tuple[np.ndarray, np.ndarray, Posterior]:
    scores, x = simulated(300)
    return scores, x, Posterior.fit(scores, x, 1, "test")


def test_mean_and_sd_are_the_analytic_ones(fitted):
    _, _, posterior = fitted
    reading = np.array([-1.0, 0.0, 1.0])
    curves = posterior.of(np.stack([1000.0 + 30.0 * reading, 0.0 * reading, 0.0 * reading], axis=-1))
    precision = 1.0 + 1.0 / NOISE**2
    mean = curves.mean_of(GRID)
    sd = np.sqrt(curves.mean_of(GRID**2) - mean**2)
    assert mean == pytest.approx(reading / NOISE**2 / precision, abs=0.12)
    assert sd == pytest.approx(np.full(3, 1.0 / np.sqrt(precision)), rel=0.2)


def test_unseen_animals_are_covered_and_their_ranks_are_uniform(fitted):
    scores, x, posterior = fitted
    found = recovery(GAIN_TRAIT, scores, posterior.unseen(x))
    assert found["cover_90_low"] < 0.9 < found["cover_90_high"]
    assert found["sbc_p"] > 0.01
    assert 0.75 * 1.161 < found["bits"] < 1.2 * 1.161, "0.5 log2(1 + 1/noise²) bits, less what training loses"
    assert found["r"] == pytest.approx(1.0 / np.sqrt(1.0 + NOISE**2), abs=0.04)


def test_features_that_tell_nothing_give_back_the_prior():
    scores, x = simulated(200)
    posterior = Posterior.fit(scores, x[..., 1:], 1, "nothing")
    curves = posterior.of(np.array([[0.3, -0.4]]))
    assert [float(curves.quantile(level)[0]) for level in (0.05, 0.95)] == pytest.approx(
        stats.norm.ppf([0.05, 0.95]), abs=0.25
    )
    assert abs(recovery(GAIN_TRAIT, scores, posterior.unseen(x[..., 1:]))["bits"]) < 0.06


def test_the_seed_makes_everything_and_nothing_is_left_behind():
    scores, x = simulated(60)
    posterior = Posterior.fit(scores, x, 1, "test")
    th.manual_seed(5)
    expected = th.rand(3)
    th.manual_seed(5)
    threads = th.get_num_threads()
    again = Posterior.fit(scores, x, 1, "test")
    assert th.equal(th.rand(3), expected)
    assert th.get_num_threads() == threads
    assert np.array_equal(again.of(x[:5, 0]).density, posterior.of(x[:5, 0]).density)
    assert not np.array_equal(Posterior.fit(scores, x, 2, "test").of(x[:5, 0]).density, posterior.of(x[:5, 0]).density)


def test_no_network_judges_an_animal_that_it_has_seen(fitted):
    scores, x, posterior = fitted
    assert len(posterior.fold) == len(scores)
    assert np.bincount(posterior.fold).min() >= len(scores) // len(posterior.networks)
    own = posterior.fold == 2
    alone = posterior.networks[2].density(np.clip((x[own, 0] - posterior.mean) / posterior.sd, -5, 5))
    assert posterior.unseen(x).density[own, 0] == pytest.approx(alone, rel=1e-3, abs=1e-6)


def test_a_wild_feature_is_cut_off(fitted):
    posterior = fitted[2]
    far = posterior.of(np.array([[1e12, 0.0, 0.0]])).density
    assert np.array_equal(far, posterior.of(np.array([[1e6, 0.0, 0.0]])).density)
