"""Workbooks (.xlsx): score sheets, BORIS and EthoVision in them; without openpyxl, one line says what to install."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from made_sheets import SECONDS, made_sheet
from test_boris import old_file
from test_ethovision import track

from socialrl.errors import UserError
from socialrl.interop import workbook
from socialrl.interop.formats import read_tests
from socialrl.interop.score_sheets import read_score_sheet

pytest.importorskip("openpyxl")


def book(path: Path, **sheets: list[list[object]]) -> Path:
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, rows in sheets.items():
            width = max(map(len, rows))
            padded = [[*row, *[None] * (width - len(row))] for row in rows]
            pd.DataFrame(padded).to_excel(writer, sheet_name=name, header=False, index=False)
    return path


def rows_of(table: pd.DataFrame) -> list[list[object]]:
    return [list(table.columns), *table.astype(object).where(table.notna(), None).to_numpy().tolist()]


def test_a_sheet_reads_as_its_csv(tmp_path):
    sheet = made_sheet(10)
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    notes: list[str] = []
    path = book(tmp_path / "scores.xlsx", About=[["Tests of 2024"], ["by hand"]], Scores=[["PPT"], [], *rows_of(sheet)])
    found = read_tests(path, notes=notes)
    expected = read_score_sheet(tmp_path / "scores.csv").tests
    pd.testing.assert_frame_equal(found.tests.drop(columns="line"), expected.drop(columns="line"))
    assert "the sheet 'Scores' is read, others are not: About; to read one of those, save it alone" in notes


def test_numbers_of_cells_are_never_ambiguous(tmp_path):
    """1.523 in a cell is a number, whatever 1.523 in a text may be."""
    sheet = made_sheet(10)
    latency = SECONDS[5]
    sheet[latency] = [round(1.523 + 100 * k, 3) for k in range(10)]
    found = read_tests(book(tmp_path / "scores.xlsx", Scores=rows_of(sheet))).tests
    assert found["latency_s_partner"].tolist() == pytest.approx(sheet[latency].tolist(), abs=1e-9)


def test_dates_and_times_in_cells_are_refused(tmp_path):
    date = "got '2024-02-01', a date: spreadsheets make one of 1.2"
    for value, told in ((dt.datetime(2024, 2, 1), date), (dt.time(0, 12, 30), "got '00:12:30'")):
        rows = rows_of(made_sheet(10))
        rows[3][rows[0].index(SECONDS[0])] = value
        with pytest.raises(UserError, match=f"line 4, column .*{told}"):
            read_tests(book(tmp_path / "scores.xlsx", Scores=rows))


def test_workbooks_of_scoring_programs(tmp_path):
    lines = old_file(tmp_path / "bouts.csv").read_text().splitlines()
    path = book(tmp_path / "boris.xlsx", Events=[line.split(",") for line in lines])
    assert read_tests(path).tests["huddle_s_partner"].tolist() == [2400.5, 10]
    path = book(tmp_path / "tracks.xlsx", **{f"Track {k}": track(str(k)) for k in range(2)})
    assert read_tests(path).tests["huddle_s_partner"].tolist() == [4800, 4800]


def test_damaged_and_other_files(tmp_path):
    path = book(tmp_path / "scores.xlsx", Scores=[["a", "b"], [1, 2]])
    with pytest.raises(UserError, match="no column for animal"):
        read_tests(path)
    with zipfile.ZipFile(tmp_path / "damaged.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x")
    with pytest.raises(UserError, match="cannot be read as a workbook"):
        read_tests(tmp_path / "damaged.xlsx")
    (tmp_path / "text.xlsx").write_text("animal,b\n")
    with pytest.raises(UserError, match="is not a workbook"):
        read_tests(tmp_path / "text.xlsx", name="xlsx")


def test_without_openpyxl_one_line_says_what_to_install(tmp_path, monkeypatch):
    path = book(tmp_path / "scores.xlsx", Scores=rows_of(made_sheet(10)))
    found = workbook.importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "openpyxl" else found(name, *more)
    )
    with pytest.raises(UserError, match=r"needs the library openpyxl; install it with: pip install 'socialrl\[xlsx\]'"):
        read_tests(path)
