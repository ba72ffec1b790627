"""The disk cache of compiled functions: stamped with all sources, checked before it is read, and optional.

Numba's own cache unpickles any content of the file, so that a damaged one ends in an EOFError or in machine code with a
wrong byte. Here every file begins with the SHA-256 of the rest: a file that does not match its sum counts as missing,
is compiled again and overwritten. Where nothing can be written (a read-only installation, no home folder, a full disk)
functions are compiled in every process, after one line of warning.
"""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core import caching

_caching: Any = caching  # numba has no types
_DIGEST_BYTES = hashlib.sha256().digest_size
_log = logging.getLogger("socialrl_envs")
_warned = False


class CheckedFile(_caching.IndexDataCacheFile):  # type: ignore[misc]
    """Index and data files of one function that vouch for themselves; damaged and foreign ones count as missing."""

    def _load_index(self) -> dict[Any, str]:
        content = _read_checked(Path(self._index_path))
        if content is None:
            return {}
        stream = io.BytesIO(content)
        if pickle.load(stream) != self._version:
            return {}
        stamp, overloads = pickle.load(stream)
        return overloads if stamp == self._source_stamp else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        version = pickle.dumps(self._version, protocol=pickle.HIGHEST_PROTOCOL)
        self._write_checked(self._index_path, version + self._dump((self._source_stamp, overloads)))

    def _load_data(self, name: str) -> Any:
        content = _read_checked(Path(self._data_path(name)))
        return None if content is None else pickle.loads(content)

    def _save_data(self, name: str, data: Any) -> None:
        self._write_checked(self._data_path(name), self._dump(data))

    def _write_checked(self, path: str, content: bytes) -> None:
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest() + content)


class CheckedCache(_caching.FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function with files that are checked; it is stale when the digest `sources` changes.

    Numba compares only the file that defines a function: after a change in rewards.py alone it would still use a
    step that was compiled with the old rewards.
    """

    def __init__(self, function: Callable[..., Any], sources: str) -> None:
        super().__init__(function)  # raises RuntimeError where no folder can be written
        stamp = (self._impl.locator.get_source_stamp(), sources)
        self._cache_file = CheckedFile(self._cache_path, self._impl.filename_base, stamp)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write a compiled function, or warn once that it cannot be written."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warn_once(str(error))


def cache_of(function: Callable[..., Any], sources: str) -> CheckedCache | None:
    """Return the disk cache of `function`; None, after one line of warning, where none can be written."""
    try:
        return CheckedCache(function, sources)
    except RuntimeError as error:  # numba found no folder
        warn_once(str(error))
        return None


def warn_once(reason: str) -> None:
    """Warn in one line, once per process, that compiled functions are not cached."""
    global _warned
    if not _warned:
        _warned = True
        _log.warning(
            "compiled functions cannot be cached on disk and are compiled again in this process; to cache them, "
            "set NUMBA_CACHE_DIR to a folder that can be written (%s)",
            reason,
        )


def _read_checked(path: Path) -> bytes | None:
    """Return the content of a file after its sum; None if it is missing, unreadable or does not match the sum."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None
