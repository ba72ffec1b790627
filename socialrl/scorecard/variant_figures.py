"""Figures of changed animals: dose-response, single arms of the receptor, and assumed parameters.

They take the tables of `socialrl.findings.variants` and `narrow` (a phone) and return a figure, or None when the table
is empty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from socialrl.drawing import panels, style, wording
from socialrl.drawing.groups import looks
from socialrl.findings.scorecard import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from socialrl.findings.variants import SETTINGS, UNCHANGED, hanging
from socialrl_envs.vocabulary import ARMS

_UNCHANGED = "nothing changed"
GREEN, VERMILLION, GREY = "#009E73", "#D55E00", "#c6ccd3"
_MARKS = {REPRODUCED: ("✓", GREEN), NOT_REPRODUCED: ("✕", VERMILLION), INCONCLUSIVE: ("?", GREY)}
_PLACES = {REPRODUCED: (-0.42, 0.0), NOT_REPRODUCED: (0.0, 0.42), INCONCLUSIVE: (-0.08, 0.08)}
"""From where to where in a cell the verdict of one of many values is drawn; the axis runs down."""


def dose_response(doses: pd.DataFrame, narrow: bool) -> Figure | None:
    """Return the measures against receptor gain, one panel each: mean and 95 % interval over animals, n above them."""
    if doses.empty:
        return None
    names = list(dict.fromkeys(doses["measure"]))
    columns = 1 if narrow else min(len(names), 3)
    lines = math.ceil(len(names) / columns)
    width_in = style.NARROW_IN if narrow else style.WIDE_IN * columns / 3 + (0.4 if columns < 3 else 0)
    figure = style.new_figure(width_in, 2.15 * lines + 0.3)
    axes = figure.subplots(lines, columns, squeeze=False, sharex=True).ravel()
    for number, ax in enumerate(axes):
        if number >= len(names):
            ax.set_axis_off()
            continue
        rows = doses[doses["measure"] == names[number]].sort_values("gain")
        ax.fill_between(rows["gain"], rows["low"], rows["high"], color=style.PALE, alpha=0.5, linewidth=0)
        ax.plot(rows["gain"], rows["mean"], color=style.SOFT, linewidth=1.2)
        colours = [looks("dose", gain)[0] for gain in rows["gain"]]  # those that groups of this gain have everywhere
        ax.scatter(rows["gain"], rows["mean"], color=colours, s=18, zorder=3)
        ax.axvline(1, color=style.SOFT, linewidth=0.9, linestyle=(0, (1, 1.5)), zorder=0)
        if names[number] == "preference":
            panels.reference_lines(ax)
            ax.set_ylim(0.3, 1.02)
        else:
            ax.set_ylim(bottom=0)
        label, unit = str(rows["label"].iloc[0]), str(rows["unit"].iloc[0])
        n = "–".join(str(size) for size in sorted({int(rows["n"].min()), int(rows["n"].max())}))
        ax.set_title(label, fontsize=8.5, pad=17)  # n is between title and panel
        ax.text(0, 1.03, f"n = {n} at each gain", transform=ax.transAxes, fontsize=7.5, color=style.SOFT)
        ax.set_ylabel(unit, fontsize=8)
        style.few_ticks(ax, x=4, y=4)
        ax.tick_params(labelbottom=True)  # panels of one axis have them at the bottom only
        if number + columns >= len(names):
            ax.set_xlabel("Receptor gain (wild type = 1)")
    return figure


def ablation(table: pd.DataFrame, narrow: bool) -> Figure | None:
    """Return a matrix of arms and comparisons: how much of the knockouts' difference each arm carries (0 to 1).

    The largest share of a comparison is in bold type. Left (on a phone above) one arm knocked out in wild types, right
    one arm restored in knockouts.
    """
    rows = table[table["arm"] != "all"]
    if rows.empty:
        return None
    labels = dict(zip(rows["finding"] + rows["part"], rows["measure"], strict=True))
    names = list(labels)
    settings = [one for one in SETTINGS if (rows["setting"] == one).any()]
    width_in = style.NARROW_IN if narrow else style.WIDE_IN
    height_in = (0.3 * len(names) + 1.0) * (len(settings) if narrow else 1) + 0.2
    figure = style.new_figure(width_in, height_in)
    shape = (len(settings), 1) if narrow else (1, len(settings))
    ticks = [name if narrow else f"{labels[name]}  {name}" for name in names]
    axes = figure.subplots(*shape, squeeze=False, sharey=True).ravel()
    titles = {"knockout": "One arm knocked out in wild types", "wild_type": "One arm restored in knockouts"}
    for ax, setting in zip(axes, settings, strict=True):
        part = rows[rows["setting"] == setting]
        arms = [arm for arm in ARMS if (part["arm"] == arm).any()]
        cells = {
            (f + p, arm): share
            for f, p, arm, share in part[["finding", "part", "arm", "share"]].itertuples(index=False)
        }
        _share_cells(ax, names, arms, cells)
        ax.set_yticks(range(len(names)), ticks, fontsize=7.5)
        ax.set_title(titles[setting], fontsize=8.5)
        ax.tick_params(labelleft=narrow or ax is axes[0])
    return figure


def sensitivity(table: pd.DataFrame, narrow: bool, verdicts: Mapping[str, str] | None = None) -> Figure | None:
    """Return a matrix of parameters and findings: the verdict at each factor, the lowest factor left in a cell.

    The line "nothing changed" holds the animals that the analysis ran without a change; without such animals it holds
    `verdicts`, finding → verdict of the scorecard. A frame marks the one parameter that a finding depends on
    (`hanging`).
    """
    if table.empty:
        return None
    rows = table.drop_duplicates(["parameter", "factor", "finding"])
    if verdicts is not None and UNCHANGED not in set(rows["parameter"]):
        compared = dict.fromkeys(rows["finding"])
        usual = [(UNCHANGED, 1.0, name, verdicts[name]) for name in compared if name in verdicts]
        columns = ["parameter", "factor", "finding", "finding_verdict"]
        rows = pd.concat([pd.DataFrame(usual, columns=columns), rows[columns]], ignore_index=True)
    hangs = hanging(table)
    names, parameters = list(dict.fromkeys(rows["finding"])), list(dict.fromkeys(rows["parameter"]))
    down_in = 0.24 * len(names if narrow else parameters)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, down_in + (2.4 if narrow else 1.1))
    ax = figure.subplots()
    across, down = (parameters, names) if narrow else (names, parameters)
    factors = {parameter: sorted(set(part["factor"])) for parameter, part in rows.groupby("parameter")}
    for row in rows.to_dict("records"):
        name, parameter = row["finding"], row["parameter"]
        x, y = (across.index(parameter), down.index(name)) if narrow else (across.index(name), down.index(parameter))
        if row["finding_verdict"] not in _MARKS:
            continue  # not judged: grey would look like inconclusive
        mark, colour = _MARKS[row["finding_verdict"]]
        width = 0.9 / len(factors[parameter])
        left = x - 0.45 + width * factors[parameter].index(row["factor"])
        if width > 0.2:
            low, high = -0.42, 0.42
            ax.text(left + width * 0.47, y, mark, ha="center", va="center", fontsize=6, color=style.ON_LIGHT,
                    fontfamily="DejaVu Sans")  # fmt: skip
        else:  # so many values leave no room for marks: what is reproduced stands high, what is not low
            low, high = _PLACES[row["finding_verdict"]]
        ax.add_patch(Rectangle((left, y + low), width * 0.94, high - low, facecolor=colour, edgecolor="none"))
        if hangs.get(name) == parameter:
            frame = Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor="none", edgecolor=style.INK, linewidth=1.4)
            ax.add_patch(frame)
    ax.set_xlim(-0.6, len(across) - 0.4)
    ax.set_ylim(len(down) - 0.5, -0.5)
    shown = {UNCHANGED: _UNCHANGED}
    ax.set_xticks(range(len(across)), [shown.get(one, one) for one in across], rotation=90, fontsize=7)
    ax.set_yticks(range(len(down)), [shown.get(one, one) for one in down], fontsize=7)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    handles = [
        Line2D([], [], marker="s", linestyle="none", color=colour, markersize=6, label=verdict)
        for verdict, (_, colour) in _MARKS.items()
    ]
    if hangs:
        frame_handle = Line2D([], [], marker="s", linestyle="none", markersize=7, label="depends on this one")
        frame_handle.set(markerfacecolor="none", markeredgecolor=style.INK)
        handles.append(frame_handle)
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if narrow else len(handles), borderaxespad=0.2)
    return figure


def _share_cells(ax: Axes, names: list[str], arms: list[str], cells: Mapping[tuple[str, str], float]) -> None:
    colours = mpl.colormaps["Blues"]
    for y, name in enumerate(names):
        largest = max((cells[key] for key in cells if key[0] == name and np.isfinite(cells[key])), default=float("nan"))
        for x, arm in enumerate(arms):
            share = cells.get((name, arm), float("nan"))
            known = np.isfinite(share)
            face = colours(0.85 * float(np.clip(share, 0, 1))) if known else style.BAND
            if known and share < -0.1:
                face = "#fbe3d3"  # the arm works against the finding
            ax.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor=face, edgecolor=style.GROUND))
            ink = style.readable_on(face) if known else style.INK
            weight = "bold" if known and share == largest and share > 0.1 else "normal"
            ax.text(x, y, wording.number(share, 2), ha="center", va="center", fontsize=7.5, color=ink, weight=weight)
    ax.set_xlim(-0.5, len(arms) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xticks(range(len(arms)), [arm[:13] for arm in arms], rotation=35, ha="right", fontsize=7)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
