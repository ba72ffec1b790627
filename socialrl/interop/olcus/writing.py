"""`socialrl export --format olcus`: the events of group habitats as a recording that Voletron reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.interop.olcus.apparatus import Apparatus, of_chambers, read_apparatus, renamed, tubes_used
from socialrl.interop.olcus.clock import stamp, wall_times
from socialrl.interop.olcus.reads import IN_THE_TUBE_S, LOST_TAG_S, Reads, reads_of
from socialrl.interop.olcus.tags import tags_of
from socialrl.interop.run_events import World, events_of, worlds
from socialrl.storage.files import json_text
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS

RECORDING = "recording.json"
"""File beside the reads that says what OLCUS does not: start, zone, length, and whose test it was."""

HEADER = "cantimestamp;datetimestamp;deviceid;antennaID;data"


def export(run: RunFolder, folder: Path, settings: Mapping[str, Any]) -> list[str]:
    """Write a folder for each world (habitat, test and repeat), which Voletron reads as one experiment.

    Raises `UserError` for tests in which nobody can go anywhere, and for settings that do not fit the habitat.
    """
    events = events_of(run, settings)
    tags = tags_of(list(dict.fromkeys(events["animal"])), settings["tags"])
    assays = _assays(run, str(settings["events"]))
    notes, first, totals = [], "", {"n": 0, "misread": 0, "misread_s": 0.0, "long": 0}
    for world in worlds(events):
        reads = _write_world(folder / world.name, world, assays.get(str(world.labels["test"])), events, tags, settings)
        first = first or world.name
        totals["n"] += 1
        totals["misread"] += reads.misread
        totals["misread_s"] += reads.misread_s
        totals["long"] += reads.long
    if totals["misread"]:
        notes.append(
            f"stays of less than {IN_THE_TUBE_S:g} s between two reads at one antenna, which will be taken as time in"
            f" the tube: {totals['misread']} ({totals['misread_s']:.0f} s)"
        )
    if totals["long"]:
        hours = LOST_TAG_S / 3600
        notes.append(f"stays of more than {hours:g} h, which Voletron lists as tags that may be lost: {totals['long']}")
    notes.append(f"recordings: {totals['n']}; for example voletron --olcus_dir={first} --timezone={settings['zone']}")
    return notes


def _write_world(
    folder: Path,
    world: World,
    assay: str | None,
    events: pd.DataFrame,
    tags: Mapping[str, str],
    settings: Mapping[str, Any],
) -> Reads:
    apparatus = _apparatus(world, assay, events, settings["chambers"] or {}, settings["apparatus"])
    named = _with_names(world, settings["chambers"] or {})
    reads = reads_of(named, apparatus)
    start: datetime = settings["start"]
    times = wall_times(reads.table["ms"], start, settings["zone"])
    folder.mkdir()
    by_day: dict[str, list[str]] = {}
    for time, ms, animal, device, antenna in zip(
        times, reads.table["ms"], reads.table["animal"], reads.table["device"], reads.table["antenna"], strict=True
    ):
        by_day.setdefault(f"{time:%Y%m%d}", []).append(f"{ms};{stamp(time)};{device};{antenna};{tags[animal]}")
    for day, lines in by_day.items():
        _write(folder / f"raw{day}.csv", [HEADER, *lines])
    firsts = {animal: _first_chamber(named, animal) for animal in world.animals}
    _write(
        folder / "animals.csv",
        ["AnimalName,TagId,StartChamber", *(f"{one},{tags[one]},{chamber}" for one, chamber in firsts.items())],
    )
    (folder / "apparatus.json").write_text(apparatus.to_json(), encoding="utf-8")
    points = _validation(named, apparatus, start, settings["zone"], settings["validation"])
    if points:
        _write(folder / "validation.csv", ["Timestamp,AnimalName,Chamber", *points])
    about = {
        **world.labels,
        "start": start.isoformat(timespec="milliseconds"),
        "zone": settings["zone"],
        "duration_s": world.duration_s,
        "tags": {animal: tags[animal] for animal in world.animals},
        "reads": len(reads.table),
    }
    (folder / RECORDING).write_text(json_text(about), encoding="utf-8")
    return reads


def _assays(run: RunFolder, table: str) -> dict[str, str]:
    """Return the assay of every test, as far as the table of records beside the events says."""
    records = "evaluation" if table == "events" else table.replace("events_", "protocol_", 1)
    if not run.has_table(records):
        return {}
    rows = run.read_table(records)
    return {} if "assay" not in rows else dict(zip(rows["test"].astype(str), rows["assay"].astype(str), strict=True))


def _apparatus(
    world: World, assay: str | None, events: pd.DataFrame, names: Mapping[str, str], given: Path | None
) -> Apparatus:
    """Return the antennas of a world: those of a file, or two to each tube of the assay."""
    chambers, tubes = _layout(assay, events)
    if not tubes:
        raise UserError(
            f"the test {world.labels['test']} has no tubes that anybody went through, so antennas would read nothing"
        )
    habitat = str(world.labels.get("habitat", "habitat"))
    usual = renamed(of_chambers(habitat, chambers, tubes), names)
    if given is None:
        return usual
    own = read_apparatus(given)
    for name in usual.chambers:
        if name not in own.chambers:
            hint = "; give chambers= to say which of its chambers is which of ours"
            raise UserError(f"{given}: {unknown('chamber', name, own.chambers, listed_as='its chambers')}{hint}")
    for tube in usual.tubes:
        ends = [one.chamber for one in usual.antennas.values() if one.tube == tube]
        if own.tube_between(ends[0], ends[1]) is None:
            raise UserError(f"{given} has no tube between {ends[0]} and {ends[1]}")
    return own


def _layout(assay: str | None, events: pd.DataFrame) -> tuple[list[str], list[tuple[str, str]]]:
    """Return chambers and tubes, as animals see them: those of the assay, or those that animals were in."""
    if assay not in ASSAYS:
        seen = events.loc[events["kind"].isin(("chamber", "passage")), "chamber"]
        return list(dict.fromkeys(seen)), tubes_used(events)
    shape = ASSAYS[assay]
    tubes: dict[frozenset[str], tuple[str, str]] = {}
    for names in shape.chambers.values():
        for one, other in shape.habitat.edges:
            tubes.setdefault(frozenset((names[one], names[other])), (names[one], names[other]))
    return list(next(iter(shape.chambers.values()))), list(tubes.values())


def _with_names(world: World, names: Mapping[str, str]) -> World:
    if not names:
        return world
    events = world.events.assign(
        chamber=world.events["chamber"].replace(dict(names)), to=world.events["to"].replace(dict(names))
    )
    return World(world.name, world.labels, events, world.duration_s)


def _first_chamber(world: World, animal: str) -> str:
    own = world.events[(world.events["animal"] == animal) & (world.events["kind"] != "contact")]
    return str(own.loc[own["start_s"].idxmin(), "chamber"])


def _validation(world: World, apparatus: Apparatus, start: datetime, zone: str, n: int) -> list[str]:
    """Return where each animal is at `n` full minutes, evenly along the test: "dd.mm.yyyy HH:MM,animal,chamber".

    Voletron takes a point as met if the animal was there at some time from 30 s before to 90 s after it.
    """
    first = -start.second - start.microsecond / 1e6
    minutes = [60.0 * k + first for k in range(1, int((world.duration_s - first) // 60.0) + 1)]
    minutes = [one for one in minutes if 0 < one < world.duration_s]
    chosen = sorted({minutes[(2 * k + 1) * len(minutes) // (2 * n)] for k in range(n)}) if minutes and n else []
    told = dict(zip(chosen, wall_times([round(1000 * one) for one in chosen], start, zone), strict=True))
    where = world.events[world.events["kind"].isin(("chamber", "passage"))]
    points = []
    for animal in world.animals:
        own = where[where["animal"] == animal]
        for second, time in told.items():
            here = own[(own["start_s"] <= second) & (second < own["end_s"])].iloc[0]
            place = (
                here["chamber"] if here["kind"] == "chamber" else apparatus.tube_between(here["chamber"], here["to"])
            )
            points.append(f"{time:%d.%m.%Y %H:%M},{animal},{place}")
    return points


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
