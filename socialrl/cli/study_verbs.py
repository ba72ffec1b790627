"""Verbs of whole studies: reproduce, calibrate and lineage."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from socialrl.cli import completion
from socialrl.cli.app import Quiet, a_path, app, check_range, overwrite_option, stoppable
from socialrl.cli.work_options import JobsIfAsked, Scheduler, Slurm, work_asked
from socialrl.config import limits
from socialrl.config.shipped import find
from socialrl.errors import UserError, shortened, unknown
from socialrl.progress import open_progress

_MOST_SEEDS = 20
_MOST_GENERATIONS = 10_000
_MOST_RESAMPLES = 10_000

_Parameters = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TABLE|NAME=VALUE|FILE",
        help="Parameters of all animals: a table such as v1, a single value, a calibration's parameters.yaml; can be"
        " given several times.",
    ),
]


@app.command()
def reproduce(
    preset: Annotated[
        str,
        typer.Option(
            help="quick; full (16 animals per group, dose-response); study (single arms and sensitivity, too).",
            autocompletion=completion.presets,
        ),
    ] = "quick",
    findings: Annotated[
        list[Path] | None,
        typer.Option(
            parser=a_path,
            metavar="FILE",
            help="Your own findings (YAML), in addition to those of socialrl or instead of them.",
            autocompletion=completion.names_of("findings"),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="DIR",
            help="Folder for the runs and the scorecard.",
            show_default="runs/reproduce, or runs/seeds with --seeds",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all random numbers.", show_default="1")] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,…",
            help="Several seeds, each in a folder of its own, and a page on how stable verdicts and effects are.",
        ),
    ] = None,
    parameters: _Parameters = None,
    jobs: JobsIfAsked = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    quiet: Quiet = False,
) -> None:
    """Train all groups on every assay, test them, and score the published findings; finished stages are not repeated.

    Example: `socialrl reproduce --preset quick`

    Without a mechanism, or with an earlier table: `socialrl reproduce --parameters settling_worth=0 --output runs/off`

    Under three seeds: `socialrl reproduce --preset full --seeds 1,2,3 --output runs/seeds`
    """
    from socialrl.authoring.checking import read_as
    from socialrl.config.given_parameters import read_parameters
    from socialrl.findings.registry import load_findings
    from socialrl.reproduction.driver import reproduce
    from socialrl.reproduction.folder import usable
    from socialrl.reproduction.presets import PRESETS

    if preset not in PRESETS:
        raise UserError(unknown("preset", preset, PRESETS))
    if seed is not None and seeds is not None:
        raise UserError("--seed and --seeds contradict each other; use one of them")
    check_range("--seed", seed, 0, limits.MAX_SEED)
    several = None if seeds is None else _seeds(seeds)
    typed = output or Path("runs/seeds" if several else "runs/reproduce")
    place, given = usable(typed), read_parameters(parameters or [])
    findings = [find(one, "findings") for one in findings or ()]
    with contextlib.ExitStack() as reading:
        for one in findings:
            reading.enter_context(read_as("findings", one))
        registry = load_findings(*findings) if findings else None

    def say(line: str) -> None:
        if not quiet or line.startswith("note"):
            typer.echo(line, err=True)

    how: dict[str, Any] = {
        "quiet": quiet,
        "say": say,
        "registry": registry,
        "findings": [path.name for path in findings],
        "parameters": given,
        "work": work_asked(jobs, scheduler, slurm),
    }
    with stoppable("finished stages are kept; run the same command again to resume"):
        if several:
            _reproduce_seeds(place, preset, several, **how)
            return
        page = reproduce(place, preset, 1 if seed is None else seed, **how)
    from rich.console import Console

    from socialrl.findings.results import read_result
    from socialrl.scorecard.terminal import findings_table

    Console().print(findings_table(read_result(place / "scorecard.json")))
    typer.echo(f"scorecard: {page}")


def _reproduce_seeds(place: Path, preset: str, seeds: list[int], **how: Any) -> None:
    from rich.console import Console

    from socialrl.reproduction.seeds import reproduce_seeds, seed_folder
    from socialrl.scorecard.beside import of_seeds
    from socialrl.scorecard.beside_terminal import LEGEND, beside_table

    def alone(seed: int) -> str:
        return for_one_seed(sys.argv, seed, str(seed_folder(place, seed)))

    page, beside = reproduce_seeds(place, preset, seeds, command=alone, **how)
    told = of_seeds(beside)
    Console().print(beside_table(beside, told))
    typer.echo(f"{LEGEND}\n{told.lede}")
    typer.echo(f"seeds: {page}")


def for_one_seed(arguments: list[str], seed: int, output: str) -> str:
    """Return the command line that makes one of several seeds alone, from the arguments of the one for all of them."""
    from socialrl.storage.provenance import program

    new = {"--seeds": ["--seed", str(seed)], "--output": ["--output", output]}
    told, rest = [program(arguments[0])], list(arguments[1:])
    while rest:
        word = rest.pop(0)
        name, given, _ = word.partition("=")
        if name in new:
            told += new.pop(name)
            del rest[: 0 if given else 1]
        elif name not in ("--seeds", "--output"):
            told.append(word)
    return shlex.join([*told, *(word for words in new.values() for word in words)])


def _seeds(text: str) -> list[int]:
    """Return the seeds of `--seeds`; anything but two or more different whole numbers raises `UserError`."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise UserError(f"--seeds needs whole numbers between commas, such as 1,2,3; got '{shortened(text)}'")
    seeds = [int(word) for word in words]
    for one in seeds:
        check_range("--seeds", one, 0, limits.MAX_SEED)
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds names a seed twice; got '{shortened(text)}'")
    if not 2 <= len(seeds) <= _MOST_SEEDS:
        raise UserError(f"--seeds needs 2 to {_MOST_SEEDS} seeds, got {len(seeds)}; for one seed use --seed")
    return seeds


