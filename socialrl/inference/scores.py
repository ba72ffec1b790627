"""Tests of real animals: laboratory score sheets of partner preference, and tables with one row per animal and test.

A table of tests is a CSV with the columns `animal` and `test`, such as `evaluation.csv` of a run or `release.csv` of a
recording; its tests have the names of those simulated. Several files are joined by the animal's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.inference.battery import BY_NAME, MATE, PEER, Feature
from socialrl.inference.designs import Design
from socialrl.inference.tables import EVERYONE, NEVER, check_length, from_table, is_table
from socialrl.interop.formats import read_tests
from socialrl.interop.score_sheets import MEASURED, ScoreSheet, choose_tests
from socialrl.storage.files import checksum

_NEEDED = ("huddle_s_partner", "huddle_s_stranger")


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
    late: str | None = None,
    where: Sequence[str] = (),
    by: str | None = None,
) -> Scores:
    """Return the tests in files; `known` are the simulated tests, of which the simulations hold `repeats` each.

    `tests` keeps only these; for a score sheet it is the test that the sheet is taken as (default: that of cage mates
    or of mates, by pair type), and `late` the test that its late tests are taken as (None: they are left out). `where`
    picks rows of score sheets, `by` names the column that holds the group. Raises `UserError` for what cannot be used.
    """
    for option, names in (("--tests", tests), ("--late", [late] if late else [])):
        for name in names:
            if name not in known:
                raise UserError(f"{option}: {unknown('test', name, {one: BY_NAME[one].title for one in known})}")
    notes: list[str] = []
    sums: dict[str, str] = {}
    pieces = []
    for path in paths:
        if is_table(path):
            if where or late:
                option = "--where picks rows" if where else "--late takes late tests"
                raise UserError(f"{path} is a table of tests; {option} of score sheets only")
            piece, content = from_table(path, known, tests, by, notes), path.read_bytes()
            sums[path.name] = checksum(content)
        else:
            piece, sums[path.name] = _from_sheet(path, known, tests, late, where, by, notes)
        pieces.append(piece)
    rows = pd.concat(pieces, ignore_index=True)
    groups = _one_group_each(rows)
    rows = _at_most(rows, repeats, notes)
    designs = {animal: _design(own) for animal, own in rows.groupby("animal", sort=False)}
    return Scores(rows, designs, groups, sums, tuple(notes))


def _from_sheet(
    path: Path,
    known: Sequence[str],
    tests: Sequence[str],
    late: str | None,
    where: Sequence[str],
    by: str | None,
    notes: list[str],
) -> tuple[pd.DataFrame, str]:
    if len(tests) > 1:
        raise UserError(
            f"{path} is a score sheet, whose tests are all of one kind; name one with --tests, got {len(tests)}"
        )
    given = tests[0] if tests else None
    for option, name in (("--tests", given), ("--late", late)):
        if name is not None and BY_NAME[name].assay != BY_NAME[PEER].assay:
            raise UserError(f"{path} is a score sheet of partner preference; {option} {name} is another kind of test")
    sheet = read_tests(path, _NEEDED, where=where, notes=notes)
    early, more = choose_tests(sheet)
    names = [given or (MATE if kind == "FM" else PEER) for kind in early["pair_type"]]
    rows = early.assign(test=names)
    if late is not None:
        later, _ = choose_tests(sheet, timepoint="late")
        rows = pd.concat([rows, later.assign(test=late)], ignore_index=True)
    else:
        notes += more
    for name, n in rows["test"].value_counts(sort=False).items():
        if name not in known:
            raise UserError(f"{path}: the simulations hold no test {name}; there are: {', '.join(known)}")
        notes.append(f"{n} tests of {path.name} taken as {name} ({BY_NAME[str(name)].title} of cohousing)")
    rows = rows.assign(group=_groups_of(sheet, rows, by))
    check_length(rows, str(path))
    blank = [name for name in MEASURED if rows[name].isna().all()]
    if blank:
        notes.append(f"{path.name} has no {', '.join(blank)}; the rest is used")
    return rows.drop(columns=[*blank, "line"]), sheet.sha256


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
    return all(name in rows and (name.startswith(NEVER) or rows[name].notna().all()) for name in feature.needs)
