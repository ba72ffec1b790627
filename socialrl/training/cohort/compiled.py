"""How the trainer's functions are compiled: cached on disk until any source of this package changes, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from socialrl_envs.compiled import cached, sources_digest

_SOURCES = sources_digest(Path(__file__).parent)


def compiled(signature: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of compiled functions; with a `signature` they are compiled at once, for those types only.

    `options` are numba's, such as `fastmath`. Division follows NumPy (no check for zero). They are compiled with
    `NUMBA_DISABLE_JIT=1`, too: `tiles.py` is written in the processor's vectors, which have no form in plain Python.
    """
    return lambda function: cached(function, _SOURCES, signature=signature, error_model="numpy", nogil=True, **options)
