"""The registry of findings as shipped, and its mistakes in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from socialrl.errors import UserError
from socialrl.findings import load_registry
from socialrl.findings.conditions import as_test
from socialrl.findings.registry import REGISTRY

MINIMAL = {
    "groups": {
        "wild_type": {"oxtr_gain": 1.0, "names": ["wt"]},
        "heterozygote": {"oxtr_gain": 0.5, "names": ["het"]},
        "knockout": {"oxtr_gain": 0.0, "names": ["ko"]},
    },
    "measures": {
        "partner_s": {"label": "Partner", "unit": "s", "sum": ["huddle_s_partner"]},
        "hours": {"label": "Hours", "unit": "h", "time_to": "preference"},
        "early": {"label": "Early", "unit": "s", "sum": ["bins"], "hours": [0, 2]},
        "late": {"label": "Late", "unit": "s", "sum": ["bins"], "hours": [2, 4]},
        "loss": {"label": "Loss", "unit": "s", "first": "early", "less": "late"},
    },
    "conditions": {
        "PartnerPreference": [
            {"name": "short", "cohousing_h": 6},
            {"name": "long", "cohousing_h": 24},
            {"name": "longest", "cohousing_h": 72},
        ]
    },
    "findings": [
        {
            "id": "F90",
            "title": "A title",
            "statement": "A statement",
            "source": {"citation": "Somebody 2001", "doi": None},
            "grade": "B",
            "confidence": "high",
            "use": "predicted",
            "question": "bond",
            "may_fail": "For this reason.",
            "contrasts": [
                {
                    "says": "less",
                    "kind": "groups",
                    "measure": "preference",
                    "this": {"group": "knockout", "conditions": "long"},
                    "than": {"group": "wild_type", "conditions": "long"},
                    "expected": "lower",
                }
            ],
        }
    ],
}


def written(tmp_path, data, name="findings.yaml"):
    path = tmp_path / name
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def changed(**changes):
    """The minimal registry with fields of its one finding changed; a value of None removes the field."""
    data = yaml.safe_load(yaml.safe_dump(MINIMAL))
    for key, value in changes.items():
        if value is None:
            del data["findings"][0][key]
        else:
            data["findings"][0][key] = value
    return data


# ---------------------------------------------------------------------------------------- the registry as shipped


def test_shipped_registry_holds_the_findings_that_were_asked_for():
    ids = {finding.id for finding in load_registry().findings}
    asked = {"F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F10", "F11", "F14", "F15", "F18", "F24", "F34"}
    assert asked | {"F37", "F38", "N01", "N02", "N03"} <= ids


def test_every_finding_has_a_source_and_press_copy_never_counts_as_seen():
    for finding in load_registry().findings:
        assert finding.source.citation
        assert finding.source.doi or finding.source.note or finding.use == "control", finding.id
        if finding.grade == "C":
            assert "ress" in finding.source.citation


def test_release_and_knockouts_after_a_week_are_marked_as_calibrated():
    registry = load_registry()
    assert registry.finding("F05").use == "calibrated"
    week = [one for one in registry.finding("F01").contrasts if one.conditions == ("cohoused_168h",)]
    assert [registry.finding("F01").use_of(one) for one in week] == ["calibrated"]


def test_conditions_become_the_tests_of_a_configuration():
    registry = load_registry()
    conditions = {one.name: one for one in registry.conditions_in("socialrl/PartnerPreference-v0")}
    assert registry.conditions_in("PartnerPreference") == list(conditions.values())
    blocked = as_test(conditions["mate_24h_antagonist"])
    assert blocked["drugs"] == ({"drug": "antagonist", "dose": 1.0, "start_s": -86400.0, "end_s": 0.0, "share": 1.0},)
    assert (blocked["relationship"], blocked["cohousing_h"], blocked["mating"]) == ("mate", 24.0, None)
    assert conditions["cohoused_24h_shuffled"].partner_is == "shuffled"
    lever = {one.name: one for one in registry.conditions_in("SocialOperant")}
    assert [one.session for one in lever.values()][:4] == ["partner", "stranger"] * 2
    assert (as_test(lever["operant_peer_partner_300s"])["access_s"], lever["operant_peer_partner"].access_s) == (
        300,
        None,
    )
    assert (conditions["unmated_6h"].relationship, conditions["unmated_6h"].mating) == ("mate", False)
    assert registry.conditions_in("NoSuchAssay") == []
    assert registry.assays[0] == "PartnerPreference"


def test_importing_findings_and_their_page_loads_no_torch():
    code = "import sys, socialrl.scorecard.page; sys.exit('torch' in sys.modules or 'stable_baselines3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------------------------------- mistakes in a registry


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(expectd="lower"), r"findings.yaml: F90: unknown key expectd; allowed: id"),
        (changed(source=None), r"findings.yaml: F90: source is missing"),
        (changed(source={"citation": "Somebody 2001"}), r"F90: source.doi is missing"),
        (changed(grade="D"), r"F90: grade must be A, B or C, got the text 'D'"),
        (changed(id="finding one"), r"id must be capital letters and a number, such as F01"),
        (changed(use="predicte"), r"F90: use must be .*did you mean 'predicted'\?"),
        (changed(contrasts=[]), r"F90: contrasts must be empty for a finding that is context only"),
        (changed(may_fail=" "), r"F90: may_fail must be text that is not empty"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_finding(tmp_path, data, message):
    with pytest.raises(UserError, match=message) as error:
        load_registry(written(tmp_path, data))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"measure": "preferense"}, r"F90: contrasts\[0\]: unknown measure 'preferense'; did you mean 'preference'\?"),
        (
            {"than": {"group": "wildtype", "conditions": "long"}},
            r"unknown group 'wildtype'; did you mean 'wild_type'\?",
        ),
        ({"this": {"group": "knockout", "conditions": "lng"}}, r"unknown condition 'lng'; did you mean 'long'\?"),
        ({"than": None}, r"F90: contrasts\[0\].than is missing: a contrast of kind groups needs it"),
        ({"value": 0.5}, r"contrasts\[0\].value is not allowed in a contrast of kind groups"),
        ({"kind": "interaction"}, r"this.minus is missing: an interaction compares two differences"),
        ({"kind": "conditions"}, r"than.group must be the same on both sides"),
        ({"expected": "same", "measure": "partner_s"}, r"F90: contrasts\[0\]: expected same needs same_within"),
        ({"expected": "less"}, r"expected must be higher, lower or same"),
        ({"pared": True}, r"unknown key contrasts\[0\].pared; did you mean contrasts\[0\].paired\?"),
    ],
)
def test_a_mistake_in_a_comparison_names_its_place(tmp_path, fields, message):
    contrast = MINIMAL["findings"][0]["contrasts"][0] | fields
    contrast = {key: value for key, value in contrast.items() if value is not None}
    with pytest.raises(UserError, match=message):
        load_registry(written(tmp_path, changed(contrasts=[contrast])))


def test_duplicate_ids_and_condition_names_are_refused(tmp_path):
    twice = changed()
    twice["findings"] += changed()["findings"]
    with pytest.raises(UserError, match=r"findings.yaml: finding id F90 occurs twice"):
        load_registry(written(tmp_path, twice))
    again = changed(conditions={"PartnerPreference": [{"name": "long", "cohousing_h": 48}]})
    with pytest.raises(UserError, match=r"F90: condition long occurs twice"):
        load_registry(written(tmp_path, again))


def test_a_missing_file_is_one_line():
    with pytest.raises(UserError, match=r"nowhere.yaml: no such findings file"):
        load_registry("nowhere.yaml")


def test_a_new_finding_in_a_file_of_its_own_needs_no_code(tmp_path):
    own = {
        "findings": [
            changed(
                conditions={"PartnerPreference": [{"name": "cohoused_48h", "cohousing_h": 48}]},
                contrasts=[
                    {
                        "says": "prefers after 48 h",
                        "kind": "against",
                        "measure": "preference",
                        "this": {"group": "heterozygote", "conditions": "cohoused_48h"},
                        "value": 0.5,
                        "expected": "higher",
                    }
                ],
            )["findings"][0]
        ]
    }
    registry = load_registry(REGISTRY, written(tmp_path, own))
    assert registry.findings[-1].id == "F90"
    assert registry.conditions_in("PartnerPreference")[-1].cohousing_h == 48
