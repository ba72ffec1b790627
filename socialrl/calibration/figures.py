"""Figures of a calibration: real against simulated distributions, distance by measure, what the tests determined."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from socialrl.calibration import course_figures, search_figure
from socialrl.calibration.course_figures import LOOKS, SETS
from socialrl.calibration.outcome import Calibration, Match
from socialrl.calibration.summaries import COMPARED, KINDS, TERMS, shares, values_of
from socialrl.drawing import style

_PALE = "#9EC6DF"
_SECONDS = (0, 30, 100, 1000, 10_000)
_LABELS = {**{measure.name: measure.label for measure in COMPARED}, "failures": "Failures"}


@dataclass(frozen=True)
class Subject:
    """What one figure shows: its title, its caption, and how it is drawn, for a narrow screen or a wide one."""

    title: str
    caption: str
    draw: Callable[[Calibration, bool], Figure]


def distributions(kind: str, result: Calibration, narrow: bool) -> Figure:
    """Cumulative distributions of every measure, voles against both populations, and shares of kinds of tests."""
    match = result.matches[kind]
    n = len(COMPARED) + 1
    columns = 1 if narrow else 3
    lines = math.ceil(n / columns)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, (2.0 if narrow else 2.2) * lines)
    axes = figure.subplots(lines, columns).ravel()
    for unused in axes[n:]:
        unused.set_axis_off()
    for ax, measure in zip(axes, COMPARED, strict=False):
        for name, raw in match.sets.items():
            _steps(ax, values_of(raw)[measure.name], name)
        if measure.scale != "linear":
            ax.set_xscale("symlog", linthresh=30.0, linscale=0.4)
            ax.set_xlim(left=0.0)
            ax.set_xticks(_SECONDS, [f"{s:,}".replace(",", "\u202f") for s in _SECONDS])
            ax.minorticks_off()
        ax.set_ylim(0.0, 1.02)
        ax.set_title(textwrap.fill(measure.label, 24))
        ax.set_xlabel(measure.unit or "fraction")
        if narrow or ax in axes[::3]:
            ax.set_ylabel("Share of tests at or below")
    _kinds(axes[len(COMPARED)], match)
    _legend(figure, list(match.sets), narrow)
    return figure


def distance_by_measure(result: Calibration, narrow: bool) -> Figure:
    """Distance of both simulated populations from the voles, term by term, in units of sampling noise."""
    n = len(result.matches)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 3.2 * (n if narrow else 1))
    panels = figure.subplots(*((n, 1) if narrow else (1, n)), squeeze=False, sharex=True, sharey=not narrow).ravel()
    names = ["all", *TERMS]
    places = np.arange(len(names))[::-1]
    for ax, (kind, match) in zip(panels, result.matches.items(), strict=True):
        for name in ("before", "after"):
            marks = "o" if name == "after" else "s"
            values = [match.distances[name][one] for one in names]
            ax.scatter(values, places, color=LOOKS[name][0], marker=marks, s=30, zorder=3, label=SETS[name])
        for place, one in zip(places, names, strict=True):
            ends = [match.distances[name][one] for name in ("before", "after")]
            ax.plot(ends, [place, place], color=style.RULE, linewidth=2.0, zorder=1)
        ax.axvline(1.0, color=style.SOFT, linestyle=(0, (1, 1.5)), linewidth=1.1)
        ax.set_yticks(places, ["Mean of all", *(_LABELS[name] for name in TERMS)])
        ax.set_xlim(left=0.0)
        ax.set_title(f"{kind.capitalize()}, {match.target.n} voles")
        ax.set_xlabel("Distance, sampling noise = 1")
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=1 if narrow else 2)
    return figure


def regions(result: Calibration, narrow: bool) -> Figure:
    """Medians and spreads of the free quantities: prior (grey) and 90 % region (blue, pale if open), table and fit."""
    found = result.parameters()
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 7.0 if narrow else 3.8)
    left, right = figure.subplots(*((2, 1) if narrow else (1, 2)), sharey=True)
    n_free = result.space.n
    places = np.arange(n_free)[::-1]
    for ax, part, table, taken, verdicts in (
        (left, slice(0, n_free), result.before.median, result.after.median, found["median_is"]),
        (right, slice(n_free, None), result.before.spread, result.after.spread, found["spread_is"]),
    ):
        ours = [_PALE if verdict == "open" else "#0072B2" for verdict in verdicts]
        for drawn, colour, width in ((result.prior, style.RULE, 9.0), (result.posterior, ours, 3.0)):
            low, high = np.quantile(drawn[:, part], [0.05, 0.95], axis=0)
            scaled = (np.exp(low), np.exp(high)) if ax is left else (low, high)
            ax.hlines(places, *scaled, color=colour, linewidth=width, zorder=1 if width > 5 else 2)
        shown = (np.exp(table), np.exp(taken)) if ax is left else (table, taken)
        ax.scatter(shown[0], places, marker="|", color=style.INK, s=70, zorder=3)
        ax.scatter(shown[1], places, marker="o", color=style.GROUND, edgecolor="#0072B2", s=26, zorder=4)
    left.set_xscale("log")
    left.set_xticks([0.5, 1.0, 2.0], ["½", "1", "2"])
    left.minorticks_off()
    left.set_xlabel("Median, × table")
    right.set_xlabel("Spread over animals (log-sd)")
    left.set_yticks(places, [free.name for free in result.space.free])
    handles = [
        Line2D([], [], color=style.RULE, linewidth=7, label="prior, 90 %"),
        Line2D([], [], color="#0072B2", linewidth=3, label="calibrated, 90 %"),
        Line2D([], [], color=_PALE, linewidth=3, label="not determined"),
        Line2D([], [], color=style.INK, marker="|", linestyle="none", markersize=8, label="table"),
        Line2D([], [], color="#0072B2", marker="o", markerfacecolor=style.GROUND, linestyle="none", label="taken"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if narrow else 5)
    return figure


def subjects(result: Calibration) -> dict[str, Subject]:
    """Return the figures of a calibration by file name."""
    ours = {
        f"distributions-{kind}": Subject(
            f"How do voles and model differ, test by test? {kind.capitalize()}",
            f"Tests with {kind}: cumulative shares of tests, one curve per set of tests; last, shares of tests by"
            " preference.",
            partial(distributions, kind),
        )
        for kind in result.matches
    }
    ours["distance"] = Subject(
        "How far is each population from the voles?",
        "Distance by measure, of the parameter table and of the calibrated population, from trained animals. Dotted:"
        " as far as another sample of voles.",
        distance_by_measure,
    )
    if len(result.tried):
        ours["search"] = Subject(
            "Where did the direct search go?",
            "Direct search before the first round: objective of the best candidate of each generation and mean of all;"
            " lower is nearer. Every generation has other animals.",
            search_figure.search,
        )
    ours["course"] = Subject(
        "How does a test go on?",
        "Model animals, early tests: mean share of each ten minutes spent huddling. A score sheet does not have it.",
        course_figures.time_course,
    )
    ours["bouts"] = Subject(
        "How long do animals stay together?",
        "Model animals, early tests: cumulative share of bouts of contact by length. A score sheet does not have it.",
        course_figures.bouts,
    )
    ours["regions"] = Subject(
        "What do the tests determine?",
        "What the tests say about each free quantity, against the prior: 90 % regions of medians and of spreads."
        + (" The middle of the prior is what the direct search found." if len(result.tried) else ""),
        regions,
    )
    return ours


def _kinds(ax: Axes, match: Match) -> None:
    counted = {name: shares(raw) for name, raw in match.sets.items()}
    places = np.arange(len(KINDS) - 1)
    for k, (name, found) in enumerate(counted.items()):
        heights = [found[kind.name] for kind in KINDS[:-1]]
        ax.bar(places + 0.27 * (k - 1), heights, width=0.25, color=LOOKS[name][0])
        for place, height in zip(places + 0.27 * (k - 1), heights, strict=True):
            ax.text(place, height + 0.01, f"{100 * height:.0f}", ha="center", va="bottom", fontsize=7)
    ax.set_xticks(places, [kind.short for kind in KINDS[:-1]])
    ax.set_ylim(0.0, 1.02)
    ax.set_yticks([])
    ax.set_title("Tests by preference, %")


def _steps(ax: Axes, values: NDArray[np.float64], name: str) -> None:
    there = np.sort(values[~np.isnan(values)])
    if not len(there):
        return
    colour, line = LOOKS[name]
    shares = np.arange(1, len(there) + 1) / len(there)
    ax.step(there, shares, where="post", color=colour, linestyle=line, linewidth=1.5)


def _legend(figure: Figure, names: list[str], narrow: bool) -> None:
    handles = [Line2D([], [], color=LOOKS[n][0], linestyle=LOOKS[n][1], label=SETS[n]) for n in names]
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if narrow else len(handles))
