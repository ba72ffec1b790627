"""Synchrony on a page: the three figures of every pair side by side, hour by hour, and a table of all series."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from socialrl.analysis import statistics
from socialrl.analysis.synchrony import FORMS, SERIES
from socialrl.drawing import panels, style, wording
from socialrl.drawing.groups import Group
from socialrl.drawing.tables import Cell, Table
from socialrl.report.study import Study

DRAWN = "moving"
"""The series of the figure, which trackers record in animals, too; the others are in the table."""

N_POINTS = 24
_TITLES = {"raw": "Raw", "outside_contact": "Outside contact", "contact_partialled": "Contact partialled out"}
_COMPANY = {"pair": "pair", "others": "two of different pairs"}
_INDEX = {"index_pseudo": "against pseudo-pairs", "index_shift": "against shifts"}
_NONE = Line2D([], [], color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), label="no synchrony")
_OTHERS = Line2D([], [], color=style.SOFT, linewidth=1.4, linestyle="--", label="two of different pairs (all groups)")


def by_hour(study: Study, narrow: bool) -> Figure | None:
    """Index of the series `DRAWN` against hours: a row per run and test, a panel per form; None without indices."""
    table = study.synchrony
    if table.empty:
        return None
    rows = table[(table["series"] == DRAWN) & table["hour"].notna()]
    if not rows["index_pseudo"].notna().any():
        return None  # a single pair of its kind has no pseudo-pairs to be compared with; the table has the shifts
    tests = list(dict.fromkeys(zip(rows["run"], rows["test"], strict=True)))
    columns = 1 if narrow else len(FORMS)
    lines = len(tests) * len(FORMS) // columns
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.5 * lines + 0.6)
    axes = figure.subplots(lines, columns, squeeze=False, sharey=True, sharex=True).ravel()
    places = [(run, test, form) for run, test in tests for form in FORMS]
    for ax, (run, test, form) in zip(axes, places, strict=True):
        here = rows[(rows["run"] == run) & (rows["test"] == test) & (rows["form"] == form)]
        _panel(ax, study, here)
        several = [name for name, many in ((run, len(study.runs) > 1), (test, len(tests) > 1)) if many]
        ax.set_title("\n".join([", ".join(several), _TITLES[form]] if several else [_TITLES[form]]))
        if panels.first_in_row(ax):
            ax.set_ylabel("Synchrony index")
    panels.label_x(list(axes), "Hours of the test")
    more = [_OTHERS] if (rows["company"] != "pair").any() else []
    panels.legend(figure, study.groups_in(rows), narrow, _NONE, *more)
    return figure


def _panel(ax: Axes, study: Study, here: pd.DataFrame) -> None:
    """Draw one form: every group's own pairs with their interval, and pairs across groups and cages as a grey line."""
    pairs = here[here["company"] == "pair"]
    for group in study.groups_in(pairs):
        hours, means = _course(study.of(pairs, group))
        panels.band(ax, hours, means, group)
    others = here[here["company"] != "pair"]
    if len(others):
        hours, means = _course(others)
        ax.plot(hours, [mean.value for mean in means], color=style.SOFT, linewidth=1.4, linestyle="--", zorder=2)
    ax.axhline(0.0, zorder=0, color=_NONE.get_color(), linewidth=1.1, linestyle=(0, (1, 1.5)))


