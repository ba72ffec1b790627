"""Two engines of a cohort's arithmetic: compiled loops on the processor, tensor operations on any device."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch

from socialrl.errors import UserError
from socialrl.training.cohort import rollout, update
from socialrl.training.cohort.buffer import CohortBuffer
from socialrl.training.cohort.parts import Networks
from socialrl.training.cohort.torch_engine import TorchEngine

ENGINES = ("auto", "compiled", "torch")
_ROWS_WORTH_THREADS = 1024


class Engine(Protocol):
    """Arithmetic on the weights of one `CohortPolicy`; arrays in and out are NumPy, rows animal-major."""

    def act(
        self, observations: np.ndarray, uniforms: np.ndarray, episode_starts: np.ndarray, buffer: CohortBuffer
    ) -> tuple[np.ndarray, int]:
        """Actions (n_rows,) int64, kept in the buffer's current step with their values and log probabilities.

        observations (n_rows, n_observations) float32, uniforms (n_rows,) float32, episode_starts (n_rows,) bool.
        Also the first row whose value or probabilities are not finite, or -1.
        """

    def probabilities(self, observations: np.ndarray) -> np.ndarray:
        """Action probabilities (n_rows, n_actions) float32 of observations (n_rows, n_observations) float32."""

    def values(self, observations: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        """Values (n_rows,) float32; where `wanted` (n_rows,) bool is given, 0 in the other rows."""

    def update(
        self,
        buffer: CohortBuffer,
        permutations: np.ndarray,
        hyperparameters: np.ndarray,
        batch_size: int,
        normalize_advantage: bool,
    ) -> np.ndarray:
        """One PPO update in place; statistics (n_animals, len(update.STATISTICS)). See `update.update`."""


class CompiledEngine:
    """The compiled loops of `rollout.py` and `update.py`, on threads by animals; weights must be on the processor."""

    def __init__(self, policy: Networks, n_threads: int) -> None:
        self._policy = policy
        self._n_threads = n_threads
        self._pool = ThreadPoolExecutor(n_threads, "cohort") if n_threads > 1 else None
        self._table = policy.layout.table()
        self._n_actions = policy.layout.n_actions
        self._troubled = np.zeros(policy.n_animals, np.int64)

    def _share(self, kernel: Callable[..., None], *arguments: Any, at_a_time: int) -> None:
        """Run kernel(*arguments, first, last) over all animals, `at_a_time` to a task, on all threads."""
        n_animals = self._policy.n_animals
        if self._pool is None or n_animals <= at_a_time:
            kernel(*arguments, 0, n_animals)
            return
        tasks = [
            self._pool.submit(kernel, *arguments, first, min(first + at_a_time, n_animals))
            for first in range(0, n_animals, at_a_time)
        ]
        for task in tasks:
            task.result()

    def _animals_for_a_step(self, n_rows: int) -> int:
        """Animals per task for one pass of all rows: starting a task costs about as much as 100 rows."""
        n_animals = self._policy.n_animals
        return n_animals if n_rows < _ROWS_WORTH_THREADS else -(-n_animals // self._n_threads)

    def _weights(self) -> np.ndarray:
        return self._policy.weights.detach().numpy()

    def act(
        self, observations: np.ndarray, uniforms: np.ndarray, episode_starts: np.ndarray, buffer: CohortBuffer
    ) -> tuple[np.ndarray, int]:
        actions = np.empty(len(observations), np.int64)
        self._share(
            rollout.act,
            self._table,
            self._policy.relu,
            self._weights(),
            observations,
            uniforms,
            episode_starts,
            buffer.step,
            buffer.observations,
            buffer.actions,
            buffer.log_probs,
            buffer.values,
            buffer.episode_starts,
            actions,
            self._troubled,
            at_a_time=self._animals_for_a_step(len(observations)),
        )
        troubled = self._troubled[self._troubled >= 0]
        return actions, int(troubled[0]) if troubled.size else -1

    def probabilities(self, observations: np.ndarray) -> np.ndarray:
        result = np.empty((len(observations), self._n_actions), np.float32)
        self._evaluate(observations, np.ones(len(observations), np.bool_), result, np.empty(0, np.float32))
        return result

    def values(self, observations: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        result = np.zeros(len(observations), np.float32)
        wanted = np.ones(len(observations), np.bool_) if wanted is None else wanted
        self._evaluate(observations, wanted, np.empty((0, self._n_actions), np.float32), result)
        return result

    def _evaluate(
        self, observations: np.ndarray, wanted: np.ndarray, probabilities: np.ndarray, values: np.ndarray
    ) -> None:
        self._share(
            rollout.evaluate,
            self._table,
            self._policy.relu,
            self._weights(),
            observations,
            wanted,
            probabilities,
            values,
            at_a_time=self._animals_for_a_step(len(observations)),
        )

    def update(
        self,
        buffer: CohortBuffer,
        permutations: np.ndarray,
        hyperparameters: np.ndarray,
        batch_size: int,
        normalize_advantage: bool,
    ) -> np.ndarray:
        statistics = np.zeros((buffer.n_animals, len(update.STATISTICS)))
        mean, square, steps = (tensor.numpy() for tensor in self._policy.optimizer.moments())
        self._share(
            update.update,
            self._table,
            self._policy.relu,
            self._weights(),
            mean,
            square,
            steps,
            buffer.observations,
            buffer.actions,
            buffer.log_probs,
            buffer.values,
            buffer.advantages,
            buffer.returns,
            permutations,
            hyperparameters,
            batch_size,
            normalize_advantage,
            statistics,
            at_a_time=1,
        )
        return statistics


def make_engine(name: str, policy: Networks, device: torch.device, n_threads: int | None = None) -> Engine:
    """The engine called `name` for a policy on `device`; "auto" compiles on the processor and uses tensors elsewhere.

    n_threads: threads of the compiled engine, default one for each processor that this process may use.
    """
    if name not in ENGINES:
        raise UserError(f"engine: {name!r} is not one of {', '.join(ENGINES)}")
    if name == "compiled" and device.type != "cpu":
        raise UserError(f"engine: 'compiled' runs on device cpu, not on {device.type}; use 'auto' or 'torch'")
    if name == "torch" or device.type != "cpu":
        return TorchEngine(policy)
    return CompiledEngine(policy, n_threads or usable_processors())


def usable_processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
