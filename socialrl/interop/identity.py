"""Whom a row of a score sheet is about: one animal under all its spellings, or a summary of other rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.wording import counted

_SUMMARIES = frozenset(
    {
        "mean", "means", "average", "avg", "median", "sem", "stderr", "std", "stdev", "stddev", "total", "totals",
        "subtotal", "variance", "minimum", "maximum", "count", "mittelwert", "moyenne",
    }
)  # fmt: skip
_MOST_NAMED = 5
_SHORT_SUMMARIES = frozenset({"sd", "se", "sum", "min", "max", "var", "cv", "ci", "95% ci", "range", "iqr", "mode"})


def animal_key(text: str) -> str:
    """Return a key that all spellings of one animal share: `PV01`, `pv 1` and `PV-01`, or `1`, `1.0` and `001`."""
    key = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())
    if re.fullmatch(r"\d+[.,]0+", key):
        key = re.split(r"[.,]", key)[0]
    key = re.sub(r"(?<=[^\W\d_])[-_]+(?=\d)|(?<=\d)[-_]+(?=[^\W\d_])", "", key)
    # Not behind a point: 1.01 and 1.1 are two animals of cage 1.
    return re.sub(r"(?<![\d.,])0+(?=\d)", "", key)


def is_summary(label: str) -> bool:
    """Return whether the label of a row says that it summarises others (Mean, SEM, N = 10, Average of FF, …)."""
    folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split()).strip(" :;=")
    if re.fullmatch(r"n(\s*[=:]\s*\d+)?", folded):
        return True
    without_points = folded.replace(".", "")
    if without_points in _SHORT_SUMMARIES:
        return True
    return bool(_SUMMARIES & set(re.findall(r"[^\W\d_]+", without_points)))


def spelled_once(animals: Iterable[tuple[int, str]]) -> tuple[dict[str, str], list[str]]:
    """Return the first spelling of every animal by its key, and a note for each that has several."""
    first: dict[str, str] = {}
    others: dict[str, dict[str, int]] = {}
    for line, text in animals:
        key = animal_key(text)
        if text != first.setdefault(key, text):
            others.setdefault(key, {}).setdefault(text, line)
    notes = []
    for key, spellings in others.items():
        told = ", ".join(f"'{text}' (line {line})" for text, line in spellings.items())
        notes.append(f"animal '{first[key]}' is also written {told}; taken as one animal")
    return first, notes


def told_apart(tests: pd.DataFrame, name: str) -> tuple[list[str], list[str]]:
    """Return a name for the animal of every test that no other animal shares, and notes on ids that several have.

    `tests` has the columns line, animal, timepoint, cohort and pair (None where the sheet does not say). An id that
    occurs in several cohorts is an animal of each. An id with two tests at one timepoint in different pairs is an
    animal of each pair. A row that does not say of which raises `UserError`, which begins with the sheet's `name`.
    """
    names, notes = tests["animal"].copy(), []
    for column in ("cohort", "pair"):
        keys = tests[column].map(lambda value: None if pd.isna(value) else animal_key(value))
        shared = []
        for animal, rows in tests.groupby(names, sort=False):
            own = keys[rows.index]
            if own.nunique() < 2 or (column == "pair" and not _twice_at_once(rows, own)):
                continue
            if own.isna().any():
                line = rows.loc[own.isna(), "line"].iloc[0]
                raise UserError(
                    f"{name}, line {line}: no {column}, and several animals are called {animal} (in {column} "
                    f"{' and '.join(sorted(set(rows[column].dropna())))})"
                )
            names[rows.index] = [f"{animal} ({column} {value})" for value in rows[column]]
            shared.append(str(animal))
        if shared:
            told = ", ".join(shared[:_MOST_NAMED]) + (", …" if len(shared) > _MOST_NAMED else "")
            n = counted(len(shared), "id")
            verb = "occurs" if len(shared) == 1 else "occur"
            notes.append(f"{n} {verb} in more than one {column}, as different animals: {told}")
    return list(names), notes


def _twice_at_once(rows: pd.DataFrame, pairs: pd.Series) -> bool:
    """Whether one timepoint has tests of several pairs."""
    return bool((pairs.groupby(rows["timepoint"].fillna("")).nunique() > 1).any())
