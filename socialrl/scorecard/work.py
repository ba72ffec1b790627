"""Figure of the scorecard on work for company: presses, breakpoint and huddle per access, partner against stranger.

The three measures and the pairing of an animal's two sessions are those in which Beery et al. 2021 print the test.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group
from socialrl.findings.contrasts import Tables
from socialrl.findings.registry import Registry
from socialrl.scorecard.marks import assay_table, groups_of, two_lines, values_of

_MEASURES = {
    "presses": "Presses\nin 30 min",
    "breakpoint": "Breakpoint\n(presses)",
    "huddle_per_access_s": "Huddle per\naccess (s)",
}
_KINDS = {"peer": "For a peer", "mate": "For a mate"}


def worth(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Partner and stranger sessions, one line per animal, for peers and for mates, by genotype."""
    table = assay_table(tables, "SocialOperant")
    if table is None:
        return None
    groups = groups_of(table, registry)
    kinds = [kind for kind in _KINDS if set(_sessions(kind)) <= set(table["test"])]
    if not groups or not kinds:
        return None
    # On a phone the panels of one measure stand below each other, so that measures stay together.
    shape = (len(_MEASURES) * len(kinds), 1) if narrow else (len(_MEASURES), len(kinds))
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, (1.9 if narrow else 2.05) * shape[0] + 0.4)
    grid = figure.subplots(*shape, squeeze=False).reshape(len(_MEASURES), len(kinds))
    for line, (measure, label) in enumerate(_MEASURES.items()):
        for ax, kind in zip(grid[line], kinds, strict=True):
            _panel(ax, table, registry, groups, measure, kind)
            if narrow or line == 0:
                ax.set_title(_KINDS[kind])
            if narrow or ax is grid[line, 0]:
                ax.set_ylabel(label)
        top = max(ax.get_ylim()[1] for ax in grid[line])
        for ax in grid[line]:
            ax.set_ylim(-0.03 * top, top)  # room for marks at 0
    looks: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": style.SOFT, "markersize": 4.5}
    filled, opened = (
        Line2D([], [], label="partner", **looks),
        Line2D([], [], label="stranger", mfc=style.GROUND, **looks),
    )
    figure.legend(handles=[filled, opened], loc="outside upper left", ncols=2, borderaxespad=0.2)
    return figure


def _panel(ax: Axes, table: pd.DataFrame, registry: Registry, groups: list[Group], measure: str, kind: str) -> None:
    ticks = []
    for place, one in enumerate(groups):
        partner, stranger = (values_of(table, registry, measure, test, one.genotype) for test in _sessions(kind))
        both = pd.concat([partner, stranger], axis=1, join="inner").to_numpy(dtype=np.float64)
        x = place + np.array([-0.2, 0.2])
        ax.plot(x, both.T, color=one.colour, alpha=0.28, linewidth=0.8, zorder=1)
        ax.scatter(np.full(len(both), x[0]), both[:, 0], s=11, color=one.colour, alpha=0.5, linewidths=0, zorder=2)
        ax.scatter(np.full(len(both), x[1]), both[:, 1], s=11, facecolor=style.GROUND, edgecolor=one.colour, alpha=0.6,
                   linewidths=0.8, zorder=2)  # fmt: skip
        means = [statistics.mean_interval(values) for values in (partner, stranger)]
        panels.bars(ax, x + np.array([-0.1, 0.1]), means, one)
        # the ratio of an animal without an access is NaN, so the two sessions can differ in n
        n = "/".join(dict.fromkeys(str(mean.n) for mean in means))
        ticks.append(f"{two_lines(one.label)}\nn = {n}")
    ax.set_xticks(range(len(groups)), ticks)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, len(groups) - 0.4)


def _sessions(kind: str) -> tuple[str, str]:
    return f"operant_{kind}_partner", f"operant_{kind}_stranger"
