"""Where work is to be done, as it was asked for: processes of this machine, a Dask cluster, or SLURM.

The library of an executor is imported when it is opened, and not before.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialrl.errors import UserError, nearest, shortened
from socialrl.work.executors import LOCAL, SLURM, Executor, need

_ADDRESS = re.compile(r"[a-z]+://[^/]*[^/:]:[0-9]{1,5}/?")
_PROTOCOLS = ("tcp://", "tls://", "ws://", "wss://", "ucx://")


@dataclass(frozen=True)
class Asked:
    """What was asked for: a scheduler (an address, `slurm`, `local`, or None for this machine) and its settings.

    `jobs` None: as many as processors.
    """

    scheduler: str | None = None
    jobs: int | None = None
    slurm: Sequence[str] = ()

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
            if not _ADDRESS.fullmatch(self.scheduler):
                raise UserError(
                    f"--scheduler {shortened(self.scheduler)}: the address of a Dask scheduler has a host and a port,"
                    " such as tcp://10.0.0.1:8786"
                )
            need("distributed", "dask", "--scheduler tcp://…")
            if self.slurm:
                raise UserError("--slurm sets up jobs of SLURM; it cannot be used with a Dask scheduler")
        elif self.scheduler in (SLURM, LOCAL):
            need("submitit", "dask", f"--scheduler {self.scheduler}")
        else:
            near = nearest(self.scheduler, (SLURM, LOCAL))
            if _ADDRESS.fullmatch(f"tcp://{self.scheduler}"):
                near = f"tcp://{self.scheduler}"
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

        yield OnThisMachine(asked.jobs)
    elif asked.scheduler.startswith(_PROTOCOLS):
        from socialrl.work.on_dask import open_dask

        with open_dask(asked.scheduler) as executor:
            yield executor
    else:
        from socialrl.work.on_slurm import OnSlurm

        yield OnSlurm(asked.scheduler, folder / "jobs", asked.slurm)
