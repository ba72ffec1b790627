"""Tasks as jobs of SLURM, in arrays, with submitit; or, to try that out, as processes that its local executor starts.

A job that reaches its time limit, or is preempted, is put into the queue again and goes on from its folder.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import submitit
from submitit.slurm.slurm import _get_default_parameters

from socialrl.errors import UserError, shortened, unknown
from socialrl.work.executors import SLURM, by_name, for_other_machines, settings_of, usable_processors
from socialrl.work.task import Outcome, Task, run_task

_POLL_S = 0.5
_SECONDS_BETWEEN_LOOKS = 15.0
"""At the queue, for jobs that ended without a word."""
_LARGEST_ARRAY = 1000
"""SLURM's usual limit (MaxArraySize) is 1001."""
_WHOLE = ("timeout_min", "cpus_per_task", "gpus_per_node")
_GENERAL = (*_WHOLE, "mem_gb", "name")
"""Settings of submitit's own; the others are SLURM's."""
_ONE_PROCESS = ("nodes", "ntasks_per_node", "num_gpus")
"""Settings that would do every piece of work several times over, and one that has another name now."""
_MOST_TIMEOUTS = 10
"""A run has ten checkpoints; one that reaches none of them within its time limit never ends."""
_DEFAULTS: dict[str, Any] = {"name": "socialrl", "timeout_min": 24 * 60}


class OnSlurm:
    """Does tasks as jobs; `cluster` is `slurm` or `local`, `folder` holds logs, `given` are settings NAME=VALUE."""

    def __init__(self, cluster: str, folder: Path, given: Sequence[str]) -> None:
        self._cluster, self._folder = cluster, folder
        named = _named(settings_of(given, "--slurm"))
        try:
            self._executor = submitit.AutoExecutor(folder=folder, cluster=cluster, slurm_max_num_timeout=_MOST_TIMEOUTS)
            self._executor.update_parameters(**{**_DEFAULTS, **named})
        except RuntimeError as error:
            raise UserError(f"--scheduler {cluster}: there is no SLURM on this machine (no `sbatch`)") from error
        except (NameError, TypeError, ValueError, AssertionError) as error:
            raise UserError(f"--slurm: {(str(error).splitlines() or ['not usable'])[0]}") from error

    @property
    def where(self) -> str:
        """Where in a few words."""
        what = "SLURM" if self._cluster == SLURM else "submitit's local executor"
        return f"{what}, logs in {self._folder}"

    def check_room(self, needs: Sequence[float]) -> None:
        """Refuse nothing: SLURM gives each job the memory that it asks for."""

    def run(self, tasks: Sequence[Task]) -> Generator[Outcome]:
        """Do tasks and yield how each ended; they are cancelled if the caller stops."""
        named = list(by_name(for_other_machines(tasks)).values())
        waiting: dict[str, submitit.Job[Outcome]] = {}
        try:
            for first in range(0, len(named), _LARGEST_ARRAY):
                some = named[first : first + _LARGEST_ARRAY]
                jobs = self._submitted(some)
                waiting |= {task.name: job for task, job in zip(some, jobs, strict=True)}
            gone: set[str] = set()
            looked = time.monotonic()
            while waiting:
                ended = [name for name, job in waiting.items() if self._has_ended(job)]
                for name in ended:
                    yield self._outcome(name, waiting.pop(name))
                if not ended and time.monotonic() - looked > _SECONDS_BETWEEN_LOOKS:
                    # twice, because the result of a job that has just ended may not be seen yet on a shared disk
                    now = self._out_of_queue(waiting)
                    for name in sorted(gone & now):
                        yield _lost(name, waiting.pop(name))
                    gone, looked = now, time.monotonic()
                elif not ended:
                    time.sleep(_POLL_S)
        finally:
            for job in waiting.values():
                job.cancel(check=False)

    def _submitted(self, tasks: Sequence[Task]) -> list[submitit.Job[Outcome]]:
        """Hand in one array of jobs; what `sbatch` says against it raises `UserError`."""
        try:
            return list(self._executor.map_array(Resumable(), tasks))
        except submitit.core.utils.FailedJobError as error:
            said = [line.removeprefix("sbatch: error: ").removeprefix("sbatch: ") for line in str(error).splitlines()]
            raise UserError(f"--scheduler {self._cluster}: sbatch refuses the jobs: {'; '.join(said)}") from error

    def _has_ended(self, job: submitit.Job[Outcome]) -> bool:
        """Whether a job has a result; of SLURM only that is asked, since `job.done` needs accounting (`sacct`)."""
        if self._cluster != SLURM:
            return bool(job.done())
        with contextlib.suppress(OSError):  # a shared disk looks again at a folder that was changed
            os.utime(job.paths.folder)
        return bool(job.paths.result_pickle.exists())

    def _out_of_queue(self, waiting: Mapping[str, submitit.Job[Outcome]]) -> set[str]:
        """Return the tasks whose jobs SLURM does not know any more."""
        if self._cluster != SLURM:
            return set()
        words = ["squeue", "--noheader", "--array", "--format=%i", f"--user={getpass.getuser()}"]
        told = subprocess.run(words, capture_output=True, text=True, check=False)
        if told.returncode:
            return set()
        known = set(told.stdout.split())
        return {name for name, job in waiting.items() if job.job_id not in known}

    def _outcome(self, name: str, job: submitit.Job[Outcome]) -> Outcome:
        try:
            outcome: Outcome = job.result()
        except submitit.core.utils.UncompletedJobError:  # and FailedJobError
            return _lost(name, job)
        return outcome


def _lost(name: str, job: submitit.Job[Outcome]) -> Outcome:
    return Outcome(name, f"job {job.job_id} ended without a result; see {job.paths.stderr}")


def _named(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as submitit wants them; what it or SLURM would not take raises `UserError`."""
    known = sorted({*_GENERAL, *_get_default_parameters()} - {*_ONE_PROCESS, "job_name", "time", "mem"})
    for name, value in settings.items():
        if name in _ONE_PROCESS:
            raise UserError(f"--slurm {name}: a piece of work is one process on one machine; it cannot be set")
        if name not in known:
            raise UserError(f"--slurm: {unknown('setting', name, known)}")
        if name in _WHOLE and not (isinstance(value, int) and value >= 1):
            raise UserError(f"--slurm {name} must be a whole number of at least 1, got {shortened(str(value))}")
        if name == "mem_gb" and not (isinstance(value, int | float) and value > 0):
            raise UserError(f"--slurm mem_gb must be a number above 0, got {shortened(str(value))}")
    return {name if name in _GENERAL else f"slurm_{name}": value for name, value in settings.items()}


class Resumable:
    """The task function as submitit wants it: with what to do when the job's time is up."""

    def __call__(self, task: Task) -> Outcome:
        """Do a task with the processors of the job."""
        return run_task(task, int(os.environ.get("SLURM_CPUS_PER_TASK", 0)) or usable_processors())

    def checkpoint(self, task: Task) -> submitit.helpers.DelayedSubmission:
        """Return the same task for a job that goes on with it."""
        return submitit.helpers.DelayedSubmission(self, task)
