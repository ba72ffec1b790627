"""Verdicts by the stated rule, and the scorecard of synthetic tables: what decides, what counts, what is written."""

from __future__ import annotations

import dataclasses
import json
import math

import pandas as pd
import pytest
from synthetic_battery import OFF, battery

from socialrl.analysis.statistics import Estimate
from socialrl.errors import UserError
from socialrl.findings import load_registry
from socialrl.findings.outcome import result_of
from socialrl.findings.results import as_json, flat_rows, read_result, write_result
from socialrl.findings.scorecard import judge, score
from socialrl.findings.variants import ablation_table
from socialrl.scorecard.markdown import markdown
from socialrl.scorecard.page import html

NAN = math.nan
NO_ARMS = ablation_table({})
MADE = {"command": "socialrl", "preset": "quick", "seed": 1, "world": "0", "commit": None}


def between(low, high, n=12):
    return Estimate((low + high) / 2, low, high, n, "given")


@pytest.fixture(scope="module")
def tables():
    return battery(8)


@pytest.fixture(scope="module")
def card(tables):
    return score(tables, parameters=OFF)


def judged(card, name):
    return next(one for one in card.findings if one.finding.id == name)


@pytest.mark.parametrize(
    ("expected", "low", "high", "p", "verdict", "because"),
    [
        ("higher", 0.10, 0.30, 0.01, "reproduced", "expected side"),
        ("lower", -0.30, -0.10, 0.01, "reproduced", "expected side"),
        ("higher", -0.30, -0.10, 0.01, "not reproduced", "other direction"),
        ("lower", 0.10, 0.30, 0.01, "not reproduced", "other direction"),
        ("higher", -0.10, 0.30, 0.20, "inconclusive", "includes zero"),
        ("higher", 0.01, 0.30, 0.08, "inconclusive", "p = 0.080"),
        ("higher", 0.01, 0.04, 0.001, "not reproduced", "too small to count"),
        ("lower", -0.04, 0.04, 0.9, "not reproduced", "too small to count"),
        ("higher", 0.04, 0.06, 0.001, "reproduced", "expected side"),
        ("higher", 0.2, 0.2, 0.001, "reproduced", "expected side"),
        ("same", -0.10, 0.10, 0.9, "reproduced", "inside the margin"),
        ("same", 0.05, 0.15, 0.001, "reproduced", "inside the margin"),
        ("same", 0.00, 0.30, 0.2, "inconclusive", "crosses the margin"),
        ("same", 0.20, 0.40, 0.001, "not reproduced", "outside the margin"),
        ("same", -0.40, -0.20, 0.001, "not reproduced", "outside the margin"),
        ("same", 0.0, 0.0, 1.0, "reproduced", "inside the margin"),
    ],
)
def test_rule_of_one_comparison(expected, low, high, p, verdict, because):
    result = judge(expected, between(low, high), p, 12, smallest=0.05, same_within=0.17)
    assert result[0] == verdict
    assert because in result[1]


def test_few_animals_and_missing_intervals_are_never_judged():
    assert judge("higher", between(0.1, 0.3), 0.01, 5)[0] == "inconclusive"
    assert judge("higher", between(0.1, 0.3), 0.01, 6)[0] == "reproduced"
    assert judge("higher", Estimate(0.2, NAN, NAN, 8, "one animal: no interval"), 0.01, 8) == (
        "inconclusive",
        "no interval: one animal: no interval",
    )


def test_findings_that_the_synthetic_animals_have_are_reproduced(card):
    assert {judged(card, name).verdict for name in ("F01", "F02", "F03", "F06", "F07")} == {"reproduced"}
    assert judged(card, "F05").leading.because == "n = 4, fewer than 6"  # eight animals are four of each sex


def test_identical_genotypes_reproduce_no_difference_and_break_no_control():
    card = score(battery(8, effect=0.0))
    assert judged(card, "F01").verdict == "not reproduced"
    assert judged(card, "F02").verdict == "not reproduced"
    assert judged(card, "N02").verdict == "reproduced"
    assert judged(card, "N02").leading.effect.difference.value == 0.0


