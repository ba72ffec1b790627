"""`socialrl.load` and `socialrl export --format csv`: typed tables, described column by column."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from described_tables import outside, undescribed
from made_habitat import made_events, made_run
from made_sheets import made_sheet

import socialrl
from socialrl.analysis.measure_table import measures_of
from socialrl.analysis.measures import animal_table
from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.lineage.folder import Generations
from socialrl.progress import Silent
from socialrl.protocols.evaluating import evaluate_protocol
from socialrl.storage.run_folder import RunFolder
from socialrl.tables.codebook import column_of
from socialrl.tables.tidy import measures, tidy
from socialrl_envs.parameters import rows_of

CONFIG = str(Path(__file__).parents[2] / "configs" / "smoke.yaml")
PROTOCOL = """name: day
histories:
  short: [{cohouse: {hours: 6}}, {assay: {id: PartnerPreference, minutes: 10}}]
  long: [{cohouse: {hours: 24}}, {assay: {id: PartnerPreference, minutes: 10}}]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was really trained, evaluated and sent through a protocol, as small as it can be."""
    folder = tmp_path_factory.mktemp("run")
    small = ["steps=128", "lives=2", "env.duration_s=600", "engine=cohort", "workers=1"]
    assert main(["train", CONFIG, *small, f"output={folder}", "-q"]) == 0
    (folder / "day.yaml").write_text(PROTOCOL)
    with RunFolder.open(folder / "smoke") as run:
        run.lock()
        evaluate_run(run, events=True, progress=Silent())
        evaluate_protocol(run, folder / "day.yaml", events=True, progress=Silent())
    return folder / "smoke"


def test_every_column_of_every_table_is_described_typed_and_in_range(path: Path) -> None:
    run = socialrl.load(path)
    tables = ("animals", "parameters", "episodes", "probes", "tests", "measures", "bouts", "events", "traces")
    assert [name for name in run.names if name in tables] == list(tables)
    assert set(run.names) - set(tables) == {"protocol_day", "events_day"}
    for name in run.names:
        table = run.table(name)
        assert len(table) > 0, name
        assert outside(name, table) == {}, name
        types = {column: str(table[column].dtype) for column in table if not name.endswith("_bins")}
        expected = {column: column_of(name, column).dtype for column in table}
        gaps = {"int64": "Int64", "bool": "boolean"}
        assert {column: gaps.get(one, one) for column, one in types.items()} == {
            column: gaps.get(one, one) for column, one in expected.items()
        }, name
    assert run.tests["animal"].dtype == "string"
    assert run.tests["repeat"].dtype == "int64"
    assert run.tests["mating"].dtype == "bool"
    assert (run.codebook()["meaning"] != "").all()
    assert set(run.codebook("tests")["column"]) == set(run.tests.columns)


def test_tables_are_those_of_the_run_folder(path: Path) -> None:
    run, folder = socialrl.load(str(path)), RunFolder.open(path)
    pd.testing.assert_frame_equal(run.tests, folder.read_table("evaluation"), check_dtype=False)
    assert run.events is run.events, "read once"
    contacts = folder.read_table("events").query("kind == 'contact'")
    assert len(run.bouts) == len(contacts)
    assert run.bouts["seconds"].sum() == pytest.approx(run.tests.filter(regex=r"^huddle_s_[a-z]+$").sum().sum())
    rows = rows_of(run.config.env.table)
    assert run.parameters["parameter"].tolist() == [row.name for row in rows]
    assert run.parameters["value"].tolist() == [row.value for row in rows]
    day = run.protocols["day"]
    assert list(run.protocols) == ["day"]
    assert (day.text, set(day.tests["history"])) == (PROTOCOL, {"short", "long"})
    assert day.events is not None
    assert set(day.events["test"]) == set(day.tests["test"])
    assert run.finished
    assert str(path) in repr(run)


def test_measures_are_those_of_the_report(path: Path) -> None:
    run = socialrl.load(path)
    expected = animal_table(RunFolder.open(path).read_table("evaluation")).set_index(["animal", "test"])
    found = run.measures.set_index(["animal", "test"]).reindex(expected.index)
    for name in ("preference", "total_huddle_s", "return"):
        np.testing.assert_allclose(found[name].astype(float), expected[name], rtol=0, atol=1e-12)
    assert (found["n_repeats"] == expected["n_repeats"]).all()


def test_nothing_is_read_before_it_is_asked_for(path: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(path, tmp_path / "copy")
    (copy / "evaluation.parquet").write_bytes(b"damaged")
    run = socialrl.load(copy)
    assert len(run.animals) > 0
    with pytest.raises(UserError, match=r"evaluation\.parquet"):
        _ = run.tests


def test_what_is_not_there_is_said_in_one_line(path: Path, tmp_path: Path) -> None:
    run = socialrl.load(path)
    with pytest.raises(UserError, match=r"has no table synchrony.parquet; run `socialrl evaluate .* --synchrony`"):
        _ = run.synchrony
    with pytest.raises(UserError, match="unknown table 'test'; did you mean 'tests'"):
        run.table("test")
    assert "night" not in run.protocols
    with pytest.raises(UserError, match="unknown protocol 'days'; did you mean 'day'"):
        _ = run.protocols["days"]
    with pytest.raises(UserError, match="no such run folder"):
        socialrl.load(path.parent / "smok")
    with pytest.raises(UserError, match="is not a run folder"):
        socialrl.load(tmp_path)


def test_a_part_of_a_run_names_the_folder_to_give(path: Path) -> None:
    (path / "tables").mkdir(exist_ok=True)
    for part in ("tables", "evaluation.parquet"):
        with pytest.raises(UserError) as raised:
            socialrl.load(path / part)
        told = f"{path / part} is a part of {path}; give that folder, and read a CSV file in it with pandas"
        assert str(raised.value) == told


def test_an_unfinished_run_can_be_read_and_says_so(path: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(path, tmp_path / "copy")
    (copy / "DONE").unlink()
    with pytest.warns(UserWarning, match="is unfinished; it has what is done so far"):
        run = socialrl.load(copy)
    assert not run.finished
    assert "unfinished" in repr(run)
    assert len(run.tests) == len(socialrl.load(path).tests)


def test_a_csv_export_is_tidy_and_has_its_codebook(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "csv"
    assert main(["export", str(path), "--format", "csv", "--output", str(out)]) == 0
    capsys.readouterr()
    run = socialrl.load(path)
    written = {one.stem for one in out.glob("*.csv")}
    assert written == {*run.names, "tests_bins", "probes_bins", "episodes_bins", "protocol_day_bins", "codebook"}
    book = pd.read_csv(out / "codebook.csv", keep_default_na=False)
    assert (book["meaning"] != "").all()
    for name in written - {"codebook"}:
        table = pd.read_csv(out / f"{name}.csv")
        assert set(table.columns) == set(book.loc[book["table"] == name, "column"])
        texts = table.select_dtypes(exclude="number").astype("string")
        assert not texts.apply(lambda column: column.str.contains(r"[\[\]]")).any(axis=None), name
        assert outside(name, table.assign(**_read_back(name, table))) == {}, name
    answers = pd.read_csv(out / "tests.csv", dtype=str)["mating"]
    assert set(answers) <= {"TRUE", "FALSE"}, "what R's own read.csv takes for yes and no"
    tests, bins = pd.read_csv(out / "tests.csv"), pd.read_csv(out / "tests_bins.csv")
    sums = bins.groupby(["animal", "test", "repeat", "counter"])["seconds"].sum().unstack()
    for counter in ("huddle_s_partner", "huddle_s_stranger"):
        expected = tests.set_index(["animal", "test", "repeat"])[counter]
        np.testing.assert_allclose(sums[counter].reindex(expected.index), expected, rtol=0, atol=1e-9)
    assert main(["export", str(path), "--format", "csv", "--output", str(tmp_path / "two"), "tables=tests,animal"]) == 2
    assert "unknown table 'animal'; did you mean 'animals'?" in capsys.readouterr().err
    assert not (tmp_path / "two").exists()
    assert main(["export", str(path), "--format", "csv", "--output", str(tmp_path / "two"), "tables=events"]) == 0
    files = {one.name for one in (tmp_path / "two").iterdir()}
    assert files == {"events.csv", "codebook.csv", "export.json"}


def _read_back(name: str, table: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns of text in which an empty cell is an empty text."""
    texts = [one for one in table if (c := column_of(name, one)) is not None and c.kind == "text" and not c.missing]
    return {one: table[one].astype(object).fillna("") for one in texts}


