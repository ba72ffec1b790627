"""Recordings of OLCUS: the rules of the format on what is written, what two reads mean on what is read, both ways."""

from __future__ import annotations

import json
import logging
import re
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_habitat import CHAMBERS, made_events, made_run

from socialrl.analysis.association import cohabitation, group_sizes
from socialrl.errors import UserError
from socialrl.interop.exporting import export_run
from socialrl.interop.importing import import_file
from socialrl.interop.olcus.apparatus import Antenna, of_chambers
from socialrl.interop.olcus.clock import wall_times
from socialrl.interop.olcus.trajectories import track

WORLD = "wt-0_bonded_r0"
STAMP = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d):(\d{3})")


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return made_events(ticks=1300)  # 21 h 40 min: over midnight


@pytest.fixture(scope="module")
def recording(events, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("olcus")
    with made_run(folder / "run", events) as run:
        made = export_run(run, "olcus", folder / "out", ["start=2026-03-02T09:30"])
    assert any("more than 6 h" in note for note in made.notes)  # the animal that never moves
    return folder / "out" / WORLD


def reads(recording: Path) -> pd.DataFrame:
    """All reads in order of the files' names, every line checked against the format."""
    rows = []
    for file in sorted(recording.glob("raw*.csv")):
        head, *lines = file.read_text().splitlines()
        assert not any(one.isdigit() for one in head)  # a header line, which readers skip
        for line in lines:
            fields = line.split(";")
            assert len(fields) == 5
            assert re.fullmatch(r"\d{15}", fields[4])
            parts = STAMP.fullmatch(fields[1])
            assert parts, line
            day, month, year, hour, minute, second, ms = map(int, parts.groups())
            assert file.name == f"raw{year:04d}{month:02d}{day:02d}.csv"
            time = datetime(year, month, day, hour, minute, second, 1000 * ms)
            rows.append((int(fields[0]), time, (int(fields[2]), int(fields[3])), fields[4]))
    return pd.DataFrame(rows, columns=["ms", "time", "antenna", "tag"])


def test_reads_follow_the_rules_of_the_format(recording, events):
    found = reads(recording)
    assert found["time"].is_monotonic_increasing  # over all files, which sort by name in time order
    assert sorted(one.name for one in recording.glob("raw*.csv")) == ["raw20260302.csv", "raw20260303.csv"]
    assert found["time"].iloc[0] == datetime(2026, 3, 2, 9, 30)
    assert (found["time"].iloc[-1] - found["time"].iloc[0]).total_seconds() == events["end_s"].max()
    # two reads of every passage, one at each end of the tube, and one at the start and at the end of the test
    passages = events[events["kind"] == "passage"].groupby("animal").size().reindex(events["animal"].unique())
    tags = json.loads((recording / "recording.json").read_text())["tags"]
    per_tag = found.groupby("tag").size()
    for animal, n in passages.fillna(0).items():
        assert 2 * n <= per_tag[tags[animal]] <= 2 * n + 2
    assert sorted(tags.values())[0] == "999000000000001"


def test_the_other_files_are_what_voletron_wants(recording, events):
    lines = (recording / "animals.csv").read_text().splitlines()
    assert lines[0] == "AnimalName,TagId,StartChamber"
    assert lines[1] == "wt-00,999000000000001,cage1"
    apparatus = json.loads((recording / "apparatus.json").read_text())
    assert apparatus["habitats"] == {"wt-0": [*CHAMBERS, "Tube1", "Tube2", "Tube3", "Tube4", "Error"]}
    ends: dict[str, list[str]] = {}
    for device in apparatus["olcus_devices"].values():
        for one in device.values():
            ends.setdefault(one["tube"], []).append(one["cage"])
    assert ends == {f"Tube{k}": ["arena", f"cage{k}"] for k in range(1, 5)}
    # validation points say where the animal is at that minute
    head, *points = (recording / "validation.csv").read_text().splitlines()
    assert head == "Timestamp,AnimalName,Chamber"
    assert len(points) == 4 * 40
    for point in points[::7]:
        stamp, animal, place = point.split(",")
        second = (datetime.strptime(stamp, "%d.%m.%Y %H:%M") - datetime(2026, 3, 2, 9, 30)).total_seconds()
        own = events[(events["animal"] == animal) & events["kind"].isin(("chamber", "passage"))]
        here = own[(own["start_s"] <= second) & (second < own["end_s"])].iloc[0]
        if here["kind"] == "chamber":
            assert place == here["chamber"]
        else:
            assert set(ends[place]) == {here["chamber"], here["to"]}


def test_a_recording_reads_as_the_events_that_were_written(recording, events, tmp_path):
    made = import_file(recording, tmp_path / "in")
    assert made.format == "olcus"
    columns = ["animal", "kind", "start_s", "end_s", "chamber", "to"]
    where = events[events["kind"] != "contact"]
    by = ["animal", "start_s"]
    found = made.tables["events"][columns].sort_values(by, ignore_index=True)
    expected = where[columns].sort_values(by, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=1e-3)
    assert [note for note in made.notes if "is its tag lost?" in note and note.startswith("wt-03")]
    # what reads events reads the file that was written
    stored = pd.read_parquet(tmp_path / "in" / "events.parquet")
    keys = ["animal", "other", "chamber"]
    pd.testing.assert_series_equal(
        cohabitation(stored).set_index(keys)["cohabitation_s"].sort_index(),
        cohabitation(where).set_index(keys)["cohabitation_s"].sort_index(),
        atol=0.1,
    )
    assert group_sizes(stored)["animal_s"].sum() == pytest.approx(4 * events["end_s"].max(), abs=0.1)


def test_voletron_reads_it_without_a_missing_read(recording, events, tmp_path, caplog):
    """Against the laboratory's own program, where it is installed (from https://github.com/BeeryLab/voletron)."""
    main = pytest.importorskip("voletron.main").main
    shutil.copytree(recording, tmp_path / WORLD)
    caplog.set_level(logging.INFO)
    main(["voletron", f"--olcus_dir={tmp_path / WORLD}", "--timezone=America/Los_Angeles", "--bin_seconds=100000000"])
    assert re.search(r"OneMissing: +0 ", caplog.text)
    assert re.search(r"TwoMissing: +0 ", caplog.text)
    assert "160 of 160 (100.00%) validation points correct" in caplog.text
    found = pd.read_csv(tmp_path / WORLD / "voletron" / "wt-0" / f"{WORLD}.chambers.csv")
    found = found[found["bin_number"] == 0].set_index("animal")
    stays = events[events["kind"] == "chamber"]
    seconds = (stays["end_s"] - stays["start_s"]).groupby([stays["animal"], stays["chamber"]]).sum()
    for (animal, chamber), expected in seconds.items():
        assert abs(found.loc[animal, chamber] - expected) <= 1
    # and its tables are read here
    tables = import_file(tmp_path / WORLD / "voletron" / "wt-0", tmp_path / "tables", "voletron").tables["events"]
    there = tables[tables["kind"] == "chamber"]
    again = (there["end_s"] - there["start_s"]).groupby([there["animal"], there["chamber"]]).sum()
    for key, expected in seconds.items():
        assert abs(again[key] - expected) <= 5  # whole seconds of eleven places
    # its pairs are ours and, because it counts tubes as places, the time that two spend together in a tube
    where = events[events["kind"] != "contact"]
    in_tubes = where[where["kind"] == "passage"].assign(
        kind="chamber",
        chamber=lambda rows: ["-".join(sorted(ends)) for ends in zip(rows["chamber"], rows["to"], strict=True)],
    )
    both = pd.concat([where[where["kind"] == "chamber"], in_tubes])
    pairs = [cohabitation(one).groupby(["animal", "other"])["cohabitation_s"].sum() for one in (tables, both)]
    pd.testing.assert_series_equal(pairs[0].sort_index(), pairs[1].sort_index(), atol=2)


def test_recordings_as_computers_mangle_them(recording, tmp_path):
    """Capitals, UTF-16 and Windows line ends, a lost header, a line copied twice: the same events, and notes."""
    plain = import_file(recording, tmp_path / "plain").tables["events"]
    copy = shutil.copytree(recording, tmp_path / "COPY" / recording.name)
    first, second = sorted(copy.glob("raw*.csv"))
    lines = first.read_text().splitlines()
    first.write_bytes("\r\n".join([*lines[1:4], lines[3], *lines[4:]]).encode("utf-16"))
    first.rename(copy / first.name.upper())
    made = import_file(copy, tmp_path / "in")
    pd.testing.assert_frame_equal(made.tables["events"], plain)
    assert any("no line of column names; its first line is taken as a read" in note for note in made.notes)
    assert any("1 read there twice, to the millisecond; taken once" in note for note in made.notes)
    second.write_text(second.read_text()[:-5])
    with pytest.raises(UserError, match="the last line is cut; is the file complete"):
        import_file(copy, tmp_path / "in2")


def test_what_two_reads_mean():
    """Worked out by hand after the readme of Voletron."""
    apparatus = of_chambers("h", ("arena", "cage1", "cage2"), (("arena", "cage1"), ("arena", "cage2")))
    a1, c1 = Antenna("Tube1", "arena"), Antenna("Tube1", "cage1")
    a2, c2 = Antenna("Tube2", "arena"), Antenna("Tube2", "cage2")
    read = [(50.0, c1), (59.9, c1), (62.0, a1), (100.0, a1), (105.0, a2), (110.0, c2)]
    found = track(read, "cage1", 300.0, apparatus)
    assert found.rows == [
        ("chamber", 0.0, 50.0, "cage1", None),
        ("passage", 50.0, 62.0, "cage1", "arena"),  # 9.9 s between reads at one antenna: in the tube
        ("chamber", 62.0, 105.0, "arena", None),  # 38 s: in the chamber; then between two tubes
        ("passage", 105.0, 110.0, "arena", "cage2"),
        ("chamber", 110.0, 300.0, "cage2", None),
    ]
    assert (found.missing_one, found.missing_two) == (0, 0)
    # a direction needs both antennas: into the tube and back out is a passage to where it came from
    back = track([(50.0, c1), (55.0, c1), (80.0, c1)], "cage1", 100.0, apparatus)
    assert [row[:2] + row[3:] for row in back.rows] == [
        ("chamber", 0.0, "cage1", None),
        ("passage", 50.0, "cage1", "cage1"),
        ("chamber", 55.0, "cage1", None),
    ]
    # one antenna missed it: the chamber gets the time
    missed = track([(50.0, c1), (90.0, a2)], "cage1", 200.0, apparatus)
    assert missed.missing_one == 1
    assert missed.rows[1:] == [("passage", 50.0, 50.001, "cage1", "arena"), ("chamber", 50.001, 200.0, "arena", None)]
    # two missed it: nobody knows
    lost = track([(50.0, c1), (90.0, c2)], "cage1", 200.0, apparatus)
    assert (lost.missing_two, lost.lost_s) == (1, 40.0)
    assert lost.rows == [("chamber", 0.0, 50.0, "cage1", None), ("chamber", 90.0, 200.0, "cage2", None)]
    # in the wrong order by a few milliseconds
    swapped = track([(50.0, c1), (60.0, a2), (60.004, a1), (70.0, c2)], "cage1", 80.0, apparatus)
    assert swapped.missing_one == swapped.missing_two == 0


def test_short_stays_are_counted_because_they_will_be_misread(tmp_path):
    rows = [
        ("chamber", 0.0, 100.0, "cage1", None),
        ("passage", 100.0, 115.0, "cage1", "arena"),
        ("chamber", 115.0, 120.0, "arena", None),  # 5 s, and back by the tube that it came from
        ("passage", 120.0, 135.0, "arena", "cage1"),
        ("chamber", 135.0, 300.0, "cage1", None),
    ]
    names = ["kind", "start_s", "end_s", "chamber", "to"]
    labels = {"animal": "a", "habitat": "h", "test": "t", "repeat": 0, "genotype": "wt", "index": 0}
    events = pd.DataFrame(rows, columns=names).assign(**labels, other=None)
    with made_run(tmp_path / "run", events) as run:
        made = export_run(run, "olcus", tmp_path / "out")
    told = "stays of less than 10 s between two reads at one antenna, which will be taken as time in the tube: 1 (5 s)"
    assert told in made.notes


def test_options_are_kept_beside(events, tmp_path):
    (tmp_path / "tags.csv").write_text("animal,tag\n" + "".join(f"wt-{k:02d},98200035612345{k}\n" for k in range(4)))
    names = "arena:CentralA,cage1:Cage1,cage2:Cage2,cage3:Cage3,cage4:Cage4"
    given = ["start=2026-07-01T08:00", "zone=Europe/Berlin", f"tags={tmp_path / 'tags.csv'}", f"chambers={names}",
             "validation=3"]  # fmt: skip
    with made_run(tmp_path / "run", events) as run:
        export_run(run, "olcus", tmp_path / "out", given)
    folder = tmp_path / "out" / WORLD
    about = json.loads((folder / "recording.json").read_text())
    assert (about["start"], about["zone"]) == ("2026-07-01T08:00:00.000", "Europe/Berlin")
    assert about["tags"]["wt-02"] == "982000356123452"
    assert (folder / "animals.csv").read_text().splitlines()[1] == "wt-00,982000356123450,Cage1"
    record = json.loads((tmp_path / "out" / "export.json").read_text())
    assert record["options"]["zone"] == "Europe/Berlin"
    assert set(record["files"]) == {f"{WORLD}/{one.name}" for one in folder.iterdir()}
    # the same antennas again, from the file
    given = [f"apparatus={folder / 'apparatus.json'}", f"chambers={names}"]
    with made_run(tmp_path / "run2", events) as run:
        export_run(run, "olcus", tmp_path / "out2", given)
    assert (tmp_path / "out2" / WORLD / "apparatus.json").read_text() == (folder / "apparatus.json").read_text()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("start=yesterday", "start must be such as 2026-01-05T09:00, got 'yesterday'"),
        ("start=2026-01-05T09:00+01:00", "the start is a local time"),
        ("zone=Europe/Berlim", r"unknown time zone 'Europe/Berlim'; did you mean Europe/Berlin\?"),
        ("tags=12345", "a tag must be 15 digits, got '12345'"),
        ("tags=nowhere.csv", "cannot read nowhere.csv: there is no such file or folder"),
        ("chambers=arena", "needs NAME:NEW between commas"),
        ("chambers=areena:A", r"unknown chamber 'areena'; did you mean 'arena'\?"),
        ("validation=many", "validation must be 0 to 10000, got 'many'"),
        ("tests=bondet", r"unknown test 'bondet'; did you mean 'bonded'\?"),
        ("strt=1", r"unknown option 'strt'; did you mean 'start'\?"),
        ("start", "options are given as NAME=VALUE"),
    ],
)
def test_options_that_cannot_be_used(given, told, events, tmp_path):
    with made_run(tmp_path / "run", events) as run, pytest.raises(UserError, match=told):
        export_run(run, "olcus", tmp_path / "out", [given])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run"]


