"""What animals perceived, did and got for it, tick by tick, in tests of frozen animals: data for offline learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from socialrl_envs import SocialVectorEnv


@dataclass(frozen=True)
class Steps:
    """One test of one animal: `observations` (n_ticks + 1, n_features), `actions` and `rewards` (n_ticks,).

    `labels` say whose test it is (animal, genotype, test, repeat, …), `seed` is that of the test.
    """

    labels: dict[str, Any]
    seed: int
    observations: NDArray[np.float32]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]


class StepRecorder:
    """Watches tests from their first tick to their last and keeps every step of every animal that acts.

    `follow` begins, `note` is called after every step, `finish` ends; any number of blocks of tests may follow each
    other. `episodes` are the tests so far, animal by animal.
    """

    def __init__(self) -> None:
        self.episodes: list[Steps] = []

    def follow(
        self,
        env: SocialVectorEnv,
        order: NDArray[np.int64],
        rows: Mapping[str, Sequence[Any]],
        seeds: NDArray[np.int64],
    ) -> None:
        """Begin to watch tests that have begun; `order` and `rows` as those of `EventRecorder.follow`."""
        n_ticks = env.world.stage.n_ticks
        self._order, self._rows, self._seeds, self._tick = order, rows, seeds, 0
        self._observations = np.empty((n_ticks + 1, *env.world.observations.shape), dtype=np.float32)
        self._actions = np.empty((n_ticks, len(order)), dtype=np.int64)
        self._rewards = np.empty((n_ticks, len(order)))
        self._observations[0] = env.world.observations

    def note(self, observations: NDArray[np.float32], actions: NDArray[np.int64], rewards: NDArray[np.float64]) -> None:
        """Keep the tick that was just played: actions, rewards, and the observations after it, by the world's rows."""
        self._actions[self._tick], self._rewards[self._tick] = actions, rewards
        self._tick += 1
        self._observations[self._tick] = observations

    def finish(self) -> None:
        """Keep the tests that have ended."""
        for row, at in enumerate(self._order):
            self.episodes.append(
                Steps(
                    {name: values[row] for name, values in self._rows.items()},
                    int(self._seeds[row]),
                    self._observations[:, at].copy(),
                    self._actions[:, at].copy(),
                    self._rewards[:, at].copy(),
                )
            )
        del self._observations, self._actions, self._rewards
