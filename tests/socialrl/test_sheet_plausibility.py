"""A score sheet whose numbers cannot be seconds of such a test is refused with line and column; the odd is noted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_sheets import SECONDS, made_sheet

from socialrl.errors import UserError
from socialrl.interop.score_sheets import choose_tests, read_score_sheet

HP, HS, CP, CC, CS, LP, LS = SECONDS


@pytest.fixture
def read(tmp_path):
    """Change a clean sheet of ten tests and read it; `change` gets and returns a table."""

    def call(change=lambda sheet: sheet, **options):
        path = tmp_path / "scores.csv"
        change(made_sheet(10).astype(object)).to_csv(path, index=False)
        return read_score_sheet(path, **options)

    return call


def put(row, name, value):
    def change(sheet):
        sheet.loc[row, name] = value
        return sheet

    return change


def times(factor, *names):
    def change(sheet):
        sheet[list(names)] = sheet[list(names)].astype(float) * factor
        return sheet

    return change


def with_duration(value, change=lambda sheet: sheet):
    return lambda sheet: change(sheet).assign(**{"Trial duration": value})


def refused(read, change) -> str:
    with pytest.raises(UserError) as caught:
        read(change)
    text = str(caught.value)
    assert "\n" not in text
    return text.partition("scores.csv")[2]


def test_a_clean_sheet_has_no_notes(read):
    for duration in (None, 10_800):
        sheet = read() if duration is None else read(with_duration(duration))
        assert sheet.notes == ()
        assert len(sheet.tests) == 10
        assert np.isnan(sheet.tests["latency_s_stranger"][1])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put(2, HP, "18,5%"), f", line 4, column '{HP}': must be in seconds, got a percentage, '18,5%'"),
        (
            put(2, HP, "0:45:10"),
            f", line 4, column '{HP}': must be a number of 0 or more, got '0:45:10'; write a time as",
        ),
        (put(2, HP, "#DIV/0!"), f", line 4, column '{HP}': must be a number of 0 or more, got '#DIV/0!'"),
        (
            put(2, HP, 30_000),
            f", line 4, column '{HP}': 30000 s is more than the test, 3 h (10800 s; no trial duration",
        ),
        (put(2, LP, 99_999), f", line 4, column '{LP}': 99999 s is more than the test"),
        (put(2, CC, 20_000), f", line 4, column '{CP}': the chamber times add up to "),
        (put(0, CC, 3_500), f", line 2, column '{CP}': the chamber times add up to "),
        (
            with_duration(7200, put(3, LP, 10_700)),
            f", line 2, column '{CP}': the chamber times add up to 10800 s, beside a trial of 7200 s",
        ),
        (put(1, LS, 77.5), f", line 3, column '{LS}': a latency of 77.5 s, but no huddling in column '{HS}'"),
        (
            times(1 / 60, *SECONDS),
            f", line 2, column '{CP}': the chamber times add up to 180, beside a test of 3 h (10800 s);"
            f" if they are minutes, say so in the columns' names, such as '{CP} (min)'",
        ),
        (
            with_duration(10_800, times(1 / 60, *SECONDS)),
            ": the chamber times add up to 180, beside a trial duration of 10800 s; if they are minutes",
        ),
        (with_duration(10_800, times(1 / 60, CP, CC, CS)), "if they are minutes"),
        (
            times(1 / 108, *SECONDS),
            "the chamber times add up to 100, beside a test of 3 h (10800 s); they look like shares",
        ),
        (times(1 / 10_800, CP, CC, CS), "they look like shares"),
        (
            times(1 / 1000, CP, CC, CS),
            "the chamber times add up to 10.8, beside a test of 3 h (10800 s); they cannot be seconds",
        ),
        (times(30, CP, CC, CS), ": the chamber times add up to 324000 s"),
        (
            with_duration(180),
            ", line 2, column 'Trial duration': a test of 180 s; if these are minutes, call the"
            " column 'Trial duration (min)'",
        ),
        (with_duration(0), "column 'Trial duration': a test of 0 s"),
        (times(1 / 60, HP, HS), f", column '{HP}': no value is above "),
        (times(1 / 60, HP), f", column '{HP}': no value is above "),
        (
            lambda sheet: put(4, HS, float(sheet[CS][4]))(put(4, HP, 10_700)(sheet)),
            f", line 6, column '{HP}': huddling with both adds up to",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_line_and_column(read, change, told):
    assert told in refused(read, change)


def test_a_stated_unit_is_believed(read):
    in_minutes = {name: f"{name} (min)" for name in SECONDS}
    sheet = read(lambda one: times(1 / 60, *SECONDS)(one).rename(columns=in_minutes))
    np.testing.assert_allclose(sheet.tests["huddle_s_partner"], made_sheet(10)[HP].astype(float))
    few = {HP: "huddle partner (s)", HS: "huddle stranger (s)"}
    assert len(read(lambda one: times(1 / 60, HP, HS)(one).rename(columns=few)).tests) == 10


def test_a_blank_latency_beside_huddling_leaves_the_test_out(read):
    sheet = read(put(2, LP, ""))
    assert list(sheet.tests["line"]) == [2, 3, 5, 6, 7, 8, 9, 10, 11]
    (note,) = sheet.notes
    assert note.startswith(f"line 4 (animal v3) left out: no latency in column '{LP}', but ")
    assert "no test of the score sheet can be used" in refused(read, lambda one: one.assign(**{LP: ""}))


@pytest.mark.parametrize("whole", [0, 10_800])
def test_the_whole_test_as_a_latency_beside_no_huddle_is_never(read, whole):
    sheet = read(put(1, LS, whole))
    assert np.isnan(sheet.tests["latency_s_stranger"][1])
    (note,) = sheet.notes
    assert note.startswith(
        f"latency '{LS}' in line 3 is 0 or the whole test, and there is no huddling in '{HS}'; taken as never"
    )


def test_chambers_that_were_tracked_for_longer_are_noted(read):
    (note,) = read(with_duration(9000)).notes
    assert note.startswith(
        f"chamber times add up to 10800 s beside a trial of 9000 s in 10 tests (columns '{CP}', '{CC}', "
    )
    assert "line 5" in refused(read, lambda one: with_duration(9000)(put(3, CC, 5000)(one)))


def test_what_is_odd_is_noted_with_line_and_column(read):
    cases = (
        (
            put(0, HP, float(made_sheet(10)[CP][0]) + 60),
            f"more huddling with the partner than time in its chamber in line 2 (columns '{HP}', '{CP}')",
        ),
        (
            times(0.8, CP, CC, CS),
            f"chamber times add up to 8640 s of 3 h (10800 s; no trial duration is stated) only,"
            f" in 10 tests (columns '{CP}'",
        ),
        (
            lambda one: with_duration([10_800] * 9 + [10_700])(one),
            "trial durations differ (column 'Trial duration'): 10700, 10800 s",
        ),
        (times(1 / 60, LP, LS), f"column '{LS}': no value is above "),
        (
            put(2, LP, 10_000),
            f"latency and huddling with the partner add up to more than the test in line 4 (columns '{LP}', '{HP}')",
        ),
    )
    for change, told in cases:
        assert any(told in note for note in read(change).notes), told


# --- the sheet's own ratio


def ratio(sheet, factor=1.0):
    return (sheet[HP] / (sheet[HP] + sheet[HS])).astype(float) * factor


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#VALUE!", "", "n/a"])
@pytest.mark.parametrize("factor", [1.0, 100.0])
def test_a_formula_that_failed_does_not_stop_the_reading(read, error, factor):
    sheet = read(lambda one: put(3, "preference", error)(one.assign(preference=ratio(one, factor).astype(object))))
    assert sheet.notes == ()
    assert np.isnan(sheet.tests["preference"][3])
    np.testing.assert_allclose(sheet.tests["preference"].drop(3), ratio(made_sheet(10)).drop(3))


def test_another_ratio_is_noted_with_its_line(read):
    wrong = {
        "0.5": "differs from P / (P + S) by more than 0.02 in line 5; ours is used",
        "many": "is not a share from 0 to 1 (or 100 %) in line 5; not compared there",
        "-0.5": "is not a share",
    }
    for cell, told in wrong.items():
        sheet = read(
            lambda one, cell=cell: put(3, "preference", cell)(one.assign(preference=ratio(one).astype(object)))
        )
        (note,) = sheet.notes
        assert "column 'preference'" in note
        assert told in note
        np.testing.assert_allclose(sheet.tests["huddle_s_partner"], made_sheet(10)[HP])


# --- rows that are no animals, animals with two names


@pytest.mark.parametrize(
    "label",
    [
        "Mean",
        "MEAN:",
        "mean FF",
        "SEM",
        "S.E.M.",
        "SD",
        "Std. Dev.",
        "N",
        "n = 10",
        "Average",
        "Median",
        "Total",
        "Mean ± SEM",
        "Average of FF",
        "max",
    ],
)
@pytest.mark.parametrize("place", ["animal", "pair type"])
def test_summary_rows_are_left_out(read, label, place):
    def change(sheet):
        foot = sheet.iloc[[0]].copy().assign(**{"animal": "", "pair type": "", HP: "#DIV/0!", place: label})
        return pd.concat([sheet, foot])

    sheet = read(change)
    assert list(sheet.tests["line"]) == list(range(2, 12))
    assert f"left out as summaries of other rows: line 12 ('{label}')" in sheet.notes


def test_a_row_without_an_animal_is_refused(read):
    assert ", line 12: no animal in column 'animal'; delete the row if it is not a test" in refused(
        read, lambda sheet: pd.concat([sheet, sheet.iloc[[0]].assign(animal="")])
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PV01", "pv01", True),
        ("PV01", "PV 1", True),
        ("PV-01", "pv1", True),
        ("1", "1.0", True),
        ("1", "001", True),
        ("01", "1,0", True),
        ("Ｗ１", "w1", True),
        ("1.1", "1.10", False),
        ("1.1", "1.01", False),
        ("1-2", "12", False),
        ("PV1", "PV10", False),
        ("A1", "B1", False),
        ("1", "10", False),
    ],
)
def test_spellings_of_one_animal(read, one, other, same):
    sheet = read(lambda table: put(8, "animal", other)(put(5, "animal", one)(table)))
    noted = f"animal '{one}' is also written '{other}' (line 10); taken as one animal" in sheet.notes
    assert noted == same
    if same:
        with pytest.raises(UserError, match=rf"animal {one} has 2 early tests \(lines 7, 10\)"):
            choose_tests(sheet)
    else:
        assert len(choose_tests(sheet)[0]) == 10
