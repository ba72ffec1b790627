"""The figure of a plan: power against n for each design, with and without cages, beside the textbook's."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.drawing import style
from socialrl.planning import words
from socialrl.planning.plan import Part, Plan, Planned

_COLOURS = ("#0072B2", "#D55E00")
_OTHER = "#8A6D00"
_SOLID: Any = "-"
_DASHED: Any = (0, (4, 1.5))
_BEYOND = 1.6
"""How far the axis goes beyond the largest n that reaches all targets."""


def power_against_n(plan: Plan, part: Part, narrow: bool) -> Figure:
    """Return the figure of one comparison."""
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 3.9 if narrow else 3.6)
    ax = figure.add_subplot()
    designs = list(dict.fromkeys(one.design for one in part.planned))
    handles = []
    for one in part.planned:
        mine = one.source == part.first.source
        colour = _COLOURS[designs.index(one.design)] if mine else _OTHER
        looks = _SOLID if not one.cages.any else _DASHED
        n = np.array([point.n for point in one.curve.points])
        ax.plot(n, [point.power for point in one.curve.points], color=colour, linestyle=looks, linewidth=1.7, zorder=3)
        if mine and not one.cages.any:
            low, high = ([getattr(p, name) for p in one.curve.points] for name in ("band_low", "band_high"))
            ax.fill_between(n, low, high, color=colour, alpha=0.13, linewidth=0, zorder=1)
            ax.plot(n, [p.analytic for p in one.curve.points], color=colour, linestyle=(0, (1, 1.4)), linewidth=1.2)
        label = f"{one.design.title}, {words.housing(one)}" if mine else f"{one.source}, {one.design.title}"
        handles.append(Line2D([], [], color=colour, linestyle=looks, linewidth=1.7, label=label))
    for target in plan.assumed.targets:
        ax.axhline(target, color=style.SOFT, linewidth=0.8, linestyle=(0, (5, 2)), zorder=0)
        ax.text(1.0, target, f" {words.percent(target)}", transform=ax.get_yaxis_transform(), va="center", fontsize=8,
                color=style.SOFT)  # fmt: skip
    if any(np.isfinite(point.analytic) for point in part.first.curve.points):
        handles.append(
            Line2D([], [], color=style.SOFT, linestyle=(0, (1, 1.4)), linewidth=1.2, label="t test (statsmodels)")
        )
    ax.set_xlim(0, _reach(part.planned))
    ax.set_ylim(0, 1.02)
    style.few_ticks(ax, x=5 if narrow else 8, y=5)
    counts = " or ".join(dict.fromkeys(one.design.counts for one in part.planned))
    ax.set_xlabel(f"n ({counts})")
    ax.set_ylabel("Power")
    figure.legend(handles=handles, loc="outside upper left", ncols=1 if narrow else 2, borderaxespad=0.2)
    return figure


def _reach(planned: tuple[Planned, ...]) -> float:
    """Where the axis ends: beyond the n of all targets, or where the curves end."""
    wanted = [one.n for curve in planned for one in curve.curve.smallest if one.n is not None]
    ends = max(curve.curve.points[-1].n for curve in planned)
    return float(min(ends, max(12.0, _BEYOND * max(wanted)))) if wanted else float(ends)


def caption(plan: Plan, part: Part) -> str:
    """Return what is drawn."""
    return (
        f"Share of experiments that show it ({words.test_name(part, part.first.design.paired)} in the design of the "
        f"headline). Solid: no cage effect; dashed: cages. Bands: the middle 95 % of what other draws of "
        "as many simulated animals would have given. Dotted: power of a t test of normal values with the same d. Each "
        f"point has {plan.assumed.effort.experiments} experiments (± {_binomial(plan):.1f} points at most)."
    )


def _binomial(plan: Plan) -> float:
    return float(100 * 1.96 * 0.5 / np.sqrt(plan.assumed.effort.experiments))
