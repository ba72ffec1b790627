"""Tests of real animals: laboratory score sheets of partner preference, and tables with one row per animal and test.

A table of tests is a CSV with the columns `animal` and `test`, such as `evaluation.csv` of a run or `release.csv` of a
recording; its tests have the names of those simulated. Several files are joined by the animal's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from socialrl.errors import UserError, shortened, unknown
from socialrl.inference.battery import BY_NAME, MATE, PEER, Feature, SimulatedTest, with_tubes
from socialrl.inference.designs import Design
from socialrl.interop.formats import read_tests
from socialrl.interop.score_sheets import MEASURED, ScoreSheet, choose_tests
from socialrl.storage.files import checksum

EVERYONE = "all"
_NEEDED = ("huddle_s_partner", "huddle_s_stranger")
_LENGTHS = (0.8, 1.25)
_MOST_BYTES = 200_000_000
_MOST_NAMED = 5
_NEVER = ("latency_s", "decay_s")
"""Columns in which a blank says that there was no event."""


@dataclass(frozen=True)
class Scores:
    """Scored tests: `rows` has animal, group, test and the columns of the tests; `sums` the files and their SHA-256.

    `designs` maps each animal to the tests that it took.
    """

    rows: pd.DataFrame
    designs: dict[str, Design]
    groups: dict[str, str]
    sums: dict[str, str]
    notes: tuple[str, ...]


def read_scores(
    paths: Sequence[Path],
    known: Sequence[str],
    repeats: int,
    *,
    tests: Sequence[str] = (),
    where: Sequence[str] = (),
    by: str | None = None,
) -> Scores:
    """Return the tests in files; `known` are the simulated tests, of which the simulations hold `repeats` each.

    `tests` keeps only these; for a score sheet it is the test that the sheet is taken as (default: that of cage mates
    or of mates, by pair type). `where` picks rows of score sheets, `by` names the column that holds the group. Raises
    `UserError` for what cannot be used.
    """
    for name in tests:
        if name not in known:
            raise UserError(f"--tests: {unknown('test', name, {one: BY_NAME[one].title for one in known})}")
    notes: list[str] = []
    sums: dict[str, str] = {}
    pieces = []
    for path in paths:
        if _is_table(path):
            if where:
                raise UserError(f"{path} is a table of tests; --where picks rows of score sheets only")
            piece, content = _from_table(path, known, tests, by, notes), path.read_bytes()
            sums[path.name] = checksum(content)
        else:
            piece, sums[path.name] = _from_sheet(path, known, tests, where, by, notes)
        pieces.append(piece)
    rows = pd.concat(pieces, ignore_index=True)
    groups = _one_group_each(rows)
    rows = _at_most(rows, repeats, notes)
    designs = {animal: _design(own) for animal, own in rows.groupby("animal", sort=False)}
    return Scores(rows, designs, groups, sums, tuple(notes))


def _is_table(path: Path) -> bool:
    """Whether the first line names the columns of a table of tests."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            titles = [one.strip().strip('"') for one in file.readline(100_000).split(",")]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return {"animal", "test"} <= set(titles)


# ------------------------------------------------------------------ score sheets


def _from_sheet(
    path: Path, known: Sequence[str], tests: Sequence[str], where: Sequence[str], by: str | None, notes: list[str]
) -> tuple[pd.DataFrame, str]:
    sheet = read_tests(path, _NEEDED, where=where, notes=notes)
    rows, more = choose_tests(sheet)
    notes += more
    if len(tests) > 1:
        raise UserError(
            f"{path} is a score sheet, whose tests are all of one kind; name one with --tests, got {len(tests)}"
        )
    given = tests[0] if tests else None
    if given is not None and BY_NAME[given].assay != BY_NAME[PEER].assay:
        raise UserError(f"{path} is a score sheet of partner preference; --tests {given} is another kind of test")
    names = [given or (MATE if kind == "FM" else PEER) for kind in rows["pair_type"]]
    for name in dict.fromkeys(names):
        if name not in known:
            raise UserError(f"{path}: the simulations hold no test {name}; there are: {', '.join(known)}")
        notes.append(f"{names.count(name)} tests of {path.name} taken as {name} ({BY_NAME[name].title} of cohousing)")
    rows = rows.assign(test=names, group=_groups_of(sheet, rows, by))
    _check_length(rows, str(path))
    blank = [name for name in MEASURED if rows[name].isna().all()]
    if blank:
        notes.append(f"{path.name} has no {', '.join(blank)}; the rest is used")
    return rows.drop(columns=blank).drop(columns=["line"]), sheet.sha256


