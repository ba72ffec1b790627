"""Whom a row of a score sheet is about: one animal under all its spellings, or a summary of other rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SUMMARIES = frozenset(
    {
        "mean", "means", "average", "avg", "median", "sem", "stderr", "std", "stdev", "stddev", "total", "totals",
        "subtotal", "variance", "minimum", "maximum", "count", "mittelwert", "moyenne",
    }
)  # fmt: skip
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
