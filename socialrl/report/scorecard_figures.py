"""Figures of the scorecard, one per question, in the form in which the field prints them.

Each function takes evaluation tables, the registry and `narrow` (a phone: panels below each other) and returns a figure,
or None when the tables have nothing for it. Pale marks are animals, marks with bars are means with 95 % bootstrap
intervals over animals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl import statistics
from socialrl.findings.contrasts import Tables, genotype_of, table_of
from socialrl.findings.registry import Registry
from socialrl.findings.tables import NotRun, animal_values, association_by_hour
from socialrl.measures import CHANCE, GUIDE_LINE
from socialrl.report import panels, style, wording
from socialrl.report.study import Group
from socialrl.statistics import Estimate

SHOWN_GROUPS = ("over_expression", "wild_type", "heterozygote", "knockout")
_DRUGS = {
    "agonist": "agonist",
    "antagonist": "receptor blocked",
    "dopamine_antagonist": "dopamine blocked",
    "v1a_antagonist": "V1a blocked",
}


def groups_of(table: pd.DataFrame, registry: Registry, names: Sequence[str] = SHOWN_GROUPS) -> list[Group]:
    """Return the groups of the registry that a table has, highest gain first, each with the looks it has everywhere."""
    looks = dict(
        zip(SHOWN_GROUPS, [("#009E73", "D"), ("#0072B2", "o"), ("#CC79A7", "^"), ("#D55E00", "s")], strict=True)
    )
    found = []
    for name in names:
        if name not in registry.groups:
            continue
        try:
            genotype = genotype_of(table, name, registry, {})
        except NotRun:
            continue  # the figure shows the groups that are there
        label = "over-expression" if name == "over_expression" else wording.group_label(name)
        colour, marker = looks[name]
        plural = wording.group_plural(name)
        found.append(Group(genotype, label, plural, "", genotype, registry.groups[name].oxtr_gain, colour, marker))
    return found


def bond(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Preference against cohousing hours, with a peer and with a mate, one mark per animal."""
    table = _table(tables, "PartnerPreference")
    if table is None:
        return None
    groups = groups_of(table, registry)
    kinds = {
        title: _plain_tests(registry, table, relationship)
        for title, relationship in (("With a peer", "peer"), ("With a mate", "mate"))
    }
    kinds = {title: tests for title, tests in kinds.items() if tests}
    if not groups or not kinds:
        return None
    figure, axes = _row(len(kinds), narrow, 3.2, [1 + len(tests) for tests in kinds.values()])
    for ax, (title, tests) in zip(axes, kinds.items(), strict=True):
        cells = {(g.key, t): _values(table, registry, "preference", t, g.genotype) for g in groups for t in tests}
        _lanes(ax, groups, tests, cells, joined=True)
        panels.reference_lines(ax)
        ax.set_xticks(range(len(tests)), [f"{registry.conditions[test].cohousing_h:g}" for test in tests])
        ax.set_ylim(-0.02, 1.02)
        ax.set_title(title)
        ax.set_xlabel("Cohousing before the test (h; not to scale)")
    axes[0].set_ylabel("Preference, P / (P + S)")
    panels.legend(figure, groups, narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def group(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """The partner's share of all contact over the hours in the group habitat, mean and interval by genotype."""
    table = _table(tables, "GroupHabitat")
    if table is None:
        return None
    try:
        hourly = association_by_hour(table)
    except NotRun:
        return None  # an assay file without hourly columns: the comparisons say so in their reasons
    groups = groups_of(table, registry)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 3.2 if narrow else 3.4)
    ax = figure.subplots()
    span_h = 6  # blocks of hours: an hour of one animal is mostly with one other animal, or with none
    for one in groups:
        rows = hourly[hourly["genotype"] == one.genotype]
        blocks = rows.assign(block=rows["hour"] // span_h).groupby(["index", "block"])[["partner_s", "others_s"]].sum()
        share = (blocks["partner_s"] / blocks.sum(axis=1).where(lambda total: total > 0)).unstack("block")
        means = [statistics.mean_interval(share[block]) for block in share]
        at = (share.columns.to_numpy(dtype=np.float64) + 0.5) * span_h
        panels.band(ax, at, means, one)
    ax.axhline(1 / 7, color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=0)
    ax.set_ylim(0, 1)
    hours = int(hourly["hour"].max()) + 1
    ax.set_xlim(0, hours)
    ax.set_xticks(range(0, hours + 1, 24))
    ax.set_xlabel("Hours in the habitat")
    ax.set_ylabel("Partner's share of contact")
    chance = Line2D([], [], color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), label="chance 1/7")
    panels.legend(figure, groups, narrow, chance)
    return figure


def worth(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Presses in partner and stranger sessions, one line per animal, for peers and for mates, by genotype."""
    table = _table(tables, "SocialOperant")
    if table is None:
        return None
    groups = groups_of(table, registry)
    kinds = [kind for kind in ("peer", "mate") if set(_sessions(kind)) <= set(table["test"])]
    if not groups or not kinds:
        return None
    figure = style.new_figure(
        style.NARROW_IN if narrow else style.WIDE_IN, (2.5 if narrow else 3.2) * (len(kinds) if narrow else 1)
    )
    grid = figure.subplots(len(kinds) if narrow else 1, 1 if narrow else len(kinds), squeeze=False, sharey=True)
    for ax, kind in zip(grid.ravel(), kinds, strict=True):
        for place, one in enumerate(groups):
            pair = [_values(table, registry, "presses", test, one.genotype) for test in _sessions(kind)]
            both = pd.concat(pair, axis=1, join="inner").to_numpy()
            x = place + np.array([-0.2, 0.2])
            ax.plot(x, both.T, color=one.colour, alpha=0.28, linewidth=0.8, zorder=1)
            ax.scatter(np.full(len(both), x[0]), both[:, 0], s=11, color=one.colour, alpha=0.5, linewidths=0, zorder=2)
            ax.scatter(np.full(len(both), x[1]), both[:, 1], s=11, facecolor="white", edgecolor=one.colour, alpha=0.6,
                       linewidths=0.8, zorder=2)  # fmt: skip
            panels.bars(ax, x + np.array([-0.1, 0.1]), [statistics.mean_interval(values) for values in pair], one)
        ax.set_xticks(range(len(groups)), [_two_lines(one.label) for one in groups])
        ax.tick_params(axis="x", length=0)
        ax.set_xlim(-0.6, len(groups) - 0.4)
        ax.set_title("For a peer" if kind == "peer" else "For a mate")
        if narrow or ax is grid.ravel()[0]:
            ax.set_ylabel("Presses in 30 min")
    grid.ravel()[0].set_ylim(bottom=0)  # shared, and only now: a limit set earlier would cut off the later panel
    looks: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": style.SOFT, "markersize": 4.5}
    filled, opened = Line2D([], [], label="partner", **looks), Line2D([], [], label="stranger", mfc="white", **looks)
    figure.legend(handles=[filled, opened], loc="outside upper left", ncols=2, borderaxespad=0.2)
    return figure


def defend(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Attacks on an intruder and the time kept apart from it, one mark per animal, by genotype."""
    table = _table(tables, "StrangerEncounter")
    if table is None:
        return None
    labels = {"attacks": "Attacks in 10 min", "avoidance": "Share of time apart"}
    return _by_genotype(table, registry, labels, _first_test(table), narrow)


def release(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Peak of evoked oxytocin by genotype, one panel per sex."""
    table = _table(tables, "OxytocinRelease")
    if table is None or "peak" not in table:
        return None
    groups = groups_of(table, registry)
    sexes = [sex for sex in ("female", "male") if "sex" in table and (table["sex"] == sex).any()] or [""]
    figure, axes = _row(len(sexes), narrow, 2.8, [1] * len(sexes))
    test = _first_test(table)
    for ax, sex in zip(axes, sexes, strict=True):
        where: dict[str, str | int | float] = {"sex": sex} if sex else {}
        cells = {(g.key, test): _values(table, registry, "release_peak", test, g.genotype, where) for g in groups}
        _side_by_side(ax, groups, test, cells)
        ax.set_title({"female": "Females", "male": "Males", "": ""}[sex])
        ax.set_ylim(bottom=0)
    axes[0].set_ylabel("Peak of evoked oxytocin")
    return figure


def drugs(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Preference of wild types with and without drugs, one line per drug condition, its vehicle as an open mark."""
    table = _table(tables, "PartnerPreference")
    wild = groups_of(table, registry, ("wild_type",)) if table is not None else []
    if table is None or not wild:
        return None
    present = set(table.loc[table["genotype"] == wild[0].genotype, "test"])
    dosed = [name for name, condition in registry.conditions.items() if condition.drugs and name in present]
    if not dosed:
        return None
    figure = style.new_figure(
        style.NARROW_IN if narrow else style.WIDE_IN, 0.7 + (0.5 if narrow else 0.34) * len(dosed)
    )
    ax = figure.subplots()
    for place, name in enumerate(dosed):
        values = _values(table, registry, "preference", name, wild[0].genotype)
        vehicle = _vehicle(registry, name, present)
        ax.axhline(place, color=style.RULE, linewidth=0.6, zorder=0)
        if vehicle:
            mean = statistics.mean_interval(_values(table, registry, "preference", vehicle, wild[0].genotype))
            ax.plot([mean.low, mean.high], [place - 0.17] * 2, color=style.SOFT, linewidth=1.3, zorder=2)
            ax.plot(mean.value, place - 0.17, marker="o", markersize=4.6, mfc="white", color=style.SOFT, zorder=3)
        ax.scatter(values, np.full(len(values), place + 0.15), s=9, color=wild[0].colour, alpha=0.3, linewidths=0)
        panels.bars(ax, np.array([place + 0.15]), [statistics.mean_interval(values)], wild[0], across=True)
    for at, looks in ((CHANCE, (0, (1, 1.5))), (GUIDE_LINE, (0, (5, 2)))):
        ax.axvline(at, color=style.SOFT, linewidth=0.9, linestyle=looks, zorder=0)
    ax.set_yticks(range(len(dosed)), [_drug_label(registry, name, narrow) for name in dosed])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(dosed) - 0.5, -0.6)
    ax.set_xlim(0, 1.02)  # room for marks at 1
    ax.set_xlabel("Preference, P / (P + S)")
    ax.spines["left"].set_visible(False)
    vehicle_mark = Line2D([], [], marker="o", mfc="white", color=style.SOFT, markersize=4.6, label="same test, no drug")
    style.group_legend(figure, [("wild type, drug", wild[0].colour, wild[0].marker)], 2, vehicle_mark)
    return figure


def _by_genotype(
    table: pd.DataFrame, registry: Registry, labels: Mapping[str, str], test: str, narrow: bool
) -> Figure | None:
    groups = groups_of(table, registry)
    if not groups:
        return None
    figure, axes = _row(len(labels), narrow, 2.8, [1] * len(labels))
    for ax, (measure, label) in zip(axes, labels.items(), strict=True):
        cells = {(g.key, test): _values(table, registry, measure, test, g.genotype) for g in groups}
        _side_by_side(ax, groups, test, cells)
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0)
    return figure


def _side_by_side(ax: Axes, groups: list[Group], test: str, cells: Mapping[tuple[str, str], pd.Series]) -> None:
    for place, one in enumerate(groups):
        _dots(ax, float(place), cells[(one.key, test)], one, 0.16)
        panels.bars(ax, np.array([place + 0.28]), [statistics.mean_interval(cells[(one.key, test)])], one)
    ax.set_xticks(range(len(groups)), [_two_lines(one.label) for one in groups])
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.5, len(groups) - 0.3)


