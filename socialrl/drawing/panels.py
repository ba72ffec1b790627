"""Parts that the figures share: panel grids, legends, means with intervals, dots for animals, reference lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.measures import CHANCE
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import style
from socialrl.drawing.groups import Group

_GUIDE_LOOKS: dict[str, Any] = {"color": style.INK, "linewidth": 0.9, "linestyle": (0, (5, 2))}
_CHANCE_LOOKS: dict[str, Any] = {"color": style.SOFT, "linewidth": 1.1, "linestyle": (0, (1, 1.5))}
GUIDE = Line2D([], [], label="guide line 2/3", **_GUIDE_LOOKS)
CHANCE_LINE = Line2D([], [], label="chance 1/2", **_CHANCE_LOOKS)
DOT = 13.0


def panel_grid(n: int, narrow: bool, height_in: float, share_x: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure with `n` panels, up to three a row (one on a phone), sharing the vertical axis."""
    columns = 1 if narrow else (n if n <= 3 else 2 if n == 4 else 3)
    lines = math.ceil(n / columns)
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if columns > 1 else 4.6)
    figure = style.new_figure(width_in, height_in * lines + 0.55)
    axes = figure.subplots(lines, columns, squeeze=False, sharey=True, sharex=share_x).ravel()
    for unused in axes[n:]:
        unused.set_axis_off()
    return figure, list(axes[:n])


def first_in_row(ax: Axes) -> bool:
    """Return whether a panel is at the left, where the labels of the shared axis go."""
    spec = ax.get_subplotspec()
    return spec is None or spec.is_first_col()


def label_x(axes: list[Axes], text: str) -> None:
    """Label the horizontal axis of every panel that has none below it."""
    columns = {spec.colspan.start for ax in axes if (spec := ax.get_subplotspec()) is not None}
    for ax in axes[-len(columns) :]:
        ax.set_xlabel(text)
        ax.tick_params(labelbottom=True)  # shared axes would leave it to a row that is not full


def group_title(ax: Axes, group: Group, text: str, size: float) -> None:
    """Put a title over a panel, with the group's mark before it; the words keep the ink colour."""
    room = "\u00a0" * 4  # no-break spaces: SVG drops others at the start of a line
    ax.set_title("\n".join(room + line for line in text.split("\n")), fontsize=size, fontweight="normal")
    above = ScaledTranslation(
        3 / 72, (6.0 + 0.36 * size + 1.2 * size * text.count("\n")) / 72, ax.figure.dpi_scale_trans
    )
    ax.plot(
        0, 1, marker=group.marker, color=group.colour, markersize=5.5, clip_on=False, transform=ax.transAxes + above,
        scalex=False, scaley=False,
    )  # fmt: skip


def legend(figure: Figure, groups: list[Group], narrow: bool, *extra: Line2D) -> None:
    """Put the legend of the groups above the panels, in as many columns as the labels leave room for."""
    several = len({group.run for group in groups}) > 1  # equal groups of several runs look alike: one entry
    names = [(group.name if several else group.label, group.colour, group.marker) for group in groups]
    entries = list(dict.fromkeys(names))
    longest = max(len(label) for label in [*(label for label, _, _ in entries), *(str(h.get_label()) for h in extra)])
    room_in = style.NARROW_IN if narrow else figure.get_size_inches()[0]
    columns = int(room_in / (0.38 + 0.056 * longest))  # handle and gap, and the mean width of a letter
    style.group_legend(figure, entries, min(max(columns, 1), len(entries) + len(extra)), *extra)


def reference_lines(ax: Axes) -> None:
    """Draw the guide line and chance across a panel whose vertical axis is preference."""
    ax.axhline(GUIDE_LINE, zorder=0, **_GUIDE_LOOKS)
    ax.axhline(CHANCE, zorder=0, **_CHANCE_LOOKS)


def band(ax: Axes, x: NDArray[np.float64], means: list[Estimate], group: Group) -> None:
    """Draw means along `x` as a line with marks, and their intervals as a band."""
    ax.fill_between(
        x, [m.low for m in means], [m.high for m in means], color=group.colour, alpha=0.16, linewidth=0, zorder=2
    )
    ax.plot(
        x, [m.value for m in means], color=group.colour, marker=group.marker, markersize=3.6, linewidth=1.8, zorder=3
    )


def bars(ax: Axes, x: NDArray[np.float64], means: list[Estimate], group: Group, across: bool = False) -> None:
    """Draw means with intervals at positions `x`; `across` swaps the axes (positions run down, values run right)."""
    values = np.array([m.value for m in means], dtype=float)
    ends = np.array([[m.low, m.high] for m in means], dtype=float).reshape(-1, 2)
    length = np.nan_to_num(np.abs(ends.T - values))
    looks: dict[str, Any] = {
        "color": group.colour,
        "ecolor": group.colour,
        "marker": group.marker,
        "linestyle": "none",
        "zorder": 5,
    }
    looks |= {
        "markersize": 5.2,
        "markeredgecolor": style.GROUND,
        "markeredgewidth": 0.6,
        "elinewidth": 1.6,
        "capsize": 0,
    }
    if across:
        ax.errorbar(values, x, xerr=length, **looks)
    else:
        ax.errorbar(x, values, yerr=length, **looks)


def dots(ax: Axes, place: float, rows: pd.DataFrame, values: pd.Series, group: Group, half_width: float) -> None:
    """Draw one dot per animal at `place`, spread sideways by at most `half_width`."""
    at = place + jitter(rows, min(half_width, 0.1))
    ax.scatter(at, values, s=DOT, marker=group.marker, color=group.colour, alpha=0.38, linewidths=0, zorder=2)


def jitter(rows: pd.DataFrame, half_width: float) -> NDArray[np.float64]:
    """Return sideways offsets by pair number (golden-ratio steps): an animal has the same place in every panel."""
    index: NDArray[np.float64] = rows["index"].to_numpy(dtype=float)
    return ((index * 0.618034 + 0.5) % 1 - 0.5) * 2 * half_width


def lanes(n: int, width: float) -> NDArray[np.float64]:
    """Return the offsets of `n` groups that stand side by side within `width`."""
    return (np.arange(n) - (n - 1) / 2) * width / max(n, 1)
