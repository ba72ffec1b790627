"""The table of synchrony: every pair, test and repeat, in each series, form and hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis.synchrony.correlation import Series
from socialrl.analysis.synchrony.index import FORMS, Index, Judged, in_form, index, judge, ticks_of_span

SERIES = ("moving", "in_contact", "activity_drive", "oxytocin", "stress", "action")
"""Series of a tick and animal. `moving`: it explores or is on its way to another chamber; `in_contact`: with anybody;
`action`: which of rest, explore, affiliate and reject it does, each a component of its own."""

ACTIONS = ("rest", "explore", "affiliate", "reject")
"""What the whole numbers of the series `action` stand for."""

CONDITION = ("genotype", "company", "sex", "habitat_type", "test")
"""Columns that pairs of one condition have in common; pseudo-pairs are made within it."""

WORLD = ("habitat", "repeat")
"""Columns that, within a condition, say which world a pair lived in."""

COLUMNS = (
    "animal", "other", *CONDITION, *WORLD, "series", "form", "hour", "contact_share", "peak", "lag_s", "compared_s",
    "pseudo_mean", "pseudo_sd", "n_pseudo", "index_pseudo", "shift_peak", "shift_mean",
    "shift_sd", "n_shift", "index_shift", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """What two animals of each pair did in one test, tick by tick.

    `labels` has one row a pair: `animal`, `other`, `CONDITION` and `WORLD` (a column that is not there is the same for
    all). `series` has, by the names of `SERIES`, numbers (n_pairs, 2, n_ticks), of `action` whole numbers from 0 on.
    `contact` (n_pairs, n_ticks) says whether the two are in contact with each other. A tick lasts `dt_s` seconds.
    """

    labels: pd.DataFrame
    series: Mapping[str, NDArray[np.generic]]
    contact: NDArray[np.bool_]
    dt_s: float


def synchrony(pairs: Pairs, shifts: bool = True) -> pd.DataFrame:
    """Return the index of synchrony of every pair: one row per pair, series, form (`FORMS`) and hour; `COLUMNS`.

    `hour` is 0, 1, … and missing in the row of the whole test. `peak` is the highest normalised cross-correlation
    within ± 10 min and `lag_s` where it is (above 0: `other` comes later), from `compared_s` seconds. For each kind of
    surrogate the table has mean, standard deviation and number of their peaks, and the index (peak − mean) / SD; that
    of shifts is of the peak without the course of the clock, `shift_peak`. What cannot be computed is missing, and
    `note` says why. `contact_share` is that of the test or of the hour. Without `shifts` there is nothing of these.
    """
    labels = pairs.labels.reset_index(drop=True)
    condition = _numbers(labels, CONDITION)
    world = _numbers(labels, WORLD)
    who = _numbers(labels, ("animal", "other"))
    found = []
    for one in np.unique(condition):
        members = np.flatnonzero(condition == one)
        for name, values in pairs.series.items():
            for form in FORMS:
                sides = [_sides(form, name, values[pair], pairs.contact[pair], pairs.dt_s) for pair in members]
                for nth, pair in enumerate(members):
                    # a pair of the same world has met these two, and this pair in another repeat is no other pair
                    others = np.flatnonzero((world[members] != world[pair]) & (who[members] != who[pair]))
                    judged = judge(nth, sides, others.tolist(), pairs.dt_s, shifts)
                    pseudo, shift = index(judged.peak, judged.pseudo), index(judged.shift_peak, judged.shifts)
                    hours = len(judged.peak) - 1
                    found.append(
                        pd.DataFrame(
                            {
                                "pair": pair,
                                "series": name,
                                "form": form,
                                "hour": [*map(float, range(hours)), np.nan],
                                "contact_share": _share(pairs.contact[pair], pairs.dt_s),
                                "peak": judged.peak,
                                "lag_s": judged.lag_s,
                                "compared_s": judged.compared_s,
                                **_columns("pseudo", pseudo),
                                "shift_peak": judged.shift_peak,
                                **_columns("shift", shift),
                                "note": _notes(form, judged, pseudo, shift),
                            }
                        )
                    )
    table = pd.concat(found, ignore_index=True)
    whose = labels.loc[table.pop("pair")].reset_index(drop=True)
    table = pd.concat([whose, table], axis=1)
    return table[[name for name in COLUMNS if name in table]]


def over_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Return tables of synchrony with the repeats of a pair averaged: one row per pair, test, series, form and hour.

    The pair is the replicate. `table` may have the column `run`. Columns: whose row it is, and the means of
    `contact_share`, `peak`, `lag_s`, `index_pseudo` and `index_shift`, over the repeats that have them.
    """
    if table.empty:
        return table
    keys = ["run", "animal", "other", *CONDITION, "series", "form", "hour"]
    values = ["contact_share", "peak", "lag_s", "index_pseudo", "index_shift"]
    groups = table.groupby([name for name in keys if name in table], sort=False, dropna=False)
    return groups[values].mean().reset_index()


def _numbers(labels: pd.DataFrame, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Return one number a row, equal where all of the columns that are there are equal."""
    present = [name for name in names if name in labels]
    if not present:
        return np.zeros(len(labels), dtype=np.int64)
    numbers: NDArray[np.int64] = labels.groupby(present, sort=False, dropna=False).ngroup().to_numpy()
    return numbers


def _sides(
    form: str, name: str, both: NDArray[np.generic], contact: NDArray[np.bool_], dt_s: float
) -> tuple[Series, Series]:
    """Return the series of both animals of a pair, (2, n_ticks), in one form."""
    first, second = (in_form(form, _components(name, one), contact, dt_s) for one in both)
    return first, second


def _components(name: str, side: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return one animal's series as (n_components, n_ticks)."""
    if name != "action":
        return side.astype(np.float64)[None]
    return np.asarray(side[None] == np.arange(len(ACTIONS))[:, None], dtype=np.float64)


def _share(contact: NDArray[np.bool_], dt_s: float) -> NDArray[np.float64]:
    """Return the share of contact in every hour and in the whole test, (n_hours + 1,)."""
    parts = np.split(contact, range(ticks_of_span(dt_s), len(contact), ticks_of_span(dt_s)))
    return np.array([*(part.mean() for part in parts), contact.mean()])


def _columns(kind: str, found: Index) -> dict[str, NDArray[np.generic]]:
    return {
        f"{kind}_mean": found.mean,
        f"{kind}_sd": found.sd,
        f"n_{kind}": found.n_surrogates,
        f"index_{kind}": found.value,
    }


def _notes(form: str, judged: Judged, pseudo: Index, shift: Index) -> list[str]:
    """Return what is missing in each row and why, empty where nothing is."""
    notes = []
    for at, highest in enumerate(judged.peak):
        if np.isnan(highest):
            nothing = "constant or nothing but contact" if form == "contact_partialled" else "constant"
            notes.append(f"a series is {nothing}, or too little time to compare")
            continue
        missing = [] if judged.clock_out else ["the course of the clock is not taken out for shifts"]
        if np.isnan(pseudo.value[at]):
            missing.append(
                "too few pseudo-pairs with a peak" if len(judged.pseudo) else "no other pair in another world"
            )
        if np.isnan(judged.shift_peak[at]):
            missing.append("nothing but the course of the clock to be shifted")
        elif np.isnan(shift.value[at]):
            missing.append("too few shifts with a peak" if len(judged.shifts) else "too short for shifts")
        notes.append("; ".join(missing))
    return notes