def _groups_of(sheet: ScoreSheet, rows: pd.DataFrame, by: str | None) -> list[str]:
    if by is None:
        if len(sheet.groups) != 1:
            return [EVERYONE] * len(rows)
        return [sheet.groups[0].values[line] for line in rows["line"]]
    columns = {one.title.casefold(): one for one in sheet.groups}
    if by.casefold() in columns:
        return [columns[by.casefold()].values[line] for line in rows["line"]]
    own = by.casefold().replace(" ", "_")
    if own in ("sex", "pair_type"):
        return [str(one or "?") for one in rows[own]]
    there = ["sex", "pair_type", *(one.title for one in sheet.groups)]
    raise UserError(f"{sheet.name}: --by: {unknown('group column', by, there)}")


# ------------------------------------------------------------------ tables of tests


def _from_table(
    path: Path, known: Sequence[str], tests: Sequence[str], by: str | None, notes: list[str]
) -> pd.DataFrame:
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
    _check_length(numbers, str(path))
    blanks = numbers[[name for name in names if not name.startswith(_NEVER)]].isna().any(axis=1)
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


# ------------------------------------------------------------------ both


def _check_length(rows: pd.DataFrame, where: str) -> None:
    """Refuse tests that are not about as long as the simulated ones, because seconds are compared."""
    chambers = [
        name for name in rows if str(name).startswith(("chamber_s_partner", "chamber_s_centre", "chamber_s_str"))
    ]
    for name, own in rows.groupby("test", sort=False):
        wanted = BY_NAME[str(name)].duration_s
        if len(chambers) == 3 and own[chambers].notna().all(axis=None):
            tubes = [one for one in own if str(one).startswith("tube_s_")]
            length = float(own[chambers + tubes].sum(axis=1).median())
        elif "duration_s" in own and own["duration_s"].notna().any():
            length = float(own["duration_s"].median())
        else:
            continue
        if wanted and not _LENGTHS[0] * wanted <= length <= _LENGTHS[1] * wanted:
            raise UserError(f"{where}: test {name} lasts {length:g} s there, and {wanted:g} s in the simulations")


def _one_group_each(rows: pd.DataFrame) -> dict[str, str]:
    """Return the group of every animal; an animal whose rows disagree raises `UserError`, one without one is fine."""
    found: dict[str, str] = {}
    for animal, group in zip(rows["animal"], rows["group"], strict=True):
        before = found.get(animal, EVERYONE)
        if EVERYONE not in (before, group) and before != group:
            raise UserError(f"animal {animal} is in group {before} and in group {group}")
        found[animal] = group if before == EVERYONE else before
    return found


def _at_most(rows: pd.DataFrame, repeats: int, notes: list[str]) -> pd.DataFrame:
    number = rows.groupby(["animal", "test"], sort=False).cumcount()
    if (number >= repeats).any():
        notes.append(f"the simulations hold {repeats} repeats of each test; further repeats of an animal are left out")
    return rows[number < repeats].reset_index(drop=True)


def _design(own: pd.DataFrame) -> Design:
    """Return the tests of one animal; a feature counts where all rows of the animal's test have it."""
    times = {str(name): int(n) for name, n in own["test"].value_counts(sort=False).items()}
    features = {}
    for name in times:
        rows = own[own["test"] == name]
        features[name] = tuple(k for k, one in enumerate(BY_NAME[name].features) if _has(rows, one))
    return Design(times, features)


def _has(rows: pd.DataFrame, feature: Feature) -> bool:
    return all(name in rows and (name.startswith(_NEVER) or rows[name].notna().all()) for name in feature.needs)
