"""How the trainer's functions are compiled: like the networks, and again if a source of this package changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from socialrl.networks.compiled import SOURCES
from socialrl.networks.compiled import compiled as compiled_networks
from socialrl_envs.compiled import sources_digest

_SOURCES = SOURCES + sources_digest(Path(__file__).parent)


def compiled(signature: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of compiled functions; see `socialrl.networks.compiled.compiled`."""
    return compiled_networks(signature, _SOURCES, **options)
