"""BORIS: events scored from videos or live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.interop.boris import export, read_scored, recognises
from socialrl.interop.boris.writing import OPTIONS
from socialrl.interop.formats import Format
from socialrl.interop.score_sheets import ScoreSheet
from socialrl.interop.scored import MEANINGS, events_of, sheet_of, united
from socialrl.storage.files import checksum


def read(path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]) -> ScoreSheet:
    """Return the tests in a file of BORIS as a score sheet; see `socialrl.interop.scored.sheet_of`."""
    path = Path(path)
    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    sha256 = checksum(b"".join(one.read_bytes() for one in files))
    return sheet_of(read_scored(path, notes), path, sha256, needed, where, notes)


def read_events(path: Path, settings: Mapping[str, Any], notes: list[str]) -> pd.DataFrame:
    """Return the events in a file of BORIS; see `socialrl.interop.scored.events_of`."""
    given = settings["behaviours"]
    return events_of(united(read_scored(path, notes), given, notes), given)


FORMAT = Format(
    "boris",
    "events scored with BORIS: projects, aggregated and tabular events, of old and new versions",
    recognises=recognises,
    folders=True,
    read=read,
    read_events=read_events,
    export=export,
    reading=(MEANINGS,),
    options=OPTIONS,
    extensions=(".tsv", ".csv", ".xlsx", ".boris"),
    reads="a project (.boris), aggregated or tabular events as TSV, CSV or XLSX, or a folder of them",
    writes="aggregated_events.tsv, tabular_events.tsv and a project, bouts.boris",
)
