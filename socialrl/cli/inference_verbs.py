"""Verbs of inference: simulate, which is costly and done once, and infer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli.app import Quiet, a_path, app, check_range, stoppable
from socialrl.config import limits
from socialrl.progress import open_progress


@app.command()
def simulate(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Changes of the training, such as ppo.learning_rate=0.003."),
    ] = None,
    output: Annotated[Path, typer.Option(parser=a_path, metavar="DIR", help="Folder of the simulations.")] = Path(
        "runs/simulations"
    ),
    animals: Annotated[int, typer.Option(help="Animals, each with its own gain and traits.")] = 256,
    steps: Annotated[
        int | None, typer.Option(help="Training steps per animal and assay, instead of those of the full preset.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="How often every animal takes every test.")] = 4,
    seed: Annotated[int, typer.Option(help="Root of all random numbers.")] = 1,
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
    from socialrl.inference.simulate import Size
    from socialrl.inference.simulate import simulate as make

    with (
        stoppable("finished cohorts are kept; run the same command again to go on"),
        open_progress("simulating", quiet=quiet) as progress,
    ):
        make(output, Size(animals, repeats, steps), seed, overrides or [], progress=progress, say=typer.echo)
    typer.echo(f"simulations: {output}")
