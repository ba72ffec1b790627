"""Verbs of one run folder: train, resume, evaluate, report, and the demo that does all of them."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socialrl.cli.app import Quiet, RunArgument, a_path, app, check_range, note_unfinished, overwrite_option, stoppable
from socialrl.cli.completion import config_argument, names_of
from socialrl.config import limits
from socialrl.config.shipped import shipped
from socialrl.errors import UserError, command
from socialrl.progress import open_progress

if TYPE_CHECKING:
    from socialrl.config.loading import Config
    from socialrl.evaluation.selection import Selection
    from socialrl.storage.run_folder import RunFolder


@app.command()
def train(
    config: Annotated[Path, config_argument("experiment", "partner_preference")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes to the file, with dotted keys.")
    ] = None,
    pieces: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            parser=a_path,
            metavar="FILE",
            help="A partial configuration merged into the file, such as a calibration's.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="DIR", help="Folder in which the run folder is made, instead of `output`."),
    ] = None,
    overwrite: Annotated[bool, overwrite_option("a run that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Train every animal of an experiment and write a run folder.

    Example: `socialrl train partner_preference genotypes.ko.oxtr_gain=0.1 seed=7`

    With calibrated animals: `socialrl train partner_preference --with runs/calibration/parameters.yaml`
    """
    from socialrl.authoring.checking import read_as
    from socialrl.config.loading import load_config

    with read_as("experiment", config):
        loaded = load_config(config, overrides or [], pieces or [])
    if output is not None:
        loaded = _with_output(loaded, str(output), loaded.name)
    _say_next(_train(loaded, overwrite, quiet))


@app.command()
def resume(run: RunArgument, quiet: Quiet = False) -> None:
    """Resume a run that was stopped; finished animals are kept.

    Example: `socialrl resume runs/partner_preference`
    """
    _say_next(_resume(run, quiet))


