"""The numbers of a report: means with intervals, contrasts with the reference group, steps and hours to criterion.

The page, the terminal, `summary.json` and the CSV tables all show these records, so they cannot disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis import measures, statistics, survival
from socialrl.analysis.statistics import ChanceTest, Estimate, GroupComparison, PairedComparison
from socialrl.analysis.survival import EventTimes, LogRank
from socialrl.drawing.groups import Group
from socialrl.report.conditions import Condition
from socialrl.report.measured import MeasuredRow, measured_rows
from socialrl.report.study import Study

MIN_ANIMALS = 6
"""Fewest animals (or pairs) from which a finding is judged: with five, a signed-rank test cannot give p < 0.05."""

CONTRASTED = ("preference", "total_huddle_s")
"""Measures compared between groups. The total is beside the ratio, because little contact can give a strong one."""


@dataclass(frozen=True)
class MeanRow:
    """Means over the animals of one group in one test; huddle times and latencies in seconds."""

    group: Group
    condition: Condition
    n: int
    n_never_huddled: int
    n_repeats: int
    preference: Estimate
    against_chance: ChanceTest
    huddle_s_partner: Estimate
    huddle_s_stranger: Estimate
    total_huddle_s: Estimate
    huddle_share: Estimate
    latency_s_partner: Estimate
    familiarity_start_partner: Estimate


@dataclass(frozen=True)
class ContrastRow:
    """One measure of a group minus its reference; `p_holm` is the signed-rank p, corrected within the measure."""

    group: Group
    reference: Group
    condition: Condition
    measure: str
    paired: PairedComparison
    unpaired: GroupComparison
    p_holm: float


@dataclass(frozen=True)
class CriterionRow:
    """Training steps to criterion of one group in one test, and its difference from the reference group.

    `difference` is over pairs followed to the horizon, of steps restricted to it; None for the reference itself.
    """

    group: Group
    condition: Condition
    times: EventTimes
    difference: PairedComparison | None
    logrank: LogRank | None
    p_holm: float


@dataclass(frozen=True)
class CohousingRow:
    """Cohousing hours to criterion of one group; `group_h` uses the group's mean preference, NaN when not reached."""

    group: Group
    relationship: str
    separation_h: float
    group_h: float
    times: EventTimes
    longest_h: float


@dataclass(frozen=True)
class Summary:
    """All numbers of one report."""

    means: list[MeanRow]
    contrasts: list[ContrastRow]
    criterion: list[CriterionRow]
    cohousing: list[CohousingRow]
    measured: list[MeasuredRow]

    def mean(self, group: Group, condition: Condition) -> MeanRow | None:
        """Return the means of a group in a test, or None where it has no animal."""
        return next((row for row in self.means if row.group == group and row.condition == condition), None)

    def contrast(self, group: Group, condition: Condition, measure: str) -> ContrastRow | None:
        """Return the contrast of a group with its reference, or None."""
        rows = (r for r in self.contrasts if r.group == group and r.condition == condition and r.measure == measure)
        return next(rows, None)

    def steps(self, group: Group, condition: Condition) -> CriterionRow | None:
        """Return the steps to criterion of a group in a test, or None where there are no probes."""
        return next((row for row in self.criterion if row.group == group and row.condition == condition), None)


def summarise(study: Study) -> Summary:
    """Return all numbers of a study."""
    return Summary(
        means=mean_rows(study),
        contrasts=contrast_rows(study),
        criterion=criterion_rows(study),
        cohousing=cohousing_rows(study),
        measured=measured_rows(study),
    )


def mean_rows(study: Study) -> list[MeanRow]:
    """Return means over animals for every group and test that has some, in order of tests and then groups."""
    rows = []
    for condition in study.conditions:
        for group in study.groups:
            animals = study.of(study.final, group, condition)
            if animals.empty:
                continue

            def mean(column: str, animals: pd.DataFrame = animals) -> Estimate:
                return statistics.mean_interval(animals.get(column, []))

            against_chance = statistics.against(animals["preference"], measures.CHANCE)
            rows.append(
                MeanRow(
                    group=group,
                    condition=condition,
                    n=len(animals),
                    n_never_huddled=int(animals["preference"].isna().sum()),
                    n_repeats=int(animals["n_repeats"].max()),
                    preference=against_chance.mean,
                    against_chance=against_chance,
                    huddle_s_partner=mean("huddle_s_partner"),
                    huddle_s_stranger=mean("huddle_s_stranger"),
                    total_huddle_s=mean("total_huddle_s"),
                    huddle_share=mean("huddle_share"),
                    latency_s_partner=mean("latency_s_partner"),
                    familiarity_start_partner=mean("familiarity_start_partner"),
                )
            )
    return rows


