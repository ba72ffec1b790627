"""The table of biological constants, the records made of it, and how individuals are drawn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from socialrl_envs.parameter_rows import EVIDENCE
from socialrl_envs.parameters import (
    NAMES,
    PARAMETER_DTYPE,
    PARAMETERS,
    ParameterError,
    check_override,
    draw_individual,
    parameter,
    record,
    table,
)

SPREAD = [row for row in PARAMETERS if row.spread > 0.0]


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_every_constant_has_a_unit_a_range_a_meaning_and_a_source(row) -> None:  # type: ignore[no-untyped-def]
    assert row.low <= row.value <= row.high
    assert math.isfinite(row.low)
    assert math.isfinite(row.high)
    assert row.low < row.high
    assert row.unit
    assert row.meaning
    assert row.source
    assert row.evidence in EVIDENCE
    assert row.spread >= 0.0
    # the unit is in the name where the name has a suffix for it
    for suffix, unit in (("_per_h", "1/h"), ("_s", "s"), ("_h", "h"), ("_min", "min")):
        if row.name.endswith(suffix):
            assert row.unit.startswith(unit)
            break


def test_names_are_unique_and_the_table_is_complete() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(table())
    assert PARAMETER_DTYPE.names == NAMES
    assert set(table()[0]) == {
        "name",
        "value",
        "unit",
        "low",
        "high",
        "meaning",
        "evidence",
        "source",
        "spread",
        "male",
    }


def test_records_hold_the_table_and_the_overrides() -> None:
    rows = record(3, {"oxtr_gain": [0.0, 0.5, 1.0], "contact_floor": 2.0})
    assert rows.shape == (3,)
    assert rows["oxtr_gain"].tolist() == [0.0, 0.5, 1.0]
    assert rows["contact_floor"].tolist() == [2.0] * 3
    for name in set(NAMES) - {"oxtr_gain", "contact_floor"}:
        assert (rows[name] == parameter(name).value).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("oxtr_gian", 1.0, "unknown parameter 'oxtr_gian'; did you mean 'oxtr_gain'?"),
        ("zzz", 1.0, "unknown parameter 'zzz'; known: oxtr_gain, "),
        ("oxtr_gain", 2.5, "'oxtr_gain' is out of range .*from 0 to 2 × wild type.*got 2.5"),
        ("oxtr_gain", [1.0, -1.0], "out of range .*got -1.0"),
        ("oxtr_gain", float("inf"), "out of range .*got inf"),
        ("oxtr_gain", "1.0", "must be a number .*got '1.0'"),
        ("oxtr_gain", True, "must be a number .*got True"),
        ("oxtr_gain", None, "must be a number .*got None"),
    ],
)
def test_bad_overrides_are_refused_in_one_line(name: str, value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        check_override(name, value)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_the_ends_of_a_range_are_allowed() -> None:
    for row in PARAMETERS:
        assert check_override(row.name, row.low) == row.low
        assert check_override(row.name, row.high) == row.high


# ---------------------------------------------------------------------- individuals


def test_without_spread_everybody_is_the_median_animal() -> None:
    drawn = draw_individual(np.random.default_rng(0), {"oxtr_gain": 0.5}, spread=0.0)
    assert drawn == {**{row.name: row.value for row in SPREAD}, "oxtr_gain": 0.5}


def test_a_knockout_has_no_receptor_in_any_individual() -> None:
    assert all(draw_individual(np.random.default_rng(i), {"oxtr_gain": 0.0})["oxtr_gain"] == 0.0 for i in range(50))


def test_an_individual_keeps_its_factors_across_genotypes() -> None:
    """Animal NN of every genotype is the same individual but for the gain, whose factor it keeps too."""
    half, quarter = (draw_individual(np.random.default_rng(7), {"oxtr_gain": gain}) for gain in (0.5, 0.25))
    assert half.pop("oxtr_gain") == pytest.approx(2.0 * quarter.pop("oxtr_gain"))
    assert half == quarter


def test_the_factors_are_log_normal_around_the_value() -> None:
    row = max((row for row in SPREAD if row.low < row.value < row.high), key=lambda row: row.spread)
    drawn = [draw_individual(np.random.default_rng(i), {}, spread=0.2)[row.name] for i in range(2000)]
    logs = np.log(np.array(drawn) / row.value)
    spread = 0.2 * row.spread
    assert logs.mean() == pytest.approx(0.0, abs=4 * spread / np.sqrt(2000))
    assert logs.std() == pytest.approx(spread, rel=0.07)


def test_individuals_stay_inside_the_range() -> None:
    for i in range(30):
        for name, value in draw_individual(np.random.default_rng(i), {}, spread=30.0).items():
            assert parameter(name).low <= value <= parameter(name).high


def test_only_parameters_with_a_spread_differ_and_other_overrides_stay() -> None:
    fixed = next(row for row in PARAMETERS if row.spread == 0.0 and row.low < row.value < row.high)
    drawn = draw_individual(np.random.default_rng(0), {fixed.name: fixed.low})
    assert drawn[fixed.name] == fixed.low
    assert set(drawn) == {fixed.name, *(row.name for row in SPREAD)}


def test_a_spread_by_name_changes_that_parameter_only_and_keeps_the_individual() -> None:
    """Also one whose table spread is 0: its standard normal number is its own, and hangs on its name."""
    without = next(row for row in PARAMETERS if row.spread == 0.0 and row.low < row.value < row.high)
    withit = next(row for row in SPREAD if row.low < row.value < row.high)
    table = draw_individual(np.random.default_rng(3), {})
    drawn = draw_individual(np.random.default_rng(3), {}, {without.name: 0.01, withit.name: 0.02})
    changed = {without.name, withit.name}
    assert {name: drawn[name] for name in drawn if name not in changed} == {
        name: table[name] for name in table if name not in changed
    }
    for row, sd in ((without, 0.01), (withit, 0.02)):
        z = np.log(drawn[row.name] / row.value) / sd
        twice = draw_individual(np.random.default_rng(3), {}, {row.name: 2 * sd})[row.name]
        assert np.log(twice / row.value) / (2 * sd) == pytest.approx(z)


def test_individuals_do_not_depend_on_the_order_or_the_rows_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = draw_individual(np.random.default_rng(3), {})
    for rows in (PARAMETERS[::-1], PARAMETERS[5:], (replace(PARAMETERS[0], name="another"), *PARAMETERS)):
        monkeypatch.setattr("socialrl_envs.parameters.PARAMETERS", rows)
        drawn = draw_individual(np.random.default_rng(3), {})
        assert {name: drawn[name] for name in drawn if name in whole} == {
            name: whole[name] for name in whole if name in drawn
        }
        assert len(drawn) >= len(SPREAD) - 5


def test_parameters_of_an_individual_vary_independently() -> None:
    drawn = [draw_individual(np.random.default_rng(i), {}, 0.1) for i in range(1500)]
    logs = np.log([[one[row.name] for row in SPREAD] for one in drawn])
    between = np.corrcoef(logs.T) - np.eye(len(SPREAD))
    assert np.abs(between).max() < 4.5 / np.sqrt(1500)


def test_the_scale_of_a_mapping_is_for_the_parameters_it_does_not_name() -> None:
    one, *others = [row.name for row in SPREAD]
    half = draw_individual(np.random.default_rng(3), {}, 0.5)
    drawn = draw_individual(np.random.default_rng(3), {}, {"scale": 0.5, one: 0.0})
    assert drawn[one] == parameter(one).value
    assert [drawn[name] for name in others] == [half[name] for name in others]
