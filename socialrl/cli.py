"""The command line: parses, then calls. Heavy libraries are imported inside the verbs, so that help comes at once."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import __version__
from .errors import UserError, from_os_error, unknown
from .progress import open_progress

if TYPE_CHECKING:
    from .config import Config
    from .runs import RunFolder

app = typer.Typer(
    name="socialrl",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, for example runs/demo.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def _overwrite(what: str) -> Any:
    return typer.Option("--overwrite", help=f"Replace {what}.")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Reinforcement learning of social reward: voles, an oxytocin-receptor gain, partner preference.

    First steps: `socialrl demo`, then `tensorboard --logdir runs`.
    """
    if version:
        typer.echo(f"socialrl {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file, for example configs/smoke.yaml.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes to the file, dotted keys.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="Folder that gets the run folder, instead of `output`.")] = None,
    overwrite: Annotated[bool, _overwrite("a run that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Train every animal of an experiment and write a run folder.

    Example: `socialrl train configs/partner_preference.yaml genotypes.ko.oxtr_gain=0.1 seed=7`
    """
    from .config import load_config

    loaded = load_config(config, overrides or [])
    if output is not None:
        loaded = _with_output(loaded, output, loaded.name)
    _say_next(_train(loaded, overwrite, quiet))


@app.command()
def resume(run: RunArgument, quiet: Quiet = False) -> None:
    """Continue a run that was stopped; finished animals are kept.

    Example: `socialrl resume runs/partner_preference`
    """
    _say_next(_resume(run, quiet))


@app.command()
def evaluate(
    run: RunArgument,
    protocol: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Play this protocol (docs/protocols.md) instead of the tests.")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="How often each animal plays each test, instead of the configuration's.")
    ] = None,
    overwrite: Annotated[bool, _overwrite("an evaluation that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Play the configuration's tests with the trained, frozen animals: one row per animal, test and repeat.

    Example: `socialrl evaluate runs/demo --repeats 8`

    With a protocol, a table `protocol_<name>`: `socialrl evaluate runs/demo --protocol configs/protocols/mating.yaml`
    """
    from .runs import RunFolder

    _check_range("--repeats", repeats, 1)
    with RunFolder.open(run) as folder:
        if protocol is not None:
            _evaluate_protocol(folder, protocol, repeats, overwrite, quiet)
            return
        if folder.has_table("evaluation") and not overwrite:
            raise UserError(f"{folder.path} is evaluated already; replace evaluation.parquet with --overwrite")
        folder.lock()
        _note_unfinished(folder)
        _evaluate(folder, repeats, quiet)
    typer.echo(f"evaluation: {folder.path / 'evaluation.parquet'} and .csv")
    typer.echo(f"next: socialrl report {folder.path}")


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="One or more run folders.")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page (.html) or a folder for it; for one run the default is the run."),
    ] = None,
    overwrite: Annotated[bool, _overwrite("a report that is already there")] = False,
) -> None:
    """Write one self-contained HTML report of one or several runs.

    Example: `socialrl report runs/demo`
    """
    from .runs import RunFolder

    folders = [RunFolder.open(path) for path in runs]
    if output is None and len(folders) > 1:
        raise UserError("a report of several runs needs a place: --output FILE, for example --output runs/report.html")
    place = folders[0].path if output is None else output
    target = place if place.suffix.lower() == ".html" and not place.is_dir() else place / "report.html"
    if target.exists() and not overwrite:
        raise UserError(f"{target} exists; give another --output, or replace it with --overwrite")
    for folder in folders:
        _note_unfinished(folder)
    from .report import write_report

    typer.echo(f"report: {write_report(folders, output)}")


@app.command()
def render(
    source: Annotated[str, typer.Argument(metavar="RUN|ID", help="A run folder, or an id from `socialrl envs`.")],
    animal: Annotated[str | None, typer.Option(help="Which animal of the run; default the first.")] = None,
    cohousing_h: Annotated[float, typer.Option(help="Hours cohoused before the test.")] = 24.0,
    gain: Annotated[float | None, typer.Option(help="Receptor gain at test, instead of the animal's own.")] = None,
    gif: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the test as a film.")] = None,
    png: Annotated[Path | None, typer.Option(metavar="FILE", help="Write its last picture.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the test.")] = 1,
    overwrite: Annotated[bool, _overwrite("files that are already there")] = False,
) -> None:
    """Show one test of a trained animal, or of one that acts at random, as a film (GIF) or a picture (PNG).

    Example: `socialrl render runs/demo --animal knockout-00 --gif knockout.gif`
    """
    _check_range("--cohousing-h", cohousing_h, 0, 336)
    _check_range("--gain", gain, 0, 2)
    _check_range("--seed", seed, 0)
    targets = [path for path in (gif, png) if path is not None]
    if not targets:
        raise UserError("say what to write: --gif FILE, --png FILE or both")
    for path in targets:
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists; give another name, or replace it with --overwrite")
    from socialrl_envs import ASSAYS

    from .runs import RunFolder

    if source not in ASSAYS and not Path(source).exists():
        raise UserError(f"{source} is neither a run folder nor an assay: {unknown('assay', source, ASSAYS)}")
    from .film import render_test

    shown = render_test(
        source if source in ASSAYS else RunFolder.open(source),
        animal=animal,
        cohousing_h=cohousing_h,
        gain=gain,
        gif=gif,
        png=png,
        seed=seed,
        overwrite=overwrite,
    )
    typer.echo(f"{shown}: {', '.join(map(str, targets))}")