def test_the_clock_is_local_and_says_each_hour_once():
    hours = [3_600_000 * k for k in range(4)]
    berlin = wall_times(hours, datetime(2026, 3, 29, 0, 30), "Europe/Berlin")  # clocks go forward at two
    assert [one.hour for one in berlin] == [0, 1, 3, 4]
    with pytest.raises(UserError, match="clocks of Europe/Berlin are put back"):
        wall_times(hours, datetime(2026, 10, 25, 0, 30), "Europe/Berlin")
    assert [one.hour for one in wall_times(hours, datetime(2026, 10, 25, 0, 30), "UTC")] == [0, 1, 2, 3]
    with pytest.raises(UserError, match=r"skip 29\.03\.2026 02:30"):
        wall_times(hours, datetime(2026, 3, 29, 2, 30), "Europe/Berlin")
    with pytest.raises(UserError, match="twice"):
        wall_times(hours, datetime(2026, 10, 25, 2, 30), "Europe/Berlin")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("raw", ";", ",", "line 2: 1 fields, needs 5 .*; the separator must be ;"),
        ("raw", ":000;", ".000;", r"line 2: a time must be dd\.mm\.yyyy HH:MM:SS:mmm"),
        ("raw", "02.03.2026", "31.02.2026", "line 2: there is no such time as '31.02.2026"),
        ("raw", ";999000000000001", ";9990", "line 2: a tag must be 15 digits, got '9990'"),
        ("raw", ";0;1;", ";7;1;", "line 2: the apparatus has no antenna 1 of device 7"),
        ("raw", ";0;1;", ";x;1;", "line 2: device and antenna must be numbers, got 'x;1'"),
        ("animals.csv", "TagId", "Tag", "line 1: the header must be exactly AnimalName,TagId,StartChamber"),
        ("animals.csv", "cage2", "cagge2", "line 4: no habitat has the chamber 'cagge2'; chambers: arena, cage1"),
        ("apparatus.json", '"Error"', '"arena"', "the habitat wt-0 must list Error among its chambers"),
        ("apparatus.json", '"olcus_devices"', '"devices"', "has no 'olcus_devices'"),
        ("apparatus.json", "{", "[", "not JSON"),
    ],
)
def test_recordings_that_cannot_be_read(file, old, new, told, recording, tmp_path):
    shutil.copytree(recording, tmp_path / "bad")
    path = tmp_path / "bad" / ("raw20260302.csv" if file == "raw" else file)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=told) as raised:
        import_file(tmp_path / "bad", tmp_path / "in")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "in").exists()


