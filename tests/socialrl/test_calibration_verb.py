"""The command line's `calibrate`: mistakes are one line with exit code 2, before anything is trained."""

from __future__ import annotations

import errno
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_sheets import made_sheet
from synthetic_voles import N_FREE, stand_in, voles

from socialrl import cli
from socialrl.calibration.plan import Plan


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.csv"], "error: nowhere.csv: no such score sheet"),
        (["scores.csv", "--vectors", "3"], "error: --vectors must be at least 16, got 3"),
        (
            ["scores.csv", "--vectors", "99999999999999"],
            "error: 299999999999995 animals with 80000 steps each are 2.4e+19 training steps, at most",
        ),
        (["scores.csv", "--vectors", "900000", "--steps", "2048"], "error: a cohort of 900000 animals with "),
        (["scores.csv", "--search", "-1"], "error: --search must be from 0 to 10000, got -1"),
        (["scores.csv", "--search", "10001"], "error: --search must be from 0 to 10000, got 10001"),
        (["scores.csv", "--search", "2.5"], "error: Invalid value for '--search': "),
        (["scores.csv", "--steps", "999999999999"], "error: 768 animals with 999999999999 steps each are"),
        (["scores.csv", "--repeats", "999999999999"], "error: No such option: --repeats"),
        (
            ["scores.csv", "--output", ""],
            "error: Invalid value for '--output': needs the name of a file or folder, got ''",
        ),
        (["", "--output", "x"], "error: Invalid value for 'DATA': needs the name of a file or folder, got ''"),
        (
            ["scores.csv", "--output", "~nosuchuser/x"],
            "error: Invalid value for '--output': ~nosuchuser/x: there is no user of this name",
        ),
        (["~nosuchuser/x.csv"], "error: Invalid value for 'DATA': ~nosuchuser/x.csv: there is no user of this name"),
        (["scores.csv", "--output", "scores.csv"], "error: scores.csv is a file; a calibration needs a folder"),
        (["scores.csv", "--output", "scores.csv/x"], "error: cannot create scores.csv/x: a part of the path is a file"),
        (["scores.csv", "--output", "loop"], "error: cannot create loop: "),
        (["loop"], "error: cannot read loop: a link on the path points to itself"),
        (["old"], "error: old: no format knows what is in this folder; folders that are read: boris, ethovision"),
        (["/dev/zero"], "error: /dev/zero is not a file; give the score sheet as a CSV file"),
        (["hanging.csv"], "error: hanging.csv: no such score sheet"),
        (
            ["scores.csv", "--where", "Genotype"],
            "error: --where must be COLUMN=VALUE (such as Genotype=WT), got 'Genotype'",
        ),
        (["scores.csv", "--pairs", "XY"], "error: pairs must be FF, MM, FM, peers, mates or all, got 'XY'"),
        (["scores.csv", "--output", "old"], "error: old holds a calibration; give another --output"),
        (
            ["scores.csv", "--parameters", "v9"],
            "error: --parameters v9: must be the name of a parameter table (v1, v2)",
        ),
        (
            ["scores.csv", "--parameters", "v1", "--parameters", "stress_cost=99"],
            "error: --parameters stress_cost=99: ",
        ),
        (["one.csv"], "error: a calibration needs tests of at least 8 animals, got 1"),
    ],
)
def test_mistakes(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "calibration.json").write_text("{}")
    made_sheet(12).to_csv(tmp_path / "scores.csv", index=False)
    made_sheet(1).to_csv(tmp_path / "one.csv", index=False)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "hanging.csv").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["calibrate", "-q", *arguments]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(told)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left behind"


def test_a_search_without_its_library_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    made_sheet(12).to_csv(tmp_path / "scores.csv", index=False)
    arguments = [str(tmp_path / "scores.csv"), "--search", "2", "--output", str(tmp_path / "out")]
    assert cli.main(["calibrate", "-q", *arguments]) == 2
    told = "error: --search needs the library cma; install it with: pip install 'socialrl[fit]'\n"
    assert capsys.readouterr().err == told
    assert not (tmp_path / "out").exists()


def test_a_sheet_that_may_not_be_read(tmp_path, monkeypatch, capsys):
    opened = Path.open

    def refused(path, *arguments, **options):
        if path.name == "scores.csv":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **options)

    made_sheet(12).to_csv(tmp_path / "scores.csv", index=False)
    monkeypatch.setattr(Path, "open", refused)
    assert cli.main(["calibrate", "-q", str(tmp_path / "scores.csv")]) == 2
    assert capsys.readouterr().err == f"error: cannot read {tmp_path / 'scores.csv'}: no permission\n"


def test_notes_are_shown_also_where_the_command_then_stops(tmp_path, capsys):
    sheet = made_sheet(12).astype(object).assign(Room="A")
    sheet.loc[3, "huddle time partner"] = "much"
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    assert cli.main(["calibrate", "-q", str(tmp_path / "scores.csv")]) == 2
    *notes, error = capsys.readouterr().err.splitlines()
    assert notes == ["note: columns ignored: Room"]
    assert "line 5, column 'huddle time partner': must be a number of 0 or more, got 'much'" in error


