"""The figures of a report: name, drawing function, caption, text for readers who cannot see it, and what to do when the
run lacks the table behind it. The study of an assay lists its figures (`socialrl.assays`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from socialrl.assays import study_of
from socialrl.drawing import wording
from socialrl.drawing.plates import Plate, drawn
from socialrl.errors import UserError, unknown
from socialrl.report import figures, habitat, learning, measured, synchrony, timecourse
from socialrl.report.between import RunContrast
from socialrl.report.study import Study
from socialrl.report.summary import Summary

_INTERVAL = "95 % bootstrap interval over animals"


@dataclass(frozen=True)
class Subject:
    """What one figure shows: `file` is its name without suffix; the callables are given the study (and the summary)."""

    file: str
    title: str
    draw: Callable[[Study, bool], Figure | None]
    caption: Callable[[Study], str]
    alt: Callable[[Study, Summary], str]
    missing: Callable[[Study], str]


def counts(study: Study) -> str:
    """Return "n = 8 wild type, 8 knockout animals" for the animals that were tested last."""
    parts = []
    for group in study.groups:
        n = study.of(study.final, group)["animal"].nunique() if len(study.final) else 0
        if n:
            parts.append(f"{n} {group.label}")
    return f"n = {', '.join(parts)} animals"


def _none_of(study: Study) -> str:
    return "This run has no" if len(study.runs) == 1 else "None of these runs has"


def _learning_caption(study: Study) -> str:
    return (
        "Preference in tests of the frozen network, taken while the animals were learning; a row for each group. Thin "
        "lines"
        f" are animals, the thick line is their mean, the band the {_INTERVAL}, grey lines are the means of the other"
        f" groups; {counts(study)}. An animal that did not huddle in a probe has no value there. Dashed: guide line of"
        " 2/3; dotted: chance."
    )


def _learning_alt(study: Study, summary: Summary) -> str:
    probed = set(study.probes["test"])
    rows = [row for row in summary.means if row.condition.test in probed]
    ends = [f"{row.condition.label}, {row.group.label} {wording.number(row.preference.value)}" for row in rows]
    return (
        "Preference against training steps, one panel per group and cohousing time. Means at the end: "
        f"{'; '.join(ends)}."
    )


def _no_probes(study: Study) -> str:
    run = study.runs[0]
    text = (
        f"{_none_of(study)} probes. They are tests taken during training, listed under `probes.tests` of a "
        "configuration"
    )
    return text if run.finished else f"{text}; `{wording.command('resume', run.path)}` continues the training"


def _preference_caption(study: Study) -> str:
    text = (
        "Each pale mark is one animal (mean of its repeats); the mark with a bar is the mean with its"
        f" {_INTERVAL}; {counts(study)}. Dashed: guide line of 2/3; dotted: chance."
    )
    never = int(study.final["preference"].isna().sum()) if len(study.final) else 0
    return text + (f" Not drawn: {never} tests of animals that never huddled." if never else "")


def _preference_alt(_study: Study, summary: Summary) -> str:
    rows = [f"{row.condition.label}, {row.group.label} {wording.interval(row.preference)}" for row in summary.means]
    return f"Preference of each animal by cohousing time and group. Means with intervals: {'; '.join(rows)}."


def _no_tests(study: Study) -> str:
    run = study.runs[0]
    return f"No animal of this run has been tested yet: {wording.next_step(run.path, run.finished)}"


def _huddle_caption(_study: Study) -> str:
    return (
        "Minutes of huddling in a test. Filled: with the partner (P); open: with the stranger (S); a line joins the "
        "two"
        " values of an animal. Right of the rule: both together (P + S), because little contact can give a strong "
        "ratio."
        f" Strokes: mean and {_INTERVAL}."
    )


def _huddle_alt(_study: Study, summary: Summary) -> str:
    rows = [
        f"{row.condition.label}, {row.group.label}: partner {wording.number(row.huddle_s_partner.value / 60, 0)},"
        f" stranger {wording.number(row.huddle_s_stranger.value / 60, 0)}"
        for row in summary.means
    ]
    return f"Huddle minutes with partner and stranger, one dot per animal. Mean minutes: {'; '.join(rows)}."


def _time_caption(study: Study) -> str:
    condition = timecourse.traced_condition(study)
    after = f"after {condition.cohousing}" if condition else ""
    return (
        f"One animal of each group in one test {after}, the first of its group, not a selected one. From the top: the"
        " chamber it is in; huddling with partner and stranger; oxytocin (1 = a wild type in continuous contact) and"
        " what the receptor passes on (dashed); familiarity of partner and stranger. One animal shows the mechanism,"
        " not the effect."
    )


def _time_alt(study: Study, _summary: Summary) -> str:
    condition = timecourse.traced_condition(study)
    groups = timecourse.traced_groups(study, condition) if condition else []
    return (
        f"Chamber, contact, oxytocin and familiarity over one test for one animal each of: "
        f"{', '.join(group.label for group in groups)}."
    )


def _no_traces(study: Study) -> str:
    run = study.runs[0]
    return (
        f"{_none_of(study)} recorded time courses: {wording.next_step(run.path, run.finished)} and records one "
        "animal of each group"
    )


def _reward_caption(study: Study) -> str:
    return (
        "The reward of the animals' networks, term by term, per minute of the test (the unit of the rates in"
        f" the parameter table): mean of the animals with {_INTERVAL}; {counts(study)}. The terms add up to the "
        "reward "
        "that"
        " PPO maximises; contact and defence depend on the receptor, the others do not. Terms far larger than the "
        "others have a row of their own below them, with an axis of its own."
    )


def _reward_alt(study: Study, _summary: Summary) -> str:
    condition = study.key_condition()
    if condition is None:
        return "Mean reward per minute from each term."
    parts = []
    for group in study.groups:
        rows = study.of(study.final, group, condition)
        terms = [str(name) for name in rows.columns if str(name).startswith("reward_")]
        if len(rows) and terms:
            per_min = rows[terms].div(rows["duration_s"] / 60, axis=0)
            largest = per_min.mean().abs().sort_values(ascending=False).index[:3]
            values = [
                f"{wording.term_label(t.removeprefix('reward_'))} {wording.number(float(per_min[t].mean()))}"
                for t in largest
            ]
            parts.append(f"{group.label}: {', '.join(values)}")
    return f"Mean reward per minute by term and group. Largest terms after {condition.label}: {'; '.join(parts)}."


def _criterion_caption(_study: Study) -> str:
    return (
        "Share of animals whose preference has reached the criterion (2/3 or more in two probes in a row) after so "
        "many"
        " training steps (1 − Kaplan–Meier); a row for each group, the other groups in grey. A tick with a number: "
        "animals"
        " that had not reached it when they were last probed."
    )


def _criterion_alt(_study: Study, summary: Summary) -> str:
    rows = [
        f"{row.condition.label}, {row.group.label} {row.times.n_reached} of {row.times.n}" for row in summary.criterion
    ]
    return f"Share of animals at criterion against training steps. Reached by the end: {'; '.join(rows)}."


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "fig1_learning",
        "How fast do they learn to prefer the partner?",
        learning.learning_curves,
        _learning_caption,
        _learning_alt,
        _no_probes,
    ),
    Subject(
        "fig2_preference",
        "How long must they have lived together?",
        figures.preference_by_cohousing,
        _preference_caption,
        _preference_alt,
        _no_tests,
    ),
    Subject(
        "fig3_huddle",
        "How much do they huddle, and with whom?",
        figures.huddle_pairs,
        _huddle_caption,
        _huddle_alt,
        _no_tests,
    ),
    Subject(
        "fig4_time_course",
        "What happens within a test?",
        timecourse.time_course,
        _time_caption,
        _time_alt,
        _no_traces,
    ),
    Subject(
        "fig5_reward",
        "What were they rewarded for?",
        figures.reward_terms,
        _reward_caption,
        _reward_alt,
        _no_tests,
    ),
    Subject(
        "fig6_criterion",
        "When did each animal reach the criterion?",
        learning.criterion_curves,
        _criterion_caption,
        _criterion_alt,
        _no_probes,
    ),
)

HABITAT = Subject(
    "fig_habitat",
    "Does a pair stay together in a group?",
    habitat.partner_share,
    habitat.caption,
    lambda study, _summary: habitat.alt(study),
    _no_tests,
)

SYNCHRONY = Subject(
    "fig_synchrony",
    "Who falls into step?",
    synchrony.by_hour,
    synchrony.caption,
    lambda study, _summary: synchrony.alt(study),
    synchrony.missing,
)

MEASURES = Subject(
    "fig_measures",
    "What did the tests show?",
    measured.headline_figure,
    measured.caption,
    lambda study, _summary: measured.alt(study),
    _no_tests,
)

_BY_NAME: dict[str, Subject] = {
    **{one.file.split("_", 1)[1]: one for one in SUBJECTS},
    "habitat": HABITAT,
    "synchrony": SYNCHRONY,
    "measures": MEASURES,
}


def plates_of(study: Study, summary: Summary, contrasts: list[RunContrast]) -> list[Plate]:
    """Return the figures of a study's assays (`AssayStudy.figures`), each once, after that of contrasts between its
    runs.

    A name without a figure raises `UserError`.
    """
    names = dict.fromkeys(name for assay in study.assays for name in study_of(assay).figures)
    for name in names:
        if name not in _BY_NAME:
            raise UserError(unknown("figure", name, _BY_NAME))
    chosen = [one for name, one in _BY_NAME.items() if name in names] or SUBJECTS
    plates = [
        drawn(
            one.file,
            one.title,
            partial(one.draw, study),
            caption=partial(one.caption, study),
            alt=partial(one.alt, study, summary),
            missing=partial(one.missing, study),
        )
        for one in chosen
    ]
    return [*_between(contrasts), *plates]


def _between(contrasts: list[RunContrast]) -> list[Plate]:
    """The figure of contrasts between runs; none where there are none."""
    if not contrasts:
        return []
    told = [
        f"{row.condition.label}, {row.group.name}, {row.group.run} − {row.reference.run}"
        f" {wording.interval(row.difference, sign=True)}"
        for row in contrasts
        if row.measure == "preference"
    ]
    caption = (
        f"The later run minus the first, group by group and test by test: mean difference and its {_INTERVAL}."
        " Filled marks: pairs of the same individuals; open marks: independent animals. Right of zero the later run "
        "has more."
    )
    return [
        drawn(
            "fig_between_runs",
            "Do the runs differ?",
            lambda narrow: figures.between_runs(contrasts, narrow),
            caption=lambda: caption,
            alt=lambda: (
                f"Difference in preference and in total huddling between the runs. Preference: {'; '.join(told)}."
            ),
            missing=lambda: "",
        )
    ]
