"""Verbs between this project and a laboratory's programs: export and import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli import completion
from socialrl.cli.app import RunArgument, a_path, app, note_unfinished, overwrite_option
from socialrl.errors import UserError

_Options = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="Options of the format; --list shows them.", show_default=False),
]


def _list_exports(wanted: bool) -> None:
    _list(wanted, "export", ("export",))


def _list_imports(wanted: bool) -> None:
    _list(wanted, "import", ("read_events", "read"))


def _list(wanted: bool, verb: str, parts: tuple[str, ...]) -> None:
    if not wanted:
        return
    from socialrl.interop.format import described
    from socialrl.interop.formats import formats

    able = [one for one in formats().values() if any(getattr(one, part) is not None for part in parts)]
    typer.echo("\n\n".join("\n".join(described(one, verb)) for one in able))
    raise typer.Exit()


@app.command("export")
def export_verb(
    run: RunArgument,
    options: _Options = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="The format; --list shows all of them.",
            autocompletion=completion.formats("export"),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="DIR", help="A new folder.", show_default="RUN-NAME, beside the run"),
    ] = None,
    overwrite: Annotated[bool, overwrite_option("an export that is already there")] = False,
    listed: Annotated[  # noqa: ARG001
        bool,
        typer.Option("--list", help="List formats and their options, and stop.", is_eager=True, callback=_list_exports),
    ] = False,
) -> None:
    """Write what a run holds in the files of another program.

    Example: `socialrl export runs/mixed_habitat --format olcus --output exports/olcus start=2026-01-05T09:00`
    """
    from socialrl.interop.exporting import RECORD, export_run
    from socialrl.interop.formats import formats
    from socialrl.storage.run_folder import RunFolder

    if format_name is None:
        able = ", ".join(name for name, one in formats().items() if one.export is not None)
        raise UserError(f"export needs --format NAME; formats: {able} (--list says more)")
    folder = RunFolder.open(run)
    note_unfinished(folder)
    made = export_run(folder, format_name, output, options or [], overwrite=overwrite)
    for note in made.notes:
        typer.echo(f"note: {note}", err=True)
    n = len(made.files)
    typer.echo(f"{format_name}: {n} file{'' if n == 1 else 's'} in {made.path}, options and notes in {RECORD}")


@app.command("import")
def import_verb(
    source: Annotated[
        Path, typer.Argument(parser=a_path, metavar="FILE", help="A file of another program, or a folder of them.")
    ],
    options: _Options = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="The format.",
            show_default="the one that knows the file",
            autocompletion=completion.formats("read_events", "read"),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="DIR", help="A new folder.", show_default="runs/import-FILE"),
    ] = None,
    overwrite: Annotated[bool, overwrite_option("an import that is already there")] = False,
    listed: Annotated[  # noqa: ARG001
        bool,
        typer.Option("--list", help="List formats and their options, and stop.", is_eager=True, callback=_list_imports),
    ] = False,
) -> None:
    """Read a laboratory's file: events become a table and a page of who was where, scored tests a score sheet.

    Example: `socialrl import recordings/habitat_A --format olcus --output runs/habitat_A zone=Europe/Berlin`
    """
    from socialrl.interop.importing import RECORD, import_file

    place = Path("runs") / f"import-{source.stem}" if output is None else output
    made = import_file(source, place, format_name, options or [], overwrite=overwrite)
    for note in made.notes:
        typer.echo(f"note: {note}", err=True)
    tables = {"events": "events", "tests": "tests", "evaluation": "records of tests"}
    rows = ", ".join(f"{len(made.tables[name])} {words}" for name, words in tables.items() if name in made.tables)
    typer.echo(f"{made.format}: {rows} in {made.path}, notes in {RECORD}")
    if "events" in made.tables:
        from socialrl.report.whereabouts import write_whereabouts

        typer.echo(f"page: {write_whereabouts(made.path)}")
