"""Every key of a condition changes what the battery plays, or is refused in one line; nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from socialrl.config.given_parameters import read_parameters
from socialrl.errors import UserError
from socialrl.findings import Registry, load_registry
from socialrl.findings.conditions import RELEASE
from socialrl.findings.records import Condition
from socialrl.reproduction.driver import _unmet_notes
from socialrl.reproduction.evaluation import record_release
from socialrl.reproduction.playable import check_playable
from socialrl.reproduction.presets import PRESETS
from socialrl.reproduction.stages import CohortStage, _battery, stages_of

FINDING = {
    "id": "U01",
    "title": "A title",
    "statement": "A statement",
    "source": {"citation": "Somebody 2001", "doi": None},
    "grade": "B",
    "confidence": "high",
    "use": "predicted",
    "question": "bond",
    "may_fail": "For this reason.",
}
MEASURE_OF = {
    "PartnerPreference": "preference",
    "SocialOperant": "presses",
    "StrangerEncounter": "attacks",
    "GroupHabitat": "partner_share",
    "GroupMember": "partner_share",
    "OxytocinRelease": "release_peak",
}
PLAIN = {
    "PartnerPreference": {"cohousing_h": 24},
    "SocialOperant": {"cohousing_h": 24, "session": "partner"},
    "StrangerEncounter": {"cohousing_h": 24, "session": "alone"},
    "GroupHabitat": {"cohousing_h": 24},
    "GroupMember": {"cohousing_h": 24},
    "OxytocinRelease": {},
}
DOSE = {"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 600}
CHANGED = {
    "name": "another",
    "cohousing_h": 48,
    "relationship": "mate",
    "separation_h": 24,
    "mating": False,
    "session": "with_partner",
    "side": "left",
    "stranger_sex": "other",
    "access_s": 300,
    "drugs": [DOSE],
    "duration_s": 1200,
    "arms": {"reward": "knockout"},
    "partner_is": "shuffled",
    "note": "for the reader",
    # of the slow state, which no assay here has, and of lives
    "age_d": 100,
    "expression": 0.8,
    "competence": 0.8,
    "reactivity": 1.5,
    "contact_recent": 0.5,
    "set_point": 0.5,
    "load": 0.5,
    "stressor": 1.0,
    "stressor_start_h": 0.5,
    "stressor_length_h": 0.5,
    "life": "isolated",
    "met_at_d": 90,
    "offered": ["partner", "stranger"],
    # of contexts, which no assay here has
    "conditioning_days": 3,
    "conditioning_h": 1.0,
    "conditioned_with": "nobody",
}


def with_condition(assay: str, **fields: object) -> Registry:
    """The shipped registry with one finding about one condition of its own, and no other finding."""
    condition = {"name": "own", **PLAIN[assay], **fields}
    side = {"group": "wild_type", "conditions": condition["name"]}
    contrast = {"says": "x", "kind": "against", "measure": MEASURE_OF[assay], "this": side, "value": 0.5}
    finding = {**FINDING, "conditions": {assay: [condition]}, "contrasts": [{**contrast, "expected": "higher"}]}
    registry = load_registry().adding({"findings": [finding]})
    registry = registry.only([registry.finding("U01")])
    check_playable(registry)
    return registry


def stage(registry: Registry) -> CohortStage:
    (only,) = stages_of(PRESETS["quick"], 1, Path("unused"), registry)
    return only


def played(registry: Registry) -> object:
    """What decides the rows of the condition's test, as a stage sees it."""
    one = stage(registry)
    if one.assay == RELEASE:
        config = one.config.model_copy(update={"animals": 2})
        return record_release(config, registry).drop(columns="fluorescence").to_csv()
    return one.config.model_dump()["evaluation"], _battery(one)


def outcome(assay: str, **fields: object) -> object:
    try:
        return played(with_condition(assay, **fields))
    except UserError as refused:
        return refused


def test_the_keys_below_are_all_that_a_condition_has():
    assert set(CHANGED) == {*Condition.model_fields, "side", "arms"}


@pytest.mark.parametrize("assay", PLAIN)
@pytest.mark.parametrize("key", CHANGED)
def test_every_key_changes_what_is_played_or_is_refused(assay, key):
    value = CHANGED[key]
    if (assay, key) == ("SocialOperant", "session"):
        value = "stranger"
    fields = {"relationship": "mate"} if key == "mating" and assay == "PartnerPreference" else {}
    changed = outcome(assay, **fields, **{key: value})
    if isinstance(changed, UserError):
        assert "\n" not in str(changed)
        assert "U01" in str(changed)
    else:
        assert key == "note" or changed != outcome(assay, **fields)


