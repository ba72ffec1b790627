"""Numbers of a score sheet: one convention a column, decided from all values; what can be two numbers is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_sheets import SECONDS, made_sheet

from socialrl.errors import UserError
from socialrl.interop.columns import MEASURED
from socialrl.interop.numbers import decimal_signs, number
from socialrl.interop.score_sheets import read_score_sheet


def spelled(value: float, decimal: str, thousands: str, digits: int) -> str:
    """Write a number as a laboratory's spreadsheet does."""
    if np.isnan(value):
        return ""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans({",": thousands or None, ".": decimal}))


def written(path, sheet, delimiter, decimal, thousands, digits):
    texts = sheet.copy().astype(object)
    for name in SECONDS:
        texts[name] = [spelled(value, decimal, thousands, digits) for value in sheet[name]]
    texts.to_csv(path, index=False, sep=delimiter)
    return path


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("decimal", "thousands"), [(".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", "\u202f"), (".", "’")]
)
def test_every_way_to_write_gives_the_same_seconds_or_is_refused(tmp_path, digits, delimiter, decimal, thousands):
    sheet = made_sheet(10, digits=digits)
    path = written(tmp_path / "scores.csv", sheet, delimiter, decimal, thousands, digits)
    # Whole numbers in groups of three: nothing in the sheet says that they are no decimals, unless the comma delimits.
    open_ = digits == 0 and thousands in (",", ".") and (thousands, delimiter) != (",", ",")
    if open_:
        with pytest.raises(
            UserError, match=r"line 2, column 'huddle time partner': '\d[.,]\d{3}' can be \d{4} or \d\.\d+; write"
        ):
            read_score_sheet(path)
    else:
        read = read_score_sheet(path).tests[list(MEASURED)].to_numpy()
        np.testing.assert_allclose(read, sheet[list(SECONDS)].to_numpy())


def signs(*cells, delimiter=";", other=(), ratio=()):
    notes: list[str] = []
    columns = {"it": list(enumerate(cells, 2)), "other": list(enumerate(other, 2))}
    found = decimal_signs(columns, [list(enumerate(ratio, 2))], delimiter, "x.csv", notes)
    return [number(cell, found["it"]) for cell in cells], notes


@pytest.mark.parametrize(
    ("cells", "beside", "numbers"),
    [
        (["1.234,5", "2.000"], {}, [1234.5, 2000.0]),
        (["1,234.5", "2,000"], {}, [1234.5, 2000.0]),
        (["1.234.567", "2.000"], {}, [1234567.0, 2000.0]),
        (["18,5", "2.000"], {}, [18.5, 2000.0]),
        (["18.5", "2.000"], {}, [18.5, 2.0]),
        (["0.853", "2.345"], {}, [0.853, 2.345]),
        (["7474.270", "25.490"], {}, [7474.27, 25.49]),
        (["2.000"], {"other": ["18,5"]}, [2000.0]),
        (["2,000"], {"other": ["18.5"]}, [2000.0]),
        (["2,000"], {"ratio": ["0.853"]}, [2000.0]),
        (["2.000"], {"ratio": ["0,853"]}, [2000.0]),
        (["2,000"], {"delimiter": ","}, [2000.0]),
        (["25.490"], {"other": ["7474.270"]}, [25.49]),
        (["3.141"], {"other": ["12.5"]}, [3.141]),
        (["1080", "1.08e4"], {}, [1080.0, 10800.0]),
        (["10 800,5", "2.000"], {}, [10800.5, 2000.0]),
        (["１２.５"], {}, [12.5]),
    ],
)
def test_what_settles_a_sign(cells, beside, numbers):
    assert signs(*cells, **beside)[0] == numbers


@pytest.mark.parametrize(
    ("cells", "beside", "told"),
    [
        (
            ["345", "2.000"],
            {},
            "line 3, column 'it': '2.000' can be 2000 or 2; write thousands without a separator (2000), or"
            " decimals with more or fewer than three digits (2.0000)",
        ),
        (["2,000"], {}, "line 2, column 'it': '2,000' can be 2000 or 2;"),
        (["2.000"], {"ratio": ["0.853"]}, "can be 2000 or 2"),
        (["2.000"], {"delimiter": ","}, "can be 2000 or 2"),
        (["2.000"], {"other": ["12.5"]}, "can be 2000 or 2"),
        (["250", "2.000"], {"other": ["7474.270"]}, "can be 2000 or 2"),
        (["2.000", "3,000"], {}, "can be 2000 or 2"),
        (
            ["12.5", "12,5"],
            {},
            "column 'it': '12.5' in line 2 and '12,5' in line 3 are written in two ways; use one decimal sign",
        ),
        (["12.5", "1.234.567"], {}, "'12.5' in line 2 and '1.234.567' in line 3 are written in two ways"),
    ],
)
def test_what_stays_open_is_refused(cells, beside, told):
    with pytest.raises(UserError) as caught:
        signs(*cells, **beside)
    assert str(caught.value).startswith("x.csv, ")
    assert told in str(caught.value)


def test_separated_thousands_are_noted():
    assert signs("1.234,5", "2.000")[1] == ["a point separates thousands in 'it': '1.234,5' in line 2 is 1234.5"]


@pytest.mark.parametrize(
    "cell",
    [
        "12.5.1",
        "1.23.456",
        "1,2,3",
        "1 23",
        "12 34,5",
        "1_000",
        "abc",
        "inf",
        "0x10",
        "1e9999",
        "--5",
        "2,000.5,1",
        "'",
        ". .",
    ],
)
def test_what_is_no_number(cell):
    for sign in ".,":
        with pytest.raises(ValueError):  # noqa: PT012
            assert not np.isfinite(number(cell, sign))
            raise ValueError("infinite is no number of a sheet")


def test_a_sheet_of_ten_with_a_separator_for_thousands_alone_is_not_read_in_silence(tmp_path):
    """The fault this page began with: 2.000 became 2 seconds beside 345, and the preference 0.006."""
    sheet = made_sheet(10, digits=0)
    path = written(tmp_path / "scores.csv", sheet, ";", ",", ".", 0)
    with pytest.raises(UserError, match="write thousands without a separator"):
        read_score_sheet(path)
    mixed = pd.read_csv(path, sep=";", dtype=str)
    mixed.loc[0, "latency partner huddle"] = "345,5"  # one decimal comma anywhere settles the sheet
    mixed.to_csv(path, sep=";", index=False)
    read = read_score_sheet(path)
    np.testing.assert_array_equal(read.tests["huddle_s_partner"], sheet["huddle time partner"])
    assert any(note.startswith("a point separates thousands in 'huddle time partner'") for note in read.notes)
