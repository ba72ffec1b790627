"""The record of a finished test: raw counters by name, as flat columns for a table, without any score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import counters
from .vocabulary import CONDITIONED_WITH, OPTIONS, RELATIONSHIPS, SEXES, Option
from .world import World

# the counters of each conspecific that every assay reports
_EACH = tuple(name for name in counters.PER_CONSPECIFIC if name not in (*counters.WORK, "together_s"))


def conspecifics(world: World, acting: int) -> list[int]:
    """Return the animal indices other than the acting animal number `acting`."""
    me = world.assay.acting[acting]
    return [animal for animal in range(world.assay.n_animals) if animal != me]


def columns(world: World, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the records of vector rows `rows` (n,): name -> array (n,) or, for lists, (n, length).

    Conspecifics have their names in the assay, and chambers are named from the acting animal's point of view
    (`chamber_s_partner` is the partner's chamber, whichever side that is; `tube_s_partner` are seconds in the tube out
    of it, and chambers and tubes add up to the test). Assays with doors add presses, accesses, breakpoints and seconds
    of access; one with an animal that roams, attacks (rejections of it), seconds in one chamber with it and apart from
    it. Where several animals act, each one's cage mate is its `partner` and everybody else, if there is anybody,
    `others`, by the hour. `mating`: the animal and its partner have mated while cohoused; `sex` is the animal's, and
    `stranger_sex`, where there is a stranger, whether it is of the same sex or the other. With attachment, the slow
    state as it is now, the stressor, the highest stress of the test (`stress_peak`, units), its area (`stress_area`,
    units · h) and the time from the end of the stressor until stress has fallen to half of its peak (`stress_half_s`).
    With contexts, who was met in the social one and which came first, and what each is worth (`value_social`,
    `value_solitary`, reward/min).
    Where there is a litter, licking, the care that it has received and how long its carer stayed away (`_of_care`).
    Seconds, counts, familiarity 0 to 1; a latency without an event is NaN.
    """
    assay, batch = world.assay, world.batch
    w, me = rows // len(assay.acting), np.array(assay.acting)[rows % len(assay.acting)]
    record: dict[str, NDArray[Any]] = {
        "duration_s": batch.worlds["tick"][w] * world.dt_s,
        "cohousing_h": batch.worlds["cohousing_h"][w],
        "separation_h": batch.worlds["separation_h"][w],
        "relationship": np.array(RELATIONSHIPS)[batch.worlds["relationship"][w]],
        "mating": batch.pairs["mated"][w, me, np.array(assay.cohoused_with)[me]] > 0,
        "side": np.array(list(assay.placements))[batch.worlds["placement"][w]],
        "session": np.array(list(assay.session_table))[batch.worlds["session"][w]],
        "sex": np.array(SEXES)[batch.animals["sex"][w, me]],
    }
    for stranger in assay.strangers[:1]:
        differs = batch.animals["sex"][w, stranger] != batch.animals["sex"][w, me]
        record["stranger_sex"] = np.where(differs, "other", "same")
    for option in OPTIONS:
        if _is_recorded(option, world):
            of_animals = batch.animals[option.name][w, me].copy() if option.of_animals else None
            record.setdefault(option.name, batch.worlds[option.name][w] if of_animals is None else of_animals)
    if world.attachment:
        record |= _of_stress(world, w, me)
    if assay.contexts:
        record |= _of_contexts(world, w, me)
    if assay.has_litter:
        record |= _of_care(world, w, rows % len(assay.acting))
    several = len(assay.acting) > 1 or assay.is_group
    return {**record, **(_of_several(world, rows) if several else _of_one(world, rows))}


def _is_recorded(option: Option, world: World) -> bool:
    """Whether records have a column for an option: numbers, where they mean something."""
    return (
        option.is_number
        and (bool(world.assay.doors) or not option.of_doors)
        and (world.attachment or not option.of_attachment)
        and (world.assay.contexts or not option.of_contexts)
    )


