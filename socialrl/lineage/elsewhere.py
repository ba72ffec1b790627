"""A generation in pieces: its families and adults learn side by side, in processes of this machine or on a cluster.

An animal, and a pair that shares a litter, learns and is tested the same, to the last bit, in whatever company; so the
cohorts of a generation may be taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from socialrl.animals.animal import Animal
from socialrl.config.loading import Config
from socialrl.lineage.adults import assayed
from socialrl.lineage.carers import watched
from socialrl.storage.files import checksum
from socialrl.work.pieces import Pieces, Wanted
from socialrl.work.task import Seat

PAIRS, ADULTS = 8, 24
"""Pairs and adults of a piece; fixed, so that pieces of an earlier call can be used."""

_ID = "id"


@dataclass(frozen=True)
class SideBySide:
    """Watches carers and tests adults in `pieces`: `watch` is as `carers.watched`, `test` as `adults.assayed`."""

    pieces: Pieces

    def watch(
        self,
        care: Mapping[int, Config],
        parents: list[Animal],
        n_carers: Mapping[str, int],
        on_steps: Callable[[int], None],
    ) -> pd.DataFrame:
        """Return one row per parent, in their order; pairs are not taken apart."""
        wanted = {}
        for first in range(0, len(parents), 2 * PAIRS):
            some = parents[first : first + 2 * PAIRS]
            of_dams = {dam.id: n_carers[dam.id] for dam in some[::2]}
            wanted[_name("care", some)] = Wanted(
                "socialrl.lineage.elsewhere:care_piece", {"care": dict(care), "parents": some, "n_carers": of_dams}
            )
        total = sum(care[n].steps * n for n in n_carers.values())
        tables = self.pieces.tables(wanted, lambda ended: on_steps(total * ended // len(wanted)))
        return pd.concat([_by_id(table) for table in tables.values()]).rename_axis("animal")

    def test(
        self, assays: Mapping[str, Config], animals: list[Animal], on_steps: Callable[[int, str], None]
    ) -> pd.DataFrame:
        """Return one row per adult, in their order, with the columns of every assay in the order of the assays."""
        parts = [animals[first : first + ADULTS] for first in range(0, len(animals), ADULTS)]
        names = {assay: [_name(assay.lower(), some) for some in parts] for assay in assays}
        wanted = {
            name: Wanted("socialrl.lineage.elsewhere:adult_piece", {"assays": {assay: assays[assay]}, "animals": some})
            for assay in assays
            for name, some in zip(names[assay], parts, strict=True)
        }
        if not wanted:
            return assayed(assays, animals, on_steps)
        steps = sum(one.steps for one in assays.values())
        tables = self.pieces.tables(wanted, lambda ended: on_steps(steps * ended // len(wanted), "assays"))
        by_assay = [pd.concat([_by_id(tables[name]) for name in names[assay]]) for assay in assays]
        return pd.concat(by_assay, axis=1)


def care_piece(
    *, care: Mapping[int, Config], parents: list[Animal], n_carers: Mapping[str, int], seat: Seat
) -> pd.DataFrame:
    """Watch some pairs with their litters; a task."""
    done = watched(_with_threads(care, seat), parents, n_carers, lambda steps: seat.progress.update(steps, steps + 1))
    return done.reset_index(names=_ID)


def adult_piece(*, assays: Mapping[str, Config], animals: list[Animal], seat: Seat) -> pd.DataFrame:
    """Test some adults; a task."""
    own = _with_threads(assays, seat)
    done = assayed(own, animals, lambda steps, _: seat.progress.update(steps, steps + 1))
    return done.reset_index(names=_ID)


def _with_threads(configs: Mapping, seat: Seat) -> dict:  # type: ignore[type-arg]
    return {name: one.model_copy(update={"workers": seat.threads}) for name, one in configs.items()}


def _name(kind: str, animals: list[Animal]) -> str:
    """Return a name that no other piece of this stage has; the plan and earlier generations decide all the rest."""
    return f"{kind}-{checksum(' '.join(one.id for one in animals).encode())[:16]}"


def _by_id(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index(_ID).rename_axis(None)
