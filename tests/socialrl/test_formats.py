"""A laboratory format is one file: a reader and an exporter from outside the package work without a change in it."""

from __future__ import annotations

import sys
from importlib import metadata
from unittest import mock

import pandas as pd
import pytest
from extensions.toy_format import FORMAT
from made_sheets import SECONDS, made_sheet

from socialrl.errors import UserError
from socialrl.interop import formats
from socialrl.interop.columns import MEASURED
from socialrl.interop.score_sheets import read_score_sheet


@pytest.fixture
def toy():
    formats.register(FORMAT)
    yield
    formats.unregister(FORMAT.name)


@pytest.fixture
def tests(tmp_path) -> pd.DataFrame:
    made_sheet(10).to_csv(tmp_path / "scores.csv", index=False)
    return read_score_sheet(tmp_path / "scores.csv").tests


def test_a_registered_format_is_written_recognised_and_read(toy, tests, tmp_path):  # noqa: ARG001
    formats.write_tests(tests, tmp_path / "tests.toy", "toy")
    read = formats.read_tests(tmp_path / "tests.toy", notes=(notes := []))
    assert notes == ["read by the toy"]
    pd.testing.assert_frame_equal(read.tests[list(MEASURED)], tests[list(MEASURED)])
    # What it does not recognise goes on to the score sheets; a name decides where several could.
    assert len(formats.read_tests(tmp_path / "scores.csv").tests) == 10
    with pytest.raises(UserError, match="no such score sheet"):
        formats.read_tests(tmp_path / "nowhere.toy")
    with pytest.raises(UserError, match=r"unknown format 'tyo'; did you mean 'toy'\?"):
        formats.read_tests(tmp_path / "tests.toy", name="tyo")
    with pytest.raises(UserError, match="a format 'toy' exists already"):
        formats.register(FORMAT)


def test_calibrate_reads_it(toy, tests, tmp_path, monkeypatch):  # noqa: ARG001
    from socialrl import cli

    formats.write_tests(tests, tmp_path / "tests.toy", "toy")
    calibrated = []

    def stopped(given, *_arguments, **_options):
        calibrated.append(given)
        raise KeyboardInterrupt

    monkeypatch.setattr("socialrl.calibration.run.calibrate", stopped)
    assert cli.main(["calibrate", "-q", str(tmp_path / "tests.toy"), "--output", str(tmp_path / "out")]) == 130
    pd.testing.assert_frame_equal(calibrated[0][list(MEASURED)], tests[list(MEASURED)])


def test_an_installed_package_adds_its_own(monkeypatch):
    for value, told in (
        ("extensions.toy_format:FORMAT", None),
        ("extensions.toy_format:nothing", r"the format 'toy' \(extensions.toy_format:nothing\) cannot be loaded"),
        (
            "extensions.toy_format:TITLE",
            r"the format 'toy' \(extensions.toy_format:TITLE\) is not a socialrl.interop.formats.Format",
        ),
    ):
        points = [metadata.EntryPoint("toy", value, formats.ENTRY_POINTS)]
        monkeypatch.setattr(metadata, "entry_points", mock.Mock(return_value=points))
        formats._installed.cache_clear()
        if told is None:
            assert formats.formats()["toy"] is FORMAT
        else:
            with pytest.raises(UserError, match=told):
                formats.formats()
    formats._installed.cache_clear()


def test_formats_of_the_package_are_one_file_each():
    assert "score-sheet" in formats.formats()
    for one in formats._built_in().values():
        assert one.name
        assert one.about
        assert any(part is not None for part in (one.read, one.write, one.read_events, one.export))
    assert "extensions.toy_format" in sys.modules


def test_a_written_score_sheet_reads_as_the_same_tests(tests, tmp_path):
    formats.write_tests(tests, tmp_path / "again.csv", "score-sheet")
    again = formats.read_tests(tmp_path / "again.csv")
    assert again.notes == ()
    pd.testing.assert_frame_equal(again.tests, tests)
    assert list(made_sheet(10)[list(SECONDS)].iloc[:, 0]) == list(again.tests["huddle_s_partner"])
