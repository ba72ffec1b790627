"""Two groups from the same start: weights, differences and intervals by hand, and the comparison of the registry."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from socialrl.analysis.measure_table import measure_called
from socialrl.analysis.measure_values import values
from socialrl.errors import UserError
from socialrl.findings import load_registry
from socialrl.findings.contrasts import evaluate
from socialrl.findings.matched import compare, curve
from socialrl.findings.scorecard import INCONCLUSIVE, REPRODUCED, judge, score

HOURS = {"short": 24.0, "long": 168.0}


def a_curve(starts, losses, hours=HOURS, index=None):
    """A group with one list of animals per time."""

    def series(rows):
        return {test: pd.Series(row, index=index, dtype=float) for test, row in zip(hours, rows, strict=True)}

    return curve(hours, series(starts), series(losses))


def test_a_group_is_mixed_from_the_two_times_around_the_start_of_the_other():
    # Knockouts reach 0.4 at the most; wild types have 0.3 after 24 h and 0.7 after 168 h, so a quarter of the way.
    knockout = a_curve([[0.1, 0.3], [0.3, 0.5]], [[0.0, 0.2], [1.0, 1.4]])
    wild_type = a_curve([[0.2, 0.4], [0.6, 0.8]], [[0.4, 0.8], [0.0, 0.4]])
    found = compare(knockout, wild_type)
    assert found.start == pytest.approx(0.4)
    assert (found.this_h, found.than_h) == (168.0, pytest.approx(24 + (168 - 24) / 4))
    assert found.this.tolist() == [1.0, 1.4]
    assert found.than.tolist() == pytest.approx([0.75 * 0.4, 0.75 * 0.8 + 0.25 * 0.4])
    assert found.difference.value == pytest.approx(1.2 - (0.3 + 0.7) / 2)
    assert found.difference.n == 2


def test_the_order_of_the_groups_turns_the_sign_and_nothing_else():
    rng = np.random.default_rng(1)
    lift = np.array([[0.0], [0.4]])
    one = a_curve(rng.uniform(0.1, 0.4, (2, 8)) + lift, rng.normal(size=(2, 8)))
    other = a_curve(rng.uniform(0.2, 0.5, (2, 8)) + lift, rng.normal(size=(2, 8)))
    there, back = compare(one, other), compare(other, one)
    assert back.start == there.start
    assert back.difference.value == pytest.approx(-there.difference.value)
    assert (back.difference.low, back.difference.high) == pytest.approx((-there.difference.high, -there.difference.low))


def test_equal_groups_differ_by_nothing_and_start_at_their_own_highest():
    one = a_curve([[0.2, 0.4], [0.5, 0.7]], [[0.1, 0.2], [0.3, 0.5]])
    found = compare(one, one)
    assert found.start == pytest.approx(0.6)
    assert (found.difference.value, found.difference.low, found.difference.high) == (0.0, 0.0, 0.0)


def test_a_difference_of_every_animal_is_found_exactly_whatever_the_resample():
    # What an animal loses depends only on its start, the same in both groups, and 0.5 more in one of them.
    starts = np.array([[0.2, 0.3, 0.4, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.5, 0.6, 0.7]])
    lower = starts - 0.1
    found = compare(a_curve(lower, 2 * lower + 0.5), a_curve(starts, 2 * starts))
    assert found.difference.value == pytest.approx(0.5)
    assert found.difference.low == pytest.approx(0.5)
    assert found.difference.high == pytest.approx(0.5)
    # An interval that took the weights as given would have the scatter of the animals in it.


def test_without_a_common_start_there_is_no_number_and_the_reason_is_given():
    low, high = a_curve([[0.1, 0.2]] * 2, [[0.0, 0.0]] * 2), a_curve([[0.5, 0.6], [0.7, 0.8]], [[0.0, 0.0]] * 2)
    found = compare(low, high)
    assert math.isnan(found.difference.value)
    assert found.this is None
    verdict, because = judge("higher", found.difference, math.nan, 12)
    assert verdict == INCONCLUSIVE
    assert because == "no interval: no common start: 0.15 to 0.15 in one group, 0.55 to 0.75 in the other"


def test_a_common_start_that_is_often_absent_gives_no_interval():
    # Means of 0.5 and 0.5 meet in this sample, and miss each other in about half of the resamples.
    wide = a_curve([[0.0, 0.2, 0.5, 0.8, 1.0]] * 2, [[0.0] * 5, [0.1] * 5], {"short": 24.0, "long": 168.0})
    narrow = a_curve([[0.5] * 5, [0.9] * 5], [[0.0] * 5, [0.1] * 5])
    found = compare(wide, narrow)
    assert found.difference.value == pytest.approx(0.0)
    assert math.isnan(found.difference.low)
    share = float(found.difference.method.split(" %")[0])
    assert 30 < share < 70
    assert "of the resamples have no common start" in found.difference.method


def test_animals_without_a_value_or_a_twin_are_left_out():
    this = a_curve([[0.1, np.nan, 0.3], [0.4, 0.5, 0.6]], [[0.0] * 3, [1.0, 2.0, 3.0]], index=[1, 2, 3])
    than = a_curve([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], [[0.0] * 3, [1.0, 2.0, 4.0]], index=[3, 1, 9])
    found = compare(this, than)
    assert found.difference.n == 2
    assert list(found.this.index) == list(found.than.index) == [1, 3]
    assert compare(this, than, paired=False).difference.n == 5


def test_log_odds_by_hand_with_the_guard_at_none_and_all():
    measure = measure_called("partner_log_odds_first_6h")
    assert measure.guard == 30.0
    rows = pd.DataFrame(
        {
            "index": [0, 0, 1, 2, 3],
            # hours before the sixth count; repeats of an animal are averaged first
            "partner_s_hourly": [[60.0] * 6 + [999.0], [180.0] * 6 + [0.0], [100.0] * 7, [0.0] * 7, [0.0] * 7],
            "others_s_hourly": [[60.0] * 7, [60.0] * 7, [0.0] * 7, [5.0] * 7, [0.0] * 7],
        }
    )
    found = values(rows, measure, ("index",))
    assert found[0] == pytest.approx(math.log((720 + 30) / (360 + 30)))
    assert found[1] == pytest.approx(math.log((600 + 30) / 30))
    assert found[2] == pytest.approx(math.log(30 / (30 + 30)))
    assert math.isnan(found[3])  # no contact at all


def habitat(starts: dict[tuple[str, str], float], loss: dict[str, float], n: int = 16) -> pd.DataFrame:
    """Tables of habitats: `starts` by (genotype, test), `loss` in log-odds from the first to the last day."""
    rows = []
    for (genotype, test), start in starts.items():
        for index in range(n):
            odds = math.log(start / (1 - start)) + 0.1 * math.sin(index // 2)
            first, last = (1 / (1 + math.exp(-one)) for one in (odds, odds - loss[genotype] - 0.05 * math.cos(index)))
            partner = [3600 * (first if hour < 6 else last) for hour in range(120)]
            rows.append(
                {
                    "animal": f"{genotype}-{index:02d}",
                    "genotype": genotype,
                    "index": index,
                    "unit": f"pair {index // 2}",
                    "test": test,
                    "repeat": 0,
                    "partner_s_hourly": partner,
                    "others_s_hourly": [3600 - one for one in partner],
                }
            )
    return pd.DataFrame(rows)


TESTS = [f"habitat_pairs_{hours}h" for hours in (6, 24, 168, 336)]


def test_the_comparison_of_the_registry_sees_the_loss_and_not_the_start():
    book = load_registry()
    contrast = book.finding("F02").contrasts[-1]
    starts = dict(zip([("ko", test) for test in TESTS], [0.2, 0.3, 0.4, 0.5], strict=True))
    starts |= dict(zip([("wt", test) for test in TESTS], [0.4, 0.6, 0.7, 0.8], strict=True))
    found = evaluate(contrast, {"GroupHabitat": habitat(starts, {"ko": 1.2, "wt": 0.4})}, book)
    assert (found.n, found.p_name) == (8, "signed-rank")
    assert found.difference.value == pytest.approx(0.8, abs=0.02)
    after = "after 336 h of cohousing in knockout and 15 h in wild type"
    assert found.notes == (f"at 0.50 in both (partner's share, first 6 h): {after}",)
    card = score({"GroupHabitat": habitat(starts, {"ko": 1.2, "wt": 0.4})})
    row = next(row for row in card.rows if row.name == "F02e")
    assert row.verdict == REPRODUCED
    same = evaluate(contrast, {"GroupHabitat": habitat(starts, {"ko": 0.4, "wt": 0.4})}, book)
    assert abs(same.difference.value) < 0.02
    # today's row, which looks at shares, falls for the start: the same loss in log-odds differs in shares
    today = evaluate(book.finding("F02").contrasts[-2], {"GroupHabitat": habitat(starts, {"ko": 1, "wt": 1})}, book)
    assert today.difference.high < 0


def test_the_comparison_of_the_registry_is_inconclusive_where_starts_do_not_meet():
    starts = {("ko", test): 0.2 for test in TESTS} | {("wt", test): 0.7 for test in TESTS}
    card = score({"GroupHabitat": habitat(starts, {"ko": 1.2, "wt": 0.4})})
    row = next(row for row in card.rows if row.name == "F02e")
    assert row.verdict == INCONCLUSIVE
    assert "no common start: 0.2" in row.because


def finding(**changes) -> dict:
    side = {"conditions": ["habitat_pairs_24h", "habitat_pairs_168h"]}
    contrast = {
        "says": "x",
        "kind": "matched",
        "measure": "partner_log_odds_loss",
        "at_equal": "partner_share_first_6h",
        "this": {"group": "knockout", **side},
        "than": {"group": "wild_type", **side},
        "expected": "higher",
    } | changes
    record = load_registry().finding("F02").model_dump() | {"id": "X01", "contrasts": [contrast], "conditions": {}}
    return {"findings": [record]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"at_equal": None}, r"at_equal is missing: a contrast of kind matched needs it"),
        ({"than": None}, r"than is missing: a contrast of kind matched needs it"),
        ({"at_equal": "partner_shre_first_6h"}, "unknown measure 'partner_shre_first_6h'; did you mean"),
        ({"kind": "groups"}, "at_equal is not allowed in a contrast of kind groups"),
        (
            {"this": {"group": "knockout", "conditions": ["habitat_pairs_24h", "habitat_pairs_24h"]}},
            r"this.conditions: each must have other cohousing_h, got \[24.0, 24.0\]",
        ),
        (
            {"this": {"group": "knockout", "conditions": "habitat_pairs_24h", "minus": "habitat_pairs_336h"}},
            "this.minus is not allowed in a contrast of kind matched",
        ),
    ],
)
def test_mistakes_in_a_matched_comparison_are_one_line(changes, message):
    load_registry().adding(finding())
    with pytest.raises(UserError, match=message) as error:
        load_registry().adding(finding(**changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ({"sum": ["contact_s_partner"], "guard": 30}, "guard needs per: it makes the log-odds of sum against the rest"),
        ({"sum": ["contact_s_partner"], "per": ["contact_s_partner", "contact_s_others"], "guard": 0}, "guard must be"),
    ],
)
def test_a_guard_needs_two_things_to_compare(measure, message):
    data = {"measures": {"odds": {"label": "Odds", "unit": "log-odds", **measure}}}
    with pytest.raises(UserError, match=message):
        load_registry().adding(data)


def test_a_measure_of_log_odds_can_come_from_a_file():
    columns = ["contact_s_partner", "contact_s_others"]
    own = {"label": "Odds", "unit": "log-odds", "sum": columns[:1], "per": columns, "guard": 1.0}
    book = load_registry().adding({"measures": {"odds": own}})
    rows = pd.DataFrame({"index": [0], "contact_s_partner": [9.0], "contact_s_others": [4.0]})
    assert values(rows, book.measures["odds"], ("index",))[0] == pytest.approx(math.log(2))
