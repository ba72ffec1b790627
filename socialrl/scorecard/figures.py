"""Figures of the scorecard on preference, defence and drugs, in the form in which the field prints them.

Each function takes evaluation tables, the registry and `narrow` (a phone: panels below each other) and returns a
figure, or None when the tables have nothing for it. Pale marks are animals, marks with bars are means with 95 %
bootstrap intervals over animals.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.measures import CHANCE
from socialrl.drawing import panels, style
from socialrl.findings.contrasts import Tables
from socialrl.findings.registry import Registry
from socialrl.scorecard.marks import (  # fmt: skip
    assay_table,
    draw_lanes,
    first_test,
    groups_of,
    row_of_panels,
    side_by_side,
    values_of,
    with_n,
)
from socialrl_envs.vocabulary import DRUGS

_OF_A_PLAIN_TEST = {"name", "note", "cohousing_h", "relationship"}
"""What tests on one axis of hours may differ in; one with a drug or another stranger has no place among them."""


def bond(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Preference against cohousing hours, with a peer and with a mate, one mark per animal."""
    table = assay_table(tables, "PartnerPreference")
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
    figure, axes = row_of_panels(len(kinds), narrow, 3.2, [1 + len(tests) for tests in kinds.values()])
    for ax, (title, tests) in zip(axes, kinds.items(), strict=True):
        cells = {(g.key, t): values_of(table, registry, "preference", t, g.genotype) for g in groups for t in tests}
        draw_lanes(ax, groups, tests, cells, joined=True)
        panels.reference_lines(ax)
        ax.set_xticks(range(len(tests)), [f"{registry.conditions[test].cohousing_h:g}" for test in tests])
        ax.set_ylim(-0.02, 1.02)
        ax.set_title(title)
        ax.set_xlabel("Cohousing before the test (h; not to scale)")
    axes[0].set_ylabel("Preference, P / (P + S)")
    panels.legend(figure, with_n(groups, table), narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def defend(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Attacks on an intruder and the time kept apart from it, one mark per animal, by genotype."""
    table = assay_table(tables, "StrangerEncounter")
    if table is None:
        return None
    labels = {"attacks": "Attacks in 10 min", "avoidance": "Share of time apart"}
    return _by_genotype(table, registry, labels, first_test(table), narrow)


def drugs(tables: Tables, registry: Registry, narrow: bool) -> Figure | None:
    """Preference of wild types with and without drugs, one line per drug condition, its vehicle as an open mark."""
    table = assay_table(tables, "PartnerPreference")
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
        values = values_of(table, registry, "preference", name, wild[0].genotype)
        vehicle = _vehicle(registry, name, present)
        ax.axhline(place, color=style.RULE, linewidth=0.6, zorder=0)
        if vehicle:
            mean = statistics.mean_interval(values_of(table, registry, "preference", vehicle, wild[0].genotype))
            ax.plot([mean.low, mean.high], [place - 0.17] * 2, color=style.SOFT, linewidth=1.3, zorder=2)
            ax.plot(mean.value, place - 0.17, marker="o", markersize=4.6, mfc=style.GROUND, color=style.SOFT, zorder=3)
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
    vehicle_mark = Line2D(
        [], [], marker="o", mfc=style.GROUND, color=style.SOFT, markersize=4.6, label="same test, no drug"
    )
    style.group_legend(
        figure, [(f"{with_n(wild, table)[0].label}, drug", wild[0].colour, wild[0].marker)], 2, vehicle_mark
    )
    return figure


def _by_genotype(
    table: pd.DataFrame, registry: Registry, labels: Mapping[str, str], test: str, narrow: bool
) -> Figure | None:
    groups = groups_of(table, registry)
    if not groups:
        return None
    figure, axes = row_of_panels(len(labels), narrow, 2.8, [1] * len(labels))
    for ax, (measure, label) in zip(axes, labels.items(), strict=True):
        cells = {(g.key, test): values_of(table, registry, measure, test, g.genotype) for g in groups}
        side_by_side(ax, groups, test, cells)
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0)
    return figure


def _plain_tests(registry: Registry, table: pd.DataFrame, relationship: str) -> list[str]:
    present = set(table["test"])
    names = [
        name
        for name, one in registry.conditions.items()
        if name in present
        and registry.assay_of[name] == "PartnerPreference"
        and one.relationship == relationship
        and one.model_dump(exclude=_OF_A_PLAIN_TEST, exclude_defaults=True) in ({}, {"mating": True})
    ]
    return sorted(names, key=lambda name: registry.conditions[name].cohousing_h)


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
    what = " + ".join(_drug_and_dose(given.drug, given.dose) for given in one.drugs)
    when = "at the test" if one.drugs[0].start_s >= 0 else "while cohoused"
    who = f"{'unmated' if one.mating is False else one.relationship} {one.cohousing_h:g} h"
    return f"{who}\n{what},\n{when}" if narrow else f"{who}: {what}, {when}"


def _drug_and_dose(name: str, dose: float) -> str:
    """The drug's label, with the dose where a higher one is possible: several doses are several lines."""
    drug = DRUGS[name]
    return drug.label if dose == drug.highest else f"{drug.label} {dose:g}"
