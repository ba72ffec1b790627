"""How these functions are compiled: cached on disk until a source of theirs changes, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import socialrl_envs
from socialrl_envs.compiled import cached, sources_digest

SOURCES = sources_digest(Path(__file__).parent) + sources_digest(Path(socialrl_envs.__file__).parent)


def compiled(signature: str | None = None, sources: str = SOURCES, **options: Any) -> Callable[..., Any]:
    """Return the decorator of compiled functions; with a `signature` they are compiled at once, for those types only.

    `options` are numba's. Division follows NumPy (no check for zero). No `fastmath`: it would let the compiler choose
    the order of sums and which products to fuse, and it chooses by the processor.
    """
    return lambda function: cached(function, sources, signature=signature, error_model="numpy", nogil=True, **options)
