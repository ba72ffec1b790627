"""How animals and rows correspond where several animals share a world.

Trainers and testers want rows animal by animal: all parallel lives of animal 0, then those of animal 1. The vector
environment has them world by world. Where one animal acts per world the two are the same; in a group habitat, whose
members are different networks, they are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from socialrl.errors import UserError


def env_rows(n_acting: int, n_animals: int, n_lives: int) -> NDArray[np.int64]:
    """Return, for each animal-major row (animal · n_lives + life), the environment's row.

    Animals h · n_acting … (h + 1) · n_acting − 1 live in habitat h together; each of its `n_lives` worlds holds them all.
    """
    if n_animals % n_acting:
        raise UserError(f"animals must be a multiple of {n_acting}, the number that share a world, got {n_animals}")
    habitat, member = np.divmod(np.arange(n_animals), n_acting)
    world = habitat[:, None] * n_lives + np.arange(n_lives)
    return (world * n_acting + member[:, None]).ravel()


def in_env_order(order: NDArray[np.int64], own: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return values given animal by animal in the environment's order of rows."""
    moved = {}
    for name, values in own.items():
        given = np.asarray(values)
        column = np.empty_like(given)
        column[order] = given
        moved[name] = column
    return moved
