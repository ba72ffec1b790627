"""Workbooks (.xlsx): the cells of their sheets as text, read with openpyxl through pandas (extra `xlsx`)."""

from __future__ import annotations

import functools
import importlib.util
import math
import warnings
import zipfile
from pathlib import Path
from typing import Any

from socialrl.errors import UserError, from_os_error
from socialrl.interop.table_text import Row

_MOST_BYTES = 256 * 2**20


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook of Excel 2007 or later, whatever its name is."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def can_read() -> bool:
    """Whether openpyxl is installed."""
    return importlib.util.find_spec("openpyxl") is not None


def sheets_of(path: Path) -> dict[str, list[Row]]:
    """Return the rows of every sheet: their numbers and cells as text; a file that is damaged raises `UserError`.

    A number is written so that it cannot be taken for thousands: 1.523 as 1.5230.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise from_os_error(error, f"read {path}") or UserError(f"cannot read {path}: {error.strerror}") from error
    if state.st_size > _MOST_BYTES:
        raise UserError(f"{path} is larger than {_MOST_BYTES // 2**20} MiB")
    return _sheets(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=2)
def _sheets(path: Path, _modified: int, _bytes: int) -> dict[str, list[Row]]:
    import pandas as pd

    # What a damaged archive or sheet ends in depends on where it is damaged.
    damage = (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError, TypeError, AttributeError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of colours and rules that are no cells
            frames = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="openpyxl")
    except damage as error:
        raise UserError(f"{path} cannot be read as a workbook ({type(error).__name__}: {error})") from error
    return {
        str(name): [(k + 1, [_text(cell) for cell in row]) for k, row in enumerate(frame.itertuples(index=False))]
        for name, frame in frames.items()
    }


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        shown = repr(cell)
        _, point, decimals = shown.partition(".")
        return f"{shown}0" if point and len(decimals) == 3 else shown
    return " ".join(str(cell).split())
