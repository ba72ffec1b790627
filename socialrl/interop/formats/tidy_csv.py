"""Tidy CSV for R and others: a file a table, one value in a cell, and a codebook of every column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from socialrl.errors import UserError, unknown
from socialrl.interop.format import Settings
from socialrl.interop.formats import Format, Option
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import csv_text

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.storage.run_folder import RunFolder

CODEBOOK = "codebook"


def export(run: RunFolder, folder: Path, settings: Settings) -> list[str]:
    """Write the tables of a run, lists as tables of their own, and `codebook.csv`; see docs/tables.md."""
    from socialrl.tables.codebook import codebook
    from socialrl.tables.loaded import Run

    tables = Run(run)
    wanted = settings["tables"]
    for name in wanted or ():
        if name not in tables.names:
            raise UserError(f"tables: {unknown('table', name, tables.names)}")
    columns: dict[str, list[str]] = {}
    for name in wanted or tables.names:
        for piece, table in tables.tidy(name).items():
            write_bytes(folder / f"{piece}.csv", csv_text(_for_r(table)).encode())
            columns[piece] = [str(one) for one in table.columns]
    book = codebook(columns)
    write_bytes(folder / f"{CODEBOOK}.csv", csv_text(book).encode())
    unknown_columns = book[book["type"] == ""]
    return [
        f"the codebook does not know the column {row.column} of {row.table}; another version or package wrote it"
        for row in unknown_columns.itertuples()
    ]


def _for_r(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with yes and no as TRUE and FALSE: R's own `read.csv` takes `true` for a text."""
    answers = table.select_dtypes(["bool", "boolean"])
    return table.assign(**{str(name): column.map({True: "TRUE", False: "FALSE"}) for name, column in answers.items()})


FORMAT = Format(
    "csv",
    "tidy tables and a codebook of every column, for R and others",
    export=export,
    options=(
        Option(
            "tables",
            "only these tables",
            None,
            lambda text: [name.strip() for name in text.split(",")],
            "names between commas, such as tests,events",
            "all",
        ),
    ),
    extensions=(".csv",),
    writes="one file a table, <table>.csv; codebook.csv has unit, meaning and range of every column",
)
