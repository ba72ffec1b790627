"""Protocols that a run has played: the main measures of every test by group, as a table and a figure each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from socialrl.analysis import statistics
from socialrl.analysis.measure_table import headline_of, shown_in
from socialrl.analysis.measure_values import measured
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import panels, style, wording
from socialrl.drawing.groups import Group
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import Cell, Table
from socialrl.report import replicates
from socialrl.report.study import Study
from socialrl.storage.run_folder import RunFolder

_KEYS = ("animal", "genotype", "oxtr_gain", "index", "sex", "history", "test", "assay")
CONDITIONED = "conditioned with"
PLACES = "Partner and stranger are places; who was in them stands below the test. "
_SHOWN = 4
"""The number of measures of an assay in the table; all are in `protocol_<name>.csv`."""


@dataclass(frozen=True)
class Played:
    """One protocol of one run: a value per animal, test and measure, in the order in which tests were played.

    `notes` say what its animals never met in training, and which phases change nothing. `offered` says who was in the
    places of each test, where companions have names: "partner / second_partner"; or "conditioned with partner, 6 days".
    """

    run: str
    name: str
    values: pd.DataFrame
    groups: list[Group]
    several: bool
    notes: list[str]
    offered: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The protocol's name, with the run's where there are several runs."""
        return f"{self.run}: protocol {self.name}" if self.several else f"Protocol {self.name}"

    @property
    def tests(self) -> list[tuple[str, str, str]]:
        """History, test and assay of every test, in the order of playing."""
        return list(dict.fromkeys(zip(self.values["history"], self.values["test"], self.values["assay"], strict=True)))

    def of(self, test: str, group: Group, measure: str) -> pd.DataFrame:
        """Return the animals' values of one measure of one group in one test."""
        rows = _of_group(self.values, group)
        return rows[(rows["test"] == test) & (rows["measure"] == measure)]

    def mean(self, test: str, group: Group, measure: str, assay: str) -> Estimate:
        """Return the mean of one measure of one group in one test, over the replicates of its assay."""
        return statistics.mean_interval(replicates.values_of(self.of(test, group, measure), assay))


def played(study: Study) -> list[Played]:
    """Return the protocols of all runs of a study, by run and name."""
    return [
        played_of(study, run, file.stem) for run in study.runs for file in sorted(run.path.glob("protocol_*.parquet"))
    ]


def played_of(study: Study, run: RunFolder, table: str) -> Played:
    """Return the protocol of one table (`protocol_<name>`) of one of the study's runs."""
    rows, name = run.read_table(table), study.names[run.path]
    keys = [*_KEYS, *(["habitat"] if "habitat" in rows else [])]
    pieces = [measured(of, shown_in(str(assay)), keys) for assay, of in rows.groupby("assay", sort=False)]
    values = pd.concat(pieces, ignore_index=True)
    groups = [group for group in study.groups if group.run == name]
    present = [group for group in groups if len(_of_group(values, group))]
    short = table.removeprefix("protocol_")
    notes = run.protocol_notes(short)
    return Played(name, short, values, present, len(study.runs) > 1, notes, _offers(rows))


def _offers(rows: pd.DataFrame) -> dict[str, str]:
    """Who was in the places of each test, in the order of the places, or with whom it was conditioned.

    Nothing where companions have no names and there is no conditioning.
    """
    places = [name for name in rows if name.startswith("offered_")]
    found = {}
    for test, row in rows.drop_duplicates("test").set_index("test").iterrows():
        if row.get("conditioning_days", math.nan) > 0.0:
            found[str(test)] = f"{CONDITIONED} {row['conditioned_with']}, {row['conditioning_days']:g} days"
        elif there := " / ".join(row[places].dropna()):
            found[str(test)] = there
    return found


def _of_group(values: pd.DataFrame, group: Group) -> pd.DataFrame:
    """The rows of a group of one run."""
    rows = values[values["genotype"] == group.genotype]
    return rows[rows["sex"] == group.sex] if group.sex else rows


