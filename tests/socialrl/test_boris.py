"""Files of BORIS: old and new headers, aggregated and tabular, and simulated bouts written as such files."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from made_habitat import made_events, made_run, made_tests, spent

from socialrl.analysis.association import cohabitation
from socialrl.errors import UserError
from socialrl.interop.exporting import export_run
from socialrl.interop.formats import read_tests
from socialrl.interop.importing import import_file
from socialrl.interop.score_sheets import choose_tests
from socialrl.interop.scored import meaning_of
from socialrl.report.whereabouts import write_whereabouts

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
    stays = stays.add(spent(events, "passage", "chamber"), fill_value=0.0)  # tubes count for the chamber that was left
    for name in ("aggregated_events.tsv", "tabular_events.tsv", "bouts.boris"):
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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda line: f"{line}\n{line}",
            "line 3: 'huddle partner' of v1 from 60 to 2460.5 s is there twice, as line 2",
        ),
        (lambda line: f"{line}\n{line.replace('60.000,', '100.000,', 1)}", "line 3: .* overlaps line 2"),
        (lambda line: line.replace(",2460.500,", ",NA,"), r"line 2: no time in column 'Stop \(s\)'; a state must stop"),
        (lambda line: line.replace(",60.000,2460.500,2400.500", ""), "line 2: no time in .* is the file complete"),
        (lambda line: line.replace(",2460.500,", ",12460.500,"), r"line 2: .* after the end of the test \(10800 s\)"),
    ],
)
def test_bouts_that_cannot_be(change, told, tmp_path):
    """A file with rows appended twice, an interrupted export, a state without a stop, a wrong length."""
    path = old_file(tmp_path / "bouts.csv")
    head, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, change(first), *rest]) + "\n")
    with pytest.raises(UserError, match=told):
        read_tests(path)


def test_events_out_of_order(tmp_path):
    path = tabular_file(tmp_path / "events.tsv")
    path.write_text(path.read_text().replace("2460.500\tv1.mp4", "59.000\tv1.mp4"))
    with pytest.raises(UserError, match=r"stops at 59 s, before it starts at 60 s \(line 11\); events must be in time"):
        read_tests(path)


def test_times_count_from_the_start_of_the_test(tmp_path):
    """The time offset of an observation is in BORIS's times, and not in the length of its film."""
    path = new_file(tmp_path / "bouts.tsv")
    plain = read_tests(path).tests
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    start, stop = lines[0].index("Start (s)"), lines[0].index("Stop (s)")
    for cells in lines[1:]:
        cells[lines[0].index("Time offset (s)")] = "600.0"
        cells[start], cells[stop] = (f"{float(cells[k]) + 600:.3f}" for k in (start, stop))
    path.write_text("\n".join("\t".join(cells) for cells in lines) + "\n")
    notes: list[str] = []
    pd.testing.assert_frame_equal(read_tests(path, notes=notes).tests, plain)
    assert "observation 'ppt v1' begins at 600 s of its clock; times are counted from there" in notes
    path.write_text(path.read_text().replace("\t610.000\t", "\t590.000\t"))
    with pytest.raises(UserError, match="'huddle partner' starts at 590 s, before the test, which begins at 600 s"):
        read_tests(path)


def test_tubes_of_our_own_export_count_for_the_chamber_that_was_left(tmp_path):
    path = old_file(tmp_path / "bouts.csv")
    plain = read_tests(path).tests
    first = path.read_text().splitlines()[1].split(",")
    at = OLD.split(",").index("Behavior")
    row = [*first[:at], "in tube", "partner to centre", "STATE", "10000.000", "10010.000", "10.000", "", ""]
    path.write_text(path.read_text() + ",".join(row) + "\n")
    notes: list[str] = []
    more = read_tests(path, notes=notes).tests
    assert more.loc[0, "chamber_s_partner"] == plain.loc[0, "chamber_s_partner"] + 10
    assert "time in a tube counts for the chamber that was left, as in simulated tests" in notes


def test_seconds_of_two_behaviours_with_one_meaning_count_once(tmp_path):
    path = old_file(tmp_path / "bouts.csv")
    with path.open("a") as file:
        for start, stop in ((2000, 2600), (5000, 5010)):
            file.write(f"ppt v1,2020,v1.mp4,10800.000,25.0,v1,contact partner,,STATE,{start},{stop},0,,\n")
    notes: list[str] = []
    assert read_tests(path, notes=notes).tests.loc[0, "huddle_s_partner"] == 2400.5 + (2600 - 2460.5) + 10
    assert any(note.startswith("huddle partner, contact partner mean the same, contact with the p") for note in notes)


def test_an_import_knows_how_long_a_test_was(tmp_path):
    made = import_file(old_file(tmp_path / "bouts.csv"), tmp_path / "in")
    assert set(made.tables["evaluation"]["duration_s"]) == {10800}  # that of the film, not of the last bout
    assert spent(made.tables["events"], "contact", "other")[("v1", "partner")] == 2400.5


