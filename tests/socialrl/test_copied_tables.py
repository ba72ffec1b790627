"""Tables of a page as CSV: numbers are numbers again, intervals have columns of their own."""

from __future__ import annotations

import base64
import io
import math
import re
from pathlib import Path

import pandas as pd
import pytest

from socialrl.analysis.statistics import Estimate
from socialrl.drawing import copied, pages, wording
from socialrl.drawing.tables import Cell, Table

TABLE = Table(
    "Means, after 24 h",
    ("Group", "Preference", "p", "n"),
    [
        [
            Cell("wild type"),
            Cell(wording.interval(Estimate(0.875, 0.75, 0.9, 8, ""))),
            Cell(wording.p_value(0.000123)),
            Cell("8"),
        ],
        [
            Cell("knockout", below="gain 0"),
            Cell(wording.interval(Estimate(-1234.5, -2000, -400.25, 8, ""), 1, sign=True)),
            Cell(wording.MISSING),
            Cell("8"),
        ],
        [Cell("low, gain 0.1"), Cell(wording.number(1 / 3)), Cell("0.040"), Cell("1")],
        [Cell("put together"), Cell("0.91 [−0.50, 1\u202f000.00]"), Cell(wording.p_value(math.nan)), Cell("2")],
    ],
)


def test_numbers_are_numbers_and_intervals_have_columns() -> None:
    assert copied.as_csv(TABLE) == (
        "Group,Group (note),Preference,Preference low,Preference high,p,n\n"
        "wild type,,0.875,0.75,0.9,0.000123,8\n"
        "knockout,gain 0,-1234.5,-2000,-400.25,,8\n"
        '"low, gain 0.1",,0.3333333333,,,0.040,1\n'
        "put together,,0.91,-0.50,1000.00,,2\n"
    )
    read = pd.read_csv(io.StringIO(copied.as_csv(TABLE)))
    assert read[["Preference", "Preference low"]].dtypes.eq("float64").all()


def test_a_number_is_shown_rounded_and_known_exactly() -> None:
    minutes = wording.interval(Estimate(100.0, 50.0, 130.0, 8, ""), 1, 60)
    assert minutes == "1.7 [0.8, 2.2]"
    assert minutes.exact == pytest.approx((100 / 60, 50 / 60, 130 / 60))
    alone = wording.interval(Estimate(2 / 3, math.nan, math.nan, 1, ""), sign=True)
    assert (alone, alone.exact) == ("+0.67", (2 / 3,))
    assert (
        wording.interval(Estimate(math.nan, math.nan, math.nan, 0, "")) == wording.number(math.nan) == wording.MISSING
    )


@pytest.mark.parametrize(
    ("shown", "copy"),
    [
        ("+0.25", "0.25"),
        ("−0.5", "-0.5"),
        ("1\u202f234", "1234"),
        ("24\u00a0h", "24 h"),
        ("–", ""),
        ("1-2", "1-2"),
        ("2026\u2060-\u206011", "2026-11"),
    ],
)
def test_a_cell_is_written_as_programs_read_it(shown: str, copy: str) -> None:
    assert copied.plain(shown) == copy


def test_a_page_has_every_table_to_be_copied_and_to_be_saved(tmp_path: Path) -> None:
    template = tmp_path / "one.html.j2"
    template.write_text('{% import "parts.html.j2" as parts with context %}{{ parts.table(table) }}')
    html = pages.render(template, table=TABLE)
    (shown,) = re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
    assert shown.replace("&lt;", "<").replace("&#34;", '"') == copied.as_csv(TABLE)
    (name, saved) = re.findall(r'download="(.*?)"\shref="data:text/csv;charset=utf-8;base64,(.*?)"', html)[0]
    assert name == "means_after_24_h.csv"
    assert base64.b64decode(saved).decode("utf-8-sig") == copied.as_csv(TABLE)
    empty = pages.render(template, table=Table("Nothing", ("A",), []))
    assert "CSV" not in empty
