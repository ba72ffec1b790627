"""The verb `sweep`: many runs of one configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli.app import Quiet, a_path, app, check_range, overwrite_option, stoppable
from socialrl.cli.work_options import Jobs, Scheduler, Slurm, work_asked
from socialrl.errors import UserError
from socialrl.progress import open_progress

_MOST = 10_000


@app.command()
def sweep(
    config: Annotated[
        Path, typer.Argument(parser=a_path, metavar="CONFIG", help="A YAML file, for example configs/demo.yaml.")
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUES",
            help="What varies: KEY=A,B,C or KEY=LOW..HIGH:STEP are lists; KEY=LOW..HIGH is an interval to draw from,"
            " KEY=LOW..HIGH:log one in the logarithm, KEY=LOW..HIGH:whole one of whole numbers. KEY=VALUE changes all"
            " points, as for train.",
        ),
    ] = None,
    pieces: Annotated[
        list[Path] | None,
        typer.Option("--with", parser=a_path, metavar="FILE", help="A partial configuration merged into the file."),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="FILE", help="A list of points (CSV): a column per key, a row per point."),
    ] = None,
    random: Annotated[int | None, typer.Option(metavar="N", help="N random draws instead of all combinations.")] = None,
    optuna: Annotated[
        int | None,
        typer.Option(metavar="N", help="A search of N proposals in all; needs pip install 'socialrl[sweep]'."),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Proposals of a search that are tried at a time.", show_default="4"),
    ] = None,
    maximize: Annotated[
        str | None,
        typer.Option(metavar="GROUP.TEST.MEASURE", help="What a search makes large, such as wt.cohoused_24h.return."),
    ] = None,
    minimize: Annotated[
        str | None, typer.Option(metavar="GROUP.TEST.MEASURE", help="What a search makes small.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="DIR", help="Folder of the sweep.", show_default="<output>/<name>_sweep"),
    ] = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    show: Annotated[bool, typer.Option("--list", help="List the points and their state, and do nothing.")] = False,
    overwrite: Annotated[bool, overwrite_option("points that are already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Train and test one run for every combination of values, seed or draw; one table and one page over all of them.

    Every point is a run folder. Finished points are kept, and stopped ones resume, when the command is repeated; a
    point that fails is named and does not stop the others.

    Example: `socialrl sweep demo seed=1,2,3 ppo.learning_rate=1e-3,3e-3`

    Random draws: `socialrl sweep demo ppo.gamma=0.9..0.999 ppo.ent_coef=1e-3..1e-1:log --random 20`

    A search: `socialrl sweep demo ppo.ent_coef=1e-3..1e-1:log --optuna 40 --maximize
    wt.cohoused_24h.return`
    """
    for option, value in (("--random", random), ("--optuna", optuna), ("--batch", batch)):
        check_range(option, value, 1, _MOST)
    work = work_asked(jobs, scheduler, slurm)
    objective = _objective(optuna, random, maximize, minimize)
    if batch is not None and optuna is None:
        raise UserError("--batch is for a search; add --optuna N")
    from socialrl.authoring.checking import read_as
    from socialrl.storage.provenance import command_line
    from socialrl.sweep.outcome import How
    from socialrl.sweep.points import read_rows
    from socialrl.sweep.run import failed_in_words, listing, prepare, run_sweep
    from socialrl.sweep.space import read_space

    with read_as("experiment", config):
        made = prepare(
            config,
            read_space(words or []),
            How(random, optuna, batch or 4, objective, minimize is None),
            pieces=pieces or [],
            rows=[] if points is None else read_rows(points),
            output=output,
        )
    if show:
        for line in listing(made):
            typer.echo(line)
        return
    with (
        stoppable("finished points are kept; run the same command again to go on"),
        open_progress("points", quiet=quiet) as progress,
    ):
        done = run_sweep(
            made,
            work,
            command=command_line(),
            overwrite=overwrite,
            progress=progress,
            say=lambda line: typer.echo(line, err=True),
        )
    from rich.console import Console

    from socialrl.sweep.content import sentences
    from socialrl.sweep.report import PAGE
    from socialrl.sweep.terminal import points_table, title

    typer.echo(title(done))
    Console().print(points_table(done))
    typer.echo(" ".join(sentences(done)))
    typer.echo(f"sweep: {made.folder / PAGE}, sweep.csv and measures.csv beside it")
    if failed := failed_in_words(done):
        raise UserError(f"{failed}; the same command tries them again")


def _objective(optuna: int | None, random: int | None, maximize: str | None, minimize: str | None) -> str:
    given = [one for one in (maximize, minimize) if one is not None]
    if optuna is None:
        if given:
            raise UserError("--maximize and --minimize are for a search; add --optuna N")
        return ""
    if random is not None:
        raise UserError("--random and --optuna contradict each other; use one of them")
    if len(given) != 1:
        raise UserError(
            "--optuna needs one of --maximize and --minimize, a GROUP.TEST.MEASURE such as wt.cohoused_24h.return"
        )
    return given[0]
