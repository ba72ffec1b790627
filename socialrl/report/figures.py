"""Figures of a study's tests: preference over cohousing, huddle of each animal, what rewarded them, runs compared.

Each function takes a `Study` and `narrow` (a phone: panels below each other) and returns a figure, or None when the
study has no data for it. Dots are animals, thick marks are means, bars are 95 % bootstrap intervals over animals.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.analysis import statistics
from socialrl.drawing import panels, style, wording
from socialrl.drawing.groups import Group
from socialrl.report.between import RunContrast
from socialrl.report.conditions import Condition
from socialrl.report.study import Study

_SQUEEZING = 2.5
"""Reward terms this many times as large as all others get an axis of their own."""


def preference_by_cohousing(study: Study, narrow: bool) -> Figure | None:
    """Preference of each animal against cohousing hours, groups side by side; a panel per run and relationship."""
    if study.final.empty:
        return None
    several = len(study.runs) > 1
    kinds: dict[tuple[str, str, float, str], list[Condition]] = {}
    for run, _, condition in _places(study):
        kind_of = (run if several else "", condition.relationship, condition.separation_h, condition.drugs)
        kinds.setdefault(kind_of, []).append(condition)
    crowded = len(kinds) > 1 or len(study.groups) * len(study.conditions) > 12
    columns = 1 if narrow else min(len(kinds), 3)
    lines = math.ceil(len(kinds) / columns)
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if crowded else 6.0)
    figure = style.new_figure(width_in, (2.9 if lines > 1 else 3.4) * lines + 0.3)
    ratios: dict[str, Any] = {} if lines > 1 else {"width_ratios": [1 + len(own) for own in kinds.values()]}
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True, gridspec_kw=ratios).ravel()
    for unused in grid[len(kinds) :]:
        unused.set_axis_off()
    for ax, ((run, relationship, separation_h, drugs), own) in zip(grid, kinds.items(), strict=False):
        groups = [group for group in study.groups_in(study.final) if run in ("", group.run)]
        places, lanes = np.arange(len(own), dtype=float), panels.lanes(len(groups), 0.74)
        for group, lane in zip(groups, lanes, strict=True):
            means = []
            for place, condition in zip(places, own, strict=True):
                rows = study.of(study.final, group, condition)
                panels.dots(ax, place + lane, rows, rows["preference"], group, 0.5 / len(groups))
                means.append(statistics.mean_interval(rows["preference"]))
            ax.plot(places + lane, [m.value for m in means], color=group.colour, linewidth=1.0, alpha=0.75, zorder=3)
            panels.bars(ax, places + lane, means, group)
        panels.reference_lines(ax)
        ax.set_xticks(places, [f"{condition.cohousing_h:g}" for condition in own])
        ax.set_xlim(-0.6, len(own) - 0.4)
        ax.set_ylim(-0.02, 1.02)
        if len(kinds) > 1:
            apart = f", {separation_h:g} h apart" if separation_h else ""
            kind = wording.capital(relationship) + apart + (f", {drugs}" if drugs else "")
            ax.set_title(
                f"{run}\n{kind}" if run and (columns > 1 or len(kind) > 12) else f"{run}: {kind}" if run else kind
            )
        if panels.first_in_row(ax):
            ax.set_ylabel("Preference, P / (P + S)")
    figure.supxlabel("Cohousing before the test (h; not to scale)", fontsize=8.5)
    panels.legend(figure, study.groups_in(study.final), narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def huddle_pairs(study: Study, narrow: bool) -> Figure | None:
    """Partner and stranger huddle minutes of each animal, joined by a line, beside the total; a row per condition."""
    blocks = _places(study)
    if not blocks:
        return None
    most = max(len(groups) for _, groups, _ in blocks)
    columns = min(most, 3 if narrow or max(len(group.name) for group in study.groups) > 15 else 6)
    lines = [math.ceil(len(groups) / columns) for _, groups, _ in blocks]
    width_in = style.NARROW_IN if narrow else min(style.WIDE_IN, 1.2 + 2.2 * columns)
    figure = style.new_figure(width_in, (1.95 if narrow else 2.1) * sum(lines))
    top = float(np.nanmax(study.final["total_huddle_s"])) / 60 * 1.06 or 1.0
    ticks = ["P", "S", "P + S"] if narrow or columns > 3 else ["partner", "stranger", "both"]
    figures = np.asarray(
        figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=lines), dtype=object
    ).ravel()  # fmt: skip
    for block, (run, groups, condition), n_lines in zip(figures, blocks, lines, strict=True):
        of = f"{run}: cohoused" if len(study.runs) > 1 else "Cohoused"
        block.suptitle(f"{of} {condition.label}", x=0.01, ha="left", fontsize=9, fontweight="bold")
        axes = block.subplots(n_lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for number, ax in enumerate(axes):
            if number >= len(groups):
                ax.set_axis_off()
                continue
            group = groups[number]
            rows = study.of(study.final, group, condition)
            _huddle_panel(ax, rows, group)
            title = f"{group.name}{chr(10) if narrow or columns > 3 else ', '}n = {len(rows)}"
            panels.group_title(ax, group, title, 7.5 if narrow or columns > 3 else 8)
            ax.set_ylim(-0.02 * top, top)
            style.few_ticks(ax, y=4)
            ax.set_xticks([0, 1, 2.1], ticks)
            ax.tick_params(axis="x", length=0, labelbottom=number + columns >= len(groups))
            if panels.first_in_row(ax):
                ax.set_ylabel("Huddle (min)")
    return figure


def reward_terms(study: Study, narrow: bool) -> Figure | None:
    """Mean reward per minute from each term, groups side by side; a panel per test, large terms on their own axis."""
    terms = [str(name) for name in study.final.columns if str(name).startswith("reward_")]
    places = _places(study)
    if not places or not terms:
        return None
    per_min = study.final[terms].div(study.final["duration_s"] / 60, axis=0)
    table = study.final[["group", "test"]].join(per_min)
    parts = _by_size(table, terms)
    columns = 1 if narrow else min(len(places), 3)
    lines = math.ceil(len(places) / columns)
    most = max(len(groups) for _, groups, _ in places)
    term_in = max(0.2, 0.1 + 0.065 * most)
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if columns > 1 else 4.6)
    height_in = (0.75 + len(terms) * term_in + 0.3 * (len(parts) - 1)) * lines + 0.5
    figure = style.new_figure(width_in, height_in)
    ratios = [len(part) + 0.2 for part in parts] * lines
    grid = figure.subplots(
        len(parts) * lines, columns, squeeze=False, gridspec_kw={"height_ratios": ratios}
    )  # fmt: skip
    limits = [_limits(table, part) for part in parts]
    for number in range(lines * columns):
        line, column = divmod(number, columns)
        axes = grid[line * len(parts) : (line + 1) * len(parts), column]
        if number >= len(places):
            for ax in axes:
                ax.set_axis_off()
            continue
        run, groups, condition = places[number]
        of = f"{run}: cohoused" if len(study.runs) > 1 else "Cohoused"
        axes[0].set_title(f"{of} {condition.label}", fontsize=8.5)
        for ax, part, (low, high) in zip(axes, parts, limits, strict=True):
            _reward_panel(ax, [(group, study.of(table, group, condition)) for group in groups], part)
            ax.set_xlim(low, high)
            ax.tick_params(axis="y", length=0, labelleft=column == 0)
            style.few_ticks(ax, x=3)
        if line == lines - 1 or number + columns >= len(places):
            axes[-1].set_xlabel("Reward per minute", fontsize=8)
    panels.legend(figure, study.groups_in(study.final), narrow)
    return figure


def between_runs(contrasts: list[RunContrast], narrow: bool) -> Figure:
    """Differences between runs with intervals, a line for each group in each test: preference and total huddling."""
    named = {"preference": ("Difference in preference", 1.0), "total_huddle_s": ("Difference in huddling (min)", 60.0)}
    keys = list(dict.fromkeys((row.condition.label, row.group.key) for row in contrasts))
    shape = (len(named), 1) if narrow else (1, len(named))
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, (0.9 + 0.24 * len(keys)) * shape[0] + 0.2)
    axes = figure.subplots(*shape, squeeze=False, sharey=True).ravel()
    several = len({row.group.run for row in contrasts}) > 1
    for ax, (measure, (label, scale)) in zip(axes, named.items(), strict=True):
        ax.axvline(0, color=style.SOFT, linewidth=0.8)
        for row in (row for row in contrasts if row.measure == measure):
            place = keys.index((row.condition.label, row.group.key))
            value, ends = row.difference.value / scale, np.array([row.difference.low, row.difference.high]) / scale
            ax.plot(ends, [place, place], color=row.group.colour, linewidth=1.6, zorder=2)
            ax.plot(
                value, place, marker=row.group.marker, markersize=6, color=row.group.colour, zorder=3,
                mfc=row.group.colour if row.paired else style.GROUND,
            )  # fmt: skip
        ax.set_xlabel(label)
        ax.set_ylim(len(keys) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        style.few_ticks(ax, x=4)
    names = {row.group.key: row.group.label if several else row.group.name for row in contrasts}
    axes[0].set_yticks(range(len(keys)), [f"{condition}: {names[key]}" for condition, key in keys])
    return figure


def _places(study: Study) -> list[tuple[str, list[Group], Condition]]:
    """Every run and test that has final tests, with the groups tested, one panel each."""
    found = []
    for run in study.names.values():
        for condition in study.conditions_in(study.final):
            rows = study.of(study.final, None, condition)
            groups = [group for group in study.groups_in(rows) if group.run == run]
            if groups:
                found.append((run, groups, condition))
    return found


def _by_size(table: pd.DataFrame, terms: list[str]) -> list[list[str]]:
    """Return the terms in one part, or in two where a few of them would squeeze all others on a common axis."""
    size = table.groupby(["group", "test"])[terms].mean().abs().max().sort_values(ascending=False)
    for n_large in (1, 2):
        if n_large < len(size) and size.iloc[n_large - 1] >= _SQUEEZING * size.iloc[n_large]:
            large = set(size.index[:n_large])
            return [[term for term in terms if term not in large], [term for term in terms if term in large]]
    return [terms]


def _limits(table: pd.DataFrame, terms: list[str]) -> tuple[float, float]:
    means = [statistics.mean_interval(rows[term]) for _, rows in table.groupby(["group", "test"]) for term in terms]
    ends = [0.0, *(end for mean in means for end in (mean.value, mean.low, mean.high) if math.isfinite(end))]
    room = 0.06 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _reward_panel(ax: Axes, groups: list[tuple[Group, pd.DataFrame]], terms: list[str]) -> None:
    places = np.arange(len(terms), dtype=float)
    ax.axvline(0, color=style.SOFT, linewidth=0.8)
    for place in places[::2]:
        ax.axhspan(place - 0.5, place + 0.5, color=style.BAND, zorder=0)
    for (group, rows), lane in zip(groups, panels.lanes(len(groups), 0.62), strict=True):
        means = [statistics.mean_interval(rows[term]) for term in terms]
        panels.bars(ax, places + lane, means, group, across=True)
    ax.set_yticks(places, [wording.term_label(term.removeprefix("reward_")) for term in terms])
    ax.set_ylim(len(terms) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)


def _huddle_panel(ax: Axes, rows: pd.DataFrame, group: Group) -> None:
    partner, stranger, total = (
        rows[name].to_numpy(dtype=float) / 60 for name in ("huddle_s_partner", "huddle_s_stranger", "total_huddle_s")
    )
    shift = panels.jitter(rows, 0.13)
    for p, s, dx in zip(partner, stranger, shift, strict=True):
        ax.plot([dx, 1 + dx], [p, s], color=group.colour, linewidth=0.7, alpha=0.45, zorder=1)
    looks: dict[str, Any] = {
        "s": panels.DOT,
        "marker": group.marker,
        "edgecolors": group.colour,
        "linewidths": 0.9,
        "zorder": 2,
    }
    ax.scatter(shift, partner, facecolors=group.colour, **looks)
    ax.scatter(1 + shift, stranger, facecolors=style.GROUND, **looks)
    ax.scatter(2.1 + shift, total, facecolors=style.PALE, **looks)
    for place, values in ((0, partner), (1, stranger), (2.1, total)):
        mean = statistics.mean_interval(values)
        ax.plot([place - 0.3, place + 0.3], [mean.value] * 2, color=style.INK, linewidth=1.8, zorder=4)
        if math.isfinite(mean.low):
            ax.plot([place, place], [mean.low, mean.high], color=style.INK, linewidth=1.1, zorder=4)
    ax.axvline(1.55, color=style.RULE, linewidth=0.7)
    ax.set_xlim(-0.5, 2.6)
