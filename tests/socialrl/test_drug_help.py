"""Help on drugs: every drug has its compounds, doses and times, and the page, the list and the errors say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from socialrl.cli import main
from socialrl.findings.drug_help import about, overview, page
from socialrl_envs.compounds import NOT_SEEN, SHEETS
from socialrl_envs.vocabulary import DRUGS

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_as_the_tables_are():
    assert (ROOT / "docs" / "drugs.md").read_text(encoding="utf-8") == page(), (
        "run: python -m socialrl.findings.drug_help > docs/drugs.md"
    )


def test_every_drug_that_comes_with_the_model_has_a_sheet():
    assert list(SHEETS) == list(DRUGS)[: len(SHEETS)]
    assert len(SHEETS) == 8
    for name, sheet in SHEETS.items():
        assert sheet.compounds, name
        for text in (sheet.unit, sheet.acts, sheet.limits):
            assert text.endswith("."), (name, text)
        for one in sheet.compounds:
            assert all(one), (name, one)
            assert one.grade in "ABC", (name, one)
            assert any(letter.isdigit() for letter in one.dose) or "not seen" in one.dose, (name, one)
            assert any(str(year) in one.source for year in range(1990, 2030)), (name, one)
    assert NOT_SEEN in {one.dose for sheet in SHEETS.values() for one in sheet.compounds}


@pytest.mark.parametrize("name", SHEETS)
def test_what_is_told_of_a_drug_has_all_that_its_sheet_says(name):
    told = " ".join(about(name).split())
    assert told.startswith(f"{name}: acts on ")
    assert f"Dose: 0 to {DRUGS[name].highest:g}, {DRUGS[name].meaning}." in told
    for one in SHEETS[name].compounds:
        assert f"{one.name}: {one.route}, {one.dose}; {one.animals}: {one.found}. {one.source} (" in told


def test_the_list_has_every_drug_once_with_its_dose(capsys):
    assert main(["drugs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == list(DRUGS)
    assert max(map(len, lines)) <= 120
    assert overview()[1] == ("agonist", "0 to 10", DRUGS["agonist"].meaning, "LIT-001, oxytocin")
    assert any(line.startswith("dopamine_agonist") and line.endswith("apomorphine") for line in lines)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("d2_agonist", ""), ("haloperidol", ""), ("d1_antagnist", "did you mean 'd1_antagonist'?"), ("apomorphin", "")],
)
def test_an_unknown_drug_is_one_line_and_never_turned_round(name, hint, capsys):
    assert main(["drugs", name]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: unknown drug '{name}'")
    assert error.count("\n") == 1
    assert ("did you mean" in error) == bool(hint)
    assert hint in error
