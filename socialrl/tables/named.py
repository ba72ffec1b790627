"""Things by name that are read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from socialrl.errors import UserError, unknown

Content = TypeVar("Content")


class UnknownNameError(UserError, KeyError):
    """A name that is not there; also a `KeyError`, so that `in` and `get` work as in every mapping."""

    def __str__(self) -> str:
        return str(self.args[0])


class Named(Mapping[str, Content]):
    """Things by name, each read when it is first asked for; an unknown name raises a `UserError` with the nearest.

    `where` and `noun` are for that error, `read` gets the name.
    """

    def __init__(self, where: Path, noun: str, names: Iterable[str], read: Callable[[str], Content]) -> None:
        self._where, self._noun, self._names, self._read = where, noun, list(names), read
        self._there: dict[str, Content] = {}

    def __getitem__(self, name: str) -> Content:
        if name not in self._names:
            raise UnknownNameError(f"{self._where}: {unknown(self._noun, str(name), self._names)}")
        if name not in self._there:
            self._there[name] = self._read(name)
        return self._there[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{self._noun}s: {', '.join(self._names) or 'none'}>"
