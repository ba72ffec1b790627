"""Verbs about results on disk: are files still what was written, and what changed between scorecards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli.app import a_path, app
from socialrl.errors import UserError


@app.command()
def check(
    runs: Annotated[
        list[Path],
        typer.Argument(
            parser=a_path,
            metavar="RUN...",
            help="Run folders, folders that contain run folders, simulations, lineages or calibrations.",
        ),
    ],
) -> None:
    """Read every file of run folders and compare it with the checksum recorded when it was written.

    Example: `socialrl check runs/demo`

    Ends with exit code 2 if a file is missing or was changed.
    """
    from socialrl.storage.manifest import Manifest
    from socialrl.storage.places import is_simulations, is_staged, run_folders
    from socialrl.storage.run_folder import RunFolder
    from socialrl.storage.stages import check_stages

    damaged = 0
    for path in [one for one in runs if is_simulations(one)]:
        listed = Manifest.read(path, path / "sums.json")
        problems = list(listed.problems())
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        damaged += bool(problems)
        if not problems:
            typer.echo(f"{path}: simulations, {len(listed.files)} files unchanged since they were written")
    for path in [one for one in runs if is_staged(one)]:
        n_stages, problems = check_stages(path)
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        damaged += bool(problems)
        if not problems:
            typer.echo(f"{path}: {n_stages} stages unchanged since they were written")
    others = [one for one in runs if not (is_simulations(one) or is_staged(one))]
    for path in [one for given in others for one in run_folders(given)]:
        try:
            run = RunFolder.open(path)
            problems = run.problems()
        except UserError as error:
            typer.echo(str(error), err=True)
            damaged += 1
            continue
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        damaged += bool(problems)
        if not problems:
            state = "finished" if run.finished else "unfinished"
            old = (
                ""
                if run.meta["format"] > 1
                else " (written by an older version: only the training tables have checksums)"
            )
            typer.echo(f"{path}: {state}, {run.n_listed} files unchanged since they were written{old}")
    if damaged:
        raise UserError(f"{damaged} run folder{'s are' if damaged > 1 else ' is'} damaged or cannot be read")


@app.command()
def compare(
    old: Annotated[
        Path, typer.Argument(parser=a_path, metavar="OLD", help="A folder of a reproduction, or its scorecard.json.")
    ],
    new: Annotated[list[Path], typer.Argument(parser=a_path, metavar="NEW...", help="One or more to compare with it.")],
    labels: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="What each is called, in order, instead of the names of the folders."),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="FILE",
            help="Your reasons (YAML): `notes: {F10: text, F10b: text}`; they stand beside their rows.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(parser=a_path, metavar="DIR", help="Folder for comparison.html, .json, .csv and .md.")
    ] = Path("runs/comparison"),
) -> None:
    """Set scorecards beside each other, row by row: verdicts, effects, and what changed.

    Example: `socialrl compare docs/results/study runs/study --labels old,new --output runs/comparison`

    Nothing is trained or scored again. Scorecards of older versions are read, too.
    """
    from rich.console import Console

    from socialrl.findings.beside import names_of, set_beside
    from socialrl.findings.kept import labelled, read_kept
    from socialrl.findings.reasons import read_reasons
    from socialrl.scorecard.beside import of_scorecards, write_beside
    from socialrl.scorecard.beside_terminal import LEGEND, beside_table
    from socialrl.scorecard.made import MadeWith

    if output.exists() and not output.is_dir():
        raise UserError(f"--output {output} is a file; the comparison needs a folder")
    cards = labelled([read_kept(one) for one in (old, *new)], labels.split(",") if labels is not None else ())
    results = {label: one.result for label, one in cards.items()}
    beside = set_beside(results)
    if notes is not None:
        beside = set_beside(results, notes=read_reasons(notes, names_of(beside)))
    made = [MadeWith(label, one.made) for label, one in cards.items()]
    told = of_scorecards(beside, made)
    page = write_beside(beside, told, made, output)
    Console().print(beside_table(beside, told))
    typer.echo(f"{LEGEND}\n{told.lede}")
    typer.echo(f"comparison: {page}")
