"""One writer per folder: a lock that the operating system releases when its process ends, in whatever way."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from pathlib import Path

from filelock import lock_descriptor

_NOTE_AT = 1
"""Where the note about the holder begins: on Windows the first byte is what is locked, and cannot be read."""


class LockedError(Exception):
    """Another process holds the lock; `holder` names it if it is known."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class FileLock:
    """An exclusive lock on `path`, taken at construction; raises `LockedError` immediately if another process holds it.

    `release` removes the file. A file left by a killed process is not locked and is simply taken over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        while self._descriptor is None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                if not lock_descriptor(descriptor, blocking=False):
                    raise LockedError(_holder(path))
                if _same_file(descriptor, path):
                    self._descriptor = descriptor
            finally:
                if self._descriptor is None:
                    os.close(descriptor)
            # Not the same file: its last holder removed it between our opening and our locking it, so try again.
        note = json.dumps({"pid": os.getpid(), "host": platform.node()}).encode()
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, _NOTE_AT, os.SEEK_SET)
        os.write(self._descriptor, note)

    def release(self) -> None:
        """Remove the lock file and let go of the lock; a second call does nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        # Removed while still locked: whoever opened the old file meanwhile finds out that it is no longer at its path.
        with contextlib.suppress(OSError):
            self.path.unlink()
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(_NOTE_AT)
            note = json.loads(file.read())
        return f"process {note['pid']} on {note['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # the note is written after the lock is taken, so it may not be there yet
