"""Which rows were cut off by a time limit at the last step, and what they saw last."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv


def truncated_rows(
    env: VecEnv, dones: np.ndarray, infos: Sequence[Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows whose episode was truncated, (n_rows,) bool, and last observations (n_rows, ...) valid there; (all false,
    None) if none.

    An env with the arrays `last_truncated` and `last_terminal_observations` is read in one go. Any other tells through
    SB3's infos (`terminal_observation`, `TimeLimit.truncated`); a wrapper around the former may change observations, so
    it counts as any other.
    """
    if "last_truncated" in vars(env) or hasattr(type(env), "last_truncated"):
        truncated, observations = env.last_truncated, env.last_terminal_observations  # type: ignore[attr-defined]
        return truncated, observations if truncated.any() else None
    truncated = np.zeros(len(dones), np.bool_)
    last: np.ndarray | None = None
    for row in np.flatnonzero(dones).tolist():
        observation = infos[row].get("terminal_observation")
        if observation is not None and infos[row].get("TimeLimit.truncated", False):
            if last is None:
                last = np.zeros((len(dones), *np.shape(observation)), np.float32)
            last[row] = observation
            truncated[row] = True
    return truncated, last