def test_a_recording_whose_files_are_out_of_order_or_away(recording, tmp_path):
    shutil.copytree(recording, tmp_path / "bad")
    (tmp_path / "bad" / "raw20260303.csv").rename(tmp_path / "bad" / "raw20260301.csv")
    with pytest.raises(UserError, match="the time goes back"):
        import_file(tmp_path / "bad", tmp_path / "in")
    (tmp_path / "bad" / "animals.csv").rename(tmp_path / "bad" / "animal.csv")
    with pytest.raises(UserError, match=r"holds no animals.csv \(there is animal.csv\)"):
        import_file(tmp_path / "bad", tmp_path / "in")


CHAMBERS_TABLE = """\
bin_number,bin_start,bin_end,bin_duration,animal,CentralA,Cage1,Tube1,Error,total
0,1000,1600,600,A,100,480,10,10,600
0,1000,1600,600,B,0,600,0,0,600
1,1000,1300,300,A,0,300,0,0,300
1,1000,1300,300,B,0,300,0,0,300
2,1300,1600,300,A,100,180,10,10,300
2,1300,1600,300,B,0,300,0,0,300
"""
PAIRS_TABLE = """\
bin_number,bin_start,bin_end,bin_duration,Animal A,Animal B,dwells,seconds
0,1000,1600,600,A,B,2,480
1,1000,1300,300,A,B,1,300
2,1300,1600,300,A,B,2,180
2,1300,1600,300,A,UNKNOWN,1,10
"""


