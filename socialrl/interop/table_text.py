"""From the bytes of a delimited text file to the cells of its table, with the line that each row begins at."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialrl.config.shipped import SHEET, hint
from socialrl.errors import UserError, from_os_error, nearest
from socialrl.interop.wording import lines

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = ("utf-8-sig", "cp1252")
_MOST_BYTES = 16 * 2**20
_HEADER_WITHIN = 60
_LEAST_KNOWN = 2

Row = tuple[int, list[str]]
"""The line a row begins at, and its cells."""


@dataclass(frozen=True)
class Table:
    """A table: its column names, their line, the rows below; white space in a cell is single spaces."""

    delimiter: str
    head_line: int
    titles: list[str]
    rows: list[Row]

    @property
    def separated_by(self) -> str:
        """The delimiter's name."""
        return DELIMITERS.get(self.delimiter, f"'{self.delimiter}'")


def read_bytes(path: Path, most: int = _MOST_BYTES) -> bytes:
    """Return the content of a sheet; a file that cannot be read, or is too large for one, raises `UserError`."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder; give the score sheet, a file")
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is not a file; give the score sheet as a CSV file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError as error:
        beside = [one.name for one in path.parent.glob("*") if one.is_file()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        meant = f"; did you mean {near}?" if near else hint(path, SHEET)
        raise UserError(f"{path}: no such score sheet{meant}") from error
    except OSError as error:
        told = from_os_error(error, f"read {path}")
        raise told or UserError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > most:
        raise UserError(f"{path} is larger than {most // 2**20} MiB, too large for a score sheet")
    return content


def decode(content: bytes, path: Path) -> str:
    """Return the text: UTF-8 with or without a byte-order mark, UTF-16 as Excel writes it, else Windows-1252."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UserError(f"{path} is a workbook of Excel 97-2003 (or another old Office file); save it as .xlsx or CSV")
    if content.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        raise UserError(f"{path} is a workbook; save the sheet as CSV first, or read it with the format xlsx")
    if content.startswith(b"PK\x03\x04"):
        raise UserError(f"{path} is a damaged workbook, or another archive; save the sheet again, as .xlsx or CSV")
    if path.suffix.casefold() in (".xlsx", ".xlsm", ".xls"):
        raise UserError(f"{path} is called a workbook and is none; if it is text, call it .csv")
    encodings: tuple[str, ...] = _ENCODINGS
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif content[1:2] == b"\0" or content[:1] == b"\0":
        encodings = ("utf-16-le",) if content[1:2] == b"\0" else ("utf-16-be",)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UserError(f"{path}: not a text file")


def find_table(text: str, path: Path, n_known: Callable[[Sequence[str]], int], notes: list[str]) -> Table:
    """Return the table in `text`: the row with most known column names is its head, below a title block or not.

    A first line `sep=;` sets the delimiter; else it is the one under which most names are known. A file without rows,
    or with quotes that do not match, raises `UserError`.
    """
    parts, fault = separated(text, path)
    return choose_table(parts, path, n_known, notes, fault)


def separated(text: str, path: Path) -> tuple[list[tuple[str, list[Row]]], UserError | None]:
    """Return the rows of `text` under every delimiter that it can have, and why it cannot have another."""
    said = re.match(r"\s*\"?sep=(.)\"?[^\S\n\r]*(?:\r\n|\r|\n|$)", text, re.IGNORECASE)
    skipped = text[: said.end()].count("\n") or 1 if said else 0
    text = text[said.end() :] if said else text
    parts: list[tuple[str, list[Row]]] = []
    fault: UserError | None = None
    for delimiter in [said[1]] if said else DELIMITERS:
        try:
            rows = [(n + skipped, row) for n, row in _rows(text, delimiter, path, skipped)]
        except UserError as error:
            fault = fault or error
            continue
        parts.append((delimiter, rows))
    return parts, fault


def choose_table(
    parts: Sequence[tuple[str, list[Row]]],
    path: Path,
    n_known: Callable[[Sequence[str]], int],
    notes: list[str],
    fault: UserError | None = None,
) -> Table:
    """Return the table of the part in which most column names are known; `fault` is raised if none knows enough."""
    best: tuple[tuple[int, int, int], str, list[Row], int] | None = None
    for delimiter, all_rows in parts:
        rows = [(n, row) for n, row in all_rows if any(row)]
        if not rows:
            continue
        known = [n_known(row) for _, row in rows[:_HEADER_WITHIN]]
        head = max(range(len(known)), key=lambda k: known[k])
        head = head if known[head] >= _LEAST_KNOWN else 0
        score = (known[head], len(rows[head][1]), delimiter == ",")
        if best is None or score > best[0]:
            best = (score, delimiter, rows, head)
    if best is None:
        raise fault or UserError(f"{path}: the score sheet is empty")
    _, delimiter, rows, head = best
    if fault is not None and best[0][0] < _LEAST_KNOWN:
        raise fault
    if head:
        above = lines((n for n, _ in rows[:head]), most=8)
        notes.append(f"line {rows[head][0]} holds the column names; ignored above it: {above}")
    return Table(delimiter, rows[head][0], rows[head][1], rows[head + 1 :])


def rows_of(text: str, delimiter: str, path: Path) -> list[Row]:
    """Return the rows of `text` under one delimiter; quotes that do not match raise `UserError`."""
    return _rows(text, delimiter, path, 0)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _rows(text: str, delimiter: str, path: Path, skipped: int) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for row in reader:
            rows.append((line, [_one_line(cell) for cell in row]))
            line = reader.line_num + 1
    except (csv.Error, TypeError) as error:
        raise UserError(f"{path}, line {line + skipped}: not readable as a table ({error})") from error
    return rows
