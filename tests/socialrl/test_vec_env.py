"""The adapter to SB3, held against SB3's own DummyVecEnv over single environments."""

import gymnasium as gym
import numpy as np
import pytest
import torch as th
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from socialrl.errors import UserError
from socialrl.training.vec_env import BatchedBootstrap, SocialVecEnv
from socialrl_envs import SocialVectorEnv
from socialrl_envs.assays.partner_preference import PartnerPreferenceVectorEnv

ID = "socialrl/PartnerPreference-v0"
N_ROWS = 3
SHORT = {"duration_s": 300.0, "cohousing_h": [0.0, 24.0], "oxtr_gain": 0.7}  # 20 ticks


def native() -> SocialVecEnv:
    return SocialVecEnv.native(ID, N_ROWS, **SHORT)


def oracle() -> DummyVecEnv:
    return DummyVecEnv([lambda: gym.make(ID, **SHORT) for _ in range(N_ROWS)])


def test_every_step_equals_the_oracle_across_episode_ends():
    ours, theirs = native(), oracle()
    ours.seed(5)
    theirs.seed(5)
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    rng = np.random.default_rng(0)
    ends = 0
    for _ in range(65):
        actions = rng.integers(6, size=N_ROWS)
        observations, rewards, dones, infos = ours.step(actions)
        expected = theirs.step(actions)
        np.testing.assert_array_equal(observations, expected[0])
        np.testing.assert_array_equal(rewards, expected[1])
        assert rewards.dtype == expected[1].dtype
        np.testing.assert_array_equal(dones, expected[2])
        for row in np.flatnonzero(dones):
            ends += 1
            np.testing.assert_array_equal(infos[row]["terminal_observation"], expected[3][row]["terminal_observation"])
            assert infos[row]["TimeLimit.truncated"] is True
            assert expected[3][row]["TimeLimit.truncated"] is True
            record = expected[3][row]["record"]
            for name, value in record.items():
                np.testing.assert_array_equal(infos[row]["record"][name], value, err_msg=name)
    assert ends == 3 * N_ROWS


def test_episode_info_holds_return_length_and_the_sums_of_the_terms():
    env = native()
    env.seed(1)
    env.reset()
    total = np.zeros(N_ROWS)
    for _ in range(20):
        _, rewards, _dones, infos = env.step(np.full(N_ROWS, 1))
        total += rewards
    for row in range(N_ROWS):
        assert infos[row]["episode"]["l"] == 20
        assert infos[row]["episode"]["r"] == pytest.approx(total[row], abs=1e-4)
        sums = [value for name, value in infos[row]["record"].items() if name.startswith("reward_")]
        assert sum(sums) == pytest.approx(infos[row]["episode"]["r"], abs=1e-9)
    _, _, _, infos = env.step(np.full(N_ROWS, 1))
    assert infos == [{}] * N_ROWS


def test_plain_arrays_for_whole_batch_trainers():
    env = native()
    env.reset()
    for tick in range(20):
        env.step(np.zeros(N_ROWS, dtype=np.int64))
        assert env.last_truncated.tolist() == [tick == 19] * N_ROWS
        assert (env.last_terminal_observations is None) == (tick < 19)
    assert sum(env.reward_terms.values()).shape == (N_ROWS,)


def test_rows_with_seeds_of_their_own():
    env = native()
    env.seed_rows([7, 7, 8])
    observations = env.reset()
    np.testing.assert_array_equal(observations[0], observations[1])
    assert (observations[0] != observations[2]).any()


def test_another_autoreset_mode_is_refused():
    vector: SocialVectorEnv = PartnerPreferenceVectorEnv(2, autoreset_mode=AutoresetMode.NEXT_STEP)
    with pytest.raises(ValueError, match="SAME_STEP"):
        SocialVecEnv(vector)


def test_every_row_has_an_info_of_its_own():
    """A wrapper that notes something of each row must not write it into all of them."""
    env = native()
    env.reset()
    for _ in range(21):  # with and without ends
        infos = env.step(np.zeros(N_ROWS, dtype=np.int64))[3]
        for row, info in enumerate(infos):
            info["row"] = row
        assert [info["row"] for info in infos] == [0, 1, 2]


