"""Numbers that are not finite stop a run, with the animal, the step and the term named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from socialrl.errors import UserError


def check_rewards(
    animals: Sequence[str], steps: int, rewards: NDArray[np.floating], terms: Mapping[str, NDArray[np.float64]]
) -> None:
    """Raise `UserError` if a reward is not finite; `rewards` (n_rows,), rows animal by animal."""
    if np.isfinite(rewards).all():
        return
    row = int(np.flatnonzero(~np.isfinite(rewards))[0])
    animal = animals[row * len(animals) // len(rewards)]
    blamed = ", ".join(not_finite(terms, row)) or "unknown"
    raise UserError(
        f"animal {animal}: the reward became {rewards[row]} at step {steps} (term {blamed}); "
        "the run was stopped; animals that finished before are kept"
    )


def not_finite(terms: Mapping[str, NDArray[np.float64]], row: int) -> list[str]:
    """Return the names of the reward terms, each (n_rows,), that are not finite in a row."""
    return [name for name, values in terms.items() if not np.isfinite(values[row])]


def check_losses(animal: str, steps: int, logged: Mapping[str, Any]) -> None:
    """Raise `UserError` if one of SB3's `train/` numbers is not finite."""
    for name, value in logged.items():
        if name.startswith("train/") and not name.endswith("explained_variance") and not np.isfinite(value):
            raise UserError(f"animal {animal}: {name} became {value} at step {steps}; the run was stopped")
