"""`socialrl check FILE`: what a file is, found by its keys, and the line that its own verb would end with."""

from __future__ import annotations

from pathlib import Path

import pytest

from socialrl.authoring.kinds import kind_of
from socialrl.cli import main

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"


@pytest.fixture
def say(capsys, tmp_path, monkeypatch):
    """Run the command line in an empty folder and return (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_good_files_are_named_by_their_kind(say):
    files = {
        CONFIGS / "demo.yaml": "experiment",
        CONFIGS / "oxytocin_release.yaml": "recording",
        CONFIGS / "lineage_treated.yaml": "lineage",
        CONFIGS / "protocols" / "loss.yaml": "protocol",
        CONFIGS / "score_sheets" / "made_up.csv": "score sheet",
    }
    told = "".join(f"{path}: ok ({kind})\n" for path, kind in files.items())
    assert say("check", *files) == (0, told, "")


def test_a_file_of_findings_is_checked_against_the_shipped_ones(say):
    text = (CONFIGS / "findings" / "example.yaml").read_text()
    Path("good.yaml").write_text(text)
    assert say("check", "good.yaml") == (0, "good.yaml: ok (findings)\n", "")
    Path("bad.yaml").write_text(text.replace("conditions: intruder_168h, minus", "conditions: intruder_168, minus"))
    code, out, err = say("check", "bad.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("bad.yaml: X01: contrasts[1]: unknown condition 'intruder_168'; ")


def test_a_calibration_s_parameters_are_a_file_of_parameters(say):
    Path("parameters.yaml").write_text("env: {parameters: {oxytocin_tau_s: 60}}\nindividual_spread: 0.5\n")
    assert say("check", "parameters.yaml") == (0, "parameters.yaml: ok (parameters)\n", "")
    Path("parameters.yaml").write_text("env: {parameters: {oxytocin_tau: 60}}\n")
    code, _, err = say("check", "parameters.yaml")
    assert code == 2
    assert "unknown parameter 'oxytocin_tau'; did you mean 'oxytocin_tau_s'?" in err


MISTAKES = {
    "experiment": ("demo.yaml", "seed: 1", "sed: 1", "train {}"),
    "recording": ("oxytocin_release.yaml", "rate_hz: ", "rate_hz: -", "record {}"),
    "lineage": ("lineage_treated.yaml", "isolated: {dams: wt", "isolated: {dams: wild", "lineage {}"),
    "tests of a lineage": ("lineage_treated.yaml", "cohousing_h: 24", "cohousing_h: 2400", "lineage {}"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_the_line_of_the_verb(name, say):
    file, right, wrong, verb = MISTAKES[name]
    text = (CONFIGS / file).read_text()
    assert right in text
    Path("mine.yaml").write_text(text.replace(right, wrong))
    code, out, err = say("check", "mine.yaml")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[-1] == "error: 1 file cannot be used"
    assert lines[0].startswith("mine.yaml: ")
    of_verb = say(*verb.format("mine.yaml").split())
    assert of_verb[0] == 2
    assert of_verb[2].removeprefix("error: ").splitlines() == lines[:-1]


def test_a_protocol_is_planned_as_well_as_read(say):
    Path("p.yaml").write_text("name: p\nphases:\n  - lose: {who: partner}\n  - assay: {id: PartnerPreference}\n")
    code, _, err = say("check", "p.yaml")
    assert code == 2
    assert err.startswith("p.yaml: phase 1 (lose)")


def test_a_wrong_score_sheet_is_the_line_of_its_reader(say):
    text = (CONFIGS / "score_sheets" / "made_up.csv").read_text()
    Path("a.csv").write_text(text.replace("4368", "43x68"))
    Path("b.txt").write_text("no table at all\n")
    code, out, err = say("check", "a.csv", "b.txt", "c.xlsx")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[0].startswith("a.csv, line 3, ")
    assert "43x68" in lines[0]
    assert [line.partition(":")[0] for line in lines[1:]] == ["b.txt", "c.xlsx", "error"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["train", "protocols/loss"],
            "protocol, not experiment; use socialrl evaluate RUN --protocol protocols/loss",
        ),
        (["train", "oxytocin_release"], "recording, not experiment; use socialrl record oxytocin_release"),
        (["lineage", "demo", "seed=2"], "experiment, not lineage; use socialrl train "),
        (["record", "lineage"], "lineage, not recording; use socialrl lineage lineage"),
        (["sweep", "lineage", "seed=1,2"], "lineage, not experiment; use socialrl lineage lineage"),
        (["reproduce", "--findings", "demo"], "experiment, not findings; use socialrl train "),
    ],
)
def test_a_file_for_another_verb_is_said_to_be_one(say, arguments, told):
    code, out, err = say(*arguments)
    assert (code, out) == (2, "")
    assert f" is a file of another kind: {told}" in err
    assert err.count("\n") == 1


def test_few_keys_do_not_make_a_file_one_of_another_kind(say):
    Path("mine.yaml").write_text("name: mine\nseed: 1\nlitters: 4\n")
    code, _, err = say("train", "mine.yaml")
    assert code == 2
    assert "unknown key litters" in err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n---\nb: 2\n", "x.yaml: line 2: not valid YAML: expected a single document in the stream, but found "),
        ("", "x.yaml: must be a mapping of keys to values, got nothing"),
        ("- 1\n", "x.yaml: must be a mapping of keys to values, got a list"),
        ("colour: red\n", "x.yaml: has no key of any kind of file (experiment, recording, "),
        ("a: 1\na: 2\n", "x.yaml: line 2: key a occurs twice; keep one of them"),
        ("a: *b\n", "x.yaml: line 1: YAML anchors, aliases and tags (&, *, !) are not supported"),
    ],
)
def test_what_is_no_file_of_ours(say, text, line):
    Path("x.yaml").write_text(text)
    code, out, err = say("check", "x.yaml")
    assert (code, out) == (2, "")
    assert err.startswith(line)


def test_every_file_is_checked_and_the_wrong_ones_are_counted(say):
    Path("a.yaml").write_text("colour: red\n")
    code, out, err = say("check", "a.yaml", CONFIGS / "smoke.yaml", "no.yaml")
    assert (code, out) == (2, f"{CONFIGS / 'smoke.yaml'}: ok (experiment)\n")
    assert [line.partition(":")[0] for line in err.splitlines()] == ["a.yaml", "no.yaml", "error"]
    assert err.endswith("error: 2 files cannot be used\n")


def test_a_folder_without_runs_does_not_stop_the_check(say):
    Path("empty").mkdir()
    code, out, err = say("check", "empty", CONFIGS / "smoke.yaml")
    assert (code, out) == (2, f"{CONFIGS / 'smoke.yaml'}: ok (experiment)\n")
    assert err.splitlines()[0] == "empty holds no run folder"


def test_a_link_to_nothing_is_not_what_is_meant_instead(say):
    Path("gone.yaml").symlink_to("nowhere.yaml")
    assert say("check", "gone.yaml")[2].startswith("gone.yaml: no such YAML file\n")


def test_a_misspelt_key_does_not_change_what_a_file_is():
    assert kind_of({"name": "a", "phasses": [], "about": "x", "age_d": 1}).name == "protocol"
    assert kind_of({"name": "a", "seed": 1, "fouders": {}, "cells": {}, "litters": 2}).name == "lineage"
    assert (
        kind_of({"name": "a", "seed": 1, "env": {"id": "socialrl/OxytocinRelease-v0"}, "stps": 1}).name == "recording"
    )
    assert kind_of({"colour": "red"}) is None