def test_knockouts_are_refused_and_where_picks_the_wild_types(tmp_path, monkeypatch, capsys):
    sheet = made_sheet(20).assign(Genotype=["WT", "KO"] * 10)
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    arguments = ["calibrate", "-q", str(tmp_path / "scores.csv"), "--output", str(tmp_path / "out")]
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "line 3, column 'Genotype': 'KO' (values: WT, KO); a calibration uses untreated wild types only" in error
    assert error.endswith("; keep those with --where 'Genotype=WT'")
    calibrated = []

    def stopped(tests, *_arguments, **_options):
        calibrated.append(tests)
        raise KeyboardInterrupt

    monkeypatch.setattr("socialrl.calibration.run.calibrate", stopped)
    assert cli.main([*arguments, "--where", "genotype=wt"]) == 130
    assert list(calibrated[0]["animal"]) == [f"v{k}" for k in range(1, 21, 2)]
    said = capsys.readouterr().err
    assert "note: 10 rows left out because 'Genotype' is not wt" in said
    assert cli.main([*arguments, "--where", "Genotype=KO"]) == 2
    assert "a calibration uses untreated wild types only" in capsys.readouterr().err


def test_tests_of_another_length_are_refused(tmp_path, capsys):
    sheet = made_sheet(12)
    numbers = sheet.columns.drop(["animal", "pair type", "timepoint"])
    sheet[numbers] = sheet[numbers] / 6
    sheet.assign(duration=1800).to_csv(tmp_path / "scores.csv", index=False)
    assert cli.main(["calibrate", "-q", str(tmp_path / "scores.csv")]) == 2
    assert "add up to 1800 s in a typical test, and the simulated test lasts 3 h" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "same"), [([], "the same command"), (["--overwrite"], "the same command without --overwrite")]
)
def test_stopped(more, same, monkeypatch, capsys):
    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("socialrl.calibration.run.run_calibration", stopped)
    assert cli.main(["calibrate", "-q", "scores.csv", *more]) == 130
    told = f"stopped; finished stages are kept; run {same} again to resume\n"
    assert capsys.readouterr().err == told


def test_goals_and_correlations_are_shown_in_the_terminal(tmp_path, monkeypatch, capsys):
    def cohorts(_config, _space, _tests, *, repeats, on_steps):  # noqa: ARG001
        return stand_in(("peers", "mates"), repeats)

    monkeypatch.setattr("socialrl.calibration.run.trained_cohorts", cohorts)
    monkeypatch.setattr("socialrl.calibration.report.write_results", lambda *_: None)
    small = partial(Plan, rounds=1, starts=1)
    monkeypatch.setattr("socialrl.calibration.plan.Plan", small)
    monkeypatch.setenv("COLUMNS", "80")
    none, some = np.zeros(N_FREE), np.full(N_FREE, 0.3)
    early = pd.concat([voles(12, none, some, kind) for kind in ("peers", "mates")])
    sheet = pd.concat([early.assign(when="ST"), early.assign(when="LT")])
    sheet.to_csv(tmp_path / "scores.csv", index=False)
    arguments = ["-q", str(tmp_path / "scores.csv"), "--vectors", "20", "--resamples", "2", "--output"]
    arguments += [str(tmp_path / "out")]
    assert cli.main(["calibrate", *arguments]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "24 tests of scores.csv (12 with peers, 12 with mates); 40 animals learn 80000 steps each" in said
    assert any(line.startswith("Distance of trained animals from the voles: peers ") for line in said)
    goals, retest = (
        next(k for k, line in enumerate(said) if line.startswith(title))
        for title in ("Goals ", "Early and late tests, correlation over animals (not fitted)")
    )
    assert said[goals + 1].split() == ["Pairs", "Goal", "Voles", "Allowed", "Table", "Calibrated", "Reached"]
    rows = [line.split() for line in said[goals + 2 : retest - 1]]
    assert [row[0] for row in rows] == ["peers"] * 5 + ["mates"] * 5
    assert {row[-1] for row in rows} <= {"yes", "no"}
    assert said[retest + 14].split()[:6] == ["both", "Total", "huddle", "pearson", "1.00", "[1.00,"]
    assert len(said[retest + 2 :]) == 18 + 2, "no line is broken"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--retest-days", "14"], "error: --retest-days must be from 0 to 13 (pairs are cohoused for 336 h at most)"),
        (["--retest-days", "-1"], "error: --retest-days must be from 0 to 13"),
        (["--cohousing-h", "168", "--retest-days", "7.5"], "error: --retest-days must be from 0 to 7"),
    ],
)
def test_days_between_tests(options, told, capsys):
    assert cli.main(["calibrate", "-q", "scores.csv", *options]) == 2
    assert capsys.readouterr().err.startswith(told)
