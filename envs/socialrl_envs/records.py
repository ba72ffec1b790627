"""The record of a finished test: raw counters by name, as flat columns that a table can hold. Nothing is scored here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import counters
from .state import RELATIONSHIPS
from .world import World


def conspecifics(world: World, acting: int) -> list[int]:
    """Return the animal indices other than the acting animal number `acting`."""
    me = world.assay.acting[acting]
    return [animal for animal in range(world.assay.n_animals) if animal != me]


def columns(world: World, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the records of vector rows `rows` (n,): name -> array (n,) or, for 10-min bins, (n, n_bins).

    Conspecifics go by their names in the assay, chambers by what they hold from the acting animal's point of view
    (`chamber_s_partner` is the partner's chamber, whichever side that is). Seconds, counts, familiarity 0 to 1; a
    latency that never came is not a number.
    """
    assay, batch = world.assay, world.batch
    n_acting = len(assay.acting)
    w, k = rows // n_acting, rows % n_acting
    named = counters.named(batch.counters[w, k], assay.n_animals, len(assay.habitat.names))
    record: dict[str, NDArray[Any]] = {
        "duration_s": batch.worlds["tick"][w] * world.dt_s,
        "cohousing_h": batch.worlds["cohousing_h"][w],
        "separation_h": batch.worlds["separation_h"][w],
        "relationship": np.array(RELATIONSHIPS)[batch.worlds["relationship"][w]],
        "side": np.array(list(assay.placements))[batch.worlds["placement"][w]],
    }
    if n_acting > 1:
        raise NotImplementedError("records of several acting animals come with the first assay that has them")
    others = conspecifics(world, 0)
    for counter in counters.PER_CONSPECIFIC:
        for other in others:
            record[f"{counter}_{assay.animals[other]}"] = named[counter][:, other].copy()
    for other in others:
        latency = record[f"latency_s_{assay.animals[other]}"]
        latency[np.isinf(latency)] = np.nan
    order = np.array(
        [[seen.index(name) for name in next(iter(assay.chambers.values()))] for seen in assay.chambers.values()]
    )
    places = order[batch.worlds["placement"][w]]
    for counter in counters.PER_CHAMBER:
        by_name = np.take_along_axis(named[counter], places, axis=1)
        for at, name in enumerate(next(iter(assay.chambers.values()))):
            record[f"{counter}_{name}"] = by_name[:, at].copy()
    for other in others:
        record[f"huddle_s_{assay.animals[other]}_10min"] = batch.bins[w, k, other].copy()
    return record
