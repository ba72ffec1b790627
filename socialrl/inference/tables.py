"""Tables of tests: CSV with one row per animal and test, such as `evaluation.csv` of a run; checked cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from socialrl.errors import UserError, shortened, unknown
from socialrl.inference.battery import BY_NAME, SimulatedTest, with_tubes

EVERYONE = "all"
"""The group of animals whose file names none."""

NEVER = ("latency_s", "decay_s")
"""Columns in which a blank says that there was no event."""

_LENGTHS = (0.8, 1.25)
_MOST_BYTES = 200_000_000
_MOST_NAMED = 5


def is_table(path: Path) -> bool:
    """Whether the first line of a file names the columns of a table of tests; what is no file is none."""
    if not path.is_file():
        return False
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            titles = [one.strip().strip('"') for one in file.readline(100_000).split(",")]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return {"animal", "test"} <= set(titles)


def from_table(
    path: Path, known: Sequence[str], tests: Sequence[str], by: str | None, notes: list[str]
) -> pd.DataFrame:
    """Return animal, test, group and the numbers of the tests in a table; arguments as in `scores.read_scores`."""
    table = _read_csv(path)
    group = by or next((name for name in ("genotype", "group") if name in table), None)
    if group is not None and group not in table:
        raise UserError(f"{path}: --by: {unknown('column', group, [str(one) for one in table.columns])}")
    if blank := [k for k in range(len(table)) if not table["animal"][k].strip() or not table["test"][k].strip()]:
        raise UserError(f"{path}, line {blank[0] + 2}: every row needs an animal and a test")
    wanted = [one for one in table["test"].unique() if one in known and (not tests or one in tests)]
    if not wanted:
        there = ", ".join(dict.fromkeys(table["test"].head(1000)))
        raise UserError(f"{path}: none of its tests ({shortened(there)}) is used; simulated are: {', '.join(known)}")
    left_out = [str(one) for one in table["test"].unique() if one not in wanted]
    if left_out:
        shown = ", ".join(left_out[:_MOST_NAMED]) + (", …" if len(left_out) > _MOST_NAMED else "")
        notes.append(f"{path.name}: tests that are not simulated or not asked for are left out: {shown}")
    pieces = [_numbers(table[table["test"] == name], BY_NAME[name], group, path, notes) for name in wanted]
    rows = pd.concat(pieces, ignore_index=True)
    return rows.assign(group=rows[group].replace("", "?") if group is not None else EVERYONE)


def _read_csv(path: Path) -> pd.DataFrame:
    if path.stat().st_size > _MOST_BYTES:
        raise UserError(f"{path} has {path.stat().st_size:,} bytes; a table of tests has at most {_MOST_BYTES:,}")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        titles = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", header=None, nrows=1)
    except (ValueError, UnicodeError, OSError) as error:
        reason = (str(error).splitlines() or ["?"])[0]
        raise UserError(f"{path} cannot be read as a table: {shortened(reason)}") from error
    if table.empty:
        raise UserError(f"{path}: the table has no rows")
    if not isinstance(table.index, pd.RangeIndex):
        raise UserError(f"{path}, line 2: more cells than there are column names")
    twice = titles.iloc[0][titles.iloc[0].duplicated()]
    if len(twice):
        raise UserError(f"{path}: two columns are called '{shortened(str(twice.iloc[0]))}'")
    return table


def _numbers(rows: pd.DataFrame, test: SimulatedTest, group: str | None, path: Path, notes: list[str]) -> pd.DataFrame:
    """Return rows of one test with its columns as numbers; a row with a blank is left out with a note."""
    tubes = [name for name in rows if str(name).startswith("tube_s_")]
    names = [name for name in (*test.columns, "duration_s") if name in rows]
    usable = [one for one in test.features if set(one.needs) <= set(names)]
    if not usable:
        raise UserError(f"{path}: test {test.name} needs at least one of the columns {', '.join(test.columns)}")
    made = {name: _column(rows, str(name), path, may_be_negative=name in ("peak", "area")) for name in [*names, *tubes]}
    numbers = rows[["animal", "test", *([group] if group else [])]].assign(**made)
    check_length(numbers, str(path))
    blanks = numbers[[name for name in names if not name.startswith(NEVER)]].isna().any(axis=1)
    if blanks.all():
        raise UserError(f"{path}: every row of test {test.name} has a blank")
    if blanks.any():
        notes.append(f"{path.name}: {int(blanks.sum())} rows of {test.name} with a blank are left out")
    return with_tubes(numbers[~blanks]).drop(columns=tubes)


def _column(rows: pd.DataFrame, name: str, path: Path, *, may_be_negative: bool) -> pd.Series:
    values = pd.to_numeric(rows[name].where(rows[name].str.strip() != "", "nan"), errors="coerce")
    given = ~rows[name].str.strip().str.casefold().isin(["", "nan", "na"])
    bad = given & ~(np.isfinite(values) & ((values >= 0) | may_be_negative))
    if bad.any():
        line = int(rows.index[bad.to_numpy()][0]) + 2
        allowed = "a number" if may_be_negative else "a number of 0 or more"
        got = shortened(str(rows[name][bad].iloc[0]))
        raise UserError(f"{path}, line {line}, column '{name}': must be {allowed}, got '{got}'")
    return values.astype(float)


def check_length(rows: pd.DataFrame, where: str) -> None:
    """Refuse tests that are not about as long as the simulated ones, because seconds are compared."""
    chambers = [
        name for name in rows if str(name).startswith(("chamber_s_partner", "chamber_s_centre", "chamber_s_str"))
    ]
    for name, own in rows.groupby("test", sort=False):
        wanted = BY_NAME[str(name)].duration_s
        if len(chambers) == 3 and own[chambers].notna().all(axis=None):
            tubes = [one for one in own if str(one).startswith("tube_s_")]
            length, what = float(own[chambers + tubes].sum(axis=1).median()), f"chamber times of test {name} add up to"
        elif "duration_s" in own and own["duration_s"].notna().any():
            length, what = float(own["duration_s"].median()), f"test {name} lasts"
        else:
            continue
        if wanted and not _LENGTHS[0] * wanted <= length <= _LENGTHS[1] * wanted:
            raise UserError(f"{where}: {what} {length:g} s there, and {wanted:g} s in the simulations")
