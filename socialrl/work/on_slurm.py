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

from socialrl.errors import UserError
from socialrl.work.executors import SLURM, by_name, for_other_machines, settings_of, usable_processors
from socialrl.work.task import Outcome, Task, run_task

_POLL_S = 0.5
_SECONDS_BETWEEN_LOOKS = 15.0
"""At the queue, for jobs that ended without a word."""
_LARGEST_ARRAY = 1000
"""SLURM's usual limit (MaxArraySize) is 1001."""
_GENERAL = ("timeout_min", "mem_gb", "nodes", "cpus_per_task", "gpus_per_node")
_DEFAULTS: dict[str, Any] = {"name": "socialrl", "timeout_min": 24 * 60}


class OnSlurm:
    """Does tasks as jobs; `cluster` is `slurm` or `local`, `folder` holds logs, `given` are settings NAME=VALUE."""

    def __init__(self, cluster: str, folder: Path, given: Sequence[str]) -> None:
        self._cluster, self._folder = cluster, folder
        settings = settings_of(given, "--slurm")
        named = {name if name in _GENERAL else f"slurm_{name}": value for name, value in settings.items()}
        try:
            self._executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
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

    def run(self, tasks: Sequence[Task]) -> Generator[Outcome]:
        """Do tasks and yield how each ended; they are cancelled if the caller stops."""
        named = list(by_name(for_other_machines(tasks)).values())
        waiting: dict[str, submitit.Job[Outcome]] = {}
        try:
            for first in range(0, len(named), _LARGEST_ARRAY):
                some = named[first : first + _LARGEST_ARRAY]
                jobs = self._executor.map_array(Resumable(), some)
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


class Resumable:
    """The task function as submitit wants it: with what to do when the job's time is up."""

    def __call__(self, task: Task) -> Outcome:
        """Do a task with the processors of the job."""
        return run_task(task, int(os.environ.get("SLURM_CPUS_PER_TASK", 0)) or usable_processors())

    def checkpoint(self, task: Task) -> submitit.helpers.DelayedSubmission:
        """Return the same task for a job that goes on with it."""
        return submitit.helpers.DelayedSubmission(self, task)
