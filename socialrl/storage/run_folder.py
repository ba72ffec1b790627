"""The run folder: the only thing that training and analysis share. It loads no torch and opens quickly.

Format 2 of `runs/<name>/`: `config.yaml` (resolved), `meta.json`, `parameters.csv`, `tb/`, `checkpoints/`,
`models/<animal>.zip`, tables `<name>.parquet`, `parts/<piece>.<table>.parquet` while animals are still learning, `DONE`
last, `.lock` while written.
Everything is written whole or not at all, so a run that was stopped at any moment can be read and resumed.

What is read is checked against the sums it was written with: `DONE` lists every file of training, `sums.json` the
tables, `parts/<piece>.sums.json` the pieces and networks of an unfinished run. Runs of format 1 list three tables only.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl.config.paths import expanded
from socialrl.config.strict_yaml import read_yaml_file
from socialrl.errors import UserError, command
from socialrl.storage import parameter_table
from socialrl.storage.atomic import naming_the_place, remove_leftovers, write_bytes
from socialrl.storage.files import (
    build_folder,
    csv_text,
    data_frame,
    json_text,
    parquet_bytes,
    parquet_table,
    read_json,
)
from socialrl.storage.listed_files import SUMS, ListedFiles, network_name, part_name
from socialrl.storage.locks import FileLock
from socialrl.storage.manifest import listing
from socialrl.storage.older_tables import with_sex
from socialrl.storage.places import described, followed, replaceable, take_lock
from socialrl_envs.named_tables import UNNAMED

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.config.loading import Config

FORMAT = 2
"""Increased when a reader of the old format would misread the new one."""

TRAINING_TABLES = ("animals", "episodes", "probes")
"""Tables that training writes."""

_NOTES = "protocols/{}.notes.txt"
"""Notes on what a protocol's animals never met in training, and on phases that change nothing."""

_NETWORKS = "networks"
"""The piece that lists the networks of animals that learned together."""

