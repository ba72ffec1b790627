"""How notes say numbers of things, and lines of files: "1 test", "3 tests", "line 4", "lines 4, 7"."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_NAMED = 12


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return "1 test" or "3 tests"; `plural` where it is more than an s."""
    return f"{n} {noun if n == 1 else plural or f'{noun}s'}"


def lines(numbers: Iterable[int | str], most: int = _MOST_NAMED) -> str:
    """Return "line 4", or "lines 4, 7"; of more than `most` the first ones and an ellipsis."""
    named = [str(one) for one in numbers]
    return ("line " if len(named) == 1 else "lines ") + ", ".join(named[:most]) + (", …" if len(named) > most else "")
