"""EthoVision XT: raw data of tracks, with zones and scored behaviour as columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.ethovision import read_scored, recognises
from socialrl.interop.formats import Format, Option
from socialrl.interop.score_sheets import ScoreSheet
from socialrl.interop.scored import MEANINGS, events_of, sheet_of, united
from socialrl.interop.table_text import DELIMITERS
from socialrl.storage.files import checksum


def _delimiter(text: str) -> str:
    names = {name: sign for sign, name in DELIMITERS.items()}
    if text in DELIMITERS:
        return text
    if text.casefold() in names:
        return names[text.casefold()]
    raise UserError(f"must be {', '.join(names)}, got '{text}'")


def _lines(text: str) -> int:
    if not 2 <= int(text) <= 1000:
        raise ValueError(text)
    return int(text)


def read(path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]) -> ScoreSheet:
    """Return the tests in raw data as a score sheet; see `socialrl.interop.scored.sheet_of`."""
    path = Path(path)
    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    sha256 = checksum(b"".join(one.read_bytes() for one in files))
    return sheet_of(read_scored(path, notes), path, sha256, needed, where, notes)


def read_events(path: Path, settings: Mapping[str, Any], notes: list[str]) -> pd.DataFrame:
    """Return the states in raw data as events; see `socialrl.interop.scored.events_of`."""
    given = settings["behaviours"]
    found = read_scored(
        path,
        notes,
        delimiter=settings["delimiter"],
        missing=settings["missing"],
        header=settings["header"],
        given=given,
    )
    return events_of(united(found, given, notes), given)


FORMAT = Format(
    "ethovision",
    "raw data of EthoVision XT: zones and behaviours of each track, sample by sample",
    recognises=recognises,
    folders=True,
    read=read,
    read_events=read_events,
    reading=(
        Option("delimiter", "what separates columns", None, _delimiter, ", ".join(DELIMITERS.values()), "found out"),
        Option("missing", "the mark of missing values", None, str, "text", "-"),
        Option("header", "how many header lines", None, _lines, "2 to 1000", "as the first line says"),
        MEANINGS,
    ),
    extensions=(".txt", ".xlsx"),
    reads="a text file or workbook of raw data, or a folder of them; one test a track",
)
