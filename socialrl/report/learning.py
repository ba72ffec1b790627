"""Figures over training: preference in the probes, and when the criterion was reached; a row of panels for each group.

Each panel has one group's animals and, in grey, what the other groups of its run did; so no panel holds more lines than
one group has animals, however many groups and runs there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.analysis.survival import reached_share
from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group
from socialrl.report.conditions import Condition
from socialrl.report.study import Study

_COLUMNS = {False: 5, True: 3}
"""Largest number of panels side by side on a wide and on a narrow screen."""

Panel = tuple[Axes, Group, Condition]


def learning_curves(study: Study, narrow: bool) -> Figure | None:
    """Preference in the frozen probes against training steps, a row per group and a column per test condition."""
    table = study.probes
    figure, grid = _grid(study, table, narrow, "Preference, P / (P + S)")
    if figure is None:
        return None
    for ax, group, condition in grid:
        for other in _others(study, table, group):
            steps, means = _means(study.of(table, other, condition))
            ax.plot(steps, [mean.value for mean in means], color=style.PALE, linewidth=1.0, zorder=1)
        rows = study.of(table, group, condition)
        faint = min(0.35, 4 / max(rows["animal"].nunique(), 1))
        for _, animal in rows.sort_values("steps").groupby("animal"):
            ax.plot(animal["steps"] / 1000, animal["preference"], color=group.colour, alpha=faint, linewidth=0.7)
        panels.band(ax, *_means(rows), group)
        panels.reference_lines(ax)
        ax.set_ylim(-0.02, 1.02)
        ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    _legend(figure, narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def criterion_curves(study: Study, narrow: bool) -> Figure | None:
    """Share of animals that have reached the criterion against training steps; ticks are animals that did not."""
    table = study.criterion
    figure, grid = _grid(study, table, narrow, "Share at criterion")
    if figure is None:
        return None
    for ax, group, condition in grid:
        for other in _others(study, table, group):
            rows = study.of(table, other, condition)
            if len(rows):
                ax.step(*_event_curve(rows), where="post", color=style.PALE, linewidth=1.0, zorder=1)
        rows = study.of(table, group, condition)
        ax.step(*_event_curve(rows), where="post", color=group.colour, linewidth=1.7, zorder=3)
        _not_reached(ax, rows, group)
        end = float(table["steps_followed"].max()) / 1000
        ax.set_xlim(-0.02 * end, 1.2 * end)  # room for the numbers of animals at the end
        ax.set_ylim(-0.05, 1.07)
        ax.set_yticks([0, 0.5, 1], ["0", "1/2", "1"])
    mark = Line2D([], [], color=style.SOFT, marker="|", markersize=8, linestyle="none", label="not reached (number)")
    _legend(figure, narrow, mark)
    return figure


def _grid(study: Study, table: pd.DataFrame, narrow: bool, measure: str) -> tuple[Figure | None, list[Panel]]:
    """Return a figure with a row of panels for each group (several if the tests need more), and its panels."""
    conditions, groups = study.conditions_in(table), study.groups_in(table)
    if not conditions:
        return None, []
    columns = min(len(conditions), _COLUMNS[narrow])
    blocks = math.ceil(len(conditions) / columns)
    lines = len(groups) * blocks
    width_in = style.NARROW_IN if narrow else min(style.WIDE_IN, 1.6 + 2.2 * columns)
    figure = style.new_figure(width_in, (1.05 if narrow else 1.2) * lines + 0.25 * blocks + 0.9)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    found = []
    for block in range(blocks):
        shown = conditions[block * columns : (block + 1) * columns]
        for number, group in enumerate(groups):
            axes = grid[block * len(groups) + number]
            for ax, condition in zip(axes, shown, strict=False):
                if study.of(table, group, condition).empty:
                    ax.set_axis_off()
                else:
                    found.append((ax, group, condition))
                if number == 0:
                    ax.set_title(
                        condition.short if narrow else f"Cohoused {condition.label}", fontsize=7.5 if narrow else 8.5
                    )
                style.few_ticks(ax, x=2 if narrow else 3)
                ax.tick_params(labelbottom=number == len(groups) - 1)
            for unused in axes[len(shown) :]:
                unused.set_axis_off()
            axes[0].text(
                -0.36 if narrow else -0.24,
                0.5,
                group.label.replace(" (", "\n(").replace(", ", ",\n"),
                transform=axes[0].transAxes,
                rotation=90,
                ha="right",
                va="center",
                fontsize=7.5,
                multialignment="center",
            )
    figure.supylabel(measure, fontsize=8.5)
    figure.supxlabel("Training steps (thousands)", fontsize=8.5)
    return figure, found


def _others(study: Study, table: pd.DataFrame, group: Group) -> Iterator[Group]:
    return (other for other in study.groups_in(table) if other.run == group.run and other != group)


def _means(rows: pd.DataFrame) -> tuple[np.ndarray, list[statistics.Estimate]]:
    by_step = [(steps, statistics.mean_interval(at["preference"])) for steps, at in rows.groupby("steps")]
    return np.array([step for step, _ in by_step], dtype=float) / 1000, [estimate for _, estimate in by_step]


def _legend(figure: Figure, narrow: bool, *extra: Line2D) -> None:
    others = Line2D([], [], color=style.PALE, linewidth=1.6, label="other groups")
    figure.legend(
        handles=[others, *extra], loc="outside upper left", ncols=2 if narrow else 1 + len(extra), borderaxespad=0.2
    )


def _event_curve(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Steps in thousands and the share that has reached the criterion, to be joined by steps."""
    steps, share = reached_share(rows["event_steps"], rows["reached"])
    last = max(float(rows["steps_followed"].max()), float(steps[-1]))
    return np.concatenate([[0.0], steps, [last]]) / 1000, np.concatenate([[0.0], share, [share[-1]]])


def _not_reached(ax: Axes, rows: pd.DataFrame, group: Group) -> None:
    """A tick where animals were last probed without having reached the criterion, with their number beside it."""
    at, share = _event_curve(rows)
    censored_at, n_censored = np.unique(rows.loc[~rows["reached"], "event_steps"] / 1000, return_counts=True)
    for step, n in zip(censored_at, n_censored, strict=True):
        level = float(share[np.searchsorted(at, step, side="right") - 1])
        ax.plot(step, level, "|", color=group.colour, markersize=9, markeredgewidth=1.5, clip_on=False, zorder=4)
        ax.annotate(
            str(n), (step, level), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.5,
            annotation_clip=False,
        )  # fmt: skip
