"""Figures of the scorecard that run over time: the partner's share in the habitat, and recordings of evoked release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.analysis.association import association_by_hour
from socialrl.analysis.measure_values import NotRun
from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group
from socialrl.findings.contrasts import Tables
from socialrl.findings.registry import Registry
from socialrl.scorecard.marks import assay_table, first_test, groups_of, side_by_side, unit_column, with_n

_BLOCK_H = 6  # an hour of one animal is mostly with one other animal, or with none
_MARKS = 12  # of a group along its line, each group's at places of their own, so that no group is known by colour only
_SEXES = {"female": "Females", "male": "Males"}


def group(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """The partner's share of all contact over the hours in the group habitat, mean and interval by genotype.

    Where animals of a cage are one replicate (the column `unit`), their seconds are added before the share is taken.
    """
    table = assay_table(tables, "GroupHabitat")
    if table is None:
        return None
    try:
        hourly = association_by_hour(table)
    except NotRun:
        return None  # a table without hourly columns: the comparisons give the reason
    groups = groups_of(table, registry)
    replicate = table.drop_duplicates("index").set_index("index")[unit_column(table)] if "unit" in table else None
    hourly["replicate"] = hourly["index"] if replicate is None else hourly["index"].map(replicate)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 3.2 if narrow else 3.4)
    ax = figure.subplots()
    for one in groups:
        rows = hourly[hourly["genotype"] == one.genotype]
        rows = rows.assign(block=rows["hour"] // _BLOCK_H)
        blocks = rows.groupby(["replicate", "block"])[["partner_s", "others_s"]].sum()
        share = (blocks["partner_s"] / blocks.sum(axis=1).where(lambda total: total > 0)).unstack("block")
        means = [statistics.mean_interval(share[block]) for block in share]
        panels.band(ax, (share.columns.to_numpy(dtype=np.float64) + 0.5) * _BLOCK_H, means, one)
    ax.axhline(1 / 7, color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=0)
    ax.set_ylim(0, 1)
    hours = int(hourly["hour"].max()) + 1
    ax.set_xlim(0, hours)
    ax.set_xticks(range(0, hours + 1, 24))
    ax.set_xlabel("Hours in the habitat")
    ax.set_ylabel("Partner's share of contact")
    chance = Line2D([], [], color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), label="chance 1/7")
    panels.legend(figure, with_n(groups, table), narrow, chance)
    return figure


def release(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Recordings of evoked release: ΔF/F over time, mean and band by genotype, and below the peak of every animal."""
    table = assay_table(tables, "OxytocinRelease")
    if table is None or "peak" not in table:
        return None
    return recordings(table, groups_of(table, registry), narrow)


def recordings(table: pd.DataFrame, groups: list[Group], narrow: bool = False) -> Figure:
    """The same of one table of recordings (`socialrl.release.table.release_table`) and the groups to show of it."""
    test = first_test(table)
    sexes = [sex for sex in _SEXES if "sex" in table and (table["sex"] == sex).any()] or [""]
    traced = "fluorescence" in table
    lines = (["trace"] if traced else []) + ["peak"]
    shape = (len(sexes) * len(lines), 1) if narrow else (len(lines), len(sexes))
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.5 * shape[0] + 0.2)
    grid = figure.subplots(*shape, squeeze=False)
    for column, sex in enumerate(sexes):
        rows = table[table["sex"] == sex] if sex else table
        axes = grid[column * len(lines) : (column + 1) * len(lines), 0] if narrow else grid[:, column]
        axes[0].set_title(_SEXES.get(sex, ""))
        if traced:
            _traces(axes[0], rows, groups)
        cells = {(g.key, test): 100 * rows[rows["genotype"] == g.genotype].set_index("index")["peak"] for g in groups}
        side_by_side(axes[-1], groups, test, cells)
        axes[-1].set_ylabel("Peak ΔF/F (%)")
    _same_height([ax for ax in grid.ravel() if ax.get_ylabel().startswith("Peak")], bottom=0.0)
    _same_height([ax for ax in grid.ravel() if not ax.get_ylabel().startswith("Peak")])
    panels.legend(figure, groups, narrow)
    return figure


def _traces(ax: Axes, rows: pd.DataFrame, groups: Sequence[Group]) -> None:
    for number, one in enumerate(groups):
        own = rows[rows["genotype"] == one.genotype]
        if own.empty:
            continue
        traces = 100 * np.stack([np.asarray(trace, dtype=np.float64) for trace in own["fluorescence"]])
        bin_s = float(own["duration_s"].iloc[0]) / traces.shape[1]
        means = [statistics.mean_interval(column) for column in traces.T]
        at = (np.arange(traces.shape[1]) + 0.5) * bin_s / 60
        ax.fill_between(at, [m.low for m in means], [m.high for m in means], color=one.colour, alpha=0.16, linewidth=0)
        every = max(1, len(at) // _MARKS)
        ax.plot(
            at, [m.value for m in means], color=one.colour, linewidth=1.4, marker=one.marker, markersize=3.6,
            markevery=(number * every // len(groups), every),
        )  # fmt: skip
    ax.margins(x=0)
    ax.set_xlabel("Time (min)")
    ax.set_ylabel("ΔF/F (%)")


def _same_height(axes: Sequence[Axes], bottom: float | None = None) -> None:
    """Give panels one vertical range, so that the sexes can be compared by eye."""
    if axes:
        low, high = min(ax.get_ylim()[0] for ax in axes), max(ax.get_ylim()[1] for ax in axes)
        for ax in axes:
            ax.set_ylim(low if bottom is None else bottom, high)
