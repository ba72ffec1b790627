"""Places of run folders: where a run may be made or read, which hold one, and who is writing there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from socialrl.config.paths import expanded
from socialrl.errors import UserError, command, nearest
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import read_json
from socialrl.storage.locks import FileLock, LockedError


class BusyError(UserError):
    """Another process is writing a run folder."""


def described(path: str | Path, newest: int) -> tuple[Path, dict[str, Any]]:
    """Return the path of a run folder and its `meta.json`; no run, or a format above `newest`, raises `UserError`."""
    path = expanded(path)
    if path.is_file():
        raise UserError(f"{path} is a file, not a run folder")
    if not path.exists():
        beside = [one.parent.name for one in path.parent.glob("*/meta.json")]
        near = nearest(path.name, beside)
        raise UserError(f"{path}: no such run folder" + (f"; did you mean {path.parent / near}?" if near else ""))
    if not (path / "meta.json").is_file():
        other = _other_work(path)
        raise UserError(f"{path} {other or 'is not a run folder of socialrl (it has no meta.json)'}")
    meta = read_json(path / "meta.json")
    made_as = meta.get("format")
    if not isinstance(made_as, int) or isinstance(made_as, bool) or made_as < 1:
        raise UserError(f"{path / 'meta.json'} is damaged: it names no run format")
    if made_as > newest:
        raise UserError(
            f"{path} was written by a newer socialrl (run format {made_as}; this version reads up to {newest})"
        )
    if not (path / "config.yaml").is_file():
        raise UserError(f"{path} is damaged: config.yaml is missing")
    return path, meta


_OTHER_WORK = {
    "lineage.json": ("a lineage", "lineage.html"),
    "calibration.json": ("a calibration", "calibration.html"),
    "scorecard.json": ("a scorecard", "scorecard.html"),
    "sweep.json": ("a sweep", "sweep.html"),
    "plan.json": ("a plan", "plan.html"),
    "simulations.json": ("simulations", ""),
    "inference.json": ("an inference", "inference.html"),
    "validation.json": ("a validation", "validation.html"),
    "recording.json": ("a recording of release", "release.png"),
    "import.json": ("an import", ""),
    "export.json": ("an export", ""),
}
"""What marks folders of other work, what each is called, and the page to open, if it has one."""


def _other_work(path: Path) -> str:
    """Return what a folder that is no run holds, as the end of an error line; empty if it is unknown."""
    for marker, (noun, page) in _OTHER_WORK.items():
        if (path / marker).is_file():
            hint = f"; open {path / page}" if page else ""
            return f"holds {noun} and not a run{hint}"
    if not (path / "manifest.json").is_file():
        return ""
    plan = read_json(path / "manifest.json").get("plan")
    what = "lineage" if isinstance(plan, dict) and "reference_families" in plan else "calibration"
    return f"holds an unfinished {what} and not a run; repeat the command `socialrl {what}` that began it to go on"


def replaceable(path: Path, overwrite: bool) -> FileLock | None:
    """Return the lock of the run that may be replaced, or None if the place is free; else raise `UserError`."""
    if path.is_file():
        raise UserError(f"{path} is a file; a run needs a folder of its own")
    if not path.exists() or not any(path.iterdir()):
        return None
    if not (path / "meta.json").is_file():
        raise UserError(f"{path} holds files but no run; choose another name or output, nothing was touched")
    if (path / "DONE").exists() and not overwrite:
        raise UserError(f"{path} holds a finished run; choose another name, or replace it with --overwrite")
    lock = take_lock(path)
    if overwrite:
        return lock
    lock.release()
    raise UserError(
        f"{path} holds an unfinished run; continue it with `{command('resume', path)}`, or replace it with --overwrite"
    )


def run_folders(path: str | Path) -> list[Path]:
    """Return `path` if it is a run folder, else the run folders in it, by name; none raises `UserError`."""
    path = expanded(path)
    if any((path / name).is_file() for name in ("meta.json", "config.yaml", "DONE")) or not path.is_dir():
        return [path]
    found = sorted(one.parent for one in path.rglob("meta.json") if (one.parent / "config.yaml").is_file())
    if not found:
        raise UserError(f"{path} holds no run folder")
    return found


def is_staged(path: Path) -> bool:
    """Whether a folder holds work in stages: a lineage or a calibration (`socialrl.storage.stages`)."""
    return (path / "manifest.json").is_file() and not (path / "meta.json").is_file()


def is_run(path: Path) -> bool:
    """Whether a folder is a run folder, finished or not."""
    return (path / "meta.json").is_file() and (path / "config.yaml").is_file()


def is_simulations(path: Path) -> bool:
    """Whether a folder holds simulations for inference (`socialrl simulate`)."""
    return (path / "simulations.json").is_file()


def followed(path: Path) -> Path:
    """Return where a link leads, so that what is there is replaced and not the link."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (RuntimeError, OSError) as error:  # RuntimeError: Python 3.11 and 3.12 say so of a loop
        raise UserError(f"{path} is a link that leads to itself") from error


def take_lock(path: Path) -> FileLock:
    """Take the lock of a run folder; one that another process holds raises `BusyError` with who it is."""
    try:
        with naming_the_place(f"lock {path}"):
            return FileLock(path / ".lock")
    except LockedError as error:
        raise BusyError(f"{path} is being written by {error.holder}; wait until it ends, or stop it") from error
