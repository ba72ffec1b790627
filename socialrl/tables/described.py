"""Tables of a folder that the codebook describes: read when they are first asked for, with its types."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import checksum, read_parquet
from socialrl.tables.codebook import codebook, column_of
from socialrl.tables.column import LIST, TEXT, WITH_MISSING
from socialrl.tables.named import Named


def typed(table: pd.DataFrame, name: str, leave: Collection[str] = ()) -> pd.DataFrame:
    """Return a table with the types that the codebook gives its columns; unknown ones, and `leave`, stay as they are.

    Text is `string`, numbers `float64`, whole numbers `int64` and yes or no `bool`; where values may be missing, whole
    numbers are `Int64` and yes or no `boolean`. Lists stay as they are.
    """
    types: dict[Any, str] = {}
    for name_of in table.columns:
        one = column_of(name, str(name_of))
        if one is not None and one.kind != LIST and name_of not in leave:
            gaps = one.kind != TEXT and table[name_of].isna().any()  # where the codebook expects none, too
            types[name_of] = WITH_MISSING.get(one.kind, one.dtype) if gaps else one.dtype
    return table.astype(types)


def read_csv(path: Path, name: str, leave: Collection[str] = ()) -> pd.DataFrame:
    """Return a CSV that a command wrote, typed; texts stay as they are written, so that an animal 007 is no 7."""
    with naming_the_place(f"read {path}"), path.open(encoding="utf-8", newline="") as file:
        titles = next(csv.reader(file), [])
    described = {title: column_of(name, title) for title in titles if title not in leave}
    texts = {title: "string" for title, one in described.items() if one is not None and one.kind == TEXT}
    with naming_the_place(f"read {path}"):
        try:
            table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""], true_values=["true", "TRUE"])
            return typed(table, name, leave)
        except (ValueError, TypeError) as error:
            raise UserError(f"{path} is not as it was written ({error})") from error


class Tables:
    """A folder with tables: `files` are their places by name, `kind` what the folder is, such as `sweep`.

    A table's columns are those of `<kind>/<table>` in the codebook.
    """

    def __init__(self, path: Path, kind: str, files: Mapping[str, Path]) -> None:
        self.path, self.kind, self._files = path, kind, files
        self._read: dict[str, pd.DataFrame] = {}

    leave: Collection[str] = ()
    """Columns that keep the types they are read with."""

    @property
    def sums(self) -> Mapping[str, str]:
        """The SHA-256 that files were written with, by name, as far as the folder says."""
        return {}

    @property
    def names(self) -> list[str]:
        """The names of all tables that are there."""
        return list(self._files)

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called `name`; one that is not there raises `UserError` with the nearest."""
        if name not in self._read:
            self._read[name] = self._of(name)
        return self._read[name]

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables by name."""
        return Named(self.path, "table", self.names, self.table)

    def codebook(self, *names: str) -> pd.DataFrame:
        """Return what the columns of tables (default: all that are there) mean: unit, meaning, range, type."""
        named = {f"{self.kind}/{name}": [str(one) for one in self.table(name).columns] for name in names or self.names}
        return codebook(named).assign(table=lambda book: book["table"].str.partition("/")[2])

    def _of(self, name: str) -> pd.DataFrame:
        if name not in self._files:
            raise UserError(f"{self.path}: {unknown('table', name, self.names)}")
        path, qualified, expected = self._files[name], f"{self.kind}/{name}", self.sums.get(self._files[name].name)
        if path.suffix == ".parquet":
            return typed(read_parquet(path, expected).to_pandas(), qualified, self.leave)
        if expected is not None and checksum(path.read_bytes()) != expected:
            raise UserError(f"{path} is damaged: it was changed after it was written")
        return read_csv(path, qualified, self.leave)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.path}; tables: {', '.join(self.names)}>"
