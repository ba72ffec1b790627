"""What does tasks: the interface of all executors, and what they and their callers share."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from socialrl.errors import UserError, shortened
from socialrl.work.task import Outcome, Task, code_of_this_process

SLURM, LOCAL = "slurm", "local"
MOST_JOBS = 4096


class Executor(Protocol):
    """Does tasks, several at a time."""

    @property
    def where(self) -> str:
        """Where in a few words: "2 processes of this machine"."""

    def check_room(self, needs: Sequence[float]) -> None:
        """Raise `UserError` if pieces of work that need so many bytes each do not fit side by side, where it is known.

        To be asked before anything is written.
        """

    def run(self, tasks: Sequence[Task]) -> Generator[Outcome]:
        """Do tasks and yield how each ended, in the order in which they end; a lost process fails only its task.

        Closing the generator gives up what has not ended.
        """


def need(module: str, extra: str, what: str) -> None:
    """Raise `UserError` with the command that installs an extra if its `module` is not there."""
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
    with contextlib.closing(executor.run(tasks)) as outcomes:
        for number, outcome in enumerate(outcomes, start=1):
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
    """Return NAME=VALUE settings; what is a number becomes one.

    What is not of this form, and a name that is given twice, raise `UserError`.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier() or not value.strip():
            raise UserError(f"{option} needs NAME=VALUE, such as partition=cpu; got '{shortened(text)}'")
        if name in found:
            raise UserError(f"{option} {name} is given twice")
        found[name] = _number_or_text(value)
    return found


def _number_or_text(value: str) -> int | float | str:
    """A number where a number is written as such; an account may be called 007."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            if str(number := kind(value)) == value:
                return number
    return value


def for_other_machines(tasks: Sequence[Task]) -> list[Task]:
    """Return tasks that other machines refuse if their versions or code differ from those of this process."""
    return [replace(task, code=code_of_this_process()) for task in tasks]


def by_name(tasks: Sequence[Task]) -> Mapping[str, Task]:
    """Return tasks by name; two of one name are our own mistake."""
    found = {task.name: task for task in tasks}
    assert len(found) == len(tasks), "tasks have names of their own"
    return found
