"""The made-up score sheet is what its script writes, says that it is made up, and can be read without a note on it."""

from __future__ import annotations

from made_up_sheet import GROUPS, SHEET, made_up_sheet

from socialrl.interop.formats import read_tests


def test_the_sheet_is_what_the_script_writes():
    assert SHEET.read_text(encoding="utf-8") == made_up_sheet(), "run: python tests/socialrl/made_up_sheet.py"
    assert "Made up" in made_up_sheet().splitlines()[0]
    assert made_up_sheet(2) != made_up_sheet()


def test_it_holds_enough_wild_types_of_each_kind_of_pair_for_a_calibration():
    tests = read_tests(SHEET, where=["Genotype=WT"]).tests
    assert len(tests) == sum(n for genotype, _, n, _ in GROUPS if genotype == "WT")
    kinds = tests["pair_type"].value_counts()
    assert kinds["FF"] + kinds["MM"] >= 8
    assert kinds["FM"] >= 8


def test_nothing_in_it_looks_wrong_to_the_reader():
    notes: list[str] = []
    sheet = read_tests(SHEET, where=["Genotype=WT"], notes=notes)
    chambers = sheet.tests[["chamber_s_partner", "chamber_s_centre", "chamber_s_stranger"]].sum(axis=1)
    assert (chambers == 10_800.0).all()
    assert (sheet.tests["huddle_s_partner"] <= sheet.tests["chamber_s_partner"]).all()
    assert (sheet.tests["huddle_s_stranger"] <= sheet.tests["chamber_s_stranger"]).all()
    assert notes[0].startswith("line 2 holds the column names")  # the title is above it
    assert [note for note in notes[1:] if "Genotype" not in note] == []
