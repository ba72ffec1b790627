"""Slow states that animals have of their own, row by row, in place of options that every reset draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from .errors import ParameterError
from .vocabulary import OPTIONS, Option


def checked_rows(
    given: Mapping[str, Any], check: Callable[[Option, Any], NDArray[Any]], n_rows: int, n_acting: int
) -> dict[str, NDArray[Any]]:
    """Return `given` (variables of the slow state by name, one value a row) as arrays (n_worlds, n_acting).

    `check` is that of the options. An unknown name, another number of values and values out of range raise
    `ParameterError`.
    """
    known = {option.name: option for option in OPTIONS if option.of_animals}
    checked = {}
    for name, values in given.items():
        if name not in known:
            raise ParameterError(f"own_slow_state: unknown variable {name!r}; known: {', '.join(known)}")
        array = check(known[name], values)
        if array.shape != (n_rows,):
            raise ParameterError(
                f"own_slow_state: {name} must have one value for each of {n_rows} rows, got {array.size}"
            )
        checked[name] = array.reshape(-1, n_acting)
    return checked
