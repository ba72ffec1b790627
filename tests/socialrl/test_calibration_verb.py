"""The command line's `calibrate`: mistakes are one line with exit code 2, before anything is trained."""

from __future__ import annotations

import pytest

from socialrl import cli


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.csv"], "error: nowhere.csv: no such score sheet"),
        (["scores.csv", "--vectors", "3"], "error: --vectors must be at least 16, got 3"),
        (["scores.csv", "--pairs", "XY"], "error: pairs must be FF, MM, FM or all, got 'XY'"),
        (["scores.csv", "--output", "old"], "error: old holds a calibration; give another --output"),
        (["scores.csv"], "error: a calibration needs tests of at least 8 animals, got 1"),
    ],
)
def test_mistakes(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "calibration.json").write_text("{}")
    (tmp_path / "scores.csv").write_text(
        "animal,huddle_s_partner,huddle_s_stranger,chamber_s_partner,chamber_s_centre,chamber_s_stranger,"
        "latency_s_partner,latency_s_stranger\n1,1,1,1,1,1,1,1\n"
    )
    assert cli.main(["calibrate", "-q", *arguments]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(told)


@pytest.mark.parametrize(
    ("more", "same"), [([], "the same command"), (["--overwrite"], "the same command without --overwrite")]
)
def test_stopped(more, same, monkeypatch, capsys):
    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("socialrl.calibration.run.run_calibration", stopped)
    assert cli.main(["calibrate", "-q", "scores.csv", *more]) == 130
    told = f"stopped; the stages that are done are kept; {same} goes on where it was\n"
    assert capsys.readouterr().err == told
