"""Folders that exports and imports write: they appear complete or not at all, and record what was made from what."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from socialrl import __version__
from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import checksum, json_text


def check_place(path: Path, record: str, overwrite: bool) -> None:
    """Refuse with `UserError` a place that is taken: what is there must be an empty folder or hold `record`.

    A folder that holds it (`export.json`, `import.json`) may be replaced with `overwrite`.
    """
    if path.is_file() or (path.exists() and not path.is_dir()):
        raise UserError(f"--output {path} is a file; give a folder")
    if not path.is_dir() or not any(path.iterdir()):
        return
    if not (path / record).is_file():
        raise UserError(f"--output {path} holds files but no {record}; choose another folder, nothing was touched")
    if not overwrite:
        raise UserError(f"--output {path} exists; choose another folder, or replace it with --overwrite")


def write_folder(path: Path, record: str, facts: Mapping[str, Any], fill: Callable[[Path], list[str]]) -> list[str]:
    """Let `fill` write files into an empty folder, add `record` and move all to `path`; return the notes of `fill`.

    The record has the version of socialrl, `facts`, the notes, and size and SHA-256 of every file. What was at `path`
    is deleted last. Nothing is left behind if `fill` fails.
    """
    token = secrets.token_hex(4)
    draft, aside = path.with_name(f".{path.name}.new-{token}"), path.with_name(f".{path.name}.old-{token}")
    try:
        with naming_the_place(f"write {path}"):
            draft.mkdir(parents=True)
            notes = fill(draft)
            sums = {one.relative_to(draft).as_posix(): _sum(one) for one in _files(draft)}
            made = {"socialrl": __version__, **facts, "notes": notes, "files": sums}
            (draft / record).write_text(json_text(made), encoding="utf-8")
            if path.exists():
                os.rename(path, aside)
            try:
                os.rename(draft, path)
            except OSError:
                if aside.exists():
                    os.rename(aside, path)
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)
    return notes


def _sum(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"bytes": len(content), "sha256": checksum(content)}


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())
