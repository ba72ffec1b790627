"""`socialrl import --format olcus`: a recording as a table of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from socialrl.errors import UserError, nearest, shortened
from socialrl.interop.olcus.apparatus import Apparatus, read_apparatus
from socialrl.interop.olcus.clock import ZONE, seconds_of
from socialrl.interop.olcus.reads import LOST_TAG_S
from socialrl.interop.olcus.tags import TAG_DIGITS, checked
from socialrl.interop.olcus.texts import table_of, text_of
from socialrl.interop.olcus.trajectories import track
from socialrl.interop.olcus.writing import RECORDING
from socialrl.interop.wording import counted
from socialrl.storage.files import read_json

COLUMNS = ("animal", "index", "habitat_type", "habitat", "test", "repeat", "kind", "start_s", "end_s", "chamber", "to",
           "other")  # fmt: skip
"""Columns of an imported table of events; a recording says nothing of genotype and sex."""

_HEADER = 1
_FIELDS = ("cantimestamp", "datetimestamp", "deviceid", "antennaID", "data")
_LITTLE_BACK_S = 1.0
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Animal:
    name: str
    tag: str
    first: str
    habitat: str


def recognises(path: Path) -> bool:
    """Whether a path is a folder with raw*.csv, or such a file."""
    if path.is_dir():
        return bool(_raw_files(path))
    with path.open("rb") as file:
        head = file.read(1000).replace(b"\0", b"").partition(b"\n")[0]
    titles = head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").decode("utf-8-sig", "replace").split(";")
    return [one.strip().casefold() for one in titles] == [one.casefold() for one in _FIELDS]


def read_events(path: Path, settings: Mapping[str, Any], notes: list[str]) -> pd.DataFrame:
    """Return the events of a recording: a folder with `raw*.csv`, or one such file.

    Columns: `COLUMNS`; times are seconds from the first read, `habitat_type` and `habitat` that of the apparatus in
    which the animal starts, `test` the folder. Raises `UserError` with file and line for anything that is not as the
    format has it.
    """
    folder = path if path.is_dir() else path.parent
    files = _raw_files(path) if path.is_dir() else [path]
    if not files:
        raise UserError(f"{path} holds no raw*.csv")
    apparatus = read_apparatus(_beside(folder, "apparatus.json", settings["apparatus"], "apparatus"))
    animals = _read_animals(_beside(folder, "animals.csv", settings["animals"], "animals"), apparatus)
    zone = settings["zone"] or _zone_beside(folder)
    reads = pd.concat([_read_raw(file, apparatus, zone, notes) for file in files], ignore_index=True)
    if reads.empty:
        raise UserError(f"{path}: the recording holds no read of a tag")
    reads = _in_order(reads, path, notes)
    start, end = reads["time"].iloc[0], reads["time"].iloc[-1]
    _note_unknown(reads, animals, notes)
    rows, missing_one, missing_two, lost_s = [], 0, 0, 0.0
    for index, animal in enumerate(animals):
        own = reads[reads["tag"] == animal.tag]
        if own.empty:
            notes.append(f"{animal.name} (tag {animal.tag}) was never read; it is left out")
            continue
        at = [(float(time - start), apparatus.antennas[key]) for time, key in zip(own["time"], own["key"], strict=True)]
        found = track(at, animal.first, float(end - start), apparatus)
        missing_one, missing_two = missing_one + found.missing_one, missing_two + found.missing_two
        lost_s += found.lost_s
        labels = (animal.name, index, animal.habitat, animal.habitat, folder.resolve().name, 0)
        rows += [(*labels, kind, began, ended, chamber, to, None) for kind, began, ended, chamber, to in found.rows]
    events = pd.DataFrame(rows, columns=list(COLUMNS))
    _note_fates(events, missing_one, missing_two, lost_s, notes)
    return events


def _raw_files(folder: Path) -> list[Path]:
    """Return the files raw*.csv of a folder, in capitals or not, in the order of their names."""
    names = {one: one.name.casefold() for one in folder.iterdir() if one.is_file()}
    return sorted(one for one, name in names.items() if name.startswith("raw") and name.endswith(".csv"))


def _beside(folder: Path, name: str, given: Path | None, option: str) -> Path:
    if given is not None:
        return given
    own = [one for one in folder.glob("*") if one.name.casefold() == name or one.name.casefold().endswith(f"_{name}")]
    if len(own) == 1:
        return own[0]
    if own:
        raise UserError(f"{folder} holds {' and '.join(sorted(one.name for one in own))}; name one with {option}=FILE")
    near = nearest(name, [one.name for one in folder.glob("*")])
    hint = f" (there is {near})" if near else ""
    raise UserError(f"{folder} holds no {name}{hint}; put it beside the reads, or name it with {option}=FILE")


def _zone_beside(folder: Path) -> str:
    """Return the zone of an export of ours, else the usual one."""
    return str(read_json(folder / RECORDING).get("zone", ZONE)) if (folder / RECORDING).is_file() else ZONE


def _read_animals(path: Path, apparatus: Apparatus) -> list[_Animal]:
    animals: list[_Animal] = []
    for line, (name, tag, first) in table_of(path, ("AnimalName", "TagId", "StartChamber")):
        checked(tag, f"{path}, line {line}: TagId")
        homes = [habitat for habitat, places in apparatus.habitats.items() if first in places]
        if not homes:
            near = nearest(first, apparatus.chambers)
            hint = f"; did you mean {near}?" if near else f"; chambers: {', '.join(apparatus.chambers)}"
            raise UserError(f"{path}, line {line}: no habitat has the chamber '{shortened(first)}'{hint}")
        if any(tag == one.tag or name == one.name for one in animals):
            raise UserError(f"{path}, line {line}: the animal {name} or its tag {tag} is there twice")
        animals.append(_Animal(name, tag, first, homes[0]))
    if not animals:
        raise UserError(f"{path} lists no animals")
    return animals


def _read_raw(path: Path, apparatus: Apparatus, zone: str, notes: list[str]) -> pd.DataFrame:
    """Return the reads of one file: `time` (s since 1970), `tag`, `key` (device, antenna), `line`."""
    rows: list[tuple[int, str, str, tuple[int, int]]] = []
    without = 0
    lines = text_of(path).splitlines()
    first = _HEADER if lines and not _is_read(lines[0]) else 0
    if lines and not first:
        notes.append(f"{path.name} has no line of column names; its first line is taken as a read")
    for number, text in enumerate(lines[first:], start=first + 1):
        if not text.strip():
            continue
        fields = [one.strip() for one in text.split(";")]
        if len(fields) != len(_FIELDS):
            hint = "; the separator must be ;" if len(fields) == 1 else ""
            needed = f"{len(_FIELDS)} ({';'.join(_FIELDS)})"
            raise UserError(f"{path}, line {number}: {len(fields)} fields, needs {needed}{hint}")
        if not fields[4]:
            without += 1
            continue
        if number == len(lines) and len(fields[4]) < TAG_DIGITS:
            raise UserError(f"{path}, line {number}: the last line is cut; is the file complete? Else delete it")
        checked(fields[4], f"{path}, line {number}: a tag")
        rows.append((number, fields[1], fields[4], _key(fields[2], fields[3], apparatus, path, number)))
    if without:
        notes.append(f"{path.name}: {counted(without, 'line')} without a tag skipped")
    times = seconds_of([row[1] for row in rows], [row[0] for row in rows], zone, path)
    line, _, tag, key = zip(*rows, strict=True) if rows else ((), (), (), ())
    reads = pd.DataFrame({"time": times, "tag": tag, "key": key, "line": line, "file": path.name})
    twice = reads.duplicated(["time", "tag", "key"])
    if twice.any():
        notes.append(f"{path.name}: {counted(int(twice.sum()), 'read')} there twice, to the millisecond; taken once")
    return reads[~twice]


def _is_read(text: str) -> bool:
    fields = [one.strip() for one in text.split(";")]
    return len(fields) == len(_FIELDS) and all(one.isdigit() for one in (fields[2], fields[3], fields[4] or "0"))


def _key(device: str, number: str, apparatus: Apparatus, path: Path, line: int) -> tuple[int, int]:
    try:
        key = (int(device), int(number))
    except ValueError as error:
        raise UserError(f"{path}, line {line}: device and antenna must be numbers, got '{device};{number}'") from error
    if key not in apparatus.antennas:
        raise UserError(f"{path}, line {line}: the apparatus has no antenna {key[1]} of device {key[0]}")
    return key


def _in_order(reads: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    back = reads["time"].diff()
    if (back < -_LITTLE_BACK_S).any():
        k = int(np.flatnonzero(back < -_LITTLE_BACK_S)[0])
        raise UserError(
            f"{path}: the time goes back by {-back.iloc[k]:.0f} s at line {reads['line'].iloc[k]} of"
            f" {reads['file'].iloc[k]}; files must sort by name in time order, and lines be in time order"
        )
    if (back < 0).any():
        n = counted(int((back < 0).sum()), "read")
        notes.append(f"{n} out of order by up to {-back.min():.3f} s; put in order")
    return reads.sort_values("time", kind="stable").reset_index(drop=True)


def _note_unknown(reads: pd.DataFrame, animals: list[_Animal], notes: list[str]) -> None:
    counts = reads.loc[~reads["tag"].isin([one.tag for one in animals]), "tag"].value_counts()
    if len(counts):
        named = ", ".join(f"{tag} ({counted(n, 'read')})" for tag, n in counts.head(_MOST_NAMED).items())
        notes.append(f"{counted(len(counts), 'tag')} of no animal in the list, left out: {named}")


def _note_fates(events: pd.DataFrame, missing_one: int, missing_two: int, lost_s: float, notes: list[str]) -> None:
    if missing_one:
        notes.append(
            f"{counted(missing_one, 'time')} one antenna in between missed an animal; the chamber gets that time"
        )
    if missing_two:
        n = counted(missing_two, "time")
        notes.append(f"{n} two antennas missed one; {lost_s:.0f} s are in no chamber (Voletron: Error)")
    stays = events[events["end_s"] - events["start_s"] > LOST_TAG_S]
    for name, own in stays.groupby("animal", sort=False):
        longest = (own["end_s"] - own["start_s"]).max() / 3600
        notes.append(
            f"{name}: {len(own)} of its stays last more than {LOST_TAG_S / 3600:g} h, the longest {longest:.1f} h; "
            "is its tag lost?"
        )
