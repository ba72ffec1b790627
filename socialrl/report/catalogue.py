"""The figures of a report: what each is called, how it is drawn, its caption, its text for those who cannot see it, and
what to do when the run lacks the table behind it. Which of them an assay has stands in its study (`socialrl.assays`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from socialrl.assays import study_of
from socialrl.drawing import wording
from socialrl.errors import UserError, unknown
from socialrl.report import figures, habitat, measured, timecourse
from socialrl.report.study import Study
from socialrl.report.summary import Summary

_INTERVAL = "95 % bootstrap interval over animals"


@dataclass(frozen=True)
class Plate:
    """One figure: `file` is its name without suffix; the callables are given the study (and the summary)."""

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
        parts.append(f"{n} {group.label}")
    return f"n = {', '.join(parts)} animals"


def _learning_caption(study: Study) -> str:
    return (
        "Preference in tests of the frozen network, taken while the animals were learning. Thin lines are animals, thick"
        f" lines their mean, bands the {_INTERVAL}; {counts(study)}. An animal that did not huddle in a probe has no"
        " value there. Dashed: guide line of 2/3; dotted: chance."
    )


def _learning_alt(study: Study, summary: Summary) -> str:
    probed = set(study.probes["test"])
    rows = [row for row in summary.means if row.condition.test in probed]
    ends = [f"{row.condition.label}, {row.group.label} {wording.number(row.preference.value)}" for row in rows]
    return f"Preference against training steps, one panel per cohousing time. Means at the end: {'; '.join(ends)}."


def _no_probes(study: Study) -> str:
    run = study.runs[0]
    text = (
        "This run has no probes. They are tests taken during training, listed under `probes.tests` of a configuration"
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
        "Minutes of huddling in a test. Filled: with the partner (P); open: with the stranger (S); a line joins the two"
        " values of an animal. Right of the rule: both together (P + S), because little contact can make a strong ratio."
        f" Black: mean and {_INTERVAL}."
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
    after = f"after {condition.label} of cohousing" if condition else ""
    return (
        f"One animal of each group in one test {after}, the first of its group and not a chosen one. From the top: the"
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
    return f"This run has no recorded time courses: {wording.next_step(run.path, run.finished)} and records one animal of each group"


def _reward_caption(study: Study) -> str:
    return (
        "What the animals' networks were paid for in a test, term by term: mean of the animals with"
        f" {_INTERVAL}; {counts(study)}. The terms add up to the reward that PPO maximises; contact and defence know the"
        " receptor, the others do not."
    )


def _reward_alt(study: Study, _summary: Summary) -> str:
    condition = study.key_condition()
    if condition is None:
        return "Mean reward per test from each term."
    parts = []
    for group in study.groups:
        rows = study.of(study.final, group, condition)
        terms = [str(name) for name in rows.columns if str(name).startswith("reward_")]
        if len(rows) and terms:
            largest = rows[terms].mean().abs().sort_values(ascending=False).index[:3]
            values = [f"{wording.term_label(t.removeprefix('reward_'))} {rows[t].mean():.0f}" for t in largest]
            parts.append(f"{group.label}: {', '.join(values)}")
    return f"Mean reward per test by term and group. Largest terms after {condition.label}: {'; '.join(parts)}."


def _criterion_caption(_study: Study) -> str:
    return (
        "Share of animals whose preference has reached the criterion (2/3 or more in two probes in a row) after so many"
        " training steps (1 − Kaplan–Meier). A tick with a number: animals that had not reached it when they were last"
        " probed. Curves that coincide are drawn slightly apart."
    )


def _criterion_alt(_study: Study, summary: Summary) -> str:
    rows = [
        f"{row.condition.label}, {row.group.label} {row.times.n_reached} of {row.times.n}" for row in summary.criterion
    ]
    return f"Share of animals at criterion against training steps. Reached by the end: {'; '.join(rows)}."


PLATES: tuple[Plate, ...] = (
    Plate(
        "fig1_learning",
        "How fast do they learn to prefer the partner?",
        figures.learning_curves,
        _learning_caption,
        _learning_alt,
        _no_probes,
    ),
    Plate(
        "fig2_preference",
        "How long must they have lived together?",
        figures.preference_by_cohousing,
        _preference_caption,
        _preference_alt,
        _no_tests,
    ),
    Plate(
        "fig3_huddle",
        "How much do they huddle, and with whom?",
        figures.huddle_pairs,
        _huddle_caption,
        _huddle_alt,
        _no_tests,
    ),
    Plate(
        "fig4_time_course",
        "What happens within a test?",
        timecourse.time_course,
        _time_caption,
        _time_alt,
        _no_traces,
    ),
    Plate(
        "fig5_reward",
        "What did they live on?",
        figures.reward_terms,
        _reward_caption,
        _reward_alt,
        _no_tests,
    ),
    Plate(
        "fig6_criterion",
        "When did each animal reach the criterion?",
        figures.criterion_curves,
        _criterion_caption,
        _criterion_alt,
        _no_probes,
    ),
)

HABITAT = Plate(
    "fig_habitat",
    "Does a pair stay together in a group?",
    habitat.partner_share,
    habitat.caption,
    lambda study, _summary: habitat.alt(study),
    _no_tests,
)


MEASURES = Plate(
    "fig_measures",
    "What did the tests show?",
    measured.headline_figure,
    measured.caption,
    lambda study, _summary: measured.alt(study),
    _no_tests,
)

_BY_NAME: dict[str, Plate] = {
    **{plate.file.split("_", 1)[1]: plate for plate in PLATES},
    "habitat": HABITAT,
    "measures": MEASURES,
}


def plates_of(study: Study) -> tuple[Plate, ...]:
    """Return the figures of a study's assays (`AssayStudy.figures`), each once; a name without a plate raises `UserError`."""
    names = dict.fromkeys(name for assay in study.assays for name in study_of(assay).figures)
    for name in names:
        if name not in _BY_NAME:
            raise UserError(unknown("figure", name, _BY_NAME))
    return tuple(plate for name, plate in _BY_NAME.items() if name in names) or PLATES
