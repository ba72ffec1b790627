"""The verbs simulate and infer on made-up simulations: results, pages, and one line for every mistake."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from described_tables import undescribed
from made_sheets import made_sheet
from made_simulations import made_simulations, made_tests

from socialrl import cli
from socialrl.inference import posterior
from socialrl.inference.infer import verdict_of

needs_sbi = pytest.mark.skipif(importlib.util.find_spec("sbi") is None, reason="the extra fit (sbi) is not installed")


@pytest.fixture(scope="module")
def simulations(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("simulations") / "made"
    made_simulations(path, n=160)
    return path


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@needs_sbi
def test_gains_are_found_where_tests_tell_them_and_not_where_they_do_not(simulations, tmp_path, capsys):
    scores = np.array([-1.7, -1.5, 1.5, 1.7])
    rows = made_tests(scores, ("evoked_release", "cohoused_24h"), 3).rename(columns={"index": "animal"})
    rows["animal"] = "v" + rows["animal"].astype(str)
    rows.assign(genotype=np.where(rows["animal"] < "v2", "low", "high")).to_csv(tmp_path / "t.csv", index=False)
    common = ("--simulations", simulations, "--trait", "oxtr_gain", "-q")
    told = ("infer", tmp_path / "t.csv", *common, "--tests", "evoked_release", "--output", tmp_path / "told")
    code, out, _ = run(capsys, *told)
    assert code == 0
    animals = pd.read_csv(tmp_path / "told" / "animals.csv").set_index("animal")
    assert list(animals["verdict"]) == ["determined"] * 4
    assert animals.loc[["v0", "v1"], "high"].max() < animals.loc[["v2", "v3"], "low"].min()
    groups = pd.read_csv(tmp_path / "told" / "groups.csv").set_index("group")
    assert groups.loc["low", "mean"] < 0.8
    assert groups.loc["high", "mean"] > 1.2
    assert "Of 4 animals the gain is determined of 4." in out
    assert undescribed(tmp_path / "told", "animals", "groups", "predictive", "recovery") == {}
    code, out, _ = run(
        capsys, "infer", tmp_path / "t.csv", *common, "--tests", "cohoused_24h", "--output", tmp_path / "not"
    )
    assert code == 0
    assert "These tests do not tell the gain of any of the 4 animals" in out
    assert (pd.read_csv(tmp_path / "not" / "animals.csv")["width_left"] > 0.9).all()
    page = (tmp_path / "told" / "inference.html").read_text()
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert "Of 4 animals the gain is determined" in page
    assert json.loads((tmp_path / "told" / "inference.json").read_text())["simulations"]["animals"] == 160
    before = (tmp_path / "told" / "animals.csv").read_bytes()
    assert run(capsys, *told)[2].startswith(f"error: {tmp_path / 'told'} holds results (inference)")
    assert run(capsys, *told, "--overwrite")[0] == 0
    assert (tmp_path / "told" / "animals.csv").read_bytes() == before, "one seed makes everything"


@needs_sbi
def test_validation_names_the_test_that_tells(simulations, tmp_path, capsys):
    code, out, _ = run(
        capsys, "infer", "--validate", "--simulations", simulations, "--trait", "oxtr_gain", "-q", "--output", tmp_path
    )
    assert code == 0
    information = pd.read_csv(tmp_path / "information.csv")
    assert set(information["names"]) == {
        "cohoused_24h", "evoked_release", "cohoused_24h + cohoused_24h", "evoked_release + evoked_release",
        "cohoused_24h + evoked_release",
    }  # fmt: skip
    assert information.loc[0, "names"] == "evoked_release + evoked_release"
    single = information.set_index("names")["bits"]
    assert single["evoked_release"] > 0.8
    assert abs(single["cohoused_24h"]) < 0.1
    assert out.startswith("Most told by one test: evoked release (")
    assert undescribed(tmp_path, "information", "traits", "ranks", "coverage", "population_coverage") == {}
    populations = pd.read_csv(tmp_path / "populations.csv")
    assert populations.groupby("tests").size().tolist() == [200, 200]
    recovery = pd.read_csv(tmp_path / "recovery.csv").set_index("tests")
    assert recovery.loc["preference, peer 24 h", "r"] < 0.35
    assert recovery.loc["2 × evoked release", "r"] > 0.85
    assert {"ranks.csv", "coverage.csv", "traits.csv", "predictive.csv", "validation.html", "validation.json"} <= {
        one.name for one in tmp_path.iterdir()
    }


def test_without_the_library_one_line_says_how_to_get_it(simulations, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(posterior.importlib.util, "find_spec", lambda _name: None)
    made_sheet(6).to_csv(tmp_path / "scores.csv", index=False)
    code, out, err = run(capsys, "infer", tmp_path / "scores.csv", "--simulations", simulations)
    assert (code, out) == (2, "")
    assert err == "error: inference needs the library sbi; install it with: pip install 'socialrl[fit]'\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["infer"], "error: infer needs SCORES, files of tests; to check the simulations, use --validate"),
        (["infer", "scores.csv", "--validate"], "error: --validate checks the simulations alone; it takes no SCORES"),
        (["infer", "scores.csv", "--seed", "-1"], "error: --seed must be from 0 to"),
        (["simulate", "--animals", "3"], "error: --animals must be from 32 to"),
        (["simulate", "--repeats", "1"], "error: --repeats must be from 2 to 64, got 1"),
        (["simulate", "--steps", "0"], "error: --steps must be from 1 to"),
        (["simulate", "--assay", "Partner"], "error: --assay: unknown assay 'Partner'"),
        (["simulate", "seed=3"], "error: command line: simulations can change ppo., lives"),
        (["simulate", "--steps", "100"], "error: simulations of PartnerPreference: steps must be at least one rollout"),
        (["simulate", "--output", "scores.csv"], "error: scores.csv is a file; simulations need a folder"),
        (["simulate", "--animals", "90000", "--steps", "9999999"], "error: 2.7e+12 training steps in all, at most"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_made(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made_sheet(6).to_csv(tmp_path / "scores.csv", index=False)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(told)
    assert err.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["scores.csv"]


@needs_sbi
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--simulations", "nowhere"], "error: nowhere: no such folder of simulations; make one with"),
        (["--trait", "oxtr_gian"], "error: unknown trait 'oxtr_gian'; did you mean 'oxtr_gain'?"),
        (["--tests", "mate_24h"], "error: --tests: unknown test 'mate_24h'"),
        (["--output", "scores.csv"], "error: scores.csv is a file; results need a folder of their own"),
    ],
)
def test_mistakes_of_infer(options, told, simulations, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made_sheet(6).to_csv(tmp_path / "scores.csv", index=False)
    code, _, err = run(capsys, "infer", "scores.csv", "--simulations", simulations, *options)
    assert code == 2
    assert err.splitlines()[-1].startswith(told)
    assert [one.name for one in tmp_path.iterdir()] == ["scores.csv"]


def test_check_reads_a_folder_of_simulations(tmp_path, capsys):
    made_simulations(tmp_path / "made", n=40)
    code, out, _ = run(capsys, "check", tmp_path / "made")
    assert code == 0
    assert "made: simulations, 4 files unchanged since they were written" in out
    (tmp_path / "made" / "tests" / "Made-000.parquet").write_bytes(b"x")
    code, _, err = run(capsys, "check", tmp_path / "made")
    assert code == 2
    assert "tests/Made-000.parquet has 1 bytes and was written with" in err


@pytest.mark.parametrize(("width", "verdict"), [(0.49, "determined"), (0.5, "partly"), (0.79, "partly"), (0.8, "open")])
def test_the_rule_of_what_is_determined(width, verdict):
    assert verdict_of(width) == verdict
