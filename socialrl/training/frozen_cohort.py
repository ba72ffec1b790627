"""Animals that learn as one cohort and are frozen at the end of training, with nothing written."""

from __future__ import annotations

from collections.abc import Callable

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure

from socialrl.animals.animal import Animal
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import Config
from socialrl.training.cohort.export import weights_of
from socialrl.training.cohort_trainer import build_cohort


def train_frozen(
    config: Config, animals: list[Animal], on_steps: Callable[[int], None] = lambda _: None
) -> tuple[FrozenPolicies, int]:
    """Train `animals` for `config.steps` each; return their frozen policies, in order, and the steps that each made.

    `on_steps` is called with the steps so far at every rollout, at most `config.steps`, and at the end.
    """
    model = build_cohort(config, animals)
    model.set_logger(configure(None, []))
    model.learn(config.steps, callback=_StepCount(config.steps, on_steps))
    on_steps(config.steps)
    return FrozenPolicies([weights_of(model, index) for index in range(len(animals))]), model.num_timesteps


class _StepCount(BaseCallback):
    def __init__(self, total: int, on_steps: Callable[[int], None]) -> None:
        super().__init__()
        self._total, self._on_steps = total, on_steps

    def _on_rollout_start(self) -> None:
        self._on_steps(min(self.num_timesteps, self._total))

    def _on_step(self) -> bool:
        return True
