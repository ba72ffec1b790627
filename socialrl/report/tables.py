"""The tables of the page as ready text: means, contrasts, steps and hours to criterion, parameters, measures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from socialrl.analysis.measure import PROBES_IN_A_ROW
from socialrl.analysis.measure_rows import PREFERENCE
from socialrl.analysis.measure_table import measures_of
from socialrl.assays import study_of
from socialrl.config.values import Given, in_words
from socialrl.drawing import wording
from socialrl.drawing.groups import Group
from socialrl.drawing.tables import Cell, Table
from socialrl.report import replicates
from socialrl.report.measured import columns_of
from socialrl.report.study import Study, changed_in, table_of
from socialrl.report.summary import Summary


def glance(study: Study, summary: Summary, run: str) -> Table:
    """Return a run's preference by group (rows) and cohousing time (columns), with intervals and n."""
    own = [row for row in summary.means if row.group.run == run]
    conditions = [c for c in study.conditions if any(row.condition == c for row in own)]
    rows = []
    for group in (one for one in study.groups if one.run == run):
        means = [summary.mean(group, condition) for condition in conditions]
        if not any(means):
            continue
        cells = [
            Cell(wording.MISSING) if m is None else Cell(wording.interval(m.preference), below=f"n = {m.preference.n}")
            for m in means
        ]
        rows.append([_group(group, group.name), *cells])
    head = ("Group", *(condition.label for condition in conditions))
    of = f"{run}: preference" if len(study.runs) > 1 else "Preference"
    return Table(f"{of} P / (P + S) by cohousing time, mean [95 % interval over animals]", head, rows, n_left=1)


def means(summary: Summary) -> Table:
    """Return every mean of the tests with its interval and n."""
    head = (
        "Cohoused",
        "Group",
        "Preference",
        "n",
        "never huddled",
        "p against 1/2",
        "Partner huddle, min",
        "Stranger huddle, min",
        "Total huddle, min",
        "First partner huddle, min",
    )
    rows = [
        [
            Cell(row.condition.label),
            _group(row.group),
            Cell(wording.interval(row.preference)),
            Cell(str(row.n)),
            Cell(str(row.n_never_huddled)),
            Cell(wording.p_value(row.against_chance.wilcoxon_p)),
            Cell(wording.interval(row.huddle_s_partner, 1, 60)),
            Cell(wording.interval(row.huddle_s_stranger, 1, 60)),
            Cell(wording.interval(row.total_huddle_s, 1, 60)),
            Cell(wording.interval(row.latency_s_partner, 1, 60)),
        ]
        for row in summary.means
    ]
    note = (
        "Means over animals with 95 % bootstrap intervals. n: animals tested; “never huddled”: those among them "
        "without a"
        " preference, left out of that column only. p: Wilcoxon signed-rank test of preference against 1/2, "
        "two-sided, "
        "not"
        " corrected. Latency: the test length where there was no huddle."
    )
    return Table("Tests: means with intervals", head, rows, note)


def measured(summary: Summary) -> list[Table]:
    """Return, for every assay without tables of its own, the means of its measures: a row per test and group."""
    found = []
    for assay in dict.fromkeys(row.assay for row in summary.measured):
        rows = [row for row in summary.measured if row.assay == assay]
        if "measures" not in study_of(assay).figures:
            continue
        shown = columns_of(rows)
        lines = []
        for label, group in dict.fromkeys((row.label, row.group) for row in rows):
            own = {row.measure: row.estimate for row in rows if (row.label, row.group) == (label, group)}
            n = max(estimate.n for estimate in own.values())
            cells = [
                Cell(wording.interval(own[one.name], one.digits) if one.name in own else wording.MISSING)
                for one in shown
            ]
            lines.append([Cell(label), _group(group), Cell(str(n)), *cells])
        who = replicates.who(assay)
        head = ("Test", "Group", "n", *(f"{one.label}, {one.unit}" for one in shown))
        note = f"Means over {who} with 95 % bootstrap intervals; n: {who}. The measures are defined below."
        found.append(Table(f"Tests of {study_of(assay).title}: means with intervals", head, lines, note))
    return found


