"""A piece of work as plain data, and the one function that does it, in whatever process on whatever machine.

A task names a function and its arguments; it takes a second try as well as the first, because a machine may be lost in
the middle. What it makes is written to a folder that all machines see. Nothing but words on how it ended comes back.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import platform
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from socialrl import stopping
from socialrl.errors import shortened
from socialrl.extensions import load_extensions
from socialrl.progress import Progress

_SECONDS_BETWEEN_LOOKS = 1.0
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Ticket:
    """Says whether a task is still wanted: as long as the file `path` has the text `number` (see `calls.Call`)."""

    path: str
    number: str

    def valid(self) -> bool:
        """Whether the call that handed it out goes on."""
        try:
            return Path(self.path).read_text(encoding="ascii") == self.number
        except FileNotFoundError:
            return False


@dataclass(frozen=True)
class Task:
    """One piece of work: `call` is a function, "module:name", that takes `arguments` and a `seat`.

    `code` is `code_of_this_process()` of who asks, or empty where the process that does the work is a child of it.
    """

    name: str
    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ticket: Ticket | None = None
    code: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seat:
    """Where a task is done: the threads that it may use, and a display; `update` also stops what is not wanted now."""

    threads: int
    progress: Progress


@dataclass(frozen=True)
class Outcome:
    """How a task ended: `error` is one line, empty if it is done, `trace` the traceback of a bug.

    `stopped`: nobody waits for it any more. `host` is the machine's name, `seconds` what it took.
    """

    name: str
    error: str = ""
    trace: str = ""
    stopped: bool = False
    seconds: float = 0.0
    host: str = ""


def run_task(task: Task, threads: int = 1) -> Outcome:
    """Do a task with so many threads and return how it ended; its mistakes are in the outcome, not raised.

    Threads of one process do their tasks one after another.
    """
    import torch  # here, so that whoever only plans work does not load it

    with _one_at_a_time:
        begun = time.perf_counter()
        ended = functools.partial(Outcome, task.name, host=platform.node())
        try:
            seat = Seat(threads, _Watching(task.ticket))
            seat.progress.update(0, 1)
            load_extensions()  # a process knows only what it imports itself
            if other := unlike(task.code):
                return ended(error=f"{platform.node()} has {other}; all machines need the same versions")
            module, _, name = task.call.partition(":")
            torch.set_num_threads(threads)
            getattr(importlib.import_module(module), name)(**task.arguments, seat=seat)
        except stopping.Stopped:
            return ended(error="stopped", stopped=True, seconds=time.perf_counter() - begun)
        except Exception as error:
            bug = not getattr(error, "user_facing", False)
            lines = (str(error).splitlines() or [""])[0]
            return ended(
                error=f"{type(error).__name__}: {shortened(lines)}" if bug else lines,
                trace=traceback.format_exc() if bug else "",
                seconds=time.perf_counter() - begun,
            )
        return ended(seconds=time.perf_counter() - begun)


class _Watching:
    """A display that shows nothing and asks the work to stop once its ticket is not valid any more."""

    def __init__(self, ticket: Ticket | None) -> None:
        self._ticket = ticket
        self._looked = -_SECONDS_BETWEEN_LOOKS
        self._thread = threading.get_ident()

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:  # noqa: ARG002
        """Look at the ticket, at most once a second, and only from the thread that works."""
        now = time.monotonic()
        if self._ticket is None or self._thread != threading.get_ident() or now - self._looked < _SECONDS_BETWEEN_LOOKS:
            return
        self._looked = now
        if not self._ticket.valid():
            stopping.ask()


@functools.cache
def code_of_this_process() -> dict[str, str]:
    """Return what has to be equal on all machines that work on one thing: versions of libraries, and our own code."""
    import socialrl
    from socialrl.storage.provenance import collect_meta, world_checksum

    root = Path(socialrl.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    meta = collect_meta(0)
    versions = {name: str(version) for name, version in meta["versions"].items()}
    return {"python": meta["python"], **versions, "world": world_checksum(), "code": digest.hexdigest()[:16]}


def unlike(theirs: Mapping[str, str]) -> str:
    """Return the first thing in which this process differs from who asks: "numpy 2.3.1, not 2.4.6"; empty if none."""
    if not theirs:
        return ""
    ours = code_of_this_process()
    for name, wanted in theirs.items():
        if ours.get(name) != wanted:
            words = {"world": "another world (socialrl_envs)", "code": "other code of socialrl"}
            return words.get(name) or f"{name} {ours.get(name)}, not {wanted}"
    return ""
