"""No two words of a figure stand on each other: labels of ticks, titles, numbers and axes, wide and narrow."""

from __future__ import annotations

import pytest
from figure_words import touching, words
from synthetic_run import write_run

from socialrl.analysis import statistics
from socialrl.drawing import style
from socialrl.report import figures, learning, timecourse
from socialrl.report.between import run_contrasts
from socialrl.report.study import load
from socialrl.storage.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("few_resamples")
DRAWERS = (
    learning.learning_curves,
    learning.criterion_curves,
    figures.preference_by_cohousing,
    figures.huddle_pairs,
    figures.reward_terms,
    timecourse.time_course,
)


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = {"animals": 12, "probe_steps": (0, 50_000, 100_000, 150_000)}
    many = {"wt": 1.0, "het": 0.5, "ko": 0.1, "low": 0.1, "over_expression": 1.5}
    first = RunFolder.open(write_run(folder / "first", genotypes={"wt": 1.0, "ko": 0.0}, **options))
    second = RunFolder.open(write_run(folder / "second", genotypes=many, **options))
    return {"one": load([first]), "two": load([first, second])}


@pytest.fixture(scope="module")
def few_resamples():
    """Intervals of few resamples: they are as wide, and drawn in a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(statistics.bootstrap.__kwdefaults__, "resamples", 199)
        yield


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("draw", DRAWERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("which", ["one", "two"])
def test_words_do_not_run_into_each_other(studies, which, draw, narrow):
    with style.house_style():
        found = words(draw(studies[which], narrow))
    assert len(found) > 5
    assert not touching(found)


def test_words_on_each_other_are_found():
    figure = style.new_figure(3, 2)
    ax = figure.subplots()
    for at in (0.5, 0.52):
        ax.text(at, 0.5, "10")
    assert touching(words(figure)) == [("10", "10")]


def test_words_of_contrasts_between_runs_stand_apart(studies):
    contrasts = run_contrasts(studies["two"])
    for narrow in (False, True):
        with style.house_style():
            found = words(figures.between_runs(contrasts, narrow))
        assert not touching(found)


def test_a_term_that_would_squeeze_the_others_has_an_axis_of_its_own(studies):
    study = studies["one"]
    largest = "reward_exploration"
    study.final[largest] = 40 * study.final[[c for c in study.final if c.startswith("reward_")]].abs().max().max()
    with style.house_style():
        figure = figures.reward_terms(study, False)
    by_terms = [[label.get_text() for label in ax.get_yticklabels()] for ax in figure.axes]
    assert ["exploring"] in by_terms
    assert all("exploring" not in labels for labels in by_terms if len(labels) > 1)
    assert any("per minute" in ax.get_xlabel() for ax in figure.axes)


def test_no_panel_holds_the_lines_of_more_than_one_groups_animals(studies):
    with style.house_style():
        figure = learning.learning_curves(studies["two"], False)
    thin = [sum(line.get_linewidth() == 0.7 for line in ax.lines) for ax in figure.axes]
    assert max(thin) == 12