def _course(rows: pd.DataFrame) -> tuple[NDArray[np.float64], list[statistics.Estimate]]:
    """Return the middle of at most `N_POINTS` spans of hours, and the mean over pairs in each."""
    span = math.ceil((rows["hour"].max() + 1) / N_POINTS)
    middle = (rows["hour"] // span + 0.5) * span
    of_pair = rows.groupby([middle.rename("at"), "animal", "other"])["index_pseudo"].mean().reset_index()
    spans = list(of_pair.groupby("at")["index_pseudo"])
    return np.array([at for at, _ in spans]), [statistics.mean_interval(values) for _, values in spans]


def tables(study: Study) -> list[Table]:
    """Return, for every test, the index of each series in its three forms against both surrogates; empty without."""
    table = study.synchrony
    if table.empty:
        return []
    whole = table[table["hour"].isna()]
    found = []
    for (run, test), rows in whole.groupby(["run", "test"], sort=False):
        lines = []
        for (group, company), own in rows.groupby(["group", "company"], sort=False):
            pairs = own.drop_duplicates(["animal", "other"])
            contact = wording.number(100 * pairs["contact_share"].mean(), 0)
            for name in SERIES:
                cells = [_interval(own, name, form, column) for column in _INDEX for form in FORMS]
                lines.append(
                    [
                        *_whose(study, str(group), str(own["genotype"].iloc[0]), str(company)),
                        Cell(name.replace("_", " ")),
                        Cell(str(len(pairs))),
                        Cell(contact),
                        *cells,
                    ]
                )
        head = ("Group", "Two animals", "Series", "n", "contact, %")
        forms = (f"{_TITLES[form]}, {against}" for against in _INDEX.values() for form in FORMS)
        title = f"{run}: synchrony in {test}" if len(study.runs) > 1 else f"Synchrony in {test}"
        found.append(Table(f"{title}: means over pairs with intervals", (*head, *forms), lines, _NOTE, n_left=3))
    return found


_NOTE = (
    "The index is the highest normalised cross-correlation of the two animals within ± 10 min, less the mean and in "
    "units of the standard deviation of surrogates: 0 is no synchrony. Pseudo-pairs: the partner's series of other "
    "pairs of the same condition at the same time of their test. Shifts: the partner's own series moved by more than "
    "30 min. n: pairs, whose repeats are averaged; 95 % bootstrap intervals over pairs. A series has no index in "
    "a form in which it is constant, or in which nothing is left of it beside contact."
)


def _interval(rows: pd.DataFrame, series: str, form: str, column: str) -> Cell:
    values = rows[(rows["series"] == series) & (rows["form"] == form)][column].dropna()
    if values.empty:
        return Cell(wording.MISSING)
    missing = len(rows[(rows["series"] == series) & (rows["form"] == form)]) - len(values)
    return Cell(wording.interval(statistics.mean_interval(values), 1), below=f"n = {len(values)}" if missing else "")


def _whose(study: Study, key: str, genotype: str, company: str) -> tuple[Cell, Cell]:
    group = _group(study, key)
    name = Cell(group.label, colour=group.colour) if group else Cell(genotype)
    return name, Cell(_COMPANY.get(company, company))


def _group(study: Study, key: str) -> Group | None:
    return next((group for group in study.groups if group.key == key), None)


def caption(study: Study) -> str:
    """Return what the figure shows, with the numbers of pairs."""
    pairs = study.synchrony[study.synchrony["company"] == "pair"].drop_duplicates(["run", "animal", "other"])
    counts = ", ".join(f"{len(study.of(pairs, group))} {group.label}" for group in study.groups_in(pairs))
    return (
        "How far the two of a pair move in step, by hours of the test: the peak of the cross-correlation of their "
        "moving within ± 10 min, against pseudo-pairs at the same time of the test. Left: as it is. Middle: only what "
        "they do apart. Right: contact partialled out. Huddling makes both still, which is synchrony of a trivial "
        "kind, so the three are read together. Lines are means, bands 95 % bootstrap intervals over pairs; "
        f"n = {counts} pairs."
    )


def alt(study: Study) -> str:
    """Return the figure in words: the whole test's index of each group in the three forms."""
    table = study.synchrony
    rows = table[(table["series"] == DRAWN) & table["hour"].isna() & (table["company"] == "pair")]
    parts = []
    for group in study.groups_in(rows):
        own = study.of(rows, group)
        values = [own[own["form"] == form]["index_pseudo"].mean() for form in FORMS]
        parts.append(f"{group.label} {', '.join(wording.number(value, 1) for value in values)}")
    return f"Synchrony of moving by hour. Whole tests, raw, outside contact and partialled: {'; '.join(parts)}."


def missing(study: Study) -> str:
    """Return how a run gets the table that the figure needs."""
    run = study.runs[0]
    if len(study.synchrony):
        return (
            "There are no pseudo-pairs, because no second test of the same kind was played at the same time; the table"
            " below compares pairs with their own shifted series"
        )
    if not run.has_table("evaluation"):
        return f"No animal of this run has been tested yet: {wording.next_step(run.path, run.finished)}"
    return f"The tests of this run have no synchrony: `{wording.command('evaluate', run.path)} --overwrite` computes it"