def _of_stress(world: World, w: NDArray[np.int64], me: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    animals = world.batch.animals
    half_s = animals["stress_half_s"][w, me]
    return {
        "stress_peak": animals["stress_peak"][w, me].copy(),
        "stress_area": animals["stress_area_s"][w, me] / 3600.0,
        "stress_half_s": np.where(half_s < 0.0, np.nan, half_s),
    }


def _of_contexts(world: World, w: NDArray[np.int64], me: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    tests, animals = world.batch.worlds, world.batch.animals
    left, right = animals["value_left"][w, me], animals["value_right"][w, me]
    mirrored = tests["placement"][w] > 0
    return {
        "conditioned_with": np.array(CONDITIONED_WITH)[tests["conditioned_with"][w]],
        "first_context": np.where(tests["social_first"][w] > 0, "social", "solitary"),
        "value_social": np.where(mirrored, right, left),
        "value_solitary": np.where(mirrored, left, right),
    }


def _of_care(world: World, w: NDArray[np.int64], k: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """What a carer has done, and what came of it; means over the test, and seconds."""
    at = dict(zip(counters.OF_CARE, world.batch.counters[w, k, -len(counters.OF_CARE) :].T, strict=True))
    lived_s = np.maximum(world.batch.worlds["tick"][w] * world.dt_s, world.dt_s)
    returns = at["returns"]
    return {
        "licking_s": at["lick_s"],
        "care_received": at["care_s"] / lived_s,
        "latency_to_return_s": np.where(returns > 0.0, at["return_s"] / np.maximum(returns, 1.0), np.nan),
        "litter_contact_s": at["litter_contact_s"],
        "litter_need": at["need_s"] / lived_s,
        "litter_alone_s": at["litter_alone_s"],
        "energy": at["energy_s"] / lived_s,
    }


def blank(world: World, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the records of tests that are not over: the columns of `columns`, empty.

    Numbers are 0, texts empty and flags False: checkers compare infos, and NaN equals nothing. The arrays are
    read-only, because they are shared by many infos.
    """
    blanks = {name: np.zeros_like(column) for name, column in columns(world, rows).items()}
    for column in blanks.values():
        column.flags.writeable = False
    return blanks


def plain(value: Any) -> Any:
    """Return NumPy's scalars as Python's; arrays stay."""
    return value.item() if isinstance(value, np.generic) else value


def _of_one(world: World, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    assay, batch = world.assay, world.batch
    named = counters.named(batch.counters[rows, 0], assay.n_animals, len(assay.habitat.names))
    record: dict[str, NDArray[Any]] = {}
    for counter in (*_EACH, *(counters.WORK if assay.doors else ())):
        for other in conspecifics(world, 0):
            record[f"{counter}_{assay.animals[other]}"] = named[counter][:, other].copy()
    for other in conspecifics(world, 0):
        latency = record[f"latency_s_{assay.animals[other]}"]
        latency[np.isinf(latency)] = np.nan
        if assay.doors:
            accesses = record[f"accesses_{assay.animals[other]}"]
            last = 1.0 + batch.worlds["ratio_step"][rows] * (accesses - 1.0)
            record[f"breakpoint_{assay.animals[other]}"] = np.where(accesses > 0.0, last, 0.0)
    seen_first = next(iter(assay.chambers.values()))
    order = np.array([[seen.index(name) for name in seen_first] for seen in assay.chambers.values()])
    places = order[batch.worlds["placement"][rows]]
    for counter in counters.PER_CHAMBER:
        by_name = np.take_along_axis(named[counter], places, axis=1)
        for at, name in enumerate(seen_first):
            record[f"{counter}_{name}"] = by_name[:, at].copy()
    for other in conspecifics(world, 0):
        record[f"huddle_s_{assay.animals[other]}_{assay.bin_s / 60.0:g}min"] = batch.bins[rows, 0, other].copy()
    for other, rule in enumerate(assay.rules):
        if rule == "roaming":
            record["attacks"] = record.pop(f"rejections_{assay.animals[other]}")
            together_s = named["together_s"][:, other]
            record[f"chamber_s_with_{assay.animals[other]}"] = together_s.copy()
            record["chamber_s_apart"] = batch.worlds["tick"][rows] * world.dt_s - together_s
    return record


def _of_several(world: World, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    assay, batch = world.assay, world.batch
    w, k = rows // len(assay.acting), rows % len(assay.acting)
    named = counters.named(batch.counters[w, k], assay.n_animals, len(assay.habitat.names))
    mate = np.array(assay.cohoused_with)[np.array(assay.acting)[k]]
    at = np.arange(len(rows))
    hourly = batch.bins[w, k]  # (n, n_animals, n_bins)
    partner_hourly = hourly[at, mate]
    record: dict[str, NDArray[Any]] = {
        "contact_s_partner": named["huddle_s"][at, mate],
        "contact_s_others": named["huddle_s"].sum(axis=1) - named["huddle_s"][at, mate],
        "partner_s_hourly": partner_hourly.copy(),
        "others_s_hourly": hourly.sum(axis=1) - partner_hourly,
        "rejections_partner": named["rejections"][at, mate],
        "rejections_others": named["rejections"].sum(axis=1) - named["rejections"][at, mate],
        "familiarity_start_partner": named["familiarity_start"][at, mate],
        "familiarity_end_partner": named["familiarity_end"][at, mate],
        "group_size_s": named["group_size_s"].copy(),
        "contact_s_each": named["huddle_s"].copy(),
        "together_s": named["together_s"].copy(),
    }
    if assay.n_animals - int(assay.has_litter) == 2:  # no others: everything that is left is that of the partner
        record = {name: column for name, column in record.items() if "partner" in name}
        record["together_s_partner"] = named["together_s"][at, mate]
    if assay.has_litter:
        record["huddle_s_litter"] = named["huddle_s"][:, assay.litter].copy()
        record["litter_s_hourly"] = hourly[:, assay.litter].copy()
    for counter in counters.PER_CHAMBER:
        for chamber, name in enumerate(assay.habitat.names):
            record[f"{counter}_{name}"] = named[counter][:, chamber].copy()
    return record