@app.command()
def calibrate(
    data: Annotated[
        Path,
        typer.Argument(
            parser=a_path,
            metavar="DATA",
            help="Partner-preference tests: a score sheet (CSV, XLSX), events of BORIS, raw data of EthoVision.",
            autocompletion=completion.names_of("score sheet"),
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="FILE",
            help="World and training, instead of the defaults.",
            autocompletion=completion.names_of("experiment"),
        ),
    ] = None,
    output: Annotated[Path, typer.Option(parser=a_path, metavar="DIR", help="Folder for the results.")] = Path(
        "runs/calibration"
    ),
    vectors: Annotated[
        int,
        typer.Option(help="Animals of the first round, each with its own parameters; three times as many in total."),
    ] = 256,
    resamples: Annotated[
        int, typer.Option(help="Fits to resampled voles, which give each quantity its interval; few are for a try.")
    ] = 100,
    search: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Before the first round, move the population by N generations of a direct search (CMA-ES), in each of "
            "which 14 populations of 24 animals learn; needs pip install 'socialrl[fit]'.",
        ),
    ] = 0,
    steps: Annotated[
        int | None, typer.Option(help="Training steps per animal, instead of the configuration's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Root of all random numbers.")] = 1,
    pairs: Annotated[str, typer.Option(help="Tests of which pairs: FF, MM, FM, peers, mates or all.")] = "all",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only rows of the sheet with this value, such as Genotype=WT; can be given several times.",
        ),
    ] = None,
    cohousing_h: Annotated[float, typer.Option(help="Hours that the simulated pairs were cohoused.")] = 24.0,
    retest_days: Annotated[
        float | None,
        typer.Option(help="Days from an early to a late test (LT), 12 if not given; late ones are never fitted."),
    ] = None,
    parameters: _Parameters = None,
    jobs: JobsIfAsked = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    overwrite: Annotated[bool, overwrite_option("a calibration that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Fit wild-type parameters and their spread over animals to partner-preference score sheets.

    A calibration that was stopped resumes after its last finished stage when the command is repeated.

    Example: `socialrl calibrate scores.csv --pairs FF --output runs/calibration`
    """
    check_range("--vectors", vectors, 16)
    check_range("--resamples", resamples, 2, _MOST_RESAMPLES)
    check_range("--search", search, 0, _MOST_GENERATIONS)
    check_range("--steps", steps, 1)
    check_range("--seed", seed, 0, limits.MAX_SEED)
    check_range("--cohousing-h", cohousing_h, 0, limits.MAX_COHOUSING_H, limits.TOTAL_COHOUSING)
    most_days = (limits.MAX_COHOUSING_H - cohousing_h) / 24.0
    check_range(
        "--retest-days", retest_days, 0, most_days, f"pairs are cohoused for {limits.MAX_COHOUSING_H:g} h at most"
    )
    work = work_asked(jobs, scheduler, slurm)
    from socialrl.config.loading import load_config

    loaded = None if config is None else load_config(config)
    from socialrl.calibration.plan import Plan
    from socialrl.calibration.report import verdict
    from socialrl.calibration.run import run_calibration

    again = "the same command without --overwrite" if overwrite else "the same command"
    go_on = f"finished stages are kept; run {again} again to resume"
    with stoppable(go_on), open_progress("calibrating", quiet=quiet) as progress:
        result = run_calibration(
            data,
            output,
            config=loaded,
            plan=Plan(vectors=vectors, resamples=resamples, seed=seed, search=search),
            steps=steps,
            pairs=pairs,
            where=where or [],
            cohousing_h=cohousing_h,
            retest_days=retest_days,
            parameters=parameters or [],
            overwrite=overwrite,
            progress=progress,
            say=lambda line: typer.echo(line, err=line.startswith("note")),
            work=work,
        )
    from rich.console import Console

    from socialrl.calibration import terminal

    typer.echo(verdict(result))
    console = Console()
    for table in terminal.tables(result):
        console.print(table)
        console.print()
    typer.echo(f"results: {output / 'calibration.html'}, parameters.yaml and calibration.json beside it")


@app.command()
def lineage(
    config: Annotated[Path, completion.config_argument("lineage", "lineage_treated")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes to the file, with dotted keys.")
    ] = None,
    output: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder in which the lineage is made, instead of `output`.")
    ] = None,
    jobs: JobsIfAsked = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    overwrite: Annotated[bool, overwrite_option("a lineage that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Breed generations: what carers do makes receptor and calm of their pups, who then learn to rear, and so on.

    A lineage that was stopped goes on after its last finished generation when the command is repeated.

    Example: `socialrl lineage lineage`

    The null control: `socialrl lineage lineage_arms_off`
    """
    work = work_asked(jobs, scheduler, slurm)
    from socialrl.authoring.checking import read_as
    from socialrl.lineage.run import load_lineage, run_lineage

    config = find(config, "lineage")
    place = [] if output is None else [f"output={output or '.'}"]
    with read_as("lineage", config):
        loaded = load_lineage(config, [*(overrides or []), *place])
    again = "the same command without --overwrite" if overwrite else "the same command"
    with (
        stoppable(f"finished generations are kept; run {again} again to go on"),
        open_progress(f"lineage {loaded.name}", quiet=quiet) as progress,
    ):
        made = run_lineage(
            loaded,
            str(config),
            overwrite=overwrite,
            progress=progress,
            say=lambda line: typer.echo(line, err=True),
            work=work,
        )
    from rich.console import Console

    from socialrl.lineage import terminal
    from socialrl.lineage.report import sentences

    typer.echo(" ".join(sentences(made)))
    console = Console()
    for table in terminal.tables(made):
        console.print(table)
        console.print()
    typer.echo(terminal.note())
    typer.echo(f"lineage: {loaded.run_path / 'lineage.html'}, animals.csv and the tables of its page beside it")
