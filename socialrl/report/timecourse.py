"""One animal of each group through one test: where it is, whom it touches, its oxytocin, its familiarity.

The tracks of an animal stand below each other on one time axis. Chambers are drawn from the partner's end to the
stranger's, whichever side the partner was tethered at.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group
from socialrl.report.conditions import Condition
from socialrl.report.study import Study

TRACKS = ("chamber", "contact", "oxytocin", "familiarity")
_HEIGHTS = (0.55, 0.42, 0.75, 0.75)


def traced_condition(study: Study) -> Condition | None:
    """Return the condition to draw: the key condition if it was traced, else the first traced one, else None."""
    traced = set(study.traces["test"]) if len(study.traces) else set()
    key = study.key_condition()
    if key is not None and key.test in traced:
        return key
    return next((condition for condition in study.conditions if condition.test in traced), None)


def traced_groups(study: Study, condition: Condition) -> list[Group]:
    """Return the groups that have a trace of `condition`, in order of gain."""
    return [group for group in study.groups if not study.of(study.traces, group, condition).empty]


def time_course(study: Study, narrow: bool) -> Figure | None:
    """Return the figure of sample animals, groups in columns (below each other on a phone); None without traces."""
    condition = traced_condition(study)
    if condition is None:
        return None
    groups = traced_groups(study, condition)
    columns = 1 if narrow else min(3, len(groups))
    lines = math.ceil(len(groups) / columns)
    figure = style.new_figure(style.NARROW_IN if narrow else max(4.6, style.WIDE_IN * columns / 3), 3.5 * lines + 0.5)
    chosen = [_one_animal(study.of(study.traces, group, condition)) for group in groups]
    highest = max(float(rows[["oxytocin", "receptor_signal"]].max().max()) for rows in chosen) * 1.08
    # One grid for all, so that the columns are equally wide although only the first one has labels at its left.
    grid = figure.subplots(lines * len(TRACKS), columns, squeeze=False, gridspec_kw={"height_ratios": _HEIGHTS * lines})
    for unused in grid[-len(TRACKS) :, len(groups) - (lines - 1) * columns :].ravel():
        unused.set_axis_off()
    for number, (group, rows) in enumerate(zip(groups, chosen, strict=True)):
        top = number // columns * len(TRACKS)
        axes = grid[top : top + len(TRACKS), number % columns]
        _tracks(axes, rows, max(highest, 1e-6))
        panels.group_title(axes[0], group, group.label, 9)
        for ax in axes:
            ax.sharex(axes[-1])
            ax.tick_params(labelleft=number % columns == 0, labelbottom=ax is axes[-1])
        if number % columns == 0:
            for ax, label in zip(axes, ("Chamber", "Contact", "Oxytocin,\nsignal", "Familiarity"), strict=True):
                ax.set_ylabel(label)
        axes[-1].set_xlabel("Time in the test (min)")
    looks = [
        (style.PARTNER, "partner"),
        (style.STRANGER, "stranger"),
        (style.OXYTOCIN, "oxytocin"),
        (style.RECEPTOR_SIGNAL, "receptor signal"),
    ]
    figure.align_ylabels(grid[:, 0])
    handles = [Line2D([], [], color=colour, linewidth=2.4, label=label) for colour, label in looks]
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if narrow else 4, borderaxespad=0.2)
    return figure


def _one_animal(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows["animal"].iloc[0]
    return rows[rows["animal"] == first].sort_values("time_s")


def _tracks(axes: NDArray[np.object_], rows: pd.DataFrame, highest: float) -> None:
    minutes = rows["time_s"].to_numpy(dtype=float) / 60
    tick_min = float(np.median(np.diff(minutes))) if len(minutes) > 1 else 0.25
    chamber, contact, oxytocin, familiarity = axes
    _chamber(chamber, minutes, rows)
    for level, who, colour in ((1, "partner", style.PARTNER), (0, "stranger", style.STRANGER)):
        spans = _spans(minutes, rows[f"contact_{who}"].to_numpy() > 0, tick_min)
        contact.broken_barh(spans, (level - 0.4, 0.8), facecolor=colour, linewidth=0)
    contact.set_ylim(-0.6, 1.6)
    contact.set_yticks([1, 0], ["partner", "stranger"])
    contact.tick_params(axis="y", length=0)
    oxytocin.plot(minutes, rows["oxytocin"], color=style.OXYTOCIN, linewidth=1.0)
    oxytocin.plot(minutes, rows["receptor_signal"], color=style.RECEPTOR_SIGNAL, linewidth=1.2, linestyle=(0, (2.5, 1)))
    oxytocin.set_ylim(-0.04 * highest, highest)
    for who, colour in (("partner", style.PARTNER), ("stranger", style.STRANGER)):
        familiarity.plot(minutes, rows[f"familiarity_{who}"], color=colour, linewidth=1.5)
    familiarity.set_ylim(-0.04, 1.04)
    familiarity.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    end = float(minutes[-1] + tick_min)
    familiarity.set_xlim(0, end)
    step = next((step for step in (1, 5, 10, 30, 60, 120, 240, 480) if end / step <= 4.5), 1440)
    familiarity.set_xticks(np.arange(0, end + 1e-9, step))
    style.few_ticks(oxytocin, y=2)


def _chamber(ax: Axes, minutes: NDArray[np.float64], rows: pd.DataFrame) -> None:
    """Steps between partner end (top), centre and stranger end, mirrored where the partner was on the left."""
    place = rows["chamber"].to_numpy(dtype=float)
    on_left = rows["partner_side"].to_numpy() == "left"
    from_stranger = np.where(on_left, 2 - place, place)
    ax.step(minutes, from_stranger, where="post", color=style.SOFT, linewidth=0.6)
    ax.set_ylim(-0.3, 2.3)
    ax.set_yticks([2, 1, 0], ["partner's", "centre", "stranger's"])
    ax.tick_params(axis="y", length=0)


def _spans(minutes: NDArray[np.float64], active: NDArray[np.bool_], tick_min: float) -> list[tuple[float, float]]:
    """(start, length) in minutes of every run of True."""
    edges = np.diff(np.concatenate([[0], active.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(float(minutes[a]), float((b - a) * tick_min)) for a, b in zip(starts, ends, strict=True)]
