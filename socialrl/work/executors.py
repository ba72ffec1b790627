"""Where tasks are done: processes of this machine, a Dask cluster, or SLURM; one small interface, one file each.

An executor's library is imported when the executor is opened, and not before.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from socialrl.errors import UserError, nearest, shortened
from socialrl.work.task import Outcome, Task

SLURM, LOCAL = "slurm", "local"
_PROTOCOLS = ("tcp://", "tls://", "ws://", "wss://", "ucx://")
MOST_JOBS = 4096


class Executor(Protocol):
    """Does tasks, several at a time."""

    @property
    def where(self) -> str:
        """Where in a few words: "2 processes of this machine"."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Do tasks and yield how each ended, in the order in which they end; a lost process fails only its task."""


@dataclass(frozen=True)
class Asked:
    """What was asked for: a scheduler (an address, `slurm`, `local`, or None for this machine) and its settings.

    `jobs` None: as many as processors.
    """

    scheduler: str | None = None
    jobs: int | None = None
    slurm: Sequence[str] = field(default=())

    @property
    def anything(self) -> bool:
        """Whether work is to be handed out at all."""
        return self.scheduler is not None or self.jobs is not None

    def check(self) -> None:
        """Raise `UserError` for what is no scheduler, for options that contradict each other, and a missing library."""
        if self.scheduler is None:
            if self.slurm:
                raise UserError("--slurm sets up jobs of SLURM; give --scheduler slurm, too")
            return
        if self.jobs is not None:
            raise UserError("--jobs is for processes of this machine; with --scheduler the cluster decides how many")
        if self.scheduler.startswith(_PROTOCOLS):
            need("distributed", "dask", "--scheduler tcp://…")
            if self.slurm:
                raise UserError("--slurm sets up jobs of SLURM; it cannot be used with a Dask scheduler")
        elif self.scheduler in (SLURM, LOCAL):
            need("submitit", "dask", f"--scheduler {self.scheduler}")
        else:
            near = nearest(self.scheduler, (SLURM, LOCAL))
            hint = f"; did you mean '{near}'?" if near else ""
            raise UserError(
                f"--scheduler must be the address of a Dask scheduler (tcp://HOST:PORT), {SLURM} or {LOCAL}, got"
                f" '{shortened(self.scheduler)}'{hint}"
            )


@contextlib.contextmanager
def open_executor(asked: Asked, folder: Path) -> Iterator[Executor]:
    """Provide what does tasks within the block; jobs of SLURM keep their logs in `folder`/jobs.

    A scheduler that does not answer, and settings that it does not know, raise `UserError`.
    """
    asked.check()
    if asked.scheduler is None:
        from socialrl.work.on_this_machine import OnThisMachine

        yield OnThisMachine(asked.jobs or usable_processors())
    elif asked.scheduler.startswith(_PROTOCOLS):
        from socialrl.work.on_dask import open_dask

        with open_dask(asked.scheduler) as executor:
            yield executor
    else:
        from socialrl.work.on_slurm import OnSlurm

        yield OnSlurm(asked.scheduler, folder / "jobs", asked.slurm)


def need(module: str, extra: str, what: str) -> None:
    """Raise `UserError` with the command that installs an extra if its `module` is not there."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise UserError(f"{what} needs the library {module}; install it with: pip install 'socialrl[{extra}]'")


def usable_processors() -> int:
    """Return the processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    executor: Executor,
    tasks: Sequence[Task],
    what: str,
    on_done: Callable[[Outcome, int], None] = lambda *_: None,
) -> None:
    """Do all tasks; those that failed are named in one `UserError` after the others have ended.

    `what` is what a task is called, such as "cohort"; `on_done` is given an outcome and how many have ended.
    """
    failed: list[Outcome] = []
    for number, outcome in enumerate(executor.run(tasks), start=1):
        if outcome.stopped:
            raise KeyboardInterrupt
        if outcome.error:
            failed.append(outcome)
        on_done(outcome, number)
    if failed:
        raise UserError(failures(failed, len(tasks), what))


def failures(failed: Sequence[Outcome], n: int, what: str) -> str:
    """Return "2 of 9 cohorts failed: a (reason); b (reason)", the first few of them, one traceback's place included."""
    told = [f"{one.name} ({one.error})" for one in failed[:_MOST_NAMED]]
    more = f"; … and {len(failed) - _MOST_NAMED} more" if len(failed) > _MOST_NAMED else ""
    return f"{len(failed)} of {n} {what}{'s' if n > 1 else ''} failed: {'; '.join(told)}{more}"


_MOST_NAMED = 4


def settings_of(given: Sequence[str], option: str) -> dict[str, Any]:
    """Return NAME=VALUE settings; whole numbers become numbers, and what is not of this form raises `UserError`."""
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier() or not value.strip():
            raise UserError(f"{option} needs NAME=VALUE, such as partition=cpu; got '{shortened(text)}'")
        found[name] = int(value) if value.isascii() and value.isdigit() else value
    return found


def with_tickets(tasks: Sequence[Task], **changes: Any) -> list[Task]:
    """Return tasks with some fields replaced."""
    from dataclasses import replace

    return [replace(task, **changes) for task in tasks]


def by_name(tasks: Sequence[Task]) -> Mapping[str, Task]:
    """Return tasks by name; two of one name are our own mistake."""
    found = {task.name: task for task in tasks}
    assert len(found) == len(tasks), "tasks have names of their own"
    return found
