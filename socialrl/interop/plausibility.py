"""Whether the numbers of a score sheet can be seconds of a partner-preference test.

Each test is checked against its own trial duration, or against three hours if the sheet states none. Impossible numbers
are refused with line and column; odd ones are noted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.columns import DURATION, MEASURED, Columns
from socialrl.interop.wording import counted, lines

TEST_S = 10_800.0
"""Length of a partner-preference test, where a sheet does not state it."""

_CHAMBERS = tuple(name for name in MEASURED if name.startswith("chamber"))
_HUDDLES = tuple(name for name in MEASURED if name.startswith("huddle"))
_ROUNDING = 1.01  # times the test: scoring by video frames rounds
_TRACKED_LONGER = 1.25
"""Chambers may be tracked this much longer than the stated trial duration (deposited tests: 180 of "150" min)."""
_SHORTEST_S = 600.0
_FAR_TOO_SMALL = 0.1
_A_FEW, _SOME = 4, 8
_TOO_SMALL_TO_BE_SECONDS = 1 / 60
_MOST_NAMED = 12


@dataclass(frozen=True)
class _Sheet:
    where: str
    tests: pd.DataFrame
    columns: Columns
    limit: pd.Series
    chambers: pd.Series

    def at(self, row: int, name: str) -> str:
        return f"{self.where}, line {self.tests['line'][row]}, column '{self.columns.title(name)}'"

    def lines(self, chosen: pd.Series) -> str:
        return lines(self.tests["line"][chosen], _MOST_NAMED)

    def seconds(self) -> Iterable[str]:
        return [name for name in MEASURED if name in self.columns.place]


def check_plausible(tests: pd.DataFrame, columns: Columns, where: str, notes: list[str]) -> pd.DataFrame:
    """Return the tests that can be used, with latencies of animals that never huddled set to NaN; odd values are noted.

    `tests` has a line, an animal, the columns of `MEASURED` and duration_s, all in seconds. Numbers that are not
    seconds of such a test raise `UserError` that begins with `where` and names line and column.
    """
    stated = tests["duration_s"]
    _check_durations(tests, columns, where)
    limit = stated.fillna(stated.median()).fillna(TEST_S)
    chambers = tests[list(_CHAMBERS)].sum(axis=1, min_count=len(_CHAMBERS))
    sheet = _Sheet(where, tests, columns, limit, chambers)
    longest = _check_chambers(sheet, notes)
    _check_seconds(sheet, longest)
    _check_units(sheet, longest, notes)
    kept = _check_latencies(sheet, longest, notes)
    _note_odd(sheet, notes)
    return kept


def _check_durations(tests: pd.DataFrame, columns: Columns, where: str) -> None:
    if "duration_s" not in columns.place:
        return
    short = tests["duration_s"] < _SHORTEST_S
    if short.any():
        row = short.idxmax()
        value = tests["duration_s"][row]
        title = columns.title("duration_s")
        raise UserError(
            f"{where}, line {tests['line'][row]}, column '{title}': a test of {value:g} s;"
            f" if these are minutes, call the column '{_bare(title)} (min)'"
        )


def _check_chambers(sheet: _Sheet, notes: list[str]) -> pd.Series:
    """Return how long each test can have lasted, s; refuse chamber times that do not add up to a test."""
    share = (sheet.chambers / sheet.limit).median()
    if np.isnan(share):
        return sheet.limit
    row = int(sheet.chambers.first_valid_index())
    total, limit = sheet.chambers[row], sheet.limit[row]
    duration = f"a trial duration of {limit:g} s" if "duration_s" in sheet.columns.place else "a test of 3 h (10800 s)"
    if share < _FAR_TOO_SMALL:
        raise UserError(
            f"{sheet.at(row, _CHAMBERS[0])}: the chamber times add up to {_told(total)}, beside {duration};"
            f" {_what_they_look_like(sheet, share)}"
        )
    if 45 < share < 75 and "duration_s" in sheet.columns.place:
        raise UserError(
            f"{sheet.at(row, 'duration_s')}: {limit:g} s, and the chamber times add up to {_told(total)} s; if the"
            f" duration is in minutes, call the column '{_bare(sheet.columns.title('duration_s'))} (min)'"
        )
    # If most chambers were tracked for longer than the stated trial, that is the convention; a few such are
    # mistakes.
    tracked = (sheet.chambers / sheet.limit).quantile(0.75, interpolation="higher")
    longest = sheet.limit * min(max(tracked, 1.0), _TRACKED_LONGER)
    over = sheet.chambers > longest * _ROUNDING
    if over.any():
        row = int(over.idxmax())
        raise UserError(
            f"{sheet.at(row, _CHAMBERS[0])}: the chamber times add up to {_told(sheet.chambers[row])} s, beside"
            f" {_length(sheet, row)}"
        )
    beyond = sheet.chambers > sheet.limit * _ROUNDING
    if beyond.any():
        row = int(beyond.idxmax())
        notes.append(
            f"chamber times add up to {_told(sheet.chambers[row])} s beside {_length(sheet, row)} in"
            f" {counted(int(beyond.sum()), 'test')} (columns {_titles(sheet, _CHAMBERS)}, {sheet.lines(beyond)});"
            " they are scaled to 3 h"
        )
    below = sheet.chambers < sheet.limit * 0.9
    if below.any():
        row = int(below.idxmax())
        notes.append(
            f"chamber times add up to {_told(sheet.chambers[row])} s of {_length(sheet, row)} only,"
            f" in {counted(int(below.sum()), 'test')} (columns {_titles(sheet, _CHAMBERS)}, {sheet.lines(below)})"
        )
    return longest


def _what_they_look_like(sheet: _Sheet, share: float) -> str:
    total = sheet.chambers.median()
    title = sheet.columns.title(_CHAMBERS[0])
    if 0.7 < share * 60 < 1.4:
        return f"if they are minutes, say so in the columns' names, such as '{_bare(title)} (min)'"
    if 0.9 < total < 1.1 or 90 < total < 110:
        return "they look like shares; seconds are needed"
    return "they cannot be seconds"


def _check_seconds(sheet: _Sheet, longest: pd.Series) -> None:
    for name in sheet.seconds():
        over = sheet.tests[name] > longest * _ROUNDING
        if over.any():
            row = int(over.idxmax())
            raise UserError(
                f"{sheet.at(row, name)}: {sheet.tests[name][row]:g} s is more than the test, {_length(sheet, row)}"
            )
    if all(name in sheet.columns.place for name in _HUDDLES):
        both = sheet.tests[list(_HUDDLES)].sum(axis=1)
        over = both > longest * _ROUNDING
        if over.any():
            row = int(over.idxmax())
            raise UserError(
                f"{sheet.at(row, _HUDDLES[0])}: huddling with both adds up to {_told(both[row])} s, more than the "
                "test,"
                f" {_length(sheet, row)}"
            )


def _check_units(sheet: _Sheet, longest: pd.Series, notes: list[str]) -> None:
    """Look for minutes in columns without a unit."""
    for name in ("huddle_s_partner", "latency_s_partner", "latency_s_stranger"):
        huddling = name.startswith("huddle")
        few = len(sheet.tests) < (_A_FEW if huddling else _SOME)
        if name not in sheet.columns.place or name in sheet.columns.stated or few:
            continue
        values = sheet.tests[name]
        if not values.max() > 0 or (values.fillna(0.0) > longest * _TOO_SMALL_TO_BE_SECONDS).any():
            continue
        row = int(values.idxmax())
        told = (
            f"no value is above {_told(values[row])}, in tests of {longest[row]:g} s; name the column with its unit,"
            f" such as '{_bare(sheet.columns.title(name))} (min)' or '(s)'"
        )
        # Wild types do not all huddle with the partner for less than three minutes of three hours.
        if huddling:
            raise UserError(f"{sheet.at(row, name)}: {told}")
        notes.append(f"line {sheet.tests['line'][row]}, column '{sheet.columns.title(name)}': {told}")


def _check_latencies(sheet: _Sheet, longest: pd.Series, notes: list[str]) -> pd.DataFrame:
    tests = sheet.tests.copy()
    keep = pd.Series(True, index=tests.index)
    for who in ("partner", "stranger"):
        huddle, latency = f"huddle_s_{who}", f"latency_s_{who}"
        if huddle not in sheet.columns.place or latency not in sheet.columns.place:
            continue
        title = sheet.columns.title(latency)
        began = tests[huddle] > 0
        at_end = (tests[latency] == 0) | (tests[latency] >= np.minimum(sheet.limit, longest) * 0.995)
        never = ~began & tests[latency].notna() & tests[huddle].notna()
        wrong = never & ~at_end
        if wrong.any():
            row = int(wrong.idxmax())
            raise UserError(
                f"{sheet.at(row, latency)}: a latency of {tests[latency][row]:g} s, but no huddling in column"
                f" '{sheet.columns.title(huddle)}'; leave the latency blank, or correct the huddling"
            )
        if never.any():
            notes.append(
                f"latency '{title}' in {sheet.lines(never)} is 0 or the whole test, and there is no huddling in"
                f" '{sheet.columns.title(huddle)}'; taken as never"
            )
            tests.loc[never, latency] = np.nan
        blank = began & tests[latency].isna()
        for row in tests.index[blank]:
            notes.append(
                f"line {tests['line'][row]} (animal {tests['animal'][row]}) left out: no latency in column '{title}',"
                f" but {tests[huddle][row]:g} s in '{sheet.columns.title(huddle)}'"
            )
        keep &= ~blank
        late = tests[latency] + tests[huddle] > longest * _ROUNDING
        if late.any():
            notes.append(
                f"latency and huddling with the {who} add up to more than the test in {sheet.lines(late)}"
                f" (columns '{title}', '{sheet.columns.title(huddle)}')"
            )
    return tests[keep].reset_index(drop=True)


def _note_odd(sheet: _Sheet, notes: list[str]) -> None:
    tests, columns = sheet.tests, sheet.columns
    if (tests[list(_HUDDLES)] == 0).all(axis=None):
        notes.append(f"no test has any huddling (columns {_titles(sheet, _HUDDLES)})")
    for who in ("partner", "stranger"):
        huddle, chamber = f"huddle_s_{who}", f"chamber_s_{who}"
        more = tests[huddle] > tests[chamber] + 1.0
        if more.any():
            notes.append(
                f"more huddling with the {who} than time in its chamber in {sheet.lines(more)}"
                f" (columns '{columns.title(huddle)}', '{columns.title(chamber)}')"
            )
    durations = sorted(set(tests["duration_s"].dropna()))
    if len(durations) > 1:
        told = ", ".join(f"{one:g}" for one in durations[:_MOST_NAMED])
        notes.append(f"trial durations differ (column '{columns.title(next(iter(DURATION)))}'): {told} s")


def _length(sheet: _Sheet, row: int) -> str:
    length = f"{sheet.limit[row]:g} s"
    return (
        f"3 h ({length}; no trial duration is stated)"
        if sheet.tests["duration_s"].isna().all()
        else f"a trial of {length}"
    )


def _told(seconds: float) -> str:
    return f"{round(seconds, 1):g}"


def _titles(sheet: _Sheet, names: Iterable[str]) -> str:
    return ", ".join(f"'{sheet.columns.title(name)}'" for name in names)


def _bare(title: str) -> str:
    """Return a title without the unit in its brackets."""
    return title.partition("(")[0].partition("[")[0].strip()
