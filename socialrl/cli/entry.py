"""Runs a command line and turns errors into one line and an exit code."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
import threading
from typing import Any

import typer

from socialrl import stopping
from socialrl.cli.app import StoppedError, app
from socialrl.errors import from_os_error, unknown


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 2 a user's mistake, 1 the output was closed, 128 + n
    signal n.

    Ctrl-C (130), SIGTERM (143) and a terminal that was closed (129) all stop the work in the same way.
    """
    if "_SOCIALRL_COMPLETE" in os.environ:
        # Typer wraps descriptions at the width of a terminal; fish takes every further line for a word to complete.
        os.environ["TERMINAL_WIDTH"] = "10000"
    before, threading.excepthook = threading.excepthook, _quiet_about_places
    try:
        with stopping.signals():
            return _run(arguments)
    finally:
        threading.excepthook = before


@functools.cache
def _command() -> Any:
    """Return the command of all verbs, which takes longer to make than many a verb to run."""
    return typer.main.get_command(app)


def _run(arguments: list[str] | None) -> int:
    try:
        code = _command().main(args=arguments, prog_name="socialrl", standalone_mode=False)
        sys.stdout.flush()  # here, so that a closed output is noticed inside this block
        if code == 130:  # stopped in a verb that leaves nothing to continue
            return _complain("stopped", stopping.exit_code())
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return _complain("stopped", stopping.exit_code())
    except StoppedError as stopped:
        return _complain(str(stopped), stopping.exit_code())
    except Exception as error:
        if isinstance(error, BrokenPipeError):
            # `socialrl envs | head -1`: what Python would still write at exit has to go somewhere silent.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        line = _mistake(error)
        if line is None:
            raise
        return _complain(f"error: {line}", 2)


def _quiet_about_places(failed: threading.ExceptHookArgs) -> None:
    """Ignore a full disk in TensorBoard's writing thread: the main thread reports it in one line."""
    if not (isinstance(failed.exc_value, OSError) and from_os_error(failed.exc_value, "write")):
        threading.__excepthook__(failed)


def _mistake(error: Exception) -> str | None:
    """Return the line for a user's mistake, or None for a bug."""
    if getattr(error, "user_facing", False):
        return str(error)
    if isinstance(error, OSError):
        mistake = from_os_error(error, f"use {error.filename}" if error.filename else "continue")
        return None if mistake is None else str(mistake)
    # Known by its method and not by its class, which has moved between versions of Typer.
    if not hasattr(error, "format_message"):
        return None
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    unknown_verb = re.match(r"No such command ['\"](.*?)['\"]", message)
    if unknown_verb and context is not None:
        group = "verb" if context.parent is None else f"verb of `{context.command_path}`"
        return unknown(group, unknown_verb[1], list(context.command.commands))
    takes_keys = context is not None and context.command.name in ("train", "record", "sweep")
    if takes_keys and message.startswith("No such option"):
        message += "; keys of the configuration are given without dashes, such as seed=7"
    return f"{message} (see `{context.command_path} --help`)" if context is not None else message


def _complain(line: str, code: int) -> int:
    with contextlib.suppress(OSError):  # the output or the terminal was closed
        print(line, file=sys.stderr, flush=True)
    return code
