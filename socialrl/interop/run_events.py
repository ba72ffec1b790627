"""The events of a run as formats use them: one world (a habitat, test and repeat) at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.interop.format import Option, Settings
from socialrl.storage.run_folder import RunFolder


def _table(text: str) -> str:
    if not re.fullmatch(r"events(_\w+)?|evaluation_of_\w+_events", text, re.ASCII):
        raise ValueError(text)
    return text


EVENTS = Option(
    "events",
    "the table of events",
    "events",
    _table,
    "events, events_NAME of a protocol, or evaluation_of_NAMES_events of some animals",
)
TESTS = Option("tests", "only these tests", None, lambda text: text.split(","), "names between commas", "all")
HABITATS = Option("habitats", "only these habitats", None, lambda text: text.split(","), "names between commas", "all")

_WORLD = ("habitat", "test", "repeat")


@dataclass(frozen=True)
class World:
    """One test as it was played: its `events` (of one animal, or of all that live together), and a name for files.

    `labels` are the values of habitat, test and repeat, as far as the table has them; `duration_s` is how long it
    lasted. Where animals are tested alone, each is a world.
    """

    name: str
    labels: dict[str, object]
    events: pd.DataFrame
    duration_s: float

    @property
    def animals(self) -> list[str]:
        """The ids of its animals, in order of the table."""
        return list(dict.fromkeys(self.events["animal"]))


def events_of(run: RunFolder, settings: Settings) -> pd.DataFrame:
    """Return the rows of a run's events that `EVENTS`, `TESTS` and `HABITATS` of `settings` choose.

    A run without the table, and names that are not in it, raise `UserError`.
    """
    table = str(settings.get("events") or "events")
    there = sorted(one.stem for one in run.path.glob("*events*.parquet"))
    if table not in there and there:
        raise UserError(f"events: {unknown('table', table, there)}")
    events = run.read_table(table)
    for option, column in ((TESTS, "test"), (HABITATS, "habitat")):
        wanted = settings.get(option.name)
        if not isinstance(wanted, list):
            continue
        if column not in events:
            raise UserError(f"{option.name}: the events of {run.path} have no column {column}")
        known = list(dict.fromkeys(events[column].astype(str)))
        for name in wanted:
            if name not in known:
                raise UserError(f"{option.name}: {unknown(column, name, known)}")
        events = events[events[column].isin(wanted)]
    return events


def worlds(events: pd.DataFrame) -> Iterator[World]:
    """Return the worlds of an events table, in its order."""
    keys = [name for name in _WORLD if name in events]
    if "habitat" not in keys:
        keys = ["animal", *keys]
    for key, rows in events.groupby(keys, sort=False, dropna=False):
        labels = dict(zip(keys, key, strict=True))
        name = "_".join(f"r{value}" if label == "repeat" else str(value) for label, value in labels.items())
        yield World(re.sub(r"[^\w.-]+", "-", name), labels, rows, float(rows["end_s"].max()))
