"""Doses, arms and changed parameters: comparisons of the registry repeated on other animals."""

from __future__ import annotations

import pandas as pd
import pytest
import test_contrasts
from synthetic_battery import battery
from test_contrasts import rows

from socialrl.findings.contrasts import evaluate
from socialrl.findings.variants import ablation_table, dose_response, sensitivity_table

small = test_contrasts.small


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
