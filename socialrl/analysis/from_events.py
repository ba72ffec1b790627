"""What tests would have counted, from their events: for recordings and scored videos, which have no counters.

Names and rules are those of the table `evaluation`, so that measures read it. The partner of an animal is the one other
animal that begins a test in the same chamber. Animals of one habitat, test and repeat were together; in a table without
habitats each was tested alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from socialrl.analysis.association import WORLD, cohabitation, in_bins

_LABELS = ("animal", "genotype", "index", "sex", "habitat_type", "habitat", "test", "repeat")


def records_of(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row per animal, test and repeat: the labels that `events` has, and counters of what it holds.

    `duration_s`; of rows of chambers and passages `chamber_s_<name>`, `tube_s_<name>` and `entries_<name>`; of contact
    with somebody who is not in the table (partner, stranger) `huddle_s_<name>`, `bouts_<name>`, `latency_s_<name>`
    (NaN: never), of contact with others in it `contact_s_partner` and `contact_s_others`; of time in one chamber
    `together_s_partner` and `together_s_others`. Columns of the partner are missing where nobody has one.
    """
    labels = [name for name in _LABELS if name in events]
    worlds = _worlds(events)
    rows = []
    for _, world in _by(events, worlds):
        partner = partners(world)
        with_whom = _shared(cohabitation(world), "cohabitation_s") if _several(world) else {}
        duration_s = float(world["end_s"].max())
        for animal, own in world.groupby("animal", sort=False):
            row: dict[str, Any] = {**own.iloc[0][labels].to_dict(), "duration_s": duration_s}
            row |= _places(own)
            row |= _contacts(own, world, partner.get(str(animal)))
            if partner:
                row |= _split("together_s", with_whom.get(str(animal), {}), partner.get(str(animal)))
            rows.append(row)
    table = pd.DataFrame(rows)
    counted = ("chamber_s_", "tube_s_", "entries_", "bouts_", "huddle_s_")
    return table.fillna({name: 0.0 for name in table.columns if name.startswith(counted)})


def partners(world: pd.DataFrame) -> dict[str, str]:
    """Return the partner of every animal of one world that has one: the only other that begins in its chamber."""
    stays = world[world["kind"] == "chamber"].sort_values("start_s", kind="stable").drop_duplicates("animal")
    found: dict[str, str] = {}
    for _, there in stays[stays["start_s"] == stays["start_s"].min()].groupby("chamber"):
        if len(there) == 2:
            one, other = there["animal"]
            found |= {str(one): str(other), str(other): str(one)}
    return found


def partner_by_hour(events: pd.DataFrame) -> pd.DataFrame:
    """Return the partner's share of the time that an animal spends in one chamber with others, by the hour.

    One row per world, animal and hour: `hour` (0, 1, …), `partner_s`, `others_s`, `share` (NaN: alone). From rows of
    chambers alone, without tubes; a table whose bins are wider than an hour says nothing of hours.
    """
    worlds = _worlds(events)
    found = []
    stays = events[events["kind"] == "chamber"]
    for key, world in _by(stays, worlds):
        partner = partners(world)
        if not partner:
            continue
        pieces = in_bins(world)
        for hour, rows in pieces.groupby("bin"):
            with_whom = _shared(cohabitation(rows), "cohabitation_s")
            for animal, other in partner.items():
                split = _split("s", with_whom.get(animal, {}), other)
                spent = {"partner_s": split["s_partner"], "others_s": split["s_others"]}
                found.append({**dict(zip(worlds, key, strict=True)), "animal": animal, "hour": int(hour), **spent})
    names = [name for name in worlds if name != "animal"]
    table = pd.DataFrame(found, columns=[*names, "animal", "hour", "partner_s", "others_s"])
    both = table["partner_s"] + table["others_s"]
    return table.assign(share=table["partner_s"] / both.where(both > 0))


def _worlds(events: pd.DataFrame) -> list[str]:
    """Return the columns that name a world; without habitats each animal was tested alone."""
    there = [name for name in WORLD if name in events]
    return there if "habitat" in there else ["animal", *there]


def _by(events: pd.DataFrame, worlds: list[str]) -> Any:
    return events.groupby(worlds, sort=False)


def _several(world: pd.DataFrame) -> bool:
    return bool(world["animal"].nunique() > 1)


def _shared(table: pd.DataFrame, column: str) -> dict[str, dict[str, float]]:
    """Return seconds of each animal with each other, over all chambers."""
    sums = table.groupby(["animal", "other"])[column].sum()
    shared: dict[str, dict[str, float]] = {}
    for (animal, other), seconds in sums.items():
        shared.setdefault(str(animal), {})[str(other)] = float(seconds)
    return shared


def _split(name: str, with_whom: Mapping[str, float], partner: str | None) -> dict[str, float]:
    if partner is None:
        return {f"{name}_partner": math.nan, f"{name}_others": math.nan}
    others = sum(seconds for other, seconds in with_whom.items() if other != partner)
    return {f"{name}_partner": with_whom.get(partner, 0.0), f"{name}_others": others}


def _places(own: pd.DataFrame) -> dict[str, float]:
    counts: dict[str, float] = {}
    for kind, prefix in (("chamber", "chamber_s"), ("passage", "tube_s")):
        rows = own[own["kind"] == kind]
        for name, seconds in (rows["end_s"] - rows["start_s"]).groupby(rows["chamber"]).sum().items():
            counts[f"{prefix}_{name}"] = float(seconds)
    entries = own[own["kind"] == "passage"]["to"].value_counts()
    return counts | {f"entries_{name}": float(n) for name, n in entries.items()}


def _contacts(own: pd.DataFrame, world: pd.DataFrame, partner: str | None) -> dict[str, float]:
    counts: dict[str, float] = {}
    rows = own[own["kind"] == "contact"]
    seconds = rows["end_s"] - rows["start_s"]
    present = set(world["animal"])
    whole = world[world["kind"] == "contact"]["other"].dropna().unique()
    for other in [one for one in whole if one not in present]:
        mine = rows["other"] == other
        counts[f"huddle_s_{other}"] = float(seconds[mine].sum())
        counts[f"bouts_{other}"] = float(mine.sum())
        counts[f"latency_s_{other}"] = float(rows.loc[mine, "start_s"].min()) if mine.any() else math.nan
    if any(one in present for one in whole):
        by_other = seconds.groupby(rows["other"]).sum()
        counts |= _split("contact_s", {str(k): float(v) for k, v in by_other.items() if k in present}, partner)
    return counts