def test_lists_become_long_tables() -> None:
    habitat = {"genotype": "wt", "oxtr_gain": 1.0, "sex": "female", "habitat_type": "wt", "habitat": "wt-0"}
    tests = pd.DataFrame(
        {
            "animal": ["wt-00", "wt-01"],
            **{name: [one, one] for name, one in habitat.items()},
            "index": [0, 1],
            "test": ["t", "t"],
            "repeat": [0, 0],
            "duration_s": [5400.0, 5400.0],
            "partner_s_hourly": [np.array([10.0, 20.0]), np.array([10.0, 20.0])],
            "group_size_s": [np.array([5000.0, 400.0]), np.array([5000.0, 400.0])],
            "contact_s_each": [np.array([0.0, 30.0]), np.array([30.0, 0.0])],
            "together_s": [np.array([0.0, 400.0]), np.array([400.0, 0.0])],
        }
    )
    found = tidy(tests)
    assert set(found) == {"", "bins", "group_sizes", "company"}
    assert not [name for name in found[""] if name.endswith(("hourly", "_each", "size_s"))]
    one = found["bins"][found["bins"]["animal"] == "wt-01"]
    assert one[["counter", "bin", "start_s", "end_s", "seconds"]].to_numpy().tolist() == [
        ["partner_s", 0, 0.0, 3600.0, 10.0],
        ["partner_s", 1, 3600.0, 5400.0, 20.0],
    ]
    assert found["group_sizes"][["animal", "size", "seconds"]].to_numpy().tolist()[:2] == [
        ["wt-00", 1, 5000.0],
        ["wt-00", 2, 400.0],
    ]
    assert found["company"][["animal", "other", "contact_s", "together_s"]].to_numpy().tolist() == [
        ["wt-00", "wt-01", 30.0, 400.0],
        ["wt-01", "wt-00", 30.0, 400.0],
    ]
    for name, table in found.items():
        assert outside(f"tests_{name}" if name else "tests", table) == {}


