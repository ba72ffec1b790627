"""Raw data of EthoVision as scored tests: states that are 1 while they last."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from socialrl.errors import UserError, nearest, shortened
from socialrl.interop.columns import WORDS, plain_name
from socialrl.interop.ethovision.arenas import Track, refuse_copies, told_apart
from socialrl.interop.scored import Bout, Meaning, Scored, meaning_of
from socialrl.interop.table_text import DELIMITERS, Row, decode, read_bytes, rows_of, separated
from socialrl.interop.wording import counted
from socialrl.interop.workbook import can_read, is_workbook, sheets_of

_COUNT = re.compile(r"number of header lines", re.IGNORECASE)
_TIMES = ("recording time", "trial time", "time")
_ANIMAL = WORDS["animal"]
_SUBJECT = ("subject name", "subject")
_ABOUT_THE_FILE = frozenset(
    {
        "experiment", "trial id", "arena name", "arena id", "arena settings", "subject id", "track", "track name",
        "reference time", "start time", "stop time", "video file", "media file", "video start time", "trial control",
        "detection settings", "trial duration", "recording duration", "recording after", "system variable",
        "user defined independent variable", "independent variable", "missed samples", "subject not found",
        "interpolated samples", "detection status", "acquisition status", "number of header lines", "trial status",
        "arena settings profile", "date format", "time format",
    }
)  # fmt: skip
_MISSING = ("", "-", "--", "na", "nan", "n/a", "*", ".")
_FIRST_BYTES = 16_384
MOST_BYTES = 512 * 2**20
_SUFFIXES = (".txt", ".csv", ".tsv", ".xlsx")


def recognises(path: Path) -> bool:
    """Whether a file begins as raw data of EthoVision do, or a folder holds such files."""
    if path.is_dir():
        return any(recognises(one) for one in _files(path))
    if is_workbook(path):
        return can_read() and any(_count(rows) is not None for rows in sheets_of(path).values())
    with path.open("rb") as file:
        head = file.read(_FIRST_BYTES)
    return _COUNT.search(head.replace(b"\0", b"")[:200].decode("latin-1")) is not None


def read_scored(
    path: Path,
    notes: list[str],
    *,
    delimiter: str | None = None,
    missing: str | None = None,
    header: int | None = None,
    given: Mapping[str, Meaning] | None = None,
) -> list[Scored]:
    """Return the tests in raw data: one for each track, in a file, in the sheets of a workbook, or in a folder of both.

    `delimiter`, `missing` (its mark) and `header` (how many lines) are found out where they are None. States are
    columns of 0 and 1; a state begins with the first sample that has it and ends with the next one that has not.
    Animals that share trial and arena were together; trials of one name from different experiments or days are told
    apart. Raises `UserError` with line and column for files that are no such export.
    """
    if path.is_dir():
        files = [one for one in _files(path) if recognises(one)]
        if not files:
            raise UserError(f"{path} holds no raw data of EthoVision (text files or workbooks)")
    else:
        files = [path]
    found: list[Track] = []
    for file in files:
        for track in _tracks(file, notes, delimiter, missing, header, given):
            refuse_copies(track, found)
            found.append(track)
    return told_apart(found)


def _tracks(
    path: Path,
    notes: list[str],
    delimiter: str | None,
    missing: str | None,
    header: int | None,
    given: Mapping[str, Meaning] | None,
) -> list[Track]:
    if is_workbook(path):
        sheets = sheets_of(path)
        found = [one for name, rows in sheets.items() if (one := _count(rows)) is not None and name and rows]
        if not found:
            raise UserError(f"{path}: no sheet begins with 'Number of header lines:'")
        return [
            _track(rows, header or _count(rows) or 0, path, missing, given, notes)
            for rows in sheets.values()
            if _count(rows) is not None
        ]
    text = decode(read_bytes(path, MOST_BYTES), path)
    if not text.strip():
        raise UserError(f"{path}: the file is empty")
    sign, count = _first_line(text, path, delimiter)
    rows = rows_of(text, sign, path)
    if header is None and count == 0:
        raise UserError(
            f"{path}: the first line must say 'Number of header lines:' and their number, with a delimiter between them"
            f" (comma, semicolon, tab or bar); got '{shortened(' '.join(rows[0][1]))}'"
        )
    return [_track(rows, header or count, path, missing, given, notes)]


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file() and one.suffix.casefold() in _SUFFIXES)


def _count(rows: Sequence[Row]) -> int | None:
    """Return how many header lines the first line says that there are, None if it says nothing of it."""
    first = rows[0][1] if rows else []
    if len(first) < 2 or not _COUNT.search(first[0]):
        return None
    return int(first[1]) if first[1].isdigit() and int(first[1]) > 1 else None


def _first_line(text: str, path: Path, delimiter: str | None) -> tuple[str, int]:
    """Return the delimiter and how many header lines the first line says that there are (0: it does not)."""
    first = text.lstrip().splitlines()[0]
    for sign, rows in separated(first, path)[0]:
        count = _count(rows)
        if count is not None and delimiter in (None, sign):
            return sign, count
    return delimiter or max(DELIMITERS, key=text[:_FIRST_BYTES].count), 0


def _track(
    rows: Sequence[Row],
    header: int,
    path: Path,
    missing: str | None,
    given: Mapping[str, Meaning] | None,
    notes: list[str],
) -> Track:
    by_line = dict(rows)
    if rows and header > rows[-1][0]:
        raise UserError(f"{path}, line 1: {header} header lines, but the file has {rows[-1][0]} lines")
    titles, units = by_line.get(header - 1, []), by_line.get(header, [])
    samples = [(line, cells) for line, cells in rows if line > header and any(cells)]
    time_at = next((k for name in _TIMES for k, one in enumerate(titles) if one.casefold() == name), None)
    if time_at is None:
        near = nearest("Trial time", titles)
        hint = f"; nearest is '{near}'" if near else f"; it holds: {shortened(', '.join(titles))}"
        raise UserError(
            f"{path}, line {header - 1}: no column 'Trial time' or 'Recording time'{hint} (of {header} header lines"
            " the last but one has the column names)"
        )
    if time_at < len(units) and units[time_at].casefold() not in ("s", ""):
        raise UserError(
            f"{path}, line {header}: '{titles[time_at]}' is in '{units[time_at]}'; export it in seconds (s)"
        )
    if len(samples) < 2:
        raise UserError(f"{path}: {counted(len(samples), 'sample')} below the {header} header lines")
    n = _width(titles)
    for line, cells in samples:
        if _width(cells) > n:
            hint = "; was a decimal comma exported with commas between columns?"
            raise UserError(f"{path}, line {line}: {_width(cells)} values for {n} columns{hint}")
    marks = {*_MISSING, *([missing.casefold()] if missing else [])}
    time = np.array([_number(cells, time_at, titles, line, path, marks) for line, cells in samples])
    if np.isnan(time).any() or (np.diff(time) <= 0).any():
        k = int(np.flatnonzero(np.isnan(time) | np.r_[False, np.diff(time) <= 0])[0])
        got = samples[k][1][time_at]
        raise UserError(f"{path}, line {samples[k][0]}, column '{titles[time_at]}': must increase, got '{got}'")
    step = float(np.median(np.diff(time)))
    facts = {
        cells[0].rstrip(": "): cells[1]
        for line, cells in rows
        if line < header - 1 and len(cells) > 1 and cells[0] and cells[1].casefold() not in _MISSING
    }
    animal = _animal(facts, path)
    arena = facts.get("Arena name")
    trial = facts.get("Trial name", path.stem) + (f", {arena}" if arena else "")  # animals of one arena are together
    one = Scored(animal, trial, samples[0][0], float(time[-1] - time[0]) + step)
    one.facts = {name: value for name, value in facts.items() if _is_fact(name)}
    for k, title in enumerate(titles):
        if meaning_of(title, given) is None:
            continue
        states = np.array([_number(cells, k, titles, line, path, marks) for line, cells in samples])
        known = states[~np.isnan(states)]
        if not np.isin(known, (0.0, 1.0)).all():
            continue
        if len(known) < len(states):
            n = len(states) - len(known)
            notes.append(f"{path.name}: '{title}' is missing in {n} of {len(states)} samples; taken as 0")
        one.bouts += _runs(title, states == 1.0, time, step, samples[0][0])
    if not one.bouts and not any(meaning_of(title, given) for title in titles):
        raise UserError(
            f"{path}: no column of 0 and 1 whose name says huddling or contact, or a chamber or zone, and whose"
            f" (partner, stranger, centre); columns: {shortened(', '.join(titles))}"
        )
    one.bouts.sort(key=lambda bout: (bout.start_s, bout.end_s))
    day = facts.get("Start time", "").split()
    return Track(one, facts.get("Experiment", ""), day[0] if day else "", path)


def _width(cells: Sequence[str]) -> int:
    return max((k + 1 for k, cell in enumerate(cells) if cell), default=0)


def _runs(title: str, on: NDArray[np.bool_], time: NDArray[np.float64], step: float, line: int) -> list[Bout]:
    edges = np.flatnonzero(np.diff(np.r_[False, on, False].astype(np.int8)))
    after = np.r_[time, time[-1] + step] - time[0]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Bout(title, float(after[a]), float(after[b]), line + int(a)) for a, b in pairs]


def _animal(facts: Mapping[str, str], path: Path) -> str:
    for wanted in (_ANIMAL, _SUBJECT):
        for name, value in facts.items():
            if name.casefold() not in _SUBJECT and plain_name(name)[0] in wanted:
                return value
            if wanted is _SUBJECT and name.casefold() in _SUBJECT:
                return value
    return path.stem


def _is_fact(name: str) -> bool:
    folded = name.casefold()
    known = folded in _ABOUT_THE_FILE or folded in (*_SUBJECT, "trial name")
    return not known and plain_name(name)[0] not in _ANIMAL


def _number(cells: Sequence[str], k: int, titles: Sequence[str], line: int, path: Path, marks: set[str]) -> float:
    cell = cells[k] if k < len(cells) else ""
    if cell.casefold() in marks:
        return math.nan
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError as error:
        got, hint = shortened(cell), "if this marks missing values, give it with missing="
        raise UserError(f"{path}, line {line}, column '{titles[k]}': must be a number, got '{got}'; {hint}") from error
