"""Limits of a calibration, checked before anything is built or written."""

from __future__ import annotations

import pandas as pd
import torch as th
from stable_baselines3.common.vec_env import VecEnv

from socialrl.calibration.plan import Plan
from socialrl.calibration.summaries import TEST_S
from socialrl.config.loading import Config
from socialrl.errors import UserError
from socialrl.training.cohort.layout import network_layout
from socialrl.training.cohort.memory import available_bytes, check_memory
from socialrl.training.vec_env import SocialVecEnv, native_arguments

MOST_STEPS = 10**11
"""Training steps of all animals together: weeks on a large machine; the default is about 10⁸."""

_LENGTHS = (0.8, 1.25)


def check_length(tests: pd.DataFrame, name: str) -> None:
    """Refuse tests that are not about as long as the simulated ones, because seconds of huddling are compared."""
    total = float(tests[[one for one in tests if str(one).startswith("chamber_s_")]].sum(axis=1).median())
    if not _LENGTHS[0] * TEST_S <= total <= _LENGTHS[1] * TEST_S:
        raise UserError(
            f"{name}: chamber times add up to {total:g} s in a typical test, and the simulated test lasts 3 h"
            f" ({TEST_S:g} s); a calibration needs tests of about 3 h"
            f" ({_LENGTHS[0] * TEST_S:g} to {_LENGTHS[1] * TEST_S:g} s)"
        )


def check_work(plan: Plan, settings: Config) -> None:
    """Refuse more training than is feasible, or more animals at once than fit in memory."""
    steps = plan.n_trained * settings.steps
    if steps > MOST_STEPS:
        raise UserError(
            f"{plan.n_trained} animals with {settings.steps} steps each are {steps:.2g} training steps, at most"
            f" {MOST_STEPS:.0e} are allowed; lower {'--search, ' if plan.search else ''}--vectors or --steps"
        )
    env: VecEnv = SocialVecEnv.native(settings.env.id, 1, **native_arguments(settings))
    (n_observations,) = env.observation_space.shape or (1,)
    env.close()
    hidden = list(settings.ppo.net_arch)
    layout = network_layout(n_observations, 1, hidden, hidden)
    check_memory(
        layout,
        plan.at_once,
        settings.lives,
        settings.ppo.n_steps,
        settings.ppo.n_epochs,
        available_bytes(th.device("cpu")),
    )
