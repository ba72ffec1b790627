"""The folder of work in stages: a manifest with its plan, a table for every finished stage, then the results.

`manifest.json` is written first, then `stages/<stage>.parquet`, then the results, and their marker last. Work that was
stopped goes on after its last finished stage. A kind of work is a subclass of `StagedFolder`.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import pandas as pd

from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, remove_leftovers, write_bytes
from socialrl.storage.files import checksum, json_text, read_json, read_parquet, write_parquet
from socialrl.storage.locks import FileLock, LockedError

PIECES = "pieces"
"""The folder of what is made of a stage that is not finished, side by side."""

_MANIFEST = "manifest.json"
_LOCK = ".lock"
_MOVES_NUMBERS = ("versions", "commit")
"""A later call is listed if these differ, but not if only its time does: a killed run ends with the same files."""
_MOST_NAMED = 4


class StagedFolder:
    """The stages of one piece of work in `folder`; a context manager that releases the folder's lock at its end.

    A subclass says what the work is called (`noun`), how to ask for another place (`elsewhere`), which files are its
    results besides figures, and which of them, written last, says that all is there (`marker`). `format` is that of its
    stages. `begun` is the result of `collect_meta` at the first call, `continued` that of later calls with other
    versions.
    """

    noun: ClassVar[str]
    elsewhere: ClassVar[str] = "give another --output"
    marker: ClassVar[str]
    results: ClassVar[tuple[str, ...]]
    format: ClassVar[int]

    def __init__(self, folder: Path, lock: FileLock, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self._lock = lock
        self._manifest = manifest
        self.begun: dict[str, Any] = manifest["begun"]
        self.continued: list[dict[str, Any]] = manifest["continued"]

    @classmethod
    def open(cls, folder: Path, plan: Mapping[str, Any], meta: Mapping[str, Any], *, overwrite: bool = False) -> Self:
        """Begin work in `folder`, or resume what is there; `plan` is all that its numbers depend on.

        `plan` is flat: names and numbers, texts or lists of them. Finished work, and work with another plan, raise
        `UserError` unless `overwrite` is true, which starts from the beginning; so does a folder that another process
        is writing.
        """
        cls.refuse_finished(folder, overwrite)
        with naming_the_place(f"create {folder}"):
            (folder / "stages").mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(folder / _LOCK)
        except LockedError as error:
            raise UserError(f"{folder} is being written by {error.holder}; wait until it ends, or stop it") from error
        try:
            return cls(folder, lock, cls._begin(folder, plan, meta, overwrite))
        except BaseException:
            lock.release()
            raise

    def keep(self, stage: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return the table of `stage`: the one that is there, or the one that `make` returns, which is then written."""
        path = self._path(stage)
        if not self.done(stage):
            write_parquet(path, make())
            self._manifest["stages"][stage] = checksum(path.read_bytes())
            write_bytes(self.folder / _MANIFEST, json_text(self._manifest).encode())
        return read_parquet(path, self._manifest["stages"][stage]).to_pandas()

    def done(self, stage: str) -> bool:
        """Whether `stage` is finished; its table counts once the manifest lists it."""
        return stage in self._manifest["stages"]

    def _path(self, stage: str) -> Path:
        return self.folder / "stages" / f"{stage}.parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    @classmethod
    def refuse_finished(cls, folder: Path, overwrite: bool) -> None:
        """Raise `UserError` if `folder` holds finished work that is not to be replaced, or is a file."""
        if folder.is_file():
            raise UserError(f"{folder} is a file; a {cls.noun} needs a folder of its own")
        if (folder / cls.marker).exists() and not overwrite:
            _tidy(folder)
            raise UserError(f"{folder} holds a {cls.noun}; {cls.elsewhere}, or replace it with --overwrite")

    @classmethod
    def _begin(cls, folder: Path, plan: Mapping[str, Any], meta: Mapping[str, Any], overwrite: bool) -> dict[str, Any]:
        """Return the manifest of the work in `folder` after writing this call into it."""
        path = folder / _MANIFEST
        fresh: dict[str, Any] = {
            "format": cls.format,
            "plan": dict(plan),
            "begun": dict(meta),
            "continued": [],
            "stages": {},
        }
        if overwrite or not path.exists():
            cls._clear(folder)
            manifest = fresh
        else:
            manifest = read_json(path)
            there = manifest.get("plan")
            whole = all(isinstance(manifest.get(part), type(empty)) for part, empty in fresh.items())
            if manifest.get("format") != cls.format or not isinstance(there, dict) or not whole:
                raise UserError(f"{path} is not a {cls.noun} of this version; {cls.elsewhere}, or use --overwrite")
            if differ := _differences(there, dict(plan)):
                raise UserError(
                    f"{folder} holds a {cls.noun} with another plan ({differ}); repeat that plan to resume it, "
                    f"{cls.elsewhere}, or start from the beginning with --overwrite"
                )
            last = [manifest["begun"], *manifest["continued"]][-1]
            if any(last.get(name) != meta.get(name) for name in _MOVES_NUMBERS):
                manifest["continued"] = [*manifest["continued"], dict(meta)]
        _remove_leftovers(folder)
        write_bytes(path, json_text(manifest).encode())
        return manifest

    @classmethod
    def _clear(cls, folder: Path) -> None:
        """Delete the marker, then the manifest, then the rest, so that a kill leaves nothing that looks complete."""
        tables = sorted((folder / "stages").glob("*.parquet"))
        figures = sorted(path for kind in ("png", "svg") for path in (folder / "figures").glob(f"*.{kind}"))
        results = [folder / name for name in cls.results]
        with naming_the_place(f"clear {folder}"):
            for path in (folder / cls.marker, folder / _MANIFEST, *results, *figures, *tables):
                path.unlink(missing_ok=True)
            shutil.rmtree(folder / PIECES, ignore_errors=True)


def check_stages(folder: Path) -> tuple[int, list[str]]:
    """Return how many stages the work in `folder` lists, and a line for each table that is missing or was changed."""
    stages = read_json(folder / _MANIFEST).get("stages")
    if not isinstance(stages, dict):
        return 0, [f"{_MANIFEST} is damaged: it lists no stages"]
    wrong = []
    for stage, written in stages.items():
        path = folder / "stages" / f"{stage}.parquet"
        if not path.is_file():
            wrong.append(f"stages/{path.name} is missing")
        elif checksum(path.read_bytes()) != written:
            wrong.append(f"stages/{path.name} was changed since it was written")
    return len(stages), wrong


def _tidy(folder: Path) -> None:
    """Remove what a process left that was killed after writing the last result, unless it is still running."""
    if not (folder / _LOCK).is_file():
        return
    with contextlib.suppress(LockedError):
        lock = FileLock(folder / _LOCK)
        _remove_leftovers(folder)
        lock.release()


def _remove_leftovers(folder: Path) -> None:
    for one in (folder, folder / "stages", folder / "figures"):
        remove_leftovers(one)


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Return "name: a there, b here" for everything that differs, the first few of them, or nothing."""
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    told = [_difference(name, there.get(name), here.get(name)) for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        told.append("…")
    return "; ".join(told)


def _difference(name: str, there: Any, here: Any) -> str:
    # A long value (a checksum) only tells a reader that it differs.
    long = any(isinstance(one, str) and len(one) > 40 for one in (there, here))
    return f"another {name}" if long else f"{name}: {there} there, {here} here"
