"""A sheet's own preference ratio: a check of its huddle times, never a source of numbers."""

from __future__ import annotations

import math

import pandas as pd

from socialrl.interop.numbers import Cells, is_blank, number
from socialrl.interop.wording import lines

_FAR = 0.02
_MOST_NAMED = 12


def read_ratio(title: str, cells: Cells, delimiter: str, notes: list[str]) -> list[float]:
    """Return the ratios in a column as fractions, NaN where a cell is blank or no ratio; the latter is noted.

    A column is in percent if a cell says so or one is above 1. A formula's error (`#DIV/0!`: no huddle at all) is
    blank.
    """
    there = [(line, cell.rstrip("% ")) for line, cell in cells if not cell.startswith("#")]
    sign = "," if _commas(there) and not (delimiter == "," and _points(there)) else "."
    values, odd = [], []
    for line, cell in cells:
        try:
            value = math.nan if cell.startswith("#") or is_blank(cell) else number(cell.rstrip("% "), sign)
        except ValueError:
            value = math.nan
            odd.append(line)
        if value < 0 or value > 100:
            value = math.nan
            odd.append(line)
        values.append(value)
    if odd:
        notes.append(
            f"column '{title}' is not a share from 0 to 1 (or 100 %) in {lines(odd, _MOST_NAMED)}; not compared there"
        )
    percent = any(cell.endswith("%") for _, cell in cells) or any(value > 1.0 for value in values)
    return [value / 100.0 if percent else value for value in values]


def compare_ratio(tests: pd.DataFrame, title: str, notes: list[str]) -> None:
    """Note the lines in which the sheet's own ratio is not P / (P + S) of its huddle times."""
    partner, stranger = tests["huddle_s_partner"], tests["huddle_s_stranger"]
    differ = (tests["preference"] - partner / (partner + stranger)).abs() > _FAR
    if differ.any():
        notes.append(
            f"the sheet's own preference (column '{title}') differs from P / (P + S) by more than {_FAR} in"
            f" {lines(tests['line'][differ], _MOST_NAMED)}; ours is used"
        )


def _commas(cells: Cells) -> bool:
    return any("," in cell for _, cell in cells)


def _points(cells: Cells) -> bool:
    return any("." in cell for _, cell in cells)
