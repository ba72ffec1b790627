"""Verbs about files that a user writes: examples to list, show and copy, and the schemas that editors read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialrl.cli.app import a_path, app, overwrite_option
from socialrl.cli.completion import names_of, schemas

configs = typer.Typer(rich_markup_mode="markdown", no_args_is_help=False)
app.add_typer(configs, name="configs")

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name from `socialrl configs`.", autocompletion=names_of())
]


@configs.callback(invoke_without_command=True)
def _configs(context: typer.Context) -> None:
    """List the configurations, protocols, findings and score sheets that come with socialrl; `show` and `copy` them.

    Example: `socialrl configs copy partner_preference`

    Commands that take a file take these names, too: `socialrl train partner_preference`.
    """
    if context.invoked_subcommand is not None:
        return
    from itertools import groupby

    from socialrl.authoring.catalogue import catalogue

    width = max(len(one.listed) for one in catalogue())
    for kind, examples in groupby(catalogue(), key=lambda one: one.kind):
        typer.echo(f"{kind.plural}: {kind.verb.format('NAME')}")
        for one in examples:
            typer.echo(f"  {one.listed:<{width}}  {one.about}")
    typer.echo(
        "`socialrl configs show NAME` prints one of them, `socialrl configs copy NAME` makes a copy to work with"
    )


@configs.command()
def show(name: _Name) -> None:
    """Print a file that comes with socialrl.

    Example: `socialrl configs show demo`
    """
    from socialrl.authoring.catalogue import example

    typer.echo(example(name).text, nl=False)


@configs.command()
def copy(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Names from `socialrl configs`.", autocompletion=names_of()),
    ],
    output: Annotated[
        Path,
        typer.Option(parser=a_path, metavar="DIR|FILE", help="Where the copy is made.", show_default="this folder"),
    ] = Path(),
    overwrite: Annotated[bool, overwrite_option("a file that is already there")] = False,
) -> None:
    """Copy files that come with socialrl into a folder of yours, to change them.

    Example: `socialrl configs copy partner_preference --output mine`
    """
    from socialrl.authoring.catalogue import copies
    from socialrl.errors import command

    for one, target in copies(names, output, overwrite=overwrite):
        typer.echo(f"{target}: change it, then {one.kind.verb.format(command(target).partition(' ')[2])}")


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A kind of file; default: a list of all.", autocompletion=schemas),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(parser=a_path, metavar="DIR", help="Write NAME.json, or those of all kinds, into this folder."),
    ] = None,
    overwrite: Annotated[bool, overwrite_option("schemas that are already there")] = False,
) -> None:
    """Print the JSON Schema of a kind of file, by which editors complete and check it (docs/configurations.md).

    Example: `socialrl schema protocol`

    All of them, with what extensions add: `socialrl schema --output schema`
    """
    from socialrl.authoring.kinds import KINDS, kind
    from socialrl.authoring.schemas import schema_text
    from socialrl.errors import UserError
    from socialrl.storage.atomic import write_bytes

    if output is None:
        if name is not None:
            typer.echo(schema_text(name), nl=False)
            return
        width = max(len(one.name) for one in KINDS)
        for one in KINDS:
            typer.echo(f"{one.name:<{width}}  {one.verb.format('FILE')}")
        typer.echo("`socialrl schema NAME` prints one, `socialrl schema --output DIR` writes all")
        return
    if output.exists() and not output.is_dir():
        raise UserError(f"--output {output} is a file; schemas need a folder")
    files = {output / f"{one.name}.json": one.name for one in (KINDS if name is None else [kind(name)])}
    for path in files:
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists; give another --output, or replace it with --overwrite")
    texts = {path: schema_text(one) for path, one in files.items()}
    output.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        write_bytes(path, text.encode())
        typer.echo(f"{path}")
