"""Rows of the tables that training writes, made in one place for all engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from socialrl.animals.animal import Animal


def episode_row(animal: Animal, life: int, steps: int, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a finished training episode from the info of its last step (see `SocialVecEnv`).

    `steps` counts the animal's env steps over all its lives.
    """
    return {**animal.common(), "steps": steps, "life": life, "return": info["episode"]["r"], **info["record"]}


def episode_table(animal: Animal, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows of `episode_row` as a table; without rows, an empty one that has the first columns of `animal`'s."""
    if rows:
        return pd.DataFrame(rows)
    return pd.DataFrame([{**animal.common(), "steps": 0, "life": 0, "return": 0.0}]).iloc[:0]


def animal_row(animal: Animal, seed: int, steps: int, wall_s: float) -> dict[str, Any]:
    """Return the row of an animal that has learned for `steps` env steps."""
    own = {f"param_{name}": value for name, value in animal.parameters.items()}
    return {**animal.common(), "seed": seed, "steps": steps, "finished": True, "wall_s": wall_s, **own}
