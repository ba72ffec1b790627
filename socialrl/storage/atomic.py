"""Files that appear whole or not at all: written beside their place, forced to disk, then moved into it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from socialrl.errors import from_os_error

# Leading dot: readers that list a folder skip it. The suffix of the target stays last, because some writers add their
# own suffix to names that lack it.
TEMPORARY_PREFIX = ".tmp-"


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Provide a temporary path beside `path` to write to; it replaces `path` after the block and is removed on an
    error.

    The folder must exist. A full disk, a missing permission and similar faults become a `UserError` that names `path`;
    an existing file is then unharmed.
    """
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{path.name}")
    try:
        with naming_the_place(f"write {path}"):
            yield temporary
            force_to_disk(temporary)
            os.replace(temporary, path)
            force_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed process left in `folder`; the caller must hold the folder's lock."""
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def naming_the_place(doing: str) -> Iterator[None]:
    """Turn an `OSError` about a place (space, permission, missing folder) into a `UserError` "cannot <doing>: …"."""
    try:
        yield
    except OSError as error:
        mistake = from_os_error(error, doing)
        if mistake is None:
            raise
        raise mistake from error


def force_to_disk(path: Path) -> None:
    """Make a file's content (or a folder's list of names) survive a loss of power; needed before and after the move."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
