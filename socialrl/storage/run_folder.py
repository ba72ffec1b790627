"""The run folder: the only thing that training and analysis share. It loads no torch and opens quickly.

Format 1 of `runs/<name>/`: `config.yaml` (resolved), `meta.json`, `tb/`, `checkpoints/`, `models/<animal>.zip`, tables
`<name>.parquet`, `parts/<animal>.<table>.parquet` while animals are still learning, `DONE` last, `.lock` while written.
Everything is written whole or not at all, so a run that was stopped at any moment can be read and resumed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from socialrl.errors import UserError, nearest
from socialrl.storage.atomic import naming_the_place, remove_leftovers, write_bytes
from socialrl.storage.files import build_folder, checksum, csv_text, json_text, read_json, read_parquet, write_parquet
from socialrl.storage.locks import FileLock, LockedError

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.config.loading import Config

FORMAT = 1
"""Raised when a reader of the old format would misread the new one."""

TRAINING_TABLES = ("animals", "episodes", "probes")
"""Tables that training writes; `DONE` holds their checksums, and nothing may change them afterwards."""

_MADE_BY = {
    "evaluation": "socialrl evaluate {path}",
    "traces": "socialrl evaluate {path}",
    "events": "socialrl evaluate {path} --events",
}
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")


class RunFolder:
    """A run folder, opened for reading by `open`, for writing by `create` or `resume`; a context manager.

    `path` is the folder, `meta` the content of `meta.json`. Leaving the `with` block, `close`, or the death of the
    process ends the right to write.
    """

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        self.path = path
        self.meta = meta
        self._lock: FileLock | None = None

    @classmethod
    def create(cls, path: str | Path, *, config_yaml: str, meta: dict[str, Any], overwrite: bool = False) -> RunFolder:
        """Make a new run folder and hold its lock. Nothing is left behind if it cannot be made.

        Refuses with `UserError` whatever is already there, unless it is an empty folder, or `overwrite` is true and it
        is a run that nobody is writing: that run is then deleted, once the new folder is complete.
        """
        path = Path(path).expanduser()
        path = path.resolve() if path.is_symlink() else path
        meta = {"format": FORMAT, **meta}
        previous = cls._previous(path, overwrite)
        try:
            build_folder(
                path,
                {"config.yaml": config_yaml, "meta.json": json_text(meta)},
                folders=("models", "parts", "tb"),
                replace=previous is not None,
            )
        finally:
            if previous is not None:
                previous.release()
        run = cls(path, meta)
        run.lock()
        return run

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Open a run folder for reading, finished or not; what is missing, damaged or too new raises `UserError`."""
        path = Path(path).expanduser()
        if path.is_file():
            raise UserError(f"{path} is a file, not a run folder")
        if not path.exists():
            beside = [one.parent.name for one in path.parent.glob("*/meta.json")]
            near = nearest(path.name, beside)
            raise UserError(f"{path}: no such run folder" + (f"; did you mean {path.parent / near}?" if near else ""))
        if not (path / "meta.json").is_file():
            raise UserError(f"{path} is not a run folder of socialrl (it has no meta.json)")
        meta = read_json(path / "meta.json")
        made_as = meta.get("format")
        if not isinstance(made_as, int) or isinstance(made_as, bool) or made_as < 1:
            raise UserError(f"{path / 'meta.json'} is damaged: it names no run format")
        if made_as > FORMAT:
            raise UserError(
                f"{path} was written by a newer socialrl (run format {made_as}; this version reads up to {FORMAT})"
            )
        if not (path / "config.yaml").is_file():
            raise UserError(f"{path} is damaged: config.yaml is missing")
        run = cls(path, meta)
        if run.finished:
            read_json(run.path / "DONE")
        return run

    @classmethod
    def resume(cls, path: str | Path) -> RunFolder:
        """Open an unfinished run for writing and hold its lock; a finished or a running one raises `UserError`."""
        run = cls.open(path)
        if run.finished:
            raise UserError(f"{run.path} is finished; there is nothing to resume")
        run.lock()
        for folder in (run.path, run.models, run.path / "parts"):
            remove_leftovers(folder)
        return run

    @classmethod
    def _previous(cls, path: Path, overwrite: bool) -> FileLock | None:
        """Return the lock of the run that may be replaced, or None if the place is free; else raise `UserError`."""
        if path.is_file():
            raise UserError(f"{path} is a file; a run needs a folder of its own")
        if not path.exists() or not any(path.iterdir()):
            return None
        if not (path / "meta.json").is_file():
            raise UserError(f"{path} holds files but no run; choose another name or output, nothing was touched")
        if (path / "DONE").exists() and not overwrite:
            raise UserError(f"{path} holds a finished run; choose another name, or replace it with --overwrite")
        lock = _take_lock(path)
        if overwrite:
            return lock
        lock.release()
        raise UserError(
            f"{path} holds an unfinished run; continue it with `socialrl resume {path}`, or replace it with --overwrite"
        )

    # --- what a reader asks

    @property
    def finished(self) -> bool:
        """Whether training ended by itself and everything was written."""
        return (self.path / "DONE").exists()

    @property
    def config(self) -> Config:
        """The run's resolved configuration."""
        from socialrl.config.loading import load_config

        return load_config(self.path / "config.yaml")

    @property
    def models(self) -> Path:
        """Folder of the trained networks, `<animal>.zip`."""
        return self.path / "models"

    @property
    def tb(self) -> Path:
        """Folder of TensorBoard event files."""
        return self.path / "tb"

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints; it may not exist yet."""
        return self.path / "checkpoints"

    def has_table(self, name: str) -> bool:
        """Whether the complete table is there."""
        return self._table_path(name).exists()

    def read_table(self, name: str) -> pd.DataFrame:
        """Return a table; of an unfinished run, the rows of the animals that are done so far.

        A table that is missing, damaged or changed since the run was finished raises `UserError`.
        """
        path = self._table_path(name)
        if path.exists():
            return read_parquet(path, self._checksums().get(name)).to_pandas()
        parts = None if self.finished else self.read_parts(name)
        if parts is not None:
            return parts
        maker = _MADE_BY.get(name, "socialrl resume {path}" if not self.finished else "")
        hint = f"; run `{maker.format(path=self.path)}`" if maker else ", although the run is finished: it is damaged"
        raise UserError(f"{self.path} has no table {path.name}{hint}")

    def read_parts(self, name: str, animals: Sequence[str] | None = None) -> pd.DataFrame | None:
        """Return the pieces of a table in the order of `animals` (default: by name), or None if there are none."""
        if animals is None:
            paths = sorted((self.path / "parts").glob(f"[!.]*.{name}.parquet"))
        else:
            paths = [path for animal in animals if (path := self._part_path(animal, name)).exists()]
        if not paths:
            return None
        import pyarrow as pa

        # Permissive, because a column that is missing in one animal (never entered, so no latency) has no type there.
        return pa.concat_tables([read_parquet(path) for path in paths], promote_options="permissive").to_pandas()

    # --- what a writer does

    def lock(self) -> None:
        """Become the one writer; raises `UserError` if another process is."""
        if self._lock is None:
            self._lock = _take_lock(self.path)

    def write_table(self, name: str, table: pd.DataFrame, csv: bool = False) -> None:
        """Write `<name>.parquet` and, with `csv`, `<name>.csv` beside it (lists as JSON text); the index is dropped."""
        if name in self._checksums():
            raise UserError(f"{self.path} is finished; its table {name} cannot be changed")
        path = self._table_path(name)
        write_parquet(path, table)
        if csv:
            write_bytes(path.with_suffix(".csv"), csv_text(table).encode())

    def drop_table(self, name: str) -> None:
        """Delete a table, and its CSV, if it is there; a training table of a finished run is refused."""
        if name in self._checksums():
            raise UserError(f"{self.path} is finished; its table {name} cannot be deleted")
        path = self._table_path(name)
        for one in (path, path.with_suffix(".csv")):
            with naming_the_place(f"delete {one}"):
                one.unlink(missing_ok=True)

    def write_part(self, animal: str, name: str, table: pd.DataFrame) -> None:
        """Write one animal's piece of a table; worker processes may do so side by side, without the lock."""
        (self.path / "parts").mkdir(exist_ok=True)
        write_parquet(self._part_path(animal, name), table)

    def merge_parts(self, name: str, animals: Sequence[str]) -> None:
        """Write the table `name` from the pieces of `animals`, in that order; a missing piece raises `UserError`."""
        missing = [animal for animal in animals if not self._part_path(animal, name).exists()]
        merged = self.read_parts(name, animals)
        if missing or merged is None:
            raise UserError(f"{self.path}: {len(missing)} animals have no {name} yet, the first is {missing[0]}")
        self.write_table(name, merged)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file; `name` may lie in a subfolder, which is made."""
        path = self.path / name
        with naming_the_place(f"write {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, text.encode())

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file; NaN and infinities become null, because JSON has none."""
        self.write_text(name, json_text(content))

    def finish(self) -> None:
        """Write `DONE`, with the time and the training tables' checksums, after everything else; drop the pieces."""
        parts = self.path / "parts"
        unmerged = {path.name.split(".")[-2] for path in parts.glob("[!.]*.parquet")}
        unmerged = {name for name in unmerged if not self.has_table(name)}
        if unmerged:
            raise RuntimeError(f"{self.path}: pieces of {', '.join(sorted(unmerged))} were never merged")
        sums = {name: checksum(self._table_path(name).read_bytes()) for name in TRAINING_TABLES if self.has_table(name)}
        self.write_json("DONE", {"finished": datetime.now(UTC).isoformat(timespec="seconds"), "sha256": sums})
        # Afterwards: without DONE the pieces are what a resumed run goes on from.
        shutil.rmtree(parts, ignore_errors=True)

    def discard_if_untouched(self) -> None:
        """Delete the folder if nothing but its making has happened in it; the lock must be held."""
        work = [*(self.path / "parts").glob("*"), *self.models.glob("*"), *self.path.glob("*.parquet")]
        if self._lock is not None and not self.checkpoints.exists() and not work:
            shutil.rmtree(self.path)

    def close(self) -> None:
        """Give up the lock, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        # A copy in a worker process may read and write pieces; the lock stays with the process that took it.
        return {**self.__dict__, "_lock": None}

    def _table_path(self, name: str) -> Path:
        if not _TABLE_NAME.fullmatch(name):
            raise ValueError(f"a table's name is made of small letters, digits and underscores, got {name!r}")
        return self.path / f"{name}.parquet"

    def _part_path(self, animal: str, name: str) -> Path:
        return self.path / "parts" / f"{animal}.{name}.parquet"

    def _checksums(self) -> dict[str, str]:
        sums = read_json(self.path / "DONE").get("sha256", {}) if self.finished else {}
        return sums if isinstance(sums, dict) else {}


def _take_lock(path: Path) -> FileLock:
    try:
        with naming_the_place(f"lock {path}"):
            return FileLock(path / ".lock")
    except LockedError as error:
        raise UserError(f"{path} is being written by {error.holder}; wait until it ends, or stop it") from error
