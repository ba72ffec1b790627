"""The files of a run folder with the lists that vouch for them: `DONE`, `sums.json` and those of unfinished pieces.

`DONE` lists every file of training and never changes. `sums.json` lists the configuration and the tables, those of
later tests included. `parts/<piece>.sums.json` lists what an unfinished run has so far; each piece has one writer, so
that worker processes can write side by side.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from pathlib import Path

from socialrl.errors import UserError
from socialrl.storage.files import read_json
from socialrl.storage.manifest import Manifest, states_of_files, write_listed

DONE, SUMS = "DONE", "sums.json"
_PIECE_SUMS = ".sums.json"
_LISTED_NOWHERE = frozenset({DONE, SUMS, ".lock"})


class ListedFiles:
    """Reads and writes the files of the run folder `folder`; names are relative to it.

    `strict` refuses files that no list knows; runs of format 1 have lists of three tables only and are read leniently.
    """

    def __init__(self, folder: Path, *, strict: bool) -> None:
        self.folder, self.strict = folder, strict
        self.parts = folder / "parts"

    @property
    def training(self) -> Manifest:
        """The files that the run was finished with; empty while it is not."""
        done = self.folder / DONE
        if self.strict or not done.exists():
            return _finished_with(self.folder, _identity(done))
        sums = read_json(done).get("sha256")
        if not isinstance(sums, dict):
            return Manifest.read(self.folder, done)
        # Format 1 records no sizes; any size is accepted.
        names = {f"{name}.parquet": one for name, one in sums.items()}
        sizes = {name: (self.folder / name).stat().st_size for name in names if (self.folder / name).is_file()}
        states = {name: ({"sha256": one, "size": sizes.get(name, 0)},) for name, one in names.items()}
        return Manifest(self.folder, states, done)

    @property
    def later(self) -> Manifest:
        """The tables, and the files that a run was made with."""
        return Manifest.read(self.folder, self.folder / SUMS)

    def piece(self, piece: str) -> Manifest:
        """The files of one piece of an unfinished run."""
        return Manifest.read(self.folder, self.parts / f"{piece}{_PIECE_SUMS}")

    def pieces(self) -> list[str]:
        """Return the names of all pieces that have a list."""
        return sorted(path.name.removesuffix(_PIECE_SUMS) for path in self.parts.glob(f"[!.]*{_PIECE_SUMS}"))

    def all_lists(self) -> list[Manifest]:
        """Return every list of the folder."""
        return [self.training, self.later, *(self.piece(one) for one in self.pieces())]

    def has(self, name: str, piece: str = "") -> bool:
        """Whether a file is there; one that is listed and missing raises `UserError`."""
        there = (self.folder / name).is_file()
        if not there and any(listed.missing([name]) for listed in self._lists(piece) if name in listed):
            raise UserError(f"{self.folder} is damaged: {name} is missing")
        return there

    def check(self, name: str) -> None:
        """Raise `UserError` if a file was changed since it was written; one that no list knows passes."""
        for listed in self._lists(""):
            if name in listed:
                listed.content(name)

    def content(self, name: str, piece: str = "") -> bytes:
        """Return the bytes of a file; one that is missing, changed or in no list raises `UserError`."""
        for listed in self._lists(piece):
            if name in listed:
                return listed.content(name)
        if self.strict:
            raise UserError(f"{self.folder} is damaged: {name} is in no list of what was written")
        return (self.folder / name).read_bytes()

    def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write files (None deletes one) and list them in `sums.json`; a file of finished training is refused."""
        finished = self.training
        for name in files:
            if name in finished:
                raise UserError(f"{self.folder} is finished; its table {name} cannot be changed")
        write_listed(self.folder, self.folder / SUMS, files)

    def write_piece(self, piece: str, files: Mapping[str, bytes | None]) -> None:
        """Write files of one piece of an unfinished run and list them with it."""
        self.parts.mkdir(exist_ok=True)
        write_listed(self.folder, self.parts / f"{piece}{_PIECE_SUMS}", files)

    def drop_piece(self, piece: str) -> None:
        """Delete the tables of a piece, its list last."""
        for path in [*self.parts.glob(f"{piece}.*.parquet"), self.parts / f"{piece}{_PIECE_SUMS}"]:
            path.unlink(missing_ok=True)

    def training_states(self, tables: Collection[str]) -> dict[str, list[dict[str, object]]]:
        """Return the list of the files that are there now, for `DONE`: of the tables only `tables`, nothing hidden.

        Pieces and checkpoints are left out: they are no longer needed and may be deleted.
        """
        files = [path.relative_to(self.folder) for path in sorted(self.folder.rglob("*")) if path.is_file()]
        kept = [one for one in files if one.parts[0] not in ("parts", "checkpoints")]
        names = [one.as_posix() for one in kept if not one.name.startswith(".")]
        changing = {name for name in self.later.files if name.endswith((".parquet", ".csv"))} - set(tables)
        others = _LISTED_NOWHERE | changing
        return states_of_files(self.folder, [name for name in names if name not in others])

    def _lists(self, piece: str) -> list[Manifest]:
        return [self.training, self.later, *([self.piece(piece)] if piece else [])]


def _identity(path: Path) -> tuple[int, ...]:
    """Return what tells a file from another one in its place; empty if there is none."""
    if not path.exists():
        return ()
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=8)
def _finished_with(folder: Path, _done: tuple[int, ...]) -> Manifest:
    # Kept, because every animal asks for it and it names every file; `DONE` is written once and never changed.
    return Manifest.read(folder, folder / DONE)


def network_name(animal: str) -> str:
    """Return the name of the file that holds an animal's network."""
    return f"models/{animal}.safetensors"


def part_name(piece: str, table: str) -> str:
    """Return the name of the file that holds a piece's part of a table."""
    return f"parts/{piece}.{table}.parquet"
