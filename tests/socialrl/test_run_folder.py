"""The run folder: whole files only, one writer, and a clear line for every state in which it can be found."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import platform
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import socialrl
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.storage import atomic, files, locks, run_folder
from socialrl.storage.provenance import collect_meta
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


# --- whole files or none


def test_a_write_that_fails_leaves_the_old_file(create, table, monkeypatch):
    with create() as run:
        run.write_table("evaluation", table)
        before = (run.path / "evaluation.parquet").read_bytes()

        def fail(_descriptor):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(atomic.os, "fsync", fail)
        with pytest.raises(UserError, match=r"cannot write .*sums.json: no space left on the device"):
            run.write_table("evaluation", table.iloc[:1])
        with pytest.raises(UserError, match=r"cannot write .*summary.json: no space left"):
            run.write_json("summary.json", {})
        assert (run.path / "evaluation.parquet").read_bytes() == before
        assert not [name for name in names(run.path) if name.startswith(".tmp-") or name == "summary.json"]


def test_errors_of_the_writer_itself_pass_through(tmp_path):
    target = tmp_path / "model.zip"

    def write_half():
        with atomic.atomic_file(target) as temporary:
            assert temporary.suffix == ".zip"
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert names(tmp_path) == []


def test_json_has_no_nan(create):
    with create() as run:
        run.write_json("summary.json", {"a": float("nan"), "b": np.float64(2), "c": np.array([1, 2]), "d": run.path})
        assert json.loads((run.path / "summary.json").read_text()) == {
            "a": None,
            "b": 2.0,
            "c": [1, 2],
            "d": str(run.path),
        }


def test_text_may_lie_in_a_subfolder(create):
    with create() as run:
        run.write_text("figures/preference.svg", "<svg/>")
        assert (run.path / "figures" / "preference.svg").read_text() == "<svg/>"


# --- one writer


def test_resume_takes_the_lock_once(create):
    with (
        create() as run,
        pytest.raises(UserError, match=rf"first is being written by process {os.getpid()} on .*; wait until it ends"),
    ):
        RunFolder.resume(run.path)
    with RunFolder.resume(run.path):
        pass
    with RunFolder.resume(run.path) as again:
        again.finish()
    with pytest.raises(UserError, match=r"first is finished; there is nothing to resume"):
        RunFolder.resume(run.path)


def test_resume_clears_what_a_killed_writer_left(create):
    with create() as run:
        path = run.path
    for folder in (path, path / "models", path / "parts"):
        (folder / ".tmp-1234-x.zip").write_text("half")
    RunFolder.resume(path).close()
    assert not list(path.rglob(".tmp-*"))


def test_the_lock_dies_with_its_process(create, tmp_path):
    create().close()
    script = textwrap.dedent(
        """
        import sys, time
        from socialrl.storage.run_folder import RunFolder
        run = RunFolder.resume(sys.argv[1])
        print("locked", flush=True)
        time.sleep(60)
        """
    )
    path = tmp_path / "first"
    holder = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(UserError, match=rf"is being written by process {holder.pid} on "):
            RunFolder.resume(path)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert (path / ".lock").exists()
    RunFolder.resume(path).close()


def test_a_lock_on_a_removed_file_does_not_count(tmp_path, monkeypatch):
    # Another holder removes the file between our opening and our locking it; a third process makes a new one.
    path = tmp_path / ".lock"
    real, calls = locks._try_lock, []

    def lock_after_removal(descriptor):
        if not calls:
            path.unlink()
            path.touch()
        calls.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(locks, "_try_lock", lock_after_removal)
    lock = locks.FileLock(path)
    assert len(calls) == 2
    monkeypatch.undo()
    with pytest.raises(locks.LockedError):
        locks.FileLock(path)
    lock.release()
    lock.release()
    assert not path.exists()


def test_a_copy_in_a_worker_has_no_lock(create, table):
    with create() as run:
        copy = pickle.loads(pickle.dumps(run))
        copy.close()
        with pytest.raises(UserError, match=r"is being written"):
            RunFolder.resume(run.path)
        copy.write_part("knockout-00", "probes", table)
        assert len(run.read_table("probes")) == 2


# --- what a run says about itself


def test_meta_is_complete_and_json():
    meta = json.loads(json.dumps(collect_meta(7)))
    assert meta["seed"] == 7
    assert meta["versions"]["socialrl"] == socialrl.__version__
    assert meta["versions"]["numpy"] == np.__version__
    assert set(meta["versions"]) >= {"gymnasium", "stable-baselines3", "torch", "numba"}
    assert meta["started"].endswith("+00:00")
    assert meta["command"]
    assert meta["python"].count(".") == 2
    assert set(meta["processor"]) == {"model", "architecture", "simd", "settings"}
    assert meta["processor"]["architecture"] == platform.machine()


def test_vector_instructions_are_named_by_what_the_processor_has():
    from socialrl.storage.provenance import _simd

    avx512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
    assert _simd({"sse2", "avx2", "fma", *avx512}) == "AVX512"
    assert _simd({"avx2", "fma", "avx512f"}) == "AVX2"
    assert _simd({"avx2"}) == _simd({"sse4_2", "avx"}) == "none of AVX2, AVX512"
    assert _simd(None) is None


def test_the_commit_is_that_of_the_checkout(monkeypatch, tmp_path):
    from socialrl.storage import provenance

    monkeypatch.setattr(provenance, "_git", lambda _root, *args: "abc" if args[0] == "rev-parse" else " M x.py")
    root = tmp_path / "checkout"
    (root / ".git").mkdir(parents=True)
    monkeypatch.setattr(provenance, "__file__", str(root / "socialrl" / "storage" / "provenance.py"))
    assert provenance._commit() == ("abc", True)
    (root / ".git").rmdir()
    assert provenance._commit() == (None, None)


def test_only_a_folder_without_work_is_discarded(create, table):
    with create("worked") as worked:
        worked.write_part("ko-00", "animals", table)
        worked.discard_if_untouched()
        assert worked.path.exists()
    with create("idle") as idle:
        idle.discard_if_untouched()
        assert not idle.path.exists()
    with create("unlocked") as run:
        pass
    run.discard_if_untouched()
    assert run.path.exists(), "a reader deletes nothing"
