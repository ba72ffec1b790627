"""How a process is asked to stop, and how its worker processes end with it.

Ctrl-C, SIGTERM (which SLURM, Docker and systemd send) and SIGHUP (the terminal was closed) all raise `Stopped` in the
main thread. Work that can only be resumed from certain points handles the request at the next such point (`deferred`).
A signal that the caller has switched off stays off: `nohup` keeps a run alive when its terminal is closed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_POLL_S = 1.0
_PR_SET_PDEATHSIG = 1


class Stopped(KeyboardInterrupt):
    """The process was asked to stop by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Request:
    """Whether the process was asked to stop while `deferred` holds that back; `number` is the signal, or None."""

    def __init__(self) -> None:
        self.number: int | None = None

    def answer(self) -> None:
        """Raise `Stopped` if the process was asked to stop."""
        if self.number is not None:
            raise Stopped(self.number)


_last: int | None = None
_open: list[Request] = []


def exit_code() -> int:
    """Return 128 and the number of the last signal that asked to stop: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (signal.SIGINT if _last is None else _last)


@contextlib.contextmanager
def signals() -> Iterator[None]:
    """Turn the signals that ask to stop into `Stopped` within the block; does nothing outside the main thread."""
    global _last
    _last = None
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        # None: the handler is not Python's and could not be restored
        before = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, _asked)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def deferred() -> Iterator[Request]:
    """Hold the first request to stop back until the work asks for it, or the block ends; a second stops it."""
    request = Request()
    _open.append(request)
    try:
        yield request
    finally:
        _open.remove(request)
    request.answer()


def ask() -> None:
    """Ask the work of this process to stop, as SIGTERM does: at its next checkpoint, or at once where it has none."""
    _asked(signal.SIGTERM, None)


def _asked(number: int, _frame: FrameType | None) -> None:
    global _last
    _last = number
    waiting = [request for request in _open if request.number is None]
    if not waiting or len(waiting) < len(_open):
        raise Stopped(number)
    for request in waiting:
        request.number = number
    # Not by print, which may be what was interrupted; a terminal that was closed takes nothing.
    with contextlib.suppress(OSError):
        os.write(2, b"stopping at the next checkpoint; a second signal stops immediately\n")


def end_with_parent(parent: int) -> None:
    """Make this worker process end when the process `parent` ends, in whatever way, and ignore all signals but SIGKILL.

    Signals that ask to stop are ignored: they reach the parent too, which ends its workers itself.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before this was set up
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_S)
    os._exit(1)
