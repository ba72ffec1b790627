"""How the compiled functions are compiled: cached on disk, without Python's division checks, free of the interpreter lock.

They allocate nothing, so numba's reference counting (`_nrt`) is off: counting every slice of a record array, with an
atomic operation each, cost as much as the model itself (docs/benchmarks/environment.md). Code that allocates an array
inside a compiled function therefore fails to compile, which is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "nogil": True, "_nrt": False}
compiled: Callable[..., Any] = njit(**_OPTIONS)
inlined: Callable[..., Any] = njit(**_OPTIONS, inline="always")
