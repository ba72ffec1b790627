"""Waiting for a folder in which a process writes that has not noticed yet that its work was given to another."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from socialrl.storage.places import BusyError
from socialrl.work.task import Seat

Taken = TypeVar("Taken")
_PATIENCE_S = 86_400.0
"""Long, because whoever holds the folder is doing this very work: a machine that was given up too early, say."""
_POLL_S = 1.0


def when_free(take: Callable[[], Taken], seat: Seat) -> Taken:
    """Return what `take` returns, tried again for up to a day while it raises `BusyError`; then that is raised."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return take()
        except BusyError:
            if time.monotonic() > ends:
                raise
            seat.progress.update(0, 1)
            time.sleep(_POLL_S)
