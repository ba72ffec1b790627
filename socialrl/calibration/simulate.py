"""From parameter vectors to tests: one cohort in which every animal has its own vector learns, then plays frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure

from socialrl.animals.animal import Animal, of_sex
from socialrl.animals.policies import FrozenPolicies
from socialrl.calibration import population
from socialrl.calibration.calibrate import Simulate
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.config.loading import Config, TestCondition
from socialrl.evaluation.playing import play_tests
from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort_trainer import build_cohort
from socialrl_envs.vocabulary import SEXES


def trained_cohorts(
    config: Config,
    test: TestCondition,
    *,
    repeats: int,
    on_steps: Callable[[int, str], None] = lambda *_: None,
) -> Simulate:
    """Return the simulator of a calibration: it trains a cohort of the vectors it is given and tests it frozen.

    Every animal is a wild type (gain 1) that learns `config.steps` steps with the configuration's PPO, then plays
    `test` `repeats` times. `on_steps` is called with the steps that all animals of the current cohort have made, and
    its name.
    """

    def simulate(factors: NDArray[np.float64], first_index: int, text: str) -> NDArray[np.float64]:
        animals = population.animals(of_sex(config.env.changed_parameters, SEXES[0]), factors, first_index)
        tests = train_and_test(
            config, animals, test, repeats=repeats, on_steps=lambda done: on_steps(done * len(animals), text)
        )
        return raw_of(tests).reshape(len(factors), repeats, len(RAW))

    return simulate


def train_and_test(
    config: Config,
    animals: list[Animal],
    test: TestCondition,
    *,
    repeats: int,
    on_steps: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """Train `animals` as one cohort for `config.steps` each, freeze them, and return one row per animal and repeat.

    Columns: animal, index, repeat and the counters of `RAW` (seconds; latency NaN = no huddle). Nothing is written.
    """
    model = build_cohort(config, animals)
    model.set_logger(configure(None, []))
    model.learn(config.steps, callback=_StepCount(config.steps, on_steps))
    on_steps(config.steps)
    policies = FrozenPolicies([_weights(model, i) for i in range(len(animals))])
    rows = play_tests(
        config, animals, policies, [test], repeats=repeats, purpose="evaluation", steps=model.num_timesteps
    )
    return rows[["animal", "index", "repeat", *RAW]].sort_values(["index", "repeat"], ignore_index=True)


class _StepCount(BaseCallback):
    def __init__(self, total: int, on_steps: Callable[[int], None]) -> None:
        super().__init__()
        self._total, self._on_steps = total, on_steps

    def _on_rollout_start(self) -> None:
        self._on_steps(min(self.num_timesteps, self._total))

    def _on_step(self) -> bool:
        return True


def _weights(model: CohortPPO, index: int) -> Mapping[str, Any]:
    tensors = model.policy.layout.unpack(model.policy.weights[index].detach().cpu().numpy())
    return {name: tensor.numpy() for name, tensor in tensors.items()}
