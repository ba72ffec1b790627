"""Work on a cluster: a real Dask scheduler with two workers, of which one is killed, and jobs of submitit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import one_node_slurm
import pytest
import tiny_sweep as tiny

from socialrl.errors import UserError
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.task import Task, code_of_this_process, run_task

_PATIENCE_S = 1800.0
_POLL_S = 0.01


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start `dask scheduler` and `dask worker` on the loopback address; provide its address and the workers."""
    place = folder / "scheduler.json"
    told = ["--host", "127.0.0.1", "--no-dashboard"]
    here = str(Path(__file__).parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *sys.path]), "NUMBA_NUM_THREADS": "1"}
    env |= {"SOCIALRL_EXTENSIONS": f"{here}/killed_worker.py", "KILLED": str(folder / "killed")}

    def start(what: str, *more: str) -> subprocess.Popen[bytes]:
        with (folder / f"{what}-{len(running)}.log").open("wb") as log:
            words = [sys.executable, "-m", "dask", what, *told, "--scheduler-file", str(place), *more]
            return subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)

    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(start("scheduler", "--port", "0"))
        for _ in range(workers):
            running.append(start("worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "dask")))
        wait_for(place.exists)
        yield json.loads(place.read_text())["address"], running[1:]
    finally:
        for one in running:
            one.kill()
            one.wait()


def wait_for(there) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while not there():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(_POLL_S)


def test_two_dask_workers_of_which_one_is_killed_give_the_same_numbers_as_alone(tmp_path):
    pytest.importorskip("distributed")
    alone = tiny.swept(tiny.ready(tmp_path, "seed=1,2,3", name="alone"))
    made = tiny.ready(tmp_path, "seed=1,2,3", name="cluster")
    with dask_cluster(tmp_path, 2) as (address, workers):
        together = tiny.swept(made, Asked(scheduler=address))
        pid, run = (tmp_path / "killed").read_text().split()
        by_pid = {one.pid: one for one in workers}
        assert by_pid.pop(int(pid)).wait() == -signal.SIGKILL
        assert [one.poll() for one in by_pid.values()] == [None], "the other one went on"
    assert run in [one.point.name for one in together.results], "it was in the middle of a point"
    assert [one.state for one in together.results] == ["done"] * 3
    for one in alone.results:
        here, there = (tiny.lasting(tmp_path / name / one.point.name) for name in ("alone", "cluster"))
        assert here == there, one.point.name
    assert (made.folder / "sweep.csv").read_bytes() == (tmp_path / "alone" / "sweep.csv").read_bytes()


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    from socialrl.work import on_dask

    monkeypatch.setattr(on_dask, "_PATIENCE_S", 1)
    made = tiny.ready(tmp_path, "seed=1,2")
    with pytest.raises(UserError, match=r"tcp://127\.0\.0\.1:9: no Dask scheduler answers there within 1 s; start one"):
        tiny.swept(made, Asked(scheduler="tcp://127.0.0.1:9"))
    assert not made.folder.exists(), "nothing was made"


@pytest.fixture
def slurm(tmp_path, monkeypatch) -> Iterator[str]:
    """A cluster of one node, where Debian's slurm-wlm is installed (as in CI); else submitit's local executor."""
    pytest.importorskip("submitit")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    if not one_node_slurm.installed():
        yield "local"
        return
    with one_node_slurm.one_node(tmp_path / "slurm") as env:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        yield "slurm"


def test_jobs_end_as_done_failed_or_lost_each_by_its_name(tmp_path, slurm, monkeypatch):
    from socialrl.work import on_slurm

    monkeypatch.setattr(on_slurm, "_SECONDS_BETWEEN_LOOKS", 1.0)
    tasks = [
        Task("good", "cluster_tasks:write", {"path": str(tmp_path / "good.txt")}),
        Task("wrong", "cluster_tasks:fail"),
        Task("lost", "cluster_tasks:die"),
    ]
    asked = Asked(scheduler=slurm, slurm=("timeout_min=5",))
    with open_executor(asked, tmp_path) as executor:
        assert executor.where.startswith("SLURM" if slurm == "slurm" else "submitit's local executor")
        found = {one.name: one for one in executor.run(tasks)}
    assert found["good"].error == ""
    assert (tmp_path / "good.txt").read_text() == "written"
    assert found["wrong"].error.startswith("ZeroDivisionError: ")
    assert "cluster_tasks.py" in found["wrong"].trace
    assert "ended without a result; see" in found["lost"].error


def test_settings_of_slurm_that_it_does_not_know_are_one_line(tmp_path):
    pytest.importorskip("submitit")
    asked = Asked(scheduler="local", slurm=("partitoin=cpu", "minutes=3"))
    with pytest.raises(UserError, match=r"--slurm: .*(partitoin|minutes)"), open_executor(asked, tmp_path):
        pass
    with pytest.raises(UserError, match="--slurm needs NAME=VALUE, such as partition=cpu; got 'cpu'"):  # noqa: SIM117
        with open_executor(Asked(scheduler="local", slurm=("cpu",)), tmp_path):
            pass


def test_a_process_that_the_system_kills_fails_its_task_alone(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    goods = [Task(f"good-{k}", "cluster_tasks:write", {"path": str(tmp_path / f"{k}.txt")}) for k in range(2)]
    with open_executor(Asked(jobs=2), tmp_path) as executor:
        found = {one.name: one for one in executor.run([*goods, Task("lost", "cluster_tasks:die")])}
    assert found["lost"].error == "the system killed its process, perhaps for lack of memory"
    assert [found[one.name].error for one in goods] == ["", ""]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("tpc://x:1"), "must be the address of a Dask scheduler .*, slurm or local, got 'tpc://x:1'"),
        (Asked("slrum"), "got 'slrum'; did you mean 'slurm'"),
        (Asked("slurm", jobs=2), "--jobs is for processes of this machine"),
        (Asked(slurm=("partition=a",)), "give --scheduler slurm, too"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(asked, told):
    with pytest.raises(UserError, match=told):
        asked.check()


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(
        UserError, match=r"needs the library distributed; install it with: pip install 'socialrl\[dask\]'"
    ):
        Asked("tcp://127.0.0.1:1").check()


def test_a_machine_with_other_versions_does_nothing(tmp_path):
    code = {**code_of_this_process(), "numpy": "1.0"}
    task = Task("x", "cluster_tasks:write", {"path": str(tmp_path / "x")}, code=code)
    assert "not 1.0; all machines need the same versions" in run_task(task).error
    assert not (tmp_path / "x").exists()


def test_a_task_whose_caller_has_gone_is_not_begun(tmp_path):
    with open_call(tmp_path) as ticket:
        pass
    outcome = run_task(Task("x", "cluster_tasks:write", {"path": str(tmp_path / "x")}, ticket))
    assert outcome.stopped
    assert not (tmp_path / "x").exists()
