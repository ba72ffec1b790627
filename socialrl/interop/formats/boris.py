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
from socialrl.interop.scored import MEANINGS, events_of, sheet_of
from socialrl.storage.files import checksum


def read(path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]) -> ScoreSheet:
    """Return the tests in a file of BORIS as a score sheet; see `socialrl.interop.scored.sheet_of`."""
    path = Path(path)
    return sheet_of(read_scored(path, notes), path, checksum(path.read_bytes()), needed, where, notes)


def read_events(path: Path, settings: Mapping[str, Any], notes: list[str]) -> pd.DataFrame:
    """Return the events in a file of BORIS; see `socialrl.interop.scored.events_of`."""
    return events_of(read_scored(path, notes), settings["behaviours"])


FORMAT = Format(
    "boris",
    "events scored with BORIS: aggregated or tabular, of old and new versions",
    recognises=recognises,
    read=read,
    read_events=read_events,
    export=export,
    reading=(MEANINGS,),
    options=OPTIONS,
    extensions=(".tsv", ".csv", ".xlsx", ".boris"),
    reads="aggregated or tabular events as TSV, CSV or XLSX; huddling, chambers and everything else",
    writes="aggregated_events.tsv, tabular_events.tsv and a project, bouts.boris",
)
