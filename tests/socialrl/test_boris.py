"""Files of BORIS: old and new headers, aggregated and tabular, and simulated bouts written as such files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from made_habitat import made_events, made_run, made_tests, spent

from socialrl.errors import UserError
from socialrl.interop.exporting import export_run
from socialrl.interop.formats import read_tests
from socialrl.interop.importing import import_file
from socialrl.interop.score_sheets import choose_tests
from socialrl.interop.scored import meaning_of

BOUTS = (
    ("v1", "huddle partner", 60.0, 2460.5),
    ("v1", "huddle stranger", 3000.0, 3100.0),
    ("v1", "partner chamber", 30.0, 2500.0),
    ("v1", "stranger chamber", 2600.0, 4000.0),
    ("v2", "huddle partner", 10.0, 20.0),
    ("v2", "partner chamber", 0.0, 10000.0),
)
OLD = "Observation id,Observation date,Media file,Total length,FPS,Subject,Behavior,Modifiers,Behavior type," \
      "Start (s),Stop (s),Duration (s),Comment start,Comment stop"  # fmt: skip
NEW = "Observation id\tObservation date\tDescription\tObservation type\tSource\tTime offset (s)\tCoding duration\t" \
      "Media duration (s)\tFPS (frame/s)\tSex\tSubject\tObservation duration by subject by observation\tBehavior\t" \
      "Behavioral category\tModifier #1\tBehavior type\tStart (s)\tStop (s)\tDuration (s)\tMedia file name\t" \
      "Comment start\tComment stop"  # fmt: skip


def old_file(path: Path) -> Path:
    """Aggregated events as version 6 writes them: commas, one column of modifiers, the length of the media."""
    rows = [
        f"ppt {who},2020-03-04 09:00:00,{who}.mp4,10800.000,25.0,{who},{what},,STATE,{start:.3f},{stop:.3f},"
        f"{stop - start:.3f},,"
        for who, what, start, stop in BOUTS
    ]
    path.write_text("\n".join([OLD, *rows]) + "\n")
    return path


def new_file(path: Path) -> Path:
    """Aggregated events as version 8 writes them: tabs, a column a modifier, independent variables in between."""
    rows = []
    for who, what, start, stop in BOUTS:
        verb, _, whom = what.partition(" ")
        behaviour, modifier = (verb, whom) if verb == "huddle" else ("in chamber", verb)
        rows.append("\t".join([f"ppt {who}", "2024-03-04 09:00:00", "", "Media file", f"player #1:{who}.mp4", "0.0",
                               "9990.000", "10800.000", "25.000", "female", who, "1.0", behaviour, "Not defined",
                               modifier, "STATE", f"{start:.3f}", f"{stop:.3f}", f"{stop - start:.3f}", f"{who}.mp4",
                               "", ""]))  # fmt: skip
    path.write_text("\n".join([NEW, *rows]) + "\n")
    return path


def tabular_file(path: Path) -> Path:
    """Tabular events as version 7 writes them: one observation, a block of lines above the table, START and STOP."""
    moments = sorted((t, what, state) for who, what, *times in BOUTS if who == "v1"
                     for t, state in zip(times, ("START", "STOP"), strict=True))  # fmt: skip
    above = ["Observation id\tppt v1", "", "Media file(s)", "", "Player #1\tv1.mp4", "", "Observation date\t2019-01-01"]
    head = "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment\tStatus"
    rows = [f"{t:.3f}\tv1.mp4\t10800.000\t25.0\tv1\t{what}\t\t\t{state}" for t, what, state in moments]
    path.write_text("\n".join([*above, "", head, *rows]) + "\n")
    return path


@pytest.mark.parametrize("write", [old_file, new_file])
def test_old_and_new_headers_say_the_same(write, tmp_path):
    notes: list[str] = []
    sheet = read_tests(write(tmp_path / "bouts.csv"), notes=notes)
    tests = sheet.tests.set_index("animal")
    assert tests.loc["v1", "huddle_s_partner"] == 2400.5
    assert tests.loc["v1", "huddle_s_stranger"] == 100
    assert tests.loc["v1", ["latency_s_partner", "latency_s_stranger"]].tolist() == [60, 3000]
    assert tests.loc["v1", ["chamber_s_partner", "chamber_s_centre", "chamber_s_stranger"]].tolist() == [
        2470,
        6930,
        1400,
    ]
    assert tests.loc["v2", "huddle_s_stranger"] == 0
    assert pd.isna(tests.loc["v2", "latency_s_stranger"])  # no huddling: never
    assert set(tests["duration_s"]) == {10800}
    assert (tests["sex"] == "female").all() == (write is new_file)
    assert any("the centre was not scored" in note for note in notes)


def test_tabular_events_of_an_old_version(tmp_path):
    sheet = read_tests(tabular_file(tmp_path / "events.tsv"))
    assert sheet.tests.loc[0, ["animal", "huddle_s_partner", "huddle_s_stranger"]].tolist() == ["v1", 2400.5, 100]
    assert sheet.tests.loc[0, "duration_s"] == 10800


def test_events_keep_what_is_no_part_of_a_score_sheet(tmp_path):
    path = old_file(tmp_path / "bouts.csv")
    with path.open("a") as file:
        file.write("ppt v1,2020-03-04,v1.mp4,10800.000,25.0,v1,grooms,,POINT,5.000,5.000,NA,,\n")
        file.write("ppt v1,2020-03-04,v1.mp4,10800.000,25.0,v1,sniff A,,STATE,50.000,55.000,5,,\n")
    made = import_file(path, tmp_path / "in", None, ["behaviours=sniff a:contact_stranger"])
    events = made.tables["events"]
    assert events[events["kind"] == "grooms"][["start_s", "end_s"]].values.tolist() == [[5.0, 5.0]]
    assert spent(events, "contact", "other")[("v1", "stranger")] == 105
    assert (tmp_path / "in" / "events.csv").is_file()
    with pytest.raises(UserError, match=r"unknown meaning 'contact_strangr'; did you mean 'contact_stranger'\?"):
        import_file(path, tmp_path / "in2", None, ["behaviours=sniff A:contact_strangr"])


def test_bouts_of_tests_are_written_and_read_back(tmp_path):
    events = made_tests()
    with made_run(tmp_path / "run", events, assay="socialrl/PartnerPreference-v0") as run:
        export_run(run, "boris", tmp_path / "out")
    contact, stays = spent(events, "contact", "other"), spent(events, "chamber", "chamber")
    for name in ("aggregated_events.tsv", "tabular_events.tsv"):
        sheet = read_tests(tmp_path / "out" / name)
        assert len(sheet.tests) == 10
        tests = sheet.tests.set_index("animal")
        for (animal, who), seconds in contact.items():
            assert tests.loc[animal, f"huddle_s_{who}"] == pytest.approx(seconds, abs=1e-3)
        for (animal, place), seconds in stays.items():
            assert tests.loc[animal, f"chamber_s_{place}"] == pytest.approx(seconds, abs=1e-3)
        assert len(choose_tests(sheet)[0]) == 10
        assert sheet.groups[0].title == "genotype"
        again = import_file(tmp_path / "out" / name, tmp_path / f"in {name}").tables["events"]
        pd.testing.assert_series_equal(spent(again, "contact", "other"), contact, atol=1e-3)


def test_a_project_of_a_habitat_is_paired(tmp_path):
    """What BORIS checks of a project: known behaviours, subjects and modifiers, states that start and stop."""
    events = made_events(ticks=60)
    with made_run(tmp_path / "run", events) as run:
        export_run(run, "boris", tmp_path / "out")
    project = json.loads((tmp_path / "out" / "bouts.boris").read_text())
    codes = {one["code"]: one for one in project["behaviors_conf"].values()}
    subjects = {one["name"] for one in project["subjects_conf"].values()}
    assert set(project["observations"]) == {"wt-0_bonded_r0"}
    observation = project["observations"]["wt-0_bonded_r0"]
    open_states: set[tuple[str, str, str]] = set()
    times = []
    for time, subject, code, modifier, _comment in observation["events"]:
        times.append(time)
        assert subject in subjects
        assert codes[code]["type"] == "State event"
        assert modifier in codes[code]["modifiers"]["0"]["values"]
        open_states ^= {(subject, code, modifier)}
    assert not open_states
    assert times == sorted(times)
    with (tmp_path / "out" / "aggregated_events.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["Modifier #1"] for row in rows if row["Behavior"] == "huddle"} == {"wt-00", "wt-01"}
    assert 2 * len(rows) == len(times)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("huddle partner", ("contact", "partner")),
        ("Contact (novel)", ("contact", "stranger")),
        ("Side-by-side contact with stranger", ("contact", "stranger")),
        ("In zone(partner chamber / center-point)", ("chamber", "partner")),
        ("In zone(Center / nose-point)", ("chamber", "centre")),
        ("neutral chamber", ("chamber", "centre")),
        ("huddle", ("contact", None)),
        ("grooms", None),
        ("partner", None),
    ],
)
def test_what_the_name_of_a_behaviour_means(name, meaning):
    assert meaning_of(name) == meaning


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (OLD, OLD.replace("Start (s)", "Begin"), "no column 'start"),
        (",2460.500,", ",00:41:00.500,", "line 2, column 'Stop \\(s\\)': must be .* set the time format of the export"),
        (",2460.500,", ",12.000,", "line 2: the bout ends at 12.000 and starts at 60.000"),
        (",STATE,60.000,", ",STATE,-1,", "line 2, column 'Start \\(s\\)': must be a number of 0 or more, got '-1'"),
        ("huddle partner", "", "line 2: no behaviour in column 'Behavior'"),
        (",", ";", None),
        (".000,", ",000,", None),
    ],
)
def test_files_that_cannot_be_read(old, new, told, tmp_path):
    path = old_file(tmp_path / "bouts.csv")
    path.write_text(path.read_text().replace(old, new))
    if told is None and new == ";":
        assert len(read_tests(path, name="boris").tests) == 2  # another delimiter is found
        return
    with pytest.raises(UserError, match=told) as raised:
        read_tests(path, name="boris")
    assert "\n" not in str(raised.value)


def test_empty_and_foreign_files(tmp_path):
    path = tmp_path / "bouts.tsv"
    for content, told in (
        (b"", "the file is empty"),
        (OLD.encode(), "there are no events"),
        (b"a,b\n1,2\n", "no column 'subject'"),
        (bytes(range(256)), "not a text file"),
    ):
        path.write_bytes(content)
        with pytest.raises(UserError, match=told):
            read_tests(path, name="boris")


def test_a_state_that_never_ends(tmp_path):
    path = tabular_file(tmp_path / "events.tsv")
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(UserError, match=r"line 14: 'stranger chamber' of v1 starts and never stops"):
        read_tests(path)
