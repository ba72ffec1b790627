"""What a shell completes: names of files that come with socialrl, presets, tables, drugs, formats, assays, findings.

An empty list means files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import typer

from socialrl.cli.app import a_path


def names_of(*kinds: str) -> Callable[[str], Iterator[tuple[str, str]]]:
    """Return a completion with the names of the files of these kinds (none: of all kinds) and what each is about."""

    def complete(incomplete: str) -> Iterator[tuple[str, str]]:
        from socialrl.authoring.catalogue import catalogue

        for one in catalogue():
            name = one.short if kinds else one.listed
            if (not kinds or one.kind.name in kinds) and name.startswith(incomplete):
                yield name, one.about

    return complete


def config_argument(kind: str, example: str) -> Any:
    """Return the argument of a verb that takes a file of a kind, or the name of one that comes with socialrl."""
    return typer.Argument(
        parser=a_path,
        metavar="CONFIG",
        help=f"A YAML file, or a name from `socialrl configs`, for example {example}.",
        autocompletion=names_of(kind),
    )


def assays(incomplete: str) -> Iterator[str]:
    """Complete the ids of assays."""
    from socialrl_envs.vocabulary import ASSAY_ROWS

    return (row.id for row in ASSAY_ROWS if row.id.startswith(incomplete))


def findings(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete the ids of the findings that come with socialrl."""
    from socialrl.findings.registry import load_registry

    return ((one.id, one.title) for one in load_registry().findings if one.id.startswith(incomplete))


def formats(*parts: str) -> Callable[[str], Iterator[tuple[str, str]]]:
    """Return a completion with the names of the formats that have one of these parts."""

    def complete(incomplete: str) -> Iterator[tuple[str, str]]:
        from socialrl.interop.formats import formats as known

        for name, one in known().items():
            if name.startswith(incomplete) and any(getattr(one, part) is not None for part in parts):
                yield name, one.about

    return complete


def presets(incomplete: str) -> Iterator[str]:
    """Complete the presets of `reproduce`."""
    return (name for name in ("quick", "full", "study") if name.startswith(incomplete))


def tables(incomplete: str) -> Iterator[str]:
    """Complete the names of parameter tables."""
    from socialrl_envs.named_tables import table_names

    return (name for name in table_names() if name.startswith(incomplete))


def drugs(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete the names of drugs."""
    from socialrl.config import words

    return ((name, about) for name, about in words.drugs().items() if name.startswith(incomplete))


def schemas(incomplete: str) -> Iterator[str]:
    """Complete the kinds of files."""
    from socialrl.authoring.kinds import KINDS

    return (one.name for one in KINDS if one.name.startswith(incomplete))
