"""Findings about lives: what comes before a test, whom it is asked of, and what the pages say of it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from socialrl.analysis.statistics import could_be_seen, mean_interval
from socialrl.animals.animal import animals_of
from socialrl.assays import study_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.config.loading import EnvSection
from socialrl.errors import UserError
from socialrl.findings.condition import Condition
from socialrl.findings.conditions import as_test, mistake
from socialrl.findings.development import development_table
from socialrl.findings.outcome import result_of
from socialrl.findings.records import OF_ATTACHMENT, QUESTIONS
from socialrl.findings.registry import load_registry
from socialrl.findings.scorecard import score
from socialrl.protocols.playing import begin
from socialrl.reproduction import groups, stages
from socialrl.reproduction.evaluation import with_synchrony
from socialrl.reproduction.lives import phases_of, planned
from socialrl.reproduction.playable import check_playable
from socialrl.reproduction.presets import PRESETS, Size
from socialrl.reproduction.stages import stages_of
from socialrl.scorecard import words
from socialrl_envs.parameter_rows import ATTACHMENT, CARE

LIVED = "LivedPreference"
LIFE = [{"rear": {"carers": "one", "days": 21}}, {"wean": {"company": "siblings"}}]


def of(**keys) -> Condition:
    return Condition.model_validate({"name": "one", "life": LIFE, **keys})


def env_of(assay: str = LIVED) -> EnvSection:
    study = study_of(assay)
    return EnvSection.model_validate({"id": study.id, **study.training["env"]})


# ------------------------------------------------------------------------------------------------- a life as data


def test_a_life_comes_before_the_hours_with_the_partner_and_the_test():
    one = of(
        met_at_d=60, cohousing_h=24, relationship="mate", mating=False, separation_h=2, offered=["partner", "nobody"],
        drugs=[{"drug": "antagonist", "dose": 1.0, "start_s": -7200, "end_s": 0}], reactivity=1.5, duration_s=3600,
    )  # fmt: skip
    assert phases_of(one, LIVED) == [
        *LIFE,
        {"cohouse": {"with": "partner", "hours": 24, "relationship": "mate", "mating": False, "age_d": 60}},
        {"separate": {"hours": 2}},
        {"dose": {"drug": "antagonist", "dose": 1.0, "start_h": -2.0, "hours": 2.0}},
        {
            "assay": {
                "id": "socialrl/PartnerPreference-v0",
                "reactivity": 1.5,
                "with": ["partner", "nobody"],
                "minutes": 60,
            }
        },
    ]
    (test,) = planned(one, LIVED, env_of(), "here")
    assert (test.name, test.cohousing_h, test.separation_h, test.mated) == ("one", 24, 2, False)
    assert test.home is not None
    assert test.home.begins_d == 0
    assert test.doses == "antagonist 1 from -2 to 0 h"


def test_what_an_animal_comes_with_is_a_key_of_its_test():
    plain = Condition.model_validate({"name": "one", "cohousing_h": 24, "expression": 0.7, "stressor": 1})
    assert {name: as_test(plain)[name] for name in ("expression", "stressor")} == {"expression": 0.7, "stressor": 1}
    assert "load" not in as_test(plain)
    assert mistake("PartnerPreference", plain) == (
        "must have no stressor in PartnerPreference, whose animals have no slow state; allowed in "
        "PairHome, StressRecovery, Caregiving, LivedPreference"
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"life": "rear"}, "must be a list of phases as in a protocol"),
        ({"session": "all"}, "cannot be given with a life: it is told by who is offered"),
        ({"partner_is": "shuffled"}, "cannot be given with a life"),
        ({"life": [], "met_at_d": 60}, "needs a life"),
        ({"life": [], "offered": ["nobody", "stranger"]}, "needs a life"),
    ],
)
def test_mistakes_in_the_keys_of_a_life_are_told(keys, message):
    with pytest.raises(ValueError, match=message):
        of(**keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"met_at_d": 60}, "met_at_d needs hours of cohousing"),
        ({"life": [{"reer": {"days": 21}}]}, r"history 'one', phase 1"),
        ({"life": [*LIFE, {"lose": {"who": "sister"}}]}, r"history 'one', phase 3 \(lose\).*sister"),
        ({"met_at_d": 10, "cohousing_h": 24}, r"age_d must be 21 d or more, when the phase before it ends, got 10"),
        ({"offered": ["aunt", "stranger"]}, "aunt"),
    ],
)
def test_an_impossible_life_is_one_line_before_anything_runs(keys, message):
    finding = {
        "id": "X1", "title": "t", "statement": "s", "source": {"citation": "c", "doi": None}, "grade": "B",
        "confidence": "low", "use": "predicted", "question": "early", "may_fail": "m",
        "conditions": {LIVED: [{"name": "one", "life": LIFE, **keys}]},
        "contrasts": [{
            "says": "x", "kind": "against", "measure": "preference", "value": 0.5, "expected": "higher",
            "this": {"group": "wild_type", "conditions": "one"},
        }],
    }  # fmt: skip
    book = load_registry().adding({"findings": [finding]}, "mine.yaml")
    with pytest.raises(UserError, match=message) as error:
        check_playable(book.only([book.finding("X1")]))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("mine.yaml: X1: condition one")


def test_early_care_reaches_a_knockout_through_stress_and_its_bonds_not_at_all():
    """A leak would be a way for care or expression to act without a receptor."""
    members = [groups.TrainedGroup("wt", 1.0), groups.TrainedGroup("ko", 0.0)]
    config = stages.stage_config(
        "x", LIVED, members, Size(1, "quick", 1, many=False), 1, Path("unused"), load_registry(), GivenParameters()
    )
    reared = {}
    for carers in ("one", "two"):
        life = [{"rear": {"carers": carers, "days": 21}}, {"wean": {"company": "siblings"}}]
        one = of(life=life, met_at_d=25, cohousing_h=24)
        (test,) = planned(one, LIVED, config.env, "here")
        reared[carers] = begin(config, animals_of(config), test, 1).state()
    bond = {carers: state["familiarity of partner"] for carers, state in reared.items()}
    reactivity = {carers: state["reactivity"][:, 0] for carers, state in reared.items()}
    wild, knockout = 0, 1
    assert bond["one"][knockout] == bond["two"][knockout]
    assert bond["one"][wild] < bond["two"][wild]
    assert (reactivity["one"] > reactivity["two"] + 0.05).all()


# -------------------------------------------------------------------------------------------- who is trained for it


def test_animals_without_development_are_trained_only_where_they_are_compared():
    for name in ("quick", "full"):
        made = {stage.assay: stage for stage in stages_of(PRESETS[name], 1, Path("unused"))}
        assert [assay for assay, stage in made.items() if "no_development" in stage.config.genotypes] == [LIVED]
        assert made[LIVED].config.genotypes["no_development"].parameters["care_to_expression"] == 0
        lived = {one.name for one in load_registry().conditions_in(LIVED) if one.life}
        assert lived
        assert not lived & {test.name for test in made[LIVED].config.evaluation.tests}
        assert made[LIVED].config.animals == 3 * made["PartnerPreference"].config.animals
    assert made[LIVED].config.animals == 48


def test_every_number_of_attachment_is_changed_where_it_acts_and_nowhere_else():
    tried = {change.parameter: change for change in groups.changes(own=groups.own_parameters(LIVED))}
    assert {row.name for row in ATTACHMENT} == set(tried) - {"unchanged"}
    assert {name: tried[name].value for name in groups.SWITCHED_ON} == groups.SWITCHED_ON
    assert not {row.name for row in ATTACHMENT} & {change.parameter for change in groups.changes()}
    study = stages_of(PRESETS["study"], 1, Path("unused"))
    for stage in study:
        if stage.part == "parameters":
            names = {str(group.columns["parameter"]) for group in stage.groups} - {"unchanged"}
            own = groups.own_parameters(stage.assay)
            assert not names & {row.name for row in ATTACHMENT} if own is None else names <= own
    assert groups.own_parameters("Caregiving") - groups.own_parameters(LIVED) == {row.name for row in CARE}
    assert [stage.assay for stage in study if stage.part == "development"] == [LIVED, "StressRecovery"]


def test_arms_of_development_act_alone_together_and_not_at_all():
    made = {group.name: group for group in groups.developmental_arms(LIVED)}
    assert {group.columns["development"] for group in made.values()} == {*groups.DEVELOPMENT, "all", "none"}
    assert dict(made["development_competence_wt"].parameters) == {
        "care_to_expression": 0, "care_to_competence": 0.3, "strain_to_reactivity": 0,
    }  # fmt: skip
    assert made["development_all_ko"].oxtr_gain == 0
    assert not any(made["development_none_wt"].parameters.values())


def test_a_share_of_development_is_that_of_all_three_arms_and_such_animals_decide_nothing():
    rng = np.random.default_rng(1)
    rows = []
    for setting, effect in (("all", 0.4), ("expression", 0.1), (None, 0.2)):
        for index, noise in enumerate(rng.normal(0, 0.01, 8)):
            for test, value in (("one_carer_24h", 0.9 - effect + noise), ("two_carers_24h", 0.9)):
                row = {"animal": f"wt-{index}", "genotype": "wt", "index": index, "test": test, "repeat": 0}
                rows.append(row | {"sex": "female", "development": setting, "expression_start": value})
    tables = {LIVED: pd.DataFrame(rows)}
    table = development_table(tables).set_index(["development", "finding"])
    assert table.loc[("expression", "D2"), "share"].item() == pytest.approx(0.25, abs=0.05)
    assert table.loc[("all", "D2"), "share"].item() == 1.0
    assert development_table({LIVED: tables[LIVED].drop(columns="development")}).empty
    row = next(one for one in score(tables).rows if one.finding.id == "D2")
    assert row.effect.difference.value == pytest.approx(-0.2, abs=0.02), "ordinary animals alone are judged"


def test_both_animals_of_a_pair_have_in_their_rows_how_far_they_are_in_step():
    tests = [(animal, test) for animal in ("wt-00", "wt-01") for test in ("apart", "home")]
    table = pd.DataFrame([{"animal": animal, "test": test, "repeat": 0} for animal, test in tests])
    pair = {"animal": "wt-00", "other": "wt-01", "company": "pair", "repeat": 0, "series": "moving"}
    found = [
        pair | {"test": test, "form": form, "hour": hour, "peak": value, "pseudo_mean": 0.25}
        for test, value in (("apart", 0.5), ("home", 2.0))
        for form in ("raw", "outside_contact")
        for hour in (0.0, math.nan)
    ]
    found.append(pair | {"test": "home", "form": "raw", "hour": math.nan, "peak": 9.0, "company": "others"})
    joined = with_synchrony(table, pd.DataFrame(found))
    assert joined["synchrony_moving_raw"].tolist() == [0.25, 1.75, 0.25, 1.75]
    assert len(joined) == len(table)
    with_one_missing = with_synchrony(table, pd.DataFrame(found[:4]))
    assert with_one_missing["synchrony_moving_raw"].isna().tolist() == [False, True, False, True]


# -------------------------------------------------------------------------------------------- what the pages say


def test_the_smallest_effect_that_could_have_been_seen_is_seen_in_four_of_five():
    rng = np.random.default_rng(3)
    n, sd = 24, 1.0
    effect = could_be_seen(-1.96 * sd / np.sqrt(n), 1.96 * sd / np.sqrt(n))
    samples = rng.normal(effect, sd, (4000, n))
    error = samples.std(axis=1, ddof=1) / np.sqrt(n)
    assert ((samples.mean(axis=1) - 1.96 * error) > 0).mean() == pytest.approx(0.8, abs=0.03)
    half = 1.96 * sd / np.sqrt(n)
    margin = could_be_seen(-half, half, same=True)
    alike = rng.normal(0.0, sd / np.sqrt(n), 4000)
    assert (np.abs(alike) + half < margin).mean() == pytest.approx(0.8, abs=0.03)
    interval = mean_interval(samples[0])
    assert could_be_seen(interval.low, interval.high) == pytest.approx(effect, rel=0.5)
    assert math.isnan(could_be_seen(math.nan, math.nan))


def test_an_inconclusive_row_says_what_it_could_have_shown_and_others_do_not():
    rows = []
    for index, change in enumerate(np.linspace(-0.3, 0.3, 8)):
        for test, value in (("one_carer_24h", 0.7 + change), ("two_carers_24h", 0.7)):
            row = {"animal": f"wt-{index}", "genotype": "wt", "index": index, "test": test, "repeat": 0}
            rows.append(row | {"sex": "female", "expression_start": value})
    result = result_of(score({LIVED: pd.DataFrame(rows)}))
    row = next(one for one in result.findings if one.id == "D2").comparisons[0]
    assert row.verdict == "inconclusive"
    assert words.could_see(row) == f"could have shown {row.could_see:.2f} × reference or more"
    missing = next(one for one in result.findings if one.id == "F01").comparisons[0]
    assert words.could_see(missing) == ""


def test_rows_about_lives_are_a_family_of_their_own():
    assert set(QUESTIONS) >= OF_ATTACHMENT
    book = load_registry()
    asked = {one.question for one in book.findings}
    assert asked >= OF_ATTACHMENT
    for finding in book.findings:
        lived = any(study_of(book.assay(one)).attachment for one in finding.contrasts)
        assert not lived or finding.question in {*OF_ATTACHMENT, "sure"}
