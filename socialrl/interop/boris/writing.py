"""`socialrl export --format boris`: simulated bouts as somebody would have scored them in BORIS."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.format import Option
from socialrl.interop.olcus.clock import START, parse_start
from socialrl.interop.run_events import EVENTS, HABITATS, TESTS, World, events_of, worlds
from socialrl.interop.wording import counted
from socialrl.storage.run_folder import RunFolder

BEHAVIOURS = {"contact": "huddle", "chamber": "in chamber", "passage": "in tube"}
"""What each kind of event is called in the ethogram; other kinds keep their names."""

_CATEGORIES = {"huddle": "social", "in chamber": "place", "in tube": "place"}
_FACTS = ("genotype", "sex", "habitat_type", "habitat", "test", "repeat")
_NA = "NA"
_LIVE = "Live observation"
_PROJECT_VERSION = "7.0"

OPTIONS = (
    Option("start", "date and time of the first test", START, parse_start, "such as 2026-01-05T09:00", str(START)),
    TESTS,
    HABITATS,
    EVENTS,
)


def export(run: RunFolder, folder: Path, settings: Mapping[str, Any]) -> list[str]:
    """Write `aggregated_events.tsv`, `tabular_events.tsv` and the project `bouts.boris`, with all chosen tests.

    An observation is a world (a test of one animal, or of all that live together); subjects are the animals, and the
    first modifier of a behaviour is with whom or where. Passages that take no time, and contact cut to nothing, are
    left out.
    """
    chosen = list(worlds(events_of(run, settings)))
    if not chosen:
        raise UserError(f"{run.path}: there are no events to write")
    start: datetime = settings["start"]
    observations = [_observation(one, start) for one in chosen]
    _write_table(folder / "aggregated_events.tsv", [row for one in observations for row in one.aggregated()])
    _write_table(folder / "tabular_events.tsv", [row for one in observations for row in one.tabular()])
    project = json.dumps(_project(run.path.name, start, observations), indent=1, ensure_ascii=False)
    (folder / "bouts.boris").write_text(project, encoding="utf-8")
    n = sum(len(one.bouts) for one in observations)
    told = f"{counted(n, 'bout')} of {counted(len(observations), 'observation')}"
    return [f"{told}; open bouts.boris in BORIS, or import the tables"]


class _Observation:
    """One world in BORIS's words; `bouts` has subject, behaviour, modifier, start, stop and whether it is a state."""

    def __init__(self, world: World, bouts: pd.DataFrame, facts: dict[str, dict[str, str]], date: datetime) -> None:
        self.name, self.bouts, self.facts, self.date = world.name, bouts, facts, date
        self.duration_s = world.duration_s

    def aggregated(self) -> list[dict[str, str]]:
        """One row a bout, ordered by subject, behaviour and time as BORIS does."""
        spent = self.bouts["stop"] - self.bouts["start"]
        total = spent.groupby(self.bouts["subject"]).sum()
        ordered = self.bouts.sort_values(["start", "subject", "behaviour"], kind="stable")
        return [
            {
                "Observation id": self.name,
                "Observation date": f"{self.date:%Y-%m-%d %H:%M:%S}",
                "Description": "simulated by socialrl",
                "Observation type": _LIVE,
                "Source": _NA,
                "Time offset (s)": "0.0",
                "Coding duration": f"{self.duration_s:.3f}",
                "Media duration (s)": f"{self.duration_s:.3f}",
                "FPS (frame/s)": _NA,
                **self.facts[one.subject],
                "Subject": one.subject,
                "Observation duration by subject by observation": f"{total[one.subject]:.3f}",
                "Behavior": one.behaviour,
                "Behavioral category": _CATEGORIES.get(one.behaviour, "Not defined"),
                "Modifier #1": one.modifier,
                "Behavior type": "STATE" if one.state else "POINT",
                "Start (s)": f"{one.start:.3f}",
                "Stop (s)": f"{one.stop:.3f}",
                "Duration (s)": f"{one.stop - one.start:.3f}" if one.state else _NA,
                "Media file name": _NA,
                "Image index start": _NA,
                "Image index stop": _NA,
                "Image file path start": _NA,
                "Image file path stop": _NA,
                "Comment start": "",
                "Comment stop": "",
            }
            for one in ordered.itertuples()
        ]

    def moments(self) -> list[tuple[float, str, str, str, str]]:
        """Time, subject, behaviour, modifier and START, STOP or POINT, in time order; what stops comes before what
        starts."""
        found = []
        for one in self.bouts.itertuples():
            if one.state:
                found.append((one.start, one.subject, one.behaviour, one.modifier, "START"))
                found.append((one.stop, one.subject, one.behaviour, one.modifier, "STOP"))
            else:
                found.append((one.start, one.subject, one.behaviour, one.modifier, "POINT"))
        rank = {"STOP": 0, "START": 1, "POINT": 2}
        return sorted(found, key=lambda one: (one[0], rank[one[4]], one[1:4]))

    def tabular(self) -> list[dict[str, str]]:
        """One row for each start, stop and point event."""
        return [
            {
                "Observation id": self.name,
                "Observation date": f"{self.date:%Y-%m-%d %H:%M:%S}",
                "Description": "simulated by socialrl",
                "Observation duration": f"{self.duration_s:.3f}",
                "Observation type": _LIVE,
                "Source": _NA,
                "Time offset (s)": "0.0",
                "Media duration (s)": f"{self.duration_s:.3f}",
                "FPS": _NA,
                **self.facts[subject],
                "Subject": subject,
                "Behavior": behaviour,
                "Behavioral category": _CATEGORIES.get(behaviour, "Not defined"),
                "Modifier #1": modifier,
                "Behavior type": kind,
                "Time": f"{time:.3f}",
                "Media file name": _NA,
                "Image index": _NA,
                "Image file path": _NA,
                "Comment": "",
            }
            for time, subject, behaviour, modifier, kind in self.moments()
        ]

    def of_project(self) -> dict[str, Any]:
        """What a project file holds of a live observation."""
        alone = next(iter(self.facts.values())) if len(self.facts) == 1 else {}
        return {
            "file": [],
            "type": "LIVE",
            "date": f"{self.date:%Y-%m-%dT%H:%M:%S}",
            "description": "simulated by socialrl",
            "time offset": 0.0,
            "events": [[round(t, 3), who, what, modifier, ""] for t, who, what, modifier, _ in self.moments()],
            "observation time interval": [0, round(self.duration_s, 3)],
            "independent_variables": {name: alone.get(name, "") for name in _FACTS},
            "visualize_spectrogram": False,
            "visualize_waveform": False,
            "close_behaviors_between_videos": False,
            "scan_sampling_time": 0,
            "start_from_current_time": False,
            "start_from_current_epoch_time": False,
        }


