"""How the compiled functions are compiled: cached on disk, without Python's division checks, free of the interpreter lock.

They allocate nothing, so numba's reference counting (`_nrt`) is off: it took half a microsecond of every call, which a
single environment pays at every step (docs/benchmarks/environment.md). Code that allocates an array inside a compiled
function therefore fails to compile, which is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}


# parameter values reach the compiled code as data: tuning them need not compile anything anew
_DATA_ONLY = ("parameters.py",)


def sources_digest(folder: Path) -> str:
    """Return a digest of the Python sources directly in `folder`; any changed, new or renamed file changes it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.glob("*.py") if path.name not in _DATA_ONLY):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_SOURCES = sources_digest(Path(__file__).parent)


def cached(function: Callable[..., Any], sources: str, *, signature: str | None = None, **options: Any) -> Any:
    """Compile with numba's options and a disk cache that goes stale when the digest `sources` changes.

    Numba compares only the file that a function stands in: after a change in rewards.py alone it would go on using a
    step that was compiled with the old rewards. With a `signature` it is compiled at once and for those types only.
    """
    dispatcher = njit(cache=True, **options)(function)
    cache_file = dispatcher._cache._cache_file
    cache_file._source_stamp = (cache_file._source_stamp, sources)
    if signature is not None:
        # Here and not in njit(signature), which would read the cache before it is stamped.
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher


def compiled(function: Callable[..., Any]) -> Any:
    """Decorate a function that Python calls: compiled at its first call."""
    return cached(function, _SOURCES, **_OPTIONS)


def inlined(function: Callable[..., Any]) -> Any:
    """Decorate a function that compiled code calls: it becomes part of its callers, whatever its size.

    Left to itself the compiler keeps the larger ones apart, and with that forgets that a world has three animals: with
    the sizes known, it unrolls every loop over them.
    """
    return cached(function, _SOURCES, forceinline=True, **_OPTIONS)
