"""Laboratory formats: each is one file in this folder that holds a `FORMAT`, or an entry point of another package.

A package adds its own in the group `socialrl.formats` of its entry points; an extension (`socialrl.extensions`) or a
script calls `register`. Nothing else needs to be changed: `read_tests` asks every format whether it recognises a file.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.extensions import load_extensions
from socialrl.interop.score_sheets import MEASURED, ScoreSheet

ENTRY_POINTS = "socialrl.formats"


class Reader(Protocol):
    """Reads partner-preference tests; see `socialrl.interop.score_sheets.read_score_sheet` for what it must promise."""

    def __call__(
        self, path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]
    ) -> ScoreSheet: ...


@dataclass(frozen=True)
class Format:
    """A laboratory format; a part that it does not have is None.

    `name` is short and unique, `about` a line for people. `recognises` says whether a file is of this format; it is not
    asked of the format that takes every other file. `read` returns its tests, `write` writes tests (columns
    as in `ScoreSheet.tests`) to a path.
    """

    name: str
    about: str
    recognises: Callable[[Path], bool] | None = None
    read: Reader | None = None
    write: Callable[[pd.DataFrame, Path], None] | None = None


_registered: dict[str, Format] = {}


def register(one: Format) -> None:
    """Add a format for this process; a name that is taken raises `UserError`."""
    if one.name in formats():
        raise UserError(f"a format '{one.name}' exists already; choose another name")
    _registered[one.name] = one


def unregister(name: str) -> None:
    """Remove what `register` added; another name raises KeyError."""
    del _registered[name]


def formats() -> dict[str, Format]:
    """Return all formats by name: those of this folder, of installed packages, and registered ones."""
    load_extensions()
    return {**_built_in(), **_installed(), **_registered}


def read_tests(
    path: str | Path,
    needed: Iterable[str] = tuple(MEASURED),
    *,
    where: Iterable[str] = (),
    notes: list[str] | None = None,
    name: str | None = None,
) -> ScoreSheet:
    """Return the tests in a file of any format that can be read; `name` says which, else the formats are asked.

    Arguments and errors are those of `read_score_sheet`.
    """
    path = Path(path)
    readable = {key: one for key, one in formats().items() if one.read is not None}
    if name is not None and name not in readable:
        raise UserError(unknown("format", name, readable))
    chosen = readable[name] if name is not None else _recognised(path, list(readable.values()))
    assert chosen.read is not None
    return chosen.read(path, needed, where=where, notes=[] if notes is None else notes)


def write_tests(tests: pd.DataFrame, path: str | Path, name: str) -> None:
    """Write tests (columns as in `ScoreSheet.tests`) to `path` in the format `name`."""
    writable = {key: one for key, one in formats().items() if one.write is not None}
    if name not in writable:
        raise UserError(unknown("format", name, writable))
    write = writable[name].write
    assert write is not None
    write(tests, Path(path))


def _recognised(path: Path, readable: list[Format]) -> Format:
    # A file that cannot be opened is left to the general reader, which reports what is wrong with it.
    own = [one for one in readable if one.recognises is not None and path.is_file() and one.recognises(path)]
    if len(own) > 1:
        raise UserError(f"{path} matches several formats ({', '.join(one.name for one in own)}); name one of them")
    return own[0] if own else next(one for one in readable if one.recognises is None)


@functools.cache
def _built_in() -> dict[str, Format]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").FORMAT for name in names]
    return {one.name: one for one in found}


@functools.cache
def _installed() -> dict[str, Format]:
    found = {}
    for point in metadata.entry_points(group=ENTRY_POINTS):
        try:
            one = point.load()
        except (ImportError, AttributeError) as error:
            raise UserError(f"the format '{point.name}' ({point.value}) cannot be loaded: {error}") from error
        if not isinstance(one, Format):
            raise UserError(f"the format '{point.name}' ({point.value}) is not a socialrl.interop.formats.Format")
        found[one.name] = one
    return found
