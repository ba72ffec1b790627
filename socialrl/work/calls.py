"""One call of a command that hands out tasks: its tasks end when it does, on whatever machine they are."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from socialrl.storage.atomic import write_bytes
from socialrl.work.task import Ticket

_FILE = ".call"


@contextlib.contextmanager
def open_call(folder: Path) -> Iterator[Ticket]:
    """Provide the ticket of a call that works in `folder`, which exists and is locked; tasks of earlier calls stop.

    The file is gone after the block. A call that was killed leaves it, and its tasks go on until the next call.
    """
    path = folder.resolve() / _FILE
    ticket = Ticket(str(path), secrets.token_hex(8))
    write_bytes(path, ticket.number.encode())
    try:
        yield ticket
    finally:
        path.unlink(missing_ok=True)
