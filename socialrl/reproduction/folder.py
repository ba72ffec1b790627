"""The output folder of a reproduction: can the place be used, one writer at a time, nothing left of killed ones."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from socialrl.config.paths import expanded
from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, remove_leftovers
from socialrl.storage.locks import FileLock, LockedError

_PLACES = ("scorecard_tables", "scorecard_figures")


def usable(output: Path | str) -> Path:
    """Return the path with `~` resolved; one that is a file or a run folder raises `UserError`."""
    path = expanded(output)
    with naming_the_place(f"use {path}"):
        if path.exists() and not path.is_dir():
            raise UserError(f"--output {path} is a file; a reproduction needs a folder")
        if (path / "config.yaml").exists():
            raise UserError(f"--output {path} is a run folder; a reproduction needs a folder of its own")
    return path


@contextlib.contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """Make the folder, lock it, and remove what a killed process left half-written.

    Raises `UserError` if another process works there. Folders that were made here are removed again if they stay empty.
    """
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    with naming_the_place(f"create {path}"):
        path.mkdir(parents=True, exist_ok=True)
    try:
        with naming_the_place(f"lock {path}"):
            lock = FileLock(path / ".lock")
    except LockedError as error:
        raise UserError(f"{path} is being written by {error.holder}; wait until it ends, or stop it") from error
    try:
        for folder in (path, *(path / place for place in _PLACES)):
            remove_leftovers(folder)
        for draft in [*path.glob(".*.new-*"), *path.glob(".*.old-*")]:  # run folders that were never finished
            shutil.rmtree(draft, ignore_errors=True)
        yield
    finally:
        lock.release()
        with contextlib.suppress(OSError):  # it is not empty
            for folder in made:
                folder.rmdir()
