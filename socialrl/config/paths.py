"""Paths as users write them, with `~` for a home folder."""

from __future__ import annotations

from pathlib import Path

from socialrl.errors import UserError, shortened


def expanded(path: str | Path) -> Path:
    """Return a path with `~` and `~name` replaced by the home folder; an unknown user raises `UserError`."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{shortened(str(path))}: there is no user of this name; write ./~name for a folder") from error
