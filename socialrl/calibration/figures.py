"""Figures of a calibration: real against simulated distributions, distance by measure, what the tests determined."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ..report import style
from .outcome import Calibration
from .population import FREE, N_FREE
from .summaries import MEASURES, TERMS, failed, values_of

_LOOKS: dict[str, tuple[str, Any, str]] = {"real": (style.INK, "-", "voles"), "before": ("#E69F00", "--", "model, table"),
          "after": ("#0072B2", "-", "model, calibrated")}  # fmt: skip
_LABELS = {**{measure.name: measure.label for measure in MEASURES}, "failures": "Failures"}


def distributions(result: Calibration) -> Figure:
    """Cumulative distributions of every measure, voles against both simulated populations, and the share of failures."""
    figure = style.new_figure(style.WIDE_IN, 6.6)
    axes = figure.subplots(3, 3).ravel()
    for ax, measure in zip(axes, MEASURES, strict=False):
        for name, raw in result.sets.items():
            _steps(ax, values_of(raw)[measure.name], name)
        if measure.scale != "linear":
            ax.set_xscale("symlog", linthresh=30.0, linscale=0.6)
            ax.set_xlim(left=0.0)
        ax.set_ylim(0.0, 1.02)
        ax.set_title(measure.label)
        ax.set_xlabel(measure.unit or "fraction")
        if ax in axes[::3]:
            ax.set_ylabel("Share of tests at or below")
    last = axes[len(MEASURES)]
    shares = [float(failed(raw).mean()) for raw in result.sets.values()]
    last.bar(range(len(shares)), shares, color=[_LOOKS[name][0] for name in result.sets], width=0.6)
    for k, share in enumerate(shares):
        last.text(k, share + 0.01, f"{share:.0%}", ha="center", va="bottom", fontsize=8)
    last.set_xticks(range(len(shares)), list(result.sets))
    last.set_ylim(0.0, max(0.3, 1.25 * max(shares)))
    last.set_title("Failures: preference < 2/3")
    _legend(figure, list(result.sets))
    return figure


def distance_by_measure(result: Calibration) -> Figure:
    """Distance of both simulated populations from the voles, term by term, in units of sampling noise."""
    figure = style.new_figure(style.WIDE_IN, 3.2)
    ax = figure.subplots()
    names = ["all", *TERMS]
    places = np.arange(len(names))[::-1]
    for name in ("before", "after"):
        colour, _, label = _LOOKS[name]
        marks = "o" if name == "after" else "s"
        values = [result.distances[name][one] for one in names]
        ax.scatter(values, places, color=colour, marker=marks, s=30, zorder=3, label=label)
    for place, one in zip(places, names, strict=True):
        ax.plot(
            [result.distances["before"][one], result.distances["after"][one]],
            [place, place],
            color=style.RULE,
            linewidth=2.0,
            zorder=1,
        )
    ax.axvline(1.0, color=style.SOFT, linestyle=(0, (1, 1.5)), linewidth=1.1)
    ax.set_yticks(places, ["Mean of all", *(_LABELS[name] for name in TERMS)])
    ax.set_xlim(left=0.0)
    ax.set_xlabel(f"Distance, 1 = another sample of {result.target.n} voles")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def regions(result: Calibration) -> Figure:
    """Medians and spreads of the free quantities: prior (grey) and 90 % region (blue), the table and the point taken."""
    figure = style.new_figure(style.WIDE_IN, 3.8)
    left, right = figure.subplots(1, 2, sharey=True)
    places = np.arange(N_FREE)[::-1]
    for ax, part, table, taken in (
        (left, slice(0, N_FREE), result.before.median, result.after.median),
        (right, slice(N_FREE, None), result.before.spread, result.after.spread),
    ):
        for drawn, colour, width in ((result.prior, style.RULE, 9.0), (result.posterior, "#0072B2", 3.0)):
            low, high = np.quantile(drawn[:, part], [0.05, 0.95], axis=0)
            scaled = (np.exp(low), np.exp(high)) if ax is left else (low, high)
            ax.hlines(places, *scaled, color=colour, linewidth=width, zorder=1 if width > 5 else 2)
        shown = (np.exp(table), np.exp(taken)) if ax is left else (table, taken)
        ax.scatter(shown[0], places, marker="|", color=style.INK, s=70, zorder=3)
        ax.scatter(shown[1], places, marker="o", color="white", edgecolor="#0072B2", s=26, zorder=4)
    left.set_xscale("log")
    left.set_xticks([0.5, 1.0, 2.0], ["½", "1", "2"])
    left.minorticks_off()
    left.set_xlabel("Median, × table")
    right.set_xlabel("Spread over animals (log-sd)")
    left.set_yticks(places, [free.name for free in FREE])
    handles = [
        Line2D([], [], color=style.RULE, linewidth=7, label="prior, 90 %"),
        Line2D([], [], color="#0072B2", linewidth=3, label="calibrated, 90 %"),
        Line2D([], [], color=style.INK, marker="|", linestyle="none", markersize=8, label="table"),
        Line2D([], [], color="#0072B2", marker="o", markerfacecolor="white", linestyle="none", label="taken"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


FIGURES = {
    "distributions": (distributions, "Voles against the model, one curve per set of tests (cumulative shares)"),
    "distance": (distance_by_measure, "Distance by measure before and after, from trained animals"),
    "regions": (regions, "What the tests say about each free quantity, against the prior"),
}
"""File name: function and caption."""


def _steps(ax: Axes, values: NDArray[np.float64], name: str) -> None:
    there = np.sort(values[~np.isnan(values)])
    if not len(there):
        return
    colour, line, _ = _LOOKS[name]
    shares = np.arange(1, len(there) + 1) / len(there)
    ax.step(there, shares, where="post", color=colour, linestyle=line, linewidth=1.5)


def _legend(figure: Figure, names: list[str]) -> None:
    handles = [Line2D([], [], color=_LOOKS[n][0], linestyle=_LOOKS[n][1], label=_LOOKS[n][2]) for n in names]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