def test_a_gain_that_acts_outside_the_arms_breaks_the_control(tables):
    table = tables["socialrl/PartnerPreference-v0"].copy()
    off = table["genotype"] == "all_arms_wild_type"
    table.loc[off, ["huddle_s_partner", "huddle_s_stranger"]] = [1000.0, 1000.0]
    assert judged(score({"PartnerPreference": table}), "N02").verdict == "not reproduced"


def test_everything_is_not_run_without_tables():
    card = score({})
    assert {one.verdict for one in card.findings if one.rows} == {"not run"}
    assert card.counts()["predicted"]["not run"] == sum(card.counts()["predicted"].values()) > 5
    assert judged(card, "F03").leading.because == "assay SocialOperant was not run"


def test_one_missing_test_makes_a_finding_inconclusive_not_reproduced_stays(tables):
    table = tables["socialrl/PartnerPreference-v0"]
    partly = score({"PartnerPreference": table[table["test"] != "mate_0h"]})
    assert judged(partly, "F08").verdict == "not run"
    some = score({"PartnerPreference": table[table["test"] != "cohoused_24h_agonist_at_test"]}, parameters=OFF)
    assert [row.verdict for row in judged(some, "F34").rows if row.decides] == ["reproduced", "not run"]
    assert judged(some, "F34").verdict == "inconclusive"


def test_calibrated_comparisons_decide_nothing_where_others_do(card):
    decides = {row.name: row.decides for row in card.rows}
    assert (decides["F01a"], decides["F01b"], decides["F01c"], decides["F01d"]) == (True, True, False, False)
    assert decides["F14"]  # a calibrated finding is judged by its own rows, and counted as no prediction
    assert not judged(card, "F14").counted
    assert judged(card, "F15").counted  # its agonist was not used to set anything
    assert [row.name for row in judged(card, "F15").rows if row.decides] == ["F15d"]


def with_uses(finding_use, *uses, grade="B"):
    """The registry's F01 alone, its two comparisons of knockouts with wild types marked otherwise."""
    registry = load_registry()
    finding = registry.finding("F01")
    contrasts = [one.model_copy(update={"use": use}) for one, use in zip(finding.contrasts, uses, strict=False)]
    changed = finding.model_copy(update={"use": finding_use, "grade": grade, "contrasts": tuple(contrasts)})
    return dataclasses.replace(registry, findings=(changed,))


def test_finding_that_a_mechanism_was_added_for_is_judged_and_counted_apart(tables):
    card = score(tables, with_uses("mechanism", None, None))
    assert card.counts()["mechanism"] == {"reproduced": 1, "not reproduced": 0, "inconclusive": 0, "not run": 0}
    assert sum(card.counts()["predicted"].values()) == 0
    assert [row.decides for row in card.rows] == [True, True]
    assert not card.findings[0].counted
    table = flat_rows(result_of(card))
    assert set(table["use"]) == set(table["finding_kind"]) == {"mechanism"}
    assert table["p_holm"].isna().all()  # corrected over predictions, and this is none
    content = json.loads(as_json(result_of(card)))
    assert content["findings"][0]["kind"] == content["findings"][0]["use"] == "mechanism"
    assert content["counts"]["mechanism"]["reproduced"] == 1


@pytest.mark.parametrize(
    ("finding_use", "uses", "grade", "kind", "decides"),
    [
        ("mechanism", (None, "predicted"), "B", "predicted", [False, True]),
        ("predicted", ("mechanism", "calibrated"), "B", "mechanism", [True, False]),
        ("predicted", ("calibrated", "calibrated"), "B", "calibrated", [True, True]),
        ("mechanism", (None, None), "C", "mechanism", [True, True]),
        ("predicted", (None, None), "C", "press", [True, True]),
    ],
)
def test_what_is_most_of_a_test_decides_and_gives_the_kind(tables, finding_use, uses, grade, kind, decides):
    card = score(tables, with_uses(finding_use, *uses, grade=grade))
    assert card.findings[0].kind == kind
    assert [row.decides for row in card.rows] == decides
    assert [name for name, verdicts in card.counts().items() if sum(verdicts.values())] == [kind]


