"""Measures against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic_battery import battery

from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.measure_rows import MEASURES
from socialrl.analysis.measure_table import measure_called, measures_of
from socialrl.analysis.measure_values import values, values_of_several
from socialrl.errors import UserError


def record(animal="wild_type-00", test="cohoused_24h", repeat=0, steps=100, partner=0.0, stranger=0.0, **more):
    genotype, index = animal.rsplit("-", 1)
    base = {"animal": animal, "genotype": genotype, "oxtr_gain": 1.0, "index": int(index), "steps": steps}
    base |= {"test": test, "cohousing_h": 24.0, "relationship": "peer", "separation_h": 0.0, "repeat": repeat}
    return base | {"duration_s": 10_800.0, "huddle_s_partner": partner, "huddle_s_stranger": stranger} | more


def taken(name, **more):
    """A measure of one test."""
    return measures.animal_table(pd.DataFrame([record(**more)]))[name].item()


@pytest.mark.parametrize(
    ("name", "partner", "stranger", "value"),
    [
        ("preference", 300, 100, 0.75),
        ("preference", 0, 50, 0.0),
        ("selectivity", 300, 100, 0.5),
        ("selectivity", 0, 50, -1.0),
        ("total_huddle_s", 300, 100, 400),
        ("total_huddle_s", 0, 0, 0),
        ("huddle_share", 2700, 2700, 0.5),
    ],
)
def test_measures_by_hand(name, partner, stranger, value):
    assert taken(name, partner=partner, stranger=stranger) == value


def test_an_animal_that_never_huddles_has_no_preference():
    assert np.isnan(taken("preference"))
    assert np.isnan(taken("selectivity"))
    assert np.isnan(measures.preference(0, 0))


def test_missing_seconds_stay_missing():
    assert np.isnan(measures.preference(np.nan, 10))


def test_negative_seconds_are_refused():
    with pytest.raises(UserError, match="stranger_s must be zero or more, got -3"):
        measures.preference([1.0, 2.0], [1.0, -3.0])
    with pytest.raises(UserError, match="huddle_s_stranger must be zero or more, got -3"):
        taken("preference", stranger=-3)


def test_bouts_and_latency():
    assert taken("bout_s_partner", partner=600, bouts_partner=4) == 150
    assert np.isnan(taken("bout_s_partner", partner=0, bouts_partner=0))
    assert taken("latency_s_partner", latency_s_partner=np.nan) == 10_800
    assert measures.latency_s([30, np.nan], 10_800).tolist() == [30, 10_800]


def test_repeats_are_averaged_in_seconds_before_the_ratio():
    # One long test (90 of 100 s) and one short one (0 of 10 s): mean of ratios 0.45, ratio of means 45 / 55.
    table = measures.animal_table(
        pd.DataFrame([record(repeat=0, partner=90, stranger=10), record(repeat=1, partner=0, stranger=10)])
    )
    assert len(table) == 1
    assert table["preference"].item() == pytest.approx(45 / 55)
    assert table["total_huddle_s"].item() == 55
    assert table["n_repeats"].item() == 2


def test_animal_table_keeps_tests_steps_and_animals_apart():
    rows = [record(animal, test, 0, steps) for animal in ("a-00", "a-01") for test in ("x", "y") for steps in (0, 10)]
    assert len(measures.animal_table(pd.DataFrame(rows))) == 8


def test_animal_table_averages_counters_and_counts_repeats_without_huddle():
    rows = [
        record(repeat=0, partner=600, latency_s_partner=100.0, bouts_partner=2, reward_effort=-1.0),
        record(repeat=1, partner=0, latency_s_partner=np.nan, bouts_partner=0, reward_effort=-3.0),
    ]
    table = measures.animal_table(pd.DataFrame(rows))
    assert table["repeats_without_partner"].item() == 1
    assert table["latency_s_partner"].item() == (100 + 10_800) / 2
    assert table["bout_s_partner"].item() == 300  # 300 s on average in one bout on average
    assert table["reward_effort"].item() == -2


def test_a_missing_column_is_named_with_the_nearest():
    rows = pd.DataFrame([record()]).rename(columns={"huddle_s_partner": "huddle_partner_s"})
    with pytest.raises(UserError, match="no column 'huddle_s_partner'; did you mean 'huddle_partner_s'"):
        measures.animal_table(rows)


def test_huddle_bins_average_repeats_bin_by_bin():
    rows = [
        record(repeat=0, huddle_s_partner_10min=[600.0, 0.0], huddle_s_stranger_10min=[0.0, 0.0]),
        record(repeat=1, huddle_s_partner_10min=[0.0, 0.0], huddle_s_stranger_10min=[100.0, 0.0]),
    ]
    table = measures.huddle_bins(pd.DataFrame(rows))
    assert table["bin_start_min"].tolist() == [0, 10]
    assert table["huddle_s_partner"].tolist() == [300, 0]
    assert table["preference"].iloc[0] == pytest.approx(300 / 350)
    assert np.isnan(table["preference"].iloc[1])


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ([0.5, 0.7, 0.7, 0.7], 10),  # the first of the two counts
        ([0.9, 0.5, 0.7, 2 / 3], 20),  # one alone does not; the guide line itself does
        ([0.5, 0.6, 0.6, 0.9], None),  # met only in the last probe: not confirmed
        ([0.9, np.nan, 0.9, 0.9], 20),  # no huddling does not meet it
        ([0.66, 0.66, 0.66, 0.66], None),  # below 2/3
    ],
)
def test_steps_to_criterion(preferences, expected):
    steps = measures.steps_to_criterion([0, 10, 20, 30], preferences)
    assert (np.isnan(steps) and expected is None) or steps == expected


def test_steps_to_criterion_does_not_depend_on_the_order_of_rows():
    assert measures.steps_to_criterion([30, 0, 20, 10], [0.9, 0.1, 0.9, 0.1]) == 20
    assert np.isnan(measures.steps_to_criterion([0], [1.0]))
    assert np.isnan(measures.steps_to_criterion([], []))


def test_criterion_table_censors_at_the_last_probe():
    rows = [record("a-00", steps=s, partner=p, stranger=1) for s, p in ((0, 1), (10, 3), (20, 3))]
    rows += [record("a-01", steps=s, partner=1, stranger=1) for s in (0, 10)]
    table = measures.criterion_table(measures.animal_table(pd.DataFrame(rows))).set_index("animal")
    assert table.loc["a-00", "reached"]
    assert table.loc["a-00", ["steps_to_criterion", "event_steps", "steps_followed"]].tolist() == [10, 10, 20]
    assert not table.loc["a-01", "reached"]
    assert np.isnan(table.loc["a-01", "steps_to_criterion"])
    assert table.loc["a-01", ["event_steps", "n_probes"]].tolist() == [10, 2]


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ([0.5, 0.9, 0.9], 24),
        ([0.5, 0.5, 0.7], 168),
        ([0.9, 0.5, 0.7], 168),  # met by luck at 0 h and lost again: the later time counts
        ([0.9, 0.9, 0.9], 0),
        ([0.9, 0.9, 0.5], None),
        ([0.5, np.nan, 0.9], 168),
    ],
)
def test_cohousing_to_criterion(preferences, expected):
    hours = measures.cohousing_to_criterion_h([0, 24, 168], preferences)
    assert (np.isnan(hours) and expected is None) or hours == expected


def test_cohousing_table_is_per_animal_and_relationship():
    rows = [
        record("a-00", f"{kind}{h}", partner=p, stranger=1) | {"cohousing_h": h, "relationship": kind}
        for kind, h, p in (("peer", 0, 1), ("peer", 24, 1), ("peer", 168, 4), ("mate", 0, 1), ("mate", 24, 9))
    ]
    table = measures.cohousing_table(measures.animal_table(pd.DataFrame(rows))).set_index("relationship")
    assert table.loc["peer", "cohousing_to_criterion_h"] == 168
    assert table.loc["mate", "cohousing_to_criterion_h"] == 24
    assert table.loc["mate", "longest_h"] == 24


def test_mating_stays_yes_or_no_in_the_table_of_animals():
    rows = [
        record("a-00", name, repeat, partner=2, stranger=1, relationship="mate", mating=mating)
        for name, mating in (("mated", True), ("unmated", False))
        for repeat in range(2)
    ]
    table = measures.animal_table(pd.DataFrame(rows)).set_index("test")
    assert table["mating"].dtype == bool
    assert table["mating"].to_dict() == {"mated": True, "unmated": False}


def test_every_measure_has_unit_formula_and_source():
    for measure in MEASURES:
        assert all([measure.name, measure.label, measure.unit, measure.formula, measure.source]), measure
    assert pytest.approx(2 / 3) == GUIDE_LINE
    assert measures.CHANCE == measure_called("preference").chance == 0.5


def test_several_measures_at_once_are_each_alone_to_the_last_bit():
    seen = set()
    for assay, table in battery(n=5, repeats=2).items():
        test = table[table["test"] == table["test"].iloc[0]]
        some = [one for one in measures_of(assay) if one.of_one_test and all(name in table for name in one.columns)]
        together = values_of_several(test, some, ("genotype", "animal"))
        assert list(together) == [one.name for one in some]
        for one in some:
            alone = values(test, one, ("genotype", "animal"))
            pd.testing.assert_series_equal(together[one.name], alone, check_exact=True, check_names=False)
            seen |= {(bool(one.per), one.guard is not None, bool(one.sessions), one.first is not None)}
    assert {any(kinds) for kinds in zip(*seen, strict=True)} == {True}, "ratios, odds, sessions and differences"
