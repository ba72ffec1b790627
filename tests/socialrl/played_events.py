"""Tests of an evaluation that are played for their events: records and events of animals that mostly seek others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import Config, config_from_data
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import play_tests
from socialrl_envs import ASSAYS
from socialrl_envs.observation import space

KEYS = ["animal", "test", "repeat"]


def config_for(assay: str, **env: Any) -> Config:
    group = assay == "GroupHabitat"
    return config_from_data(
        {
            "name": "run",
            "seed": 3,
            "env": {"id": f"socialrl/{assay}-v0", **env},
            "genotypes": {"wt": {"oxtr_gain": 1}, "ko": {"oxtr_gain": 0}},
            "habitats": {"wt": ["wt"] * 8, "mixed": ["ko", "wt"] * 4} if group else {},
            "animals": 8 if group else 2,
            "steps": 4096,
            "evaluation": {
                "repeats": 2,
                "tests": [
                    {"name": "bonded", "cohousing_h": 48},
                    {
                        "name": "drugged",
                        "cohousing_h": 48,
                        "drugs": [{"drug": "antagonist", "dose": 1, "start_s": 0, "end_s": 600}],
                    },
                ],
            },
        }
    )


def networks(assay: str, n_animals: int, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Networks that mostly seek others: every animal has its own favourites, so that all kinds of events occur."""
    shape = ASSAYS[f"socialrl/{assay}-v0"]
    n_features = space(len(shape.habitat.names), shape.n_animals - 1).shape[0]
    n_others = shape.n_animals - 1
    rng = np.random.default_rng(seed)
    wish = np.r_[0.0, 0.5, np.full(n_others, 2.0), np.full(n_others, -1.0)].astype(np.float32)
    return [
        {
            "mlp_extractor.policy_net.0.weight": rng.normal(0, 0.1, (4, n_features)).astype(np.float32),
            "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
            "action_net.weight": rng.normal(0, 1, (len(wish), 4)).astype(np.float32),
            "action_net.bias": wish,
        }
        for _ in range(n_animals)
    ]


def played(assay: str, **env: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tests' records and events."""
    config = config_for(assay, **env)
    animals, recorder = animals_of(config), EventRecorder()
    records = play_tests(
        config,
        animals,
        FrozenPolicies(networks(assay, len(animals))),
        config.evaluation.tests,
        repeats=2,
        purpose="evaluation",
        steps=0,
        events=recorder,
    )
    return records, recorder.table()


def of_kind(events: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    rows = events[events["kind"].isin(kinds)]
    return rows.assign(seconds=rows["end_s"] - rows["start_s"])
