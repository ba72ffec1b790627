"""What the figures of the scorecard share: groups with their looks, values of animals, panels and marks."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.analysis import statistics
from socialrl.analysis.measure_values import NotRun
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group, group_of
from socialrl.findings.contrasts import Tables, genotype_of, table_of
from socialrl.findings.registry import Registry
from socialrl.findings.tables import animal_values

SHOWN_GROUPS = ("over_expression", "wild_type", "heterozygote", "knockout")


def groups_of(table: pd.DataFrame, registry: Registry, names: Sequence[str] = SHOWN_GROUPS) -> list[Group]:
    """Return the groups of the registry that a table has, highest gain first, each as it looks everywhere."""
    found = []
    for name in names:
        if name not in registry.groups:
            continue
        try:
            genotype = genotype_of(table, name, registry, {})
        except NotRun:
            continue  # the figure shows the groups that are there
        looks = group_of(name, registry.groups[name].oxtr_gain)
        found.append(dataclasses.replace(looks, key=genotype, genotype=genotype))
    return found


def groups_by_gain(table: pd.DataFrame, changed: Collection[str] = ()) -> list[Group]:
    """Return the groups of a table whatever they are called, highest gain first; `changed` have arms of their own."""
    gains = table.groupby("genotype", sort=False)["oxtr_gain"].first().sort_values(ascending=False, kind="stable")
    return [group_of(str(name), float(gain), changed=str(name) in changed) for name, gain in gains.items()]


def with_n(groups: Sequence[Group], table: pd.DataFrame) -> list[Group]:
    """Return the groups with the number of their animals, or of pairs where these are the replicate, as labels."""
    column = unit_column(table)
    named = []
    for one in groups:
        n = table.loc[table["genotype"] == one.genotype, column].nunique()
        named.append(dataclasses.replace(one, label=f"{one.label}, n = {n}{' pairs' if column == 'unit' else ''}"))
    return named


def unit_column(table: pd.DataFrame) -> str:
    """Return the column that says what the replicate is: `unit` where animals are not independent, else `index`."""
    return "unit" if "unit" in table and table["unit"].notna().any() else "index"


def side_by_side(ax: Axes, groups: list[Group], test: str, cells: Mapping[tuple[str, str], pd.Series]) -> None:
    """Draw one test: animals, mean and interval of each group, n below; `cells` by (group, test)."""
    for place, one in enumerate(groups):
        draw_dots(ax, float(place), cells[(one.key, test)], one, 0.16)
        panels.bars(ax, np.array([place + 0.28]), [statistics.mean_interval(cells[(one.key, test)])], one)
    ax.set_xticks(
        range(len(groups)), [f"{two_lines(one.label)}\nn = {cells[(one.key, test)].count()}" for one in groups]
    )
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.5, len(groups) - 0.3)


def draw_lanes(
    ax: Axes, groups: list[Group], tests: Sequence[str], cells: Mapping[tuple[str, str], pd.Series], joined: bool
) -> None:
    """Draw tests along the axis, groups side by side at each; `joined` puts a line through a group's means."""
    places = np.arange(len(tests), dtype=float)
    for one, lane in zip(groups, panels.lanes(len(groups), 0.74), strict=True):
        means: list[Estimate] = []
        for place, test in zip(places, tests, strict=True):
            draw_dots(ax, float(place + lane), cells[(one.key, test)], one, 0.35 / len(groups))
            means.append(statistics.mean_interval(cells[(one.key, test)]))
        if joined:
            ax.plot(places + lane, [m.value for m in means], color=one.colour, linewidth=1.0, alpha=0.7, zorder=3)
        panels.bars(ax, places + lane, means, one)
    ax.set_xlim(-0.6, len(tests) - 0.4)


def draw_dots(ax: Axes, place: float, values: pd.Series, one: Group, half_width: float) -> None:
    """Draw one pale mark per animal at `place`."""
    rows = pd.DataFrame({"index": np.arange(len(values))})
    panels.dots(ax, place, rows, values, one, half_width)


def row_of_panels(n: int, narrow: bool, height_in: float, widths: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure with `n` panels beside each other, on a phone below each other."""
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if n > 1 else 5.0)
    figure = style.new_figure(width_in, height_in * (0.9 * n if narrow else 1.0))
    ratios: dict[str, Any] = {} if narrow else {"width_ratios": list(widths)}
    axes = figure.subplots(n if narrow else 1, 1 if narrow else n, squeeze=False, gridspec_kw=ratios)
    return figure, list(axes.ravel())


def assay_table(tables: Tables, assay: str) -> pd.DataFrame | None:
    """Return the rows of an assay's ordinary animals, those without a single changed arm; None when it was not run."""
    try:
        table = table_of(tables, assay)
    except NotRun:
        return None  # no figure; the comparisons of this assay say "not run"
    return table[table["arm"].isna() | (table["arm"] == "")] if "arm" in table else table


def values_of(
    table: pd.DataFrame,
    registry: Registry,
    measure: str,
    test: str,
    genotype: str,
    where: Mapping[str, str | int | float] | None = None,
) -> pd.Series:
    """Return one value per animal, or none where this group did not take the test."""
    try:
        return animal_values(table, registry, measure, test, genotype, where)
    except NotRun:
        return pd.Series(dtype=float)


def first_test(table: pd.DataFrame) -> str:
    """Return the test of an assay that has one."""
    return str(table["test"].iloc[0])


def two_lines(label: str) -> str:
    """Return a label broken at its first hyphen or space."""
    return label.replace("-", "-\n", 1).replace(" ", "\n", 1)
