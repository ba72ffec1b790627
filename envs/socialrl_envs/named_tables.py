"""Parameter tables by name: the current one, and earlier ones as the files `tables/<name>.csv`, which never change.

A refit moves every result. So the table that it replaces is kept here as it was, row by row, and simulations ask for it
by name: `gym.make("socialrl/PartnerPreference-v0", table="v1")`, `parameters: v1` in a configuration. To keep the
current table before it is refitted, write it with `socialrl parameters --csv` to `tables/<CURRENT>.csv` and give
`CURRENT` its next name.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CURRENT = "v2"
"""The name of the table that is in `parameter_rows.PARAMETERS`."""

UNNAMED = "v1"
"""The table of whatever was written before tables had names."""

_FOLDER = Path(__file__).parent / "tables"


def table_names() -> tuple[str, ...]:
    """Return the names of all tables, the current one last."""
    return (*sorted(path.stem for path in _FOLDER.glob("v*.csv")), CURRENT)


@functools.cache
def kept_rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of an earlier table as its file has them: text by column."""
    return read_rows((_FOLDER / f"{name}.csv").read_text(encoding="utf-8"))


def read_rows(text: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a table's CSV text: text by column."""
    return tuple(csv.DictReader(io.StringIO(text)))


def write_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as the CSV text of a table; numbers are written so that reading gives the same ones."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