def test_measures_of_sessions_are_missing_where_they_mean_nothing() -> None:
    rows = {"animal": "wt-00", "genotype": "wt", "oxtr_gain": 1.0, "index": 0, "sex": "female", "repeat": 0}
    tests = pd.DataFrame(
        [
            {**rows, "assay": "socialrl/SocialOperant-v0", "test": session, "session": session, **counted}
            for session, counted in {
                "partner": {"presses_partner": 10.0, "presses_stranger": 0.0},
                "choice": {"presses_partner": 6.0, "presses_stranger": 2.0},
            }.items()
        ]
    )
    found = measures(tests).set_index("test")
    assert found.loc["choice", "partner_presses"] == 0.75
    assert np.isnan(found.loc["partner", "partner_presses"])
    assert found["presses"].tolist() == [10.0, 8.0]


def test_measures_of_hours_need_tests_that_last_so_long() -> None:
    rows = {"animal": "wt-00", "genotype": "wt", "oxtr_gain": 1.0, "index": 0, "sex": "female", "repeat": 0}
    tests = pd.DataFrame(
        [
            {
                **rows,
                "assay": "socialrl/GroupHabitat-v0",
                "test": f"{hours}h",
                "duration_s": 3600.0 * hours,
                "partner_s_hourly": np.full(hours, 30.0),
                "others_s_hourly": np.full(hours, 10.0),
            }
            for hours in (2, 120)
        ]
    )
    found = measures(tests).set_index("test")
    of_hours = [one.name for one in measures_of("GroupHabitat") if one.hours is not None and one.name in found]
    assert of_hours
    assert found.loc["2h", of_hours].isna().all()
    assert found.loc["120h", of_hours].notna().all()


