"""Saving and continuing a world: pickles, copies, `get_state`/`set_state`, bit-identical across a test's end."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from playing import assert_identical, make_rows, make_single, mid_episode, play, random_actions

DURATION_S = 1200.0  # 80 ticks: the continuation below passes two ends


@pytest.mark.parametrize("keep", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["copy", "pickle"])
@pytest.mark.parametrize(("n_rows", "threads"), [(3, 1), (1024, 2)])
def test_a_kept_vector_environment_goes_on_bit_identically(keep, n_rows: int, threads: int) -> None:  # type: ignore[no-untyped-def]
    with mid_episode(make_rows(n_rows, duration_s=DURATION_S, threads=threads, cohousing_h=[0.0, 3.0])) as env:
        other = keep(env)
        actions = random_actions(env, 180, seed=8)
        ours = play(env, actions)
        assert_identical(ours, play(other, actions))
        assert ours.truncated.sum() == 2 * n_rows


def test_a_kept_single_environment_goes_on_bit_identically() -> None:
    env = make_single(duration_s=DURATION_S, render_mode="rgb_array", oxtr_gain=0.3)
    env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(30):
        env.step(rng.integers(0, 6))
    other = pickle.loads(pickle.dumps(env))
    np.testing.assert_array_equal(env.render(), other.render())
    for _ in range(2):
        over = False
        while not over:
            action = rng.integers(0, 6)
            ours, theirs = env.step(action), other.step(action)
            np.testing.assert_array_equal(ours[0], theirs[0])
            assert ours[1:4] == theirs[1:4]
            over = ours[3]
        assert str(ours[4]["record"]) == str(theirs[4]["record"])
        np.testing.assert_array_equal(env.reset()[0], other.reset()[0])


def test_a_state_put_into_another_world_goes_on_there() -> None:
    with mid_episode(make_rows(4)) as env:
        state = env.world.get_state()
        actions = random_actions(env, 700, seed=8)
        ours = play(env, actions[:683])
        other = make_rows(4)
        other.reset(seed=999)
        other.world.set_state(state)
        other.mark_seeded()
        assert_identical(ours, play(other, actions[:683]))
        # and so do the episodes after it
        np.testing.assert_array_equal(env.reset()[0], other.reset()[0])
        assert_identical(play(env, actions), play(other, actions))


def test_a_state_is_a_copy() -> None:
    with mid_episode(make_rows(2)) as env:
        state = env.world.get_state()
        kept = {name: array.tobytes() for name, array in state.items()}
        play(env, random_actions(env, 20))
        assert {name: array.tobytes() for name, array in state.items()} == kept


def test_a_state_of_another_shape_is_refused() -> None:
    with mid_episode(make_rows(2)) as env, pytest.raises(ValueError, match=r"state 'worlds' has shape \(2,\).*\(3,\)"):
        make_rows(3).world.set_state(env.world.get_state())
