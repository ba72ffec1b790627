"""Tables that tasks make: each in a file of its own beside the work that needs them, whole or not at all."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import data_frame, read_parquet, write_parquet
from socialrl.storage.stages import PIECES
from socialrl.work.executors import Executor, run_all
from socialrl.work.task import Outcome, Seat, Task, Ticket


@dataclass(frozen=True)
class Wanted:
    """A table that is wanted: `call` ("module:function") returns it, given `arguments` and a `seat`."""

    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pieces:
    """Makes tables with `executor`, in `folder`/pieces; the folder's lock is held, and its plan decides all of them.

    Tables of an earlier call are not made again. `drop` removes what is not needed any more.
    """

    folder: Path
    executor: Executor
    ticket: Ticket

    def tables(
        self, wanted: Mapping[str, Wanted], on_done: Callable[[int], None] = lambda _: None
    ) -> dict[str, pd.DataFrame]:
        """Return tables by name, in the order of `wanted`; names are those of files.

        `on_done` is given how many are there. Pieces that failed raise one `UserError` after the others have ended.
        """
        place = self.folder.resolve() / PIECES
        with naming_the_place(f"create {place}"):
            place.mkdir(exist_ok=True)
        paths = {name: place / f"{name}.parquet" for name in wanted}
        missing = [name for name, path in paths.items() if not path.exists()]
        tasks = [
            Task(
                name,
                "socialrl.work.pieces:make",
                {"call": wanted[name].call, "given": dict(wanted[name].arguments), "path": str(paths[name])},
                self.ticket,
            )
            for name in missing
        ]
        before = len(paths) - len(missing)
        self.executor.check_room([0.0] * len(tasks))  # a piece is small beside the process that makes it

        def done(_: Outcome, number: int) -> None:
            on_done(before + number)

        run_all(self.executor, tasks, "piece", done)
        return {name: data_frame(read_parquet(path), path) for name, path in paths.items()}

    def drop(self) -> None:
        """Remove all pieces, once what they were needed for is written."""
        drop_pieces(self.folder)


def drop_pieces(folder: Path) -> None:
    """Remove the pieces in `folder`, if there are any."""
    shutil.rmtree(folder / PIECES, ignore_errors=True)


def make(*, call: str, given: Mapping[str, Any], path: str, seat: Seat) -> None:
    """Make one table and write it; a task."""
    module, _, name = call.partition(":")
    write_parquet(Path(path), getattr(importlib.import_module(module), name)(**given, seat=seat))
