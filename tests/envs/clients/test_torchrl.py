"""TorchRL drives the unmodified worlds: one environment by its id, and the native vector environment."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from socialrl_envs import ASSAYS

torch = pytest.importorskip("torch")
libs = pytest.importorskip("torchrl.envs.libs.gym", reason="TorchRL is not installed: pip install 'socialrl[clients]'")

ID = "socialrl/PartnerPreference-v0"


@pytest.mark.parametrize("env_id", [name for name, assay in ASSAYS.items() if len(assay.acting) == 1])
def test_gym_env_makes_an_assay_by_its_id(env_id: str) -> None:
    from torchrl.envs.utils import check_env_specs

    env = libs.GymEnv(f"socialrl_envs:{env_id}", duration_s=10 * ASSAYS[env_id].dt_s)
    check_env_specs(env)
    rollout = env.rollout(50)
    assert rollout.shape == (10,)
    assert rollout["next", "truncated"].flatten().tolist() == [False] * 9 + [True]
    env.close()


@pytest.mark.parametrize("mode", ["SAME_STEP", "DISABLED"])
def test_gym_wrapper_takes_the_native_vector_environment(mode: str) -> None:
    rows = gym.make_vec(ID, num_envs=3, autoreset_mode=mode, duration_s=150.0)
    env = libs.GymWrapper(rows)
    env.set_seed(4)
    given: list[np.ndarray] = []
    step = rows.step

    def watched(actions: Any) -> Any:
        """What the environment gave at every step, the last observations of episodes among it."""
        out = step(actions)
        given.append(out[4].get("final_obs", out[0]).copy())
        return out

    rows.step = watched
    rollout = env.rollout(25, break_when_any_done=False)
    assert rollout.shape == (3, 25)
    truncated = rollout["next", "truncated"][..., 0].numpy()
    assert np.flatnonzero(truncated[0]).tolist() == [9, 19]
    assert (truncated == truncated[0]).all()
    seen = rollout["next", "observation"].numpy()
    np.testing.assert_array_equal(seen, np.stack(given[-25:], axis=1))
    first = rollout["observation"].numpy()
    np.testing.assert_array_equal(first[:, 1:10], seen[:, :9])
    assert (first[:, 10] != seen[:, 9]).any(axis=1).all(), "the next episode starts fresh"
    env.close()


def test_infos_that_torchrl_reads_are_those_of_their_own_tick() -> None:
    rows = gym.make_vec(ID, num_envs=2, autoreset_mode="SAME_STEP", duration_s=300.0)
    rollout = libs.GymWrapper(rows).rollout(15)
    seconds = rollout["next", "chamber_s"].sum(-1) + rollout["next", "tube_s"].sum(-1)
    np.testing.assert_array_equal(seconds[0].numpy(), 15.0 * np.arange(1, 16))
    assert rollout["next", "reward_terms"].shape == (2, 15, 9)
    np.testing.assert_allclose(rollout["next", "reward_terms"].sum(-1), rollout["next", "reward"][..., 0], rtol=1e-5)
