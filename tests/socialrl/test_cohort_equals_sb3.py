"""One animal of a cohort learns what `stable_baselines3.PPO` learns, update by update, through the public `learn()`."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from cohort_reference import Snapshots, reference_ppo
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import DummyVecEnv
from toy_envs import CueVecEnv, WalkVecEnv

from socialrl.training.cohort import CohortPPO

N_LIVES, N_STEPS, N_UPDATES, SEED = 4, 16, 4, 11
BASE = {"n_steps": N_STEPS, "batch_size": 16, "n_epochs": 3, "learning_rate": 3e-3}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "raw_advantages": {"normalize_advantage": False},
    "value_clipping": {"clip_range_vf": 0.05},
    "early_stop": {"target_kl": 0.002},
    "early_stop_in_first_minibatches": {"target_kl": 1e-6},
    "schedules": {
        "learning_rate": LinearSchedule(3e-3, 1e-3, 1.0),
        "clip_range": LinearSchedule(0.3, 0.05, 1.0),
        "clip_range_vf": LinearSchedule(0.5, 0.1, 1.0),
    },
    "rate_that_falls_to_0": {"learning_rate": LinearSchedule(3e-3, 0.0, 1.0)},
    "unequal_last_minibatch": {"batch_size": 24},
    "last_minibatch_of_one": {"batch_size": 21},
    "entropy_and_value_terms": {"ent_coef": 0.05, "vf_coef": 1.3, "max_grad_norm": 5.0},
    "tight_gradient_norm": {"max_grad_norm": 0.01},
    "discounting": {"gamma": 0.8, "gae_lambda": 0.6},
    "no_lambda": {"gae_lambda": 1.0},
    "relu": {"policy_kwargs": {"activation_fn": torch.nn.ReLU, "net_arch": [20]}},
    "unequal_networks": {"policy_kwargs": {"net_arch": {"pi": [70], "vf": [24, 33, 9]}}},
    "linear_policy": {"policy_kwargs": {"net_arch": {"pi": [], "vf": [16]}}},
    "adam_settings": {"policy_kwargs": {"optimizer_kwargs": {"eps": 1e-7, "betas": (0.8, 0.95)}}},
    "not_orthogonal": {"policy_kwargs": {"ortho_init": False}},
}


class Logged(BaseCallback):
    """The training statistics as they stand in the logger at the start of each rollout."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[dict[str, float]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        names = self.logger.name_to_value
        self.values.append({name: float(value) for name, value in names.items() if name.startswith("train/")})


def both(engine: str, settings: dict[str, Any], make: Any = WalkVecEnv) -> tuple[list[Any], list[Any]]:
    merged = {**BASE, **settings}
    reference = reference_ppo(make(N_LIVES), SEED, **merged)
    cohort = CohortPPO("MlpPolicy", make(N_LIVES), n_animals=1, seed=SEED, engine=engine, **merged)
    results = []
    for model in (reference, cohort):
        snapshots, logged = Snapshots(), Logged()
        model.learn(N_UPDATES * N_LIVES * N_STEPS, callback=[snapshots, logged], log_interval=1000)
        results.append([snapshots, logged, model])
    return results[0], results[1]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch")
@pytest.mark.parametrize("engine", ["compiled", "torch"])
@pytest.mark.parametrize("name", list(SETTINGS))
def test_parameters_after_each_update(name: str, engine: str) -> None:
    (sb3, sb3_log, sb3_model), (cohort, cohort_log, cohort_model) = both(engine, SETTINGS[name])
    assert len(sb3.weights) == len(cohort.weights) == N_UPDATES + 1
    for update, (expected, actual) in enumerate(zip(sb3.weights, cohort.weights, strict=True)):
        assert set(expected) == set(actual)
        for key, tensor in expected.items():
            np.testing.assert_allclose(actual[key], tensor, rtol=1e-4, atol=2e-5, err_msg=f"{key}, update {update}")
    moved = max(float((sb3.weights[-1][k] - sb3.weights[0][k]).abs().max()) for k in sb3.weights[0])
    assert moved > 1e-3  # the comparison is of networks that learned something
    for expected, actual in zip(sb3_log.values, cohort_log.values, strict=True):
        for key, value in expected.items():
            assert actual[key] == pytest.approx(value, rel=2e-3, abs=2e-4), key
    assert cohort_model._n_updates == sb3_model._n_updates
    if name.startswith("early_stop"):
        assert sb3_model._n_updates < N_UPDATES * BASE["n_epochs"]
        assert cohort_model.animal_statistics["stopped_early"][0] == 1


