"""Figures of inference: every animal's interval; information of tests, ranks and coverage of a validation."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.drawing import style
from socialrl.drawing.groups import looks
from socialrl.inference.curves import HIGH, LOW
from socialrl.inference.infer import Inference
from socialrl.inference.validate import Validation, population_coverage

_POINT = looks("wt", 1.0)[0]
_MOST_ANIMALS, _MOST_SETS = 80, 20
_MOMENTS = (("mean", "mean", "o", _POINT, -0.08), ("sd", "spread", "s", style.INK, 0.08))


def animals(found: Inference, narrow: bool) -> Figure:
    """Median and 90 % interval of every animal's gain, group by group; the band is the prior's interval."""
    rows = found.of_gain.sort_values(["group", "median"], kind="stable").head(_MOST_ANIMALS)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 1.0 + 0.17 * len(rows))
    ax = figure.subplots()
    places = np.arange(len(rows))[::-1]
    first = rows.iloc[0]
    ax.axvspan(first["prior_low"], first["prior_high"], color=style.BAND, zorder=0)
    ax.hlines(places, rows["low"], rows["high"], color=style.SOFT, linewidth=1.2)
    ax.plot(rows["median"], places, "o", color=_POINT, markersize=4)
    ax.axvline(1.0, color=style.RULE, linewidth=0.8, zorder=0)
    ax.set_yticks(places, [_named(row) for row in rows.to_dict("records")])
    ax.set_ylim(-0.8, len(rows) - 0.2)
    ax.set_xlim(0.0, 2.0)
    ax.set_xlabel("Receptor gain (× wild type)")
    return figure


def information(found: Validation, narrow: bool) -> Figure:
    """What each test and the best pairs tell about the gain, in bits, with one standard error."""
    rows = found.information.head(_MOST_SETS)
    figure = style.new_figure(
        style.NARROW_IN if narrow else style.WIDE_IN, 0.9 + (0.42 if narrow else 0.24) * len(rows)
    )
    ax = figure.subplots()
    places = np.arange(len(rows))[::-1]
    ax.barh(places, rows["bits"].clip(lower=0.0), xerr=rows["bits_se"], color=_POINT, ecolor=style.SOFT, height=0.62)
    ax.set_yticks(places, [textwrap.fill(one, 24) if narrow else one for one in rows["tests"]])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlabel("Information about the gain (bits)")
    return figure


def ranks(found: Validation, narrow: bool) -> Figure:
    """Ranks of the true gain in its posterior, for one test and the battery; flat if the posteriors are right."""
    sets = list(found.ranks["tests"].unique())
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.4 * (len(sets) if narrow else 1))
    axes = figure.subplots(*((len(sets), 1) if narrow else (1, len(sets))), squeeze=False).ravel()
    for ax, tests in zip(axes, sets, strict=True):
        own = found.ranks[found.ranks["tests"] == tests]
        ax.bar(own["from"], own["animals"], width=own["to"] - own["from"], align="edge", color=_POINT, alpha=0.8)
        ax.axhline(own["expected"].iloc[0], color=style.INK, linewidth=1.0, linestyle="--")
        ax.set_title(textwrap.fill(str(tests), 44))
        ax.set_xlabel("Rank of the true gain")
        ax.set_ylabel("Simulated animals")
    return figure


def coverage(found: Validation, narrow: bool) -> Figure:
    """Share of intervals that hold the truth, of animals at four levels and of 200 populations at 90 %."""
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 5.2 if narrow else 2.8)
    left, right = figure.subplots(*((2, 1) if narrow else (1, 2))).ravel()
    left.plot([0.4, 1.0], [0.4, 1.0], color=style.RULE, linewidth=1.0)
    for (tests, own), mark in zip(found.coverage.groupby("tests", sort=False), ("o", "s"), strict=False):
        bars = [own["covered"] - own["low"], own["high"] - own["covered"]]
        left.errorbar(own["level"], own["covered"], bars, fmt=mark, color=_POINT if mark == "o" else style.INK,
                      ecolor=style.SOFT, markersize=4, label=textwrap.fill(str(tests), 40))  # fmt: skip
    left.set_xlabel("Level of the interval")
    left.set_ylabel("Animals inside")
    left.legend(loc="upper left", fontsize=7)
    _populations(right, population_coverage(found))
    return figure


def _populations(ax: Axes, table: pd.DataFrame) -> None:
    ax.axhspan(0.85, 0.95, color=style.BAND, zorder=0)
    ax.axhline(HIGH - LOW, color=style.RULE, linewidth=1.0)
    for k, row in enumerate(table.to_dict("records")):
        for name, label, mark, colour, shift in _MOMENTS:
            bars = [[row[name] - row[f"{name}_low"]], [row[f"{name}_high"] - row[name]]]
            ax.errorbar(
                k + shift, row[name], bars, fmt=mark, color=colour, ecolor=style.SOFT, markersize=4,
                label=None if k else label,
            )  # fmt: skip
    ax.set_xticks(range(len(table)), [textwrap.fill(str(one), 26) for one in table["tests"]], fontsize=7)
    ax.set_xlim(-0.5, len(table) - 0.5)
    ax.set_ylim(0.4, 1.02)
    ax.set_ylabel("Populations inside their 90 % interval")
    ax.legend(loc="lower left", fontsize=7)


def _named(row: dict[str, object]) -> str:
    return f"{row['animal']} ({row['group']})" if row["group"] != "all" else str(row["animal"])


OF_INFERENCE = {
    "gain": (
        "Gain of every animal",
        "Median and 90 % interval of the posterior; the band is the 90 % interval before any test (prior).",
        animals,
    )
}
OF_VALIDATION = {
    "information": (
        "Which tests tell most about the gain",
        "Mean log2 of posterior over prior at the true gain, over simulated animals that no network has seen; bars: one"
        f" standard error. The {_MOST_SETS} best single tests and pairs.",
        information,
    ),
    "ranks": ("Simulation-based calibration", "Dashed: what is expected of right posteriors.", ranks),
    "coverage": (
        "Coverage",
        "Left: intervals of single animals. Right: 90 % intervals of mean and spread of the gain in 200 simulated"
        " populations of 12; band: 85 to 95 %. Bars: 95 % intervals.",
        coverage,
    ),
}
