"""A run as Python reads it: its tables with documented columns and types, read when they are first asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.storage.parameter_table import rows_when_made
from socialrl.storage.run_folder import RunFolder
from socialrl.tables import tidy
from socialrl.tables.codebook import codebook, kind_of
from socialrl.tables.described import typed
from socialrl.tables.named import Named
from socialrl_envs.named_tables import UNNAMED

if TYPE_CHECKING:
    from socialrl.config.loading import Config

_FIRST = ("animals", "parameters", "episodes", "probes", "tests", "measures", "bouts", "events", "traces", "synchrony")
_FILES = {"tests": "evaluation"}
"""Tables that have another name in the run folder."""


@dataclass(frozen=True)
class Protocol:
    """What a protocol left in a run: `tests` has a row per animal, test and repeat, `events` is None if not recorded.

    `notes` are lines for its readers, `text` is the protocol's file.
    """

    name: str
    tests: pd.DataFrame
    events: pd.DataFrame | None
    notes: tuple[str, ...]
    text: str


class Run:
    """A run folder, finished or not; `socialrl.load` returns one. Tables are read when they are first asked for.

    Every table is a pandas data frame whose columns `codebook` describes; a table that was never written raises
    `UserError` with the command that writes it. Of an unfinished run (`finished` is False) tables have the rows of the
    animals that are done.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def finished(self) -> bool:
        """Whether training ended and everything was written."""
        return self.folder.finished

    @property
    def meta(self) -> dict[str, Any]:
        """Seed, command, commit, versions and machine that made the run (`meta.json`)."""
        return self.folder.meta

    @functools.cached_property
    def config(self) -> Config:
        """The run's configuration with all of its defaults; errors as those of `RunFolder.config`."""
        return self.folder.config

    @property
    def assay(self) -> str:
        """The id of the environment in which the animals learned, such as `socialrl/PartnerPreference-v0`."""
        return self.config.env.id

    @property
    def names(self) -> list[str]:
        """The names of all tables that are there, such as `tests`, `events` and `protocol_mating`."""
        stems = {path.stem for path in self.path.glob("[!.]*.parquet")}
        if not self.finished:
            stems |= {path.name.split(".")[-2] for path in (self.path / "parts").glob("[!.]*.parquet")}
        there = {name for name, file in _FILES.items() if file in stems} | (stems - set(_FILES.values()))
        there |= {"parameters"} | ({"measures"} if "tests" in there else set())
        there |= {"bouts"} if "events" in there else set()
        return [*(name for name in _FIRST if name in there), *sorted(there - set(_FIRST))]

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called `name` (`names`, or any of the attributes below)."""
        if name not in self._read:
            own = {"parameters": self._parameters, "measures": self._measures, "bouts": self._bouts}
            made = own[name]() if name in own else self._stored(name)
            self._read[name] = typed(made, name)
        return self._read[name]

    @property
    def animals(self) -> pd.DataFrame:
        """One row per trained animal: group, gain, sex, training steps, and its own parameters (`param_…`)."""
        return self.table("animals")

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per biological parameter of the run's table: value, unit, range, spread, meaning and source."""
        return self.table("parameters")

    @property
    def tests(self) -> pd.DataFrame:
        """One row per animal, test and repeat: options, raw counters, reward terms (`evaluation.parquet`)."""
        return self.table("tests")

    @property
    def measures(self) -> pd.DataFrame:
        """One row per animal and test: the measures of docs/measures.md, repeats averaged."""
        return self.table("measures")

    @property
    def events(self) -> pd.DataFrame:
        """One row per stay, passage, contact, press, access or rejection of a test, in seconds from its start."""
        return self.table("events")

    @property
    def bouts(self) -> pd.DataFrame:
        """One row per bout of contact: with whom, where, from when to when, `seconds`; from the events."""
        return self.table("bouts")

    @property
    def traces(self) -> pd.DataFrame:
        """One row per tick of the first repeat of each test of animal 0 of every group: state, contact, action."""
        return self.table("traces")

    @property
    def episodes(self) -> pd.DataFrame:
        """One row per training episode."""
        return self.table("episodes")

    @property
    def probes(self) -> pd.DataFrame:
        """One row per animal, probe, test and repeat during training; columns as those of `tests`."""
        return self.table("probes")

    @property
    def synchrony(self) -> pd.DataFrame:
        """One row per pair, test, repeat, series, form and hour, where several animals act."""
        return self.table("synchrony")

    @property
    def series(self) -> pd.DataFrame:
        """One row per tick of a test and animal, if the run was evaluated with `--series`."""
        return self.table("series")

    @functools.cached_property
    def protocols(self) -> Mapping[str, Protocol]:
        """The protocols that were played with the run's animals, by name."""
        names = [one.removeprefix("protocol_") for one in self.names if one.startswith("protocol_")]
        return Named(self.path, "protocol", names, self._protocol)

    def tidy(self, name: str) -> dict[str, pd.DataFrame]:
        """Return a table without lists in its cells: itself under its own name, and its lists as long tables beside.

        Those are `<name>_bins` (by the clock), `<name>_group_sizes` and `<name>_company`, as far as there are such.
        """
        pieces = {f"{name}_{key}" if key else name: piece for key, piece in tidy.tidy(self.table(name)).items()}
        return {key: typed(piece, key) for key, piece in pieces.items()}

    def codebook(self, *names: str) -> pd.DataFrame:
        """Return what the columns of tables (default: all that are there) mean: unit, meaning, range, type."""
        return codebook({name: [str(one) for one in self.table(name).columns] for name in names or self.names})

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished: tables have the animals that are done"
        return f"<run {self.path}, {state}; tables: {', '.join(self.names)}>"

    def _stored(self, name: str) -> pd.DataFrame:
        file = _FILES.get(name, name)
        if name not in self.names and kind_of(name) == name and name not in _FIRST and name != "series":
            raise UserError(f"{self.path}: {unknown('table', name, self.names)}")
        return self.folder.read_table(file)

    def _protocol(self, name: str) -> Protocol:
        # tests of some of the animals are played from the same file
        files = [self.path / f"protocols/{one}.yaml" for one in (name, name.partition("_of_")[0])]
        there = [file for file in files if file.is_file()]
        events = f"events_{name}"
        return Protocol(
            name,
            self.table(f"protocol_{name}"),
            self.table(events) if events in self.names else None,
            tuple(self.folder.protocol_notes(name)),
            there[0].read_text(encoding="utf-8") if there else "",
        )

    def _parameters(self) -> pd.DataFrame:
        rows = rows_when_made(self.path, str(self.meta.get("parameter_table", UNNAMED)))
        return pd.DataFrame(
            {
                "parameter": [row.name for row in rows],
                "value": [row.value for row in rows],
                "value_male": [row.male for row in rows],
                "unit": [row.unit for row in rows],
                "lowest": [row.low for row in rows],
                "highest": [row.high for row in rows],
                "spread": [row.spread for row in rows],
                "meaning": [row.meaning for row in rows],
                "evidence": [row.evidence for row in rows],
                "source": [row.source for row in rows],
            }
        )

    def _measures(self) -> pd.DataFrame:
        return tidy.measures(self.folder.read_table("evaluation"))

    def _bouts(self) -> pd.DataFrame:
        events = self.folder.read_table("events")
        bouts = events[events["kind"] == "contact"].drop(columns=["kind", "to"]).reset_index(drop=True)
        order = [name for name in bouts if name not in ("other", "chamber", "start_s", "end_s")]
        bouts = bouts[[*order, "other", "chamber", "start_s", "end_s"]]
        return bouts.assign(seconds=bouts["end_s"] - bouts["start_s"])