@app.command()
def evaluate(
    run: RunArgument,
    protocol: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="FILE",
            help="Play this protocol (docs/protocols.md), a file or a name from `socialrl configs`, not the tests.",
            autocompletion=names_of("protocol"),
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Repeats of each test per animal, instead of the configuration's.")
    ] = None,
    events: Annotated[
        bool | None,
        typer.Option(
            "--events/--no-events",
            help="Write when each animal was where and with whom (docs/habitat.md); default: for group habitats.",
        ),
    ] = None,
    events_csv: Annotated[bool, typer.Option("--events-csv", help="Write the events as CSV, too.")] = False,
    synchrony: Annotated[
        bool | None,
        typer.Option(
            "--synchrony/--no-synchrony",
            help="Write how far the two of every pair are in step (docs/synchrony.md); default: where both act.",
        ),
    ] = None,
    series: Annotated[
        bool, typer.Option("--series", help="Write what every animal of a pair does and feels, tick by tick, too.")
    ] = False,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[,NAME]", help="Test these groups only; they get a table of their own."),
    ] = None,
    animal: Annotated[
        list[str] | None, typer.Option(metavar="ID[,ID]", help="Test these animals only, or in addition to --group.")
    ] = None,
    overwrite: Annotated[bool, overwrite_option("an evaluation that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Play the configuration's tests with the trained, frozen animals: one row per animal, test and repeat.

    Example: `socialrl evaluate runs/demo --repeats 8`

    With a protocol, into a table `protocol_<name>`: `socialrl evaluate runs/demo --protocol mating`

    Some animals, into a table `evaluation_of_<names>`, without changing `evaluation` and its report:
    `socialrl evaluate runs/demo --group ko --animal wt-00,wt-03 --repeats 50`
    """
    from socialrl.cli.app import names_of_option
    from socialrl.evaluation.selection import Selection
    from socialrl.storage.run_folder import RunFolder

    check_range("--repeats", repeats, 1, limits.MAX_REPEATS)
    if events_csv and events is False:
        raise UserError("--events-csv and --no-events contradict each other; use one of them")
    events = True if events_csv else events
    selection = Selection(names_of_option("--group", group), names_of_option("--animal", animal))
    with RunFolder.open(run) as folder:
        table = f"evaluation{selection.suffix(folder.config)}"
        if protocol is not None:
            if synchrony or series:
                raise UserError("--synchrony and --series are for the tests of the configuration, not for a protocol")
            _evaluate_protocol(
                folder, protocol, repeats, overwrite, quiet, events=events, events_csv=events_csv, selection=selection
            )
            return
        if folder.has_table(table) and not overwrite:
            what = f"these animals of {folder.path} have" if selection else f"{folder.path} has"
            raise UserError(f"{what} been evaluated already; use --overwrite to replace {table}.parquet")
        folder.lock()
        note_unfinished(folder)
        _evaluate(
            folder,
            repeats,
            quiet,
            events=events,
            events_csv=events_csv,
            synchrony=synchrony,
            series=series,
            selection=selection,
        )
        of_events = f"{table}_events" if selection else "events"
        if folder.has_table(of_events):
            _say_events(folder.path / f"{of_events}.parquet", events_csv)
        for other in ("synchrony", "series"):
            if not selection and folder.has_table(other):
                typer.echo(f"{other}: {folder.path / other}.parquet")
    typer.echo(f"evaluation: {folder.path / table}.parquet and .csv")
    if not selection:
        again = ["--overwrite"] if (folder.path / "report.html").exists() else []
        typer.echo(f"next: {command('report', folder.path, *again)}")


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(parser=a_path, metavar="RUN", help="One or more run folders.")],
    output: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            metavar="FILE",
            help="The page (.html) or a folder for it; for one run the default is the run.",
        ),
    ] = None,
    overwrite: Annotated[bool, overwrite_option("a report that is already there")] = False,
) -> None:
    """Write one self-contained HTML report of one or several runs.

    Example: `socialrl report runs/demo`
    """
    from socialrl.storage.run_folder import RunFolder

    folders = [RunFolder.open(path) for path in runs]
    if output is None and len(folders) > 1:
        raise UserError("a report of several runs needs --output FILE, for example --output runs/report.html")
    place = folders[0].path if output is None else output
    target = place if place.suffix.lower() == ".html" and not place.is_dir() else place / "report.html"
    if target.exists() and not overwrite:
        raise UserError(f"{target} exists; give another --output, or replace it with --overwrite")
    for folder in folders:
        note_unfinished(folder)
    from socialrl.report import write_report

    typer.echo(f"report: {write_report(folders, output)}")


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds the runs.")] = Path("runs"),
) -> None:
    """Write FOLDER/index.html: every run, scorecard, calibration and lineage with its state, headline and page.

    An earlier index is replaced.

    Example: `socialrl index runs`
    """
    from socialrl.report import write_index

    typer.echo(f"index: {write_index(folder)}")


@app.command()
def demo(
    output: Annotated[Path, typer.Option(parser=a_path, help="The run folder.")] = Path("runs/demo"),
    overwrite: Annotated[bool, overwrite_option("a demo that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Train, evaluate and report a small experiment, within minutes; a stopped demo resumes from its last checkpoint.

    Example: `socialrl demo --output runs/demo`
    """
    from socialrl.config.loading import load_config
    from socialrl.storage.run_folder import RunFolder

    if (output / "meta.json").exists() and not overwrite:
        run = RunFolder.open(output)
        if run.finished:
            typer.echo(f"{run.path} holds a finished demo, which is kept (--overwrite trains it again)")
        else:
            typer.echo(f"{run.path} holds an unfinished demo, which is resumed")
            run = _resume(output, quiet)
    else:
        config = _with_output(load_config(_demo_config()), str(output.parent), output.name)
        run = _train(config, overwrite, quiet)
    from socialrl.report import terminal_summary, write_report

    with run:
        if not run.has_table("evaluation"):
            run.lock()
            _evaluate(run, None, quiet)
        if not (run.path / "report.html").exists():
            write_report([run])
    typer.echo(terminal_summary(run))


def _train(config: Config, overwrite: bool, quiet: bool) -> RunFolder:
    from socialrl.config.loading import config_to_yaml
    from socialrl.storage.provenance import collect_meta
    from socialrl.storage.run_folder import RunFolder

    # Before the folder is made, so that what cannot be trained leaves none behind and replaces no run.
    from socialrl.training.devices import usable_device
    from socialrl.training.run import check_fits, train_run

    usable_device(config.device)
    check_fits(config)

    groups = ", ".join(f"{name} (gain {group.oxtr_gain:g})" for name, group in config.genotypes.items())
    if config.habitats:
        groups = f"{', '.join(config.habitats)}, habitats of {groups}"
    meta = collect_meta(config.seed, config.env.table)
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta=meta, overwrite=overwrite) as run:
        typer.echo(f"training {config.animals} animals each of {groups}, in {run.path}")
        ticks, test = config.steps / config.lives, config.env.duration_s / config.env.dt_s
        if math.ceil(ticks / config.ppo.n_steps) * config.ppo.n_steps < test:
            lives = (
                f"{config.steps} steps over {config.lives} lives are {ticks:g} ticks per life, and an episode has "
                f"{test:g}"
            )
            typer.echo(f"note: no training episode ends ({lives}); the table episodes will have no rows", err=True)
        n_animals = config.animals * len(config.members)
        try:
            with _stoppable(run), open_progress(f"training {n_animals} animals", quiet=quiet) as progress:
                train_run(config, run, progress=progress)
        except UserError:
            # Refused before it began (for lack of memory, for example): an empty run folder would only block the name.
            run.discard_if_untouched()
            raise
    return run


def _resume(path: Path, quiet: bool) -> RunFolder:
    from socialrl.storage.run_folder import RunFolder

    with RunFolder.resume(path) as run:
        from socialrl.training.run import resume_run

        with _stoppable(run), open_progress("training", quiet=quiet) as progress:
            resume_run(run, progress=progress)
    return run


def _evaluate(
    run: RunFolder,
    repeats: int | None,
    quiet: bool,
    *,
    events: bool | None = None,
    events_csv: bool = False,
    synchrony: bool | None = None,
    series: bool = False,
    selection: Selection | None = None,
) -> None:
    from socialrl.evaluation.playing import evaluate_run
    from socialrl.evaluation.selection import ALL
    from socialrl.evaluation.unmet import demands_of, unmet

    for note in unmet(run.config, demands_of(run.config)):
        typer.echo(f"note: {note}", err=True)
    with _testing(), open_progress("testing", quiet=quiet) as progress:
        evaluate_run(
            run,
            repeats=repeats,
            events=events,
            events_csv=events_csv,
            synchrony=synchrony,
            series=series,
            selection=selection or ALL,
            progress=progress,
        )
    if not selection:
        from socialrl.storage.atomic import naming_the_place
        from socialrl.tensorboard.results import write_results

        with naming_the_place(f"write to {run.tb}"):
            write_results(run)


def _evaluate_protocol(
    run: RunFolder,
    file: Path,
    repeats: int | None,
    overwrite: bool,
    quiet: bool,
    *,
    events: bool | None,
    events_csv: bool,
    selection: Selection,
) -> None:
    from socialrl.authoring.checking import read_as
    from socialrl.protocols.evaluating import evaluate_protocol

    note_unfinished(run)
    with _testing(), read_as("protocol", file), open_progress("testing", quiet=quiet) as progress:
        played = evaluate_protocol(
            run,
            file,
            repeats=repeats,
            events=events,
            events_csv=events_csv,
            overwrite=overwrite,
            selection=selection,
            progress=progress,
        )
    from socialrl.report import protocol_summary

    for note in played.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(protocol_summary(run, played.table.stem))
    if played.events is not None:
        _say_events(played.events, events_csv)
    typer.echo(f"protocol: {played.table} and .csv")


def _say_events(table: Path, csv: bool) -> None:
    typer.echo(f"events: {table}{' and .csv' if csv else ''}")


def _stoppable(run: RunFolder) -> AbstractContextManager[None]:
    return stoppable(f"the run folder is readable; resume with `{command('resume', run.path)}`")


def _testing() -> AbstractContextManager[None]:
    return stoppable("the trained animals are kept; the same command tests them from the start")


def _say_next(run: RunFolder) -> None:
    typer.echo(f"run: {run.path}")
    typer.echo(f"next: {command('evaluate', run.path)} && {command('report', run.path)}")


def _with_output(config: Config, output: str, name: str) -> Config:
    from socialrl.config.loading import with_overrides

    return with_overrides(config, [f"output={output}", f"name={name}"])


def _demo_config() -> Path:
    return shipped()["demo"]
