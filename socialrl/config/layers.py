"""Partial configurations merged into a whole one, and which file or command line each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from socialrl.config.strict_yaml import Path as KeyPath


def lay_over(base: Mapping[str, Any], piece: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `piece`: a mapping goes key by key, anything else is replaced as a whole."""
    merged = dict(base)
    for key, value in piece.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = lay_over(below or {}, value) if both else value
    return merged


def leaves(piece: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Return the path of every value in `piece` that is not a mapping of others."""
    for key, value in piece.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


class Origins:
    """Where the values of a configuration were set: `main`, the file that it was read from, and the later layers."""

    def __init__(self, main: str) -> None:
        self._main = main
        self._set: list[tuple[KeyPath, str]] = []

    def add(self, path: KeyPath, where: str) -> None:
        """Note that the value at `path` came from `where`."""
        self._set.append((path, where))

    def of(self, paths: tuple[KeyPath, ...]) -> str:
        """Return where a mistake in the values at `paths` came from: the latest layer that touches one of them."""
        for other, where in reversed(self._set):
            for mine in paths:
                n = min(len(mine), len(other))
                if mine[:n] == other[:n]:
                    return where
        return self._main