def contrast_rows(study: Study) -> list[ContrastRow]:
    """Return every group minus its reference in every test, p values Holm-corrected within each measure."""
    rows: list[ContrastRow] = []
    for measure in CONTRASTED:
        found = []
        for condition in study.conditions:
            for group, reference in study.comparisons():
                ours, theirs = study.of(study.final, group, condition), study.of(study.final, reference, condition)
                if ours.empty or theirs.empty:
                    continue
                paired = statistics.paired(_by_pair(ours, measure), _by_pair(theirs, measure))
                found.append((group, reference, condition, paired, statistics.unpaired(ours[measure], theirs[measure])))
        corrected = statistics.holm([entry[3].wilcoxon_p for entry in found])
        rows += [
            ContrastRow(group, reference, condition, measure, paired, unpaired, float(p))
            for (group, reference, condition, paired, unpaired), p in zip(found, corrected, strict=True)
        ]
    return rows


def criterion_rows(study: Study) -> list[CriterionRow]:
    """Return steps to criterion for every group and test with probes; log-rank p values Holm-corrected together."""
    if study.criterion.empty:
        return []
    found: list[tuple[Group, Condition, EventTimes, PairedComparison | None, LogRank | None]] = []
    for condition in study.conditions:
        of_test = study.of(study.criterion, None, condition)
        for group in study.groups:
            ours = study.of(of_test, group)
            if ours.empty:
                continue
            horizon = float(of_test.loc[of_test["run"] == group.run, "steps_followed"].max())
            times = survival.event_times(ours["event_steps"], ours["reached"], horizon)
            reference = study.reference(group.run, group.sex)
            theirs = study.of(of_test, reference)
            difference, logrank = None, None
            if group != reference and len(theirs):
                difference = statistics.paired(_restricted_steps(ours, horizon), _restricted_steps(theirs, horizon))
                logrank = survival.logrank(
                    ours["event_steps"], ours["reached"], theirs["event_steps"], theirs["reached"]
                )
            found.append((group, condition, times, difference, logrank))
    corrected = statistics.holm([math.nan if entry[4] is None else entry[4].p for entry in found])
    return [CriterionRow(*entry, p_holm=float(p)) for entry, p in zip(found, corrected, strict=True)]


def cohousing_rows(study: Study) -> list[CohousingRow]:
    """Return cohousing hours to criterion for every group, where at least two cohousing times were tested."""
    undrugged = study.final[study.final["drugs"] == ""] if len(study.final) else study.final
    if undrugged.empty:
        return []
    per_animal = measures.cohousing_table(undrugged)
    rows = []
    kinds = per_animal[["relationship", "separation_h"]].drop_duplicates().sort_values(["relationship", "separation_h"])
    for relationship, separation_h in kinds.itertuples(index=False, name=None):
        table = per_animal[(per_animal["relationship"] == relationship) & (per_animal["separation_h"] == separation_h)]
        for group in study.groups:
            ours = table[(table["run"] == group.run) & (table["genotype"] == group.genotype)]
            ours = ours[ours["sex"] == group.sex] if group.sex else ours
            if ours.empty or ours["n_times"].max() < 2:
                continue
            tests = study.of(undrugged, group)
            tests = tests[(tests["relationship"] == relationship) & (tests["separation_h"] == separation_h)]
            by_time = tests.groupby("cohousing_h")["preference"].mean()
            longest = float(ours["longest_h"].max())
            event_h = ours["cohousing_to_criterion_h"].fillna(ours["longest_h"])
            rows.append(
                CohousingRow(
                    group=group,
                    relationship=str(relationship),
                    separation_h=float(separation_h),
                    group_h=measures.cohousing_to_criterion_h(by_time.index, by_time),
                    times=survival.event_times(event_h, ours["reached"], longest),
                    longest_h=longest,
                )
            )
    return rows


def plain(value: Any) -> Any:
    """Return records as JSON holds them: dicts, lists, numbers; a number that is not finite becomes null."""
    if isinstance(value, Group):
        sex = {"sex": value.sex} if value.sex else {}
        return {"run": value.run, "genotype": value.genotype, **sex, "oxtr_gain": value.gain}
    if isinstance(value, Condition):
        names = ("test", "cohousing_h", "relationship", "separation_h", "drugs")
        return {name: getattr(value, name) for name in names}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def flat(record: Any) -> dict[str, Any]:
    """Return a record as one CSV row: nested estimates become columns such as `preference_low`."""
    row: dict[str, Any] = {}
    for name, value in ((key, getattr(record, key)) for key in record.__dataclass_fields__):
        if name in ("group", "condition"):
            row |= plain(value)
        elif isinstance(value, Group):
            row[name] = value.genotype
        elif is_dataclass(value):
            row |= {f"{name}_{inner}".removesuffix("_value"): item for inner, item in flat(value).items()}
        else:
            row[name] = plain(value)
    return row


def _by_pair(animals: pd.DataFrame, measure: str) -> pd.Series:
    return animals.set_index("index")[measure]


def _restricted_steps(rows: pd.DataFrame, horizon: float) -> pd.Series:
    """min(steps, horizon) per pair; NaN for an animal that neither reached the criterion nor was followed so long."""
    known = rows["reached"] | (rows["steps_followed"] >= horizon)
    return rows["event_steps"].clip(upper=horizon).where(known).set_axis(rows["index"])
