"""Statistics of EthoVision XT: scored tests, one row a track."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from socialrl.interop.ethovision.statistics import recognises, table_of
from socialrl.interop.formats import Format
from socialrl.interop.score_sheets import ScoreSheet, score_table
from socialrl.storage.files import checksum


def read(path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]) -> ScoreSheet:
    """Return the tests in statistics of EthoVision; see `socialrl.interop.ethovision.statistics.table_of`."""
    path, first_note = Path(path), len(notes)
    table = table_of(path, notes)
    return score_table(table, path, checksum(path.read_bytes()), needed, where, notes, first_note)


FORMAT = Format(
    "ethovision-statistics",
    "statistics of EthoVision XT: seconds in zones and of behaviours, one row a track",
    recognises=recognises,
    read=read,
    extensions=(".xlsx", ".txt", ".csv"),
    reads="a workbook or text file of statistics, under four lines of names or one; whole trials, no time bins",
)
