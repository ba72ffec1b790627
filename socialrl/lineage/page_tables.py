"""The tables of a lineage's page, and of the terminal: rows of ready text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from socialrl.analysis.statistics import Estimate
from socialrl.drawing.tables import Cell, Table, text_table
from socialrl.drawing.wording import MISSING, interval, number, p_value
from socialrl.lineage.outcome import Lineage


def shown(row: Mapping[str, Any], name: str = "value", *, sign: bool = False) -> str:
    """Return "0.91 [0.85, 0.95]" of a row with `name`, `low` and `high`."""
    digits = 3 if abs(row[name]) < 0.1 else 2
    return interval(Estimate(row[name], row["low"], row["high"], 0, ""), digits, sign=sign)


def findings(lineage: Lineage) -> Table:
    """Published findings: what was expected, the difference, what so many litters could show, and the verdict."""
    rows = [
        [
            Cell(f"{row['finding']}: {row['says']}", below=row["source"]),
            Cell(lineage.labels[row["measure"]][0]),
            Cell(row["expected"]),
            Cell(row["verdict"], below=_because(row)),
            Cell(shown(row, "difference", sign=True) if pd.notna(row["difference"]) else MISSING),
            Cell(_smallest(row["could_see"])),
            Cell(str(row["n"])),
        ]
        for row in lineage.tables["findings"].to_dict("records")
    ]
    head = ("Finding", "Measure", "Expected", "Verdict", "Difference", "Could be seen", "Litters")
    return Table("", head, rows, n_left=4)


def _because(row: Mapping[str, Any]) -> str:
    return row["because"] if row["use"] == "predicted" else f"{row['use']}; {row['because']}"


def means(lineage: Lineage, measures: list[str]) -> Table:
    """Means over litters: a row per cell and generation, a column per measure."""
    table = lineage.tables["means"]
    rows = []
    for (cell, generation), own in table.groupby(["cell", "generation"], sort=False):
        by_measure = {row["measure"]: row for row in own.to_dict("records")}
        n = max(row["n"] for row in by_measure.values())
        rows.append([str(cell), str(generation), str(n), *(shown(by_measure[name]) for name in measures)])
    head = ("Cell", "Generation", "Litters", *(lineage.labels[name][0] for name in measures))
    return text_table(head, rows, n_left=2)


def trends(lineage: Lineage, measures: list[str]) -> Table:
    """Change from one generation to the next, with the null control in words."""
    rows = []
    for cell, own in lineage.tables["trends"].groupby("cell", sort=False):
        by_measure = {row["measure"]: row for row in own.to_dict("records")}
        rows.append([str(cell), *(shown(by_measure[name], sign=True) for name in measures)])
    return text_table(("Cell", *(lineage.labels[name][0] for name in measures)), rows)


def contrasts(lineage: Lineage, measures: list[str]) -> Table:
    """Differences of cells from the first one, by generation."""
    table = lineage.tables["contrasts"]
    rows = [
        [
            row["cell"],
            str(row["generation"]),
            lineage.labels[row["measure"]][0],
            shown(row, "difference", sign=True),
            p_value(row["p"]),
            _smallest(row["smallest_seen"]),
            str(row["n"]),
        ]
        for row in table[table["measure"].isin(measures)].to_dict("records")
    ]
    head = ("Cell", "Generation", "Measure", "Difference", "p", "Smallest to be seen", "Litters")
    return text_table(head, rows, n_left=3)


def variance(lineage: Lineage) -> Table:
    """Shares of the variance between animals."""
    rows = [
        [
            lineage.labels[row["measure"]][0],
            row["component"],
            MISSING if pd.isna(row["variance"]) else f"{row['variance']:.2g}",
            shown(row, "share") if pd.notna(row["share"]) else row["note"],
            f"{row['n_animals']} / {row['n_births']} / {row['n_rearings']}",
        ]
        for row in lineage.tables["variance"].to_dict("records")
    ]
    return text_table(("Measure", "Goes with", "Variance", "Share", "Animals / births / nests"), rows, n_left=2)


def effects(lineage: Lineage) -> Table:
    """What groups of parents and treatments do, by the same model."""
    rows = [
        [
            lineage.labels[row["measure"]][0],
            row["effect"],
            shown(row, "difference", sign=True),
            p_value(row["p"]),
            _smallest(row["smallest_seen"]),
            f"{row['n_animals']} / {row['n_rearings']}",
        ]
        for row in lineage.tables["effects"].to_dict("records")
    ]
    head = ("Measure", "Effect", "Difference", "p", "Smallest to be seen", "Animals / nests")
    return text_table(head, rows, n_left=2)


def transmission(lineage: Lineage) -> Table:
    """Correlations of mothers and daughters."""
    rows = [
        [lineage.labels[row["measure"]][0], row["relation"], row["over"], shown(row, "r"), str(row["n"])]
        for row in lineage.tables["transmission"].to_dict("records")
        if row["relation"] in lineage.relations
    ]
    return text_table(("Measure", "Mother", "Over", "r", "Mothers"), rows, n_left=3)


def care(lineage: Lineage) -> Table:
    """Correlations of the care that a litter got with what became of its pups."""
    rows = [
        [lineage.labels[row["measure"]][0], row["over"], shown(row, "r"), str(row["n"])]
        for row in lineage.tables["care"].to_dict("records")
    ]
    return text_table(("Measure", "Over", "r with care received", "Litters"), rows, n_left=2)


def _smallest(value: float) -> str:
    return MISSING if pd.isna(value) else number(value, 3 if abs(value) < 0.1 else 2)
