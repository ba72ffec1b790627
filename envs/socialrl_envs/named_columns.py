"""A table of numbers with named columns: an array for code that stacks and copies, a mapping for code that looks up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NamedColumns(np.ndarray[Any, np.dtype[np.float64]]):
    """Numbers of `n` rows (n, n_columns) float64, with `table["name"]`, `keys()`, `values()` and `items()` of columns
    (n,).

    Recorders of infos that keep arrays only (TorchRL's) cannot keep a dictionary of them. Iterating gives the names, as
    of a mapping.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, columns: NDArray[np.float64], names: tuple[str, ...]) -> NamedColumns:
        """Return a view of `columns` (n_columns, n), which stand one after the other in memory."""
        table = columns.T.view(cls)
        table.names = names
        return table

    def __array_finalize__(self, source: Any) -> None:
        self.names = getattr(source, "names", ())

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return np.asarray(self)[key]
        if key not in self.names:
            raise KeyError(key)
        return np.asarray(self)[:, self.names.index(key)]

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.names)

    def __contains__(self, key: object) -> bool:
        return key in self.names

    def keys(self) -> tuple[str, ...]:
        """Return the names of the columns, in order."""
        return self.names

    def values(self) -> list[NDArray[np.float64]]:
        """Return the columns, (n,) each, as views."""
        return [self[name] for name in self.names]

    def items(self) -> list[tuple[str, NDArray[np.float64]]]:
        """Return names and columns."""
        return [(name, self[name]) for name in self.names]
