"""The folder of a sweep: one writer at a time, what is there already, and what is not of this sweep."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from socialrl.config.loading import Config
from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, remove_leftovers
from socialrl.storage.locks import FileLock, LockedError
from socialrl.storage.places import take_lock
from socialrl.storage.run_folder import RunFolder
from socialrl.sweep.points import Point

MARK = "sweep.json"
FAILED = "failed"
JOURNAL = "optuna.log"
_MOST_NAMED = 3


def check_place(folder: Path) -> None:
    """Raise `UserError` for a place that is a file, a run folder, or holds something else than a sweep."""
    with naming_the_place(f"use {folder}"):
        if folder.exists() and not folder.is_dir():
            raise UserError(f"--output {folder} is a file; a sweep needs a folder")
        if (folder / "meta.json").exists():
            raise UserError(f"--output {folder} is a run folder; a sweep needs a folder of its own")
        if folder.is_dir() and not (folder / MARK).exists():
            # what a call leaves that was stopped before it wrote its mark is hidden
            strange = [one.name for one in folder.iterdir() if not one.name.startswith(".")]
            if strange:
                raise UserError(f"{folder} holds files but no sweep; choose another --output, nothing was touched")


def check_same(folder: Path, point: Point) -> None:
    """Raise `UserError` if a point's run folder is there and was made with another configuration."""
    path = folder / point.name
    if point.config is None or not (path / "meta.json").exists():
        return
    there = RunFolder.open(path).config
    if differ := list(_differences(_essence(there), _essence(point.config))):
        more = "; …" if len(differ) > _MOST_NAMED else ""
        raise UserError(
            f"{path} was made with another configuration ({'; '.join(differ[:_MOST_NAMED])}{more}); choose another"
            " --output, or make its points again with --overwrite"
        )


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock; one in which another sweep is working raises `UserError`."""
    with naming_the_place(f"create {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / ".lock")
    except LockedError as error:
        raise UserError(f"{folder} is being written by {error.holder}; wait until it ends, or stop it") from error
    try:
        for place in (folder, folder / FAILED, folder / "figures", folder / "tables"):
            remove_leftovers(place)
        for draft in [*folder.glob(".*.new-*"), *folder.glob(".*.old-*")]:  # run folders that were never finished
            shutil.rmtree(draft, ignore_errors=True)
        yield
    finally:
        lock.release()


def remove_points(folder: Path, names: Sequence[str]) -> None:
    """Delete the run folders of points; one that another process is writing raises `UserError`."""
    for name in names:
        path = folder / name
        if (path / "meta.json").exists():
            take_lock(path)
            shutil.rmtree(path)


def _essence(config: Config) -> dict[str, Any]:
    """What decides a run's results, flat: the configuration without its place and the number of processors."""
    return dict(_flat(config.model_dump(mode="json", exclude={"name", "output", "workers"})))


def _flat(section: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(section, dict) and section:
        for name, value in section.items():
            yield from _flat(value, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, section


def _differences(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    for name in {**there, **here}:
        if there.get(name) != here.get(name):
            old, new = there.get(name), here.get(name)
            short = all(isinstance(one, int | float | str | bool | None) for one in (old, new))
            yield f"{name}: {old} there, {new} here" if short else f"another {name}"