def _lanes(
    ax: Axes, groups: list[Group], tests: Sequence[str], cells: Mapping[tuple[str, str], pd.Series], joined: bool
) -> None:
    places = np.arange(len(tests), dtype=float)
    for one, lane in zip(groups, panels.lanes(len(groups), 0.74), strict=True):
        means: list[Estimate] = []
        for place, test in zip(places, tests, strict=True):
            _dots(ax, float(place + lane), cells[(one.key, test)], one, 0.35 / len(groups))
            means.append(statistics.mean_interval(cells[(one.key, test)]))
        if joined:
            ax.plot(places + lane, [m.value for m in means], color=one.colour, linewidth=1.0, alpha=0.7, zorder=3)
        panels.bars(ax, places + lane, means, one)
    ax.set_xlim(-0.6, len(tests) - 0.4)


def _dots(ax: Axes, place: float, values: pd.Series, one: Group, half_width: float) -> None:
    rows = pd.DataFrame({"index": np.arange(len(values))})
    panels.dots(ax, place, rows, values, one, half_width)


def _row(n: int, narrow: bool, height_in: float, widths: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure with `n` panels beside each other, on a phone below each other."""
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if n > 1 else 5.0)
    figure = style.new_figure(width_in, height_in * (0.9 * n if narrow else 1.0))
    ratios: dict[str, Any] = {} if narrow else {"width_ratios": list(widths)}
    axes = figure.subplots(n if narrow else 1, 1 if narrow else n, squeeze=False, gridspec_kw=ratios)
    return figure, list(axes.ravel())


def _table(tables: Tables, assay: str) -> pd.DataFrame | None:
    try:
        table = table_of(tables, assay)
    except NotRun:
        return None  # no figure; the comparisons of this assay say "not run"
    return table[table["arm"].isna() | (table["arm"] == "")] if "arm" in table else table


def _values(
    table: pd.DataFrame,
    registry: Registry,
    measure: str,
    test: str,
    genotype: str,
    where: Mapping[str, str | int | float] | None = None,
) -> pd.Series:
    """The animals' values, or none where this group did not take the test."""
    try:
        return animal_values(table, registry, measure, test, genotype, where)
    except NotRun:
        return pd.Series(dtype=float)


def _plain_tests(registry: Registry, table: pd.DataFrame, relationship: str) -> list[str]:
    present = set(table["test"])
    names = [
        name
        for name, one in registry.conditions.items()
        if name in present
        and registry.assay_of[name] == "PartnerPreference"
        and one.relationship == relationship
        and one.mating is not False
        and not (one.drugs or one.arms or one.separation_h or one.side)
        and one.partner_is == "familiar"
    ]
    return sorted(names, key=lambda name: registry.conditions[name].cohousing_h)


def _sessions(kind: str) -> tuple[str, str]:
    return f"operant_{kind}_partner", f"operant_{kind}_stranger"


def _first_test(table: pd.DataFrame) -> str:
    return str(table["test"].iloc[0])


def _vehicle(registry: Registry, name: str, present: set[str]) -> str | None:
    """The test that differs from a drug test in its drugs only."""
    own = registry.conditions[name].model_dump(exclude={"name", "drugs", "note"})
    for other, one in registry.conditions.items():
        same_assay = other in present and registry.assay_of[other] == registry.assay_of[name]
        if same_assay and not one.drugs and one.model_dump(exclude={"name", "drugs", "note"}) == own:
            return other
    return None


def _drug_label(registry: Registry, name: str, narrow: bool) -> str:
    one = registry.conditions[name]
    what = " + ".join(_DRUGS[drug.drug] for drug in one.drugs)
    when = "at the test" if one.drugs[0].start_s >= 0 else "while cohoused"
    who = f"{'unmated' if one.mating is False else one.relationship} {one.cohousing_h:g} h"
    return f"{who}\n{what},\n{when}" if narrow else f"{who}: {what}, {when}"


def _two_lines(label: str) -> str:
    return label.replace("-", "-\n", 1).replace(" ", "\n", 1)
