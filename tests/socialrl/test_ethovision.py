"""Raw data of EthoVision: counted header lines, any delimiter, any mark of missing values, in text and in folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_habitat import spent

from socialrl.errors import UserError
from socialrl.interop.formats import read_tests
from socialrl.interop.importing import import_file
from socialrl.interop.score_sheets import choose_tests

TITLES = ("Trial time", "Recording time", "X center", "In zone(partner / center-point)",
          "In zone(Novel / center-point)", "Huddling partner", "Huddling novel", "Result 1")  # fmt: skip
UNITS = ("s", "s", "cm", "", "", "", "", "")
STEP_S = 60.0


def track(animal: str, sex: str = "female") -> list[list[str]]:
    """A track of 3 h, a sample a minute: with the partner from 10 to 100 min, in contact from 20; then elsewhere."""
    above = [["Experiment", "PPT"], ["Trial name", f"Trial of {animal}"], ["Arena name", "Arena 1"],
             ["Subject name", "Subject 1"], ["User-defined Independent Variable", ""], ["Animal ID", animal],
             ["Sex", sex], ["Timepoint", "ST"], ["", ""]]  # fmt: skip
    samples = []
    for k in range(180):
        zone = (int(10 <= k < 100), int(120 <= k < 150))
        huddle = (int(20 <= k < 100), int(k == 130))
        where = "-" if k == 5 else "1.5"
        samples.append([f"{k * STEP_S + 3:.2f}", f"{k * STEP_S:.2f}", where, *map(str, (*zone, *huddle)), "1"])
    n = len(above) + 3
    return [["Number of header lines:", str(n)], *above, list(TITLES), list(UNITS), *samples]


def write(path: Path, rows: list[list[str]], delimiter: str = ";", encoding: str = "utf-8") -> Path:
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) + delimiter for row in rows)
    path.write_bytes((text + "\r\n").encode(encoding))
    return path


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-16"), (",", "utf-8"), ("\t", "utf-8-sig"), ("|", "cp1252")]
)
def test_a_track_is_a_test(delimiter, encoding, tmp_path):
    path = write(tmp_path / "Raw data-PPT-Trial 1.txt", track("12"), delimiter, encoding)
    notes: list[str] = []
    tests = read_tests(path, notes=notes).tests
    one = tests.loc[0]
    assert one["animal"] == "12"
    assert (one["huddle_s_partner"], one["huddle_s_stranger"]) == (4800, 60)
    assert (one["latency_s_partner"], one["latency_s_stranger"]) == (1200, 7800)
    assert (one["chamber_s_partner"], one["chamber_s_centre"], one["chamber_s_stranger"]) == (5400, 3600, 1800)
    assert (one["duration_s"], one["sex"], one["timepoint"]) == (10800, "female", "early")


def test_a_folder_of_tracks_is_a_sheet(tmp_path):
    for k in range(3):
        write(tmp_path / f"Raw data-Trial {k}.txt", track(str(k)))
    (tmp_path / "notes.txt").write_text("nothing")
    assert read_tests(tmp_path).tests["animal"].tolist() == ["0", "1", "2"]
    made = import_file(tmp_path, tmp_path / "in", "ethovision")
    assert spent(made.tables["events"], "contact", "other")[("1", "partner")] == 4800
    assert set(made.tables["events"]["Sex"]) == {"female"}


def test_a_file_copied_into_the_folder_is_no_second_test(tmp_path):
    write(tmp_path / "Trial 1.txt", track("1"))
    write(tmp_path / "Trial 1 (copy).txt", track("1"))
    with pytest.raises(UserError, match="the track 'Trial of 1, Arena 1' of 1 is there twice, sample by sample"):
        read_tests(tmp_path)


def test_arenas_of_one_name_in_different_experiments_are_not_one(tmp_path):
    """Animals of one trial and arena were together, but not across experiments or days."""

    def named(animal: str, experiment: str, day: str) -> list[list[str]]:
        first, _, *above = track(animal)
        above[0] = ["Trial name", "Trial 1"]
        rows = [["Experiment", experiment], *above]
        rows[7] = ["Start time", f"{day} 09:00:00.000"]
        rows[-1][4] = day[0]  # no two tracks are the same
        return [first, *rows]

    for k, (animal, experiment, day) in enumerate(
        [("1", "A", "01/01/2026"), ("2", "A", "01/01/2026"), ("3", "B", "01/01/2026"), ("1", "A", "10/01/2026")]
    ):
        write(tmp_path / f"{k}.txt", named(animal, experiment, day))
    events = import_file(tmp_path, tmp_path / "in", "ethovision").tables["events"]
    together = events.groupby(["habitat", "test", "repeat"])["animal"].unique().map(list).to_dict()
    assert together == {
        ("01/01/2026, A, Trial 1, Arena 1", "01/01/2026, A, Trial 1, Arena 1", 0): ["1", "2"],
        ("10/01/2026, A, Trial 1, Arena 1", "10/01/2026, A, Trial 1, Arena 1", 0): ["1"],
        ("B, Trial 1, Arena 1", "B, Trial 1, Arena 1", 0): ["3"],
    }
    rows = named("1", "A", "01/01/2026")
    rows[-1][3] = "1"
    write(tmp_path / "again.txt", rows)
    with pytest.raises(UserError, match="1 has a second track in '01/01/2026, A, Trial 1, Arena 1'; if these are two"):
        read_tests(tmp_path)


def test_points_of_the_body_count_once(tmp_path):
    rows = [[cell.replace("Huddling novel", "In zone(partner / nose-point)") for cell in row] for row in track("12")]
    notes: list[str] = []
    tests = read_tests(write(tmp_path / "track.txt", rows), notes=notes).tests
    assert tests.loc[0, "chamber_s_partner"] == 5400 + 60  # the nose alone in minute 130
    assert any("mean the same, time with the partner" in note for note in notes)


def test_marks_of_missing_values_and_other_names(tmp_path):
    rows = track("12")
    rows[30][3] = "??"
    rows[31][3] = "??"
    path = write(tmp_path / "track.txt", rows)
    with pytest.raises(
        UserError, match=r"line 31, column 'In zone\(partner / center-point\)': must be a number, got '\?\?'"
    ):
        read_tests(path)
    made = import_file(path, tmp_path / "in", None, ["missing=??"])
    assert any("is missing in 2 of 180 samples; taken as 0" in note for note in made.notes)
    # names that say nothing: the user says what they mean; header lines that are not counted
    renamed = [[cell.replace("Huddling partner", "Result 2") for cell in row] for row in track("12")][1:]
    given = ["behaviours=Result 2:contact_partner", f"header={len(track('12')) - 181}", "delimiter=semicolon"]
    path = write(tmp_path / "other.txt", renamed)
    events = import_file(path, tmp_path / "in2", "ethovision", given).tables["events"]
    assert spent(events, "contact", "other")[("12", "partner")] == 4800


def with_decimal_commas(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace(".", ",") if k >= 12 else cell for cell in row] for k, row in enumerate(rows)]


def test_decimal_commas(tmp_path):
    path = write(tmp_path / "track.txt", with_decimal_commas(track("12")))
    assert read_tests(path).tests.loc[0, "huddle_s_partner"] == 4800


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [["Number of header lines:", "5"], *rows[1:]], "line 4: no column 'Trial time'"),
        (lambda rows: rows[:12], "0 samples below the 12 header lines"),
        (lambda rows: [*rows[:20], rows[12], *rows[20:]], "line 21, column 'Recording time': must increase, got '0"),
        (lambda rows: [*rows[:11], ["s", "ms", *UNITS[2:]], *rows[12:]], "line 12: 'Recording time' is in 'ms'"),
        (lambda rows: [[c.replace("In zone", "Area").replace("Huddling", "Result") for c in r] for r in rows],
         "no column of 0 and 1 whose name says huddling"),
        (lambda rows: [["Number of header lines:", "500"], *rows[1:]], "500 header lines, but the file has 192 lines"),
        (lambda rows: [*rows[:14], [*rows[14], "5"], *rows[15:]], "line 15: 9 values for 8 columns; was a dec"),
        (lambda rows: rows[1:], "the first line must say 'Number of header lines:'"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(change, told, tmp_path):
    path = write(tmp_path / "track.txt", change(track("12")))
    with pytest.raises(UserError, match=told) as raised:
        read_tests(path, name="ethovision")
    assert "\n" not in str(raised.value)


STATES = (("In zone 2", "Arena / center-point", "Cumulative Duration", "10800,5"),
          ("In zone 2", "partner / center-point", "Frequency", "12"),
          ("In zone 2", "partner / center-point", "Cumulative Duration", "5000,25"),
          ("In zone 2", "Novel / center-point", "Cumulative Duration", "3000"),
          ("Huddling", "Huddling partner", "Cumulative Duration", "2000"),
          ("Huddling", "Huddling partner", "Latency to First", "60,25"),
          ("Huddling", "Huddling novel", "Cumulative Duration", "0"),
          ("Huddling", "Huddling novel", "Latency to First", "-"))  # fmt: skip


def statistics(n: int = 4, bins: tuple[str, ...] = ("",)) -> list[list[str]]:
    """Statistics under four lines of names, as the sample workbook of Ethovision-export-cleanup has them."""
    ours = [("Independent Variable", "Independent Variable", name, "") for name in ("Animal ID", "Sex")]
    columns = [*ours, *((*one[:3], "" if one[2] == "Frequency" else "s") for one in STATES)]
    names = [["", "", "", *(column[k] for column in columns)] for k in range(4)]
    rows = [["Result 1", f"Trial     {k + 1}", part, f"{k:03d}", "F", *(one[3] for one in STATES)]
            for k in range(n) for part in bins]  # fmt: skip
    return [*names, *rows]


def in_one_line(rows: list[list[str]]) -> list[list[str]]:
    return [[" ".join(cell for cell in column if cell) for column in zip(*rows[:4], strict=True)], *rows[4:]]


@pytest.mark.parametrize("change", [list, in_one_line])
def test_statistics_are_a_score_sheet(change, tmp_path):
    path = write(tmp_path / "Statistics-PPT.txt", change(statistics()), encoding="utf-16")
    notes: list[str] = []
    sheet = read_tests(path, notes=notes)
    assert sheet.tests["animal"].tolist() == ["000", "001", "002", "003"]
    one = sheet.tests.loc[0]
    assert (one["huddle_s_partner"], one["huddle_s_stranger"], one["latency_s_partner"]) == (2000, 0, 60.25)
    assert one[["latency_s_stranger"]].isna().all()  # a hyphen: never
    chambers = ["chamber_s_partner", "chamber_s_centre", "chamber_s_stranger", "duration_s"]
    assert one[chambers].tolist() == [5000.25, 10800.5 - 5000.25 - 3000, 3000, 10800.5]
    assert one["sex"] == "F"
    assert any(
        "'In zone 2 Novel / center-point Cumulative Duration (s)' as chamber time stranger (s)" in n for n in notes
    )
    assert any(note.startswith("not used: In zone 2 partner / center-point Frequency") for note in notes)
    made = import_file(path, tmp_path / "in")
    assert (made.format, list(made.tables)) == ("ethovision-statistics", ["tests"])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            statistics(bins=("Start-0:01:00", "0:01:00-0:02:00")),
            r"lines 5 and 6 are time bins of one track \(Start-0:01:00",
        ),
        (
            [[c.replace("Novel", "partner chamber") for c in row] for row in statistics()],
            "both mean chamber time partner",
        ),
        ([[c.replace("Animal ID", "Cohort") for c in row] for row in statistics()], "no column for animal"),
        (statistics()[:4], "no tests below its column names"),
        (statistics()[4:], "no column names of statistics of EthoVision"),
    ],
)
def test_statistics_that_cannot_be_read(rows, told, tmp_path):
    with pytest.raises(UserError, match=told):
        read_tests(write(tmp_path / "statistics.txt", rows), name="ethovision-statistics")


def test_empty_files_and_folders(tmp_path):
    (tmp_path / "track.txt").write_bytes(b"")
    with pytest.raises(UserError, match="the file is empty"):
        read_tests(tmp_path / "track.txt", name="ethovision")
    with pytest.raises(UserError, match="holds no raw data of EthoVision"):
        read_tests(tmp_path, name="ethovision")


def test_early_and_late_tests_are_told_apart(tmp_path):
    """As calibration and inference take them: twelve early tests, and one late test of an animal of these."""
    for k in range(12):
        write(tmp_path / f"Trial {k}.txt", track(str(k)))
    late = [["LT" if cell == "ST" else cell for cell in row] for row in track("3")]
    write(tmp_path / "Trial 3 late.txt", late)
    sheet = read_tests(tmp_path)
    assert len(choose_tests(sheet)[0]) == 12
    assert choose_tests(sheet, timepoint="late")[0]["animal"].tolist() == ["3"]
