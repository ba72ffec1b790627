"""`socialrl import`: a laboratory's file as tables of this project: events, tests, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.analysis.from_events import records_of
from socialrl.errors import UserError, nearest, unknown
from socialrl.interop.columns import MEASURED
from socialrl.interop.folders import check_place, write_folder
from socialrl.interop.format import Format, recorded, settings_of
from socialrl.interop.formats import formats, named, recognised
from socialrl.interop.formats.score_sheet import write_score_sheet
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import checksum, csv_text, write_parquet

RECORD = "import.json"
"""File of an import that says what was read and how: source and its sum, format, options, notes."""

PARTS = ("read_events", "read")


@dataclass(frozen=True)
class Imported:
    """Where an import is, which format it was, its tables by name, and what to know about them.

    Tables: "events" with "evaluation", or "tests".
    """

    path: Path
    format: str
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def import_file(
    source: Path, output: Path, name: str | None = None, given: Sequence[str] = (), *, overwrite: bool = False
) -> Imported:
    """Read a file or folder of a laboratory and write its tables into the folder `output`.

    Events become the tables `events` and `evaluation` (Parquet and CSV, columns as in a run, as far as the source
    knows them), tests `scores.csv`, a score sheet. `name` is the format; without it the formats are asked. `given` are
    options of the format as texts NAME=VALUE. Raises `UserError` for what cannot be read; then nothing is written.
    """
    if not source.exists():
        near = nearest(source.name, [one.name for one in source.parent.glob("*")])
        hint = f"; did you mean {source.parent / near}?" if near else ""
        raise UserError(f"{source}: no such file or folder{hint}")
    one = _format(source, name)
    settings = settings_of(one.reading, given, f"import --format {one.name}")
    check_place(output, RECORD, overwrite)
    notes: list[str] = []
    tables = {}
    if one.read_events is not None:
        tables["events"] = one.read_events(source, settings, notes)
        tables["evaluation"] = records_of(tables["events"])
    elif one.read is not None:
        tables["tests"] = one.read(source, (), where=(), notes=notes).tests
        if tables["tests"][list(MEASURED)].isna().all(axis=None):
            raise UserError(f"{source}: {_nothing_measured(one.name, notes)}")
    facts = {"source": source.name, "sha256": _sums(source), "format": one.name, "options": recorded(settings)}

    def fill(folder: Path) -> list[str]:
        if "events" in tables:
            write_parquet(folder / "events.parquet", tables["events"])
            write_bytes(folder / "events.csv", csv_text(tables["events"]).encode())
            write_parquet(folder / "evaluation.parquet", tables["evaluation"])
            write_bytes(folder / "evaluation.csv", csv_text(tables["evaluation"]).encode())
        if "tests" in tables:
            write_score_sheet(tables["tests"], folder / "scores.csv")
        return notes

    write_folder(output, RECORD, facts, fill)
    return Imported(output, one.name, tables, tuple(notes))


def _format(source: Path, name: str | None) -> Format:
    if name is None:
        return recognised(source, *PARTS)
    for part in PARTS:
        if name in formats() and getattr(formats()[name], part) is not None:
            return named(name, part)
    able = [key for key, one in formats().items() if any(getattr(one, part) is not None for part in PARTS)]
    if name in formats():
        raise UserError(f"the format {name} is written, not read; those that are read: {', '.join(able)}")
    raise UserError(unknown("format", name, able))


def _nothing_measured(name: str, notes: Sequence[str]) -> str:
    such = ", ".join(f"'{MEASURED[one][0]}'" for one in ("huddle_s_partner", "chamber_s_partner", "latency_s_partner"))
    ignored = next((f"; {note}" for note in notes if note.startswith("columns ignored")), "")
    return f"taken as a {name}, but no column has huddling, chambers or latencies (such as {such}){ignored}"


def _sums(source: Path) -> dict[str, str]:
    files = sorted(one for one in source.rglob("*") if one.is_file()) if source.is_dir() else [source]
    return {one.name: checksum(one.read_bytes()) for one in files}