@app.command()
def envs() -> None:
    """List the ids of the registered assays with their papers.

    Example: `socialrl envs`
    """
    from socialrl_envs import PAPERS

    for name, paper in PAPERS.items():
        typer.echo(f"{name}  {paper}")


@app.command()
def reproduce(
    preset: Annotated[str, typer.Option(help="quick (minutes) or full.")] = "quick",
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the runs, the scorecard and its page.")] = Path(
        "runs/reproduce"
    ),
    seed: Annotated[int, typer.Option(help="Root seed of everything.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Train all groups on every assay, test them, and score the published findings; done stages are not repeated.

    Example: `socialrl reproduce --preset quick`
    """
    from .reproduce import PRESETS, reproduce

    if preset not in PRESETS:
        raise UserError(unknown("preset", preset, PRESETS))
    _check_range("--seed", seed, 0)
    typer.echo(f"scorecard: {reproduce(output, preset, seed, quiet=quiet)}")


@app.command()
def bench(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the numbers as JSON, too.")] = None,
    overwrite: Annotated[bool, _overwrite("a file that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure simulation and training on this machine beside CartPole and Stable-Baselines3, in one run (1-2 minutes).

    Example: `socialrl bench --json bench.json`
    """
    if json is not None and json.exists() and not overwrite:
        raise UserError(f"{json} exists; give another name, or replace it with --overwrite")
    from .run_files import json_text
    from .training.bench import run_bench

    numbers = run_bench(progress=None if quiet else lambda line: typer.echo(line, err=True))
    width = max(map(len, numbers))
    for name, value in numbers.items():
        typer.echo(f"{name:<{width}}  {value:>14,.1f}")
    if json is not None:
        from .atomic import write_bytes

        write_bytes(json, json_text(numbers).encode())


@app.command()
def calibrate(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A score sheet of partner-preference tests (CSV).")],
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="World and training, instead of the defaults.")
    ] = None,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder that gets the results.")] = Path(
        "runs/calibration"
    ),
    vectors: Annotated[
        int, typer.Option(help="Animals of the first round, each with its own parameters; 3 times as many in all.")
    ] = 256,
    steps: Annotated[
        int | None, typer.Option(help="Training steps per animal, instead of the configuration's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Root of all random numbers.")] = 1,
    pairs: Annotated[str, typer.Option(help="Which pairs' tests: FF, MM, FM or all.")] = "all",
    cohousing_h: Annotated[float, typer.Option(help="Hours that the simulated pairs were cohoused.")] = 24.0,
    overwrite: Annotated[bool, _overwrite("a calibration that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Fit wild-type parameters and their spread over animals to partner-preference score sheets.

    Example: `socialrl calibrate scores.csv --pairs FF --output runs/calibration`
    """
    _check_range("--vectors", vectors, 16)
    _check_range("--steps", steps, 1)
    _check_range("--seed", seed, 0)
    _check_range("--cohousing-h", cohousing_h, 0, 336)
    from .config import load_config

    loaded = None if config is None else load_config(config)
    from .calibration.calibrate import Plan
    from .calibration.report import verdict
    from .calibration.run import run_calibration

    with open_progress("calibrating", quiet=quiet) as progress:
        result = run_calibration(
            data,
            output,
            config=loaded,
            plan=Plan(vectors=vectors, seed=seed),
            steps=steps,
            pairs=pairs,
            cohousing_h=cohousing_h,
            overwrite=overwrite,
            progress=progress,
            say=lambda line: typer.echo(line, err=line.startswith("note")),
        )
    typer.echo(verdict(result))
    typer.echo(f"results: {output / 'calibration.html'}, parameters.yaml and calibration.json beside it")


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/demo"),
    overwrite: Annotated[bool, _overwrite("a demo that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Train, evaluate and report a small experiment, within minutes; a stopped demo is continued where it was.

    Example: `socialrl demo --output runs/demo`
    """
    from .config import load_config
    from .runs import RunFolder

    if (output / "meta.json").exists() and not overwrite:
        run = RunFolder.open(output)
        if run.finished:
            typer.echo(f"{run.path} holds a finished demo; it is kept (--overwrite trains it anew)")
        else:
            typer.echo(f"{run.path} holds an unfinished demo; continuing it")
            run = _resume(output, quiet)
    else:
        config = _with_output(load_config(_demo_config()), str(output.parent), output.name)
        run = _train(config, overwrite, quiet)
    from .report import terminal_summary, write_report

    with run:
        if not run.has_table("evaluation"):
            run.lock()
            _evaluate(run, None, quiet)
        if not (run.path / "report.html").exists():
            write_report([run])
    typer.echo(terminal_summary(run))


class _StoppedError(Exception):
    """The user pressed Ctrl-C; the text says how to go on."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 2 a user's mistake, 130 stopped, 1 nobody reads on."""
    command = typer.main.get_command(app)
    try:
        code = command.main(args=arguments, prog_name="socialrl", standalone_mode=False)
        sys.stdout.flush()  # here, so that a reader who has left is noticed inside this block
        if code == 130:  # Ctrl-C in a verb that leaves nothing to continue
            return _complain("stopped", 130)
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return _complain("stopped", 130)
    except _StoppedError as stopped:
        return _complain(str(stopped), 130)
    except Exception as error:
        if isinstance(error, BrokenPipeError):
            # `socialrl envs | head -1`: what Python would still write at exit has to go somewhere silent.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        line = _mistake(error, list(getattr(command, "commands", [])))
        if line is None:
            raise
        return _complain(f"error: {line}", 2)


def _mistake(error: Exception, verbs: list[str]) -> str | None:
    """Return the line for a user's mistake, or None for a bug."""
    if getattr(error, "user_facing", False):
        return str(error)
    if isinstance(error, OSError):
        mistake = from_os_error(error, f"use {error.filename}" if error.filename else "go on")
        return None if mistake is None else str(mistake)
    # Known by its method and not by its class, which has moved between versions of Typer.
    if not hasattr(error, "format_message"):
        return None
    message = " ".join(error.format_message().split())
    unknown_verb = re.match(r"No such command ['\"](.*?)['\"]", message)
    if unknown_verb:
        return unknown("verb", unknown_verb[1], verbs)
    context = getattr(error, "ctx", None)
    return f"{message} (see `{context.command_path} --help`)" if context is not None else message


def _complain(line: str, code: int) -> int:
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
    return code


def _train(config: Config, overwrite: bool, quiet: bool) -> RunFolder:
    from .config import config_to_yaml
    from .provenance import collect_meta
    from .runs import RunFolder

    # Before the folder is made, so that a broken installation leaves none behind.
    from .training.cohort_run import train_run

    groups = ", ".join(f"{name} (gain {group.oxtr_gain:g})" for name, group in config.genotypes.items())
    meta = collect_meta(config.seed)
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta=meta, overwrite=overwrite) as run:
        typer.echo(f"training {config.animals} animals each of {groups}, in {run.path}")
        n_animals = config.animals * len(config.genotypes)
        try:
            with _stoppable(run), open_progress(f"training {n_animals} animals", quiet=quiet) as progress:
                train_run(config, run, progress=progress)
        except UserError:
            # Refused before it began (too little memory, say): a folder without any work in it would only be in the way.
            run.discard_if_untouched()
            raise
    return run


def _resume(path: Path, quiet: bool) -> RunFolder:
    from .runs import RunFolder

    with RunFolder.resume(path) as run:
        from .training.cohort_run import resume_run

        with _stoppable(run), open_progress("training", quiet=quiet) as progress:
            resume_run(run, progress=progress)
    return run


def _evaluate(run: RunFolder, repeats: int | None, quiet: bool) -> None:
    from .protocol import evaluate_run

    with open_progress("testing", quiet=quiet) as progress:
        evaluate_run(run, repeats=repeats, progress=progress)
    from .training.results_log import write_results

    write_results(run)


def _evaluate_protocol(run: RunFolder, file: Path, repeats: int | None, overwrite: bool, quiet: bool) -> None:
    from .life_courses import evaluate_protocol

    _note_unfinished(run)
    with open_progress("testing", quiet=quiet) as progress:
        table = evaluate_protocol(run, file, repeats=repeats, overwrite=overwrite, progress=progress)
    learned_in = run.config.env.id
    others = sorted(set(run.read_table(table.stem)["assay"]) - {learned_in})
    if others:
        typer.echo(f"note: the animals learned in {learned_in}; new to them: {', '.join(others)}", err=True)
    typer.echo(f"protocol: {table} and .csv")


@contextlib.contextmanager
def _stoppable(run: RunFolder) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stopped:
        raise _StoppedError(
            f"stopped; the run folder is readable; continue with `socialrl resume {run.path}`"
        ) from stopped


def _say_next(run: RunFolder) -> None:
    typer.echo(f"run: {run.path}")
    typer.echo(f"next: socialrl evaluate {run.path} && socialrl report {run.path}")


def _note_unfinished(run: RunFolder) -> None:
    if not run.finished:
        typer.echo(f"note: {run.path} is unfinished; what follows is of the animals done so far", err=True)


def _check_range(option: str, value: float | None, low: float, high: float | None = None) -> None:
    # Written so that NaN fails, which Typer's own range check lets through.
    if value is not None and not (low <= value and (high is None or value <= high)):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}"
        raise UserError(f"{option} must be {allowed}, got {value:g}")


def _with_output(config: Config, output: str, name: str) -> Config:
    from .config import with_overrides

    return with_overrides(config, [f"output={output or '.'}", f"name={name}"])


def _demo_config() -> Path:
    path = Path(__file__).resolve().parent.parent / "configs" / "demo.yaml"
    if not path.is_file():
        raise UserError(f"the demo's configuration is not here ({path}); run it from a checkout of the repository")
    return path
