"""Tasks that take no time: one writes, one fails, one is killed, one makes a table."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pandas as pd

from socialrl.work.task import Seat


def write(*, path: str, seat: Seat) -> None:
    """Write a file."""
    assert seat.threads >= 1
    Path(path).write_text("written")


def fail(*, seat: Seat) -> None:
    """Fail as a bug does."""
    assert seat.threads >= 1
    raise ZeroDivisionError("division by zero")


def die(*, seat: Seat) -> None:
    """End this process as the system does for lack of memory."""
    assert seat.threads >= 1
    os.kill(os.getpid(), signal.SIGKILL)


def a_table(*, value: int, seat: Seat) -> pd.DataFrame:
    """Return a table of one value."""
    assert seat.threads >= 1
    return pd.DataFrame({"value": [value]})
