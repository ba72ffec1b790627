"""Tasks that take no time: one writes, one fails, one is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from socialrl.work.task import Seat


def write(*, path: str, seat: Seat) -> None:
    """Write a file."""
    assert seat.threads >= 1
    Path(path).write_text("written")


def fail(*, seat: Seat) -> None:
    """Divide by zero."""
    seat.progress.update(1 // 0, 1)


def die(*, seat: Seat) -> None:
    """End this process as the system does for lack of memory."""
    assert seat.threads >= 1
    os.kill(os.getpid(), signal.SIGKILL)
