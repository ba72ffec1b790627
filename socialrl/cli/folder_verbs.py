"""Verbs about files on disk: can they be used, are they what was written, what changed, what single animals did."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli.app import RunArgument, a_path, app, names_of_option, note_unfinished
from socialrl.errors import UserError


@app.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=a_path,
            metavar="FILE|RUN",
            help="Configurations, protocols, findings and other YAML files; score sheets; run folders, folders of them,"
            " simulations, lineages or calibrations.",
        ),
    ],
) -> None:
    """Say of files that you wrote whether they can be used, and of run folders whether they are as they were written.

    Example: `socialrl check mine/experiment.yaml mine/protocol.yaml`

    What a YAML file is, is found by its keys; a table is checked as a score sheet. A mistake is the line that its verb
    would end with.

    A run folder: `socialrl check runs/demo` reads every file and compares it with its checksum.

    Ends with exit code 2 if a file cannot be used, is missing or was changed.
    """
    wrong = [_check_folder(path) if _is_folder(path) else _check_file(path) for path in paths]
    files, folders = (sum(found for kind, found in wrong if kind == one) for one in ("file", "folder"))
    told = [f"{files} file{'s' if files > 1 else ''} cannot be used"] if files else []
    if folders:
        told.append(f"{folders} run folder{'s are' if folders > 1 else ' is'} damaged or cannot be read")
    if told:
        raise UserError("; ".join(told))


def _is_folder(path: Path) -> bool:
    """Whether a path is a folder, or looks like one that is not there."""
    from socialrl.authoring.checking import TABLES

    return path.is_dir() or not (path.exists() or path.suffix.lower() in (".yaml", ".yml", *TABLES))


def _check_file(path: Path) -> tuple[str, int]:
    """Print what a file is, or what is wrong with it; return how many files are wrong."""
    from socialrl.authoring.checking import check_file

    try:
        kind = check_file(path)
    except Exception as error:
        if not getattr(error, "user_facing", False):
            raise
        typer.echo(str(error), err=True)
        return "file", 1
    typer.echo(f"{path}: ok ({kind.name})")
    return "file", 0


def _check_folder(path: Path) -> tuple[str, int]:
    """Print whether the runs of a folder are what was written; return how many are not."""
    from socialrl.storage.manifest import Manifest
    from socialrl.storage.places import is_simulations, is_staged, run_folders
    from socialrl.storage.run_folder import RunFolder
    from socialrl.storage.stages import check_stages

    if is_simulations(path):
        listed = Manifest.read(path, path / "sums.json")
        problems = list(listed.problems())
        if not problems:
            typer.echo(f"{path}: simulations, {len(listed.files)} files unchanged since they were written")
        return "folder", _told(path, problems)
    if is_staged(path):
        n_stages, problems = check_stages(path)
        if not problems:
            typer.echo(f"{path}: {n_stages} stages unchanged since they were written")
        return "folder", _told(path, problems)
    damaged = 0
    try:
        found = run_folders(path)
    except UserError as error:
        typer.echo(str(error), err=True)
        return "folder", 1
    for one in found:
        try:
            run = RunFolder.open(one)
            problems = run.problems()
        except UserError as error:
            typer.echo(str(error), err=True)
            damaged += 1
            continue
        damaged += _told(one, problems)
        if not problems:
            state = "finished" if run.finished else "unfinished"
            old = " (written by an older version: only the training tables have checksums)"
            more = "" if run.meta["format"] > 1 else old
            typer.echo(f"{one}: {state}, {run.n_listed} files unchanged since they were written{more}")
    return "folder", damaged


def _told(path: Path, problems: list[str]) -> int:
    for problem in problems:
        typer.echo(f"{path}: {problem}", err=True)
    return bool(problems)


@app.command()
def compare(
    old: Annotated[
        Path,
        typer.Argument(
            parser=a_path, metavar="OLD", help="A folder of a reproduction, its scorecard.json, or a run folder."
        ),
    ],
    new: Annotated[list[Path], typer.Argument(parser=a_path, metavar="NEW", help="One or more to compare with it.")],
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
    """Set scorecards beside each other, row by row, or runs: verdicts, effects, and what changed.

    Example: `socialrl compare runs/study runs/changed --labels old,new --output runs/comparison`

    Run folders get one report of all, with settings that differ and contrasts: `socialrl compare runs/demo runs/mine`

    Nothing is trained or scored again. Scorecards of older versions are read, too.
    """
    from socialrl.storage.places import is_run

    if output.exists() and not output.is_dir():
        raise UserError(f"--output {output} is a file; the comparison needs a folder")
    if is_run(old) or any(map(is_run, new)):
        _compare_runs([old, *new], output, {"--labels": labels, "--notes": notes})
        return
    from rich.console import Console

    from socialrl.findings.beside import names_of, set_beside
    from socialrl.findings.kept import labelled, read_kept
    from socialrl.findings.reasons import read_reasons
    from socialrl.scorecard.beside import of_scorecards, write_beside
    from socialrl.scorecard.beside_terminal import LEGEND, beside_table
    from socialrl.scorecard.made import MadeWith

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


def _compare_runs(paths: list[Path], output: Path, of_scorecards: Mapping[str, object]) -> None:
    """Write the report of several runs; options that are about scorecards are refused."""
    from socialrl.report import write_report
    from socialrl.storage.places import is_run
    from socialrl.storage.run_folder import RunFolder

    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: no such run folder")
        if not is_run(path):
            raise UserError(f"compare takes run folders or scorecards, not both; {path} is no run folder")
    for option, given in of_scorecards.items():
        if given is not None:
            raise UserError(f"{option} is for scorecards; runs are called by the names of their folders")
    folders = [RunFolder.open(path) for path in paths]
    for folder in folders:
        note_unfinished(folder)
    typer.echo(f"comparison: {write_report(folders, output / 'comparison.html')}")


@app.command()
def tensorboard(
    run: RunArgument,
    animal: Annotated[
        list[str] | None, typer.Option(metavar="ID[,ID]", help="These animals, or in addition to --group.")
    ] = None,
    group: Annotated[list[str] | None, typer.Option(metavar="NAME[,NAME]", help="All animals of these groups.")] = None,
) -> None:
    """Add the curves of single animals to a run's TensorBoard, beside those of their groups.

    Example: `socialrl tensorboard runs/demo --animal wt-00,ko-00`, then `tensorboard --logdir runs/demo/tb`
    """
    from socialrl.evaluation.selection import Selection
    from socialrl.storage.atomic import naming_the_place
    from socialrl.storage.run_folder import RunFolder

    chosen = Selection(names_of_option("--group", group), names_of_option("--animal", animal))
    if not chosen:
        raise UserError("tensorboard needs --animal ID or --group NAME: whose curves are to be added?")
    with RunFolder.open(run) as folder:
        from socialrl.tensorboard.individuals import write_individuals

        with naming_the_place(f"write to {folder.tb}"):
            written = write_individuals(folder, chosen.ids(folder.config))
    more = f" and {len(written) - 1} more" if len(written) > 1 else ""
    typer.echo(f"curves: {written[0]}{more}")
