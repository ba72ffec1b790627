"""One test of one animal as a file of Neurodata Without Borders (NWB), and back.

Everything that happened is in one `EventsTable`, `behavior`: when the test began and ended, stays, passages, contacts,
accesses (with their duration), presses and rejections (moments). Stays, contacts and accesses are also tables of
intervals, as viewers expect them; one with a single row is left out, as the inspector of NWB asks. The record of the
test, number by number with unit and meaning, is the table `record` of the processing module `behavior`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError

SPECIES = "Microtus ochrogaster"
EVENTS, RECORD = "behavior", "record"
_BEGIN, _END = "test begins", "test ends"
_INTERVALS = {
    "chambers": ("chamber", "Stays of the animal in chambers."),
    "contacts": ("contact", "Bouts of side-by-side contact of the animal with another one."),
    "accesses": ("access", "Times for which the door to another animal was open after lever presses."),
}


@dataclass(frozen=True)
class Session:
    """What a file says besides its events. `record` has a row per number: name, value, unit, meaning.

    `identifier` is like no other file's, and the same whenever the same test is exported.

    `age_d` is in days, `drugs` in words, `start` with a time zone; `notes` are short facts by name.
    """

    identifier: str
    animal: str
    sex: str
    age_d: float
    genotype: str
    of_subject: str
    session_id: str
    description: str
    experiment: str
    notes: Mapping[str, str]
    drugs: str
    start: datetime
    duration_s: float
    experimenter: str
    institution: str
    lab: str | None
    keywords: Sequence[str]
    record: pd.DataFrame


def write_nwb(path: Path, session: Session, events: pd.DataFrame) -> None:
    """Write a file; `events` are those of the animal in this test (columns as in `socialrl.evaluation.events`)."""
    from hdmf.build import BuildManager
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.file import Subject

    file = NWBFile(
        session_description=session.description,
        identifier=session.identifier,
        session_start_time=session.start,
        session_id=session.session_id,
        experimenter=[session.experimenter],
        institution=session.institution,
        lab=session.lab,
        experiment_description=session.experiment,
        keywords=list(session.keywords),
        pharmacology=session.drugs or None,
        notes="\n".join(f"{name}: {one}" for name, one in session.notes.items()),
        subject=Subject(
            subject_id=session.animal,
            species=SPECIES,
            sex={"female": "F", "male": "M"}[session.sex],
            age=f"P{round(session.age_d, 2):.10g}D",
            genotype=session.genotype,
            description=session.of_subject,
        ),
    )
    file.add_events_table(_all_events(events, session.duration_s))
    for name, (kind, words) in _INTERVALS.items():
        rows = events[(events["kind"] == kind) & (events["end_s"] > events["start_s"])]
        if len(rows) > 1:
            file.add_time_intervals(_intervals(name, words, rows))
    module = file.create_processing_module(EVENTS, "What was counted in the test, and what it began with.")
    module.add(_record(session.record))
    with NWBHDF5IO(path, "w", manager=BuildManager(_types())) as io:
        io.write(file)


@functools.cache
def _types() -> Any:
    """Return the types of NWB, which are read once: anew for every file they would take a tenth of the time."""
    from pynwb import get_type_map

    return get_type_map()


def _all_events(events: pd.DataFrame, duration_s: float) -> Any:
    from pynwb.event import DurationVectorData, EventsTable, TimestampVectorData

    ends = pd.DataFrame({"start_s": [0.0, duration_s], "end_s": [0.0, duration_s], "kind": [_BEGIN, _END]})
    first, last = ends.iloc[:1], ends.iloc[1:]
    # in time, and in the order of the table where times are equal
    rows = pd.concat([first, events.sort_values("start_s", kind="stable"), last], ignore_index=True)
    lasts = rows["end_s"] - rows["start_s"]
    return EventsTable(
        name=EVENTS,
        description="All events of the test: stays in chambers, passages through tubes, contact, lever presses, "
        "accesses and rejections. Times are exact to the tick of the simulation.",
        source_description="socialrl, a simulation",
        columns=[
            TimestampVectorData(
                name="timestamp", description="When the event began.", data=rows["start_s"].to_numpy(dtype=float)
            ),
            DurationVectorData(
                name="duration",
                description="How long it lasted; not a number for moments.",
                data=lasts.where(lasts > 0.0).to_numpy(dtype=float),
            ),
            _text("kind", "What it is.", rows["kind"]),
            _text("chamber", "Where; of a passage the chamber that was left, of an access that behind the door.",
                  rows["chamber"]),
            _text("to", "The chamber that a passage reached; empty for others.", rows["to"]),
            _text("other", "The other animal of a contact, rejection, press or access; empty for others.",
                  rows["other"]),
        ],
    )  # fmt: skip


def _intervals(name: str, words: str, rows: pd.DataFrame) -> Any:
    from hdmf.common import VectorData
    from pynwb.epoch import TimeIntervals

    rows = rows.sort_values("start_s", kind="stable")
    times = {"start_time": ("When it began.", "start_s"), "stop_time": ("When it ended.", "end_s")}
    columns = [
        *(
            VectorData(name=column, description=text, data=rows[of].to_numpy(dtype=float))
            for column, (text, of) in times.items()
        ),
        _text("chamber", "The chamber.", rows["chamber"]),
    ]
    if name != "chambers":
        columns.append(_text("other", "The other animal.", rows["other"]))
    return TimeIntervals(name=name, description=words, columns=columns)


def _record(record: pd.DataFrame) -> Any:
    from hdmf.common import DynamicTable, VectorData

    return DynamicTable(
        name=RECORD,
        description="What the test began with and what was counted in it, one number a row.",
        columns=[
            _text("quantity", "Name of the number.", record["name"]),
            VectorData(name="value", description="Its value.", data=record["value"].to_numpy(dtype=float)),
            _text("unit", "Its unit; empty where there is none.", record["unit"]),
            _text("meaning", "What it is.", record["meaning"]),
        ],
    )


def _text(name: str, words: str, values: pd.Series) -> Any:
    from hdmf.common import VectorData

    return VectorData(name=name, description=words, data=[str(one) for one in values.fillna("")])


def read_nwb(path: Path) -> pd.DataFrame:
    """Return the events in a file that `write_nwb` wrote, as an events table has them; others raise `UserError`."""
    from hdmf.build import ConstructError
    from pynwb import NWBHDF5IO

    try:
        with NWBHDF5IO(path, "r") as io:
            file = io.read()
            if EVENTS not in (file.events or {}) or "kind" not in file.events[EVENTS].colnames:
                raise UserError(f"{path} has no table of events '{EVENTS}' as `socialrl export --format nwb` writes it")
            rows = file.events[EVENTS].to_dataframe()
            record = file.processing[EVENTS][RECORD].to_dataframe().set_index("quantity")["value"]
            subject, session = file.subject, file.session_id
            notes = {name: text for name, _, text in (line.partition(": ") for line in str(file.notes).splitlines())}
            animal, sex, genotype = str(subject.subject_id), str(subject.sex), str(subject.genotype).partition(" (")[0]
    except (OSError, KeyError, TypeError, ValueError, ConstructError) as error:
        raise UserError(f"{path} cannot be read as NWB: {error}") from error
    rows = rows[~rows["kind"].isin((_BEGIN, _END))]
    test, _, repeat = str(session).rpartition("-r")
    start = rows["timestamp"].to_numpy(dtype=float)
    columns = {name: rows[name].astype(str).where(rows[name] != "").to_numpy() for name in ("chamber", "to", "other")}
    lives_in: dict[str, Any] = {name: notes[name] for name in ("habitat_type", "habitat") if name in notes}
    return pd.DataFrame(
        {
            "animal": animal,
            "genotype": genotype,
            "index": int(record["index"]),
            "sex": {"F": "female", "M": "male"}[sex],
            **lives_in,
            "test": test,
            "repeat": int(repeat),
            "kind": rows["kind"].astype(str).to_numpy(),
            "start_s": start,
            "end_s": start + rows["duration"].map(lambda one: 0.0 if math.isnan(one) else one).to_numpy(dtype=float),
            **columns,
        }
    )