def contrasts(summary: Summary) -> Table:
    """Return every group minus its reference, paired by animal number: preference and, beside it, total huddle."""
    head = (
        "Cohoused",
        "Group − reference",
        "Preference, paired difference",
        "p (Holm)",
        "d_z",
        "Pairs",
        "Hedges' g, unpaired",
        "Total huddle, min, paired difference",
        "p (Holm)",
    )
    rows = []
    for row in (row for row in summary.contrasts if row.measure == "preference"):
        total = summary.contrast(row.group, row.condition, "total_huddle_s")
        rows.append(
            [
                Cell(row.condition.label),
                _group(row.group, f"{row.group.label} − {row.reference.label}"),
                Cell(wording.interval(row.paired.difference, sign=True)),
                Cell(wording.p_value(row.p_holm)),
                Cell(wording.interval(row.paired.d_z)),
                Cell(str(row.paired.n)),
                Cell(wording.interval(row.unpaired.hedges_g)),
                Cell(wording.interval(total.paired.difference, 1, 60, sign=True) if total else wording.MISSING),
                Cell(wording.p_value(total.p_holm) if total else wording.MISSING),
            ]
        )
    dropped = sum(row.paired.n_unpaired for row in summary.contrasts if row.measure == "preference")
    note = (
        "Animals of equal number share their seeds and their noise, so groups are compared within pairs. p: Wilcoxon"
        " signed-rank test, two-sided, Holm-corrected over all rows of a measure. d_z: mean over sd of the "
        "differences."
        f" With {_fewest_pairs(summary)} pairs the smallest uncorrected p this test can give is"
        f" {wording.p_value(2 ** (1 - _fewest_pairs(summary))) if summary.contrasts else wording.MISSING}."
    )
    if dropped:
        note += f" Left out of preference because one of the two never huddled or is missing: {dropped} pairs."
    return Table("Contrasts with the reference group", head, rows, note)


def criterion(summary: Summary) -> Table:
    """Return training steps to criterion by group and test."""
    head = (
        "Cohoused",
        "Group",
        "Reached",
        "Median steps",
        "Restricted mean steps",
        "Paired difference",
        "Pairs",
        "p (log-rank, Holm)",
    )
    rows = []
    for row in summary.criterion:
        difference = row.difference
        rows.append(
            [
                Cell(row.condition.label),
                _group(row.group),
                Cell(f"{row.times.n_reached} of {row.times.n}"),
                Cell(wording.number(row.times.median, 0) if math.isfinite(row.times.median) else "not reached by half"),
                Cell(wording.interval(row.times.restricted_mean, 0)),
                Cell(wording.interval(difference.difference, 0, sign=True) if difference else "reference"),
                Cell(str(difference.n) if difference else wording.MISSING),
                Cell(wording.p_value(row.p_holm)),
            ]
        )
    horizons = sorted({row.times.horizon for row in summary.criterion})
    note = (
        f"Criterion: preference of 2/3 or more in {PROBES_IN_A_ROW} probes in a row; steps are those of the first."
        " Animals that did not reach it are censored at their last probe. The restricted mean counts them with the "
        "last"
        f" step ({' or '.join(wording.number(h, 0) for h in horizons)}), so it understates how slow they are."
    )
    by_luck = [row for row in summary.criterion if row.condition.cohousing_h == 0]
    if by_luck:
        reached, n = sum(row.times.n_reached for row in by_luck), sum(row.times.n for row in by_luck)
        note += (
            f" After 0 h of cohousing there is no bond to learn about: the {reached} of {n} animals that reach the "
            "criterion"
            " there do so by chance, which shows how strict the criterion is with so many probes."
        )
    return Table("Training steps to criterion", head, rows, note)


def cohousing(summary: Summary) -> Table:
    """Return cohousing hours to criterion by group."""
    head = ("Tested with", "Group", "Group mean reaches 2/3 at", "Animals that reach it", "Median animal")
    rows = []
    for row in summary.cohousing:
        apart = f", {row.separation_h:g} h apart" if row.separation_h else ""
        beyond = f"not by {row.longest_h:g} h"
        rows.append(
            [
                Cell(row.relationship + apart),
                _group(row.group),
                Cell(f"{row.group_h:g} h" if math.isfinite(row.group_h) else beyond),
                Cell(f"{row.times.n_reached} of {row.times.n}"),
                Cell(f"{row.times.median:g} h" if math.isfinite(row.times.median) else beyond),
            ]
        )
    note = (
        "Shortest tested cohousing from which on preference is 2/3 or more at every tested time. Nothing is "
        "interpolated,"
        " so the true time lies between this one and the tested time before it."
    )
    return Table("Cohousing to criterion", head, rows, note)


