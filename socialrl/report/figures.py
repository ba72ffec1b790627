"""Figures of a study: learning, preference over cohousing, huddle of each animal, what rewarded them, event curves.

Each function takes a `Study` and `narrow` (a phone: panels below each other) and returns a figure, or None when the
study has no data for it. Dots are animals, thick marks are means, bars are 95 % bootstrap intervals over animals.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.analysis.survival import reached_share
from socialrl.drawing import panels, style, wording
from socialrl.report.study import Group, Study


def learning_curves(study: Study, narrow: bool) -> Figure | None:
    """Preference in the frozen probes against training steps, one panel per test condition."""
    conditions = panels.conditions_with(study, study.probes)
    if not conditions:
        return None
    groups = panels.groups_with(study, study.probes)
    figure, axes = panels.panel_grid(len(conditions), narrow, height_in=2.3)
    for ax, condition in zip(axes, conditions, strict=True):
        for group in groups:
            rows = study.of(study.probes, group, condition)
            faint = min(0.3, 2.4 / max(rows["animal"].nunique(), 1))
            for _, animal in rows.sort_values("steps").groupby("animal"):
                ax.plot(animal["steps"] / 1000, animal["preference"], color=group.colour, alpha=faint, linewidth=0.7)
            by_step = [(steps, statistics.mean_interval(at["preference"])) for steps, at in rows.groupby("steps")]
            steps = np.array([step for step, _ in by_step], dtype=float) / 1000
            means = [estimate for _, estimate in by_step]
            panels.band(ax, steps, means, group)
        panels.reference_lines(ax)
        ax.set_title(f"Cohoused {condition.label}")
        ax.set_ylim(-0.02, 1.02)
        style.few_ticks(ax, x=5)
        if panels.first_in_row(ax):
            ax.set_ylabel("Preference, P / (P + S)")
    panels.label_x(axes, "Training steps (thousands)")
    panels.legend(figure, groups, narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def preference_by_cohousing(study: Study, narrow: bool) -> Figure | None:
    """Preference of each animal against cohousing hours, groups side by side, one panel per relationship."""
    if study.final.empty:
        return None
    kinds = list(dict.fromkeys((c.relationship, c.separation_h) for c in panels.conditions_with(study, study.final)))
    groups = panels.groups_with(study, study.final)
    crowded = len(kinds) > 1 or len(groups) * len(study.conditions) > 12
    width_in = style.NARROW_IN if narrow else (style.WIDE_IN if crowded else 6.0)
    figure = style.new_figure(width_in, 3.3 * len(kinds) if narrow else 3.7)
    shape = (len(kinds), 1) if narrow else (1, len(kinds))
    times = [[c for c in study.conditions if (c.relationship, c.separation_h) == kind] for kind in kinds]
    ratios: dict[str, Any] = {} if narrow else {"width_ratios": [1 + len(own) for own in times]}
    axes = figure.subplots(*shape, squeeze=False, sharey=True, gridspec_kw=ratios).ravel()
    for ax, (relationship, separation_h), own in zip(axes, kinds, times, strict=True):
        places, lanes = np.arange(len(own), dtype=float), panels.lanes(len(groups), 0.74)
        for group, lane in zip(groups, lanes, strict=True):
            means = []
            for place, condition in zip(places, own, strict=True):
                rows = study.of(study.final, group, condition)
                panels.dots(ax, place + lane, rows, rows["preference"], group, 0.5 / len(groups))
                means.append(statistics.mean_interval(rows["preference"]))
            ax.plot(places + lane, [m.value for m in means], color=group.colour, linewidth=1.0, alpha=0.75, zorder=3)
            panels.bars(ax, places + lane, means, group)
        panels.reference_lines(ax)
        ax.set_xticks(places, [f"{condition.cohousing_h:g}" for condition in own])
        ax.set_xlim(-0.6, len(own) - 0.4)
        ax.set_ylim(-0.02, 1.02)
        if len(kinds) > 1:
            apart = f", {separation_h:g} h apart" if separation_h else ""
            ax.set_title(wording.capital(relationship) + apart)
        if narrow or ax is axes[0]:
            ax.set_ylabel("Preference, P / (P + S)")
    figure.supxlabel("Cohousing before the test (h; not to scale)", fontsize=8.5)
    panels.legend(figure, groups, narrow, panels.GUIDE, panels.CHANCE_LINE)
    return figure


def huddle_pairs(study: Study, narrow: bool) -> Figure | None:
    """Partner and stranger huddle minutes of each animal, joined by a line, beside the total; a row per condition."""
    conditions = panels.conditions_with(study, study.final)
    if not conditions:
        return None
    groups = panels.groups_with(study, study.final)
    columns = min(len(groups), 3 if narrow or max(len(group.label) for group in groups) > 15 else 6)
    lines = math.ceil(len(groups) / columns)
    width_in = style.NARROW_IN if narrow else min(style.WIDE_IN, 1.2 + 2.2 * columns)
    figure = style.new_figure(width_in, (1.95 if narrow else 2.1) * lines * len(conditions))
    top = float(np.nanmax(study.final["total_huddle_s"])) / 60 * 1.06 or 1.0
    ticks = ["P", "S", "P + S"] if narrow or columns > 3 else ["partner", "stranger", "both"]
    blocks = np.asarray(figure.subfigures(len(conditions), 1, squeeze=False), dtype=object).ravel()
    for block, condition in zip(blocks, conditions, strict=True):
        block.suptitle(f"Cohoused {condition.label}", x=0.01, ha="left", fontsize=9, fontweight="bold")
        axes = block.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for number, ax in enumerate(axes):
            if number >= len(groups):
                ax.set_axis_off()
                continue
            group = groups[number]
            rows = study.of(study.final, group, condition)
            _huddle_panel(ax, rows, group)
            title = f"{group.label}{chr(10) if narrow or columns > 3 else ', '}n = {len(rows)}"
            ax.set_title(title, color=group.colour, fontsize=7.5 if columns > 3 else 8)
            ax.set_ylim(-0.02 * top, top)
            style.few_ticks(ax, y=4)
            ax.set_xticks([0, 1, 2.1], ticks)
            ax.tick_params(axis="x", length=0, labelbottom=number + columns >= len(groups))
            if panels.first_in_row(ax):
                ax.set_ylabel("Huddle (min)")
    return figure


def reward_terms(study: Study, narrow: bool) -> Figure | None:
    """Mean reward per test from each term, groups side by side, one panel per test condition."""
    conditions = panels.conditions_with(study, study.final)
    terms = [str(name) for name in study.final.columns if str(name).startswith("reward_")]
    if not conditions or not terms:
        return None
    groups = panels.groups_with(study, study.final)
    figure, axes = panels.panel_grid(
        len(conditions), narrow, height_in=0.55 + len(terms) * max(0.2, 0.1 + 0.065 * len(groups)), share_x=True
    )
    places, lanes = np.arange(len(terms), dtype=float), panels.lanes(len(groups), 0.62)
    for ax, condition in zip(axes, conditions, strict=True):
        ax.axvline(0, color=style.SOFT, linewidth=0.8)
        for place in places[::2]:
            ax.axhspan(place - 0.5, place + 0.5, color="#f4f6f8", zorder=0)
        for group, lane in zip(groups, lanes, strict=True):
            rows = study.of(study.final, group, condition)
            means = [statistics.mean_interval(rows[term]) for term in terms]
            panels.bars(ax, places + lane, means, group, across=True)
        labels = [wording.term_label(term.removeprefix("reward_")) for term in terms]
        ax.set_yticks(places, labels)
        ax.tick_params(axis="y", length=0, labelleft=panels.first_in_row(ax))
        ax.tick_params(axis="x", labelbottom=not narrow)  # below each other on a phone, the last one's are enough
        ax.set_ylim(len(terms) - 0.5, -0.5)
        ax.spines["left"].set_visible(False)
        ax.set_title(f"Cohoused {condition.label}")
        style.few_ticks(ax, x=4)
    panels.label_x(axes, "Reward per test")
    panels.legend(figure, groups, narrow)
    return figure


def criterion_curves(study: Study, narrow: bool) -> Figure | None:
    """Share of animals that have reached the criterion against training steps; ticks are animals that did not."""
    conditions = panels.conditions_with(study, study.criterion)
    if not conditions:
        return None
    groups = panels.groups_with(study, study.criterion)
    figure, axes = panels.panel_grid(len(conditions), narrow, height_in=2.1)
    end = max(float(study.criterion["steps_followed"].max()) / 1000, 1e-9)
    for ax, condition in zip(axes, conditions, strict=True):
        taken: list[tuple[float, float]] = []
        for group, shift in zip(groups, panels.lanes(len(groups), 0.03), strict=True):
            rows = study.of(study.criterion, group, condition)
            if len(rows):
                _event_curve(ax, rows, group, float(shift), taken)
        ax.set_ylim(-0.05, 1.07)
        ax.set_xlim(-0.02 * end, end * (1.03 + 0.045 * len(groups)))
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "1/2", "", "1"])
        ax.set_title(f"Cohoused {condition.label}")
        style.few_ticks(ax, x=5)
        if panels.first_in_row(ax):
            ax.set_ylabel("Share at criterion")
    panels.label_x(axes, "Training steps (thousands)")
    mark = Line2D([], [], color=style.SOFT, marker="|", markersize=8, linestyle="none", label="not reached (number)")
    panels.legend(figure, groups, narrow, mark)
    return figure


def _event_curve(ax: Axes, rows: pd.DataFrame, group: Group, shift: float, taken: list[tuple[float, float]]) -> None:
    """One group's curve; `shift` keeps equal curves apart, `taken` are the places of numbers already written."""
    steps, share = reached_share(rows["event_steps"], rows["reached"])
    last = max(float(rows["steps_followed"].max()), float(steps[-1]))
    x = np.concatenate([[0.0], steps, [last]]) / 1000
    ax.step(x, np.concatenate([[0.0], share, [share[-1]]]) + shift, where="post", color=group.colour, linewidth=1.7)
    censored_at, n_censored = np.unique(rows.loc[~rows["reached"], "event_steps"], return_counts=True)
    for at, n in zip(censored_at, n_censored, strict=True):
        level = float(share[np.searchsorted(steps, at, side="right") - 1]) + shift
        ax.plot(at / 1000, level, "|", color=group.colour, markersize=9, markeredgewidth=1.5, clip_on=False)
        beside = sum(abs(at - other) < 1 and abs(level - other_level) < 0.09 for other, other_level in taken)
        taken.append((float(at), level))
        ax.annotate(
            str(n),
            (at / 1000, level),
            xytext=(5 + 9 * beside, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=group.colour,
            annotation_clip=False,
        )


def _huddle_panel(ax: Axes, rows: pd.DataFrame, group: Group) -> None:
    partner, stranger, total = (
        rows[name].to_numpy(dtype=float) / 60 for name in ("huddle_s_partner", "huddle_s_stranger", "total_huddle_s")
    )
    shift = panels.jitter(rows, 0.13)
    for p, s, dx in zip(partner, stranger, shift, strict=True):
        ax.plot([dx, 1 + dx], [p, s], color=group.colour, linewidth=0.7, alpha=0.45, zorder=1)
    looks: dict[str, Any] = {
        "s": panels.DOT,
        "marker": group.marker,
        "edgecolors": group.colour,
        "linewidths": 0.9,
        "zorder": 2,
    }
    ax.scatter(shift, partner, facecolors=group.colour, **looks)
    ax.scatter(1 + shift, stranger, facecolors="white", **looks)
    ax.scatter(2.1 + shift, total, facecolors="#c9ced6", **looks)
    for place, values in ((0, partner), (1, stranger), (2.1, total)):
        mean = statistics.mean_interval(values)
        ax.plot([place - 0.3, place + 0.3], [mean.value] * 2, color=style.INK, linewidth=1.8, zorder=4)
        if math.isfinite(mean.low):
            ax.plot([place, place], [mean.low, mean.high], color=style.INK, linewidth=1.1, zorder=4)
    ax.axvline(1.55, color=style.RULE, linewidth=0.7)
    ax.set_xlim(-0.5, 2.6)