@pytest.mark.parametrize("order", [None, np.array([2, 0, 1])])
def test_every_row_has_options_of_its_own(order):
    options = [{"cohousing_h": 1.0, "side": "left"}, {}, {"cohousing_h": 3.0, "relationship": "mate"}]
    ours, theirs = SocialVecEnv.native(ID, N_ROWS, order, **SHORT), oracle()
    for env in (ours, theirs):
        env.seed(5)
        env.set_options(options)
    ours.seed_rows([5, 6, 7])
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    hours = ours.env.world.batch.worlds["cohousing_h"][[0, 1, 2] if order is None else order]
    assert hours[[0, 2]].tolist() == [1.0, 3.0]
    assert hours[1] in SHORT["cohousing_h"]
    np.testing.assert_array_equal(ours.reset(), theirs.reset(), err_msg="options hold for one reset")


def test_options_that_do_not_fit_are_refused_before_any_row_begins_anew():
    env = native()
    env.seed(1)
    before = env.reset().copy()
    for options, message in (
        ([{}, {}], "one dict, or a list of 3, got 2"),
        ([{}, {}, {"cohousing": 1}], "unknown reset option 'cohousing'"),
    ):
        env.set_options(options)
        with pytest.raises(ValueError, match=message):
            env.reset()
        np.testing.assert_array_equal(env.env.world.observations, before)
    group = SocialVecEnv.native("socialrl/GroupHabitat-v0", 8, duration_s=600.0)
    group.set_options([{"cohousing_h": 1}] * 7 + [{}])
    with pytest.raises(ValueError, match="animals that share a world begin with the same options"):
        group.reset()


@pytest.mark.parametrize("order", [None, np.array([2, 0, 1])])
def test_masks_and_pictures_are_those_of_each_row(order):
    env = SocialVecEnv.native(ID, N_ROWS, order, **SHORT, render_mode="rgb_array")
    env.seed_rows([5, 6, 7])
    env.reset()
    for _ in range(4):
        env.step(np.array([2, 3, 0]))
    own = np.arange(N_ROWS) if order is None else order
    np.testing.assert_array_equal(env.env_method("action_masks"), env.env.action_masks()[own])
    np.testing.assert_array_equal(env.env_method("action_masks", indices=[2])[0], env.env.action_masks()[own[2]])
    pictures, frames = env.get_images(), env.env.render()
    for row in range(N_ROWS):
        np.testing.assert_array_equal(pictures[row], frames[own[row]])
    assert native().get_images() == [None] * N_ROWS


def test_state_goes_on_bit_identically():
    env = native()
    env.seed(3)
    env.reset()
    rng = np.random.default_rng(1)
    actions = rng.integers(6, size=(60, N_ROWS))
    for k in range(25):
        env.step(actions[k])
    state = env.get_state()
    assert all(array.dtype.names is None for array in state.values()), "plain arrays only, so that any file takes them"
    first = [env.step(actions[k]) for k in range(25, 60)]
    other = native()
    other.set_state(state)
    for k, expected in zip(range(25, 60), first, strict=True):
        got = other.step(actions[k])
        for mine, theirs in zip(got[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert str(got[3]) == str(expected[3])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: {**state, "worlds": state["worlds"][:-8]}, r"'worlds' must be .* uint8, got \(\d+"),
        (
            lambda state: {name: array for name, array in state.items() if name != "bins"},
            "'bins' must be .*, got nothing",
        ),
        (lambda state: {**state, "records": state["records"][::-1].copy()}, "its records differ"),
    ],
)
def test_a_state_of_another_version_is_one_line(change, told):
    env = native()
    env.reset()
    state, before = env.get_state(), env.get_state()
    with pytest.raises(UserError, match=f"the state of the worlds was kept by another version of socialrl.*{told}"):
        env.set_state(change(state))
    for name, array in env.get_state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.slow
def test_batched_bootstrap_learns_what_sb3_learns_row_by_row():
    def learned(callback: BatchedBootstrap | None) -> dict[str, th.Tensor]:
        model = PPO(
            "MlpPolicy", native(), n_steps=32, batch_size=32, n_epochs=2, seed=4, policy_kwargs={"net_arch": [8]}
        )
        model.learn(32 * N_ROWS * 3, callback=callback)
        return model.policy.state_dict()

    rows, batched = learned(None), learned(BatchedBootstrap())
    for name, tensor in rows.items():
        th.testing.assert_close(batched[name], tensor, rtol=1e-5, atol=1e-6)
    model = PPO("MlpPolicy", native(), n_steps=32, batch_size=32, n_epochs=2, seed=4, policy_kwargs={"net_arch": [8]})
    assert any((model.policy.state_dict()[name] != rows[name]).any() for name in rows), "nothing was learned"
