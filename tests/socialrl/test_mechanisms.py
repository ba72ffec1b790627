"""What a mechanism that was added for a comparison does to its use, and comparisons that nobody has made in animals."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest
import yaml
from synthetic_battery import battery

from socialrl.config.given_parameters import read_parameters
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.findings import load_registry
from socialrl.findings.mechanisms import off_value, switched_on
from socialrl.findings.outcome import result_of
from socialrl.findings.registry import Registry
from socialrl.findings.results import FindingResult, Result
from socialrl.findings.scorecard import NO_VERDICT, score
from socialrl.scorecard import words
from socialrl.scorecard.markdown import markdown

ROWS = {
    "compensation_share": ("F10", "b"),
    "signal_adaptation": ("F34", "b"),
    "incentive_comfort": ("F04", "c"),
    "v1a_recall": ("F38", "a"),
    "receptor_half": ("F15", "d"),
}
"""The comparison that each mechanism was added for; F31, a mechanism already, names `receptor_half`, too."""
SWITCHED_OFF = ["compensation_share=0", "signal_adaptation=0", "incentive_comfort=0", "v1a_recall=0", "receptor_half=1"]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    kept = ("PartnerPreference", "SocialOperant")
    return {name: table for name, table in battery(8, repeats=1).items() if any(one in name for one in kept)}


def small() -> Registry:
    """The shipped findings that mechanisms were added for."""
    registry = load_registry()
    return registry.only([registry.finding(name) for name in ("F04", "F10", "F15", "F31", "F34", "F38")])


def made_with(tables: dict[str, pd.DataFrame], *given: str) -> Result:
    recorded = read_parameters([*SWITCHED_OFF, *given]).recorded()
    card = score(tables, small(), parameters=recorded["values"])
    return result_of(card, made={"parameters": recorded})


def found(result: Result, name: str) -> FindingResult:
    return next(one for one in result.findings if one.id == name)


def row(result: Result, finding: str, part: str):
    return next(one for one in found(result, finding).comparisons if one.part == part)


@pytest.fixture(scope="module")
def without(tables) -> Result:
    return made_with(tables)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_marked_where_its_mechanism_is_on_and_only_there(tables, without, name):
    values = {"receptor_half": "4", "v1a_recall": "{male: 0.9, female: 0}"}
    on = made_with(tables, f"{name}={values.get(name, '0.5')}")
    before, after = row(without, *ROWS[name]), row(on, *ROWS[name])
    assert (before.mechanism, before.off, after.mechanism, after.off) == ((name,), (name,), (name,), ())
    assert before.use == ("mechanism" if ROWS[name][0] == "F10" else "predicted")
    assert after.use == "mechanism"
    assert f"{name} can be switched on for " in words.mechanism(before).striptags()
    assert words.mechanism(after).striptags() == f"Mechanism: {name} was added for this row."
    # nothing else of this finding changes its use, and no number does
    for one, other in zip(found(without, ROWS[name][0]).comparisons, found(on, ROWS[name][0]).comparisons, strict=True):
        assert one.use == other.use or one.part == ROWS[name][1]
        assert (one.difference, one.verdict) == (other.difference, other.verdict) or one.missing
    mechanisms = {one.name: one for one in on.mechanisms}
    assert {one for one, told in mechanisms.items() if not told.off} == {name}
    assert all(one.off for one in without.mechanisms)
    assert name in markdown(on)
    assert f"`{name}`" not in markdown(without)


def test_a_prediction_whose_mechanism_is_on_decides_nothing_where_there_are_others(tables, without):
    on = made_with(tables, "signal_adaptation=0.5")
    assert [one.decides for one in found(without, "F34").comparisons] == [True, True, False, False]
    assert [one.decides for one in found(on, "F34").comparisons] == [True, False, False, False]
    assert "mechanism signal_adaptation added for b" in words.mark(found(on, "F34"))
    # p values are corrected over predictions
    assert math.isfinite(row(without, "F34", "b").p_holm)
    assert math.isnan(row(on, "F34", "b").p_holm)


def test_a_mechanism_of_one_sex_is_on_and_shown_with_both(tables):
    recorded = read_parameters(["v1a_recall={male: 0.9, female: 0}"]).recorded()
    assert recorded["values"]["v1a_recall"] == {"male": 0.9, "female": 0.0}
    assert switched_on(["v1a_recall", "compensation_share"], {**recorded["values"], "compensation_share": 0.0}) == {
        "v1a_recall"
    }
    (told,) = (one for one in made_with(tables, "v1a_recall={male: 0.9, female: 0}").mechanisms
               if one.name == "v1a_recall")  # fmt: skip
    assert (told.off, words.mechanism_rows([told])[0][1]) == (False, "females 0; males 0.9 fraction")


def test_off_is_zero_or_the_value_of_the_first_table_where_zero_is_impossible():
    assert off_value("compensation_share") == off_value("contact_floor") == 0.0
    assert off_value("receptor_half") == 1.0
    assert switched_on(["receptor_half"], {"receptor_half": 1.0}) == set()
    assert switched_on(["receptor_half"], {"receptor_half": 4.0}) == {"receptor_half"}


def test_novel_comparisons_have_numbers_and_no_verdict_and_decide_nothing(without):
    novel = [(one, row) for one in without.findings for row in one.comparisons if row.use == "novel"]
    assert {one.id for one, _ in novel} == {"F04", "F10", "F15", "F34", "F38"}
    for one, row in novel:
        assert not row.missing, (one.id, row.part, row.missing)
        assert (row.verdict, row.decides, row.n) == (NO_VERDICT, False, 8), (one.id, row.part)
        assert row.difference_low <= row.difference <= row.difference_high
        assert math.isnan(row.p_holm)
    assert {one.kind for one in without.findings} <= {"predicted", "press", "mechanism"}


def test_a_finding_of_novel_comparisons_alone_has_no_verdict_and_is_not_counted(tables):
    finding = load_registry().finding("F11")
    whole = finding.model_copy(update={"use": "novel"})
    result = result_of(score(tables, dataclasses.replace(load_registry(), findings=(whole,))))
    (one,) = result.findings
    assert (one.verdict, one.kind, one.counted) == (NO_VERDICT, "novel", False)
    assert sum(sum(verdicts.values()) for verdicts in result.counts.values()) == 0
    assert words.KINDS["novel"].startswith("Novel")
    assert "novel | no verdict" in markdown(result)
    (absent,) = result_of(score({}, dataclasses.replace(load_registry(), findings=(whole,)))).findings
    assert (absent.verdict, absent.kind) == ("not run", "novel")


def test_a_slope_over_dose_is_that_of_one_drug():
    finding = yaml.safe_load(
        """
        id: X01
        title: A title
        statement: A statement
        source: {citation: Somebody 2001, doi: null}
        grade: B
        confidence: high
        use: novel
        question: bond
        may_fail: For this reason.
        conditions:
          PartnerPreference:
            - {name: low, cohousing_h: 6, drugs: [{drug: agonist, dose: 1, start_s: -3600, end_s: 0}]}
            - {name: high, cohousing_h: 6, drugs: [{drug: agonist, dose: 3, start_s: -3600, end_s: 0}]}
            - {name: other, cohousing_h: 6, drugs: [{drug: antagonist, dose: 1, start_s: -3600, end_s: 0}]}
        contrasts:
          - says: It grows with the dose
            kind: trend
            measure: preference
            over: dose
            this: {group: wild_type, conditions: [cohoused_6h, low, high]}
            expected: higher
        """
    )
    registry = load_registry().adding({"findings": [finding]})
    shares = {"cohoused_6h": 0.5, "low": 0.6, "high": 0.8}  # 0.1 a unit of dose
    rows = [
        {"test": test, "genotype": "wt", "index": index, "sex": "female", "huddle_s_partner": 100 * share,
         "huddle_s_stranger": 100 * (1 - share)}
        for test, share in shares.items()
        for index in range(8)
    ]  # fmt: skip
    card = score({"PartnerPreference": pd.DataFrame(rows)}, registry.only([registry.finding("X01")]))
    assert card.rows[0].effect.difference.value == pytest.approx(0.1)
    assert card.rows[0].effect.unit.endswith(" per unit of dose")
    finding["contrasts"][0]["this"]["conditions"] = ["low", "other"]
    with pytest.raises(UserError, match="a trend over dose needs doses of one drug, got agonist, antagonist"):
        load_registry().adding({"findings": [finding]})


def test_networks_that_never_had_an_access_of_that_length_say_so_with_what_to_add():
    lever = ["env.id=socialrl/SocialOperant-v0", "env.dt_s=10", "env.duration_s=600", "probes.tests=[]"]
    tests = "evaluation.tests=[{name: long, cohousing_h: 24, session: partner, access_s: 300},"
    tests += " {name: usual, cohousing_h: 24, session: partner}]"
    config = load_config("configs/smoke.yaml", [*lever, tests])
    assert [test.history().get("access_s") for test in config.evaluation.tests] == [300.0, None]
    (line,) = unmet(config, demands_of(config))
    assert line == (
        "no animal of this run had an access of 300 s in training, which the test long requires; train with "
        "env.reset.access_s=[60, 300]"
    )
    cured = load_config("configs/smoke.yaml", [*lever, tests, line.split("train with ")[1]])
    assert unmet(cured, demands_of(cured)) == []
    with pytest.raises(UserError, match=r"evaluation.tests.0.access_s is not allowed in socialrl/PartnerPreference"):
        load_config("configs/smoke.yaml", ["evaluation.tests=[{name: a, cohousing_h: 24, access_s: 300}]"])
