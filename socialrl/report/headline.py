"""The results in sentences: each expectation with its numbers and a plain verdict, failed ones included.

A finding is shown when the 95 % interval of the effect lies on the expected side and the signed-rank test gives p <
0.05; opposite when both hold on the other side; else not shown. Both are asked for, because bootstrap intervals of few
animals are too narrow. Below six pairs a finding is not judged. Nothing here chooses between seeds, tests or groups by
their result: the comparison is fixed beforehand (24 h of cohousing, lowest gain against wild type), so its p value is
not corrected for the other rows of the tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording
from socialrl.drawing.groups import Group
from socialrl.drawing.tables import Cell, Table
from socialrl.report.between import RunContrast
from socialrl.report.conditions import Condition
from socialrl.report.study import Study
from socialrl.report.summary import MIN_ANIMALS, Summary

SHOWN, NOT_SHOWN, OPPOSITE, TOO_FEW = "shown", "not shown", "opposite", "too few animals to judge"
ALPHA = 0.05

MOST_ON_CARDS = 4
"""With more runs than that, a question has a table with a row for every run."""


@dataclass(frozen=True)
class Finding:
    """One expectation: the question, its verdict, a clause for the top of the page, the effect and its numbers.

    `of` is the run it was asked of, on a page with several runs.
    """

    question: str
    verdict: str
    clause: str
    text: str
    effect: str = ""
    effect_name: str = ""
    of: str = ""


@dataclass(frozen=True)
class Card:
    """One question with its answer in every run."""

    question: str
    answers: list[Finding]


def cards(found: list[Finding]) -> list[Card]:
    """Return the findings by question, each question once."""
    questions = dict.fromkeys(finding.question for finding in found)
    return [Card(question, [one for one in found if one.question == question]) for question in questions]


def findings(study: Study, summary: Summary) -> list[Finding]:
    """Return the findings of every run of a study, in the order of the runs; empty when nothing was tested."""
    found: list[Finding] = []
    for run in study.names.values():
        key = study.key_condition(run)
        if key is None:
            continue
        groups = [group for group in study.groups if group.run == run and not study.of(study.final, group).empty]
        if not groups:
            continue
        own: list[Finding] = []
        for sex in dict.fromkeys(group.sex for group in groups):
            reference, lowest = study.reference(run, sex), [group for group in groups if group.sex == sex][-1]
            if lowest.gain < reference.gain:
                own += [_later(summary, lowest, reference, key), _weaker(summary, lowest, reference, key)]
            else:
                own.append(_prefers(summary, reference, key))
            longest = study.longest_condition(run)
            if longest is not None:
                own.append(_prefers(summary, lowest, longest))
        found += [replace(one, of=run) for one in own] if len(study.runs) > 1 else own
    return found


def between_runs(study: Study, contrasts: list[RunContrast]) -> list[Finding]:
    """Return, for the core test of the first run, whether each group differs between the runs."""
    key = study.key_condition(next(iter(study.names.values())))
    rows = [row for row in contrasts if row.condition == key and row.measure == "preference"]
    return [_differs(row) for row in rows]


def _differs(row: RunContrast) -> Finding:
    n = min(row.n, row.n_reference)
    same = row.difference.low == row.difference.high == 0
    verdict = NOT_SHOWN if same else _verdict(row.difference, row.p, n, +1)
    verdict = SHOWN if verdict == OPPOSITE else verdict
    test = "signed-rank" if row.paired else "Mann–Whitney"
    return Finding(
        f"Does the preference after {row.condition.cohousing} differ between the runs?",
        verdict,
        "",
        "All animals are equal in both runs." if same else f"{test[0].upper()}{test[1:]} {wording.p_clause(row.p)}.",
        wording.interval(row.difference, sign=True),
        f"{row.group.run} − {row.reference.run}, "
        + (f"paired, n = {row.n} pairs" if row.paired else f"n = {row.n} and {row.n_reference}"),
        of=row.group.name if row.group.name == row.reference.name else f"{row.group.name} − {row.reference.name}",
    )


def lede(found: list[Finding]) -> str:
    """Return one paragraph that opens the page: the clause of every finding, as full sentences."""
    by_run: dict[str, list[str]] = {}
    for finding in found:
        by_run.setdefault(finding.of, []).append(f"{wording.capital(finding.clause)}.")
    return " ".join(" ".join([f"{run}:"] * bool(run) + sentences) for run, sentences in by_run.items())


def counted(n_runs: int, asked: list[Card]) -> str:
    """Return one paragraph that opens a page of many runs: how often each question got which answer."""
    told = []
    for card in asked:
        verdicts = [one.verdict for one in card.answers]
        counts = ", ".join(f"{verdict} {verdicts.count(verdict)}" for verdict in dict.fromkeys(verdicts))
        told.append(f"{card.question} {wording.capital(counts)} of {len(verdicts)}.")
    return " ".join([f"{n_runs} runs beside each other.", *told]) if told else ""


def as_table(card: Card) -> Table:
    """Return one question as a table with a row for every answer, for a page of many runs."""
    rows = [[Cell(one.of), Cell(one.verdict), Cell(one.effect, below=one.effect_name)] for one in card.answers]
    return Table(card.question, ("Of", "Verdict", "Effect [95 % interval]"), rows, n_left=2)


def _verdict(effect: Estimate, p: float, n: int, expected_sign: int) -> str:
    if n < MIN_ANIMALS or not math.isfinite(effect.low):
        return TOO_FEW
    low, high = sorted((expected_sign * effect.low, expected_sign * effect.high))
    if p >= ALPHA or low <= 0 <= high:
        return NOT_SHOWN
    return SHOWN if low > 0 else OPPOSITE


def _later(summary: Summary, lowest: Group, reference: Group, condition: Condition) -> Finding:
    question = f"Do {lowest.plural} learn the preference later?"
    ours, theirs = summary.steps(lowest, condition), summary.steps(reference, condition)
    after = f"after {condition.cohousing}"
    if ours is None or theirs is None or ours.difference is None:
        text = "The run has no probes from training, so learning cannot be followed."
        return Finding(question, TOO_FEW, f"without probes it is not known whether {lowest.plural} learn later", text)
    difference = ours.difference
    verdict = _verdict(difference.difference, difference.wilcoxon_p, difference.n, +1)
    clause = {
        SHOWN: f"{lowest.plural} reached the preference criterion later in training than {reference.plural}",
        OPPOSITE: f"{lowest.plural} reached the preference criterion earlier in training than {reference.plural}",
        NOT_SHOWN: f"it was not shown that {lowest.plural} reach the preference criterion later than "
        f"{reference.plural}",
        TOO_FEW: f"too few animals were trained to say whether {lowest.plural} learn later than {reference.plural}",
    }[verdict]
    text = (
        f"Steps until the preference {after} met the criterion, restricted to the"
        f" {wording.number(ours.times.horizon, 0)} steps followed: "
        + "; ".join(
            f"{row.group.name} {wording.interval(row.times.restricted_mean, 0)}"
            f" ({row.times.n_reached} of {row.times.n} reached it)"
            for row in (theirs, ours)
        )
        + f". Signed-rank {wording.p_clause(difference.wilcoxon_p)}."
    )
    effect = f"{wording.interval(difference.difference, 0, sign=True)} steps"
    return Finding(question, verdict, clause, text, effect, f"paired difference, n = {difference.n} pairs")


def _weaker(summary: Summary, lowest: Group, reference: Group, condition: Condition) -> Finding:
    after = f"after {condition.cohousing}"
    question = f"Do {lowest.plural} prefer the partner less {after}?"
    contrast = summary.contrast(lowest, condition, "preference")
    ours, theirs = summary.mean(lowest, condition), summary.mean(reference, condition)
    if contrast is None or ours is None or theirs is None:
        return Finding(question, TOO_FEW, f"no animals of both groups were tested {after}", "Not tested.")
    paired = contrast.paired
    verdict = _verdict(paired.difference, paired.wilcoxon_p, paired.n, -1)
    clause = {
        SHOWN: f"{after} they preferred the partner less",
        OPPOSITE: f"{after} they preferred the partner more",
        NOT_SHOWN: f"{after} a weaker preference for the partner was not shown",
        TOO_FEW: f"too few animals were tested {after} to compare their preference",
    }[verdict]
    text = (
        f"Preference {after}: "
        + "; ".join(
            f"{row.group.name} {wording.interval(row.preference)} (n = {row.preference.n})" for row in (theirs, ours)
        )
        + f". d_z = {wording.number(paired.d_z.value)}, signed-rank {wording.p_clause(paired.wilcoxon_p)}."
        " Total huddling, which a ratio does not show: "
        + "; ".join(f"{row.group.name} {wording.interval(row.total_huddle_s, 0, 60)} min" for row in (theirs, ours))
        + "."
    )
    effect = wording.interval(paired.difference, sign=True)
    name = f"paired difference in preference, n = {paired.n} pairs"
    return Finding(question, verdict, clause, text, effect, name)


def _prefers(summary: Summary, group: Group, condition: Condition) -> Finding:
    after = f"after {condition.cohousing}"
    question = f"Do {group.plural} prefer the partner {after}?"
    row = summary.mean(group, condition)
    if row is None:
        return Finding(question, TOO_FEW, f"no {group.plural} were tested {after}", "Not tested.")
    estimate = row.preference
    shifted = Estimate(
        estimate.value - measures.CHANCE,
        estimate.low - measures.CHANCE,
        estimate.high - measures.CHANCE,
        estimate.n,
        estimate.method,
    )
    verdict = _verdict(shifted, row.against_chance.wilcoxon_p, estimate.n, +1)
    clause = {
        SHOWN: f"{after} {group.plural} preferred the partner",
        OPPOSITE: f"{after} {group.plural} preferred the stranger",
        NOT_SHOWN: f"{after} a preference of {group.plural} for the partner was not shown",
        TOO_FEW: f"too few {group.plural} were tested {after} to judge their preference",
    }[verdict]
    line = "reaches" if estimate.value >= GUIDE_LINE else "stays below"
    text = (
        f"The mean {line} the guide line of 2/3. Against chance: signed-rank"
        f" {wording.p_clause(row.against_chance.wilcoxon_p)}."
    )
    if row.n_never_huddled:
        text += f" {row.n_never_huddled} of {row.n} never huddled and have no preference."
    name = f"preference; chance is {measures.CHANCE:g}, n = {estimate.n}"
    return Finding(question, verdict, clause, text, wording.interval(estimate), name)
