"""How every figure looks: ink, type, ticks and the files it is saved to.

Groups have their colours and markers from `socialrl.drawing.groups`. Figures are made as objects; nothing here touches
pyplot or leaves settings behind.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

INK = "#1b1f24"
SOFT = "#57606a"
RULE = "#d5dae0"
GROUND = "#ffffff"
BAND = "#f4f6f8"
PALE = "#c9ced6"
PARTNER = INK
STRANGER = "#E69F00"
OXYTOCIN, RECEPTOR_SIGNAL = "#CC79A7", "#6d2b57"
ON_LIGHT, ON_DARK = "#1b1f25", "#fefefe"
"""Text on coloured cells, which keep their colours in a dark page; so these two do not turn with the scheme."""

IN_THE_DARK = {
    INK: "#e6edf3",
    SOFT: "#a3adb8",
    RULE: "#3d444d",
    GROUND: "#0d1117",
    BAND: "#161b22",
    PALE: "#5b6570",
    RECEPTOR_SIGNAL: "#b0559a",
}
"""What ink and ground turn into in a dark page; colours of data stay as they are."""

WIDE_IN, NARROW_IN = 7.6, 3.75
"""Figure widths in inches: for a desktop page or slide, and for a phone, where panels stand below each other."""

_SETTINGS: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 6.0,
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.4,
    "legend.columnspacing": 1.4,
    "figure.facecolor": GROUND,
    "savefig.facecolor": GROUND,
    "svg.fonttype": "none",  # text stays text: smaller, and editable in a drawing program
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Within this block new figures have the report's type and line widths; user settings are restored after it."""
    with mpl.rc_context(_SETTINGS):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure with constrained layout, sized in inches."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def group_legend(figure: Figure | SubFigure, entries: list[tuple[str, str, str]], columns: int, *extra: Line2D) -> None:
    """Put one legend above the panels: `entries` are (label, colour, marker), `extra` further ready-made handles."""
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=1.6, label=label)
        for label, colour, marker in entries
    ]
    figure.legend(handles=[*handles, *extra], loc="outside upper left", ncols=max(1, columns), borderaxespad=0.2)


def readable_on(colour: Any) -> str:
    """Return the text colour, `ON_LIGHT` or `ON_DARK`, that can be read better on a coloured cell (WCAG 2.2, 1.4.3)."""
    cell = _luminance(colour)

    def contrast(ink: str) -> float:
        low, high = sorted((cell, _luminance(ink)))
        return (high + 0.05) / (low + 0.05)

    return max(ON_LIGHT, ON_DARK, key=contrast)


def _luminance(colour: Any) -> float:
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in mpl.colors.to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def few_ticks(ax: Axes, x: int | None = None, y: int | None = None) -> None:
    """Limit the number of intervals on the axes, so that labels stay apart in narrow panels."""
    if x:
        ax.xaxis.set_major_locator(MaxNLocator(x, steps=[1, 2, 2.5, 5, 10]))
    if y:
        ax.yaxis.set_major_locator(MaxNLocator(y, steps=[1, 2, 2.5, 3, 5, 10]))


def svg_text(figure: Figure, name: str) -> str:
    """Return the figure as SVG; the same figure gives the same text (no date, ids salted with `name`)."""
    buffer = io.StringIO()
    with mpl.rc_context(_SETTINGS | {"svg.hashsalt": name}):
        FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
            buffer, metadata={"Date": None, "Creator": None}
        )
    return buffer.getvalue()


def save_png(figure: Figure, path: Path | BinaryIO) -> None:
    """Write the figure to a path or an open binary file at 200 dots per inch."""
    with mpl.rc_context(_SETTINGS):
        FigureCanvasAgg(figure)
        figure.savefig(path, format="png", dpi=200, metadata={"Software": None})
