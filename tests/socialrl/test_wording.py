"""Numbers, intervals and hours as readers see them, and how animals differ in words."""

from __future__ import annotations

from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording


def test_numbers_as_readers_see_them():
    assert wording.number(-1234.5, 0) == "−1\u202f234"
    assert wording.number(-0.001) == "0.00"
    assert wording.number(float("nan")) == "–"
    assert wording.interval(Estimate(0.5, 0.25, 0.75, 8, "")) == "0.50 [0.25, 0.75]"
    assert wording.interval(Estimate(0.5, float("nan"), float("nan"), 1, "")) == "0.50"
    assert wording.interval(Estimate(600, 300, 900, 8, ""), 1, 60, sign=True) == "+10.0 [5.0, 15.0]"
    assert wording.p_clause(0.0004) == "p < 0.001"
    assert wording.p_clause(0.04) == "p = 0.040"
    assert wording.hours(168) == "168 h (7 days)"
    assert wording.hours(30) == "30 h"


def test_how_animals_differ_is_said_for_a_factor_and_for_parameters():
    assert wording.individuals(0) == wording.individuals({"scale": 0.0, "contact_floor": 0.0})
    assert wording.individuals(0) == "identical in their parameters"
    assert wording.individuals(1.0) == "drawn with individual spread × 1"
    assert wording.individuals({"scale": 0.5, "contact_floor": 0.2, "move_cost": 0}) == (
        "drawn with individual spread × 0.5, but with a log-sd of their own for contact_floor 0.2, move_cost 0"
    )
