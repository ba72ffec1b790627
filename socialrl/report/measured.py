"""Any assay on a page: its measures by test and group as a table, its headline measure as a figure.

Partner preference has pages of its own (`figures`, `tables`); this is what every other assay gets without code.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from socialrl.analysis import statistics
from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import headline_of, measure_called, shown_in
from socialrl.analysis.statistics import Estimate
from socialrl.assays import study_of
from socialrl.drawing import panels, style, wording
from socialrl.drawing.groups import Group
from socialrl.report import replicates
from socialrl.report.study import Study


@dataclass(frozen=True)
class MeasuredRow:
    """One measure of one group in one test: mean over replicates (`replicates.who`) with its interval."""

    group: Group
    assay: str
    test: str
    label: str
    measure: str
    estimate: Estimate


def measured_rows(study: Study) -> list[MeasuredRow]:
    """Return the means of all measures that pages show, test by test and group by group, of every assay of a study."""
    found = []
    for assay, rows in _by_assay(study.measured):
        for test, of_test in rows.groupby("test", sort=False):
            for one in shown_in(assay):
                for group in study.groups:
                    values = replicates.values_of(_of(study.of(of_test, group), one.name), assay)
                    if len(values):
                        mean = statistics.mean_interval(values)
                        label = _label(of_test)
                        found.append(MeasuredRow(group, study_of(assay).name, str(test), label, one.name, mean))
    return found


def headline_figure(study: Study, narrow: bool) -> Figure | None:
    """The headline measure of each assay: a panel per assay, tests side by side, groups in lanes, a dot per animal."""
    tables = [(assay, rows) for assay, rows in _by_assay(study.measured) if "measures" in study_of(assay).figures]
    if not tables:
        return None
    n_tests = max(rows["test"].nunique() for _, rows in tables)
    width_in = style.NARROW_IN if narrow or n_tests < 3 else style.WIDE_IN
    figure = style.new_figure(width_in, 3.2 * len(tables) + 0.4)
    axes = figure.subplots(len(tables), 1, squeeze=False).ravel()
    for ax, (assay, rows) in zip(axes, tables, strict=True):
        measure = headline_of(assay)
        tests = list(dict.fromkeys(rows["test"]))
        groups = study.groups_in(rows)
        places = np.arange(len(tests), dtype=float)
        for group, lane in zip(groups, panels.lanes(len(groups), 0.74), strict=True):
            means = []
            for place, test in zip(places, tests, strict=True):
                own = study.of(rows[(rows["test"] == test) & (rows["measure"] == measure.name)], group)
                panels.dots(ax, place + lane, own, own["value"], group, 0.5 / len(groups))
                means.append(statistics.mean_interval(replicates.values_of(own, assay)))
            panels.bars(ax, places + lane, means, group)
        if measure.chance is not None:
            ax.axhline(measure.chance, zorder=0, color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)))
        letters = max((46 if narrow else 110) // len(tests), 9)  # of a line below a test
        labels = [_wrapped(_label(rows[rows["test"] == test], "\n"), letters) for test in tests]
        ax.set_xticks(places, labels, fontsize=7 if narrow else 8)
        ax.set_xlim(-0.6, len(tests) - 0.4)
        ax.set_ylabel(f"{measure.label}\n({measure.unit})")
    panels.legend(figure, study.groups_in(study.measured), narrow)
    return figure


def caption(study: Study) -> str:
    """Return what the figure shows."""
    who = " and ".join(dict.fromkeys(replicates.who(assay) for assay, _ in _by_assay(study.measured)))
    return (
        "The main measure of the assay in each test. Pale marks are animals (mean of their repeats), the mark with a "
        "bar"
        f" is the mean over {who} with its 95 % bootstrap interval. Dotted, where there is one: chance."
    )


def alt(study: Study) -> str:
    """Return the figure in words."""
    return "Main measure by test and group. " + _in_words(study)


def lede(study: Study) -> str:
    """Return the sentences that open a page of assays other than partner preference, or nothing."""
    if study.measured.empty or len(study.final):
        return ""
    titles = [study_of(assay).title for assay, _ in _by_assay(study.measured)]
    return (
        f"Tests of {' and '.join(titles)}. {_in_words(study, 1)} “socialrl reproduce” trains and tests"
        " animals for a comparison with published findings."
    )


def subject(study: Study) -> str:
    """Return what the study is about, for the title of a page: "partner preference", "lever pressing for company"."""
    return " and ".join(dict.fromkeys(study_of(assay).title for assay in study.assays)) or "social reward"


def columns_of(rows: list[MeasuredRow]) -> list[Measure]:
    """Return the measures of some rows, each once, in order."""
    return [measure_called(name) for name in dict.fromkeys(row.measure for row in rows)]


def _in_words(study: Study, tests: int | None = None) -> str:
    """The main measure of every assay in words, test by test; with `tests` in the first tests only."""
    rows = [row for row in measured_rows(study) if row.measure == headline_of(row.assay).name]
    parts = []
    for assay, measure in dict.fromkeys((row.assay, row.measure) for row in rows):
        one, own = measure_called(measure), [row for row in rows if (row.assay, row.measure) == (assay, measure)]
        labels = list(dict.fromkeys(row.label for row in own))
        told = [
            f"{label}: " + ", ".join(
                f"{row.group.label} {wording.interval(row.estimate, one.digits)}" for row in own if row.label == label
            )
            for label in labels[:tests]
        ]  # fmt: skip
        left = len(labels) - len(told)
        more = f" {left} more {'test is' if left == 1 else 'tests are'} in the figure and in the table." if left else ""
        parts.append(f"{one.label} ({one.unit}) in {'; in '.join(told)}.{more}")
    return " ".join(parts)


def _by_assay(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if len(table):
        yield from ((str(assay), rows) for assay, rows in table.groupby("assay", sort=False))


def _of(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    return rows[rows["measure"] == measure] if len(rows) else rows


def _wrapped(label: str, letters: int) -> str:
    lines = label.replace("_", " ").split("\n")
    return "\n".join(textwrap.fill(line, letters, break_long_words=False) for line in lines)


def _label(rows: pd.DataFrame, between: str = ", ") -> str:
    """The heading of a test: its name, and the animal's life before it."""
    first = rows.iloc[0]
    relationship = str(first["relationship"]) if "relationship" in rows else "peer"
    apart = float(first["separation_h"]) if "separation_h" in rows else 0.0
    state = wording.condition_label(float(first["cohousing_h"]), relationship, apart, short=True)
    sessions = list(rows["session"].dropna().unique()) if "session" in rows else []
    only = ("all", "empty")  # of assays with one session
    session = [f"session {sessions[0]}"] if len(sessions) == 1 and sessions[0] not in only else []
    return between.join([str(first["test"]), state, *session])