def table(protocol: Played) -> list[Table]:
    """Return the means of a protocol's tests with intervals and n, a table for each assay."""
    tables = []
    for assay in dict.fromkeys(assay for _, _, assay in protocol.tests):
        shown = [one for one in shown_in(assay) if (protocol.values["measure"] == one.name).any()][:_SHOWN]
        rows = []
        for history, test, _ in (one for one in protocol.tests if one[2] == assay):
            for group in protocol.groups:
                means = [protocol.mean(test, group, one.name, assay) for one in shown]
                if not any(mean.n for mean in means):
                    continue
                cells = [Cell(wording.interval(mean, one.digits)) for mean, one in zip(means, shown, strict=True)]
                n = str(max(mean.n for mean in means))
                below = [f"history {history}"] if history != test else []
                told = protocol.offered.get(test, "")
                below += [told if told.startswith(CONDITIONED) else f"offered: {told}"] if told else []
                named = Cell(test, below=", ".join(below))
                rows.append([named, Cell(group.name, colour=group.colour), Cell(n), *cells])
        head = ("Test", "Group", "n", *(f"{one.label}, {one.unit}" for one in shown))
        who = replicates.who(assay)
        note = (
            f"Means over {who} with 95 % bootstrap intervals; n: {who}. The animals of a history are the same from its "
            f"first phase to its last. {PLACES if protocol.offered else ''}All columns: protocol_{protocol.name}.csv."
        )
        title = protocol.title if len({one[2] for one in protocol.tests}) == 1 else f"{protocol.title}, {assay}"
        tables.append(Table(title, head, rows, note))
    return tables


def plate(protocol: Played) -> Plate:
    """Return the figure of a protocol: the main measure of each test, a panel for each group."""
    stem = f"protocol_{protocol.name}" + (f"_{protocol.run}" if protocol.several else "")
    told = [
        f"{test}, {group.name} {wording.interval(protocol.mean(test, group, headline_of(assay).name, assay))}"
        for _, test, assay in protocol.tests
        for group in protocol.groups
        if len(protocol.of(test, group, headline_of(assay).name))
    ]
    who = " or ".join(dict.fromkeys(replicates.who(assay) for _, _, assay in protocol.tests))
    return drawn(
        stem.replace("/", "_"),
        f"{protocol.title}: what did each test show?",
        lambda narrow: _figure(protocol, narrow),
        caption=lambda: (
            "The main measure of each test, a panel for each group, tests in the order in which they were played. Pale "
            "marks are animals (mean of their repeats), the mark with a bar is the mean with its 95 % bootstrap "
            f"interval over {who}."
        ),
        alt=lambda: f"Main measure of each test of the protocol, by group: {'; '.join(told)}.",
        missing=lambda: "The protocol has no test with a measure to draw",
    )


def _figure(protocol: Played, narrow: bool) -> Figure | None:
    tests = protocol.tests
    if not protocol.groups or not tests:
        return None
    columns = 1 if narrow else min(3, len(protocol.groups))
    lines = math.ceil(len(protocol.groups) / columns)
    width_in = style.NARROW_IN if narrow else style.WIDE_IN
    figure = style.new_figure(width_in, (0.22 * len(tests) + 0.75) * lines + 0.2)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for unused in grid[len(protocol.groups) :]:
        unused.set_axis_off()
    for ax, group in zip(grid, protocol.groups, strict=False):
        for place, (_, test, assay) in enumerate(tests):
            values = protocol.of(test, group, headline_of(assay).name)["value"]
            ax.axhline(place, color=style.RULE, linewidth=0.6, zorder=0)
            ax.scatter(values, np.full(len(values), place), s=9, color=group.colour, alpha=0.35, linewidths=0)
            mean = protocol.mean(test, group, headline_of(assay).name, assay)
            panels.bars(ax, np.array([float(place)]), [mean], group, across=True)
        ax.set_title(group.name)
        ax.set_ylim(len(tests) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        style.few_ticks(ax, x=4)
    grid[0].set_yticks(range(len(tests)), [test for _, test, _ in tests])
    measures = dict.fromkeys(headline_of(assay) for _, _, assay in tests)
    figure.supxlabel(" / ".join(f"{one.label}, {one.unit}" for one in measures), fontsize=8.5)
    return figure
