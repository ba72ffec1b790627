"""Score sheets: columns by meaning, seconds out, nothing dropped without a word, one line for what is refused."""

from __future__ import annotations

import hashlib
import math

import pytest

from socialrl.errors import UserError
from socialrl.interop.columns import plain_name
from socialrl.interop.score_sheets import choose_tests, read_score_sheet

LAB = (
    "Video Name,Trial Duration(Second),Animal id,Treatment,Timepoint,Sex,huddle time partner,huddle time novel,"
    "percent phuddle,chamber time partner,chamber time novel,chamber time center,"
    "latency partner huddle,latency novel huddle"
)
ONE = "a.mpg,9000,101,FM,ST,F,3000,1000,0.75,6000,1800,3000,12.5,60"


@pytest.fixture
def sheet(tmp_path):
    """Write a score sheet and read it."""

    def write(*lines: str, encoding: str = "utf-8", **options):
        path = tmp_path / "scores.csv"
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return read_score_sheet(path, **options)

    return write


def mistake(call, *arguments, **options) -> str:
    with pytest.raises(UserError) as caught:
        call(*arguments, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_lab_export_is_read_in_seconds_under_our_names(sheet):
    read = sheet(LAB, ONE)
    row = read.tests.iloc[0]
    assert (row["animal"], row["pair_type"], row["timepoint"], row["sex"], row["line"]) == (
        "101",
        "FM",
        "early",
        "F",
        2,
    )
    assert (row["huddle_s_partner"], row["huddle_s_stranger"]) == (3000.0, 1000.0)
    assert (row["chamber_s_partner"], row["chamber_s_centre"], row["chamber_s_stranger"]) == (6000.0, 3000.0, 1800.0)
    assert (row["latency_s_partner"], row["latency_s_stranger"]) == (12.5, 60.0)
    assert read.notes[0] == "columns ignored: Video Name"
    assert read.notes[1].startswith("chamber times add up to 10800 s beside a trial of 9000 s in 1 test (columns")
    assert len(read.notes) == 2
    assert read.sha256 == hashlib.sha256(f"{LAB}\r\n{ONE}\r\n".encode()).hexdigest()


def test_other_order_names_units_delimiter_and_decimal_comma(sheet):
    read = sheet(
        "Stranger huddle (min);Vole;partner huddle;Time in partner chamber;centre chamber;Stranger chamber;"
        "latency_s_partner;latency_s_stranger",
        "1,5;v7;3000,25;6000;3000;1800;12,5;60",
        encoding="utf-16",
    )
    row = read.tests.iloc[0]
    assert row["animal"] == "v7"
    assert row["huddle_s_stranger"] == 90.0
    assert row["huddle_s_partner"] == 3000.25
    assert (row["latency_s_partner"], row["latency_s_stranger"]) == (12.5, 60.0)
    assert read.notes == ("column 'Stranger huddle (min)' is in minutes; multiplied by 60",)


def test_blank_latency_is_no_huddle_but_a_blank_measurement_leaves_the_test_out_with_a_note(sheet):
    read = sheet(
        LAB,
        ONE,
        "b.mpg,9000,102,FF,ST,F,,10,,6000,1800,3000, ,60",
        ",,,,,,,,,,,,,",
        ONE.replace("101", "103").replace("3000,1000,0.75", "0,1000,0").replace("12.5", "never"),
    )
    assert list(read.tests["animal"]) == ["101", "103"]
    assert math.isnan(read.tests["latency_s_partner"][1])
    assert "line 3 (animal 102) left out: no value for 'huddle time partner'" in read.notes


def test_a_sheet_that_contradicts_itself_is_noted(sheet):
    notes = sheet(LAB, ONE.replace("0.75", "0.5"), ONE.replace("101", "102").replace("6000,1800", "2000,5800")).notes
    assert any(
        "(column 'percent phuddle') differs from P / (P + S) by more than 0.02 in line 2; ours is used" in note
        for note in notes
    )
    assert any("more huddling with the partner than time in its chamber in line 3" in note for note in notes)


@pytest.mark.parametrize(
    ("wrong", "cell"), [("abc", "abc"), ("-5", "-5"), ("inf", "inf"), ("1_000", "1_000"), ("12.5.1", "12.5.1")]
)
def test_a_bad_number_is_named_with_line_and_column(sheet, wrong, cell):
    told = mistake(sheet, LAB, ONE, ONE.replace("3000,1000", f"{wrong},1000"))
    assert f"line 3, column 'huddle time partner': must be a number of 0 or more, got '{cell}'" in told


def test_missing_column_tells_what_it_could_be_called_and_the_nearest(sheet):
    told = mistake(sheet, LAB.replace("huddle time novel", "huddle tme strangr"), ONE)
    assert "no column for huddle_s_stranger (such as 'huddle time stranger'" in told
    assert "nearest is 'huddle" in told
    assert "taken as comma-separated" in mistake(sheet, "animal")


def test_needed_columns_can_be_fewer(sheet):
    read = sheet("id,partner huddle,stranger huddle", "7,1,2", needed=["huddle_s_partner", "huddle_s_stranger"])
    assert read.tests["huddle_s_stranger"][0] == 2.0
    assert math.isnan(read.tests["chamber_s_partner"][0])


def test_what_is_no_score_sheet_is_refused(sheet, tmp_path):
    assert "is empty" in mistake(sheet, "", "")
    assert "no tests below its column names" in mistake(sheet, LAB)
    assert "both mean huddle_s_stranger; keep one" in mistake(sheet, LAB + ",Stranger huddle (s)", ONE + ",5")
    assert "is in 'frames'; allowed: seconds (s) or minutes (min)" in mistake(
        sheet, LAB.replace("huddle time novel", "huddle time novel (frames)"), ONE
    )
    assert "15 values for 14 columns" in mistake(sheet, LAB, ONE + ",9")
    assert "no animal in column 'Animal id'" in mistake(sheet, LAB, ONE.replace("101", ""))
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04....")
    assert "is a damaged workbook, or another archive" in mistake(read_score_sheet, tmp_path / "book.xlsx")
    assert "no such score sheet; did you mean book.xlsx?" in mistake(read_score_sheet, tmp_path / "bok.xlsx")


def test_choosing_tests_says_what_was_left_out(sheet):
    read = sheet(LAB, ONE, ONE.replace("ST", "LT"), ONE.replace("101,FM", "102,MF"), ONE.replace("101,FM", "103,FF"))
    tests, notes = choose_tests(read, "fm")
    assert list(tests["animal"]) == ["101", "102"]
    assert notes == [
        "1 test left out because its timepoint is not early: 1 late",
        "1 test left out because its pair type is not FM: 1 FF",
    ]
    assert "pairs must be FF, MM, FM, peers, mates or all, got 'XX'" in mistake(choose_tests, read, "XX")
    assert "no early test of MM pairs; there are: FF, FM" in mistake(choose_tests, read, "MM")
    assert "no test at timepoint early (ST, early); there are: late" in mistake(
        choose_tests, sheet(LAB, ONE.replace("ST", "LT"))
    )
    twice = sheet(LAB, ONE, ONE)
    assert "animal 101 has 2 early tests (lines 2, 3); the replicate is the animal" in mistake(choose_tests, twice)


def test_a_sheet_without_timepoints_is_taken_as_it_is(sheet):
    read = sheet(LAB.replace("Timepoint", "Room"), ONE)
    tests, notes = choose_tests(read)
    assert len(tests) == 1
    assert notes == ["the sheet has no timepoints; all of its tests are taken as early ones"]


def test_a_possessive_is_no_unit():
    assert plain_name("Partner's chamber") == ("partner chamber", "")
    assert plain_name("huddle_s_partner") == ("huddle partner", "s")
    assert plain_name("Huddle time novel (min.)") == ("huddle time stranger", "min")
