"""From a configuration's PPO settings to arguments of Stable-Baselines3 and of the cohort, schedules included."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.utils import LinearSchedule

from socialrl.config.checks import LINEAR
from socialrl.config.experiment import PPOSection


def ppo_settings(section: PPOSection) -> dict[str, Any]:
    """Return the arguments for `PPO` or `CohortPPO`; the layers stand under `policy_kwargs`.

    `lin_3e-3` becomes Stable-Baselines3's own `LinearSchedule` from 3e-3 to 0, so that a saved model holds none of our
    code. It is 0 in the last update, also where the last rollout ends after the last step.
    """
    settings = {name: _scheduled(value) for name, value in section.model_dump(exclude={"net_arch"}).items()}
    return {**settings, "policy_kwargs": {"net_arch": list(section.net_arch)}}


def _scheduled(value: Any) -> Any:
    return LinearSchedule(float(value.removeprefix(LINEAR)), 0.0, 1.0) if isinstance(value, str) else value
