"""Figures of a sweep: the main measure against each key, and the course of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group, group_of
from socialrl.drawing.plates import Plate, drawn
from socialrl.sweep.outcome import Sweep
from socialrl.sweep.results import Result, flat
from socialrl.sweep.space import SEED

_MOST_PANELS = 9
_MOST_WORDS = 14
_DECADES = 10.0


def plates(sweep: Sweep) -> list[Plate]:
    """Return the figures of a sweep's page."""
    measure = sweep.measure
    shown = f"{measure.label} ({measure.unit}) in the test {sweep.test}"
    found = [
        drawn(
            "by_key",
            "What each key does",
            lambda narrow: by_key(sweep, narrow),
            caption=lambda: (
                f"{shown}, against every key that varies. A mark is the mean over a group's animals in one run; lines "
                "join the means over all runs that share a value, whatever their other keys."
            ),
            alt=lambda: f"{shown} of {len(sweep.done)} runs against {', '.join(panels_of(sweep))}.",
            missing=lambda: "No run is finished and tested yet",
        )
    ]
    if sweep.how.optuna is not None:
        found.append(
            drawn(
                "search",
                "The course of the search",
                lambda narrow: search(sweep, narrow),
                caption=lambda: f"{sweep.how.objective} of every proposal in order, and the best so far as a line.",
                alt=lambda: f"{sweep.how.objective} of {len(sweep.results)} proposals in order.",
                missing=lambda: "No proposal is finished yet",
            )
        )
    return found


def panels_of(sweep: Sweep) -> list[str]:
    """Return the keys that have a panel: the seed only where nothing else varies, and at most nine."""
    others = [key for key in sweep.keys if key != SEED]
    return (others or list(sweep.keys))[:_MOST_PANELS]


def by_key(sweep: Sweep, narrow: bool) -> Figure | None:
    """The measure of every run and group against each key."""
    done, keys, groups = sweep.done, panels_of(sweep), looks(sweep)
    values = {group.key: [sweep.value(one, group.key) for one in done] for group in groups}
    groups = [group for group in groups if any(map(math.isfinite, values[group.key]))]
    if not groups:
        return None
    figure, axes = panels.panel_grid(len(keys), narrow, 2.7)
    for ax, key in zip(axes, keys, strict=True):
        places, by_name = _axis(ax, key, done)
        # groups side by side where there is room between the values
        for group, lane in zip(groups, panels.lanes(len(groups), 0.4 if by_name else 0.0), strict=True):
            _runs_of(ax, places + lane, np.array(values[group.key]), group)
        if sweep.measure.chance is not None:
            ax.axhline(sweep.measure.chance, zorder=0, color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)))
        ax.set_xlabel(key, fontsize=7 if narrow else 8)
        if panels.first_in_row(ax):
            ax.set_ylabel(f"{sweep.measure.label}\n({sweep.measure.unit})")
    panels.legend(figure, groups, narrow)
    return figure


def search(sweep: Sweep, narrow: bool) -> Figure | None:
    """The objective of every proposal in order, with the best so far."""
    pairs = [(k, one.value(sweep.how.objective)) for k, one in enumerate(sweep.results, start=1)]
    there = [(k, value) for k, value in pairs if math.isfinite(value)]
    if not there:
        return None
    figure = style.new_figure(style.NARROW_IN if narrow else 4.6, 2.9)
    ax = figure.subplots()
    x, y = np.array(there).T
    best = np.maximum.accumulate(y) if sweep.how.maximize else np.minimum.accumulate(y)
    ax.scatter(x, y, s=16, color=style.SOFT, linewidths=0)
    ax.plot(x, best, color=style.INK, linewidth=1.6, drawstyle="steps-post")
    ax.set_xlabel("run, in order")
    ax.set_ylabel(sweep.how.objective, fontsize=8)
    style.few_ticks(ax, x=6, y=5)
    return figure


def looks(sweep: Sweep) -> list[Group]:
    """Return the genotypes with colour and mark: by the gain of the configuration, where that does not vary."""
    found = []
    for name in sweep.groups:
        genotype = sweep.config.genotypes.get(name)
        varied = any(key.startswith(f"genotypes.{name}") for key in sweep.keys)
        changed = genotype is None or varied or bool(genotype.arms or genotype.parameters)
        gain = genotype.oxtr_gain if genotype is not None and not varied else math.nan
        one = group_of(name, gain, changed=changed, key=name)
        found.append(Group(**{**vars(one), "name": name, "label": name}) if changed else one)
    return found


def _axis(ax: Axes, key: str, done: Sequence[Result]) -> tuple[np.ndarray, bool]:
    """Set up the horizontal axis of a key; return the place of every run on it, and whether values are named there."""
    values = [flat(one.point.values().get(key)) for one in done]
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == len(values) and key != SEED:
        if min(numbers) > 0 and max(numbers) >= _DECADES * min(numbers):
            ax.set_xscale("log")
        else:
            style.few_ticks(ax, x=5)
        return np.array(numbers, dtype=float), False
    names = list(dict.fromkeys(map(str, values)))
    short = [one if len(one) <= _MOST_WORDS else f"{one[: _MOST_WORDS - 1]}…" for one in names]
    ax.set_xticks(range(len(names)), short, fontsize=7, rotation=45 if len(names) > 4 else 0)
    ax.set_xlim(-0.5, len(names) - 0.5)
    return np.array([names.index(str(one)) for one in values], dtype=float), True


def _runs_of(ax: Axes, places: np.ndarray, values: np.ndarray, group: Group) -> None:
    looks: dict[str, Any] = {"color": group.colour, "marker": group.marker}
    ax.scatter(places, values, s=2 * panels.DOT, alpha=0.5, linewidths=0, zorder=2, **looks)
    at = np.unique(places)
    if len(at) < max(2, len(places)):  # values that are repeated: lists
        means = [np.nanmean(values[places == x]) if np.isfinite(values[places == x]).any() else np.nan for x in at]
        ax.plot(at, means, linewidth=1.6, markersize=5, zorder=3, **looks)
