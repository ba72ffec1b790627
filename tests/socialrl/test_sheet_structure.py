"""What surrounds the numbers of a score sheet, and sheets that are mutated: the same numbers, or one clear line."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_sheets import SECONDS, made_sheet

from socialrl.errors import UserError
from socialrl.interop.columns import MEASURED
from socialrl.interop.score_sheets import read_score_sheet

CLEAN = made_sheet(10)
HASTY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def text(sheet=CLEAN, sep=",", **options) -> str:
    return sheet.to_csv(index=False, sep=sep, **options)


def read(path, content: str | bytes, **options):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_score_sheet(path, **options)


def same(read) -> None:
    np.testing.assert_allclose(read.tests[list(MEASURED)].to_numpy(), CLEAN[list(SECONDS)].to_numpy(dtype=float))
    assert list(read.tests["animal"]) == list(CLEAN["animal"])


@pytest.mark.parametrize(
    ("content", "first_line", "note"),
    [
        ("sep=;\n" + text(sep=";"), 3, None),
        ("sep=,\r\n" + text(lineterminator="\r\n"), 3, None),
        ('"sep=;"\n' + text(sep=";"), 3, None),
        ("SEP=\t\n" + text(sep="\t"), 3, None),
        ("sep=~\n" + text(sep="~"), 3, None),
        (
            "Partner preference, cohort 3\n\nscored by A, B, C; blind\n" + text(),
            5,
            "line 4 holds the column names; ignored above it: lines 1, 3",
        ),
        ("Partner preference, cohort 3, 2024, room 4, 5, 6, 7, 8, 9, 10, 11, 12\n" + text(sep=";"), 3, "line 2 holds"),
        ("\n\n" + text(), 4, None),
        (text().replace("huddle time partner", '"huddle time\n partner (s)"'), 3, None),
        (text(lineterminator="\r"), 2, None),
        (text().encode("utf-8-sig"), 2, None),
        (text(sep="\t").encode("utf-16"), 2, None),
        (text(sep="\t").encode("utf-16-le"), 2, None),
        (text(sep="\t").encode("utf-16-be"), 2, None),
        (text(CLEAN.assign(Ort="Käfig")).encode("cp1252"), 2, "columns ignored: Ort"),
        (text(CLEAN.assign(more="", **{"": ""})), 2, None),
        (text(quoting=1), 2, None),
    ],
)
def test_what_surrounds_a_table_is_read(tmp_path, content, first_line, note):
    sheet = read(tmp_path / "scores.csv", content)
    same(sheet)
    assert sheet.tests["line"][0] == first_line
    assert note is None or any(one.startswith(note) for one in sheet.notes)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("1,2,3\n4,5,6\n", "; the first line must hold the column names"),
        (text(header=False), "; the first line must hold the column names"),
        ("sep=;\n", "the score sheet is empty"),
        (
            text().replace("huddle time partner", '"huddle time partner', 1),
            "line 1: not readable as a table (unexpected end of data)",
        ),
        (b"\x00\x00\x02" * 50, "not a text file"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"x" * (17 * 2**20), "is larger than 16 MiB, too large for a score sheet"),
        (text().replace("v3,", "v3,12,"), "values for 10 columns (line 1); put numbers with a decimal comma in quotes"),
    ],
    ids=range(8),
)
def test_what_is_no_table_is_one_line(tmp_path, content, told):
    with pytest.raises(UserError) as caught:
        read(tmp_path / "scores.csv", content)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


# --- mutated sheets


@st.composite
def in_another_hand(draw) -> bytes:
    """The clean sheet as another laboratory would have written it."""
    sheet = CLEAN.astype(object).copy()
    sep = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","]))
    thousands = draw(st.sampled_from(["", " ", "\u00a0", "'", "," if decimal == "." else "."]))
    digits = draw(st.integers(2, 5))
    signs = str.maketrans({",": thousands or None, ".": decimal})
    for name in SECONDS:
        sheet[name] = [
            draw(st.sampled_from(["", "NA", "-", "never"]))
            if np.isnan(value)
            else f"{value:,.{digits}f}".translate(signs)
            for value in CLEAN[name]
        ]
    if draw(st.booleans()):
        sheet["preference"] = draw(st.lists(st.sampled_from(["#DIV/0!", "", "n/a", "?"]), min_size=10, max_size=10))
    if draw(st.booleans()):
        sheet["Room (nr.)"] = "a, b; c | d"
    sheet = sheet[draw(st.permutations(list(sheet.columns)))]
    feet = draw(st.lists(st.sampled_from(["Mean", "SEM", "SD", "N", "Average", "Median", "Total"]), max_size=3))
    foot = pd.DataFrame([dict.fromkeys(sheet, "1.0") | {"animal": label} for label in feet], columns=sheet.columns)
    body = pd.concat([sheet, foot]).to_csv(index=False, sep=sep, quoting=draw(st.sampled_from([0, 1])))
    title = draw(st.sampled_from(["", "Cohort 3\n", "\n\n", f"sep={sep}\n", "Lab, of, prairie; voles\n\n"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return (title + body).replace("\n", end).encode(encoding)


@HASTY
@given(in_another_hand())
def test_another_hand_gives_the_same_numbers(tmp_path, content):
    same(read(tmp_path / "scores.csv", content))


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["#DIV/0!", "1e999", "-0", "99999", "18,5%", "2.000", "1_0", "０", "NaN", "KO", "Mean", '"', "\x00", "=1+1"]
    ),
    st.floats().map(str),
)


def one_line_or_tests(path, content: bytes) -> None:
    notes: list[str] = []
    path.write_bytes(content)
    sheet, told = None, ""
    try:
        sheet = read_score_sheet(path, notes=notes)
    except UserError as error:
        told = str(error)
    assert all(len(one.splitlines()) <= 1 for one in [told, *notes])
    if sheet is None:
        assert told.startswith(str(path))
        return
    numbers = sheet.tests[list(MEASURED)]
    assert len(numbers)
    assert ((numbers >= 0) | numbers.isna()).all(axis=None)
    assert (numbers.fillna(0) <= 10_800 * 1.3).all(axis=None)


@HASTY
@given(st.integers(0, 10), st.integers(0, 9), CELLS)
def test_any_cell_in_any_place_is_read_or_told_in_one_line(tmp_path, row, column, cell):
    rows = [list(CLEAN.columns), *CLEAN.astype(object).fillna("").astype(str).to_numpy().tolist()]
    rows[row][column] = cell
    buffer = io.StringIO()
    pd.DataFrame(rows).to_csv(buffer, index=False, header=False)
    one_line_or_tests(tmp_path / "scores.csv", buffer.getvalue().encode("utf-8", "surrogatepass"))


@HASTY
@given(st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 1200))
def test_changed_bytes_and_ends_cut_off(tmp_path, changes, length):
    content = bytearray(text().encode())
    for at, byte in changes:
        if at < len(content):
            content[at] = byte
    one_line_or_tests(tmp_path / "scores.csv", bytes(content[: max(length, 1)]))
