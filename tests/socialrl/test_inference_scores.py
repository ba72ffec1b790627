"""Score sheets and tables of tests for inference: what is used, and one line for what cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_sheets import made_sheet
from made_simulations import made_tests

from socialrl.errors import UserError
from socialrl.inference.battery import BY_NAME
from socialrl.inference.designs import scored
from socialrl.inference.scores import read_scores

KNOWN = tuple(BY_NAME)


def read(*paths, **options):
    return read_scores(list(paths), KNOWN, 3, **options)


def table(names=("evoked_release", "intruder_168h"), n: int = 4, repeats: int = 1) -> pd.DataFrame:
    rows = made_tests(np.linspace(-1, 1, n), tuple(names), repeats).rename(columns={"index": "animal"})
    rows["animal"] = "v" + rows["animal"].astype(str)
    return rows.drop(columns="repeat").assign(genotype=np.where(rows["animal"].isin(["v0", "v1"]), "ko", "wt"))


def test_a_score_sheet_is_taken_by_pair_type(tmp_path):
    sheet = made_sheet(6)
    sheet.loc[3:, "pair type"] = "FM"
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    found = read(tmp_path / "scores.csv")
    assert [next(iter(design.times)) for design in found.designs.values()] == ["cohoused_24h"] * 3 + ["mate_24h"] * 3
    assert set(found.groups.values()) == {"all"}
    assert any("3 tests of scores.csv taken as mate_24h" in note for note in found.notes)
    assert next(iter(found.designs.values())).features["cohoused_24h"] == tuple(range(8))
    x = scored(found.designs["v1"], ["v1"], found.rows)
    assert x[0, 0] == pytest.approx(np.log((sheet.loc[0, "huddle time partner"] + 30) / 30))
    chambers = sheet.loc[0, [f"chamber time {who}" for who in ("partner", "center", "novel")]].to_numpy(float)
    assert x[0, 3:6] == pytest.approx(chambers / chambers.sum())
    never = scored(found.designs["v2"], ["v2"], found.rows)
    assert never[0, 7] == pytest.approx(np.log(10_800.0)), "a blank latency is the length of the test"


def test_a_sheet_as_another_test_with_groups_and_without_chambers(tmp_path):
    sheet = made_sheet(6).drop(columns=["chamber time center"]).assign(Genotype=["WT", "KO"] * 3)
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    found = read(tmp_path / "scores.csv", tests=["cohoused_168h"])
    assert found.groups["v2"] == "KO"
    assert found.designs["v1"].features["cohoused_168h"] == (0, 1, 2, 6, 7)
    assert any("scores.csv has no chamber_s_centre; the rest is used" in note for note in found.notes)
    assert read(tmp_path / "scores.csv", by="pair type").groups["v1"] == "FF"


def test_late_tests_of_a_sheet_are_a_second_test(tmp_path):
    early = made_sheet(6)
    late = made_sheet(4, seed=2).assign(timepoint="LT")
    pd.concat([early, late]).to_csv(tmp_path / "scores.csv", index=False)
    alone = read(tmp_path / "scores.csv")
    assert {sum(design.times.values()) for design in alone.designs.values()} == {1}
    assert any("4 tests left out because their timepoint is not early" in note for note in alone.notes)
    both = read(tmp_path / "scores.csv", late="cohoused_336h")
    assert dict(both.designs["v1"].times) == {"cohoused_24h": 1, "cohoused_336h": 1}
    assert dict(both.designs["v6"].times) == {"cohoused_24h": 1}
    assert scored(both.designs["v1"], ["v1"], both.rows).shape == (1, 16)
    table().to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match="--late takes late tests of score sheets only"):
        read(tmp_path / "t.csv", late="cohoused_336h")
    with pytest.raises(UserError, match="--late: unknown test 'attacks'"):
        read(tmp_path / "scores.csv", late="attacks")
    with pytest.raises(UserError, match="--late evoked_release is another kind of test"):
        read(tmp_path / "scores.csv", late="evoked_release")


def test_tables_of_tests_are_joined_by_animal(tmp_path):
    table(["evoked_release"]).to_csv(tmp_path / "release.csv", index=False)
    rows = table(["intruder_168h", "cohoused_24h"], repeats=5)
    rows.assign(note="x").to_csv(tmp_path / "evaluation.csv", index=False)
    found = read(tmp_path / "release.csv", tmp_path / "evaluation.csv")
    assert dict(found.designs["v0"].times) == {"evoked_release": 1, "intruder_168h": 3, "cohoused_24h": 3}
    assert any("hold 3 repeats of each test; further repeats" in note for note in found.notes)
    assert found.groups == {"v0": "ko", "v1": "ko", "v2": "wt", "v3": "wt"}
    assert sorted(found.sums) == ["evaluation.csv", "release.csv"]
    one = read(tmp_path / "evaluation.csv", tests=["intruder_168h"])
    assert list(one.designs["v0"].times) == ["intruder_168h"]
    assert any("left out: cohoused_24h" in note for note in one.notes)


def test_animals_may_have_taken_different_tests(tmp_path):
    rows = table()
    rows[~((rows["animal"] == "v0") & (rows["test"] == "intruder_168h"))].to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv")
    assert list(found.designs["v0"].times) == ["evoked_release"]
    assert list(found.designs["v1"].times) == ["evoked_release", "intruder_168h"]


def test_a_blank_is_left_out_with_a_note(tmp_path):
    rows = table()
    rows.loc[rows["test"] == "intruder_168h", "attacks"] = [1.0, np.nan, 2.0, 3.0]
    rows.to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv")
    assert list(found.designs["v1"].times) == ["evoked_release"]
    assert any("1 rows of intruder_168h with a blank are left out" in note for note in found.notes)


def changed(column: str, value: object, row: int = 0):
    return lambda rows: rows.astype(object).assign(
        **{column: [value if k == row else one for k, one in enumerate(rows[column])]}
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed("peak", "much", 2), "t.csv, line 4, column 'peak': must be a number, got 'much'"),
        (changed("area", "inf"), "t.csv, line 2, column 'area': must be a number, got 'inf'"),
        (changed("attacks", -1, 5), "t.csv, line 7, column 'attacks': must be a number of 0 or more, got '-1.0'"),
        (changed("animal", " "), "t.csv, line 2: every row needs an animal and a test"),
        (lambda rows: rows.assign(test="nest"), "t.csv: none of its tests (nest) is used; simulated are: cohoused_6h"),
        (lambda rows: rows.assign(duration_s=99.0), "test intruder_168h lasts 99 s there, and 600 s in the simul"),
        (lambda rows: rows.iloc[:0], "t.csv: the table has no rows"),
        (lambda rows: rows[["animal", "test"]], "test evoked_release needs at least one of the columns peak, area"),
        (lambda rows: rows.assign(genotype=["a", *["b"] * 7]), "animal v0 is in group a and in group b"),
    ],
)
def test_mistakes_in_tables(change, told, tmp_path):
    change(table()).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError) as error:
        read(tmp_path / "t.csv")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tests": ["cohused_24h"]}, "--tests: unknown test 'cohused_24h'; did you mean 'cohoused_24h'?"),
        ({"tests": ["evoked_release"]}, "is a score sheet of partner preference; --tests evoked_release is another"),
        ({"tests": ["cohoused_24h", "cohoused_6h"]}, "whose tests are all of one kind; name one with --tests, got 2"),
        ({"by": "Genotyp"}, "--by: unknown group column 'Genotyp'"),
        ({"where": ["Genotype"]}, "--where must be COLUMN=VALUE"),
    ],
)
def test_mistakes_with_sheets(options, told, tmp_path):
    made_sheet(6).assign(Genotype="WT").to_csv(tmp_path / "scores.csv", index=False)
    with pytest.raises(UserError) as error:
        read(tmp_path / "scores.csv", **options)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("animal,test,peak\nv1,evoked_release,1.0,2.0\n", "line 2: more cells than there are column names"),
        ("animal,test,peak,peak\nv1,evoked_release,1.0,2.0\n", "two columns are called 'peak'"),
        ("animal,test,peak\nv1,evoked_release,1.0\nv2,evoked_release,1.0,2.0\n", "cannot be read as a table"),
        ('animal,test,peak\nv1,"evoked', "cannot be read as a table"),
    ],
)
def test_broken_tables(text, told, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError) as error:
        read(tmp_path / "t.csv")
    assert told in str(error.value)


def test_a_sheet_of_another_length_and_files_that_are_none(tmp_path):
    sheet = made_sheet(6)
    seconds = [name for name in sheet if sheet[name].dtype == float]
    sheet.assign(**{name: sheet[name] / 2 for name in seconds}).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(UserError, match=r"times of test cohoused_24h add up to 5400 s there, and 10800 s in"):
        read(tmp_path / "short.csv")
    with pytest.raises(UserError, match=r"nowhere\.csv: no such score sheet"):
        read(tmp_path / "nowhere.csv")
    table().to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match="--where picks rows of score sheets only"):
        read(tmp_path / "t.csv", where=["a=b"])
