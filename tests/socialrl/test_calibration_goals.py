"""Goals, test–retest correlations and the course of a test, against numbers computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from socialrl.calibration import course, goals, retest
from socialrl.calibration.summaries import RAW
from socialrl.interop.score_sheets import choose_tests, read_score_sheet

# partner huddle, stranger huddle, latency to the stranger of ten voles; the last never met the stranger
HUDDLE = [990, 980, 970, 960, 600, 500, 100, 0, 900, 1000]
STRANGER = [10, 20, 30, 40, 400, 500, 900, 1000, 100, 0]
LATENCY = [10, 20, 30, 40, 50, 60, 70, 80, 90, 10_800]


def raw(partner, stranger, latency) -> np.ndarray:
    out = np.zeros((len(partner), len(RAW)))
    out[:, 0], out[:, 1], out[:, 6] = partner, stranger, latency
    out[:, 3] = 10_800
    return out


def test_goals_of_a_tiny_table_by_hand():
    voles = raw(HUDDLE, STRANGER, LATENCY)
    indifferent = raw([500] * 4, [500] * 4, [400] * 4)
    sets = {"peers": {"real": voles, "before": indifferent, "after": voles[[0, 1, 2, 3, 4, 6]]}}
    table = goals.table(sets, {"peers": {"before": 3.0, "after": 1.2}}, 1)
    rows = table[table["row"] == "goal"].set_index("quantity")
    assert list(rows.index) == [
        "distance", "partner_alone", "stranger_preferred", "latency_s_stranger", "huddle_s_stranger",
    ]  # fmt: skip
    # .99 .98 .97 .96 and 1.0 are above 0.95; .1 and 0 below 1/3
    assert list(rows["voles"])[1:] == [0.5, 0.2, 55.0, 70.0]
    assert list(rows["before"]) == [3.0, 0.0, 0.0, 400.0, 500.0]
    assert list(rows["after"]) == pytest.approx([1.2, 4 / 6, 1 / 6, 35.0, 35.0])
    assert bool(rows.loc["distance", "inside"])
    assert rows.loc["distance", "high"] == 1.2
    assert not goals.table(sets, {"peers": {"before": 1.0, "after": 1.21}}, 1)["inside"].iloc[0]
    for name, row in rows.iloc[1:].iterrows():
        assert row["low"] <= row["voles"] <= row["high"], name
        assert row["inside"] == (row["low"] <= row["after"] <= row["high"])
    # the share of ten independent voles: the interval is that of a binomial of 10 draws at one half
    low, high = stats.binom.ppf([0.05, 0.95], 10, 0.5) / 10
    assert (rows.loc["partner_alone", "low"], rows.loc["partner_alone", "high"]) == (low, high)
    swapped = {"peers": {**sets["peers"], "after": indifferent}}
    outside = goals.table(swapped, {"peers": {"before": 3.0, "after": 3.0}}, 1)
    inside = outside[outside["row"] == "goal"].set_index("quantity")["inside"]
    assert not inside[["distance", "partner_alone", "latency_s_stranger"]].any()


def test_every_other_measure_is_information_with_a_p_value():
    voles, model = raw(HUDDLE, STRANGER, LATENCY), raw([500] * 4, [500] * 4, [400] * 4)
    table = goals.table(
        {"mates": {"real": voles, "before": model, "after": model}}, {"mates": {"before": 1.0, "after": 1.0}}, 1
    )
    rows = table[table["row"] == "information"].set_index("quantity")
    assert len(rows) == 8
    assert rows.loc["huddle_s_partner", "ks_p"] == pytest.approx(stats.ks_2samp(HUDDLE, [500] * 4).pvalue)
    preference = np.array(HUDDLE) / (np.array(HUDDLE) + STRANGER)
    assert rows.loc["preference", "voles"] == pytest.approx(np.median(preference))
    assert rows.loc["chamber_s_centre", "ks_p"] == pytest.approx(1.0)


# --- early and late tests


def twice(n: int, seed: int, repeats: int = 1):
    rng = np.random.default_rng(seed)
    trait = rng.normal(0, 1, (n, 1))
    early, late = (trait + rng.normal(0, 1, (n, repeats)) for _ in range(2))
    return early, late


@pytest.mark.parametrize(("coefficient", "by"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_correlations_are_those_of_scipy(coefficient, by):
    early, late = twice(30, 1)
    early[3], late[5] = np.nan, np.nan
    known = np.isfinite(early[:, 0] + late[:, 0])
    one = retest.correlation([(early, late)], coefficient, 1)
    assert one.value == pytest.approx(by(early[known, 0], late[known, 0]).statistic)
    assert one.low < one.value < one.high
    assert one.n == 30
    # with more animals the interval narrows as 1/√n
    many = retest.correlation([twice(480, 2)], coefficient, 1)
    assert (many.high - many.low) == pytest.approx((one.high - one.low) / 4, rel=0.4)


def test_correlations_that_cannot_be_computed_are_not_invented():
    for groups in ([], [(np.ones((3, 1)), np.ones((3, 1)))], [(np.ones((9, 1)), np.ones((9, 1)))]):
        one = retest.correlation(groups, "pearson", 1)
        assert np.isnan([one.value, one.low, one.high]).all()


def test_repeats_of_an_animal_are_no_further_animals():
    early, late = twice(20, 3)
    once = retest.correlation([(early, late)], "pearson", 1)
    copied = retest.correlation([(np.repeat(early, 9, axis=1), np.repeat(late, 9, axis=1))], "pearson", 1)
    assert copied.value == pytest.approx(once.value)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))


def sheet_text(rows: list[str], head: str = "id,pair type,when,cohort,pair") -> str:
    columns = "huddle time partner,huddle time novel,chamber time partner,chamber time center,chamber time novel"
    titles = f"{head},{columns},latency partner huddle,latency novel huddle"
    return "\n".join([titles, *(f"{row},100,6000,2800,2000,60,90" for row in rows)]) + "\n"


def test_ids_that_repeat_between_cohorts_are_animals_of_each(tmp_path):
    path = tmp_path / "scores.csv"
    rows = [
        f"{animal},FF,{when},{cohort},,{1000 * cohort + 100 * animal + (50 if when == 'LT' else 0)}"
        for when, cohorts in (("ST", ("1", "2")), ("LT", ("2", "1")))
        for cohort in map(int, cohorts)
        for animal in (1, 2, 3)
    ]
    path.write_text(sheet_text(rows))
    sheet = read_score_sheet(path)
    assert "3 ids occur in more than one cohort, as different animals: 1, 2, 3" in sheet.notes
    early, _ = choose_tests(sheet)
    late, _ = choose_tests(sheet, "all", "late")
    assert list(early["animal"])[:2] == ["1 (cohort 1)", "2 (cohort 1)"]
    ((early_raw, late_raw),) = retest.matched(early, late).values()
    np.testing.assert_array_equal(late_raw[..., 0] - early_raw[..., 0], 50.0)
    assert len(early_raw) == 6


def test_ids_of_one_cohort_stay_as_they_are(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(sheet_text([f"{k},FM,{when},{k % 2},{k}x,1000" for when in ("ST", "LT") for k in range(4)]))
    sheet = read_score_sheet(path)
    assert list(choose_tests(sheet)[0]["animal"]) == list("0123")
    assert not any("more than one" in note for note in sheet.notes)


def test_pairs_tell_animals_apart_where_there_are_no_cohorts(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(sheet_text(["1,FF,ST,,a,1000", "1,FF,ST,,b,2000", "1,FF,LT,,b,2500", "7,FF,ST,,c,3000"]))
    early, _ = choose_tests(read_score_sheet(path))
    assert list(early["animal"]) == ["1 (pair a)", "1 (pair b)", "7"]
    # an animal that was paired anew between the tests is one animal
    path.write_text(sheet_text(["1,FF,ST,,a,1000", "1,FF,LT,,b,2500"]))
    assert list(read_score_sheet(path).tests["animal"]) == ["1", "1"]


def test_a_row_that_does_not_say_which_animal_it_is_of_is_refused(tmp_path):
    from socialrl.errors import UserError

    path = tmp_path / "scores.csv"
    path.write_text(sheet_text(["1,FF,ST,1,,1000", "1,FF,ST,2,,2000", "1,FF,LT,,,2500"]))
    with pytest.raises(UserError, match=r"line 4: no cohort, and several animals are called 1 \(in cohort 1 and 2\)"):
        read_score_sheet(path)


# --- the course of a test


def test_bins_and_bouts_by_hand():
    rows = [
        {"index": 0, "repeat": 0, "bin_s_partner": [0, 600], "bout_s_partner": [30.0, 570.0]},
        {"index": 0, "repeat": 1, "bin_s_partner": [300, 600], "bout_s_partner": [900.0]},
        {"index": 1, "repeat": 0, "bin_s_partner": [600, 0], "bout_s_partner": [300.0, 200.0, 100.0]},
        {"index": 1, "repeat": 1, "bin_s_partner": [0, 0], "bout_s_partner": []},
    ]
    played = pd.DataFrame(rows).assign(pairs="peers", timepoint="early")
    for name in ("bin_s", "bout_s"):
        played[f"{name}_stranger"] = [[0, 0] if name == "bin_s" else []] * 4
    late = played.assign(timepoint="late", bin_s_partner=[[600, 600]] * 4)
    checks = {"after": pd.concat([played, late], ignore_index=True)}
    bins = course.bins(checks).set_index(["who", "bin_start_min"])
    # animal 0: (0 + 0.5) / 2 and 1; animal 1: (1 + 0) / 2 and 0
    assert bins.loc[("partner", 0), "share"] == pytest.approx((0.25 + 0.5) / 2)
    assert bins.loc[("partner", 10), "share"] == pytest.approx(0.5)
    assert bins.loc[("partner", 10), "n_animals"] == 2
    bouts = course.bouts(checks).set_index("who")
    one = bouts.loc["partner"]
    assert one["bouts_per_test"] == 6 / 4
    assert one["median_s"] == np.median([30, 570, 900, 300, 200, 100])
    assert one["longest_s"] == np.median([570, 900, 300, 0])
    assert one["share_in_longest"] == pytest.approx((0.95 + 1 + 0.5) / 3)
    assert bouts.loc["stranger", "longest_s"] == 0.0
    assert np.isnan(bouts.loc["stranger", "median_s"])
