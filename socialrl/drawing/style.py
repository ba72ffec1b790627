"""How every figure looks: colours that colour-blind readers can tell apart, type, and the files a figure is saved to.

Okabe–Ito colours, with a marker of its own for each group, so that no figure needs colour to be read. A group keeps its
colour and marker in all figures. Figures are made as objects; nothing here touches pyplot or leaves settings behind.
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
SOFT = "#6a737d"
RULE = "#d5dae0"
PARTNER = "#1b1f24"
STRANGER = "#E69F00"
_BLUE, _VERMILLION, _GREEN, _PURPLE, _SKY, _ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")

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
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text stays text: smaller, and editable in a drawing program
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Within this block new figures have the report's type and line widths; the reader's own settings come back after."""
    with mpl.rc_context(_SETTINGS):
        yield


def group_looks(n: int) -> list[tuple[str, str]]:
    """Return `n` pairs (colour, marker) for groups in order of gain, highest first.

    Up to six groups get Okabe–Ito colours, the first blue and the last vermillion; more get steps along cividis, which
    runs from dark blue to yellow for every kind of colour vision.
    """
    if n <= 6:
        between = [_GREEN, _PURPLE, _SKY, _ORANGE][: max(n - 2, 0)]
        colours = ([_BLUE, *between, _VERMILLION] if n > 1 else [_BLUE])[:n]
    else:
        ramp = mpl.colormaps["cividis"]
        colours = [mpl.colors.to_hex(ramp(0.92 * step / (n - 1))) for step in range(n)]
    return [(colour, _MARKERS[order % len(_MARKERS)]) for order, colour in enumerate(colours)]


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
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def save_png(figure: Figure, path: Path | BinaryIO) -> None:
    """Write the figure to a path or an open binary file at 200 dots per inch."""
    with mpl.rc_context(_SETTINGS):
        FigureCanvasAgg(figure)
        figure.savefig(path, format="png", dpi=200, metadata={"Software": None})
