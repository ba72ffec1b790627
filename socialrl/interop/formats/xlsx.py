"""Score sheets in workbooks; a workbook of a scoring program is left to that program's format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from socialrl.errors import UserError
from socialrl.interop import boris, ethovision
from socialrl.interop.columns import n_known
from socialrl.interop.ethovision import statistics
from socialrl.interop.formats import Format
from socialrl.interop.score_sheets import ScoreSheet, score_table
from socialrl.interop.table_text import choose_table
from socialrl.interop.workbook import is_workbook, sheets_of
from socialrl.storage.files import checksum


def recognises(path: Path) -> bool:
    """Whether a path is a workbook, and not one that BORIS or EthoVision wrote."""
    others = (boris.recognises, ethovision.recognises, statistics.recognises)
    return is_workbook(path) and not any(recognised(path) for recognised in others)


def read(path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]) -> ScoreSheet:
    """Return the tests of the sheet in which most column names are known; see `read_score_sheet`."""
    path, first_note = Path(path), len(notes)
    if not is_workbook(path):
        raise UserError(f"{path} is not a workbook (.xlsx)" if path.is_file() else f"{path}: no such workbook")
    sheets = sheets_of(path)
    table = choose_table([("\t", rows) for rows in sheets.values()], path, n_known, notes)
    if len(sheets) > 1:
        name = next(name for name, rows in sheets.items() if any(row is table.titles for _, row in rows))
        others = ", ".join(one for one in sheets if one != name)
        notes.append(f"the sheet '{name}' is read, others are not: {others}; to read one of those, save it alone")
    return score_table(table, path, checksum(path.read_bytes()), needed, where, notes, first_note)


FORMAT = Format(
    "xlsx",
    "score sheets in workbooks of Excel 2007 and later",
    recognises=recognises,
    read=read,
    extensions=(".xlsx", ".xlsm"),
    reads="the sheet in which most column names are known: scored tests, one row a test",
    needs=("openpyxl",),
    extra="xlsx",
)
