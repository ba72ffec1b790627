"""Hyperparameters that may follow a schedule, differ between animals, or both."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.utils import FloatSchedule

from socialrl.errors import UserError

Value = float | Callable[[float], float]
AnimalValue = Value | Sequence[Value] | np.ndarray
"""One number or schedule for all animals, or a sequence with one for each."""


class AnimalSchedule:
    """Calls as `schedule(progress_remaining)` -> (n_animals,) float64.

    value: a number, a function of the progress remaining (1 at the start of training, 0 at its end), or a sequence with
    one of these per animal. low and high bound the numbers (inclusive; `above` makes the lower bound exclusive).
    """

    def __init__(
        self,
        name: str,
        value: AnimalValue,
        n_animals: int,
        low: float = 0.0,
        high: float = np.inf,
        above: bool = False,
    ) -> None:
        self.name, self.n_animals, self.low, self.high, self.above = name, n_animals, low, high, above
        values: list[Any]
        if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str):
            values = list(value)
            if len(values) != n_animals:
                raise UserError(f"{name}: {len(values)} values for {n_animals} animals; give one, or one per animal")
        else:
            values = [value]
        self.schedules = [_schedule(name, one) for one in values]
        self(1.0)

    def __call__(self, progress_remaining: float) -> np.ndarray:
        numbers = np.array([schedule(progress_remaining) for schedule in self.schedules], np.float64)
        good = (
            np.isfinite(numbers)
            & (numbers <= self.high)
            & ((numbers > self.low) if self.above else (numbers >= self.low))
        )
        if not good.all():
            wrong = int(np.flatnonzero(~good)[0])
            of_animal = f" of animal {wrong}" if len(numbers) > 1 else ""
            allowed = f"{'above' if self.above else 'from'} {self.low:g}" + (
                f" to {self.high:g}" if self.high < np.inf else ""
            )
            raise UserError(f"{self.name}{of_animal} must be a number {allowed}, got {numbers[wrong]:g}")
        return np.broadcast_to(numbers, self.n_animals).copy()


def _schedule(name: str, value: Any) -> FloatSchedule:
    if callable(value) or (isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)):
        return FloatSchedule(value if callable(value) else float(value))
    raise UserError(f"{name} must be a number or a function of the progress remaining, got {value!r}")
