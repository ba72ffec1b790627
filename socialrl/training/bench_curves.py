"""Return curves of a cohort and of SB3's PPO on the same task: two samples that should not differ."""

from typing import Any

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from socialrl.training.bench import ENV_ID
from socialrl.training.cohort import CohortPPO
from socialrl.training.vec_env import SocialVecEnv, make_native

SETTINGS: dict[str, Any] = {"n_steps": 120, "batch_size": 240, "n_epochs": 4, "learning_rate": 1e-3, "ent_coef": 0.01}
N_LIVES = 8
_SB3_SEEDS_FROM = 1_000  # other seeds than the cohort's: the samples are independent


class MeanRewards(BaseCallback):
    """Mean reward per step of each animal in each rollout: `rows` of (n_animals,)."""

    def __init__(self, n_animals: int) -> None:
        super().__init__()
        self._n_animals = n_animals
        self._sum = np.zeros(n_animals)
        self._n = 0
        self.rows: list[np.ndarray] = []

    def _on_step(self) -> bool:
        self._sum += self.locals["rewards"].reshape(self._n_animals, -1).mean(axis=1)
        self._n += 1
        return True

    def _on_rollout_end(self) -> None:
        self.rows.append(self._sum / self._n)
        self._sum, self._n = np.zeros(self._n_animals), 0


def return_curves(n_seeds: int, n_updates: int, duration_s: float = 1_800.0) -> tuple[np.ndarray, np.ndarray]:
    """Mean reward per step, (n_seeds, n_updates) each: of a cohort of n_seeds animals, and of as many runs of SB3's
    PPO.

    PartnerPreference of `duration_s`, 8 lives, every draw independent between the two samples and between animals.
    """
    total = n_updates * N_LIVES * SETTINGS["n_steps"]
    env = SocialVecEnv(make_native(ENV_ID, n_seeds * N_LIVES, duration_s=duration_s))
    cohort = CohortPPO("MlpPolicy", env, n_seeds, seed=0, **SETTINGS)
    together = MeanRewards(n_seeds)
    cohort.learn(total, callback=together)
    alone = []
    for seed in range(_SB3_SEEDS_FROM, _SB3_SEEDS_FROM + n_seeds):
        env = SocialVecEnv(make_native(ENV_ID, N_LIVES, duration_s=duration_s))
        rewards = MeanRewards(1)
        PPO("MlpPolicy", env, seed=seed, device="cpu", **SETTINGS).learn(total, callback=rewards)
        alone.append(np.array(rewards.rows)[:, 0])
    return np.array(together.rows).T, np.array(alone)