def test_animals_of_different_observations_were_not_together(tmp_path):
    """Whatever the independent variables are called: `test` names the test, `habitat` and others do not overwrite."""
    path = new_file(tmp_path / "bouts.tsv")
    titles, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    more = [[*titles[:10], "test", "repeat", "habitat", *titles[10:]]]
    more += [[*row[:10], "24h", "2", "", *row[10:]] for row in rows]
    path.write_text("\n".join("\t".join(row) for row in more) + "\n")
    made = import_file(path, tmp_path / "in")
    events = made.tables["events"]
    assert (set(events["test"]), set(events["repeat"]), set(events["habitat"])) == ({"24h"}, {2}, {"ppt v1", "ppt v2"})
    assert "together_s_partner" not in made.tables["evaluation"]
    assert cohabitation(events).empty
    page = write_whereabouts(tmp_path / "in").read_text()
    assert "Who was with whom?" not in page
    assert "one line an animal." in page


def test_a_folder_of_files_is_one_import(tmp_path):
    old_file(tmp_path / "b.csv")
    first = new_file(tmp_path / "a.tsv").read_text()
    with pytest.raises(UserError, match=r"the observation 'ppt v1' is in a\.tsv and in b\.csv; keep one of them"):
        read_tests(tmp_path)
    (tmp_path / "a.tsv").write_text(first.replace("ppt v", "again v"))
    assert len(read_tests(tmp_path, name="boris").tests) == 4


def a_project(path: Path, **more: object) -> Path:
    """The bouts as a project of BORIS 8 keeps them: events in the order of time, states without start and stop."""
    observations = {}
    for who in ("v1", "v2"):
        own = [(what, times) for animal, what, *times in BOUTS if animal == who]
        events = [[time, who, *(what.split() if what.startswith("huddle") else (what, "None")), "", 12]
                  for what, times in own for time in times]  # fmt: skip
        events.append([5.0, who, "rears", "", ""])
        observations[f"ppt {who}"] = {
            "type": "MEDIA",
            "file": {"1": [f"{who}.mp4"], "2": []},
            "media_info": {"length": {f"{who}.mp4": 10800.0}},
            "time offset": 0.0,
            "independent_variables": {"Sex": "female"},
            "events": sorted(events),
            **more,
        }
    codes = {"huddle": "State event", "partner chamber": "State event", "stranger chamber": "State event"}
    ethogram = {str(k): {"code": code, "type": kind} for k, (code, kind) in enumerate(codes.items())}
    ethogram["9"] = {"code": "rears", "type": "Point event", "modifiers": {}}
    project = {"project_name": "ppt", "project_format_version": "7.0", "subjects_conf": {}, "behaviors_conf": ethogram}
    path.write_text(json.dumps({**project, "observations": observations}))
    return path


def test_a_project_says_the_same_as_its_export(tmp_path):
    sheet, exported = read_tests(a_project(tmp_path / "ppt.boris")), read_tests(new_file(tmp_path / "bouts.tsv"))
    pd.testing.assert_frame_equal(sheet.tests.drop(columns="line"), exported.tests.drop(columns="line"))
    events = import_file(tmp_path / "ppt.boris", tmp_path / "in").tables["events"]
    assert (events["kind"] == "rears").sum() == 2
    packed = tmp_path / "ppt.boris.gz"
    packed.write_bytes(gzip.compress((tmp_path / "ppt.boris").read_bytes()))
    assert len(read_tests(packed).tests) == 2
    # an interval that was to be observed says when the test began, and how long it was
    cut = read_tests(a_project(tmp_path / "cut.boris", **{"observation time interval": [0, 10500]})).tests
    assert set(cut["duration_s"]) == {10500}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"huddle", "type"',
            '"groom", "type"',
            "observation 'ppt v1', event .: the ethogram has no behaviour 'huddle'",
        ),
        ('[2460.5, "v1", "huddle", "partner", "", 12], ', "", "event 3: 'huddle partner' of v1 starts and never stops"),
        ('"MEDIA"', '"IMAGES"', "made of images"),
        ('"events"', '"start_from_current_time": true, "events"', "its times are those of the clock"),
        ('"events"', '"bouts"', "observation 'ppt v1': not as BORIS writes it"),
        ('"observations"', '"tests"', "needs 'observations'; is the file complete"),
        ("}}", "", "not a whole project of BORIS"),
        ("[30.0,", '["00:30",', "not as BORIS writes it"),
    ],
)
def test_projects_that_cannot_be_read(old, new, told, tmp_path):
    path = a_project(tmp_path / "ppt.boris")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=told) as raised:
        read_tests(path)
    assert "\n" not in str(raised.value)


def test_a_state_that_never_ends(tmp_path):
    path = tabular_file(tmp_path / "events.tsv")
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(UserError, match=r"line 14: 'stranger chamber' of v1 starts and never stops"):
        read_tests(path)
