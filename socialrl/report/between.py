"""Contrasts between runs: the same group in the same test, in one run minus the first.

Animals of equal number are compared in pairs where they are the same individuals (same seed, same individual spread);
else the runs are independent samples. The interval is over animals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from socialrl.analysis import statistics
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording
from socialrl.drawing.groups import Group
from socialrl.drawing.tables import Cell, Table
from socialrl.report.alike import same_animals
from socialrl.report.conditions import Condition
from socialrl.report.study import Study
from socialrl.report.summary import CONTRASTED


@dataclass(frozen=True)
class RunContrast:
    """One measure of a group in one run minus the same in the first run; `n` pairs, or animals of the two runs."""

    group: Group
    reference: Group
    condition: Condition
    measure: str
    paired: bool
    difference: Estimate
    p: float
    n: int
    n_reference: int
    p_holm: float


def run_contrasts(study: Study) -> list[RunContrast]:
    """Return every group of the later runs minus the group of the same name in the first run, in every common test.

    Tests that are longer in one run than in the other are not compared. p values are Holm-corrected within each
    measure; empty for one run.
    """
    first, *others = study.names.values()
    rows: list[RunContrast] = []
    for measure in CONTRASTED:
        found: list[RunContrast] = []
        for run in others:
            alike = same_animals(study.configs[first], study.configs[run])
            for condition in study.conditions:
                for group, reference in _same_groups(study, run, first):
                    ours, theirs = (study.of(study.final, one, condition) for one in (group, reference))
                    if len(ours) and len(theirs) and not _lengths_differ(ours, theirs):
                        found.append(_contrast(group, reference, condition, measure, ours, theirs, paired=alike))
        corrected = statistics.holm([row.p for row in found])
        rows += [replace(row, p_holm=float(p)) for row, p in zip(found, corrected, strict=True)]
    return rows


def only_in_one(study: Study) -> str:
    """Return which groups cannot be compared, because another run has none of that name; empty when all can."""
    runs = list(study.names.values())
    tested = study.groups_in(study.final)
    names = {run: {(group.genotype, group.sex) for group in tested if group.run == run} for run in runs}
    lonely = [
        group.label
        for group in study.groups
        if len(runs) > 1 and not any((group.genotype, group.sex) in names[run] for run in runs if run != group.run)
    ]
    return f"Without a group of the same name in another run: {', '.join(lonely)}." if lonely else ""


def of_other_length(study: Study) -> str:
    """Return which runs have tests that the first run has with another length; empty where there is none."""
    first, *others = study.names.values()
    theirs = study.final[study.final["run"] == first] if len(study.final) else study.final
    told = []
    for run in others:
        ours = study.final[study.final["run"] == run] if len(study.final) else study.final
        labels = [
            one.label
            for one in study.conditions
            if _lengths_differ(study.of(ours, None, one), study.of(theirs, None, one))
        ]
        if labels:
            told.append(f"{run} (after {', '.join(labels)})")
    return f"Not compared, because the tests are longer or shorter than in {first}: {'; '.join(told)}." if told else ""


def table(study: Study, rows: list[RunContrast]) -> Table:
    """Return the contrasts as a table of the page: preference and, beside it, total huddle."""
    totals = {(row.group, row.condition): row for row in rows if row.measure == "total_huddle_s"}
    head = ("Cohoused", "Group", "Preference, difference", "p (Holm)", "n", "Total huddle, min, difference", "p (Holm)")
    lines = []
    for row in (row for row in rows if row.measure == "preference"):
        total = totals[row.group, row.condition]
        lines.append(
            [
                Cell(row.condition.label),
                Cell(
                    f"{row.group.name}: {row.group.run} − {row.reference.run}",
                    row.group.colour,
                    below=_other_group(row),
                ),
                Cell(wording.interval(row.difference, sign=True)),
                Cell(wording.p_value(row.p_holm)),
                Cell(f"{row.n} pairs" if row.paired else f"{row.n} and {row.n_reference}"),
                Cell(wording.interval(total.difference, 1, 60, sign=True)),
                Cell(wording.p_value(total.p_holm)),
            ]
        )
    note = (
        "The later run minus the first. Pairs: animals of equal number are the same individuals where both runs have "
        "the"
        " same seed and individual spread (signed-rank test); else the animals are independent (Mann–Whitney test)."
        " p values are two-sided and Holm-corrected over all rows of a measure. Intervals: 95 % bootstrap over "
        "animals."
    )
    told = (note, only_in_one(study), of_other_length(study))
    return Table("Contrasts between the runs", head, lines, " ".join(filter(None, told)))


def _contrast(
    group: Group,
    reference: Group,
    condition: Condition,
    measure: str,
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    *,
    paired: bool,
) -> RunContrast:
    if paired:
        pairs = statistics.paired(ours.set_index("index")[measure], theirs.set_index("index")[measure])
        outcome = (True, pairs.difference, pairs.wilcoxon_p, pairs.n, pairs.n)
    else:
        apart = statistics.unpaired(ours[measure], theirs[measure])
        outcome = (False, apart.difference, apart.mann_whitney_p, apart.n_a, apart.n_b)
    return RunContrast(group, reference, condition, measure, *outcome, p_holm=statistics.NAN)


def _lengths_differ(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return len(one) > 0 and len(other) > 0 and set(one["duration_s"]) != set(other["duration_s"])


def _same_groups(study: Study, run: str, first: str) -> list[tuple[Group, Group]]:
    theirs = {(group.genotype, group.sex): group for group in study.groups if group.run == first}
    ours = [group for group in study.groups if group.run == run and (group.genotype, group.sex) in theirs]
    return [(group, theirs[group.genotype, group.sex]) for group in ours]


def _other_group(row: RunContrast) -> str:
    return "" if row.group.name == row.reference.name else f"against {row.reference.name}"
