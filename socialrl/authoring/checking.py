"""Whether a file that a user wrote can be used, asked before a verb is: the check of `socialrl check FILE`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from socialrl.authoring.kinds import KINDS, SHEETS, Kind, kind_of, other_kind
from socialrl.config.checks import shown
from socialrl.config.shipped import find
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, command, shortened

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
"""Endings of files that are checked as score sheets whatever is in them: text with a delimiter, and workbooks."""


def check_file(path: Path) -> Kind:
    """Return the kind of a file, found by its ending and keys; what its verb would refuse raises that `UserError`."""
    if path.suffix.lower() in TABLES or _is_of_a_laboratory(path):
        SHEETS.read(path)
        return SHEETS
    data = read_yaml(read_yaml_file(path, "YAML"), str(path))
    if not isinstance(data, dict) or not data:
        raise UserError(f"{path}: must be a mapping of keys to values, got {shown(data) if data else 'nothing'}")
    kind = kind_of(data)
    if kind is None:
        known = ", ".join(one.name for one in KINDS)
        raise UserError(f"{path}: has no key of any kind of file ({known}), got {shortened(', '.join(data))}")
    kind.read(path)
    return kind


def _is_of_a_laboratory(path: Path) -> bool:
    """Whether a format of tests, such as an extension's, says that a file is its own."""
    if path.suffix.lower() in (".yaml", ".yml") or not path.is_file():
        return False
    from socialrl.interop.formats import formats

    return any(
        one.recognises is not None and one.read is not None and one.recognises(path) for one in formats().values()
    )


@contextlib.contextmanager
def read_as(wanted: str, path: Path) -> Iterator[None]:
    """Say of a file that is of another kind than its verb takes what it is, and not each key that is unknown there.

    The file is only looked at again where reading it in the block fails.
    """
    try:
        yield
    except Exception as error:
        found = _other_kind(wanted, path) if getattr(error, "user_facing", False) else None
        if found is None:
            raise
        verb = command(path).partition(" ")[2]
        told = f"{path} is a file of another kind: {found.name}, not {wanted}; use {found.verb.format(verb)}"
        raise UserError(told) from error


def _other_kind(wanted: str, path: Path) -> Kind | None:
    what = next(one.what for one in KINDS if one.name == wanted)
    try:
        found = find(path, what)
        data = read_yaml(read_yaml_file(found, what), str(found))
    except UserError:
        return None
    return other_kind(data, wanted) if isinstance(data, dict) else None
