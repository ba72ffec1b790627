"""Statistics of EthoVision XT: one row a track, seconds in zones and of behaviours, under four lines of names or one.

The four lines are those of the sample workbook in https://github.com/JasmineDickinson/Ethovision-export-cleanup:
variable (`In zone 2`), state (`partner / center-point`), statistic (`Cumulative Duration`), unit (`s`); for an
independent variable, its name is in the third. Other exports join the four to one, as scripts for R read them:
`In zone partner / center-point Cumulative Duration s`. Columns before the first name say which result, trial, arena,
subject and time bin a row is of. A hyphen marks what is missing, such as the latency to a zone that was never entered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from socialrl.errors import UserError
from socialrl.interop.columns import plain_name
from socialrl.interop.scored import CHAMBER, CONTACT, meaning_of
from socialrl.interop.table_text import Row, Table, decode, read_bytes, separated
from socialrl.interop.wording import counted
from socialrl.interop.workbook import can_read, is_workbook, sheets_of

_FIRST_BYTES = 65_536
_HEADER_WITHIN = 40
_LINES = 4
_OURS, _TOTAL, _FIRST = "independent variable", "cumulative duration", "latency to first"
_STATISTICS = (_TOTAL, _FIRST, "frequency")
_JOINED = re.compile(rf"(?P<what>.+?) (?P<statistic>{'|'.join(_STATISTICS)})( (?P<unit>\S+))?", re.IGNORECASE)
_BIN = re.compile(r"(start|\d+:\d\d(:\d\d)?(\.\d+)?)\s*-\s*(end|\d+:\d\d(:\d\d)?(\.\d+)?)", re.IGNORECASE)
_TITLES = {
    (_TOTAL, CONTACT): "huddle time {}",
    (_TOTAL, CHAMBER): "chamber time {}",
    (_FIRST, CONTACT): "latency {} huddle",
}
_LENGTH = "trial duration"


@dataclass(frozen=True)
class _Column:
    """What a column holds: an independent variable (`statistic` empty, `what` its name), or a statistic of a state."""

    what: str
    statistic: str = ""
    unit: str = ""

    @property
    def shown(self) -> str:
        return f"{self.what} {self.statistic}".strip() + (f" ({self.unit})" if self.unit else "")

    @property
    def title(self) -> str:
        """The title that a score sheet gives it, empty if it has none for it."""
        if not self.statistic:
            return self.what
        unit = f" ({self.unit})" if self.unit else ""
        meaning = meaning_of(self.what)
        if meaning is not None and meaning[1] is not None:
            ours = _TITLES.get((self.statistic.casefold(), meaning[0]), "")
            return ours.format(meaning[1]) + unit if ours else ""
        whole = re.search(r"\barena\b", self.what, re.IGNORECASE) and self.statistic.casefold() == _TOTAL
        return _LENGTH + unit if whole else ""


def recognises(path: Path) -> bool:
    """Whether a file has the names of such statistics among its first lines."""
    if is_workbook(path):
        return can_read() and any(_columns(rows) is not None for rows in sheets_of(path).values())
    with path.open("rb") as file:
        head = file.read(_FIRST_BYTES)
    if not re.search(rf"{_TOTAL}|{_FIRST}", head.replace(b"\0", b"").decode("latin-1"), re.IGNORECASE):
        return False
    try:
        parts, _ = separated(decode(head.rpartition(b"\n")[0] or head, path), path)
    except UserError:
        return False
    return any(_columns(rows) is not None for _, rows in parts)


def table_of(path: Path, notes: list[str]) -> Table:
    """Return the statistics of a file as the table of a score sheet, with notes on what each column is taken as.

    Seconds in the centre are what partner and stranger leave of the arena, where the centre is no zone. Raises
    `UserError` for a file without such names, and for statistics in time bins.
    """
    if is_workbook(path):
        parts = [("\t", rows) for rows in sheets_of(path).values()]
    else:
        parts, _ = separated(decode(read_bytes(path), path), path)
    found = [(sign, rows, names) for sign, rows in parts if (names := _columns(rows)) is not None]
    if not found:
        told = "'Cumulative Duration' and 'Latency to First' in one line, or in the third of four"
        raise UserError(f"{path}: no column names of statistics of EthoVision ({told})")
    if len(found) > 1:
        notes.append(f"{counted(len(found), 'sheet')} with statistics; the first is read")
    sign, rows, (head, columns) = found[0]
    below = [(line, cells) for line, cells in rows[head + 1 :] if any(cells)]
    _refuse_bins(below, columns, path)
    kept = {k: one for k, one in columns.items() if one.title}
    first: dict[str, _Column] = {}
    for one in kept.values():
        if first.setdefault(one.title, one) is not one:
            told = f"'{first[one.title].shown}' and '{one.shown}' both mean {one.title}"
            raise UserError(f"{path}: {told}; keep one of these columns")
    titles = [one.title for one in kept.values()]
    taken = [f"'{one.shown}' as {one.title}" for one in kept.values() if one.statistic]
    notes.append(f"taken: {', '.join(taken) or 'no statistic'}")
    left = [one.shown for k, one in columns.items() if k not in kept]
    if left:
        notes.append(f"not used: {', '.join(dict.fromkeys(left))}")
    table = [(line, [cells[k] if k < len(cells) else "" for k in kept]) for line, cells in below]
    titles, table = _with_centre(titles, table, notes)
    return Table(sign, rows[head][0], titles, table)


def _columns(rows: Sequence[Row]) -> tuple[int, dict[int, _Column]] | None:
    """Return the last row of names and what each named column holds; None if the first rows name no statistic."""
    first = list(enumerate(rows[:_HEADER_WITHIN]))
    for k, (_, cells) in first:
        folded = [cell.casefold() for cell in cells]
        if k >= 2 and any(cell in (_TOTAL, _FIRST) for cell in folded) and k + 1 < len(rows):
            return k + 1, _of_four([row for _, row in rows[k - 2 : k + 2]])
        if any((match := _JOINED.fullmatch(cell)) and match["statistic"] != "frequency" for cell in folded):
            return k, _of_one(cells)
    return None


def _of_four(block: Sequence[Sequence[str]]) -> dict[int, _Column]:
    width = max(map(len, block))
    found = {}
    for k in range(width):
        variable, state, name, unit = (row[k] if k < len(row) else "" for row in block)
        if variable.casefold() == _OURS:
            found[k] = _Column(name)
        elif name:
            found[k] = _Column(f"{variable} {state}".strip(), name, unit)
    return found


def _of_one(titles: Sequence[str]) -> dict[int, _Column]:
    found = {}
    for k, title in enumerate(titles):
        match = _JOINED.fullmatch(title)
        if match is not None:
            found[k] = _Column(match["what"], match["statistic"], match["unit"] or "")
        elif title:
            found[k] = _Column(re.sub(rf"^({_OURS} )+", "", title, flags=re.IGNORECASE))
    return found


def _refuse_bins(rows: Sequence[Row], columns: dict[int, _Column], path: Path) -> None:
    """Refuse rows of which several are of one track: a time bin each."""
    unnamed = range(min(columns, default=0))
    seen: dict[tuple[str, ...], tuple[int, str]] = {}
    for line, cells in rows:
        labels = [cells[k] if k < len(cells) else "" for k in unnamed]
        bins = [one for one in labels if _BIN.fullmatch(one)]
        if not bins:
            continue
        track = tuple(one for one in labels if one not in bins)
        before = seen.setdefault(track, (line, bins[0]))
        if before[0] != line:
            told = f"lines {before[0]} and {line} are time bins of one track ({before[1]}, {bins[0]})"
            raise UserError(f"{path}: {told}; calculate the statistics of whole trials, without time bins")


def _with_centre(titles: list[str], rows: list[Row], notes: list[str]) -> tuple[list[str], list[Row]]:
    plain = [plain_name(title) for title in titles]
    names = [name for name, _ in plain]
    needed = [f"chamber time {who}" for who in ("partner", "stranger")] + [_LENGTH]
    if "chamber time centre" in names or any(names.count(name) != 1 for name in needed):
        return titles, rows
    places = [names.index(name) for name in needed]
    if len({plain[k][1] for k in places}) != 1:
        return titles, rows
    notes.append("the centre is no zone; its seconds are those of the arena without the two chambers")
    whole = []
    for line, cells in rows:
        partner, stranger, length = (_number(cells[k]) for k in places)
        centre = max(0.0, length - partner - stranger)
        whole.append((line, [*cells, "" if math.isnan(centre) else f"{centre:.4f}"]))
    unit = plain[places[0]][1]
    return [*titles, "chamber time centre" + (f" ({unit})" if unit else "")], whole


def _number(cell: str) -> float:
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return math.nan
