"""Paths as users write them, with `~` for a home folder."""

from __future__ import annotations

from pathlib import Path

from socialrl.errors import UserError, shortened


def expanded(path: str | Path) -> Path:
    """Return a path with `~` and `~name` replaced by the home folder.

    An empty text, and the home of a user that is not there, raise `UserError`.
    """
    if not str(path).strip():
        raise UserError(f"needs the name of a file or folder, got '{path}'; for this folder write .")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{shortened(str(path))}: there is no user of this name; write ./~name for a folder") from error
