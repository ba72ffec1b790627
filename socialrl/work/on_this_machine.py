"""Tasks in processes of this machine, with joblib."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from socialrl import stopping
from socialrl.work.executors import by_name, usable_processors
from socialrl.work.task import Outcome, Task, run_task

_MOST_BREAKS = 2


class OnThisMachine:
    """So many worker processes, which share the processors; one works in this process itself.

    A worker that the system kills (for lack of memory) takes those beside it with it. What had not ended is done again,
    and what still has not after a second time is done one by one, so that the task that does this can be named.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._threads = max(1, usable_processors() // jobs)

    @property
    def where(self) -> str:
        """Where in a few words."""
        return f"{self._jobs} process{'es' if self._jobs > 1 else ''} of this machine"

    def run(self, tasks: Sequence[Task]) -> Generator[Outcome]:
        """Do tasks and yield how each ended."""
        if self._jobs == 1:
            yield from (run_task(task, self._threads) for task in tasks)
            return
        left = dict(by_name(tasks))
        for _ in range(_MOST_BREAKS):
            try:
                for outcome in self._parallel(list(left.values()), self._jobs):
                    del left[outcome.name]
                    yield outcome
            except TerminatedWorkerError:
                continue
            return
        for name, task in left.items():
            try:
                yield from self._parallel([task], 1)
            except TerminatedWorkerError:
                yield Outcome(name, "the system killed its process, perhaps for lack of memory")

    def _parallel(self, tasks: Sequence[Task], jobs: int) -> Generator[Outcome]:
        # Two at least: with one, joblib works in this process, which must outlive the task.
        n_jobs = max(2, min(jobs, len(tasks)))
        pool = Parallel(
            n_jobs=n_jobs,
            backend="loky",
            batch_size=1,
            pre_dispatch="all",
            return_as="generator_unordered",
            initializer=stopping.end_with_parent,
            initargs=(os.getpid(),),
        )
        threads = self._threads if jobs > 1 else usable_processors()
        try:
            yield from pool(delayed(run_task)(task, threads) for task in tasks)
        except (KeyboardInterrupt, GeneratorExit):
            get_reusable_executor().shutdown(wait=False, kill_workers=True)
            raise