def test_press_copy_is_judged_and_not_counted(card):
    assert not judged(card, "F04").counted
    assert not judged(card, "F06").counted
    counts = card.counts()
    assert sum(counts["press"].values()) == 2
    assert sum(counts["control"].values()) == 8
    predicted = [one for one in card.findings if one.counted]
    assert sum(counts["predicted"].values()) == len(predicted)
    assert all(one.finding.use != "control" for one in predicted)


def test_leading_row_is_the_one_that_made_the_verdict(card):
    for one in card.findings:
        if one.verdict in ("reproduced", "not reproduced"):
            assert one.leading.verdict == one.verdict


def test_json_and_csv_hold_every_comparison_with_its_numbers(card, tmp_path):
    write_result(result_of(card, "battery"), tmp_path / "new")
    content = json.loads((tmp_path / "new" / "scorecard.json").read_text())
    table = pd.read_csv(tmp_path / "new" / "scorecard.csv")
    assert content["format"] == 2
    assert content["counts"] == card.counts()
    assert [one["id"] for one in content["findings"]] == [one.finding.id for one in card.findings]
    assert len(table) == len(card.rows) == sum(len(one["comparisons"]) for one in content["findings"])
    first = content["findings"][0]["comparisons"][0]
    row = table.iloc[0]
    assert first["difference"] == pytest.approx(row["difference"])
    assert first["difference_low"] < first["difference"] < first["difference_high"]
    assert first["n"] == 8
    assert first["verdict"] == row["verdict"] == "reproduced"
    assert row["doi"] == "10.1016/j.cub.2025.07.042"
    assert {"grade", "use", "expected", "effect_size_low", "p", "p_holm", "because", "tests"} <= set(table)
    assert (table["p_holm"].dropna() >= table["p"][table["p_holm"].notna()]).all()


@pytest.mark.parametrize("n", [0, 8])
def test_a_result_that_was_written_is_read_back_as_it_was(n, tmp_path):
    card = score(battery(n) if n else {})
    result = result_of(card, "battery", made=MADE, hangs_on={"F01": "contact_floor"}, notes=["Quick."])
    write_result(result, tmp_path)
    again = read_result(tmp_path / "scorecard.json")
    assert as_json(again) == as_json(result)
    pd.testing.assert_frame_equal(flat_rows(again), flat_rows(result))
    assert again.findings[0].hangs_on == "contact_floor"
    assert markdown(again) == markdown(result)
    assert html(again, [], NO_ARMS) == html(result, [], NO_ARMS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 1}, "has scorecard format 1, and this version reads 2; make it again with `socialrl reproduce`"),
        ({"format": 3}, "has scorecard format 3, and this version reads 2; it needs a newer socialrl"),
        ({"findings": [{"id": "F01"}]}, r"is damaged: findings\[0\].title: Field required"),
        ({"counts": "many"}, "is damaged: counts: "),
    ],
)
def test_a_result_that_cannot_be_read_is_one_line(card, tmp_path, change, message):
    write_result(result_of(card), tmp_path)
    path = tmp_path / "scorecard.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=message) as error:
        read_result(path)
    assert "\n" not in str(error.value)


def test_json_of_an_empty_scorecard_is_strict_json():
    content = json.loads(as_json(result_of(score({}))), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert content["findings"][0]["comparisons"][0]["difference"] is None


def test_same_tables_give_the_same_scorecard(tables, card):
    pd.testing.assert_frame_equal(flat_rows(result_of(score(tables, parameters=OFF))), flat_rows(result_of(card)))


def test_swapping_partner_and_stranger_turns_the_preference_round(tables):
    table = tables["socialrl/PartnerPreference-v0"]
    swapped = table.rename(columns={"huddle_s_partner": "huddle_s_stranger", "huddle_s_stranger": "huddle_s_partner"})
    ours, theirs = (judged(score({"PartnerPreference": one}), "F14").leading for one in (table, swapped))
    assert theirs.effect.difference.value == pytest.approx(-ours.effect.difference.value)
    assert theirs.verdict == "not reproduced"


def test_unknown_finding_names_the_nearest():
    with pytest.raises(UserError, match="unknown finding 'F1O'; did you mean"):
        load_registry().finding("F1O")


def test_a_place_that_cannot_be_written_is_one_line(card, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match=r"cannot create .*taken"):
        write_result(result_of(card), tmp_path / "taken")
