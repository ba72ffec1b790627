"""Size and SHA-256 of a folder's files when they were written, and whether they are still the same.

A list of sums is written before the file that it is about, with both the state before and the state after, so that a
process killed between the two writes leaves nothing that looks damaged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import checksum, json_text, read_json

_ABSENT: dict[str, Any] = {"absent": True}


@dataclass(frozen=True)
class Manifest:
    """The listed files of `folder`: for each relative name its possible states; `source` is the list's file."""

    folder: Path
    files: Mapping[str, tuple[Mapping[str, Any], ...]]
    source: Path

    @classmethod
    def read(cls, folder: Path, source: Path, key: str = "files") -> Manifest:
        """Read a list from `source`, a JSON file with the list under `key`; a missing file is an empty list."""
        if not source.exists():
            return cls(folder, {}, source)
        files = read_json(source).get(key, {})
        if not isinstance(files, dict) or not all(_well_formed(states) for states in files.values()):
            raise UserError(f"{source} is damaged: its list of files cannot be read")
        return cls(folder, {name: tuple(states) for name, states in files.items()}, source)

    def __contains__(self, name: str) -> bool:
        return name in self.files

    def content(self, name: str) -> bytes:
        """Return the bytes of a listed file; one that is missing or was changed raises `UserError`."""
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise UserError(f"{self.folder} is damaged: {name} {_unreadable(error)}") from error
        problem = self._changed(name, len(content), checksum(content))
        if problem:
            raise UserError(f"{self.folder} is damaged: {problem}")
        return content

    def missing(self, names: Iterable[str] | None = None) -> list[str]:
        """Return which of the listed files (`names`, default: all) are not there."""
        wanted = self.files if names is None else names
        return [
            name for name in wanted if _ABSENT not in self.files.get(name, ()) and not (self.folder / name).is_file()
        ]

    def problems(self) -> Iterator[str]:
        """Read every listed file and yield one line for each that is missing or changed."""
        for name, states in self.files.items():
            path = self.folder / name
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                problem = self._changed(name, path.stat().st_size, digest)
            except FileNotFoundError:
                problem = "" if _ABSENT in states else f"{name} is missing"
            except OSError as error:
                problem = f"{name} {_unreadable(error)}"
            if problem:
                yield problem

    def _changed(self, name: str, size: int, digest: str) -> str:
        states = [state for state in self.files[name] if state != _ABSENT]
        if any(state["size"] == size and state["sha256"] == digest for state in states):
            return ""
        sizes = " or ".join(str(state["size"]) for state in states)
        if all(state["size"] != size for state in states):
            return f"{name} has {size} bytes and was written with {sizes or 'none'}"
        return f"{name} was changed after it was written"


def state_of(content: bytes) -> dict[str, Any]:
    """Return how a list describes a file with this content."""
    return {"size": len(content), "sha256": checksum(content)}


def listing(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return a list of files with these contents, in the form in which it is stored."""
    return {"files": {name: [state_of(content)] for name, content in files.items()}}


def states_of_files(folder: Path, names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the list of files that are in `folder` now."""
    return {name: [state_of((folder / name).read_bytes())] for name in names}


def write_listed(folder: Path, source: Path, files: Mapping[str, bytes | None]) -> None:
    """Write `files` (name to content; None deletes the file) into `folder` and keep their sums in `source`.

    Whenever the process is killed, each file is whole and is either the old or the new one; the list allows both.
    """
    listed = dict(read_json(source).get("files", {})) if source.exists() else {}
    after: dict[str, Any] = {name: _ABSENT if content is None else state_of(content) for name, content in files.items()}
    for name, state in after.items():
        path = folder / name
        before = state_of(path.read_bytes()) if path.is_file() else _ABSENT
        listed[name] = [before] if before == state else [before, state]
    write_bytes(source, json_text({"files": listed}).encode())
    for name, content in files.items():
        if content is None:
            with naming_the_place(f"delete {folder / name}"):
                (folder / name).unlink(missing_ok=True)
        else:
            write_bytes(folder / name, content)
    listed = {name: states for name, states in listed.items() if after.get(name) != _ABSENT}
    listed |= {name: [state] for name, state in after.items() if state != _ABSENT}
    write_bytes(source, json_text({"files": listed}).encode())


def _well_formed(states: Any) -> bool:
    return isinstance(states, list) and all(
        state == _ABSENT
        or (isinstance(state, dict) and isinstance(state.get("size"), int) and isinstance(state.get("sha256"), str))
        for state in states
    )


def _unreadable(error: OSError) -> str:
    return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
