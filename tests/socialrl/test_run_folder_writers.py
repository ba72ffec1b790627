"""Writing run folders: whole files or none, and one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import test_run_folder
from test_run_folder import names

from socialrl.errors import UserError
from socialrl.storage import atomic, locks
from socialrl.storage.run_folder import RunFolder

create, table = test_run_folder.create, test_run_folder.table


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
    real, calls = locks.lock_descriptor, []

    def lock_after_removal(descriptor, **how):
        if not calls:
            path.unlink()
            path.touch()
        calls.append(descriptor)
        return real(descriptor, **how)

    monkeypatch.setattr(locks, "lock_descriptor", lock_after_removal)
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
