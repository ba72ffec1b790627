"""The record of one column of a table: its type, unit, meaning and range; names may hold places such as `<animal>`."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

TEXT, NUMBER, WHOLE, YES_NO, LIST = "text", "number", "whole number", "yes or no", "list of numbers"

DTYPES = {TEXT: "string", NUMBER: "float64", WHOLE: "int64", YES_NO: "bool", LIST: "object"}
"""The pandas type of each kind in `socialrl.load`; where values may be missing, that of `WITH_MISSING`."""
WITH_MISSING = {WHOLE: "Int64", YES_NO: "boolean"}

ROUNDING = 1e-6
"""How far sums of many ticks may exceed an exact bound, relative to it (or absolute, where it is below 1)."""

_PLACE = re.compile(r"<(\w+)>")
_FITS = {"minutes": r"\d+(?:\.\d+)?"}
_ANYTHING = r"[A-Za-z0-9_.-]+?"


@dataclass(frozen=True)
class Column:
    """A column called `name`, of `kind` (`DTYPES`), in `unit`. Numbers lie from `low` to `high`.

    `high` may name another column of the same row, such as `duration_s`. `words` are the texts that it can hold; empty:
    any. `missing` says what it means that there is no value; empty: there always is one. What stands in angle brackets
    in a name matches any text of its kind, and its place in `meaning` is filled with that.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    low: float | None = None
    high: float | str | None = None
    words: tuple[str, ...] = ()
    missing: str = ""

    def matching(self, name: str) -> Column | None:
        """Return this column for a column called `name`, or None if it is another one."""
        if "<" not in self.name:
            return self if self.name == name else None
        found = _pattern(self.name).fullmatch(name)
        if found is None:
            return None
        meaning = self.meaning
        for place, text in found.groupdict().items():
            meaning = meaning.replace(f"<{place}>", text)
        return replace(self, name=name, meaning=meaning)

    @property
    def range(self) -> str:
        """The range in words: `0 to 1`, `0 or more`, `0 to duration_s`, the words, or nothing."""
        if self.words:
            return ", ".join(self.words)
        high = f"{self.high:g}" if isinstance(self.high, (int, float)) and math.isfinite(self.high) else self.high
        if self.low is None or not math.isfinite(self.low):
            return f"up to {high}" if isinstance(high, str) else ""
        return f"{self.low:g} to {high}" if isinstance(high, str) else f"{self.low:g} or more"

    @property
    def dtype(self) -> str:
        """The pandas type of its values."""
        return WITH_MISSING.get(self.kind, DTYPES[self.kind]) if self.missing else DTYPES[self.kind]

    def outside(self, table: pd.DataFrame) -> pd.Series:
        """Return the values of its column in `table` that it does not allow: missing, of another kind, out of range."""
        values = table[self.name]
        there = values[values.notna()]
        wrong = [] if self.missing or len(there) == len(values) else [values[values.isna()]]
        if self.kind == LIST:
            numbers = there.explode().astype(float)
        elif self.kind == TEXT:
            return pd.concat([*wrong, there[~there.isin(self.words)]] if self.words else [*wrong, there.iloc[:0]])
        else:
            numbers = there.astype(float)
        bad = numbers.isna()
        if self.kind == WHOLE:
            bad |= numbers != numbers.round()
        if self.low is not None:
            bad |= numbers < self.low - ROUNDING * max(1.0, abs(self.low))
        if self.high is not None:
            bound = table[self.high].reindex(numbers.index).astype(float) if isinstance(self.high, str) else self.high
            slack = ROUNDING * (bound.abs().clip(lower=1.0) if isinstance(bound, pd.Series) else max(1.0, abs(bound)))
            bad |= numbers > bound + slack
        return pd.concat([*wrong, numbers[bad]])


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    parts = _PLACE.split(name)  # text, place, text, place, …, text
    pieces = [f"(?P<{part}>{_FITS.get(part, _ANYTHING)})" if k % 2 else re.escape(part) for k, part in enumerate(parts)]
    return re.compile("".join(pieces))


def described(name: str, columns: Sequence[Column]) -> Column | None:
    """Return the first of `columns` that describes a column called `name`, exact names first; None if there is none."""
    exact = next((one for one in columns if one.name == name), None)
    found = (one.matching(name) for one in columns)
    return exact or next((one for one in found if one is not None), None)
