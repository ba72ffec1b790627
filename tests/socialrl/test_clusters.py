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

from socialrl import budget
from socialrl.config.loading import config_to_yaml
from socialrl.errors import UserError
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.executors import settings_of
from socialrl.work.on_this_machine import OnThisMachine
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
    (made,) = tiny.ready(tmp_path, "seed=3,4", name="jobs").points[:1]
    config_yaml = config_to_yaml(made.config)

    def point(name: str) -> Task:
        given = {"config_yaml": config_yaml, "folder": str(tmp_path / name), "command": ""}
        return Task(name, "socialrl.sweep.point:run_point", given)

    tasks = [point("good"), Task("wrong", "cluster_tasks:fail"), Task("lost", "cluster_tasks:die")]
    asked = Asked(scheduler=slurm, slurm=("timeout_min=5",))
    with open_executor(asked, tmp_path) as executor:
        assert executor.where.startswith("SLURM" if slurm == "slurm" else "submitit's local executor")
        found = {one.name: one for one in executor.run(tasks)}
    assert found["good"].error == ""
    assert run_task(point("alone")).error == ""
    assert tiny.lasting(tmp_path / "good") == tiny.lasting(tmp_path / "alone"), "a point of a sweep, bit for bit"
    assert found["wrong"].error.startswith("ZeroDivisionError: ")
    assert "cluster_tasks.py" in found["wrong"].trace
    assert "ended without a result; see" in found["lost"].error


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("partitoin=cpu",), "--slurm: unknown setting 'partitoin'; did you mean 'partition'? Known: account, "),
        (("cpu",), "--slurm needs NAME=VALUE, such as partition=cpu; got 'cpu'"),
        (("qos=a", "qos=b"), "--slurm qos is given twice"),
        (("timeout_min=1 h",), "--slurm timeout_min must be a whole number of at least 1, got 1 h"),
        (("mem_gb=-3",), "--slurm mem_gb must be a number above 0, got -3"),
        (("nodes=2",), "--slurm nodes: a piece of work is one process on one machine"),
    ],
)
def test_settings_of_slurm_that_cannot_be_are_one_line(tmp_path, settings, told):
    pytest.importorskip("submitit")
    with pytest.raises(UserError) as error:  # noqa: SIM117
        with open_executor(Asked(scheduler="local", slurm=settings), tmp_path):
            pass
    assert str(error.value).startswith(told)


def test_settings_of_slurm_are_numbers_only_where_they_are_written_as_such():
    given = ["account=007", "timeout_min=60", "mem_gb=1.5", "qos=1e3"]
    assert settings_of(given, "--slurm") == {"account": "007", "timeout_min": 60, "mem_gb": 1.5, "qos": "1e3"}


def test_what_sbatch_says_against_jobs_is_one_line(tmp_path, monkeypatch):
    submitit = pytest.importorskip("submitit")

    def refuse(*_):
        raise submitit.core.utils.FailedJobError("sbatch: error: Invalid partition\nsbatch: error: Batch job failed")

    monkeypatch.setattr(submitit.AutoExecutor, "map_array", refuse)
    with open_executor(Asked(scheduler="local"), tmp_path) as executor, pytest.raises(UserError) as error:
        list(executor.run([Task("good", "cluster_tasks:fail")]))
    assert str(error.value) == "--scheduler local: sbatch refuses the jobs: Invalid partition; Batch job failed"


def test_a_worker_with_another_socialrl_is_refused_before_it_takes_tasks():
    pytest.importorskip("distributed")
    from socialrl.work.on_dask import OnDask

    class Workers:
        def __init__(self, *told):
            self.told = told

        def run(self, function, theirs, on_error):
            assert (function(theirs), on_error) == ("", "return"), "this process is like itself"
            return {f"tcp://10.0.0.{k}:1": one for k, one in enumerate(self.told)}

    OnDask(Workers("", ""), "tcp://x:1").check_workers()
    with pytest.raises(UserError, match=r"the worker tcp://10\.0\.0\.1:1 has numpy 1\.0, not 2\.0; all machines need"):
        OnDask(Workers("", "numpy 1.0, not 2.0"), "tcp://x:1").check_workers()
    with pytest.raises(UserError, match=r"has another socialrl, or none \(No module named 'socialrl'\)"):
        OnDask(Workers(ModuleNotFoundError("No module named 'socialrl'")), "tcp://x:1").check_workers()


def test_as_many_processes_as_memory_has_room_for(monkeypatch):
    monkeypatch.setattr(budget, "free_bytes", lambda: 5.5 * budget.PROCESS)  # 4.4 of them can be used
    assert budget.fitting_at_once([0.0] * 10, 8) == 4
    assert budget.fitting_at_once([0.0] * 3, 8) == 3, "there are no more tasks than that"
    large = [0.0, 2 * budget.PROCESS, 0.0, 0.0]
    assert budget.fitting_at_once(large, 4) == 2, "the large one takes the place of three"
    assert budget.fitting_at_once([*large, 9 * budget.PROCESS], 4) == 2, "one that never fits refuses itself"
    asked, free = OnThisMachine(8), OnThisMachine(None)
    with pytest.raises(UserError, match=r"--jobs 8: so many at a time need about 3\.4 GiB of memory, and 1\.8 GiB can"):
        asked.check_room([0.0] * 10)
    monkeypatch.setattr("socialrl.work.on_this_machine.usable_processors", lambda: 16)
    free = OnThisMachine(None)
    free.check_room([0.0] * 10)
    assert free.where == "4 processes of this machine"
    free.check_room([0.0] * 2)
    assert free.where == "2 processes of this machine", "there are two more tasks only"


def test_a_sweep_that_does_not_fit_side_by_side_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "free_bytes", lambda: 3 * budget.PROCESS)
    made = tiny.ready(tmp_path, "seed=1,2,3")
    with pytest.raises(UserError, match=r"--jobs 3: .*; --jobs 2 would fit"):
        tiny.swept(made, Asked(jobs=3))
    assert not made.folder.exists()


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
        (Asked("10.0.0.1:8786"), "did you mean 'tcp://10.0.0.1:8786'"),
        (Asked("tcp://10.0.0.1"), "tcp://10.0.0.1: the address of a Dask scheduler has a host and a port"),
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
