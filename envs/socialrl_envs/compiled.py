"""How the compiled functions are compiled: cached on disk, without Python's division checks, free of the interpreter
lock.

They allocate nothing, so numba's reference counting (`_nrt`) is off: it took half a microsecond of every call, which a
single environment pays at every step (docs/benchmarks/environment.md). Code that allocates an array inside a compiled
function therefore fails to compile, which is intended.

With `NUMBA_DISABLE_JIT=1` the same functions run as plain Python, some thousand times slower and with the same numbers:
for a debugger, or to measure coverage.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core import config as numba_config

from .compiled_cache import cache_of

config: Any = numba_config  # its settings are not visible to a type checker

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}


# parameter values reach the compiled code as data: changing them compiles nothing again
_DATA_ONLY = ("named_tables.py", "parameter_rows.py", "parameters.py")


def sources_digest(folder: Path) -> str:
    """Return a digest of the Python sources directly in `folder`; any changed, new or renamed file changes it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.glob("*.py") if path.name not in _DATA_ONLY):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_SOURCES = sources_digest(Path(__file__).parent)


def cached(function: Callable[..., Any], sources: str, *, signature: str | None = None, **options: Any) -> Any:
    """Compile with numba's options and a disk cache that goes stale when the digest `sources` changes.

    With a `signature` it is compiled at once and for those types only. It is compiled whatever `NUMBA_DISABLE_JIT`
    says.
    """
    with _jit():
        dispatcher = njit(**options)(function)
    cache = cache_of(function, sources)
    if cache is not None:
        dispatcher._cache = cache
    if config.DISABLE_JIT:
        # numba compiles at the first call, some of its own functions with it, and asks the setting again for these
        dispatcher.compile = _jit()(dispatcher.compile)
    if signature is not None:
        # Here and not in njit(signature), which would read the cache before it is stamped.
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher


@contextlib.contextmanager
def _jit() -> Iterator[None]:
    """Let numba compile in the block, whatever `NUMBA_DISABLE_JIT` says."""
    disabled, config.DISABLE_JIT = config.DISABLE_JIT, 0
    try:
        yield
    finally:
        config.DISABLE_JIT = disabled


def compiled(function: Callable[..., Any]) -> Any:
    """Decorate a function that Python calls: compiled at its first call."""
    return _interpreted(function) if config.DISABLE_JIT else cached(function, _SOURCES, **_OPTIONS)


def inlined(function: Callable[..., Any]) -> Any:
    """Decorate a function that compiled code calls: it becomes part of its callers, whatever its size.

    By default the compiler does not inline the larger ones and then does not know that a world has three animals; with
    the sizes known, it unrolls every loop over them.
    """
    return function if config.DISABLE_JIT else cached(function, _SOURCES, forceinline=True, **_OPTIONS)


def inlined_everywhere(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of a function that is inlined, and called by compiled code of other packages.

    That code is compiled whatever `NUMBA_DISABLE_JIT` says, and so is this function; `signature` is used only then.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        if config.DISABLE_JIT:
            return cached(function, _SOURCES, signature=signature, forceinline=True, **_OPTIONS)
        return inlined(function)

    return decorate


def _interpreted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` for the interpreter: fields of records are attributes there only in record arrays."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):  # 64-bit noise is meant to overflow, and divisions follow `error_model`
            return function(*(_as_records(one) for one in arguments))

    return call


def _as_records(argument: Any) -> Any:
    is_records = isinstance(argument, np.ndarray) and argument.dtype.names is not None
    return argument.view(np.recarray) if is_records else argument
