"""Who is with whom, and when: measures from the event table of `socialrl evaluate`.

What a test's record has already (contact by the hour, seconds in groups of each size, with whom) is not computed again;
here is what needs the times.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

HOUR_S = 3600.0
_WORLD = ("habitat_type", "habitat", "test", "repeat")


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


def cohabitation(events: pd.DataFrame) -> pd.DataFrame:
    """Return seconds of contact and bouts of every pair that met: one row per test, animal and other.

    Columns: those that say whose row it is, `other`, `contact_s`, `bouts`. A pair of tested animals has two rows, one
    from each one's side, with the same numbers.
    """
    contacts = events[events["kind"] == "contact"]
    keys = [name for name in ("animal", "genotype", "index", *_WORLD, "other") if name in events]
    seconds = contacts["end_s"] - contacts["start_s"]
    groups = seconds.groupby([contacts[name] for name in keys], sort=False)
    return groups.agg(contact_s="sum", bouts="size").reset_index()


def group_sizes(events: pd.DataFrame, bin_s: float = HOUR_S) -> pd.DataFrame:
    """Return how large the groups in one chamber are over time: one row per world, bin and size.

    Columns: `habitat_type`, `habitat`, `test`, `repeat`, `bin` (0, 1, …), `size` (animals in a chamber) and `animal_s`, seconds that
    animals spent in groups of that size, summed over the animals of the world. As in the counters, an animal in a tube
    is still where it came from. Only for assays in which all animals are tested.
    """
    worlds = [name for name in _WORLD if name in events]
    where = events[events["kind"].isin(("chamber", "passage"))]
    came = where[[*worlds, "chamber"]].assign(time_s=where["start_s"], change=1)
    went = where[[*worlds, "chamber"]].assign(time_s=where["end_s"], change=-1)
    steps = _steps(pd.concat([came, went]), [*worlds, "chamber"])
    pieces = in_bins(steps[steps["size"] > 0], bin_s)
    pieces["animal_s"] = pieces["seconds"] * pieces["size"]
    return pieces.groupby([*worlds, "bin", "size"], sort=True)["animal_s"].sum().reset_index()


def _steps(changes: pd.DataFrame, place: Sequence[str]) -> pd.DataFrame:
    """Return spans of unchanged `size` of every place, from changes of it at moments."""
    moments = changes.groupby([*place, "time_s"], sort=True)["change"].sum().reset_index()
    moments = moments[moments["change"] != 0]
    by_place = moments.groupby(list(place), sort=False)
    spans = moments.assign(size=by_place["change"].cumsum(), end_s=by_place["time_s"].shift(-1))
    return spans.rename(columns={"time_s": "start_s"}).dropna(subset=["end_s"])
