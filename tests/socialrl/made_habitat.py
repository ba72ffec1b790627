"""Makes events of a group habitat without a simulation: animals that wander at random between five chambers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from synthetic_run import write_run

from socialrl.storage.run_folder import RunFolder

CHAMBERS = ("arena", "cage1", "cage2", "cage3", "cage4")
TICK_S, TRANSIT_S = 60.0, 15.0


def made_events(
    n_animals: int = 4, ticks: int = 240, *, habitat: str = "wt-0", moves: float = 0.2, seed: int = 1
) -> pd.DataFrame:
    """Return the events of one world: stays and passages that tile the test, and contact of animals 0 and 1."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(n_animals):
        labels = {
            "animal": f"wt-{index:02d}",
            "genotype": "wt",
            "index": index,
            "sex": "female",
            "habitat_type": "wt",
            "habitat": habitat,
            "test": "bonded",
            "repeat": 0,
        }
        here, came_s = 1 + index // 2 % 4, 0.0
        for tick in range(1, ticks + 1):
            # the last animal never moves
            if index == n_animals - 1 or rng.random() >= moves:
                continue
            there = int(rng.integers(1, 5)) if here == 0 else 0
            went_s = tick * TICK_S - TRANSIT_S
            for kind, start_s, end_s, to in (
                ("chamber", came_s, went_s, None),
                ("passage", went_s, tick * TICK_S, CHAMBERS[there]),
            ):
                if end_s > start_s:
                    rows.append({**labels, "kind": kind, "start_s": start_s, "end_s": end_s,
                                 "chamber": CHAMBERS[here], "to": to, "other": None})  # fmt: skip
            here, came_s = there, tick * TICK_S
        if came_s < ticks * TICK_S:
            rows.append({**labels, "kind": "chamber", "start_s": came_s, "end_s": ticks * TICK_S,
                         "chamber": CHAMBERS[here], "to": None, "other": None})  # fmt: skip
        if index < 2:
            rows.append({**labels, "kind": "contact", "start_s": 0.0, "end_s": 30.0, "chamber": "cage1", "to": None,
                         "other": f"wt-{1 - index:02d}"})  # fmt: skip
    return pd.DataFrame(rows)


def made_run(path: Path, events: pd.DataFrame, assay: str = "socialrl/GroupHabitat-v0") -> RunFolder:
    """Return a run folder that holds a table of events, and of its tests no more than which assay they are of."""
    write_run(path, animals=1, tables=("animals", "probes"), assay=assay)
    run = RunFolder.open(path)
    keys = [name for name in ("animal", "genotype", "index", "sex", "habitat", "test", "repeat") if name in events]
    run.lock()
    run.write_table("evaluation", events[keys].drop_duplicates(ignore_index=True).assign(assay=assay))
    run.write_table("events", events)
    run.close()
    return run


def made_tests(n_animals: int = 10, *, seed: int = 1) -> pd.DataFrame:
    """Return the events of partner-preference tests of 3 h, one an animal: stays, passages, contact with either."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(n_animals):
        labels = {"animal": f"wt-{index:02d}", "genotype": "wt", "index": index, "sex": "female",
                  "test": "cohoused_24h", "repeat": 0}  # fmt: skip
        at = 0.0
        while at < 10_800.0:
            for chamber, next_one in (("centre", "partner"), ("partner", "centre"), ("centre", "stranger"),
                                      ("stranger", "centre")):  # fmt: skip
                if at >= 10_800.0:
                    break
                end = min(at + 15.0 * rng.integers(1, 60), 10_800.0)
                out = end if end == 10_800.0 else end - 5.0
                rows.append({**labels, "kind": "chamber", "start_s": at, "end_s": out, "chamber": chamber})
                if chamber != "centre" and rng.random() < 0.8:
                    rows.append({**labels, "kind": "contact", "start_s": at, "end_s": out, "chamber": chamber,
                                 "other": chamber})  # fmt: skip
                if out < end:
                    rows.append({**labels, "kind": "passage", "start_s": out, "end_s": end, "chamber": chamber,
                                 "to": next_one})  # fmt: skip
                at = end
    columns = [
        "animal",
        "genotype",
        "index",
        "sex",
        "test",
        "repeat",
        "kind",
        "start_s",
        "end_s",
        "chamber",
        "to",
        "other",
    ]
    return pd.DataFrame(rows, columns=columns)


def spent(events: pd.DataFrame, kind: str, column: str) -> pd.Series:
    """Return seconds of every animal in events of a kind, by the values of a column."""
    own = events[events["kind"] == kind]
    return (own["end_s"] - own["start_s"]).groupby([own["animal"], own[column]]).sum().sort_index()
