"""Tests as NWB files: what is in them, what the inspector says of them, and the way back."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_events import run_of

from socialrl.analysis.association import cohabitation
from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.interop.formats import nwb, read_tests
from socialrl.interop.formats.nwb import FORMAT, export, read_events
from socialrl.interop.run_events import EVENTS
from socialrl.progress import Silent
from socialrl.storage.run_folder import RunFolder

WHY = "NWB is not installed: pip install 'socialrl[nwb]'"
pynwb = pytest.importorskip("pynwb", reason=WHY)
KEYS = ["animal", "test", "repeat", "start_s", "end_s", "kind", "other"]
FIRST = "sub-wt-00/sub-wt-00_ses-bonded-r0.nwb"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with run_of(tmp_path_factory.mktemp("lever"), "SocialOperant", dt_s=5, duration_s=600) as run:
        run.note(started="2026-01-05T09:00:00+00:00")
        evaluate_run(run, events=True, progress=Silent())
    return run.path


@pytest.fixture(scope="module")
def files(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nwb") / "out"
    given = ["tests=bonded", "experimenter=Doe, Jane", "institution=A university"]
    assert main(["export", str(run), "--format", "nwb", "--output", str(out), *given]) == 0
    return out


def test_one_file_a_test_of_an_animal(run: Path, files: Path) -> None:
    tests = RunFolder.open(run).read_table("evaluation").query("test == 'bonded'")
    names = {f"sub-{one.animal}/sub-{one.animal}_ses-bonded-r{one.repeat}.nwb" for one in tests.itertuples()}
    assert {one.relative_to(files).as_posix() for one in files.rglob("*.nwb")} == names


def test_a_file_says_who_was_tested_and_what_happened(run: Path, files: Path) -> None:
    events = RunFolder.open(run).read_table("events").query("animal == 'wt-00' and test == 'bonded' and repeat == 0")
    record = RunFolder.open(run).read_table("evaluation").iloc[0]
    with pynwb.NWBHDF5IO(files / FIRST, "r") as io:
        file = io.read()
        subject = file.subject
        assert (subject.species, subject.sex, subject.age) == ("Microtus ochrogaster", "F", "P90D")
        assert subject.genotype == "wt (oxytocin-receptor gain 1 × wild type)"
        assert file.experimenter == ("Doe, Jane",)
        assert file.session_start_time.isoformat() == "2026-01-02T09:00:00+00:00"  # the first of four
        table = file.events["behavior"]
        assert type(table).__name__ == "EventsTable"
        frame = table.to_dataframe()
        assert frame["kind"].iloc[0] == "test begins"
        assert frame["timestamp"].iloc[-1] == record["duration_s"]
        for kind in ("press", "access", "rejection", "contact", "chamber", "passage"):
            own, expected = frame[frame["kind"] == kind], events[events["kind"] == kind]
            np.testing.assert_array_equal(own["timestamp"], expected["start_s"])
            np.testing.assert_array_equal(own["duration"].fillna(0.0), expected["end_s"] - expected["start_s"])
        presses = frame[frame["kind"] == "press"]
        assert len(presses) == int(record["presses_partner"] + 1e-6) + int(record["presses_stranger"] + 1e-6) > 5
        assert presses["duration"].isna().all()
        for name, kind in {"chambers": "chamber", "contacts": "contact", "accesses": "access"}.items():
            intervals = file.intervals[name]
            assert type(intervals).__name__ == "TimeIntervals"
            expected = events[(events["kind"] == kind) & (events["end_s"] > events["start_s"])]
            np.testing.assert_array_equal(intervals["start_time"][:], expected["start_s"])
            np.testing.assert_array_equal(intervals["stop_time"][:], expected["end_s"])
        counted = file.processing["behavior"]["record"].to_dataframe().set_index("quantity")
        assert counted.loc["presses_partner", "value"] == record["presses_partner"]
        assert counted.loc["huddle_s_partner", "unit"] == "s"
        assert (counted["meaning"] != "").all()


def test_files_are_read_back_as_the_events_that_they_were_written_from(run: Path, files: Path, tmp_path: Path) -> None:
    events = RunFolder.open(run).read_table("events").query("test == 'bonded'")
    back = read_events(files, {}, notes := [])
    assert notes == ["8 files"]
    columns = list(events.columns)
    assert list(back.columns) == columns
    one, other = (table.sort_values(KEYS, ignore_index=True) for table in (back, events))
    pd.testing.assert_frame_equal(one, other, check_dtype=False)
    assert back["animal"].nunique() > 1
    assert cohabitation(back).empty, "each was tested alone"
    assert main(["import", str(files / FIRST), "--output", str(tmp_path / "in")]) == 0
    assert main(["import", str(tmp_path / "no.nwb"), "--output", str(tmp_path / "in2")]) == 2


def test_every_session_has_an_identifier_and_a_start_of_its_own_always_the_same(
    run: Path, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facts(file: Path) -> tuple[str, str, str]:
        with pynwb.NWBHDF5IO(file, "r") as io:
            read = io.read()
            return read.identifier, read.session_id, read.session_start_time.date().isoformat()

    of_one = [facts(file) for file in sorted(files.glob("sub-wt-00/*.nwb"))]
    assert [one[1:] for one in of_one] == [("bonded-r0", "2026-01-02"), ("bonded-r1", "2026-01-03")]
    # exported again, with a start: what is not exported keeps its day; and once more, without
    drugged = RunFolder.open(run).read_table("events").query("animal == 'wt-00' and test == 'drugged'")
    monkeypatch.setattr(nwb, "events_of", lambda *_: drugged)
    settings = {one.name: one.default for one in nwb.FORMAT.options}
    found = []
    for start in (datetime(2020, 2, 1, tzinfo=UTC), None):
        (folder := tmp_path / str(start)).mkdir()
        nwb.export(RunFolder.open(run), folder, {**settings, "start": start})
        found.append([facts(file) for file in sorted(folder.rglob("*.nwb"))])
    first, second = found
    assert [one[2] for one in first] == ["2020-02-03", "2020-02-04"]
    assert [one[2] for one in second] == ["2026-01-04", "2026-01-05"]
    assert [one[0] for one in first] == [one[0] for one in second]
    assert len({one[0] for one in [*of_one, *first]}) == 4


def test_a_test_in_two_files_and_files_of_others_are_refused(files: Path, tmp_path: Path) -> None:
    (tmp_path / "twice").mkdir()
    for name in ("a.nwb", "b.NWB"):
        shutil.copy(files / FIRST, tmp_path / "twice" / name)
    with pytest.raises(UserError, match=r"b.NWB: wt-00 in the test 'bonded', repeat 0, is also in .*a.nwb; keep one"):
        read_events(tmp_path / "twice", {}, [])
    for sheet in (tmp_path / "twice", tmp_path / "twice" / "b.NWB"):  # files of events are no score sheets
        with pytest.raises(
            UserError, match="is of the format nwb, which has events and no scores of tests; `socialrl im"
        ):
            read_tests(sheet)
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.nwb", "w") as file:
        file["x"] = 1
    with pytest.raises(UserError, match=r"other.nwb cannot be read as NWB: Missing NWB version in file"):
        read_events(tmp_path / "other.nwb", {}, [])


def test_the_inspector_finds_nothing(files: Path, run: Path, tmp_path: Path) -> None:
    inspector = pytest.importorskip("nwbinspector", reason="the inspector of NWB is not installed")
    events = RunFolder.open(run).read_table("events")
    # a test in which next to nothing happened: one stay from its beginning to its end, and one rejection
    still = events[(events["animal"] == "ko-01") & (events["repeat"] == 0) & (events["test"] == "bonded")].iloc[:2]
    still = still.assign(
        kind=["chamber", "rejection"], start_s=[0.0, 5.0], end_s=[600.0, 5.0], chamber="lever", to=None, other=None
    )
    with RunFolder.open(run) as folder:
        folder.lock()
        folder.write_table("evaluation_of_still_events", still)
        folder.write_table("evaluation_of_still", folder.read_table("evaluation"))
    settings = {one.name: one.default for one in FORMAT.options}
    assert export(RunFolder.open(run), tmp_path, {**settings, "events": EVENTS.of("evaluation_of_still_events")})
    looked_at = [files / FIRST, *tmp_path.rglob("*.nwb")]
    assert len(looked_at) == 2
    for file in looked_at:
        found = inspector.inspect_nwbfile(nwbfile_path=file, config=inspector.load_config("dandi"))
        assert [one.message for one in found] == []


YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([f"start={YESTERDAY}"], "start: of 4 sessions, 1 d apart, the last would begin on "),
        (["start=tomorrow"], "start must be a date and time such as 2026-01-05T09:00+01:00"),
        (["start=2999-01-01"], "after 1980 and not in the future, got '2999-01-01'"),
        (["lab="], "lab must be text that is not empty, got ''"),
        (["experimenter=Jane Doe"], "experimenter must be 'Last name, First name', as DANDI asks, got 'Jane Doe'"),
        (["tests=bonde"], "unknown test 'bonde'; did you mean 'bonded'?"),
        (["events=events_mating"], "events: unknown table 'events_mating'; known: "),
    ],
)
def test_mistakes_are_told_in_one_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], told: str
) -> None:
    assert main(["export", str(run), "--format", "nwb", "--output", str(tmp_path / "out"), *given]) == 2
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()
