"""Scorecards beside each other: which comparisons are the same, what changed, the page, the tables and the verb."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path

import browser
import pandas as pd
import pytest
from rich.console import Console
from synthetic_battery import battery
from test_scorecard_page import Page

from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.findings.beside import agreement, changes, differs, names_of, set_beside
from socialrl.findings.kept import labelled, read_kept
from socialrl.findings.outcome import result_of
from socialrl.findings.reasons import read_reasons
from socialrl.findings.results import Result, write_result
from socialrl.findings.scorecard import score
from socialrl.scorecard import words
from socialrl.scorecard.beside import flat, markdown, of_scorecards, of_seeds, write_beside
from socialrl.scorecard.beside_terminal import beside_table
from socialrl.scorecard.beside_words import scatter, scatter_range
from socialrl.scorecard.made import MadeWith, made_table, parameters_table
from socialrl_envs.parameters import parameter

STUDY = Path(__file__).parents[2] / "docs" / "results" / "study_v1"


@pytest.fixture(scope="module")
def whole() -> Result:
    return result_of(score(battery(8, repeats=1)), "whole", made={"preset": "quick", "seed": 1})


def test_standard_deviations_of_an_older_scorecard_have_decimals():
    rows = {one.id: one.comparisons for one in read_kept(STUDY).result.findings}
    assert words.difference(rows["F18"][0]) == "+0.08 [−0.10, 0.28]"


def only(result: Result, *names: str, **changed: dict) -> Result:
    """The result with these findings only; `changed` sets fields of a comparison: `F01a={"verdict": …}`."""
    findings = []
    for one in (one for one in result.findings if one.id in names):
        rows = [dataclasses.replace(row, **changed.get(f"{one.id}{row.part}", {})) for row in one.comparisons]
        findings.append(dataclasses.replace(one, **changed.get(one.id, {}), comparisons=tuple(rows)))
    return dataclasses.replace(result, findings=tuple(findings))


def effect(value: float, half: float = 0.01, **more) -> dict:
    return {"difference": value, "difference_low": value - half, "difference_high": value + half, **more}


def row_of(beside, name):
    return next(row for row in beside.rows if row.name == name)


def test_a_scorecard_beside_itself_shows_no_change(whole):
    beside = set_beside({"a": whole, "b": whole})
    assert [one.id for one in beside.findings] == [one.id for one in whole.findings]
    assert not any(changes(one, beside.labels) for one in (*beside.findings, *beside.rows))
    assert not any(row.apart for row in beside.rows)
    known, n = agreement(beside.findings)
    assert known == n == sum(one.verdict not in ("not run", "not compared", "no verdict") for one in whole.findings)


def test_mean_spread_and_range_of_an_effect_by_hand(whole):
    three = [only(whole, "F01", F01a=effect(value)) for value in (-0.1, -0.2, -0.6)]
    found = row_of(set_beside(dict(zip("abc", three, strict=True))), "F01a").scatter
    assert (found.mean, found.low, found.high, found.n) == (pytest.approx(-0.3), -0.6, -0.1, 3)
    assert found.sd == pytest.approx(math.sqrt((0.2**2 + 0.1**2 + 0.3**2) / 2))
    assert found.range == pytest.approx(0.5)
    # intervals of ± 0.01 are standard errors of 0.01 / 1.96
    row = row_of(set_beside(dict(zip("abc", three, strict=True))), "F01a")
    assert row.sd_by_animals == pytest.approx(0.01 / 1.96)


def test_effects_in_two_units_have_no_spread_and_are_said(whole):
    beside = set_beside({"a": only(whole, "F01", F01a={"unit": "min"}), "b": only(whole, "F01")})
    row = row_of(beside, "F01a")
    assert math.isnan(row.scatter.mean)
    assert not row.apart
    assert changes(row, beside.labels) == ["unit: min → fraction"]


def test_intervals_that_do_not_overlap_are_named_and_those_that_touch_are_not(whole):
    first = only(whole, "F01", F01a=effect(0.10), F01b=effect(10.0, 1))
    second = only(whole, "F01", F01a=effect(0.12), F01b=effect(12.5, 1))
    beside = set_beside({"a": first, "b": second})
    assert [row.name for row in beside.rows if row.apart] == ["F01b"]
    assert changes(row_of(beside, "F01b"), beside.labels) == ["effect: intervals do not overlap"]


def test_verdicts_count_where_two_were_run(whole):
    lost = {"verdict": "not reproduced"}
    first = only(whole, "F01", "F02", "F03", F01a=lost, F01=lost, F02={"verdict": "not run"})
    second = only(whole, "F01", "F02", "F03")
    beside = set_beside({"a": first, "b": second})
    assert [differs(one) for one in beside.findings] == [True, False, False]
    assert agreement(beside.findings) == (1, 2)
    n_rows = sum(len(one.comparisons) for one in second.findings)
    assert agreement(beside.rows) == (n_rows - 1, n_rows)
    assert changes(beside.findings[0], beside.labels) == ["verdict: not reproduced → reproduced"]
    assert changes(beside.findings[0], beside.labels, verdicts=False) == []


def test_a_comparison_is_still_itself_when_reworded_moved_or_measured_under_another_name(whole):
    old = only(
        whole,
        "F01",
        F01a={"comparison": "Other words", "part": "c"},
        F01b={"measure": "hours_of_before"},
        F01c={"part": "a"},
    )
    beside = set_beside({"old": old, "new": only(whole, "F01")})
    assert [row.name for row in beside.rows] == ["F01a", "F01b", "F01c", "F01d"]
    assert [row.of[0].comparison for row in beside.rows[:1]] == ["Other words"]
    assert all(None not in row.of for row in beside.rows)


def test_what_only_one_has_is_kept_and_named(whole):
    first = only(whole, "F01", "F02", F01a={"comparison": "Gone", "tests": "gone"})
    beside = set_beside({"old": first, "new": only(whole, "F03", "F01")})
    assert [one.id for one in beside.findings] == ["F01", "F03", "F02"]  # the order of the new one, then the rest
    assert changes(beside.findings[1], beside.labels) == ["only in new"]
    assert changes(beside.findings[2], beside.labels) == ["only in old"]
    gone = row_of(beside, "F01a of old")  # its letter stands for another comparison now
    assert gone.last.comparison == "Gone"
    assert gone.of[1] is None
    assert "F01a of old" in names_of(beside)


def test_use_and_decision_are_changes_too(whole):
    new = only(whole, "F01", F01={"kind": "mechanism"}, F01a={"use": "mechanism", "decides": False})
    beside = set_beside({"old": only(whole, "F01"), "new": new})
    assert changes(beside.findings[0], beside.labels) == ["use: predicted → mechanism"]
    assert changes(row_of(beside, "F01a"), beside.labels) == [
        "use: predicted → mechanism",
        "decided before, and does not now",
    ]


def test_the_kept_study_of_an_older_format_is_read_with_its_numbers():
    kept = read_kept(STUDY)
    raw = json.loads((STUDY / "scorecard.json").read_text())
    rows = {(one.id, row.part): row for one in kept.result.findings for row in one.comparisons}
    for finding in raw["findings"]:
        for row in finding["comparisons"]:
            found = rows[finding["id"], row["part"]]
            assert (found.verdict, found.n) == (row["verdict"], row["n"])
            assert found.difference == pytest.approx(row["difference"], nan_ok=True)
    assert kept.made["seed"] == 1
    assert MadeWith("old", kept.made).parameters == "table v1 (not recorded; the only one at that time)"
    assert MadeWith("old", kept.made).values["contact_floor"] == parameter("contact_floor", "v1").value
    beside = set_beside({"kept": kept.result, "today": result_of(score({}))})
    alone = {row.name for row in beside.rows if row.of[1] is None}
    assert not alone  # every comparison of the kept study is found again in today's registry


def test_labels_are_the_folders_names_with_as_much_of_the_path_as_it_takes(whole, tmp_path):
    for name in ("a/run", "b/run", "c"):
        write_result(whole, tmp_path / name)
    cards = [read_kept(tmp_path / name) for name in ("a/run", "b/run", "c/scorecard.json")]
    assert list(labelled(cards[1:])) == ["run", "c"]
    assert list(labelled(cards)) == ["a/run", "b/run", f"{tmp_path.name}/c"]
    assert list(labelled([cards[2], cards[2]])) == ["c 1", "c 2"]
    assert list(labelled(cards, ["x", " y ", "z"])) == ["x", "y", "z"]
    for labels, message in (
        (["x"], "--labels needs one name for each scorecard: 3, got 1"),
        (["x", "", "z"], "--labels needs names of 1 to 40 characters, got ''"),
        (["a b", "a-b", "z"], "two scorecards have the names 'a b' and 'a-b'; give each one of its own"),
    ):
        with pytest.raises(UserError, match=message):
            labelled(cards, labels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("notes: {F01: a, F99: b}", "notes: unknown finding or comparison 'F99'"),
        ("notes: {F01: [a]}", "notes.F01: must be text"),
        ("notes: {F01: ' '}", "notes.F01: must be text"),
        ("notes: []", "notes: must be a mapping from ids"),
        ("F01: a", "must have one key, notes: {F01: text, F01b: text}; got F01"),
        ("- F01", "must have one key, notes"),
        ("notes: {F01: a}\nmore: 1", "must have one key, notes: .*; got notes, more"),
    ],
)
def test_a_file_of_reasons_that_is_none_is_one_line(tmp_path, text, message):
    (tmp_path / "n.yaml").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        read_reasons(tmp_path / "n.yaml", ["F01", "F01a"])
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def compared(whole, tmp_path_factory):
    """The verb on two scorecards with reasons; the folder with its files, and what it said."""
    folder = tmp_path_factory.mktemp("compared")
    lost = {"verdict": "not reproduced"}
    old = dataclasses.replace(only(whole, "F01", "F02", F01=lost, F01a=lost), made={"seed": 1, "preset": "full"})
    new = dataclasses.replace(only(whole, "F01", "F03"), made={"seed": 2, "preset": "full"})
    write_result(old, folder / "old")
    write_result(new, folder / "new")
    (folder / "notes.yaml").write_text("notes:\n  F01: Because of `K` <now>.\n  F01b: A part | of it.\n")
    arguments = ["compare", str(folder / "old"), str(folder / "new"), "--notes", str(folder / "notes.yaml")]
    assert main([*arguments, "--output", str(folder / "out")]) == 0
    return folder


def test_the_page_is_one_file_with_marks_reasons_and_how_each_was_made(compared):
    page = Page((compared / "out" / "comparison.html").read_text(encoding="utf-8"))
    assert page.loaded == ["data:,"]
    assert page.open == []
    assert page.text.count("another verdict") == 2  # F01 and F01a
    assert "only in old" in page.text
    assert "not there" in page.text
    assert "Because of K <now>." in page.text
    assert "0 of 1 verdicts on findings are the same in all scorecards" in page.text
    assert "The verdict differs for F01." in page.text
    assert "Parameters were not recorded with old, new." in page.text


def test_json_csv_and_markdown_hold_the_same_rows(compared):
    content = json.loads((compared / "out" / "comparison.json").read_text())
    table = pd.read_csv(compared / "out" / "comparison.csv").set_index("name")
    assert content["labels"] == ["old", "new"]
    assert content["same_verdict"]["of"] == 1
    rows = {row["name"]: row for one in content["findings"] for row in one["comparisons"]}
    assert set(rows) == set(table.index)
    for name, row in rows.items():
        assert bool(table.loc[name, "verdict_differs"]) == row["differs"] == (name == "F01a")
        for label in ("old", "new"):
            own = row["of"][label]
            given = table.loc[name, f"difference_{label}"]
            known = own is not None and own["difference"] is not None
            assert given == pytest.approx(own["difference"]) if known else pd.isna(given)
    assert table.loc["F01a", "changes"] == "verdict: not reproduced → reproduced; verdict: not reproduced → reproduced"
    assert table.loc["F01b", "note"] == "Because of `K` <now>. A part | of it."
    text = (compared / "out" / "comparison.md").read_text(encoding="utf-8")
    assert "| F01 | Knockouts need longer cohousing to prefer a peer | not reproduced | reproduced |" in text
    assert "A part \\| of it." in text
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {6}


def test_equal_scorecards_give_equal_bytes(compared, tmp_path):
    arguments = ["compare", str(compared / "old"), str(compared / "new"), "--notes", str(compared / "notes.yaml")]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    for path in sorted((compared / "out").iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_mistakes_of_the_verb_are_one_line_and_write_nothing(compared, capsys, tmp_path):
    old, new = str(compared / "old"), str(compared / "new")
    (tmp_path / "file").write_text("{}")
    for arguments, message in (
        ([old, str(compared / "nwe")], f"no such scorecard; did you mean {compared / 'new'}?"),
        ([old, str(compared)], "holds no scorecard.json; its folders new, old have one"),
        ([old, str(tmp_path / "file")], "has scorecard format None"),
        ([old, new, "--labels", "a"], "--labels needs one name for each scorecard: 2, got 1"),
        ([old, new, "--labels", "a,a"], "two scorecards have the names 'a' and 'a'; give each one of its own"),
        ([old, new, "--notes", str(tmp_path / "no.yaml")], "no such notes file"),
        ([old, new, "--output", str(tmp_path / "file")], "is a file; the comparison needs a folder"),
        ([old], "Missing argument 'NEW'"),
    ):
        before = sorted(tmp_path.rglob("*"))
        given = arguments if "--output" in arguments else [*arguments, "--output", str(tmp_path / "out")]
        assert main(["compare", *given]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
        assert sorted(tmp_path.rglob("*")) == before


def test_seeds_show_mean_spread_and_the_mark(whole):
    results = {
        "seed 1": only(whole, "F01", F01a=effect(-0.10)),
        "seed 2": only(whole, "F01", F01a=effect(-0.30, verdict="inconclusive")),
    }
    beside = set_beside(results, pooled=only(whole, "F01", F01a=effect(-0.2, n=16)))
    row = row_of(beside, "F01a")
    assert (scatter(row), scatter_range(row)) == ("−0.20 ± 0.14", "−0.30 to −0.10; expected ± 0.01")
    told = of_seeds(beside)
    assert told.lede.startswith("1 of 1 verdicts on findings are the same under all seeds, and 3 of 4")
    table = flat(beside).set_index("name")
    assert table.loc["F01a", "n_pooled"] == 16
    assert table.loc["F01a", "range"] == pytest.approx(0.2)
    assert "all animals" in markdown(beside, told)


def test_the_terminal_marks_a_finding_whose_verdict_differs(whole):
    lost = only(whole, "F01", "F02", F02={"verdict": "not reproduced"})
    beside = set_beside({"a": only(whole, "F01", "F02"), "b": lost})
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(beside_table(beside, of_scorecards(beside, [])))
    lines = {line.split()[0]: line for line in console.export_text().splitlines() if line.startswith("F")}
    assert "another verdict" in lines["F02"]
    assert "✕" in lines["F02"]
    assert "another" not in lines["F01"]


def test_parameters_that_differ_stand_in_a_table_of_their_own():
    def made(table, **values):
        return {"parameters": {"in_words": table, "table": table, "values": values}, "seed": 1}

    one, other = MadeWith("old", made("v1", b0=1.0, g=0.5)), MadeWith("new", made("v2", b0=1.0, g=0.75, k=2.0))
    table = parameters_table([one, other])
    assert [[cell.text for cell in row] for row in table.rows] == [["g", "0.5", "0.75"], ["k", "–", "2"]]
    assert [cell.marked for cell in table.rows[0]] == [False, False, True]
    assert parameters_table([one, MadeWith("again", made("v1", b0=1.0, g=0.5))]) is None
    assert parameters_table([one, MadeWith("older", {})]) is None
    names = {row[0].text: [cell.text for cell in row[1:]] for row in made_table([one, other]).rows}
    assert names == {"Seed": ["1", "1"], "Parameters": ["v1", "v2"]}


@pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 1100, 400])
def test_nothing_is_cut_in_a_browser(whole, tmp_path, width):
    beside = set_beside({f"seed {n}": whole for n in (1, 2, 3)}, pooled=whole)
    made = [MadeWith(label, {"seed": 1}) for label in beside.labels]
    shown = browser.shown(write_beside(beside, of_seeds(beside), made, tmp_path), width, tmp_path / "shown")
    assert shown.needed_px <= width
    assert shown.cut == 0
    assert shown.smallest_px >= 11.5
