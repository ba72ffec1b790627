"""Tasks in processes of this machine, with joblib."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from socialrl import budget, stopping
from socialrl.errors import UserError
from socialrl.work.executors import by_name, usable_processors
from socialrl.work.task import Outcome, Task, run_task

_MOST_BREAKS = 2


class OnThisMachine:
    """So many worker processes, which share the processors; one works in this process itself.

    `jobs` None: one for every processor, or fewer where memory is short.

    A worker that the system kills (for lack of memory) takes those beside it with it. What had not ended is done again,
    and what still has not after a second time is done one by one, so that the task that does this can be named.
    """

    def __init__(self, jobs: int | None) -> None:
        self._asked = jobs
        self._jobs = jobs or usable_processors()
        self._at_once = self._jobs
        self._has_room = False

    @property
    def _threads(self) -> int:
        return max(1, usable_processors() // self._at_once)

    @property
    def where(self) -> str:
        """Where in a few words."""
        return f"{self._at_once} process{'es' if self._at_once > 1 else ''} of this machine"

    def check_room(self, needs: Sequence[float]) -> None:
        """Raise `UserError` if so many jobs as were asked for do not fit; where none were, there are fewer from now.

        Looked at once: later, the processes that wait for more work hold their memory already.
        """
        self._at_once = max(1, min(self._jobs, len(needs)))
        if self._has_room:
            return
        self._has_room = True
        fitting = budget.fitting_at_once(needs, self._jobs)
        if fitting >= self._at_once:
            return
        if self._asked is not None:
            largest = sum(sorted((budget.PROCESS + one for one in needs), reverse=True)[: self._jobs])
            usable = budget.SHARE * (budget.free_bytes() or 0)
            raise UserError(
                f"--jobs {self._jobs}: so many at a time need about {budget.gib(largest)} of memory, and"
                f" {budget.gib(usable)} can be used; --jobs {fitting} would fit"
            )
        self._jobs = self._at_once = fitting

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
