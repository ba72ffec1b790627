"""Comparisons of the registry, against effects worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from test_findings import MINIMAL, written

from socialrl.analysis.association import association_by_hour
from socialrl.analysis.measure_values import NotRun
from socialrl.findings import load_registry
from socialrl.findings.contrasts import evaluate
from socialrl.findings.records import Contrast
from socialrl.findings.spread import log_ratio, of_animals
from socialrl.findings.tables import animal_values


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
