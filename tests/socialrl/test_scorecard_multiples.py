"""Small panels of findings from synthetic tables: the animals of the deciding comparison, their means and names."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_battery import battery

from socialrl.drawing import style
from socialrl.findings import load_registry
from socialrl.findings.contrasts import prepared
from socialrl.findings.scorecard import score
from socialrl.scorecard.multiples import labels, leading_rows, multiples

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def card():
    return score(prepared(battery(8, repeats=1)), load_registry())


def drawn(card, question, narrow=False):
    with style.house_style():
        figure = multiples(card, question, narrow)
        figure.canvas.draw()
    return [ax for ax in figure.axes if ax.axison]


@pytest.mark.parametrize("narrow", [False, True])
def test_every_compared_finding_has_a_panel_with_its_animals(card, narrow):
    compared = [
        one
        for one in card.findings
        if one.finding.question == "bond" and any(row.effect.side_a is not None for row in one.rows)
    ]
    panels = drawn(card, "bond", narrow)
    assert [ax.get_title(loc="left").split()[1] for ax in panels] == [one.leading.name for one in compared]
    for ax, one in zip(panels, compared, strict=True):
        shown = np.concatenate([marks.get_offsets()[:, 1] for marks in ax.collections if len(marks.get_offsets())])
        effect = one.leading.effect
        sides = [side for side in (effect.side_b, effect.side_a) if side is not None]
        assert {*np.round(np.concatenate(sides), 9)} <= {*np.round(np.asarray(shown, float), 9)}


def test_means_stand_beside_their_animals_and_the_side_it_is_about_is_on_the_right(card):
    (row,) = [row for row in leading_rows(card, "bond") if row.finding.id == "F01"]
    ax = next(ax for ax in drawn(card, "bond") if "F01" in ax.get_title(loc="left"))
    means = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() not in ("None", "")]
    assert [value for _, value in sorted(means)] == pytest.approx([row.effect.side_b.mean(), row.effect.side_a.mean()])
    assert labels(row) == ["wild type", "knockout"]


def test_labels_say_what_differs(card):
    found = {row.finding.id: labels(row) for question in ("bond", "accumbens") for row in leading_rows(card, question)}
    assert found["F14"] == ["cohoused 24 h"], "against a number there is one side"
    assert [one.replace("\n", " ") for one in found["F10"]] == ["mate 24 h", "mate 24 h antagonist"]


def test_a_panel_says_whose_tests_it_shows_and_in_which_unit(card):
    panels = {ax.get_title(loc="left").split()[1]: ax for ax in drawn(card, "bond")}
    assert panels["F14"].get_xlabel() == "wild type"
    of = {finding: next(ax for name, ax in panels.items() if name.startswith(finding)) for finding in ("F01", "F18")}
    assert of["F01"].get_xlabel() == "", "the names of the groups stand there"
    assert of["F18"].get_ylabel().endswith("(s)"), "animals are in seconds, their difference in standard deviations"


def test_a_question_without_findings_has_no_figure(card):
    assert multiples(card, "arm", False) is None
