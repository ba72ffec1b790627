"""Laboratory formats: each is one file in this folder that holds a `FORMAT`, or an entry point of another package.

A package adds its own in the group `socialrl.formats` of its entry points; an extension (`socialrl.extensions`) or a
script calls `register`. Nothing else needs to be changed: `read_tests` asks every format whether it recognises a file,
and `socialrl export` and `socialrl import` list it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pandas as pd

from socialrl.config.shipped import SHEET, find
from socialrl.errors import UserError, unknown
from socialrl.extensions import load_extensions
from socialrl.interop.format import Format, Option, Reader
from socialrl.interop.score_sheets import MEASURED, ScoreSheet
from socialrl.storage.atomic import naming_the_place

__all__ = [
    "ENTRY_POINTS",
    "Format",
    "Option",
    "Reader",
    "formats",
    "named",
    "read_tests",
    "recognised",
    "register",
    "unregister",
    "write_tests",
]

ENTRY_POINTS = "socialrl.formats"

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


def named(name: str, part: str) -> Format:
    """Return the format `name`, which must have the part "export", "read_events", "read" or "write" and be installed.

    An unknown name, or a format without that part, raises `UserError` with the names of those that have it.
    """
    everything = formats()
    able = {key: one.about for key, one in everything.items() if getattr(one, part) is not None}
    if name not in able:
        if name in everything:
            does = {"export": "write runs", "write": "write tests"}.get(part, "read " + part.rpartition("_")[2])
            raise UserError(f"the format {name} does not {does}; those that do: {', '.join(able) or 'none'}")
        raise UserError(unknown("format", name, able))
    everything[name].check_installed()
    return everything[name]


def read_tests(
    path: str | Path,
    needed: Iterable[str] = tuple(MEASURED),
    *,
    where: Iterable[str] = (),
    notes: list[str] | None = None,
    name: str | None = None,
) -> ScoreSheet:
    """Return the tests in a file of any format that can be read; `name` says which, else the formats are asked.

    Arguments and errors are those of `read_score_sheet`; `path` may also be the name of a sheet that comes with
    socialrl (`socialrl.config.shipped`).
    """
    path = find(path, SHEET)
    chosen = named(name, "read") if name is not None else recognised(path, "read")
    assert chosen.read is not None
    return chosen.read(path, needed, where=where, notes=[] if notes is None else notes)


def write_tests(tests: pd.DataFrame, path: str | Path, name: str) -> None:
    """Write tests (columns as in `ScoreSheet.tests`) to `path` in the format `name`."""
    write = named(name, "write").write
    assert write is not None
    write(tests, Path(path))


def recognised(path: Path, *parts: str) -> Format:
    """Return the format that a file or folder is of, among those with one of the `parts`; several raise `UserError`.

    A file of none is a score sheet; one that cannot be opened, too, because the reader of score sheets says what is
    wrong with it.
    """
    able = [one for one in formats().values() if any(getattr(one, part) is not None for part in parts)]
    with naming_the_place(f"read {path}"):
        own = [one for one in able if _recognises(one, path)]
        others = [] if own else [one for one in formats().values() if one not in able and _recognises(one, path)]
    if len(own) > 1:
        raise UserError(f"{path} matches several formats ({', '.join(one.name for one in own)}); name one of them")
    if any(one.read_events is not None for one in others):
        raise UserError(
            f"{path} is of the format {others[0].name}, which has events and no scores of tests;"
            " `socialrl import` reads it"
        )
    if not own and path.is_dir():
        told = ", ".join(one.name for one in able if one.folders)
        raise UserError(
            f"{path}: no format knows what is in this folder; folders that are read: {told}; else give a file"
        )
    chosen = own[0] if own else next(one for one in able if one.recognises is None and one.read is not None)
    chosen.check_installed()
    return chosen


def _recognises(one: Format, path: Path) -> bool:
    can_be_asked = one.recognises is not None and (path.is_file() or (one.folders and path.is_dir()))
    return can_be_asked and one.recognises is not None and one.recognises(path)


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