@pytest.mark.parametrize(
    ("assay", "fields", "message"),
    [
        ("PartnerPreference", {"side": "left"}, r"side is not a key of a condition: the partner's side is drawn"),
        ("PartnerPreference", {"arms": {}}, r"arms is not a key of a condition: arms belong to animals, groups.<name>"),
        ("PartnerPreference", {"session": "alone"}, r"U01: condition own has an unknown session 'alone'"),
        ("PartnerPreference", {"mating": True}, r"mating must be false where the relationship is peer, got true"),
        (
            "PartnerPreference",
            {"drugs": [{**DOSE, "start_s": -100_000}]},
            r"drugs.0.start_s must be at least -86400, the start of cohousing, .* got -100000",
        ),
        (
            "PartnerPreference",
            {"drugs": [{**DOSE, "start_s": 10_800, "end_s": 20_000}]},
            r"own gives antagonist 10800 s after the start of a test that ends after 10800 s",
        ),
        ("SocialOperant", {"session": None}, r"must name a session in SocialOperant: partner, stranger, choice"),
        ("SocialOperant", {"partner_is": "shuffled"}, r"needs a twin to exchange with: .* session stranger"),
        ("StrangerEncounter", {"partner_is": "shuffled"}, r"shuffled, which is not possible in StrangerEncounter"),
        ("GroupHabitat", {"relationship": "mate"}, r"must have relationship peer in GroupHabitat, got mate"),
        ("GroupMember", {}, r"is of the assay GroupMember, which the battery does not train; it has PartnerPref"),
        (
            "SocialOperant",
            {"stranger_sex": "other"},
            r"must have stranger_sex as_partner in the session partner, where there is no stranger",
        ),
        (
            "GroupHabitat",
            {"stranger_sex": "same"},
            r"must have stranger_sex as_partner in GroupHabitat, where there is",
        ),
        (
            "StrangerEncounter",
            {"stranger_sex": "male"},
            r"stranger_sex must be as_partner \(the sex of the partner\), ",
        ),
        ("PartnerPreference", {"access_s": 300}, r"must have no access_s in PartnerPreference, which has no doors"),
        ("SocialOperant", {"access_s": -1}, r"access_s must be a number from 0 to 3600 or null, got -1"),
        ("OxytocinRelease", {"cohousing_h": 24}, r"must have no cohousing_h in OxytocinRelease"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(assay, fields, message):
    with pytest.raises(UserError, match=message) as error:
        with_condition(assay, **fields)
    assert "\n" not in str(error.value)


def test_an_unknown_assay_is_one_line_with_the_nearest_name():
    finding = {**FINDING, "use": "context", "conditions": {"SocialOperat": [{"name": "own"}]}}
    with pytest.raises(UserError, match=r"unknown assay 'SocialOperat'; did you mean 'SocialOperant'\?"):
        load_registry().adding({"findings": [finding]})


@pytest.mark.parametrize("column", ["rejections_strangr", "partner_s_hourly"])
def test_a_measure_of_columns_that_the_tests_do_not_have_is_said_before_anything_runs(column):
    data = {"measures": {"own": {"label": "Own", "unit": "s", "sum": [column]}}}
    side = {"group": "wild_type", "conditions": "intruder_168h"}
    contrast = {"says": "x", "kind": "against", "measure": "own", "this": side, "value": 0, "expected": "higher"}
    finding = {**FINDING, "id": "U02", "contrasts": [contrast]}
    registry = load_registry().adding({**data, "findings": [finding]})
    with pytest.raises(UserError, match=f"U02: the measure own needs the column '{column}', which tests in Strang"):
        check_playable(registry)
    check_playable(load_registry())


def test_an_intruder_is_met_with_the_partner_there_where_the_condition_says_so():
    tests = stage(with_condition("StrangerEncounter", session="with_partner")).config.evaluation.tests
    assert [test.session for test in tests] == ["with_partner"]


def test_a_drug_changes_what_is_recorded_and_leaves_the_slice_as_it_is():
    plain = record_release(stage(with_condition("OxytocinRelease")).config, with_condition("OxytocinRelease"))
    again = record_release(stage(with_condition("OxytocinRelease")).config, load_registry())
    assert plain.drop(columns="test").equals(again.drop(columns="test"))
    drugged = with_condition("OxytocinRelease", drugs=[DOSE])
    assert not record_release(stage(drugged).config, drugged)["peak"].equals(plain["peak"])


def test_what_no_animal_met_in_training_is_noted_and_the_shipped_registry_has_a_d1_block_of_it_alone():
    def noted(tone_as_work):
        given = read_parameters([f"tone_as_work={tone_as_work}"])
        stages = stages_of(PRESETS["quick"], 1, Path("unused"), parameters=given)
        return [note.split(" in training")[0] for one in stages for note in _unmet_notes(one)]

    assert sorted(noted(0)) == [
        "PartnerPreference: no animal of this run was under the d1_antagonist",
        "SocialOperant: no animal of this run was under the d1_antagonist",
    ]
    assert noted(1) == [], "perceived as the work that it makes of a press, it needs no training"
    blocked = {**DOSE, "drug": "v1a_antagonist"}
    own = {"relationship": "mate", "session": "with_partner", "drugs": [blocked]}
    told = _unmet_notes(stage(with_condition("StrangerEncounter", **own)))
    assert [line.split(" in training")[0] for line in told] == [
        "StrangerEncounter: no animal of this run met a mate",
        "StrangerEncounter: no animal of this run was in the session with_partner",
        "StrangerEncounter: no animal of this run was under the v1a_antagonist",
    ]


def test_a_group_that_the_battery_makes_itself_is_refused():
    registry = load_registry().adding({"groups": {"gain_0_25": {"oxtr_gain": 0.3, "names": ["gain_0_25"]}}})
    with pytest.raises(UserError, match=r"groups.gain_0_25: the battery has a group gain_0_25 of its own"):
        stages_of(PRESETS["full"], 1, Path("unused"), registry)
    with pytest.raises(UserError, match=r"groups.mutant: the name ko already belongs to group knockout"):
        load_registry().adding({"groups": {"mutant": {"oxtr_gain": 0.0, "names": ["KO"]}}})
