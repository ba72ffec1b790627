"""Mistakes of a user, worded in one line: what, where, what is allowed, what was given, and the nearest known name.

The command line prints `error: <line>` and ends with exit code 2 for every exception whose `user_facing` is true, such
as `UserError` here and `socialrl_envs.errors.ParameterError`; any other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path


class UserError(ValueError):
    """Something that a user gave and that cannot be used; the text is complete and needs no traceback."""

    user_facing = True


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` is a slip of, or None; the rule is that of `socialrl_envs.spelling`."""
    # Imported here, because only mistakes need it, and the world behind it is slow to load.
    from socialrl_envs import spelling

    return spelling.nearest(name, known)


_MOST_LISTED = 100
"""Parameters, measures and tests are fewer; the animals of a large cohort are not."""


def unknown(kind: str, name: str, known: Iterable[str] | Mapping[str, str], *, listed_as: str = "known") -> str:
    """Return "unknown <kind> '<name>'; did you mean '<nearest>'? <Listed as>: <all known names>".

    `known` may say in a few words what each name means: "agonist (oxytocin added at the receptor)".
    """
    near = nearest(name, known)
    listing = f"{listed_as}: {', '.join(_first_of(explained(known))) or 'none'}"
    if near is None:
        return f"unknown {kind} '{shortened(name)}'; {listing}"
    return f"unknown {kind} '{shortened(name)}'; did you mean '{near}'? {listing[0].upper()}{listing[1:]}"


def _first_of(names: list[str]) -> list[str]:
    """The names that one line can hold; of more than a hundred the first twenty, and how many there are."""
    return names if len(names) <= _MOST_LISTED else [*names[:20], f"… ({len(names)} in all)"]


def explained(known: Iterable[str] | Mapping[str, str]) -> list[str]:
    """Return each known name, with its meaning in brackets where `known` is a mapping that has one."""
    meanings = known if isinstance(known, Mapping) else {}
    return [f"{name} ({meaning})" if isinstance(meaning := meanings.get(name), str) else name for name in known]


def shortened(text: str) -> str:
    """Return a text as an error line shows it: one line of at most 60 characters, what cannot be printed as `\\x…`."""
    one_line = text if text.isprintable() else repr(text)[1:-1]
    return one_line if len(one_line) <= 60 else one_line[:57] + "..."


def command(*words: str | Path) -> str:
    """Return "socialrl <words>" as a shell takes it: paths with spaces are quoted."""
    return shlex.join(["socialrl", *(str(word) for word in words)])


# What the operating system says when the fault is with the place, not with the program.
_PLACE_ERRORS = {
    errno.ENOSPC: "no space left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EROFS: "the file system is read-only",
    errno.EFBIG: "the file would be larger than the system allows",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EEXIST: "a file is in its place",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ENOENT: "there is no such file or folder",
    errno.ELOOP: "a link on the path points to itself",
    errno.EISDIR: "it is a folder, not a file",
}


def from_os_error(error: OSError, doing: str) -> UserError | None:
    """Return the one-line form of an `OSError` about a place ("cannot <doing>: no space left …"), else None.

    None means that the fault is not one a user can mend by changing the place, so it keeps its traceback.
    """
    if error.errno not in _PLACE_ERRORS:
        return None
    return UserError(f"cannot {doing}: {_PLACE_ERRORS[error.errno]}")
