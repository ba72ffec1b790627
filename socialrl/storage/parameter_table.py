"""The parameter table that a run was made with, `parameters.csv` in its folder: is it still the table of that name?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from socialrl.errors import UserError
from socialrl.storage.listed_files import ListedFiles
from socialrl_envs.named_tables import read_rows
from socialrl_envs.parameter_rows import Parameter
from socialrl_envs.parameters import completed, differences, rows_of, table_csv

FILE = "parameters.csv"


def file_of(meta: Mapping[str, Any]) -> dict[str, str]:
    """Return the file, by name, of the table that a new run's `meta.json` names; none where it names none."""
    return {FILE: table_csv(str(meta["parameter_table"]))} if "parameter_table" in meta else {}


def rows_when_made(folder: Path, table: str) -> tuple[Parameter, ...]:
    """Return the rows of the parameter table, called `table`, of the run in `folder`, as they were when it was made.

    A run that was made before tables were kept with it has the rows of the table of that name.
    """
    files = ListedFiles(folder, strict=True)  # no run of format 1 has the file
    if not files.has(FILE):
        return rows_of(table)
    return completed(table, read_rows(files.content(FILE).decode()))


def refuse_changed(folder: Path, table: str, idle: Collection[str]) -> None:
    """Raise `UserError` if the table of that name has other numbers by now, so that the animals would be others.

    Numbers that have no effect in the run (`idle`) may differ, also by being younger than it.
    """
    changed = differences(rows_when_made(folder, table), rows_of(table), idle)
    if changed:
        then, now = changed[0]
        more = f"; {len(changed) - 1} more differ" if len(changed) > 1 else ""
        raise UserError(
            f"{folder} was made when parameter table {table} had other numbers ({then.name} {_numbers(then)}, now "
            f"{_numbers(now)}{more}); use the version of socialrl that made it (meta.json), or train it again"
        )


def _numbers(row: Parameter) -> str:
    males = "" if row.male is None else f" (males {row.male:g})"
    return f"{row.value:g}{males} with log-sd {row.spread:g}"
