"""Tidy tables: one value in a cell. Lists by the clock, by group size and by animal become tables of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_called, measures_of
from socialrl.analysis.measure_values import values

_WHOSE = ("animal", "genotype", "oxtr_gain", "index", "sex", "habitat_type", "habitat")
_WHICH = ("steps", "life", "test", "repeat")
_HOURLY = "_hourly"
_BIN = re.compile(r"(.+)_(\d+(?:\.\d+)?)min")
_BY_SIZE, _BY_ANIMAL = "group_size_s", {"contact_s_each": "contact_s", "together_s": "together_s"}


def list_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of `table` that hold lists."""
    return [
        name
        for name in table.columns
        if table[name].dtype == object and any(isinstance(one, (list, np.ndarray)) for one in table[name])
    ]


def tidy(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a table of tests or episodes without its lists, under the name "", and the lists as long tables.

    `bins` has a row per row of the table, counter and bin (in a training table of every life, so is the key);
    `group_sizes` one per size, `company` one per other animal of the world. Those without content are left out.
    """
    lists = list_columns(table)
    found = {"": table.drop(columns=lists)}
    keys = [name for name in (*_WHOSE, *_WHICH) if name in table]
    by_clock = {name: length for name in lists if (length := _bin_s(name)) is not None}
    if by_clock:
        found["bins"] = _bins(table, keys, by_clock)
    if _BY_SIZE in lists:
        sizes = _long(table, keys, [_BY_SIZE], "size", first=1).rename(columns={_BY_SIZE: "seconds"})
        found["group_sizes"] = sizes
    if all(name in lists for name in _BY_ANIMAL):
        found["company"] = _company(table, keys)
    return found


def measures(tests: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of an assay's tests (docs/measures.md): one row per animal and test, repeats averaged.

    Measures that need several tests, and those of which a column is missing, are left out; one about certain hours has
    no value for tests that end before them.
    """
    keys = [name for name in (*_WHOSE, "test") if name in tests]
    groups = tests.groupby(keys, sort=False, dropna=False)
    columns: dict[str, pd.Series] = {"n_repeats": groups.size()}
    for assay in dict.fromkeys(tests["assay"]):
        rows = tests[tests["assay"] == assay]
        for one in measures_of(str(assay)):
            if one.of_one_test and all(name in tests for name in _needed(one)):
                found = values(_long_enough(rows, one), one, keys)
                columns[one.name] = columns[one.name].combine_first(found) if one.name in columns else found
    return pd.DataFrame(columns).reindex(columns["n_repeats"].index).reset_index()


def _needed(one: Measure) -> list[str]:
    """Return the columns that a measure of one test comes from, those of its parts included."""
    parts = [measure_called(name) for name in (one.first, one.less) if name is not None]
    return [*one.columns, *(name for part in parts for name in _needed(part))]


def _long_enough(rows: pd.DataFrame, one: Measure) -> pd.DataFrame:
    """Return the tests that last to the end of the hours that a measure, or a part of it, is about."""
    parts = [one, *(measure_called(name) for name in (one.first, one.less) if name is not None)]
    last_h = max((part.hours[1] for part in parts if part.hours is not None), default=0.0)
    return rows[rows["duration_s"] >= 3600.0 * last_h] if last_h else rows


def _bin_s(name: str) -> float | None:
    if name.endswith(_HOURLY):
        return 3600.0
    found = _BIN.fullmatch(name)
    return None if found is None else 60.0 * float(found[2])


def _counter(name: str) -> str:
    found = _BIN.fullmatch(name)
    return name.removesuffix(_HOURLY) if found is None else found[1]


def _bins(table: pd.DataFrame, keys: Sequence[str], by_clock: dict[str, float]) -> pd.DataFrame:
    pieces = []
    for name, length in by_clock.items():
        long = _long(table, [*keys, "duration_s"], [name], "bin").rename(columns={name: "seconds"})
        start = long["bin"] * length
        long["start_s"], long["end_s"] = start, np.minimum(start + length, long.pop("duration_s"))
        pieces.append(long.assign(counter=_counter(name)))
    return pd.concat(pieces, ignore_index=True)[[*keys, "counter", "bin", "start_s", "end_s", "seconds"]]


def _company(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    long = _long(table, keys, list(_BY_ANIMAL), "place").rename(columns=_BY_ANIMAL)
    members = table[["habitat", "animal", "index"]].drop_duplicates().sort_values("index")
    ids = {habitat: rows.tolist() for habitat, rows in members.groupby("habitat")["animal"]}
    others = [ids[habitat][place] for habitat, place in zip(long["habitat"], long["place"], strict=True)]
    long = long.assign(other=others)
    return long.loc[long["other"] != long["animal"], [*keys, "other", *_BY_ANIMAL.values()]].reset_index(drop=True)


def _long(table: pd.DataFrame, keys: Sequence[str], lists: list[str], number: str, first: int = 0) -> pd.DataFrame:
    """Return the lists of every row as rows of their own, with their places in the list as the column `number`."""
    work = table[[*keys, *lists]]
    work = work[work[lists[0]].notna()]
    lengths = work[lists[0]].map(len).to_numpy(dtype=np.int64)
    long = work.explode(lists, ignore_index=True)
    long[lists] = long[lists].astype(float)
    long[number] = np.arange(len(long)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + first
    return long
