"""One small panel a finding: the two sides of the comparison that decided it, animal by animal.

The figures of `figures.py` show what the field shows of an assay; these show what each verdict rests on, in the unit of
its measure, for all findings of a question alike.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from socialrl.analysis import statistics
from socialrl.drawing import panels, style
from socialrl.drawing.groups import Group, group_of
from socialrl.findings.registry import Registry
from socialrl.findings.scorecard import Row, Scorecard
from socialrl.scorecard.words import SYMBOL

_AS_WIDE = 15
"""Letters of a label's line below a panel."""
_ACROSS = 3


def multiples(card: Scorecard, question: str, narrow: bool) -> Figure | None:
    """Return a panel for every finding of a question that was compared, or None where there is none.

    Left is the side that the comparison names second, right the one that it is about; against a number or a published
    mean there is a line. Thin lines join an animal with itself.
    """
    rows = leading_rows(card, question)
    if not rows:
        return None
    columns = 1 if narrow else min(len(rows), _ACROSS)
    lines = -(-len(rows) // columns)
    width_in = style.NARROW_IN if narrow else style.WIDE_IN * columns / _ACROSS
    figure = style.new_figure(width_in, 2.75 * lines)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for unused in axes[len(rows) :]:
        unused.set_axis_off()
    for ax, row in zip(axes, rows, strict=False):
        _panel(ax, row, card.registry)
    return figure


def leading_rows(card: Scorecard, question: str) -> list[Row]:
    """Return the deciding comparison of each finding of a question, of those that have values of animals."""
    found = [one.leading for one in card.findings if one.finding.question == question]
    return [row for row in found if row is not None and row.effect.side_a is not None and len(row.effect.side_a)]


def _panel(ax: Axes, row: Row, registry: Registry) -> None:
    this, than = row.effect.side_a, row.effect.side_b
    assert this is not None
    sides = [this] if than is None else [than, this]
    looks = _looks(row, registry, len(sides))
    if than is not None and row.contrast.paired:
        for pair in pd.concat([than, this], axis=1, join="inner").to_numpy(dtype=float):
            ax.plot([0.12, 0.88], pair, color=style.RULE, linewidth=0.5, zorder=1)
    for place, (values, one) in enumerate(zip(sides, looks, strict=True)):
        rows = pd.DataFrame({"index": np.arange(len(values))})
        panels.dots(ax, float(place), rows, values, one, 0.1)
        outwards = 0.24 if place == len(sides) - 1 else -0.24
        panels.bars(ax, np.array([place + outwards]), [statistics.mean_interval(values)], one)
    reference = row.contrast.reference.mean if row.contrast.reference else row.effect.reference
    if np.isfinite(reference):
        ax.axhline(reference, color=style.SOFT, linewidth=0.9, linestyle=(0, (5, 2)), zorder=0)
    ax.set_xlim(-0.55, len(sides) - 0.45)
    below = [f"{label}\nn = {len(values)}" for label, values in zip(labels(row), sides, strict=True)]
    ax.set_xticks(range(len(sides)), below)
    ax.tick_params(axis="x", length=0, labelsize=7)
    ax.tick_params(axis="y", labelsize=7)
    if len({one.key for one in looks}) == 1:  # labels that differ in the test do not say whose it is
        ax.set_xlabel(looks[0].label, fontsize=7)
    # A difference from published values is in their standard deviations; the animals are in the measure's own unit.
    drawn_in = row.measure.unit if row.contrast.reference else row.effect.unit
    unit = "" if drawn_in in ("fraction", "index", "") else f" ({drawn_in})"
    ax.set_ylabel(textwrap.fill(f"{row.measure.label}{unit}", 24), fontsize=7.5)
    title = textwrap.fill(f"{SYMBOL[row.verdict]} {row.name}  {row.finding.title}", 34)
    ax.set_title(title, fontsize=7.5, fontweight="normal")


def _looks(row: Row, registry: Registry, n: int) -> list[Group]:
    """How the sides look: the group's colour; the second side of one group stands out, the first is grey."""
    this = row.contrast.this
    names = [this.group[0]] if n == 1 else [row.contrast.than.group[0] if row.contrast.than else "", this.group[0]]
    return [group_of(name, registry.groups[name].oxtr_gain) for name in names if name]


def labels(row: Row) -> list[str]:
    """Return the words below the sides, left and right: what differs between them, the conditions or the groups."""
    this, than = row.contrast.this, row.contrast.than
    if than is None or row.effect.side_b is None:
        return [_wrapped(_tests(this.conditions))]
    same_group = this.group[0] == than.group[0]
    same_tests = (this.conditions, this.minus, this.where) == (than.conditions, than.minus, than.where)
    words = []
    for side in (than, this):
        parts = [] if same_group and not same_tests else [side.group[0].replace("_", " ")]
        if not same_tests:
            parts.append(_tests(side.conditions) + (f" − {_tests(side.minus)}" if side.minus else ""))
        parts += [f"{key} {value}" for key, value in side.where.items() if not same_tests]
        words.append(_wrapped(", ".join(parts)))
    return words


def _tests(names: Sequence[str]) -> str:
    """Name several tests by what their names have in common, a single one by its name."""
    if len(names) == 1:
        return re.sub(r"(?<=\d)(h|d|s|min)\b", r" \1", names[0].replace("_", " "))
    words = [name.split("_") for name in names]
    common = [one[0] for one in itertools.takewhile(lambda one: len(set(one)) == 1, zip(*words, strict=False))]
    return " ".join(common) or f"{_tests(names[:1])} …"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _AS_WIDE)
