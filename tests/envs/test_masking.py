"""Masks of actions: what they leave out has no effect, and what they offer may have one."""

from __future__ import annotations

import numpy as np
import pytest
from playing import EVERY_ASSAY, EVERY_SINGLE, against, make_rows, make_single, make_worlds, toward, until_together

from socialrl_envs import ASSAYS, SocialVectorEnv

PARTNER = 1


def outcome(env: SocialVectorEnv, row: int, action: int) -> bytes:
    """The outcome of one row's action, the others resting; the world is restored."""
    state = env.world.get_state()
    actions = np.zeros(env.num_envs, dtype=np.int64)
    actions[row] = action
    observations, _, _, _, info = env.step(actions)
    terms = np.array([info["reward_terms"][name][row] for name in info["reward_terms"]])
    counters = env.world.counters.reshape(env.num_envs, -1)[row]
    seen = observations.tobytes() + terms.tobytes() + counters.tobytes()
    env.world.set_state(state)
    return seen


@pytest.mark.parametrize("env_id", EVERY_ASSAY)
def test_actions_left_out_do_nothing_and_do_it_all_alike(env_id: str) -> None:
    """From many states, every action that is left out has the same outcome; resting, too, between two chambers."""
    env = make_worlds(2, env_id, cohousing_h=2.0, autoreset_mode="DISABLED")
    env.reset(seed=4)
    rng = np.random.default_rng(0)
    n_left_out = n_between = 0
    for _ in range(100):
        masks = env.action_masks()
        assert masks.shape == (env.num_envs, env.world.n_actions)
        assert masks[:, 0].all()
        acting = np.tile(env.assay.acting, 2)
        between = env.world.batch.animals["travel_s"][np.arange(env.num_envs) // len(env.assay.acting), acting] > 0.0
        for row in range(min(3, env.num_envs)):
            left_out = list(np.flatnonzero(~masks[row]))
            if between[row]:
                assert left_out == list(range(1, env.world.n_actions))
                left_out.append(0)
                n_between += 1
            n_left_out += len(left_out)
            assert len({outcome(env, row, action) for action in left_out}) <= 1
        favour = np.where(rng.random(env.num_envs) < 0.4, 1, rng.integers(0, env.world.n_actions, env.num_envs))
        for _ in range(int(rng.integers(1, 6))):  # long enough to arrive somewhere
            env.step(favour)
    assert n_left_out > 60
    assert n_between > 0


def test_an_absent_animal_is_left_out() -> None:
    env = make_rows(30, "socialrl/SocialOperant-v0")
    env.reset(seed=0, options={"session": "partner"})
    absent = [list(slots[0]).index(2) for slots in env.world.batch.slots]
    masks = env.action_masks()
    for row, slot in enumerate(absent):
        assert not masks[row, 2 + slot]
        assert not masks[row, 4 + slot]
        assert masks[row, 2 + (1 - slot)]  # pressing for the one that is there


def test_driving_off_needs_somebody_near_who_does_not_keep_away_already() -> None:
    env = make_single(cohousing_h=24.0)
    env.reset(seed=0)
    seek, reject = toward(env, PARTNER)[0], against(env, PARTNER)[0]
    assert env.action_masks()[seek]
    assert not env.action_masks()[reject], "not in its chamber"
    until_together(env, PARTNER)
    assert env.action_masks()[[seek, reject]].all()
    env.step(reject)
    assert not env.action_masks()[[seek, reject]].any(), "keeps away for a while"
    for _ in range(8):  # 120 s in ticks of 15 s
        env.step(0)
    assert env.action_masks()[[seek, reject]].all()


@pytest.mark.parametrize("env_id", EVERY_SINGLE)
def test_the_single_environment_has_the_masks_of_a_row(env_id: str) -> None:
    single, rows = make_single(env_id), make_rows(1, env_id)
    single.reset(seed=3)
    rows.reset(seed=3)
    for action in np.random.default_rng(1).integers(0, rows.world.n_actions, 50):
        np.testing.assert_array_equal(single.action_masks(), rows.action_masks()[0])
        single.step(action)
        rows.step(np.array([action]))
    assert len(ASSAYS[env_id].acting) == 1
