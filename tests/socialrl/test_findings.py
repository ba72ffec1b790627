"""The registry of findings: its mistakes in one line, its comparisons against effects worked out by hand."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from synthetic_battery import battery

from socialrl.analysis.association import association_by_hour
from socialrl.analysis.measure_values import NotRun
from socialrl.errors import UserError
from socialrl.findings import load_registry
from socialrl.findings.conditions import as_test
from socialrl.findings.contrasts import evaluate
from socialrl.findings.records import Contrast
from socialrl.findings.registry import REGISTRY
from socialrl.findings.spread import log_ratio, of_animals
from socialrl.findings.tables import animal_values
from socialrl.findings.variants import ablation_table, dose_response, sensitivity_table

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


@pytest.fixture
def small(tmp_path):
    return load_registry(written(tmp_path, MINIMAL))


def rows(values, repeats=1):
    """Rows of {(genotype, test): [(partner, stranger), …]}, one entry per animal."""
    made = [
        {
            "animal": f"{genotype}-{index:02d}",
            "genotype": genotype,
            "oxtr_gain": {"wt": 1.0, "het": 0.5, "ko": 0.0}[genotype],
            "index": index,
            "test": test,
            "repeat": repeat,
            "huddle_s_partner": float(partner),
            "huddle_s_stranger": float(stranger),
        }
        for (genotype, test), animals in values.items()
        for index, (partner, stranger) in enumerate(animals)
        for repeat in range(repeats)
    ]
    return {"socialrl/PartnerPreference-v0": pd.DataFrame(made)}


def compare(registry, tables, **fields):
    return evaluate(Contrast.model_validate({"says": "x", "expected": "lower", **fields}), tables, registry)


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


# ---------------------------------------------------------------------------------------- measures and contrasts


def test_seconds_are_averaged_over_repeats_before_the_ratio(small):
    table = rows({("wt", "long"): [(90, 10)]})["socialrl/PartnerPreference-v0"]
    second = table.assign(repeat=1, huddle_s_partner=0.0, huddle_s_stranger=300.0)
    values = animal_values(pd.concat([table, second]), small, "preference", "long", "wt")
    assert values.loc[0] == pytest.approx(90 / 400)  # not the mean of 0.9 and 0


def test_an_animal_that_never_huddled_has_no_preference(small):
    table = rows({("wt", "long"): [(0, 0), (30, 10)]})["socialrl/PartnerPreference-v0"]
    values = animal_values(table, small, "preference", "long", "wt")
    assert math.isnan(values.loc[0])
    assert values.loc[1] == 0.75


def test_list_columns_are_summed_over_hours_and_their_loss_is_a_difference(small):
    table = rows({("wt", "long"): [(1, 1)]})["socialrl/PartnerPreference-v0"]
    table["bins"] = [[10.0, 8.0, 3.0, 1.0]]
    assert animal_values(table, small, "early", "long", "wt").loc[0] == 18
    assert animal_values(table, small, "loss", "long", "wt").loc[0] == 18 - 4
    table["bins"] = [[10.0, 8.0, 3.0]]
    with pytest.raises(NotRun, match="lasted 3 h, the measure needs hour 2 to 4"):
        animal_values(table, small, "late", "long", "wt")


def test_animals_that_share_a_unit_count_once(small):
    table = rows({("wt", "long"): [(90, 10), (70, 30), (50, 50)]})["socialrl/PartnerPreference-v0"]
    table["unit"] = ["a", "a", "b"]
    values = animal_values(table, small, "preference", "long", "wt")
    assert values.to_dict() == {"a": pytest.approx(0.8), "b": 0.5}


def test_groups_are_compared_in_pairs(small):
    tables = rows({("ko", "long"): [(60, 40), (50, 50), (40, 60)], ("wt", "long"): [(90, 10), (90, 10), (90, 10)]})
    effect = compare(
        small,
        tables,
        kind="groups",
        measure="preference",
        this={"group": "knockout", "conditions": "long"},
        than={"group": "wild_type", "conditions": "long"},
    )
    # differences −0.3, −0.4, −0.5: mean −0.4, sd 0.1
    assert effect.difference.value == pytest.approx(-0.4)
    assert effect.size.value == pytest.approx(-4.0)
    assert (effect.n, effect.size_name, effect.p) == (3, "d_z", pytest.approx(0.25))  # exact signed-rank, 2 / 2**3


def test_unpaired_groups_give_hedges_g(small):
    tables = rows({("ko", "long"): [(3, 0), (5, 0)], ("wt", "long"): [(1, 0), (3, 0)]})
    effect = compare(
        small,
        tables,
        kind="groups",
        measure="partner_s",
        paired=False,
        this={"group": "knockout", "conditions": "long"},
        than={"group": "wild_type", "conditions": "long"},
    )
    # means 4 and 2, pooled sd √2, correction 1 − 3/(4·2 − 1) = 4/7
    assert effect.difference.value == pytest.approx(2.0)
    assert effect.size.value == pytest.approx(4 / 7 * 2 / math.sqrt(2))
    assert (effect.size_name, effect.n) == ("g", 4)


def test_conditions_of_one_group_are_compared_within_animals(small):
    tables = rows({("wt", "long"): [(80, 20), (90, 10)], ("wt", "short"): [(60, 40), (50, 50)]})
    effect = compare(
        small,
        tables,
        kind="conditions",
        measure="preference",
        this={"group": "wild_type", "conditions": "long"},
        than={"group": "wild_type", "conditions": "short"},
    )
    assert effect.difference.value == pytest.approx((0.2 + 0.4) / 2)


def test_an_interaction_is_a_difference_of_differences(small):
    tables = rows(
        {
            ("ko", "long"): [(70, 30), (60, 40)],
            ("ko", "short"): [(60, 40), (60, 40)],
            ("wt", "long"): [(90, 10), (90, 10)],
            ("wt", "short"): [(60, 40), (50, 50)],
        }
    )
    effect = compare(
        small,
        tables,
        kind="interaction",
        measure="preference",
        this={"group": "knockout", "conditions": "long", "minus": "short"},
        than={"group": "wild_type", "conditions": "long", "minus": "short"},
    )
    # knockouts gain 0.1 and 0.0, wild types 0.3 and 0.4: −0.2 and −0.4
    assert effect.difference.value == pytest.approx(-0.3)


def test_a_side_is_the_mean_over_its_conditions(small):
    tables = rows({("wt", "long"): [(90, 10)], ("wt", "short"): [(50, 50)]})
    effect = compare(
        small,
        tables,
        kind="against",
        measure="preference",
        value=0.5,
        this={"group": "wild_type", "conditions": ["short", "long"]},
    )
    assert effect.difference.value == pytest.approx(0.7 - 0.5)


def test_a_trend_is_the_slope_over_gain_of_each_pair(small):
    tables = rows({(name, "long"): [(s, 0), (s + 5, 0)] for name, s in (("wt", 10), ("het", 7), ("ko", 2))})
    effect = compare(
        small,
        tables,
        kind="trend",
        over="oxtr_gain",
        measure="partner_s",
        this={"group": ["wild_type", "heterozygote", "knockout"], "conditions": "long"},
    )
    assert effect.difference.value == pytest.approx(8.0)  # least squares through (0, 2), (0.5, 7), (1, 10)
    assert effect.unit == "s per unit of oxtr_gain"


def test_a_distribution_is_set_against_published_mean_and_spread(small):
    partner = [1000, 2000, 3000, 4000]
    tables = rows({("wt", "long"): [(s, 0) for s in partner]})
    fields = {
        "kind": "distribution",
        "measure": "partner_s",
        "this": {"group": "wild_type", "conditions": "long"},
        "reference": {"mean": 2000, "sd": 1000, "n": 16},
    }
    mean = compare(small, tables, **fields)
    assert mean.difference.value == pytest.approx(0.5)
    assert "± 0.49" in mean.notes[0]
    spread = compare(small, tables, of="spread", **fields)
    assert spread.difference.value == pytest.approx(math.log(np.std(partner, ddof=1) / 1000))
    assert spread.notes == ()


def test_a_published_spread_is_that_of_single_tests(small):
    # Each animal's mean is 1500, so the means have no spread; each test has one of 500·√2 (sd of 1000 and 2000).
    once, again = rows({("wt", "long"): [(1000, 0), (2000, 0)]}), rows({("wt", "long"): [(2000, 0), (1000, 0)]})
    tables = {name: pd.concat([once[name], again[name].assign(repeat=1)]) for name in once}
    fields = {
        "kind": "distribution",
        "measure": "partner_s",
        "this": {"group": "wild_type", "conditions": "long"},
        "reference": {"mean": 1000, "sd": 500, "n": 16},
    }
    spread = compare(small, tables, of="spread", **fields)
    assert spread.difference.value == pytest.approx(math.log(math.sqrt(2.0)))
    assert spread.n == 2
    assert spread.sd_a == pytest.approx(500 * math.sqrt(2.0)), "the number that is shown beside the published one"
    assert spread.notes == ("spread of one test of each animal, pooled over 2 rounds of tests",)
    assert compare(small, tables, **fields).difference.value == pytest.approx(1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tables, "socialrl/PartnerPreference-v0", once["socialrl/PartnerPreference-v0"].query("index < 0"))
        assert compare(small, tables, of="spread", **fields).missing == "assay PartnerPreference was not run"


def test_an_animal_without_a_value_in_one_round_counts_in_the_others():
    tests = np.array([[0.0, 1.0], [2.0, np.nan], [4.0, 3.0]])
    # squares 4 + 0 + 4 of three animals, 1 + 1 of two: 10 over 2 + 1 degrees of freedom
    assert float(of_animals(tests)) == pytest.approx(math.sqrt(10 / 3))
    assert np.isnan(of_animals(tests[:1]))
    assert log_ratio(tests[:1], 1.0).method == "no spread"


def test_time_to_criterion_is_the_first_hour_from_which_on_it_holds(small):
    strong, weak = (90, 10), (50, 50)
    tables = rows(
        {
            ("wt", "short"): [strong, weak],
            ("wt", "long"): [strong, strong],
            ("wt", "longest"): [strong, strong],
            ("ko", "short"): [strong, weak],
            ("ko", "long"): [weak, weak],
            ("ko", "longest"): [strong, weak],
        }
    )
    side = {"conditions": ["short", "long", "longest"]}
    effect = compare(
        small,
        tables,
        kind="groups",
        measure="hours",
        this={"group": "knockout", **side},
        than={"group": "wild_type", **side},
    )
    # wild types 6 and 24 h; knockouts 72 h and never (counted as 72 h)
    assert effect.difference.value == pytest.approx(((72 - 6) + (72 - 24)) / 2)
    assert effect.notes == ("1 of 2 ko never reached it",)


def test_where_keeps_one_sex(small):
    tables = rows({("wt", "long"): [(10, 0), (30, 0)]})
    table = tables["socialrl/PartnerPreference-v0"].assign(sex=["female", "male"])
    fields = {"kind": "against", "measure": "partner_s", "value": 0}
    male = {"group": "wild_type", "conditions": "long", "where": {"sex": "male"}}
    assert compare(small, {"PartnerPreference": table}, this=male, **fields).difference.value == 30
    none = {"group": "wild_type", "conditions": "long", "where": {"sex": "both"}}
    assert "no row of wt with sex both" in compare(small, {"PartnerPreference": table}, this=none, **fields).missing


@pytest.mark.parametrize(
    ("tables", "missing"),
    [
        ({}, "assay PartnerPreference was not run"),
        (rows({("wt", "long"): [(1, 1)]}), "group knockout was not run"),
        (rows({("wt", "long"): [(1, 1)], ("ko", "short"): [(1, 1)]}), "test long was not run"),
        (
            {
                name: table.drop(columns="huddle_s_stranger")
                for name, table in rows({("ko", "long"): [(1, 1)], ("wt", "long"): [(1, 1)]}).items()
            },
            "the table has no column huddle_s_stranger",
        ),
    ],
)
def test_what_is_missing_is_said(small, tables, missing):
    effect = evaluate(small.findings[0].contrasts[0], tables, small)
    assert effect.missing == missing
    assert effect.n == 0


def test_association_by_hour_averages_repeats_in_seconds():
    base = {"animal": "wt-00", "genotype": "wt", "oxtr_gain": 1.0, "index": 0, "test": "t"}
    table = pd.DataFrame(
        [
            base | {"partner_s_hourly": [30.0, 0.0], "others_s_hourly": [10.0, 0.0]},
            base | {"partner_s_hourly": [0.0, 0.0], "others_s_hourly": [60.0, 0.0]},
        ]
    )
    hourly = association_by_hour(table)
    assert hourly["hour"].tolist() == [0, 1]
    assert hourly["share"].iloc[0] == pytest.approx(30 / 100)
    assert math.isnan(hourly["share"].iloc[1])


# ---------------------------------------------------------------------------------------- changed animals


def test_dose_response_takes_dose_groups_and_leaves_single_arms_out():
    tables = battery(
        3, genotypes={"wt": 1.0, "gain_1": 1.0, "gain_0.25": 0.25, "ko": 0.0}, repeats=1, arms=("release",)
    )
    doses = dose_response(tables)
    one = doses[doses["measure"] == "attacks"]
    assert one["gain"].tolist() == [0.0, 0.25, 1.0]  # 1.0 once: gain_1 stands for wt
    assert (one["n"] == 3).all()
    assert set(doses["measure"]) == {"preference", "breakpoint", "partner_share", "attacks", "release_peak"}
    assert dose_response({}).empty
    # The column says what is a dose, not the name.
    renamed = {
        name: table.replace({"genotype": {"gain_0.25": "quarter", "ko": "gain_0"}}) for name, table in tables.items()
    }
    again = dose_response(renamed)
    assert again[again["measure"] == "attacks"]["gain"].tolist() == [0.25, 1.0]


def test_share_of_an_arm_is_its_part_of_the_full_difference(small):
    tables = rows({("ko", "long"): [(50, 50), (40, 60), (45, 55)], ("wt", "long"): [(90, 10)] * 3})
    name, table = next(iter(tables.items()))
    lesion = table[table["genotype"] == "ko"].assign(genotype="arm_reward_ko", arm="reward", arm_setting="knockout")
    lesion["huddle_s_partner"], lesion["huddle_s_stranger"] = [80.0, 70.0, 75.0], [20.0, 30.0, 25.0]
    rescue = lesion.assign(genotype="arm_reward_wt", arm_setting="wild_type")
    result = ablation_table({name: pd.concat([table, lesion, rescue])}, small)
    assert result["arm"].tolist() == ["all", "reward", "reward"]
    full, knocked_out, restored = result.to_dict("records")
    assert full["difference"] == pytest.approx(-0.45)
    assert knocked_out["difference"] == pytest.approx(-0.15)
    assert knocked_out["share"] == pytest.approx(1 / 3)
    assert restored["share"] == pytest.approx(2 / 3)
    assert knocked_out["share_low"] <= 1 / 3 <= knocked_out["share_high"]


def test_share_is_left_out_when_there_is_no_difference_to_share(small):
    tables = rows({("ko", "long"): [(50, 50), (60, 40)], ("wt", "long"): [(60, 40), (50, 50)]})
    name, table = next(iter(tables.items()))
    lesion = table[table["genotype"] == "ko"].assign(genotype="arm_reward_ko", arm="reward", arm_setting="knockout")
    assert ablation_table({name: pd.concat([table, lesion])}, small)["share"].isna().all()


def test_sensitivity_judges_each_setting_alone_and_leaves_the_model_as_it_stands(small):
    apart = rows({("ko", "long"): [(50 + i, 50 - i) for i in range(8)], ("wt", "long"): [(90, 10)] * 8})
    alike = rows({("ko", "long"): [(90, 10)] * 8, ("wt", "long"): [(90, 10)] * 8})
    name = next(iter(apart))
    low = apart[name].assign(parameter="contact_floor", factor=0.5)
    high = alike[name].assign(parameter="contact_floor", factor=1.5)
    table = sensitivity_table({name: pd.concat([alike[name], low, high])}, small)
    assert table[["factor", "verdict", "survives"]].values.tolist() == [
        [0.5, "reproduced", True],
        [1.5, "not reproduced", False],
    ]
    contrast = small.findings[0].contrasts[0]
    assert evaluate(contrast, {name: pd.concat([alike[name], low])}, small).difference.value == 0.0
