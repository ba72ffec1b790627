"""Events of BORIS as scored tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from socialrl.errors import UserError, nearest, shortened
from socialrl.interop.boris import project
from socialrl.interop.boris import titles as names
from socialrl.interop.boris.scoring import BLANK, Scoring
from socialrl.interop.numbers import number
from socialrl.interop.scored import Scored
from socialrl.interop.table_text import Row, decode, read_bytes, separated
from socialrl.interop.workbook import can_read, is_workbook, sheets_of

MOST_BYTES = 256 * 2**20
_HEADER_WITHIN = 80
_FIRST_BYTES = 65_536
_MANY_KNOWN = 8
_SUFFIXES = (".tsv", ".csv", ".txt", ".xlsx", ".boris")


def recognises(path: Path) -> bool:
    """Whether a file is a project, or has a line with the column names of BORIS among its first ones.

    One column that is spelled otherwise does not matter; the reader says which. A folder counts if a file in it does.
    """
    if path.is_dir():
        return any(recognises(one) for one in _files(path))
    if project.recognises(path):
        return True
    if is_workbook(path):
        parts = list(sheets_of(path).values()) if can_read() else []
    else:
        with path.open("rb") as file:
            head = file.read(_FIRST_BYTES)
        if b"ehavi" not in head and b"e\0h\0a\0v\0i" not in head:
            return False
        try:
            # the last line may be cut
            parts = [rows for _, rows in separated(decode(head.rpartition(b"\n")[0] or head, path), path)[0]]
        except UserError:
            return False
    return any(_header(rows) is not None or _nearly(rows) for rows in parts)


def read_scored(path: Path, notes: list[str]) -> list[Scored]:
    """Return the tests in a project, in a file of aggregated or tabular events, or in a folder of such files.

    There is one test for each observation and subject; where no subject is named the observation is the animal. Raises
    `UserError` with line and column for a file without BORIS's columns, times that are no seconds, states that begin
    and never end, bouts outside their test, and what is there twice.
    """
    if path.is_dir():
        return _of_folder(path, notes)
    if project.recognises(path):
        return project.read(path, notes)
    if is_workbook(path):
        parts, fault = list(sheets_of(path).values()), None
    else:
        told, fault = separated(decode(read_bytes(path, MOST_BYTES), path), path)
        parts = [rows for _, rows in told]
    if not any(any(row) for rows in parts for _, row in rows):
        raise fault or UserError(f"{path}: the file is empty")
    found = [(rows, k) for rows in parts if (k := _header(rows)) is not None]
    if not found:
        raise fault or _no_header(path, parts)
    tests: list[Scored] = []
    for rows, k in found if is_workbook(path) else found[:1]:
        tests += _tests(rows, k, path, notes)
    if not tests:
        raise UserError(f"{path}: there are no events below the column names")
    return tests


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file() and one.suffix.casefold() in _SUFFIXES)


def _of_folder(folder: Path, notes: list[str]) -> list[Scored]:
    files = [one for one in _files(folder) if recognises(one)]
    if not files:
        raise UserError(f"{folder} holds no file of BORIS (project, aggregated or tabular events)")
    found: dict[str, Path] = {}
    tests: list[Scored] = []
    for file in files:
        own = read_scored(file, notes)
        for observation in dict.fromkeys(one.test for one in own):
            if observation in found:
                told = f"the observation '{observation}' is in {found[observation].name} and in {file.name}"
                raise UserError(f"{folder}: {told}; keep one of them, or give one file")
            found[observation] = file
        tests += own
    return tests


def _nearly(rows: Sequence[Row]) -> bool:
    """Whether a line among the first ones has most names of BORIS."""
    return any(names.n_known(row) >= _MANY_KNOWN for _, row in rows[:_HEADER_WITHIN])


def _header(rows: Sequence[Row]) -> int | None:
    return next((k for k, (_, row) in enumerate(rows[:_HEADER_WITHIN]) if names.is_header(row)), None)


def _no_header(path: Path, parts: Sequence[Sequence[Row]]) -> UserError:
    first = [row for rows in parts for _, row in rows[:_HEADER_WITHIN]]
    best = max(first, key=lambda row: (names.n_known(row), len(row)))
    there = [one for one in best if one]
    found = names.places(best)
    missing = [name for name in ("subject", "behaviour", "start", "stop") if name not in found]
    title = names.TITLES[missing[0]][0] if missing else "start (s)"
    near = nearest(title, [one.casefold() for one in there])
    hint = f"; nearest is '{near}'" if near else ""
    return UserError(
        f"{path}: no column '{title}'{hint}; columns: {shortened(', '.join(there))} (export aggregated or tabular"
        " events from BORIS as TSV, CSV or XLSX)"
    )


def _tests(rows: Sequence[Row], header: int, path: Path, notes: list[str]) -> list[Scored]:
    titles = rows[header][1]
    place, above = names.places(titles), _above(rows[:header])
    mods, facts, lengths = names.modifiers(titles), names.facts(titles), names.lengths(titles)
    aggregated = {"start", "stop"} <= set(place)
    scoring = Scoring(str(path))
    for line, cells in rows[header + 1 :]:
        if not any(cells):
            continue
        if len(cells) < len(titles) and any(place[name] >= len(cells) for name in ("subject", "behaviour")):
            raise UserError(
                f"{path}, line {line}: {len(cells)} values for {len(titles)} columns; is the file complete?"
            )
        at = {name: cells[k] if k < len(cells) else "" for name, k in place.items()}
        observation = at.get("observation") or above.get("observation id") or path.stem
        own = {titles[k]: cells[k] if k < len(cells) else "" for k in facts}
        key = scoring.test(observation, at["subject"], line, own, _length(cells, lengths))
        offset = at.get("offset") or above.get("time offset (s)", "")
        sign = -1.0 if offset.startswith("-") else 1.0
        offset_s = sign * _seconds(offset.removeprefix("-"), "Time offset (s)", line, path)
        if offset_s and not math.isnan(offset_s):
            scoring.offsets[observation] = offset_s
        behaviour = " ".join([at["behaviour"], *(cells[k] for k in mods if k < len(cells) and _said(cells[k]))])
        if not at["behaviour"]:
            raise UserError(f"{path}, line {line}: no behaviour in column '{titles[place['behaviour']]}'")
        if aggregated:
            start, stop = (_seconds(at[name], titles[place[name]], line, path) for name in ("start", "stop"))
            state = at.get("type", "").upper().startswith("STATE")
            for name, value in (("start", start), ("stop", stop)):
                if math.isnan(value) and (name == "start" or state):
                    hint = "a state must stop" if name == "stop" else "is the file complete?"
                    raise UserError(f"{path}, line {line}: no time in column '{titles[place[name]]}'; {hint}")
            stop = start if math.isnan(stop) else stop
            if stop < start:
                raise UserError(f"{path}, line {line}: the bout ends at {at['stop']} and starts at {at['start']}")
            scoring.bout(key, behaviour, start, stop, line)
            continue
        time = _seconds(at["time"], titles[place["time"]], line, path)
        kind = at["type"].upper()
        if math.isnan(time) or kind not in ("START", "STOP", "POINT"):
            told = f"type '{at['type']}' at '{at['time']}'"
            raise UserError(f"{path}, line {line}: needs START, STOP or POINT and a time in seconds, got {told}")
        if kind == "POINT":
            scoring.bout(key, behaviour, time, time, line)
        elif kind == "START":
            scoring.start(key, behaviour, time, line)
        else:
            scoring.stop(key, behaviour, time, line)
    return scoring.finished(notes)


def _above(rows: Sequence[Row]) -> dict[str, str]:
    """Return what the block above the table of an older version says: name and value of each line."""
    return {row[0].casefold(): row[1] for _, row in rows if len(row) > 1 and row[0]}


def _said(cell: str) -> bool:
    return cell.casefold() not in BLANK


def _length(cells: Sequence[str], lengths: Sequence[int]) -> float:
    """Return the length of the test, NaN where no column gives one number."""
    for k in lengths:
        try:
            value = number(cells[k], ".") if k < len(cells) else math.nan
        except ValueError:  # several media files: 5400.000;5400.000
            value = math.nan
        if value > 0:
            return value
    return math.nan


def _seconds(cell: str, title: str, line: int, path: Path) -> float:
    text = cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell
    try:
        value = number(text, ".")
    except ValueError:
        value = math.inf
    if math.isinf(value) or value < 0:
        hint = "; set the time format of the export to seconds" if cell.count(":") in (1, 2) else ""
        got = shortened(cell)
        raise UserError(f"{path}, line {line}, column '{title}': must be a number of 0 or more, got '{got}'{hint}")
    return value
