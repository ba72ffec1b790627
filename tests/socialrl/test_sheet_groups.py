"""Genotypes and treatments in a score sheet: only untreated wild types are calibrated on, and never in silence."""

from __future__ import annotations

import pytest
from made_sheets import made_sheet

from socialrl.errors import UserError
from socialrl.interop.groups import only_untreated_wild_types
from socialrl.interop.score_sheets import choose_tests, read_score_sheet


@pytest.fixture
def check(tmp_path):
    """Read a sheet of ten tests with one more column and check its groups; return the notes."""

    def call(title, values, where=()):
        path = tmp_path / "scores.csv"
        made_sheet(10).assign(**{title: (values * 10)[:10]}).to_csv(path, index=False)
        sheet = read_score_sheet(path, where=where)
        tests, _ = choose_tests(sheet)
        return only_untreated_wild_types(sheet.groups, set(tests["line"]), sheet.name), len(tests)

    return call


@pytest.mark.parametrize(
    ("title", "values", "told"),
    [
        (
            "Genotype",
            ["WT", "KO"],
            "line 3, column 'Genotype': 'KO' (values: WT, KO); a calibration uses untreated"
            " wild types only; keep those with --where 'Genotype=WT'",
        ),
        ("Genotype", ["+/+", "-/-"], "'-/-'"),
        ("genotype", ["wt", ""], "column 'genotype': '(blank)'"),
        ("Genotype", ["Het"], "column 'Genotype': 'Het' (values: Het); a calibration uses untreated wild types only"),
        (
            "Treatment",
            ["saline", "antagonist"],
            "column 'Treatment': 'antagonist' (values: saline, antagonist); a calibration uses"
            " untreated wild types only; keep those with --where 'Treatment=saline'",
        ),
        ("Treatment", ["saline", "OT 10 mg/kg"], "'OT 10 mg/kg'"),
        ("Treatment", ["OT"], "if it is one, select it with --where 'Treatment=OT'"),
        ("Drug", ["vehicle", "L-368,899"], "column 'Drug': 'L-368,899'"),
        ("Group", ["control", "OTA"], "column 'Group': 'OTA'"),
        ("Group", ["A", "B"], "column 'Group': 'A' (values: A, B)"),
        ("Oxtr1", ["+/+", "+/-"], "column 'Oxtr1': '+/-'"),
        ("What it got", ["saline", "OTR antagonist"], "column 'What it got': 'OTR antagonist'"),
        ("Condition", ["naive", "FF"], "column 'Condition': 'FF'"),
    ],
)
def test_others_are_refused_with_line_column_and_how_to_filter(check, title, values, told):
    with pytest.raises(UserError) as caught:
        check(title, values)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("title", "values", "notes"),
    [
        ("Genotype", ["WT"], ["all tests have Genotype WT; taken as untreated wild types"]),
        (
            "Genotype",
            ["WT", "wild-type", "+/+"],
            ["all tests have Genotype WT or wild-type or +/+; taken as untreated wild types"],
        ),
        (
            "Treatment",
            ["saline", "vehicle"],
            ["all tests have Treatment saline or vehicle; taken as untreated wild types"],
        ),
        ("Strain", ["Illinois"], ["all tests have Strain Illinois; taken as untreated wild types"]),
        ("Genotype", [""], []),
        ("Cohort", ["1", "2"], []),
        ("Side", ["left", "right"], []),
        ("Comment", ["no", "none"], []),
    ],
)
def test_untreated_wild_types_pass(check, title, values, notes):
    assert check(title, values) == (notes, 10)


def test_where_picks_rows(check):
    assert check("Genotype", ["WT", "KO"], ["genotype = wt"])[1] == 5
    assert check("Group", ["A", "B", "C"], ["Group=A", "Group=B"])[1] == 7
    assert check("Cohort", ["1", "02"], ["cohort=2"])[1] == 5
    with pytest.raises(UserError, match=r"a calibration uses untreated wild types only$"):
        check("Genotype", ["WT", "KO"], ["Genotype=KO"])
    with pytest.raises(UserError, match=r"wild types only; keep those with --where 'Drug=saline'$"):
        check("Drug", ["saline", "antagonist"], ["Drug=antagonist", "Drug=saline"])
    with pytest.raises(UserError, match=r"--where: unknown column 'Genotyp'; did you mean 'Genotype'\?"):
        check("Genotype", ["WT", "KO"], ["Genotyp=WT"])
    with pytest.raises(UserError, match=r"--where: no test with Genotype = HET; there are: KO, WT"):
        check("Genotype", ["WT", "KO"], ["Genotype=HET"])
    for wrong in ("Genotype", "=WT", ""):
        with pytest.raises(UserError, match="--where must be COLUMN=VALUE"):
            check("Genotype", ["WT"], [wrong])


def test_a_treatment_column_that_holds_the_pair_type_is_one(tmp_path):
    sheet = made_sheet(10).drop(columns="pair type").assign(Treatment=["FF", "mm", "FM", "MF", "FF"] * 2)
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    read = read_score_sheet(tmp_path / "scores.csv")
    assert list(read.tests["pair_type"][:5]) == ["FF", "MM", "FM", "FM", "FF"]
    assert read.groups == ()
    sheet.assign(Treatment="saline", Pairing="FM").to_csv(tmp_path / "scores.csv", index=False)
    read = read_score_sheet(tmp_path / "scores.csv")
    assert set(read.tests["pair_type"]) == {"FM"}
    assert [group.title for group in read.groups] == ["Treatment"]
