"""The figure of a group habitat: does the partner keep its share of an animal's contact, hour by hour?"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.analysis import statistics
from socialrl.analysis.association import OWN_KIND
from socialrl.drawing import panels, style, wording
from socialrl.report.study import Study

CHANCE = 1 / 7  # of the partner among seven others: that of the measure partner_share
_CHANCE_LINE = Line2D([], [], color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), label="no preference, 1/7")


def partner_share(study: Study, narrow: bool) -> Figure | None:
    """Share of the partner in all contact against hours, a panel per test and company; None without a habitat."""
    table = study.habitat
    if table.empty:
        return None
    several = len(study.runs) > 1
    places = list(dict.fromkeys(zip(table["run"], table["test"], table["company"], strict=True)))
    figure, axes = panels.panel_grid(len(places), narrow, height_in=2.6)
    for ax, (run, test, company) in zip(axes, places, strict=True):
        here = table[(table["run"] == run) & (table["test"] == test) & (table["company"] == company)]
        for group in study.groups_in(here):
            rows = study.of(here, group)
            if rows.empty:
                continue
            for _, pair in rows.groupby("pair"):
                ax.plot(pair["hour"], pair["share"], color=group.colour, alpha=0.25, linewidth=0.7)
            spans = [(hour, statistics.mean_interval(at["share"])) for hour, at in rows.groupby("hour")]
            panels.band(ax, np.array([hour for hour, _ in spans]), [mean for _, mean in spans], group)
        ax.axhline(CHANCE, zorder=0, color=_CHANCE_LINE.get_color(), linewidth=1.1, linestyle=(0, (1, 1.5)))
        ax.set_ylim(-0.02, 1.02)
        title = _title(test, company, several=table["test"].nunique() > 1)
        ax.set_title(f"{run}\n{title}" if several else title)
        if panels.first_in_row(ax):
            ax.set_ylabel("Partner's share of contact")
    panels.label_x(axes, "Hours in the habitat")
    panels.legend(figure, study.groups_in(table), narrow, _CHANCE_LINE)
    return figure


def caption(study: Study) -> str:
    """Return what the figure shows, with the numbers of pairs."""
    n = study.habitat.groupby("group")["pair"].nunique()
    counts = ", ".join(f"{n[group.key]} {group.label}" for group in study.groups_in(study.habitat))
    return (
        "Share of the cage mate in all side-by-side contact. Thin lines are pairs (in mixed pairs each genotype's own "
        "side),"
        f" thick lines their mean, bands the 95 % bootstrap interval over pairs; n = {counts} pairs. Pairs of one "
        "habitat are"
        " not independent of each other, so the intervals are somewhat too narrow. Dotted: equal contact with all "
        "seven others."
    )


def alt(study: Study) -> str:
    """Return the figure in words: each group's share in the first and the last span."""
    parts = []
    for (test, company), rows in study.habitat.groupby(["test", "company"], sort=False):
        for group in study.groups_in(rows):
            by_hour = study.of(rows, group).groupby("hour")["share"].mean()
            first, last = wording.number(by_hour.iloc[0]), wording.number(by_hour.iloc[-1])
            parts.append(f"{group.label} ({_title(str(test), str(company), several=True)}) {first} to {last}")
    return f"Partner's share of contact against hours in the habitat, first to last: {'; '.join(parts)}."


def _title(test: str, company: str, *, several: bool) -> str:
    among = f"Among {company}" if company == OWN_KIND else f"In {company} habitats"
    return f"{test}: {among[0].lower()}{among[1:]}" if several else among