_MADE_BY = {
    "evaluation": ("evaluate",),
    "traces": ("evaluate",),
    "events": ("evaluate", "--events"),
    "synchrony": ("evaluate", "--synchrony"),
    "series": ("evaluate", "--series"),
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

        The parameter table that `meta` names as `parameter_table` is written beside it, as it is now.

        Refuses with `UserError` whatever is already there, unless it is an empty folder, or `overwrite` is true and it
        is a run that nobody is writing: that run is then deleted, once the new folder is complete.
        """
        path = followed(expanded(path))
        meta = {"format": FORMAT, **meta}
        previous = replaceable(path, overwrite)
        try:
            texts = {"config.yaml": config_yaml, "meta.json": json_text(meta), **parameter_table.file_of(meta)}
            build_folder(
                path,
                {**texts, SUMS: json_text(listing({name: text.encode() for name, text in texts.items()}))},
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
        path, meta = described(path, FORMAT)
        run = cls(path, meta)
        run._files.check("meta.json")
        return run

    @classmethod
    def resume(cls, path: str | Path) -> RunFolder:
        """Open an unfinished run for writing and hold its lock; a finished or a running one raises `UserError`."""
        run = cls.open(path)
        if run.finished:
            raise UserError(f"{run.path} is finished; there is nothing to resume")
        run.lock()
        return run

    # --- what a reader asks

    @property
    def finished(self) -> bool:
        """Whether training ended and everything was written."""
        return (self.path / "DONE").exists()

    @property
    def config(self) -> Config:
        """The run's resolved configuration; refused if its parameter table has other numbers by now that matter."""
        from socialrl.config.loading import load_config
        from socialrl_envs import ASSAYS  # imported late, because the compiled code behind it is slow to import

        self._files.check("config.yaml")
        config = load_config(self.path / "config.yaml", unnamed_table=UNNAMED)
        idle = ASSAYS[config.env.id].without_effect(config.env.attachment)
        parameter_table.refuse_changed(self.path, config.env.table, idle)
        return config

    @property
    def config_text(self) -> str:
        """The resolved configuration as its file has it; one that was changed since it was written is refused."""
        self._files.check("config.yaml")
        return read_yaml_file(self.path / "config.yaml", "configuration")

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
        """Whether the complete table is there; one that was written and is missing raises `UserError`."""
        path = self._table_path(name)
        try:
            return self._files.has(path.name)
        except UserError as error:
            again = f"; write it again with `{self._maker(name)} --overwrite`" if name in _MADE_BY else ""
            raise UserError(f"{error}{again}") from error

    def is_settled(self, name: str) -> bool:
        """Whether a table, and its CSV, was written completely; false if its writer was killed."""
        path = self._table_path(name)
        listed = self._files.later.files
        names = [one for one in (path.name, path.with_suffix(".csv").name) if one in listed]
        return all(len(listed[one]) == 1 and (self.path / one).is_file() for one in names)

    def read_table(self, name: str) -> pd.DataFrame:
        """Return a table; of an unfinished run, the rows of the animals that are done so far.

        A table that is missing, damaged or changed since it was written raises `UserError`.
        """
        path = self._table_path(name)
        was_finished = self.finished
        if self.has_table(name):
            return with_sex(data_frame(parquet_table(self._files.content(path.name), path), path))
        if not was_finished:
            try:
                if (parts := self.read_parts(name)) is not None:
                    return parts
            except UserError:
                if not self.finished:
                    raise
            if self.finished:  # it ended just now: its pieces are merged, and deleted
                return self.read_table(name)
        known = name in _MADE_BY or not self.finished
        hint = f"; run `{self._maker(name)}`" if known else ", although the run is finished: it is damaged"
        raise UserError(f"{self.path} has no table {path.name}{hint}")

    def has_network(self, animal: str) -> bool:
        """Whether the animal's trained network is there; one that should be there and is not raises `UserError`."""
        name = network_name(animal)
        together, alone = self._files.has(name, _NETWORKS), self._files.has(name, animal)
        there = together or alone
        if not there and self.finished:
            raise UserError(f"{self.path} is damaged: {name} is missing")
        return there

    def network(self, animal: str) -> tuple[Path, bytes]:
        """Return the path and the content of an animal's network; a missing or changed one raises `UserError`."""
        path = self.path / network_name(animal)
        if not self.has_network(animal):
            raise UserError(f"{path}: no trained network there (is the animal finished?)")
        alone = path.relative_to(self.path).as_posix() in self._files.piece(animal)
        return path, self._files.content(network_name(animal), animal if alone else _NETWORKS)

    def read_parts(self, name: str, pieces: Sequence[str] | None = None) -> pd.DataFrame | None:
        """Return the pieces of a table in the order of `pieces` (default: all, by name), or None if there are none."""
        if pieces is None:
            self.check_pieces()
            unlisted = {path.name.split(".")[0] for path in self._files.parts.glob(f"[!.]*.{name}.parquet")}
            pieces = sorted(unlisted.union(self._files.pieces()))
        found = [piece for piece in pieces if self.has_part(piece, name)]
        if not found:
            return None
        import pyarrow as pa

        names = [part_name(piece, name) for piece in found]
        tables = [
            parquet_table(self._files.content(part, piece), self.path / part)
            for piece, part in zip(found, names, strict=True)
        ]
        # Permissive, because a column that is missing in one animal (never entered, so no latency) has no type there.
        return with_sex(data_frame(pa.concat_tables(tables, promote_options="permissive"), self._files.parts))

    def has_part(self, piece: str, name: str) -> bool:
        """Whether a piece of a table is there; one that was written and is missing raises `UserError`."""
        return self._files.has(part_name(piece, name), piece)

    def pieces(self) -> list[str]:
        """Return the names of the pieces that an unfinished run has written so far."""
        return self._files.pieces()

    def check_pieces(self, known: Sequence[str] | None = None) -> None:
        """Raise `UserError` if a piece that the newest checkpoint (or `known`) names is missing or changed."""
        named = self._named_in_checkpoint() if known is None else known
        gone = sorted(set(named) - set(self._files.pieces()))
        problems = [f"parts/{piece} is missing" for piece in gone]
        problems += [line for piece in named if piece not in gone for line in self.piece_problems(piece)]
        if problems:
            raise UserError(f"{self.path} is damaged: {problems[0]}")

    def piece_problems(self, piece: str) -> list[str]:
        """Return a line for each file of a piece that is missing or changed."""
        return list(self._files.piece(piece).problems())

    def _named_in_checkpoint(self) -> list[str]:
        newest = sorted(self.checkpoints.glob("checkpoint-*/state.json"))[-1:]
        notes = read_json(newest[0]).get("notes") if newest else None
        named = notes.get("pieces") if isinstance(notes, dict) else None
        return [str(one) for one in named] if isinstance(named, list) else []

    def problems(self) -> list[str]:
        """Read every listed file and return a line for each that is missing or changed."""
        found = [problem for listed in self._files.all_lists() for problem in listed.problems()]
        if self.meta["format"] > 1 and not (self.path / SUMS).is_file():
            found.append(f"{SUMS}, which lists the tables, is missing")
        return list(dict.fromkeys(found))

    @property
    def n_listed(self) -> int:
        """How many files `problems` reads."""
        return len({name for listed in self._files.all_lists() for name in listed.files})

    # --- what a writer does

    def lock(self) -> None:
        """Become the only writer and remove what a killed one left; `UserError` if another process writes."""
        if self._lock is None:
            self._lock = take_lock(self.path)
            for folder in (self.path, self.models, self.path / "parts", self.path / "protocols"):
                remove_leftovers(folder)

    def write_table(self, name: str, table: pd.DataFrame, csv: bool = False) -> None:
        """Write `<name>.parquet` and, with `csv`, `<name>.csv` beside it (lists as JSON text); the index is dropped."""
        path = self._table_path(name)
        files: dict[str, bytes | None] = {}
        if csv:  # first, because the table is the sign that all of it is there
            files[path.with_suffix(".csv").name] = csv_text(table).encode()
        files[path.name] = parquet_bytes(table)
        self._files.write(files)

    def drop_table(self, name: str) -> None:
        """Delete a table, and its CSV, if it is there; a training table of a finished run is refused."""
        path = self._table_path(name)
        there = [one.name for one in (path, path.with_suffix(".csv")) if one.exists() or one.name in self._files.later]
        if there:
            self._files.write(dict.fromkeys(there))

    def write_part(self, piece: str, name: str, table: pd.DataFrame) -> None:
        """Write a piece of a table (an animal's, or some rows of all); worker processes may do so side by side."""
        self._files.write_piece(piece, {part_name(piece, name): parquet_bytes(table)})

    def drop_piece(self, piece: str) -> None:
        """Delete a piece of an unfinished run."""
        self._files.drop_piece(piece)

    def write_networks(self, networks: Mapping[str, bytes], piece: str = _NETWORKS) -> None:
        """Write trained networks (safetensors contents by animal); `piece` is the animal if it learned alone."""
        self._files.write_piece(piece, {network_name(animal): content for animal, content in networks.items()})

    def merge_parts(self, name: str, animals: Sequence[str]) -> None:
        """Write the table `name` from the pieces of `animals`, in that order; a missing piece raises `UserError`."""
        missing = [animal for animal in animals if not self.has_part(animal, name)]
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

    def write_protocol_notes(self, name: str, notes: Sequence[str]) -> None:
        """Write what readers of the table `protocol_<name>` must know, one line each; earlier notes are replaced."""
        self.write_text(_NOTES.format(name), "".join(f"{line}\n" for line in notes))

    def protocol_notes(self, name: str) -> list[str]:
        """Return the notes on the table `protocol_<name>`; none if an older version played the protocol."""
        path = self.path / _NOTES.format(name)
        return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file; NaN and infinities become null, because JSON has none."""
        self.write_text(name, json_text(content))

    def note(self, **facts: Any) -> None:
        """Add to `meta.json` what was learned after the folder was made, such as the device that was used."""
        self.meta = {**self.meta, **facts}
        self._files.write({"meta.json": json_text(self.meta).encode()})

    def finish(self) -> None:
        """Write `DONE`, with the time and the sums of all files, after everything else; drop the pieces."""
        unmerged = {path.name.split(".")[-2] for path in self._files.parts.glob("[!.]*.parquet")}
        unmerged = {name for name in unmerged if not self.has_table(name)}
        if unmerged:
            raise RuntimeError(f"{self.path}: pieces of {', '.join(sorted(unmerged))} were never merged")
        problems = self.problems()
        if problems:
            raise UserError(f"{self.path} cannot be finished: {problems[0]}")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.write_json(
            "DONE",
            {"finished": now, "files": self._files.training_states([f"{name}.parquet" for name in TRAINING_TABLES])},
        )
        # Afterwards: without DONE a resumed run continues from the pieces.
        shutil.rmtree(self._files.parts, ignore_errors=True)

    def discard_if_untouched(self) -> None:
        """Delete the folder if no work has been done in it; the lock must be held."""
        work = [*(self.path / "parts").glob("*"), *self.models.glob("*"), *self.path.glob("*.parquet")]
        if self._lock is not None and not self.checkpoints.exists() and not work:
            shutil.rmtree(self.path)

    def close(self) -> None:
        """Release the lock, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        # A copy in a worker process may read and write pieces; the lock stays with the process that took it.
        return {**self.__dict__, "_lock": None}

    @property
    def _files(self) -> ListedFiles:
        return ListedFiles(self.path, strict=self.meta.get("format", FORMAT) > 1)

    def _maker(self, table: str) -> str:
        verb, *options = _MADE_BY.get(table, ("resume",))
        return command(verb, self.path, *options)

    def _table_path(self, name: str) -> Path:
        if not _TABLE_NAME.fullmatch(name):
            raise ValueError(f"a table's name is made of small letters, digits and underscores, got {name!r}")
        return self.path / f"{name}.parquet"