def test_imports_and_exports_can_be_loaded(path: Path, tmp_path: Path) -> None:
    made_run(tmp_path / "habitat", made_events(ticks=60))
    assert main(["export", str(tmp_path / "habitat"), "--format", "olcus", "--output", str(tmp_path / "raw")]) == 0
    recording = next(one for one in (tmp_path / "raw").iterdir() if one.is_dir())
    assert main(["import", str(recording), "--output", str(tmp_path / "in")]) == 0
    assert undescribed(tmp_path / "in", "events", "evaluation") == {}
    read = socialrl.load(tmp_path / "in")
    assert read.kind == "import"
    assert read.about["format"] == "olcus"
    assert read.table("events")["index"].dtype == "Int64"
    # an animal 007 of a score sheet stays one
    made_sheet(9).assign(animal=[f"{k:03d}" for k in range(9)]).to_csv(tmp_path / "scores.csv", index=False)
    assert main(["import", str(tmp_path / "scores.csv"), "--output", str(tmp_path / "scored")]) == 0
    assert undescribed(tmp_path / "scored", "scores") == {}
    assert socialrl.load(tmp_path / "scored").tables["scores"]["animal"].tolist()[7] == "007"
    (tmp_path / "scored" / "scores.csv").write_text("animal\n1\n")
    with pytest.raises(UserError, match=r"scores\.csv is damaged: it was changed after it was written"):
        socialrl.load(tmp_path / "scored").table("scores")
    # the tidy tables of a run are those of the run
    assert main(["export", str(path), "--format", "csv", "--output", str(tmp_path / "csv"), "tables=tests,events"]) == 0
    assert undescribed(tmp_path / "csv", "tests", "events", "tests_bins", "codebook") == {}
    exported, run = socialrl.load(tmp_path / "csv").table("tests"), socialrl.load(path).tidy("tests")["tests"]
    pd.testing.assert_frame_equal(exported, run)
    with pytest.raises(UserError, match="an export in the format olcus; the program that it is for reads it"):
        socialrl.load(tmp_path / "raw")
    with pytest.raises(UserError, match=r"not a run folder .* opens runs and folders of sweeps, lineages, scorecards"):
        socialrl.load(tmp_path)


def test_folders_of_reproductions_and_lineages(path: Path, tmp_path: Path) -> None:
    battery = tmp_path / "battery"
    shutil.copytree(path, battery / "PartnerPreference")
    with pytest.warns(UserWarning, match="unfinished"):
        assert list(socialrl.load(battery).runs) == ["PartnerPreference"]
    (battery / "scorecard.json").write_text("{}")
    (battery / "scorecard.csv").write_text("finding,verdict\nF01,reproduced\n")
    (battery / "scorecard_tables").mkdir()
    (battery / "scorecard_tables" / "animals.csv").write_text("comparison,value\nF01a,0.7\n")
    read = socialrl.load(battery)
    assert read.finished
    assert read.scorecard["verdict"].tolist() == ["reproduced"]
    assert read.tables["animals"]["value"].tolist() == [0.7]
    assert len(read.runs["PartnerPreference"].tests) == len(socialrl.load(path).tests)
    with pytest.raises(UserError, match="unknown table 'animal'; did you mean 'animals'"):
        _ = read.tables["animal"]

    line = tmp_path / "line"
    with Generations.open(line, {"cells.a": "wt"}, {"versions": {}, "commit": None}) as kept:
        kept.keep("reference", lambda: pd.DataFrame({"animal": ["r-0"]}))
        for number in range(2):
            kept.keep(f"generation-{number:02d}", lambda: pd.DataFrame({"animal": [f"g{number}-0"]}))  # noqa: B023
    with pytest.warns(UserWarning, match="unfinished"):
        lineage = socialrl.load(line)
    assert lineage.animals["animal"].tolist() == ["g0-0", "g1-0"]
    (line / "lineage.json").write_text(json.dumps({}))
    pd.DataFrame({"animal": ["g0-0"]}).to_csv(line / "animals.csv", index=False)
    pd.DataFrame({"cell": ["a"]}).to_csv(line / "means.csv", index=False)
    assert socialrl.load(line).animals["animal"].tolist() == ["g0-0"]
    assert socialrl.load(line).tables["means"]["cell"].tolist() == ["a"]
