"""Frozen policies are the networks that SB3 trained, and files that cannot hurt."""

import numpy as np
import pytest
import torch as th
from stable_baselines3 import PPO

from socialrl.animals.policies import FrozenPolicies, load_policy, policy_bytes
from socialrl.errors import UserError
from socialrl.training.vec_env import SocialVecEnv

ID = "socialrl/PartnerPreference-v0"


def model(seed: int) -> PPO:
    return PPO(
        "MlpPolicy", SocialVecEnv.native(ID, 2), seed=seed, policy_kwargs={"net_arch": [16, 8]}, n_steps=4, batch_size=8
    )


def weights(trained: PPO) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in trained.policy.state_dict().items()}


def test_probabilities_are_those_of_sb3():
    models = [model(1), model(2)]
    observations = np.random.default_rng(0).random((6, 28), dtype=np.float32)
    ours = FrozenPolicies([weights(one) for one in models]).probabilities(observations)
    for k, one in enumerate(models):
        rows = th.as_tensor(observations[3 * k : 3 * k + 3])
        expected = one.policy.get_distribution(rows).distribution.probs.detach().numpy()
        np.testing.assert_allclose(ours[3 * k : 3 * k + 3], expected, rtol=1e-5)
    assert ours.sum(axis=1) == pytest.approx(np.ones(6))


def test_a_saved_policy_comes_back_and_fits_sb3(tmp_path):
    trained = model(3)
    path = tmp_path / "ko-00.safetensors"
    path.write_bytes(policy_bytes(weights(trained), {"animal": "ko-00"}))
    back = load_policy(path)
    for name, array in weights(trained).items():
        np.testing.assert_array_equal(back[name], array)
    other = model(4)
    other.policy.load_state_dict({name: th.as_tensor(array) for name, array in back.items()})
    assert (other.policy.action_net.weight == trained.policy.action_net.weight).all()


def test_missing_damaged_and_foreign_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"ko-01\.safetensors: no trained network"):
        load_policy(tmp_path / "ko-01.safetensors")
    path = tmp_path / "ko-02.safetensors"
    path.write_bytes(policy_bytes(weights(model(1)), {}))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"ko-02\.safetensors is damaged"):
        load_policy(path)
    with pytest.raises(UserError, match=r"no action_net\.weight"):
        FrozenPolicies([{"something": np.zeros(3)}])
