"""Verbs that show and measure the world: render, record, envs, drugs, parameters, bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli import completion
from socialrl.cli.app import Quiet, a_path, app, check_range, overwrite_option
from socialrl.config import limits
from socialrl.errors import UserError, unknown


@app.command()
def render(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|ID", help="A run folder, or an id from `socialrl envs`.", autocompletion=completion.assays
        ),
    ],
    animal: Annotated[str | None, typer.Option(help="Animal of the run; default: the first.")] = None,
    cohousing_h: Annotated[float, typer.Option(help="Hours cohoused before the test.")] = 24.0,
    session: Annotated[
        str | None, typer.Option(help="Session of the assay, such as neutral; default: drawn, in a run of its own.")
    ] = None,
    gain: Annotated[float | None, typer.Option(help="Receptor gain in the test, instead of the animal's own.")] = None,
    gif: Annotated[Path | None, typer.Option(parser=a_path, metavar="FILE", help="Write the test as a film.")] = None,
    png: Annotated[
        Path | None, typer.Option(parser=a_path, metavar="FILE", help="Write its last frame as a picture.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the test.")] = 1,
    overwrite: Annotated[bool, overwrite_option("files that are already there")] = False,
) -> None:
    """Show one test of a trained animal, or of one that acts at random, as a film (GIF) or a picture (PNG).

    Example: `socialrl render runs/demo --animal ko-00 --gif ko.gif`
    """
    check_range("--cohousing-h", cohousing_h, 0, limits.MAX_COHOUSING_H, limits.TOTAL_COHOUSING)
    check_range("--gain", gain, 0, 2)
    check_range("--seed", seed, 0, limits.MAX_SEED)
    targets = [path for path in (gif, png) if path is not None]
    if not targets:
        raise UserError("nothing to write: give --gif FILE, --png FILE or both")
    for path in targets:
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists; give another name, or replace it with --overwrite")
    from socialrl.config.experiment import RELEASE
    from socialrl.extensions import load_extensions
    from socialrl.storage.run_folder import RunFolder
    from socialrl_envs import ASSAYS

    load_extensions()
    if source == RELEASE:
        raise UserError(f"{source} has no acting animal; `socialrl record oxytocin_release` draws its traces")
    if source not in ASSAYS and not Path(source).exists():
        raise UserError(f"{source} is neither a run folder nor an assay: {unknown('assay', source, ASSAYS)}")
    from socialrl.film.films import render_test

    shown = render_test(
        source if source in ASSAYS else RunFolder.open(source),
        animal=animal,
        cohousing_h=cohousing_h,
        session=session,
        gain=gain,
        gif=gif,
        png=png,
        seed=seed,
        overwrite=overwrite,
    )
    typer.echo(f"{shown}: {', '.join(map(str, targets))}")


@app.command()
def record(
    config: Annotated[Path, completion.config_argument("recording", "oxytocin_release")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes to the file, with dotted keys.")
    ] = None,
    output: Annotated[
        str | None, typer.Option(help="Folder in which the recording is made, instead of `output`.")
    ] = None,
    overwrite: Annotated[bool, overwrite_option("a recording that is already there")] = False,
) -> None:
    """Record evoked oxytocin release of a population; nothing is trained.

    Example: `socialrl record oxytocin_release stimulation.rate_hz=0.5`
    """
    from socialrl.authoring.checking import read_as
    from socialrl.config.loading import load_recording
    from socialrl.release.folder import changed_groups, record, summary

    place = [] if output is None else [f"output={output or '.'}"]
    with read_as("recording", config):
        loaded = load_recording(config, [*(overrides or []), *place])
    typer.echo(summary(record(loaded, overwrite=overwrite), changed_groups(loaded)))
    typer.echo(f"recording: {loaded.path / 'release.png'}, release.csv and traces.csv beside it")


@app.command()
def envs() -> None:
    """List the ids of the registered assays with their papers.

    Example: `socialrl envs`
    """
    from socialrl.extensions import load_extensions
    from socialrl_envs import PAPERS

    load_extensions()
    for name, paper in PAPERS.items():
        typer.echo(f"{name}  {paper}")


@app.command()
def drugs(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="One drug; default: a list of all.", autocompletion=completion.drugs),
    ] = None,
) -> None:
    """List the drugs with the compounds that they stand for, or print what is known of one: doses, times, sources.

    Example: `socialrl drugs dopamine_agonist`
    """
    from socialrl.findings.drug_help import about, overview
    from socialrl.report.terminal import aligned

    if name is not None:
        typer.echo(about(name))
        return
    for line in aligned(overview()):
        typer.echo(line)
    typer.echo("`socialrl drugs NAME` says more about one of them")


@app.command()
def parameters(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            help="A parameter table by name; default: the current one.",
            autocompletion=completion.tables,
        ),
    ] = None,
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="OTHER",
            help="Another one: print only what differs between the two.",
            autocompletion=completion.tables,
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV, as earlier tables are kept.")] = False,
) -> None:
    """Print a parameter table, or what differs between two of them; without a name the current one.

    Example: `socialrl parameters v1 v2`
    """
    from socialrl.report.terminal import aligned
    from socialrl_envs.named_tables import CURRENT, table_names
    from socialrl_envs.parameters import differences, rows_of, table_csv

    table = CURRENT if table is None else table
    if csv and other is not None:
        raise UserError("--csv prints one table; leave out the second name")
    if csv:
        typer.echo(table_csv(table), nl=False)
        return
    rows, lines = rows_of(table), list[tuple[str, ...]]()
    if other is None:
        names = ", ".join(name for name in table_names() if name != table)
        typer.echo(f"parameter table {table}{' (current)' if table == CURRENT else ''}; there is also {names}")
        lines.append(("parameter", "value", "log-sd", "from", "to", "unit", "evidence"))
        for row in rows:
            numbers = (f"{one:g}" for one in (row.value, row.spread, row.low, row.high))
            lines.append((row.name, *numbers, row.unit, row.evidence))
    else:
        lines.append(("parameter", table, other, f"log-sd {table}", f"log-sd {other}", "unit"))
        for old, new in differences(rows, rows_of(other)):
            numbers = (f"{one:g}" for one in (old.value, new.value, old.spread, new.spread))
            lines.append((old.name, *numbers, old.unit))
        if len(lines) == 1:
            typer.echo(f"parameter tables {table} and {other} have the same values and log-sds")
            return
    for line in aligned(lines):
        typer.echo(line)


@app.command()
def bench(
    json: Annotated[
        Path | None, typer.Option(parser=a_path, metavar="FILE", help="Write the numbers as JSON, too.")
    ] = None,
    overwrite: Annotated[bool, overwrite_option("a file that is already there")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure the speed of simulation and training, compared with CartPole and Stable-Baselines3 (1-2 minutes).

    Example: `socialrl bench --json bench.json`
    """
    if json is not None and json.exists() and not overwrite:
        raise UserError(f"{json} exists; give another name, or replace it with --overwrite")
    from socialrl.storage.files import json_text
    from socialrl.training.bench import run_bench

    numbers = run_bench(progress=None if quiet else lambda line: typer.echo(line, err=True))
    width = max(map(len, numbers))
    for name, value in numbers.items():
        typer.echo(f"{name:<{width}}  {value:>14,.1f}")
    if json is not None:
        from socialrl.storage.atomic import write_bytes

        write_bytes(json, json_text(numbers).encode())
