"""Actions, rewards and values of a cohort since its last update, animal by animal."""

import numpy as np

from socialrl.training.cohort import rollout


class CohortBuffer:
    """Rollout arrays with SB3's names and meaning, and a leading animal axis.

    A sample's index within its animal is life * n_steps + step (as in SB3's flattened buffer), N = n_lives * n_steps.
    observations (n_animals, N, n_observations); actions (n_animals, N) int32; rewards, values, log_probs,
    episode_starts, advantages, returns (n_animals, N), all float32 otherwise. Rewards of truncated steps include gamma
    times the value of the state cut off.
    """

    def __init__(self, n_animals: int, n_lives: int, n_steps: int, n_observations: int) -> None:
        self.n_animals, self.n_lives, self.n_steps = n_animals, n_lives, n_steps
        n_samples = n_lives * n_steps
        self.observations = np.zeros((n_animals, n_samples, n_observations), np.float32)
        self.actions = np.zeros((n_animals, n_samples), np.int32)
        self.rewards, self.values, self.log_probs, self.episode_starts, self.advantages, self.returns = (
            np.zeros((n_animals, n_samples), np.float32) for _ in range(6)
        )
        self.step = 0

    @staticmethod
    def bytes_per_animal(n_lives: int, n_steps: int, n_observations: int) -> int:
        """Memory of one animal's rollout arrays, bytes."""
        return 4 * n_lives * n_steps * (n_observations + 7)

    @property
    def full(self) -> bool:
        return self.step == self.n_steps

    def reset(self) -> None:
        """Begin a new rollout; old contents are overwritten step by step."""
        self.step = 0

    def by_life(self, array: np.ndarray) -> np.ndarray:
        """A view (n_animals, n_lives, n_steps) of one of the sample arrays."""
        return array.reshape(self.n_animals, self.n_lives, self.n_steps)

    def add_rewards(self, rewards: np.ndarray) -> None:
        """Complete the step that `act` began: rewards (n_rows,), bootstrapped; advances to the next step."""
        self.by_life(self.rewards)[:, :, self.step] = rewards.reshape(self.n_animals, self.n_lives)
        self.step += 1

    def compute_returns_and_advantage(
        self, last_values: np.ndarray, dones: np.ndarray, gamma: np.ndarray, gae_lambda: np.ndarray
    ) -> None:
        """Fill `advantages` and `returns`; last_values, dones (n_rows,), gamma and gae_lambda (n_animals,)."""
        shape = (self.n_animals, self.n_lives)
        rollout.advantages_and_returns(
            self.by_life(self.rewards),
            self.by_life(self.values),
            self.by_life(self.episode_starts),
            np.ascontiguousarray(last_values, np.float32).reshape(shape),
            np.ascontiguousarray(dones, np.bool_).reshape(shape),
            gamma.astype(np.float32),
            gae_lambda.astype(np.float32),
            self.by_life(self.advantages),
            self.by_life(self.returns),
        )

    def explained_variance(self) -> np.ndarray:
        """(n_animals,) 1 - var(returns - values) / var(returns); NaN where all returns are equal."""
        spread = self.returns.var(axis=1, dtype=np.float64)
        residual = (self.returns - self.values).var(axis=1, dtype=np.float64)
        return np.where(spread > 0, 1 - residual / np.where(spread > 0, spread, 1), np.nan)
