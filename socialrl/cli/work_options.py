"""Options of verbs whose work can be done by several processes or machines: --jobs, --scheduler, --slurm."""

from __future__ import annotations

from typing import Annotated

import typer

from socialrl.cli.app import check_range
from socialrl.work.asked import Asked
from socialrl.work.executors import MOST_JOBS

Jobs = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", help="Processes of this machine that work at a time; default: its processors."),
]
JobsIfAsked = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", help="Do independent cohorts side by side, in N processes of this machine."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS|slurm",
        help="Work on a cluster that sees the same folders (docs/clusters.md): the address of a Dask scheduler, such as"
        " tcp://10.0.0.1:8786, or slurm; needs pip install 'socialrl[dask]'.",
    ),
]
Slurm = Annotated[
    list[str] | None,
    typer.Option(
        "--slurm",
        metavar="NAME=VALUE",
        help="A setting of SLURM's jobs, such as partition=cpu, timeout_min=600, cpus_per_task=4; can be repeated.",
    ),
]


def work_asked(jobs: int | None, scheduler: str | None, slurm: list[str] | None) -> Asked:
    """Return where work is to be done; what contradicts itself, or needs a library, raises `UserError`."""
    check_range("--jobs", jobs, 1, MOST_JOBS)
    asked = Asked(scheduler, jobs, tuple(slurm or ()))
    asked.check()
    return asked
