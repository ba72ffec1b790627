"""From parameter vectors to tests: one cohort in which every animal has its own vector learns, then plays frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure

from ..animals import Animal
from ..config import Config, TestCondition
from ..policies import FrozenPolicies
from ..progress import Progress, Silent
from ..protocol import play_tests
from ..training.cohort import CohortPPO
from ..training.cohort_engine import build_cohort

KEPT = ("duration_s", "huddle_s_partner", "huddle_s_stranger", "chamber_s_partner", "chamber_s_centre",
        "chamber_s_stranger", "latency_s_partner", "latency_s_stranger")  # fmt: skip
"""Raw counters of a test that score sheets have too."""


class _Report(BaseCallback):
    def __init__(self, total: int, progress: Progress, text: str) -> None:
        super().__init__()
        self._total, self._progress, self._text = total, progress, text

    def _on_rollout_start(self) -> None:
        self._progress.update(min(self.num_timesteps, self._total), self._total, self._text)

    def _on_step(self) -> bool:
        return True


def train_and_test(
    config: Config,
    animals: list[Animal],
    test: TestCondition,
    *,
    repeats: int,
    progress: Progress | None = None,
    text: str = "",
) -> pd.DataFrame:
    """Train `animals` as one cohort for `config.steps` each, freeze them, and return one row per animal and repeat.

    Columns: animal, index, repeat and the counters of `KEPT` (seconds; latency NaN = no huddle). Nothing is written.
    """
    progress = progress or Silent()
    model = build_cohort(config, animals)
    model.set_logger(configure(None, []))
    model.learn(config.steps, callback=_Report(config.steps, progress, text))
    progress.update(config.steps, config.steps, text)
    policies = FrozenPolicies([_weights(model, i) for i in range(len(animals))])
    rows = play_tests(
        config, animals, policies, [test], repeats=repeats, purpose="evaluation", steps=model.num_timesteps
    )
    return rows[["animal", "index", "repeat", *KEPT]].reset_index(drop=True)


def _weights(model: CohortPPO, index: int) -> Mapping[str, Any]:
    tensors = model.policy.layout.unpack(model.policy.weights[index].detach().cpu().numpy())
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def by_animal(column: pd.Series, n_animals: int) -> NDArray[np.float64]:
    """Return one counter as (n_animals, n_repeats)."""
    return column.to_numpy(dtype=np.float64).reshape(n_animals, -1)
