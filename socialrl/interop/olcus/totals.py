"""Tables that Voletron writes: seconds of each animal in each chamber, and of each pair together, by bins of time.

`*.chambers.csv` and `*.pair-inclusive.cohab.csv` of Voletron 2, as its outputs.md describes them. They say how long,
not when: within a bin the order is not known. Stays are laid one after the other, that in which the bin before ended
first; time together is a row of kind `together` for each animal of a pair, from the start of the bin.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError, nearest, shortened
from socialrl.interop.olcus.apparatus import ERROR
from socialrl.interop.olcus.reading import COLUMNS
from socialrl.interop.olcus.texts import text_of
from socialrl.interop.table_text import rows_of

CHAMBERS, PAIRS = "chambers.csv", "pair-inclusive.cohab.csv"
_BINS = ("bin_number", "bin_start", "bin_end")
_NOT_CHAMBERS = (*_BINS, "bin_duration", "animal", "total")
_UNKNOWN = "UNKNOWN"

_Row = tuple[int, dict[str, str]]


def recognises(path: Path) -> bool:
    """Whether a path is such a table, or a folder that holds one."""
    if path.is_dir():
        return any(path.glob(f"*{CHAMBERS}")) or any(path.glob(f"*{PAIRS}"))
    with path.open("rb") as file:
        titles = re.split("[,;]", file.readline(10_000).decode("utf-8-sig", "replace").strip())
    return set(_BINS) <= set(titles) and ("animal" in titles or "Animal A" in titles)


def read_events(path: Path, settings: Mapping[str, Any], notes: list[str]) -> pd.DataFrame:
    """Return the events of a table, or of both tables in a folder; columns as `reading.COLUMNS`.

    Bins are the narrowest that the tables have; `habitat` is the folder's name. Raises `UserError` with file and line
    for a missing column, a number that is none, and bins that do not fit together.
    """
    found = _tables(path)
    rows: list[dict[str, Any]] = []
    starts = []
    for file, table in found:
        starts.append(min(_number(one, "bin_start", file, line) for line, one in table))
        notes_of = _chamber_rows if file.name.endswith(CHAMBERS) or "animal" in table[0][1] else _pair_rows
        rows += notes_of(file, table, settings["tubes"], notes)
    zero = min(starts)
    folder = path if path.is_dir() else path.parent
    events = pd.DataFrame(rows)
    events["start_s"] -= zero
    events["end_s"] -= zero
    names = list(dict.fromkeys(events["animal"]))
    events["index"] = events["animal"].map({name: k for k, name in enumerate(names)})
    habitat = folder.resolve().name
    test = found[0][0].name.partition(".")[0]
    events = events.assign(habitat_type=habitat, habitat=habitat, test=test, repeat=0)
    events = events.sort_values(["index", "start_s"], kind="stable", ignore_index=True)
    return events.reindex(columns=list(COLUMNS))


def _tables(path: Path) -> list[tuple[Path, list[_Row]]]:
    if not path.is_dir():
        return [(path, _rows(path))]
    files = [file for ending in (CHAMBERS, PAIRS) for file in sorted(path.glob(f"*{ending}"))]
    for ending in (CHAMBERS, PAIRS):
        several = [file.name for file in files if file.name.endswith(ending)]
        if len(several) > 1:
            raise UserError(f"{path} holds {' and '.join(several)}; give one folder or one file")
    if not files:
        raise UserError(f"{path} holds no table of Voletron (*.{CHAMBERS}, *.{PAIRS})")
    return [(file, _rows(file)) for file in files]


def _rows(path: Path) -> list[_Row]:
    """Return the rows of the narrowest bins, with their lines."""
    lines = [(line, fields) for line, fields in rows_of(text_of(path), ",", path) if any(fields)]
    if not lines:
        raise UserError(f"{path}: the file is empty")
    titles = lines[0][1]
    if len(titles) == 1 and ";" in titles[0]:
        raise UserError(f"{path}: the table is separated by semicolons; tables of Voletron 2 are comma-separated")
    who = "animal" if "animal" in titles or "Animal A" not in titles else "Animal A"
    for name in (*_BINS, who, *(("Animal B", "seconds") if who == "Animal A" else ())):
        if name not in titles:
            near = nearest(name, titles)
            hint = f"; did you mean '{near}'?" if near else f"; columns: {shortened(', '.join(titles))}"
            raise UserError(f"{path}: no column {name}{hint} (tables of Voletron 2 are comma-separated)")
    rows: list[_Row] = []
    for line, fields in lines[1:]:
        if len(fields) != len(titles):
            raise UserError(f"{path}, line {line}: {len(fields)} fields, the header has {len(titles)}")
        rows.append((line, dict(zip(titles, fields, strict=True))))
    if not rows:
        raise UserError(f"{path}: the table has no rows")
    first: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        key = tuple(
            cells[name] for name in ("bin_number", "bin_start", who, *(("Animal B",) if who == "Animal A" else ()))
        )
        if first.setdefault(key, line) != line:
            raise UserError(
                f"{path}, line {line}: the bin {key[0]} of {' and '.join(key[2:])} is in line {first[key]}, too"
            )
    bins = [one for one in rows if _number(one[1], "bin_number", path, one[0]) > 0]
    return bins or rows


def _chamber_rows(path: Path, table: Sequence[_Row], tubes: list[str] | None, notes: list[str]) -> list[dict[str, Any]]:
    """Return stays and passages that add up to the seconds of every bin; what rounding leaves goes to the longest."""
    places = [name for name in table[0][1] if name not in _NOT_CHAMBERS]
    if tubes is None:
        tubes = [name for name in places if name.casefold().startswith("tube")]
    elif unknown := [name for name in tubes if name not in places]:
        raise UserError(f"{path}: tubes: no column {unknown[0]}; columns: {', '.join(places)}")
    rows: list[dict[str, Any]] = []
    last: dict[str, str] = {}
    lost_s, mixed, bins = 0.0, 0, 0
    for line, cells in table:
        began, ended = (_number(cells, name, path, line) for name in ("bin_start", "bin_end"))
        if ended <= began:
            raise UserError(f"{path}, line {line}: the bin ends at {ended:g} s, not after its start, {began:g} s")
        animal = cells["animal"].strip()
        seconds = {name: _number(cells, name, path, line) for name in places}
        lost_s += seconds.pop(ERROR, 0.0)
        there = [name for name, one in seconds.items() if one > 0]
        there.sort(key=lambda name: name != last.get(animal, ""))
        bins, mixed = bins + 1, mixed + (len(there) > 1)
        known = sum(seconds.values()) + (_number(cells, ERROR, path, line) if ERROR in cells else 0.0)
        left = ended - began - known
        if abs(left) > 0.5 * (len(places) + 2):
            raise UserError(f"{path}, line {line}: the places add up to {known:g} s of {ended - began:g} s")
        if there:
            seconds[max(there, key=lambda name: seconds[name])] += left
            last[animal] = there[-1]
        at = began
        for name in there:
            kind = "passage" if name in tubes else "chamber"
            to = name if kind == "passage" else None
            rows.append(
                {"animal": animal, "kind": kind, "start_s": at, "end_s": at + seconds[name], "chamber": name, "to": to}
            )
            at += seconds[name]
    if lost_s:
        notes.append(f"{path.name}: {lost_s:.0f} s are in no chamber (Error)")
    if mixed:
        notes.append(
            f"{path.name}: in {mixed} of {bins} bins an animal was in several places, in an order that the table does "
            "not say; take nothing finer than a bin from it, and no group sizes"
        )
    return rows


def _pair_rows(path: Path, table: Sequence[_Row], _tubes: list[str] | None, notes: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    unknown_s = 0.0
    for line, cells in table:
        began, ended, seconds = (_number(cells, name, path, line) for name in ("bin_start", "bin_end", "seconds"))
        if seconds > ended - began + 1.0:
            raise UserError(f"{path}, line {line}: {seconds:g} s together in a bin of {ended - began:g} s")
        one, other = cells["Animal A"].strip(), cells["Animal B"].strip()
        if other == _UNKNOWN:
            unknown_s += seconds
        elif seconds > 0:
            end_s = min(began + seconds, ended)
            rows += [
                {"animal": who, "kind": "together", "start_s": began, "end_s": end_s, "other": whom}
                for who, whom in ((one, other), (other, one))
            ]
    if unknown_s:
        notes.append(f"{path.name}: {unknown_s:.0f} s of animals that were in no known place are left out")
    if not rows:
        raise UserError(f"{path}: no two animals were ever together")
    return rows


def _number(cells: Mapping[str, str], name: str, path: Path, line: int) -> float:
    try:
        value = float(cells[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        got = shortened(cells[name])
        raise UserError(f"{path}, line {line}, column {name}: must be a number of 0 or more, got '{got}'")
    return value
