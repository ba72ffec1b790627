"""One writer per folder: a lock that the operating system releases when its process ends, in whatever way."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# msvcrt locks bytes and hides them from readers, so the locked byte lies far behind the text.
_FAR_BYTE = 1 << 30
_HELD_ELSEWHERE = {errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN, errno.EDEADLK}


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
                if not _try_lock(descriptor):
                    raise LockedError(_holder(path))
                if _same_file(descriptor, path):
                    self._descriptor = descriptor
            finally:
                if self._descriptor is None:
                    os.close(descriptor)
            # Not the same file: its last holder removed it between our opening and our locking it, so try again.
        note = json.dumps({"pid": os.getpid(), "host": platform.node()}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, note, 0) if hasattr(os, "pwrite") else os.write(self._descriptor, note)

    def release(self) -> None:
        """Remove the lock file and let go of the lock; a second call does nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        # Removed while still locked: whoever opened the old file meanwhile finds out that it is no longer at its path.
        with contextlib.suppress(OSError):
            self.path.unlink()
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError as error:
        if error.errno not in _HELD_ELSEWHERE:
            raise
        return False
    return True


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text())
        return f"process {note['pid']} on {note['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # the note is written after the lock is taken, so it may not be there yet
