"""Who is with whom, and when: measures of a group habitat from the tables `events` and `evaluation`.

What a test's record already has (contact by the hour, seconds in groups of each size, with whom) is not computed again;
events are used for what needs the times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from socialrl.analysis import measures
from socialrl.analysis.measure_values import NotRun

HOUR_S = 3600.0
OWN_KIND = "their own kind"
"""Company of animals in a habitat of one genotype."""

N_POINTS = 24
"""Largest number of points along a test; in a longer one a point covers several hours."""

WORLD = ("habitat_type", "habitat", "test", "repeat")


def in_bins(intervals: pd.DataFrame, bin_s: float = HOUR_S) -> pd.DataFrame:
    """Return intervals cut at the borders of bins of `bin_s` seconds: one row a piece, `bin` (0, 1, …) and `seconds`.

    `intervals` has `start_s` and `end_s`, as the event table; its other columns are kept.
    """
    first = np.floor(intervals["start_s"].to_numpy() / bin_s).astype(np.int64)
    last = np.maximum(np.ceil(intervals["end_s"].to_numpy() / bin_s).astype(np.int64) - 1, first)
    n_pieces = last - first + 1
    pieces = intervals.loc[intervals.index.repeat(n_pieces)].reset_index(drop=True)
    nth = np.arange(len(pieces)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    pieces["bin"] = np.repeat(first, n_pieces) + nth
    pieces["start_s"] = np.maximum(pieces["start_s"], pieces["bin"] * bin_s)
    pieces["end_s"] = np.minimum(pieces["end_s"], (pieces["bin"] + 1) * bin_s)
    pieces["seconds"] = pieces["end_s"] - pieces["start_s"]
    return pieces


def contacts(events: pd.DataFrame) -> pd.DataFrame:
    """Return seconds of contact and bouts of every pair that met: one row per test, animal and other.

    Columns: those that say whose row it is, `other`, `contact_s`, `bouts`. A pair of tested animals has two rows, one
    from each one's side, with the same numbers.
    """
    touched = events[events["kind"] == "contact"]
    keys = [name for name in ("animal", "genotype", "index", *WORLD, "other") if name in events]
    seconds = touched["end_s"] - touched["start_s"]
    groups = seconds.groupby([touched[name] for name in keys], sort=False)
    return groups.agg(contact_s="sum", bouts="size").reset_index()


def cohabitation(events: pd.DataFrame) -> pd.DataFrame:
    """Return cohabitation as tracking software counts it: seconds in which two animals are in one chamber, touching or
    not.

    One row per world, animal and other, two rows a pair; columns: those of the world, `animal`, `other`, `chamber`,
    `cohabitation_s`. Time in tubes is not counted. Tested animals only. Where a world has rows of kind `together`
    (totals that tracking software has counted, its tubes included), these are taken, and `chamber` is None. In a table
    without habitats each animal was tested alone, so there are no rows.
    """
    worlds = [name for name in WORLD if name in events]
    columns = [*worlds, "animal", "other", "chamber", "cohabitation_s"]
    if "habitat" not in worlds:
        return pd.DataFrame(columns=columns)
    counted = events[events["kind"] == "together"]
    stays = events[events["kind"] == "chamber"]
    found = []
    if len(counted):
        seconds = counted["end_s"] - counted["start_s"]
        totals = seconds.groupby([counted[name] for name in (*worlds, "animal", "other")], sort=False).sum()
        found.append(totals.rename("cohabitation_s").reset_index().assign(chamber=None))
        stays = stays[~pd.MultiIndex.from_frame(stays[worlds]).isin(pd.MultiIndex.from_frame(counted[worlds]))]
    for key, here in stays.groupby([*worlds, "chamber"], sort=False):
        start, end = here["start_s"].to_numpy(), here["end_s"].to_numpy()
        who, names = pd.factorize(here["animal"])
        order = np.argsort(start, kind="stable")
        seconds = np.zeros((len(names), len(names)))
        for k, one in enumerate(order):
            later = order[k + 1 :]
            later = later[: np.searchsorted(start[later], end[one])]  # those that came before this one left
            np.add.at(seconds, (who[one], who[later]), np.minimum(end[later], end[one]) - start[later])
        seconds += seconds.T
        first, second = np.nonzero(seconds)
        pairs = {"animal": names[first], "other": names[second], "cohabitation_s": seconds[first, second]}
        found.append(pd.DataFrame(pairs).assign(**dict(zip([*worlds, "chamber"], key, strict=True))))
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def group_sizes(events: pd.DataFrame, bin_s: float = HOUR_S) -> pd.DataFrame:
    """Return how large the groups in one chamber are over time: one row per world, bin and size.

    Columns: `habitat_type`, `habitat`, `test`, `repeat`, `bin` (0, 1, …), `size` (animals in a chamber) and `animal_s`,
    seconds that animals spent in groups of that size, summed over the animals of the world. As in the counters, an
    animal in a tube is still in the chamber that it left. Only for assays in which all animals are tested.
    """
    worlds = [name for name in WORLD if name in events]
    where = events[events["kind"].isin(("chamber", "passage"))]
    came = where[[*worlds, "chamber"]].assign(time_s=where["start_s"], change=1)
    went = where[[*worlds, "chamber"]].assign(time_s=where["end_s"], change=-1)
    steps = _steps(pd.concat([came, went]), [*worlds, "chamber"])
    pieces = in_bins(steps[steps["size"] > 0], bin_s)
    pieces["animal_s"] = pieces["seconds"] * pieces["size"]
    return pieces.groupby([*worlds, "bin", "size"], sort=True)["animal_s"].sum().reset_index()


def association_by_hour(records: pd.DataFrame) -> pd.DataFrame:
    """Return contact in the group habitat by hour: one row per animal, test and hour, repeats averaged in seconds.

    Columns: animal, genotype, oxtr_gain, index, test, hour (0, 1, …), partner_s, others_s, share (of the partner in
    all contact of that hour; NaN without contact). Raises `NotRun` without the hourly columns.
    """
    names = {"partner_s_hourly": "partner_s", "others_s_hourly": "others_s"}
    keys = ["animal", "genotype", "oxtr_gain", "index", "test"]
    for column in (*keys, *names):
        if column not in records:
            raise NotRun(f"the table has no column {column}")
    work = records[[*keys, *names]].rename(columns=names)
    work["hour"] = [list(range(len(hours))) for hours in work["partner_s"]]
    work = work.explode(["partner_s", "others_s", "hour"], ignore_index=True)
    work[["partner_s", "others_s"]] = work[["partner_s", "others_s"]].astype(float)
    work["hour"] = work["hour"].astype(int)
    table = work.groupby([*keys, "hour"])[["partner_s", "others_s"]].mean().reset_index()
    table["share"] = measures.preference(table["partner_s"], table["others_s"])
    return table


def share_of_partner(records: pd.DataFrame) -> pd.DataFrame:
    """Return the partner's share of all contact along a test: one row per pair, test and span of hours.

    `records` are the rows of one run in the group habitat. Columns: genotype, sex (if the records have it), company
    (the kind of habitat, "their own kind" where all are of one genotype), pair, test, hour (middle of the span) and
    share, 0 to 1, NaN without contact. Cage mates share their contact, so those of one genotype count as one.
    """
    hourly = association_by_hour(records)
    lives_in = records.drop_duplicates("animal").set_index("animal")
    alone = lives_in.groupby("habitat")["genotype"].nunique() == 1
    company = lives_in["habitat_type"].where(~lives_in["habitat"].map(alone), OWN_KIND)
    span = math.ceil((hourly["hour"].max() + 1) / N_POINTS)
    hourly = hourly.assign(
        company=hourly["animal"].map(company),
        pair=hourly["animal"].map(lives_in["habitat"]) + "/" + (hourly["index"] // 2).astype(str),
        hour=(hourly["hour"] // span + 0.5) * span,
    )
    if "sex" in lives_in:  # cage mates are of one sex
        hourly["sex"] = hourly["animal"].map(lives_in["sex"])
    keys = [name for name in ("genotype", "sex", "company", "pair", "test", "hour") if name in hourly]
    table = hourly.groupby(keys, sort=False)[["partner_s", "others_s"]].sum().reset_index()
    table["share"] = measures.preference(table["partner_s"], table["others_s"])
    return table


def _steps(changes: pd.DataFrame, place: Sequence[str]) -> pd.DataFrame:
    """Return spans of unchanged `size` of every place, from changes of it at moments."""
    moments = changes.groupby([*place, "time_s"], sort=True)["change"].sum().reset_index()
    moments = moments[moments["change"] != 0]
    by_place = moments.groupby(list(place), sort=False)
    spans = moments.assign(size=by_place["change"].cumsum(), end_s=by_place["time_s"].shift(-1))
    return spans.rename(columns={"time_s": "start_s"}).dropna(subset=["end_s"])
