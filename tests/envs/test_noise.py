"""Random numbers: a function of seed, episode, tick, stream and animal, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from playing import make_rows, play, random_actions

from socialrl_envs import noise


def bits(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


def test_uniform_numbers_are_uniform() -> None:
    out = np.empty(20_000)
    noise.fill_uniform(np.arange(20_000, dtype=np.uint64), 3, out)
    assert out.min() >= 0.0
    assert out.max() < 1.0
    counts, _ = np.histogram(out, bins=20, range=(0.0, 1.0))
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 45.0  # chi-square, 19 degrees of freedom, p = 0.001 at 43.8


def test_the_bell_has_mean_0_variance_1_and_ends() -> None:
    drawn = np.array([noise.bell(b) for b in bits(20_000)])
    assert drawn.mean() == pytest.approx(0.0, abs=4 / np.sqrt(20_000))
    assert drawn.var() == pytest.approx(1.0, abs=4 * np.sqrt(1.7 / 20_000))
    ends = noise.bell(np.uint64(0)), noise.bell(np.uint64(2**64 - 1))
    assert ends[0] == -ends[1]
    assert ends[1] == pytest.approx(3.464, abs=1e-3)


def test_neighbouring_draws_share_nothing() -> None:
    """One step in any coordinate (key, episode, tick, stream, animal, other) gives bits that agree by chance only."""

    def drawn(
        key: int = 12345, episode: int = 0, tick: int = 0, stream: int = noise.MOVEMENT, i: int = 0, j: int = 1
    ) -> int:
        moment = np.uint64(noise.moment(np.uint64(key), episode, tick))
        return int(noise.draw(moment, stream, i, j))

    start = drawn()
    others = [
        drawn(key=12346),
        drawn(episode=1),
        drawn(tick=1),
        drawn(stream=noise.RECOGNITION),
        drawn(i=1),
        drawn(j=2),
    ]
    assert len({start, *others}) == 7
    for other in others:
        assert 12 <= (start ^ other).bit_count() <= 52  # 32 expected, sd 4


def test_felt_noise_has_its_parameters_spread_and_no_memory() -> None:
    for dt_s in (15.0, 30.0):
        env = make_rows(500, reward_noise=0.4, dt_s=dt_s)
        env.reset(seed=0)
        felt = play(env, random_actions(env, 100)).terms["noise"]
        assert felt.std() == pytest.approx(0.4 * np.sqrt(dt_s / 60.0), rel=0.02)
        assert felt.mean() == pytest.approx(0.0, abs=4 * felt.std() / np.sqrt(felt.size))
        assert abs(np.corrcoef(felt[:-1].ravel(), felt[1:].ravel())[0, 1]) < 4 / np.sqrt(felt.size)
        assert abs(np.corrcoef(felt[:, :-1].ravel(), felt[:, 1:].ravel())[0, 1]) < 4 / np.sqrt(felt.size)


def test_noise_and_movement_depend_neither_on_gain_nor_on_anything_done_before() -> None:
    """Two runs that differ in gain and in earlier actions feel the same noise and, from then on, move alike."""
    runs = []
    for gain, seed in ((0.0, 1), (1.0, 2)):
        env = make_rows(100, oxtr_gain=gain)
        env.reset(seed=6, options={"side": "left"})
        actions = random_actions(env, 200, seed=seed)
        runs.append(play(env, actions).terms["noise"])
    np.testing.assert_array_equal(runs[0], runs[1])
    paths = []
    for gain in (0.0, 2.0):
        env = make_rows(100, oxtr_gain=gain)
        env.reset(seed=6)
        paths.append(play(env, random_actions(env, 200)).observations[:, :, :3])
    np.testing.assert_array_equal(paths[0], paths[1])


def test_a_longer_past_does_not_shift_the_noise() -> None:
    """The noise of episode 2 is the same whether episode 1 was played to its end or broken off."""
    whole, cut = make_rows(3), make_rows(3)
    for env, n_ticks in ((whole, 100), (cut, 3)):
        env.reset(seed=1)
        play(env, random_actions(env, n_ticks))
        env.reset()
    actions = random_actions(whole, 50, seed=2)
    np.testing.assert_array_equal(play(whole, actions).observations, play(cut, actions).observations)
