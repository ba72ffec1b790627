"""The run folder: making one, reading one and its tables, with a clear line for every state it can be found in."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.storage import atomic, files, run_folder
from socialrl.storage.run_folder import FORMAT, RunFolder

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"


@pytest.fixture
def create(tmp_path):
    def make(name: str = "first", **options) -> RunFolder:
        text = config_to_yaml(load_config(SMOKE))
        return RunFolder.create(tmp_path / name, config_yaml=text, meta={"seed": 1}, **options)

    return make


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "animal": ["knockout-00", "knockout-01"],
            "steps": [10, 20],
            "latency_s_partner": [np.nan, 30.0],
            "huddle_s_partner_10min": [[1.0, 2.0], [3.0, 4.0]],
        }
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- making one


def test_a_new_run_is_locked_unfinished_and_complete(create):
    with create() as run:
        assert names(run.path) == [".lock", "config.yaml", "meta.json", "models", "parts", "sums.json", "tb"]
        assert not run.finished
        assert run.config == load_config(SMOKE)
        assert json.loads((run.path / "meta.json").read_text()) == {"format": FORMAT, "seed": 1}
    assert ".lock" not in names(run.path)


def test_an_empty_folder_is_a_fine_place(create, tmp_path):
    (tmp_path / "first").mkdir()
    create().close()
    assert names(tmp_path) == ["first"]


def test_missing_parent_folders_are_made(create, tmp_path):
    create("a/b/c").close()
    assert (tmp_path / "a" / "b" / "c" / "config.yaml").exists()


def test_what_is_already_there_is_never_replaced_unasked(create, tmp_path):
    path = tmp_path / "first"
    path.write_text("a letter")
    with pytest.raises(UserError, match=r"first is a file; a run needs a folder of its own"):
        create(overwrite=True)
    path.unlink()

    path.mkdir()
    (path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match=r"holds files but no run; choose another name or output, nothing was touched"):
        create(overwrite=True)
    assert (path / "thesis.tex").read_text() == "years of work"
    shutil.rmtree(path)

    create().close()
    with pytest.raises(
        UserError, match=r"holds an unfinished run; continue it with `socialrl resume .*first`, or replace"
    ):
        create()
    with RunFolder.resume(path) as run:
        run.finish()
    with pytest.raises(UserError, match=r"holds a finished run; choose another name, or replace it with --overwrite"):
        create()
    assert names(tmp_path) == ["first"]


def test_overwrite_replaces_a_run_and_leaves_nothing_behind(create, tmp_path):
    with create() as run:
        run.write_text("old.txt", "old")
        run.finish()
    with create(overwrite=True) as run:
        assert not run.finished
        assert "old.txt" not in names(run.path)
    assert names(tmp_path) == ["first"]


def test_overwrite_does_not_touch_a_run_that_is_being_written(create):
    with create() as run:
        with pytest.raises(UserError, match=rf"is being written by process {os.getpid()} on "):
            create(overwrite=True)
        assert (run.path / "meta.json").exists()


def test_a_link_to_a_folder_is_followed(create, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "first").symlink_to(tmp_path / "disk")
    create().close()
    assert (tmp_path / "first").is_symlink()
    assert "meta.json" in names(tmp_path / "disk")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left on the device"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
    ],
)
def test_a_run_that_cannot_be_made_leaves_nothing(create, tmp_path, monkeypatch, number, words):
    def fail(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(UserError, match=rf"^cannot write .*: {words}$"):
        create()
    assert names(tmp_path) == []


def test_a_failing_overwrite_keeps_the_old_run(create, tmp_path, monkeypatch):
    with create() as run:
        run.write_text("old.txt", "old")
    real = os.rename

    def fail_for_new(source, target):
        if ".new-" in str(source):
            raise OSError(errno.ENOSPC, "full")
        real(source, target)

    monkeypatch.setattr(files.os, "rename", fail_for_new)
    with pytest.raises(UserError, match=r"cannot create the run folder .*first: no space left"):
        create(overwrite=True)
    assert names(tmp_path) == ["first"]
    assert (tmp_path / "first" / "old.txt").read_text() == "old"


def test_a_run_made_meanwhile_is_not_replaced(create, tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, "replaceable", lambda *_: None)
    create().close()
    with pytest.raises(UserError, match=r"was created by another process in the meantime"):
        create()
    assert names(tmp_path) == ["first"]


def test_a_parent_that_is_a_file(create, tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(UserError, match=r"cannot create the run folder .*: a (file is in its place|part of the path)"):
        create("runs/first")


# --- reading one


def test_an_unfinished_run_can_be_read_while_it_is_written(create, table):
    with create() as run:
        run.write_part("wild_type-00", "probes", table.assign(animal="wild_type-00"))
        run.write_part("knockout-00", "probes", table.drop(columns="latency_s_partner"))
        reader = RunFolder.open(run.path)
        assert not reader.finished
        rows = reader.read_table("probes")
        assert list(rows["animal"]) == ["knockout-00", "knockout-01", "wild_type-00", "wild_type-00"]
        assert rows["latency_s_partner"].isna().tolist() == [True, True, True, False]
        assert reader.read_parts("probes", ["wild_type-00"])["steps"].tolist() == [10, 20]
        assert reader.read_parts("episodes") is None


def test_a_run_that_ends_while_it_is_read_has_its_whole_table(create, table, monkeypatch):
    with create() as run:
        run.write_part("wild_type-00", "probes", table)
        reader = RunFolder.open(run.path)

        def ends_meanwhile(_piece, _name):
            run.merge_parts("probes", ["wild_type-00"])
            run.finish()
            raise UserError("parts/wild_type-00.probes.parquet is in no list of what was written")

        monkeypatch.setattr(reader, "has_part", ends_meanwhile)
        assert len(reader.read_table("probes")) == len(table)


def test_what_open_refuses(create, tmp_path):
    with create() as run:
        path = run.path
    with pytest.raises(UserError, match=r"firts: no such run folder; did you mean .*first"):
        RunFolder.open(tmp_path / "firts")
    with pytest.raises(UserError, match=r"meta.json is a file, not a run folder"):
        RunFolder.open(path / "meta.json")
    (tmp_path / "other").mkdir()
    with pytest.raises(UserError, match=r"other is not a run folder of socialrl"):
        RunFolder.open(tmp_path / "other")


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("meta.json", "{", "meta.json is damaged: not valid JSON"),
        ("meta.json", "", "meta.json is damaged: not valid JSON"),
        ("meta.json", "[]", "meta.json is damaged: not a JSON object"),
        ("meta.json", "{}", "meta.json is damaged: it names no run format"),
        ("meta.json", '{"format": true}', "meta.json is damaged: it names no run format"),
        ("meta.json", '{"format": 3}', "was written by a newer socialrl .run format 3; this version reads up to 2"),
        ("meta.json", '{"format": 2}', "first is damaged: meta.json has 13 bytes and was written with"),
        ("DONE", "half", "DONE is damaged: not valid JSON"),
        ("config.yaml", None, "first is damaged: config.yaml is missing"),
    ],
)
def test_damaged_and_newer_runs(create, file, content, line):
    with create() as run:
        path = run.path
    if content is None:
        (path / file).unlink()
    else:
        (path / file).write_text(content)
    with pytest.raises(UserError, match=line) as caught:
        RunFolder.open(path)
    assert len(str(caught.value).splitlines()) == 1


# --- tables


def test_a_table_comes_back_as_it_was_written(create, table):
    with create() as run:
        run.write_table("evaluation", table, csv=True)
        read = run.read_table("evaluation")
        assert read["steps"].tolist() == [10, 20]
        assert np.isnan(read["latency_s_partner"][0])
        assert read["huddle_s_partner_10min"][1].tolist() == [3.0, 4.0]
        text = (run.path / "evaluation.csv").read_text()
    assert text == (
        "animal,steps,latency_s_partner,huddle_s_partner_10min_01,huddle_s_partner_10min_02\n"
        "knockout-00,10,,1.0,2.0\n"
        "knockout-01,20,30.0,3.0,4.0\n"
    )


def test_a_csv_has_one_value_a_cell():
    mixed = pd.DataFrame({"mating": [True, False], "hourly": [[1.0, 2.0, 3.0], None], "side": ["left", "right"]})
    assert files.csv_text(mixed) == "mating,hourly_01,hourly_02,hourly_03,side\ntrue,1.0,2.0,3.0,left\nfalse,,,,right\n"


def test_missing_tables_say_what_to_run(create):
    with create() as run:
        with pytest.raises(UserError, match=r"has no table probes.parquet; run `socialrl resume .*first`"):
            run.read_table("probes")
        with pytest.raises(UserError, match=r"has no table traces.parquet; run `socialrl evaluate .*first`"):
            run.read_table("traces")
        run.finish()
        with pytest.raises(UserError, match=r"has no table evaluation.parquet; run `socialrl evaluate .*first`"):
            run.read_table("evaluation")
        with pytest.raises(
            UserError, match=r"has no table probes.parquet, although the run is finished: it is damaged"
        ):
            run.read_table("probes")


def test_a_damaged_table_is_named(create, table):
    with create() as run:
        run.write_table("probes", table)
        path = run.path / "probes.parquet"
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(
            UserError, match=r"first is damaged: probes.parquet has \d+ bytes and was written with \d+"
        ) as caught:
            run.read_table("probes")
        assert len(str(caught.value).splitlines()) == 1
        run.write_part("knockout-00", "episodes", table)
        (run.path / "parts" / "knockout-00.episodes.parquet").write_bytes(b"")
        with pytest.raises(
            UserError, match=r"damaged: parts/knockout-00.episodes.parquet has 0 bytes and was written with"
        ):
            run.read_table("episodes")


def test_training_tables_are_sealed_by_done_and_evaluation_is_not(create, table):
    with create() as run:
        run.write_table("probes", table)
        run.write_table("evaluation", table)
        run.finish()
        with pytest.raises(UserError, match=r"is finished; its table probes.parquet cannot be changed"):
            run.write_table("probes", table)
        run.write_table("evaluation", table.iloc[:1])
        assert len(run.read_table("evaluation")) == 1
        other = run.path / "other.parquet"
        files.write_parquet(other, table.assign(steps=0))
        os.replace(other, run.path / "probes.parquet")
        with pytest.raises(UserError, match=r"is damaged: probes.parquet has \d+ bytes"):
            RunFolder.open(run.path).read_table("probes")


def test_parts_are_merged_in_the_order_asked_for_and_then_dropped(create, table):
    with create() as run:
        for animal in ("knockout-00", "wild_type-00"):
            run.write_part(animal, "probes", table.assign(animal=animal))
        with pytest.raises(UserError, match=r"1 animals have no probes yet, the first is knockout-01"):
            run.merge_parts("probes", ["wild_type-00", "knockout-01"])
        with pytest.raises(RuntimeError, match=r"pieces of probes were never merged"):
            run.finish()
        assert not run.finished
        run.merge_parts("probes", ["wild_type-00", "knockout-00"])
        run.finish()
        assert run.read_table("probes")["animal"].tolist() == ["wild_type-00"] * 2 + ["knockout-00"] * 2
        assert not (run.path / "parts").exists()


def test_done_holds_checksums_and_time(create, table):
    with create() as run:
        run.write_table("animals", table)
        run.finish()
        done = json.loads((run.path / "DONE").read_text())
        content = (run.path / "animals.parquet").read_bytes()
    assert sorted(done["files"]) == ["animals.parquet", "config.yaml", "meta.json"]
    assert done["files"]["animals.parquet"] == [{"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
    assert done["finished"].endswith("+00:00")


@pytest.mark.parametrize("name", ["../elsewhere", "Probes", "", "a.b"])
def test_table_names_are_plain_words(create, table, name):
    with create() as run, pytest.raises(ValueError, match=r"a table's name is made of small letters"):
        run.write_table(name, table)
