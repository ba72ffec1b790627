"""Tables of a page as CSV: numbers are numbers again, intervals have columns of their own."""

from __future__ import annotations

import base64
import io
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
        [Cell("wild type"), Cell(wording.interval(Estimate(0.875, 0.75, 0.9, 8, ""))), Cell("< 0.001"), Cell("8")],
        [
            Cell("knockout", below="gain 0"),
            Cell(wording.interval(Estimate(-1234.5, -2000, -400.25, 8, ""), 1, sign=True)),
            Cell(wording.MISSING),
            Cell("8"),
        ],
        [Cell("low, gain 0.1"), Cell(wording.number(0.5)), Cell("0.040"), Cell("1")],
    ],
)


def test_numbers_are_numbers_and_intervals_have_columns() -> None:
    assert copied.as_csv(TABLE) == (
        "Group,Group (note),Preference,Preference low,Preference high,p,n\n"
        "wild type,,0.88,0.75,0.90,< 0.001,8\n"
        "knockout,gain 0,-1234.5,-2000.0,-400.2,,8\n"
        '"low, gain 0.1",,0.50,,,0.040,1\n'
    )
    read = pd.read_csv(io.StringIO(copied.as_csv(TABLE)))
    assert read[["Preference", "Preference low"]].dtypes.eq("float64").all()


@pytest.mark.parametrize(
    ("shown", "copy"),
    [("+0.25", "0.25"), ("−0.5", "-0.5"), ("1\u202f234", "1234"), ("24\u00a0h", "24 h"), ("–", ""), ("1-2", "1-2")],
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
