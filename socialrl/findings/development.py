"""Findings about lives with each arm of development alone, all three, and none of them.

Rows of tables with the column `development` come from animals whose arms were set: the name of an arm (that one alone),
`ALL_ARMS` or `NO_ARM`. Empty or absent cells mean an ordinary animal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis.statistics import NAN
from socialrl.findings.contrasts import Effect, Tables, evaluate, prepared
from socialrl.findings.records import Contrast, Finding
from socialrl.findings.registry import Registry, load_registry

ALL_ARMS, NO_ARM = "all", "none"
_COLUMNS = [
    "development", "finding", "part", "says", "group", "measure", "difference", "low", "high", "effect_size", "unit",
    "n", "share",
]  # fmt: skip


def development_table(tables: Tables, registry: Registry | None = None) -> pd.DataFrame:
    """Return arm × comparison: what different lives do to animals of one kind, by which arms of development they have.

    Comparisons within one group between tests of which one at least has a life are taken; null controls are left out.
    `share` is the difference as a share of that with all three arms, NaN where that one cannot be told from zero. With
    no arm the difference is what company and stress do by other ways.
    """
    book = registry or load_registry()
    marked = {name: table for name, table in tables.items() if "development" in table}
    settings = list(dict.fromkeys(one for table in marked.values() for one in table["development"].dropna() if one))
    parts = {setting: _part(marked, setting) for setting in settings}
    records: list[dict[str, Any]] = []
    for finding, number, contrast in _of_lives(book):
        effects = {setting: evaluate(contrast, part, book) for setting, part in parts.items()}
        whole = effects.get(ALL_ARMS)
        for setting, effect in effects.items():
            if effect.missing:
                continue
            told = effect.difference
            records.append(
                {
                    "development": setting, "finding": finding.id,
                    "part": "" if len(finding.contrasts) == 1 else "abcdefghijklmnopqrstuvwxyz"[number],
                    "says": contrast.says, "group": contrast.groups[0],
                    "measure": book.measures[contrast.measure].label, "difference": told.value, "low": told.low,
                    "high": told.high, "effect_size": effect.size.value, "unit": effect.unit, "n": effect.n,
                    "share": _share(effect, whole),
                }
            )  # fmt: skip
    return pd.DataFrame(records, columns=_COLUMNS)


def _of_lives(book: Registry) -> Iterator[tuple[Finding, int, Contrast]]:
    for finding in book.findings:
        for number, contrast in enumerate(finding.contrasts):
            lived = any(book.conditions[name].life for name in contrast.conditions)
            if lived and contrast.kind == "conditions" and finding.use != "control":
                yield finding, number, contrast


def _part(tables: Tables, setting: str) -> Mapping[str, pd.DataFrame]:
    return prepared(
        {name: table[table["development"] == setting].drop(columns="development") for name, table in tables.items()}
    )


def _share(effect: Effect, whole: Effect | None) -> float:
    if whole is None or whole.missing:
        return NAN
    low, high = whole.difference.low, whole.difference.high
    known = np.isfinite(low) and np.isfinite(high) and not low <= 0 <= high
    return effect.difference.value / whole.difference.value if known else NAN
