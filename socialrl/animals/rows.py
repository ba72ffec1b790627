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

from socialrl.animals.animal import Animal, arms_per_row, per_row, slow_state_per_row, table_of
from socialrl.errors import UserError
from socialrl_envs import Assay


class Lineup:
    """Animals in the rows of a vector environment of one assay, `lives` rows each, animal by animal.

    `rows` are the animals row by row with the number of the life; `order` (n_rows,) has the environment's row of each.
    Animals h · n … (h + 1) · n − 1 live in habitat h together, n being those that act in the assay; a number of animals
    that is no multiple of n raises `UserError`.
    """

    def __init__(self, assay: Assay, animals: Sequence[Animal], lives: int) -> None:
        self.animals = tuple(animals)
        self.lives = lives
        self.n_acting = len(assay.acting)
        self.order = env_rows(self.n_acting, len(self.animals), lives)

    @property
    def rows(self) -> list[tuple[Animal, int]]:
        """The animal of each row, and the number of its life."""
        return [(animal, life) for animal in self.animals for life in range(self.lives)]

    def __len__(self) -> int:
        return len(self.order)

    def arguments(self) -> dict[str, Any]:
        """Return the environment's arguments that make these animals: `table`, and sex, `arms`, parameters and the slow
        state of their own row by row.
        """
        animals = list(self.animals)
        own = in_env_order(self.order, per_row(animals, self.lives))
        sex = in_env_order(self.order, {"sex": [animal.sex for animal, _ in self.rows]})
        arms = in_env_order(self.order, arms_per_row(animals, self.lives))
        slow = in_env_order(self.order, slow_state_per_row(animals, self.lives))
        given = {"own_slow_state": slow} if slow else {}
        return {**sex, "table": table_of(animals), "arms": arms, **given, **own}

    def world_seeds(self, seeds: NDArray[np.int64]) -> list[int]:
        """Return one seed a world of seeds (n_rows,) given animal by animal: that of the first animal in it."""
        by_env_row = np.empty(len(self), dtype=np.int64)
        by_env_row[self.order] = seeds
        return by_env_row[:: self.n_acting].tolist()  # type: ignore[no-any-return]


def env_rows(n_acting: int, n_animals: int, n_lives: int) -> NDArray[np.int64]:
    """Return, for each animal-major row (animal · n_lives + life), the environment's row.

    Animals h · n_acting … (h + 1) · n_acting − 1 live in habitat h together; each of its `n_lives` worlds holds them
    all.
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