def _without_effect(env: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the parameters that no animal of this environment is changed by."""
    from socialrl_envs import ASSAYS  # imported late, because the compiled code behind it is slow to import

    return ASSAYS[env["id"]].without_effect(bool(env.get("attachment")))


def parameters(study: Study, rows: list[dict[str, Any]]) -> Table:
    """Return the parameter table of the first run; what a configuration, or another run's table, changed is marked.

    `rows` as from `socialrl_envs.parameters.table()`. Parameters are compared with runs in which they have an effect.
    """
    overrides = {run: changed_in(config) for run, config in study.configs.items()}
    others = {run: {row.name: row for row in own} for run, own in study.parameters.items()}
    named = {run: table_of(config) for run, config in study.configs.items()}
    spreads = {run: config.get("individual_spread") for run, config in study.configs.items()}
    own_sd = {run: one for run, one in spreads.items() if isinstance(one, dict)}
    idle = {run: _without_effect(one["env"]) for run, one in study.configs.items()}
    several = len(study.configs) > 1
    gains = ", ".join(f"{group.label} {group.gain:g}" for group in study.groups)
    lines = []
    for row in rows:
        name = row["name"]
        changed = [(run, own[name]) for run, own in overrides.items() if name in own]
        usual = f"{row['value']:g}" + (f"; males {row['male']:g}" if row["male"] is not None else "")
        # another run's table, where the parameter has an effect
        theirs = [(run, own[name]) for run, own in others.items() if name in own and name not in idle[run]]
        elsewhere = [(run, one.value) for run, one in theirs if (one.value, one.male) != (row["value"], row["male"])]
        wider_elsewhere = [(run, one.spread) for run, one in theirs if one.spread != row["spread"]]
        value, below = usual, ""
        if name == "oxtr_gain" and gains:
            value, below = "by group", gains
        elif changed:
            value = _by_run(changed, several)
            below = f"changed in the configuration; table value {usual}"
        if elsewhere:
            below = f"{below}; " if below else ""
            below += f"in another table: {_by_run(elsewhere, several)}"
        spread = Cell(f"{row['spread']:g}" if row["spread"] else wording.MISSING)
        if wider := [(run, own[name]) for run, own in own_sd.items() if name in own]:
            below_spread = f"set in the configuration; table {spread.text}"
            spread = Cell(_by_run(wider, several), below=below_spread, marked=True)
        elif wider_elsewhere:
            below_spread = f"in another table: {_by_run(wider_elsewhere, several)}"
            spread = Cell(spread.text, below=below_spread, marked=True)
        lines.append(
            [
                Cell(name, code=True, below=row["meaning"]),
                Cell(value, below=below, marked=bool(changed or elsewhere)),
                Cell(row["unit"]),
                Cell(f"{row['low']:g} to {row['high']:g}"),
                spread,
                Cell(row["source"], below=row["evidence"]),
            ]
        )
    one = len(set(named.values())) == 1
    which = next(iter(named.values())) if one else ", ".join(f"{table} ({run})" for run, table in named.items())
    note = (
        f"Parameter table {which}. Spread: standard deviation of the logarithm of the value between animals"
        " (log-normal). Those of the table are multiplied by the factor individual_spread of the configuration; a dash:"
        " the same for all. Below each source is what the value rests on; “assumed”: the amount was not measured as far"
        " as we know."
    )
    return Table("", ("Parameter", "Value", "Unit", "Range", "Spread", "Source"), lines, note, n_left=6)


def glossary(study: Study) -> Table:
    """Return the definitions of the measures of a study's assays."""
    found = {one.name: one for assay in study.assays or (PREFERENCE,) for one in measures_of(assay)}
    rows = [[Cell(one.label), Cell(one.unit), Cell(one.formula), Cell(one.source)] for one in found.values()]
    note = (
        "P and S: seconds of huddling with partner and stranger. Counters are averaged over an animal's repeats "
        "before "
        "any"
        " ratio is taken."
    )
    if "preference" in found:
        note += f" Chance is {found['preference'].chance:g} because both are tethered alike."
    return Table("", ("Measure", "Unit", "Definition", "Source"), rows, note, n_left=4)


def _by_run(values: Sequence[tuple[str, Given]], several: bool) -> str:
    return ", ".join(in_words(value) + (f" ({run})" if several else "") for run, value in values)


def _group(group: Group, text: str | None = None) -> Cell:
    return Cell(text or group.label, colour=group.colour)


def _fewest_pairs(summary: Summary) -> int:
    return min((row.paired.n for row in summary.contrasts if row.paired.n), default=0)
