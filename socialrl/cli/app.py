"""What all verbs share: the application that they register with, common arguments and options, checks of options."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialrl import __version__
from socialrl.config.paths import expanded
from socialrl.errors import UserError, shortened

if TYPE_CHECKING:
    from socialrl.storage.run_folder import RunFolder

app = typer.Typer(
    name="socialrl",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def a_path(text: str) -> Path:
    """Return the path that an option or argument names, with `~` replaced; what cannot be a path is refused."""
    if not str(text).isprintable():
        raise typer.BadParameter(f"needs the name of a file or folder, got '{shortened(str(text))}'")
    if len(str(text)) > _LONGEST_PATH:
        raise typer.BadParameter(f"needs a path of at most {_LONGEST_PATH} characters, got {len(str(text))}")
    try:
        return expanded(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from error


_LONGEST_PATH = 1000

RunArgument = Annotated[Path, typer.Argument(parser=a_path, metavar="RUN", help="A run folder, for example runs/demo.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def overwrite_option(what: str) -> Any:
    """Return the option `--overwrite` that replaces `what`."""
    return typer.Option("--overwrite", help=f"Replace {what}.")


def check_range(option: str, value: float | None, low: float, high: float | None = None, what: str = "") -> None:
    """Refuse a number outside [`low`, `high`] with a `UserError` that names the option; None is an option not given.

    `what` says what the number is of.
    """
    # Written so that NaN fails, which Typer's own range check lets through.
    if value is not None and not (low <= value and (high is None or value <= high)):
        got = value if isinstance(value, int) else f"{value:g}"
        allowed = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        raise UserError(f"{option} must be {allowed}{f' ({what})' if what else ''}, got {got}")


def names_of_option(option: str, given: list[str] | None) -> tuple[str, ...]:
    """Return the names of an option that may be given several times and may hold several, between commas."""
    names = tuple(name.strip() for one in given or [] for name in one.split(","))
    if "" in names:
        raise UserError(f"{option} needs names between its commas, got '{','.join(given or [])}'")
    return names


def note_unfinished(run: RunFolder) -> None:
    """Say on standard error that a run is unfinished, if it is."""
    if not run.finished:
        typer.echo(f"note: {run.path} is unfinished; what is done so far is included", err=True)


@contextlib.contextmanager
def stoppable(how_to_go_on: str) -> Iterator[None]:
    """Turn a request to stop (see `socialrl.stopping`) in the block into a `StoppedError` that says how to continue."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        raise StoppedError(f"stopped; {how_to_go_on}") from stopped


class StoppedError(Exception):
    """The work was asked to stop; the text says how to continue."""


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Prairie voles that learn whom to huddle with: reinforcement learning with an oxytocin-receptor gain.

    First steps: `socialrl demo`, then `tensorboard --logdir runs`.
    """
    if version:
        typer.echo(f"socialrl {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