def _observation(world: World, date: datetime) -> _Observation:
    rows = world.events[world.events["end_s"] >= world.events["start_s"]]
    tubes = rows["kind"] == "passage"
    whom = rows["other"].where(rows["kind"] == "contact", rows["chamber"]).fillna("")
    bouts = pd.DataFrame(
        {
            "subject": rows["animal"].astype(str),
            "behaviour": rows["kind"].map(lambda kind: BEHAVIOURS.get(kind, kind)),
            "modifier": whom.where(~tubes, rows["chamber"].astype(str) + " to " + rows["to"].astype(str)).astype(str),
            "start": rows["start_s"].astype(float).round(3),
            "stop": rows["end_s"].astype(float).round(3),
        }
    )
    bouts["state"] = rows["kind"].isin(BEHAVIOURS) | (bouts["stop"] > bouts["start"])
    bouts = bouts[(bouts["stop"] > bouts["start"]) | ~bouts["state"]]
    first = world.events.drop_duplicates("animal").set_index("animal")
    facts = {
        str(animal): {name: "" if pd.isna(row.get(name)) else str(row[name]) for name in _FACTS}
        for animal, row in first.iterrows()
    }
    return _Observation(world, bouts.reset_index(drop=True), facts, date)


def _project(name: str, date: datetime, observations: Sequence[_Observation]) -> dict[str, Any]:
    bouts = pd.concat([one.bouts for one in observations], ignore_index=True)
    behaviours = {}
    for k, (behaviour, rows) in enumerate(bouts.groupby("behaviour", sort=False)):
        values = sorted(set(rows["modifier"]) - {""})
        modifier = {"name": "whom or where", "description": "", "type": 0, "ask at stop": False, "values": values}
        behaviours[str(k)] = {
            "type": "State event" if rows["state"].any() else "Point event",
            "key": chr(ord("a") + k % 26),
            "code": behaviour,
            "description": "",
            "color": "",
            "category": _CATEGORIES.get(str(behaviour), ""),
            "modifiers": {"0": modifier} if values else {},
            "excluded": "",
            "coding map": "",
        }
    subjects = list(dict.fromkeys(bouts["subject"]))
    return {
        "time_format": "s",
        "project_date": f"{date:%Y-%m-%dT%H:%M:%S}",
        "project_name": name,
        "project_description": "simulated by socialrl",
        "project_format_version": _PROJECT_VERSION,
        "subjects_conf": {
            str(k): {"key": "", "name": subject, "description": ""} for k, subject in enumerate(subjects)
        },
        "behaviors_conf": behaviours,
        "observations": {one.name: one.of_project() for one in observations},
        "behavioral_categories": sorted(set(_CATEGORIES.values())),
        "behavioral_categories_config": {},
        "independent_variables": {
            str(k): {"label": one, "description": "", "type": "text", "default value": "", "possible values": ""}
            for k, one in enumerate(_FACTS)
        },
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def _write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
