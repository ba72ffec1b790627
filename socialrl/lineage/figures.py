"""Figures of a lineage: pedigree, generations, care against expression, mothers against daughters, variance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from socialrl.drawing import style
from socialrl.lineage.outcome import RECEPTOR, Lineage
from socialrl.lineage.variance import BIRTH, FAMILY, REARING, REST

_SCALE = "PuOr"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6D00", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_PARTS = {BIRTH: "#0072B2", REARING: "#E69F00", FAMILY: "#009E73", REST: style.PALE}


@dataclass(frozen=True)
class Subject:
    """What one figure shows: its title, its caption, and how it is drawn, for a narrow screen or a wide one."""

    title: str
    caption: str
    draw: Callable[[Lineage, bool], Figure | None]


def pedigree(lineage: Lineage, narrow: bool) -> Figure:
    """Litters from founders (top) to the last generation, joined by who bore and who reared their dams."""
    litters = _litters(lineage)
    generations = lineage.config.generations
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 0.9 + 0.62 * (generations + 1))
    ax = figure.add_subplot()
    at = {
        name: (x, -number) for name, x, number in zip(litters.index, litters["x"], litters["generation"], strict=True)
    }
    for name, row in litters.iterrows():
        for column, colour, dashes in (
            ("born", style.PALE, "-"),
            ("sired", style.PALE, "-"),
            ("reared", style.STRANGER, (0, (2, 1.5))),
        ):
            mother = row[column]
            if mother in at and (column != "reared" or mother != row["born"]):
                ax.plot(*zip(at[mother], at[str(name)], strict=True), color=colour, linestyle=dashes, linewidth=0.7,
                        zorder=1)  # fmt: skip
    known = litters["expression"].to_numpy(np.float64)
    reach = max(0.02, float(np.nanmax(np.abs(known - 1.0), initial=0.0)))
    norm = TwoSlopeNorm(1.0, 1.0 - reach, 1.0 + reach)
    size = min(60.0, 2400.0 / max(litters["x"].max() + 1.0, 1.0)) * (0.5 if narrow else 1.0)
    marks = ax.scatter(litters["x"], -litters["generation"], c=known, cmap=_SCALE, norm=norm, s=size, zorder=3,
                       edgecolors=style.SOFT, linewidths=0.4, plotnonfinite=True)  # fmt: skip
    assert isinstance(marks, ScalarMappable)
    figure.colorbar(marks, ax=ax, label="Expression", aspect=12, shrink=0.8)
    ax.set_yticks(
        [-number for number in range(generations + 1)],
        ["Founders", *(f"Generation {number}" for number in range(1, generations + 1))],
    )
    middles = litters.groupby("cell", sort=False)["x"].mean()
    ax.set_xticks(list(middles), list(middles.index), rotation=25 if len(middles) > 3 or narrow else 0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
    handles = [Line2D([], [], color=style.PALE, label="its parents were born in")]
    if (litters["reared"] != litters["born"]).any():
        handles.append(Line2D([], [], color=style.STRANGER, linestyle=(0, (2, 1.5)), label="its dam grew up in"))
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure


def generations(lineage: Lineage, narrow: bool) -> Figure:
    """Means over litters with intervals, from generation to generation; with all arms off they must be flat."""
    names = ["care", "expression", RECEPTOR, "reactivity", "licking_share", *list(lineage.tested)[:1]]
    figure, axes = _panels(len(names), narrow, 2.0)
    means = lineage.tables["means"]
    cells = list(lineage.config.cells)
    for ax, name in zip(axes, names, strict=True):
        rows = means[means["measure"] == name]
        for k, cell in enumerate(cells):
            own = rows[(rows["cell"] == cell) & rows["value"].notna()]
            colour, marker = _looks(lineage, cell)
            x = own["generation"].to_numpy(np.float64) + (k - (len(cells) - 1) / 2) * 0.08
            reach = np.nan_to_num(np.stack([own["value"] - own["low"], own["high"] - own["value"]]).astype(np.float64))
            ax.errorbar(x, own["value"], yerr=np.clip(reach, 0.0, None), color=colour, marker=marker, markersize=4.5,
                        linewidth=1.2, elinewidth=0.9)  # fmt: skip
        _label(ax, lineage, name)
        ax.set_xticks(range(lineage.config.generations + 1))
        ax.set_xlabel("Generation (0: founders)")
    _legend(figure, lineage, narrow)
    return figure


def care_and_expression(lineage: Lineage, narrow: bool) -> Figure | None:
    """What litters got against what their pups express, and how they react to stress."""
    litters = lineage.pups.groupby(["cell", "rearing_litter"], sort=False)
    means = litters[["care", "expression_weaned", "expression", "reactivity"]].mean().reset_index()
    if means.empty:
        return None
    figure, axes = _panels(3, narrow, 2.5)
    named = {"expression_weaned": "Expression at weaning", "expression": "Expression of adults",
             "reactivity": "Reactivity of adults"}  # fmt: skip
    for ax, (name, label) in zip(axes, named.items(), strict=True):
        for cell, own in means.groupby("cell", sort=False):
            colour, marker = _looks(lineage, str(cell))
            ax.scatter(own["care"], own[name], color=colour, marker=marker, s=16, alpha=0.7, linewidths=0)
        ax.axvline(1.0, color=style.SOFT, linestyle=(0, (1, 1.5)), linewidth=1.0)
        ax.axhline(1.0, color=style.SOFT, linestyle=(0, (1, 1.5)), linewidth=1.0)
        ax.set_xlabel("Care received, reference = 1")
        ax.set_title(label)
    _legend(figure, lineage, narrow)
    return figure


def mothers_and_daughters(lineage: Lineage, narrow: bool) -> Figure | None:
    """Licking of dams against licking of the daughters that they bore and of those that they reared."""
    mothers = lineage.tables["mothers"]
    mothers = mothers[(mothers["measure"] == "licking_share") & mothers["mothers"].notna()]
    relations = lineage.relations
    if mothers.empty:
        return None
    figure, axes = _panels(len(relations), narrow, 2.8)
    for ax, relation in zip(axes, relations, strict=True):
        rows = mothers[mothers["relation"] == relation]
        for cell, own in rows.groupby("cell", sort=False):
            colour, marker = _looks(lineage, str(cell))
            ax.scatter(own["mothers"], own["daughters"], color=colour, marker=marker, s=16, alpha=0.7, linewidths=0)
        ax.set_title(f"By {relation}")
        style.few_ticks(ax, x=4, y=5)
        ax.set_xlabel("Licking of the mother, share of time")
        ax.set_ylabel("Licking of her daughters")
    _legend(figure, lineage, narrow)
    return figure


def variance(lineage: Lineage, narrow: bool) -> Figure | None:
    """Shares of the variance between animals: born, reared, neither."""
    split = lineage.tables["variance"]
    split = split[split["share"].notna()]
    measures = list(dict.fromkeys(split["measure"]))
    if not measures:
        return None
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 1.0 + 0.42 * len(measures))
    ax = figure.add_subplot()
    for place, name in enumerate(reversed(measures)):
        left = 0.0
        for row in split[split["measure"] == name].to_dict("records"):
            ax.barh(place, row["share"], left=left, color=_PARTS[row["component"]], height=0.62)
            if row["share"] > 0.08:
                ink = style.ON_LIGHT if row["component"] in (REST, REARING) else style.ON_DARK
                ax.text(left + row["share"] / 2, place, f"{row['share']:.2f}", ha="center", va="center", color=ink,
                        fontsize=8)  # fmt: skip
            left += row["share"]
    ax.set_yticks(range(len(measures)), [lineage.labels[name][0] for name in reversed(measures)])
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("Share of the variance between animals")
    parts = list(dict.fromkeys(split["component"]))
    style.group_legend(figure, [(name, _PARTS[name], "s") for name in parts], len(parts))
    return figure


SUBJECTS: dict[str, Subject] = {
    "pedigree": Subject(
        "Who descends from whom?",
        "Every mark is a litter, coloured by the mean expression of its pups (founders: of the pair). "
        "Solid lines lead to the litters that its parents were born in, dashed ones to the nest that its dam grew up "
        "in.",
        pedigree,
    ),
    "generations": Subject(
        "Do generations differ?",
        "Means over litters with 95 % intervals. With all arms off, expression and reactivity are 1 in every "
        "generation and nothing else may have a trend.",
        generations,
    ),
    "care": Subject(
        "What does care do?",
        "One mark a nest: what the litter got, against the means of its pups. At weaning, expression follows care by "
        "construction; from then on company moves it, too.",
        care_and_expression,
    ),
    "mothers": Subject(
        "Do daughters rear as they were reared?",
        "One mark a mother: her licking against the mean of the daughters that she bore, and of those that she reared. "
        "Where all pups grow up with their own parents both are the same.",
        mothers_and_daughters,
    ),
    "variance": Subject(
        "Born or made?",
        "Shares of the variance between animals that go with the litter of birth, with the nest, and with neither, by "
        "a mixed model; `variance.csv` has the intervals.",
        variance,
    ),
}


_PARENTS = ("born", "reared", "sired")
"""The litters that the dam was born in and grew up in, and the one that the sire was born in."""


def _looks(lineage: Lineage, cell: str) -> tuple[str, str]:
    """Return colour and marker of a cell, by its place in the file."""
    place = list(lineage.config.cells).index(cell)
    return _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]


def _litters(lineage: Lineage) -> pd.DataFrame:
    """Return one row per litter (index: its name): generation, place across the page, expression, dam's litters."""
    animals = lineage.animals
    dams, sires = (animals[animals["breeds"] & (animals["sex"] == sex)].set_index("pair") for sex in ("female", "male"))
    cells = {cell: k for k, cell in enumerate(lineage.config.cells)}
    wide = lineage.config.litters + 2
    rows = {}
    for pair, dam in dams[dams["generation"] == 0].iterrows():
        expression = 0.5 * (dam["expression"] + sires.loc[pair, "expression"])
        rows[f"founders {pair}"] = {
            "generation": 0,
            "cell": dam["cell"],
            "place": dam["place"],
            "expression": expression,
        }
    born = animals[animals["generation"] > 0]
    made = born.groupby("birth_litter", sort=False)
    for litter, pups in made:
        dam = dams.loc[litter]
        of_founders = f"founders {litter}"
        rows[str(litter)] = {
            "generation": int(pups["generation"].iloc[0]),
            "cell": pups["cell"].iloc[0],
            "place": pups["place"].iloc[0],
            "expression": pups["expression"].mean(),
            "born": dam["birth_litter"] or of_founders,
            "reared": dam["rearing_litter"] or of_founders,
            "sired": sires.loc[litter, "birth_litter"],
        }
    columns = ["generation", "cell", "place", "expression", *_PARENTS]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table = table.fillna(dict.fromkeys(_PARENTS, ""))
    return table.assign(x=table["cell"].map(cells) * wide + table["place"])


def _panels(n: int, narrow: bool, height_in: float) -> tuple[Figure, list[Axes]]:
    columns = 1 if narrow else min(n, 3)
    lines = math.ceil(n / columns)
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, height_in * lines + 0.4)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for unused in axes[n:]:
        unused.set_axis_off()
    return figure, list(axes[:n])


def _label(ax: Axes, lineage: Lineage, name: str) -> None:
    label, unit = lineage.labels[name]
    ax.set_title(label)
    ax.set_ylabel(unit or "fraction")


def _legend(figure: Figure, lineage: Lineage, narrow: bool) -> None:
    entries = [(cell, *_looks(lineage, cell)) for cell in lineage.config.cells]
    style.group_legend(figure, entries, 2 if narrow else 4)