def test_tables_of_voletron_become_events(tmp_path):
    folder = tmp_path / "HabitatA"
    folder.mkdir()
    (folder / "exp.chambers.csv").write_text(CHAMBERS_TABLE)
    (folder / "exp.pair-inclusive.cohab.csv").write_text(PAIRS_TABLE)
    made = import_file(folder, tmp_path / "in")
    found = made.tables["events"]
    assert made.format == "voletron"
    assert set(found["habitat"]) == {"HabitatA"}
    spent = (found["end_s"] - found["start_s"]).groupby([found["animal"], found["kind"], found["chamber"]]).sum()
    assert spent[("A", "chamber", "Cage1")] == 480
    assert spent[("A", "chamber", "CentralA")] == 100
    assert spent[("A", "passage", "Tube1")] == 10
    own = found[(found["animal"] == "A") & found["kind"].isin(("chamber", "passage"))]
    assert (np.diff(own["start_s"]) > 0).all()
    assert own["chamber"].tolist()[:2] == ["Cage1", "Cage1"]  # where it was in the bin before comes first
    together = cohabitation(found)
    assert together.set_index(["animal", "other"])["cohabitation_s"].to_dict() == {("A", "B"): 480, ("B", "A"): 480}
    assert any("1 of 4 bins" in note for note in made.notes)
    assert any("10 s are in no chamber" in note for note in made.notes)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("bin_start", "start", r"no column bin_start"),
        ("1,1000,1300,300,A,0,300", "1,1000,1300,300,A,0,x", "line 4, column Cage1: must be a number"),
        ("1,1000,1300,300,A,0,300", "1,1000,1300,300,A,0,200", "line 4: the places add up to 200 s of 300 s"),
        (",", ";", "the table is separated by semicolons"),
        ("2,1300,1600,300,B", "2,1300,1600,300,A", "line 7: the bin 2 of A is in line 6, too"),
        (CHAMBERS_TABLE, "", "the file is empty"),
    ],
)
def test_tables_of_voletron_that_cannot_be_read(old, new, told, tmp_path):
    path = tmp_path / "exp.chambers.csv"
    path.write_text(CHAMBERS_TABLE.replace(old, new))
    with pytest.raises(UserError, match=told):
        import_file(path, tmp_path / "in", "voletron")
