"""Score sheets of partner-preference tests, as scoring software or a person exports them: one line per test.

What cannot be used stops the reading with the line and the column; what is left out is listed in `notes`. Nothing is
dropped or changed silently.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.columns import DURATION, MEASURED, RATIO, WORDS, Columns, match_columns, missing_column, n_known
from socialrl.interop.groups import BLANK, PAIR_TYPES, GroupColumn, parse_where, rows_picked
from socialrl.interop.identity import animal_key, is_summary, spelled_once, told_apart
from socialrl.interop.numbers import decimal_signs, number
from socialrl.interop.own_ratio import compare_ratio, read_ratio
from socialrl.interop.plausibility import check_plausible
from socialrl.interop.table_text import Row, Table, decode, find_table, read_bytes
from socialrl.interop.wording import counted

__all__ = ["MEASURED", "PAIR_TYPES", "ScoreSheet", "choose_tests", "read_score_sheet"]

SEVERAL = {"peers": ("FF", "MM"), "mates": ("FM",)}
"""The pair types of each kind of pair."""

_EARLY = frozenset({"st", "early", "short", "short term", "short-term"})
_LATE = frozenset({"lt", "late", "long", "long term", "long-term"})


@dataclass(frozen=True)
class ScoreSheet:
    """A score sheet: `tests` has one row a test, `notes` says what was ignored or left out, `sha256` is of the file.

    Columns of `tests`: line (in the file), animal (its id, with the cohort or pair where several have that id),
    pair_type (FF, MM, FM or None), timepoint (early, late, the sheet's own word, or None), sex, cohort, pair, those
    of `MEASURED` in seconds, and duration_s and preference as the sheet states them (NaN if not). `groups` are the
    columns that hold a genotype or a treatment.
    """

    name: str
    sha256: str
    tests: pd.DataFrame
    notes: tuple[str, ...]
    groups: tuple[GroupColumn, ...] = ()


def read_score_sheet(
    path: str | Path,
    needed: Iterable[str] = tuple(MEASURED),
    *,
    where: Iterable[str] = (),
    notes: list[str] | None = None,
) -> ScoreSheet:
    """Return the tests of a delimited text file (comma, semicolon, tab or bar).

    `needed` are the columns of `MEASURED` that must be there; the animal always must. `where` picks rows, each text
    "COLUMN=VALUE". `notes`, if given, receives the notes as they arise, so that they exist even if the reading stops.
    Raises `UserError` for a file that is not a table, a missing or doubled column, a number that is invalid, ambiguous
    or cannot be seconds of such a test, and a sheet without tests.
    """
    path = Path(path)
    notes = [] if notes is None else notes
    first_note = len(notes)
    parse_where(where)  # before the file is opened, because the command line is nearer
    content = read_bytes(path)
    table = find_table(decode(content, path), path, n_known, notes)
    sha256 = hashlib.sha256(content).hexdigest()
    return score_table(table, path, sha256, needed, where, notes, first_note)


def score_table(
    table: Table,
    path: Path,
    sha256: str,
    needed: Iterable[str],
    where: Iterable[str],
    notes: list[str],
    first_note: int = 0,
) -> ScoreSheet:
    """Return the tests of a table, wherever it comes from; arguments and errors as in `read_score_sheet`.

    `sha256` is that of the file; the notes from number `first_note` on are the sheet's.
    """
    needed, wanted = list(needed), parse_where(where)
    columns = match_columns(table.titles, [row for _, row in table.rows], str(path), notes)
    for name in ("animal", *needed):
        if name not in columns.place:
            told = missing_column(name, table.titles, table.separated_by)
            first = "" if n_known(table.titles) > 1 else "; the first line must hold the column names"
            raise UserError(f"{path}: {told}{first}")
    rows, left_out = _without_summaries(table.rows, columns)
    if left_out:
        notes.append(f"left out as summaries of other rows: {', '.join(left_out)}")
    rows, picked, more = rows_picked(wanted, table.titles, rows, str(path))
    notes += more
    _refuse_overlong(rows, table, path)
    tests = _tests(rows, columns, needed, table.delimiter, path, notes)
    tests = check_plausible(tests, columns, str(path), notes)
    if tests.empty:
        raise UserError(f"{path}: no test of the score sheet can be used (see the notes)")
    if "preference" in columns.place:
        compare_ratio(tests, columns.title("preference"), notes)
    groups = tuple(
        GroupColumn(table.titles[k], {line: _cell(row, k) or BLANK for line, row in rows}, picked.get(k))
        for k in columns.groups
    )
    return ScoreSheet(path.name, sha256, tests, tuple(notes[first_note:]), groups)


def choose_tests(sheet: ScoreSheet, pairs: str = "all", timepoint: str = "early") -> tuple[pd.DataFrame, list[str]]:
    """Return the tests of a pair type (FF, MM, FM, peers, mates or all) at a timepoint, and notes on what was left out.

    A sheet without a timepoint column is used whole, with a note. Raises `UserError` if nothing is left or an animal
    would count twice: the replicate is the animal.
    """
    tests, notes = sheet.tests, []
    if tests["timepoint"].isna().all():
        notes.append("the sheet has no timepoints; all of its tests are taken as early ones")
    else:
        chosen = tests["timepoint"] == timepoint
        notes += _left_out(tests[~chosen], "timepoint", f"is not {timepoint}")
        tests = tests[chosen]
        if tests.empty:
            there = ", ".join(sorted({str(one) for one in sheet.tests["timepoint"]}))
            raise UserError(f"{sheet.name}: no test at timepoint {timepoint} (ST, early); there are: {there}")
    kind = PAIR_TYPES.get(pairs.casefold(), pairs.casefold())
    if kind != "all":
        if kind not in {**SEVERAL, **dict.fromkeys(PAIR_TYPES.values())}:
            raise UserError(f"pairs must be FF, MM, FM, peers, mates or all, got '{pairs}'")
        chosen = tests["pair_type"].isin(SEVERAL.get(kind, (kind,)))
        notes += _left_out(tests[~chosen], "pair_type", f"is not {kind}")
        if not chosen.any():
            there = ", ".join(sorted({str(one) for one in tests["pair_type"]}))
            raise UserError(f"{sheet.name}: no {timepoint} test of {kind} pairs; there are: {there}")
        tests = tests[chosen]
    twice = tests["animal"][tests["animal"].duplicated()]
    if len(twice):
        lines = tests["line"][tests["animal"] == twice.iloc[0]]
        told = f" (lines {', '.join(map(str, lines))})" if lines.nunique() > 1 else ""
        raise UserError(
            f"{sheet.name}: animal {twice.iloc[0]} has {len(lines)} {timepoint} tests{told}; the replicate is the"
            " animal, keep one test of each, such as with --where COLUMN=VALUE"
        )
    return tests.reset_index(drop=True), notes


def _left_out(tests: pd.DataFrame, column: str, why: str) -> list[str]:
    if tests.empty:
        return []
    kinds = ", ".join(f"{n} {kind}" for kind, n in tests[column].fillna("without one").value_counts().items())
    whose = "its" if len(tests) == 1 else "their"
    told = f"{counted(len(tests), 'test')} left out because {whose} {column.replace('_', ' ')} {why}"
    return [f"{told}: {kinds}"]


def _without_summaries(rows: Sequence[Row], columns: Columns) -> tuple[list[Row], list[str]]:
    """Return the rows that are about an animal, and "line n ('Mean')" for those that summarise others."""
    kept, left_out = [], []
    for line, cells in rows:
        animal = _cell(cells, columns.place["animal"])
        # A summary is labelled in the animal's column, or in another one if that is empty.
        labels = [animal] if animal else [cell.strip() for cell in cells if cell.strip()]
        label = next((one for one in labels if is_summary(one)), None)
        if label is None:
            kept.append((line, cells))
        else:
            left_out.append(f"line {line} ('{' '.join(label.split())}')")
    return kept, left_out


def _refuse_overlong(rows: Sequence[Row], table: Table, path: Path) -> None:
    n = len(table.titles)
    for line, cells in rows:
        if any(cell.strip() for cell in cells[n:]):
            hint = "; put numbers with a decimal comma in quotes" if table.delimiter == "," else ""
            raise UserError(f"{path}, line {line}: {len(cells)} values for {n} columns (line {table.head_line}){hint}")


def _tests(
    rows: Sequence[Row], columns: Columns, needed: Sequence[str], delimiter: str, path: Path, notes: list[str]
) -> pd.DataFrame:
    """Return one row a test, in seconds; tests without a needed number are left out with a note."""
    cells = {name: [(line, _cell(row, k)) for line, row in rows] for name, k in columns.place.items()}
    in_seconds = [name for name in (*MEASURED, *DURATION) if name in columns.place]
    for name in in_seconds:
        for line, cell in cells[name]:
            if cell.endswith("%"):
                title = columns.title(name)
                raise UserError(
                    f"{path}, line {line}, column '{title}': must be in seconds, got a percentage, '{cell}'"
                )
    ratios = [cells[name] for name in RATIO if name in columns.place]
    by_title = {columns.title(name): cells[name] for name in in_seconds}
    signs = decimal_signs(by_title, ratios, delimiter, str(path), notes)
    numbers: dict[str, list[float]] = {
        name: [
            _seconds(cell, signs[columns.title(name)], columns.title(name), line, path) * columns.factor[name]
            for line, cell in cells[name]
        ]
        for name in in_seconds
    }
    if "preference" in columns.place:
        numbers["preference"] = read_ratio(columns.title("preference"), cells["preference"], delimiter, notes)
    spelled, more = spelled_once((line, one) for line, one in cells["animal"] if one)
    notes += more
    records = []
    for k, (line, _) in enumerate(rows):
        animal = cells["animal"][k][1]
        blank = [name for name in needed if not name.startswith("latency") and math.isnan(numbers[name][k])]
        if blank:
            told = ", ".join(f"'{columns.title(name)}'" for name in blank)
            notes.append(f"line {line} (animal {animal or '?'}) left out: no value for {told}")
            continue
        if not animal:
            title = columns.title("animal")
            raise UserError(f"{path}, line {line}: no animal in column '{title}'; delete the row if it is not a test")
        words = _words({name: cells[name][k][1] for name in WORDS if name in cells})
        measured = {name: values[k] for name, values in numbers.items()}
        records.append({"line": line, **words, "animal": spelled[animal_key(animal)], **measured})
    if not records:
        raise UserError(f"{path}: the score sheet has no tests below its column names")
    tests = pd.DataFrame(records).reindex(columns=["line", *WORDS, *MEASURED, *DURATION, *RATIO])
    tests["animal"], more = told_apart(tests, str(path))
    notes += more
    return tests


def _cell(cells: Sequence[str], k: int) -> str:
    return cells[k].strip() if k < len(cells) else ""


def _seconds(cell: str, decimal_sign: str, title: str, line: int, path: Path) -> float:
    try:
        value = number(cell, decimal_sign)
    except ValueError:
        value = math.inf
    if math.isinf(value) or value < 0.0:
        shown = " ".join(cell.split())[:60]
        hint = "; write a time as seconds" if shown.count(":") in (1, 2) else ""
        if re.match(r"\d{4}-\d\d-\d\d", shown):
            shown, hint = shown[:10], ", a date: spreadsheets make one of 1.2; give the column the format of numbers"
        raise UserError(f"{path}, line {line}, column '{title}': must be a number of 0 or more, got '{shown}'{hint}")
    return value


def _words(cells: Mapping[str, str]) -> dict[str, str | None]:
    words = {name: cells.get(name, "") or None for name in WORDS}
    pair = words["pair_type"]
    if pair is not None:
        words["pair_type"] = PAIR_TYPES.get(pair.casefold(), pair)
    when = words["timepoint"]
    if when is not None:
        folded = when.casefold()
        words["timepoint"] = "early" if folded in _EARLY else "late" if folded in _LATE else when
    return words
