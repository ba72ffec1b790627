"""What of a folder's tables the codebook does not describe; tests that write such folders ask it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

import socialrl
from socialrl.tables.codebook import column_of


def outside(table: str, frame: pd.DataFrame) -> dict[str, list[object]]:
    """The columns of a frame that the codebook does not know, or that hold what it does not allow."""
    found = {}
    for name in frame.columns:
        one = column_of(table, name)
        wrong = ["not described"] if one is None else one.outside(frame).tolist()
        if wrong:
            found[name] = wrong
    return found


def undescribed(path: Path, *names: str) -> dict[str, Any]:
    """What is wrong with the tables that `socialrl.load` opens in a folder, which must have those `names`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        folder = socialrl.load(path)
    missing = {name: "not there" for name in names if name not in folder.names}
    book = folder.codebook()
    assert (book["meaning"] != "").all()
    assert len(book) == sum(folder.table(name).shape[1] for name in folder.names)
    found = {name: outside(f"{folder.kind}/{name}", folder.table(name)) for name in folder.names}
    return missing | {name: wrong for name, wrong in found.items() if wrong}
