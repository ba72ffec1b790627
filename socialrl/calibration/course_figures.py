"""Figures of how model animals spend a test, and how sets of tests look in every figure of a calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.analysis.measures import BIN_MIN
from socialrl.calibration.course import WHO
from socialrl.calibration.outcome import Calibration
from socialrl.drawing import style
from socialrl.drawing.groups import looks

SETS = {"real": "voles", "before": "model, table", "after": "model, calibrated"}
"""The sets of tests as a reader sees them, in every figure and table."""

LOOKS: dict[str, tuple[str, Any]] = {
    "real": (style.INK, "-"),
    "before": ("#E69F00", "--"),
    "after": (looks("wt", 1.0)[0], "-"),
}

_LINES = dict(zip(WHO, ("-", ":"), strict=True))
_MARKS: dict[str, dict[str, Any]] = {
    "before": {"marker": "s", "markersize": 3.4, "markevery": (0.0, 0.12)},
    "after": {"marker": "o", "markersize": 3.4, "markevery": (0.06, 0.12)},
}
"""Marks along a line, as in the figure of distances, so that colour is not all that tells the sets apart."""

_LENGTHS_S = (15, 60, 600, 3600)


def time_course(result: Calibration, narrow: bool) -> Figure:
    """Share of each ten minutes that model animals huddle with partner and stranger, by kind of pair."""
    table = result.time_course()
    figure, panels = _panels(result, narrow)
    for kind, ax in panels:
        for name in result.checks:
            for who, line in _LINES.items():
                one = table[(table["set"] == name) & (table["pairs"] == kind) & (table["who"] == who)]
                middle = one["bin_start_min"] + BIN_MIN / 2
                looks_of = {"color": LOOKS[name][0], "linestyle": line, **_MARKS[name]}
                ax.plot(middle, one["share"], label=f"{SETS[name]}, {who}", **looks_of)
        ax.set_xlabel("Minutes from the start")
    panels[0][1].set_ylabel("Share of ten minutes")
    _legend(figure, panels[0][1], narrow)
    return figure


def bouts(result: Calibration, narrow: bool) -> Figure:
    """Cumulative distribution of the lengths of bouts of contact of model animals, by kind of pair."""
    figure, panels = _panels(result, narrow)
    for kind, ax in panels:
        for name, played in result.checks.items():
            tests = played[(played["pairs"] == kind) & (played["timepoint"] == "early")]
            for who, line in _LINES.items():
                lengths = np.sort([length for one in tests[f"bout_s_{who}"] for length in one])
                shares = np.arange(1, len(lengths) + 1) / max(len(lengths), 1)
                label = f"{SETS[name]}, {who}"
                looks_of = {"color": LOOKS[name][0], "linestyle": line, **_MARKS[name]}
                ax.step(lengths, shares, where="post", label=label, **looks_of)
        ax.set_xscale("log")
        ax.set_xlim(left=10.0)
        ax.set_xticks(_LENGTHS_S, ["15 s", "1 min", "10 min", "1 h"])
        ax.minorticks_off()
        ax.set_xlabel("Length of a bout")
    panels[0][1].set_ylabel("Share of bouts at or below")
    _legend(figure, panels[0][1], narrow)
    return figure


def _panels(result: Calibration, narrow: bool) -> tuple[Figure, list[tuple[str, Axes]]]:
    """Return a figure with one panel for each kind of pair, whose vertical axis is a share."""
    kinds = list(result.matches)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.6 * (len(kinds) if narrow else 1))
    shape = (len(kinds), 1) if narrow else (1, len(kinds))
    panels = figure.subplots(*shape, squeeze=False, sharex=True, sharey=True).ravel()
    for kind, ax in zip(kinds, panels, strict=True):
        ax.set_ylim(0.0, 1.02)
        ax.set_title(kind.capitalize())
    return figure, list(zip(kinds, panels, strict=True))


def _legend(figure: Figure, ax: Axes, narrow: bool) -> None:
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=1 if narrow else 2)
