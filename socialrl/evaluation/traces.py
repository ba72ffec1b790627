"""Time courses of tests: what one animal of each group did and felt, tick by tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.animals.animal import Animal
from socialrl.config.loading import TestCondition
from socialrl_envs import SocialVectorEnv

_STATE = ("oxytocin", "receptor_signal", "activity_drive", "stress")


class Tracer:
    """Records the first repeat of every test of each group's animal number 0."""

    def __init__(self) -> None:
        self._pieces: list[dict[str, Any]] = []
        self._followed: list[tuple[int, Animal, TestCondition]] = []

    def follow(self, rows: Sequence[tuple[Animal, TestCondition, int]]) -> None:
        """Choose, for tests that begin now, the rows to record."""
        chosen = enumerate(rows)
        self._followed = [(row, a, test) for row, (a, test, repeat) in chosen if a.index == 0 and repeat == 0]

    def note(self, env: SocialVectorEnv, actions: NDArray[np.int64]) -> None:
        """Record one tick, after it was played, for the rows that are followed."""
        world = env.world
        for row, animal, test in self._followed:
            record, me, pairs = world.batch.worlds[row], world.batch.animals[row, 0], world.batch.pairs[row, 0]
            others = {name: pairs[j] for j, name in enumerate(world.assay.animals) if j > 0}
            self._pieces.append(
                {
                    **animal.common(),
                    "test": test.name,
                    "cohousing_h": test.cohousing_h,
                    "time_s": float(record["tick"] * world.dt_s),
                    "chamber": int(me["chamber"]),
                    "partner_side": list(world.assay.placements)[record["placement"]],
                    **{f"contact_{name}": int(pair["contact"]) for name, pair in others.items()},
                    **{f"familiarity_{name}": float(pair["familiarity"]) for name, pair in others.items()},
                    **{name: float(me[name]) for name in _STATE},
                    "action": _with_name(
                        env.action_names[actions[row]], world.batch.slots[row, 0], world.assay.animals
                    ),
                }
            )

    def table(self) -> pd.DataFrame:
        """Return the record, one row per tick."""
        return pd.DataFrame(self._pieces)


def _with_name(action: str, slots: NDArray[np.int64], names: Sequence[str]) -> str:
    """Replace the slot by the animal's name: `affiliate_slot0` becomes `affiliate_partner`."""
    verb, _, slot = action.partition("slot")
    return f"{verb}{names[slots[int(slot)]]}" if slot else action
