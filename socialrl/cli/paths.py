"""Paths as a user types them."""

from __future__ import annotations

from pathlib import Path

from socialrl.errors import UserError, shortened


def typed_path(what: str, text: str) -> Path:
    """Return the path that `text` means, `~` and `~user` expanded; an empty one or an unknown user raises `UserError`.

    `what` is the option or argument that it came from.
    """
    if not text.strip():
        raise UserError(f"{what} must not be empty; for this folder write .")
    if len(text) > 1000 or not text.isprintable():
        raise UserError(f"{what} must be a path of at most 1000 printable characters, got '{shortened(text)}'")
    if not text.startswith("~"):
        return Path(text)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UserError(f"{what}: there is no home folder of '{text.split('/')[0]}'; got '{text}'") from error