def test_rollout_and_bootstrapping_agree() -> None:
    (sb3, *_), (cohort, *_) = both("compiled", {})
    starts = 0
    for expected, actual in zip(sb3.rollouts, cohort.rollouts, strict=True):
        np.testing.assert_array_equal(actual["actions"], expected["actions"])
        np.testing.assert_array_equal(actual["episode_starts"], expected["episode_starts"])
        starts += expected["episode_starts"].sum()
        for name in ("rewards", "values", "log_probs", "advantages", "returns"):
            np.testing.assert_allclose(actual[name], expected[name], rtol=1e-4, atol=1e-4, err_msg=name)
    assert starts > 2 * N_LIVES  # episodes ended within the rollouts


def test_truncated_steps_are_bootstrapped_and_terminated_ones_are_not() -> None:
    """The reward of a cut-off step holds gamma times the value of the last state; nothing is added at a real end."""
    cohort = CohortPPO("MlpPolicy", CueVecEnv(2), n_animals=1, n_steps=8, batch_size=8, gamma=0.5, seed=1)
    cohort.learn(16, callback=(snapshots := Snapshots()))
    env = CueVecEnv(2)
    env.seed(1)
    env.reset()
    played = snapshots.rollouts[0]["actions"].reshape(2, 8)
    rewards = np.empty((2, 8), np.float32)
    for step in range(8):
        _, rewards[:, step], dones, infos = env.step(played[:, step])
    assert dones.all()
    initial = CohortPPO("MlpPolicy", CueVecEnv(2), n_animals=1, n_steps=8, batch_size=8, seed=1).policy
    last = np.stack([info["terminal_observation"] for info in infos])
    rewards[:, -1] += 0.5 * initial.values(last)
    np.testing.assert_allclose(snapshots.rollouts[0]["rewards"].reshape(2, 8), rewards, atol=1e-6)


def test_same_settings_and_defaults_as_sb3() -> None:
    """A user's PPO arguments keep names, order of magnitude and defaults (device, seeds and SDE apart)."""
    import inspect

    sb3, cohort = (inspect.signature(cls.__init__).parameters for cls in (PPO, CohortPPO))
    different = {"self", "device", "use_sde", "sde_sample_freq", "rollout_buffer_class", "rollout_buffer_kwargs"}
    for name, parameter in sb3.items():
        if name not in different:
            assert cohort[name].default == parameter.default, name


def test_works_on_gymnasium_envs_with_sb3_wrappers() -> None:
    """CartPole through DummyVecEnv and Monitor, rows of two animals: SB3's infos are read, returns are Monitor's."""
    import gymnasium as gym

    env = DummyVecEnv([lambda: Monitor(gym.make("CartPole-v1", max_episode_steps=20))] * 4)
    infos_seen: list[float] = []

    class Keep(BaseCallback):
        def _on_step(self) -> bool:
            infos_seen.extend(info["episode"]["r"] for info in self.locals["infos"] if "episode" in info)
            return True

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = CohortPPO("MlpPolicy", env, n_animals=2, n_steps=32, batch_size=16, seed=0)
        model.learn(128, callback=Keep())
    assert [info["r"] for info in model.ep_info_buffer] == infos_seen
    assert len(infos_seen) > 8
