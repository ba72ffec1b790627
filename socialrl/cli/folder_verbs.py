"""Verbs about folders of results on disk: whether their files are still what was written."""

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
            parser=a_path, metavar="RUN...", help="Run folders, folders that contain run folders, or simulations."
        ),
    ],
) -> None:
    """Read every file of run folders and compare it with the checksum recorded when it was written.

    Example: `socialrl check runs/demo`

    Ends with exit code 2 if a file is missing or was changed.
    """
    from socialrl.storage.manifest import Manifest
    from socialrl.storage.places import is_simulations, run_folders
    from socialrl.storage.run_folder import RunFolder

    damaged = 0
    for path in [one for one in runs if is_simulations(one)]:
        listed = Manifest.read(path, path / "sums.json")
        problems = list(listed.problems())
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        damaged += bool(problems)
        if not problems:
            typer.echo(f"{path}: simulations, {len(listed.files)} files unchanged since they were written")
    for path in [one for given in runs if not is_simulations(given) for one in run_folders(given)]:
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
