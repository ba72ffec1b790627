"""`socialrl export`: what a run holds, in the files of another program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from socialrl.interop.folders import check_place, write_folder
from socialrl.interop.format import recorded, settings_of
from socialrl.interop.formats import named
from socialrl.storage.run_folder import RunFolder

RECORD = "export.json"
"""File of an export that says what was exported and how: run, format, options, notes, sums of all files."""


@dataclass(frozen=True)
class Exported:
    """Where an export is, its files (below `path`, sorted, without `RECORD`), and what its reader must know."""

    path: Path
    files: tuple[str, ...]
    notes: tuple[str, ...]


def export_run(
    run: RunFolder, name: str, output: Path | None = None, given: Sequence[str] = (), *, overwrite: bool = False
) -> Exported:
    """Write a run in the format `name` into the folder `output` (default: `<run>-<name>` beside the run).

    `given` are options of the format as texts NAME=VALUE. The folder appears complete or not at all; `export.json` in
    it records run, options, notes and the sum of every file. Raises `UserError` for an unknown format or option, a
    missing library, a run without what the format needs, and a place that is taken.
    """
    one = named(name, "export")
    settings = settings_of(one.options, given, f"export --format {name}")
    path = run.path.with_name(f"{run.path.name}-{name}") if output is None else output
    check_place(path, RECORD, overwrite)
    export = one.export
    assert export is not None
    facts = {
        "run": run.path.name,
        "seed": run.meta.get("seed"),
        "commit": run.meta.get("commit"),
        "format": name,
        "options": recorded(settings),
    }
    notes = write_folder(path, RECORD, facts, lambda folder: export(run, folder, settings))
    files = sorted(one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())
    return Exported(path, tuple(file for file in files if file != RECORD), tuple(notes))
