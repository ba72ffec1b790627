"""Verbs of inference: simulate, which is costly and done once, and infer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli import completion
from socialrl.cli.app import Quiet, a_path, app, check_range, overwrite_option, stoppable
from socialrl.cli.work_options import JobsIfAsked, Scheduler, Slurm, work_asked
from socialrl.config import limits
from socialrl.errors import UserError
from socialrl.progress import open_progress


@app.command()
def simulate(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Changes of the training, such as ppo.learning_rate=0.003."),
    ] = None,
    output: Annotated[Path, typer.Option(parser=a_path, metavar="DIR", help="Folder of the simulations.")] = Path(
        "runs/simulations"
    ),
    animals: Annotated[int, typer.Option(help="Animals, each with its own gain and traits.")] = 256,
    steps: Annotated[
        int | None, typer.Option(help="Training steps per animal and assay, instead of those of the full preset.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="How often every animal takes every test.")] = 4,
    assay: Annotated[
        list[str] | None,
        typer.Option(metavar="ASSAY", help="Only this assay, such as PartnerPreference. Can be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Root of all random numbers.")] = 1,
    jobs: JobsIfAsked = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    quiet: Quiet = False,
) -> None:
    """Train animals of known parameters in every assay and test them: what `socialrl infer` learns from.

    A simulation that was stopped goes on after its last finished cohort when the command is repeated.

    Example: `socialrl simulate --output runs/simulations`
    """
    check_range("--animals", animals, 32, limits.MAX_ANIMALS)
    check_range("--steps", steps, 1, limits.MAX_STEPS)
    check_range("--repeats", repeats, 2, 64)
    check_range("--seed", seed, 0, limits.MAX_SEED)
    work = work_asked(jobs, scheduler, slurm)
    from socialrl.inference.battery import ASSAYS
    from socialrl.inference.simulate import Size
    from socialrl.inference.simulate import simulate as make

    with (
        stoppable("finished cohorts are kept; run the same command again to go on"),
        open_progress("simulating", quiet=quiet) as progress,
    ):
        make(
            output,
            Size(animals, repeats, steps),
            seed,
            overrides or [],
            assays=assay or ASSAYS,
            progress=progress,
            say=typer.echo,
            work=work,
        )
    typer.echo(f"simulations: {output}")


@app.command()
def infer(
    scores: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=a_path,
            metavar="SCORES",
            help="Partner-preference tests (a score sheet as CSV or XLSX, events of BORIS, raw data of EthoVision), or"
            " tables with one row per animal and test (CSV).",
            autocompletion=completion.names_of("score sheet"),
        ),
    ] = None,
    simulations: Annotated[
        Path, typer.Option(parser=a_path, metavar="DIR", help="Folder that `socialrl simulate` made.")
    ] = Path("runs/simulations"),
    check: Annotated[
        bool, typer.Option("--validate", help="No SCORES: check the simulations, and which tests tell most.")
    ] = False,
    tests: Annotated[
        list[str] | None,
        typer.Option(metavar="TEST", help="Use only this test; of a score sheet: which test it is. Can be repeated."),
    ] = None,
    late: Annotated[
        str | None,
        typer.Option(metavar="TEST", help="Use the late tests of a score sheet, too, as this test: cohoused_336h."),
    ] = None,
    traits: Annotated[
        list[str] | None,
        typer.Option("--trait", metavar="NAME", help="Infer only the gain and this trait. Can be repeated."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that holds the group, such as Genotype or sex.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Only rows of the score sheet with this value. Can be repeated."),
    ] = None,
    output: Annotated[Path | None, typer.Option(parser=a_path, metavar="DIR", help="Folder for the results.")] = None,
    seed: Annotated[int, typer.Option(help="Root of all random numbers.")] = 1,
    overwrite: Annotated[bool, overwrite_option("results that are already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Infer each animal's receptor gain and traits from its tests, with 90 % intervals, and say what tests do not tell.

    Example: `socialrl infer scores.csv --simulations runs/simulations`

    With --validate: how far answers from these simulations can be trusted, and which test or pair would tell most.
    """
    check_range("--seed", seed, 0, limits.MAX_SEED)
    if check and (scores or tests or late or by or where):
        raise UserError("--validate checks the simulations alone; it takes no SCORES, --tests, --late, --by or --where")
    if not check and not scores:
        raise UserError("infer needs SCORES, files of tests; to check the simulations, use --validate")
    from socialrl.inference.run import run_inference, run_validation
    from socialrl.inference.sentences import of_inference, of_validation

    place = output or Path("runs/validation" if check else "runs/inference")

    def say(line: str) -> None:
        typer.echo(line, err=line.startswith("note"))

    with (
        stoppable("nothing was written; the simulations are kept"),
        open_progress("inferring", quiet=quiet) as progress,
    ):
        if check:
            validation, page = run_validation(
                simulations, place, seed=seed, traits=traits or [], overwrite=overwrite, say=say, on_fit=progress.update
            )
            said = of_validation(validation)
        else:
            found, page = run_inference(
                scores or [],
                simulations,
                place,
                seed=seed,
                tests=tests or [],
                late=late,
                where=where or [],
                by=by,
                traits=traits or [],
                overwrite=overwrite,
                say=say,
                on_fit=progress.update,
            )
            said = of_inference(found)
    for line in said:
        typer.echo(line)
    typer.echo(f"page: {page}, tables beside it")
