"""MaskablePPO of sb3-contrib asks the worlds which actions can have an effect, and chooses no others."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed: pip install 'socialrl[clients]'")
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv  # noqa: E402

ID = "socialrl/SocialOperant-v0"
SHORT: dict[str, Any] = {"duration_s": 300.0, "session": "partner"}


class Watched(gym.Wrapper[Any, Any, Any, Any]):
    """Notes for every action whether the mask of its moment allowed it."""

    allowed: list[bool]

    def step(self, action: Any) -> Any:
        self.allowed = [*getattr(self, "allowed", []), bool(self.get_wrapper_attr("action_masks")()[action])]
        return self.env.step(action)


def test_maskable_ppo_never_chooses_what_does_nothing() -> None:
    env = Watched(gym.make(ID, **SHORT))
    assert is_masking_supported(env)
    model = contrib.MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, seed=0, device="cpu")
    model.learn(128)
    assert len(env.allowed) == 128
    assert all(env.allowed)


def test_maskable_ppo_trains_on_gymnasiums_and_sb3s_batches() -> None:
    vec = DummyVecEnv([lambda: gym.make(ID, **SHORT) for _ in range(2)])
    assert is_masking_supported(vec)
    vec.reset()
    assert get_action_masks(vec).shape == (2, 6)
    contrib.MaskablePPO("MlpPolicy", vec, n_steps=32, batch_size=32, n_epochs=1, device="cpu").learn(64)


def test_the_adapter_of_the_native_environment_gives_each_row_its_mask() -> None:
    SocialVecEnv = pytest.importorskip("socialrl.training.vec_env").SocialVecEnv
    vec = SocialVecEnv.native(ID, 4, **SHORT)
    vec.seed(1)
    vec.reset()
    assert is_masking_supported(vec)
    np.testing.assert_array_equal(get_action_masks(vec), vec.env.action_masks())
    contrib.MaskablePPO("MlpPolicy", vec, n_steps=16, batch_size=32, n_epochs=1, device="cpu").learn(64)


@pytest.mark.parametrize("name", ["QRDQN", "TRPO", "RecurrentPPO"])
def test_other_learners_still_train(name: str) -> None:
    env = gym.make("socialrl/PartnerPreference-v0", duration_s=300.0)
    policy = "MlpLstmPolicy" if name == "RecurrentPPO" else "MlpPolicy"
    settings = {"learning_starts": 16} if name == "QRDQN" else {"n_steps": 32, "batch_size": 16}
    model = getattr(contrib, name)(policy, env, device="cpu", seed=0, **settings)
    model.learn(48)
    assert model.num_timesteps >= 48
