"""The files that come with socialrl as a catalogue to choose from: what each is, and a copy to work with."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from socialrl.authoring.kinds import KINDS, SHEETS, Kind
from socialrl.config.shipped import ENDINGS, FOLDER, shipped, shipped_folder
from socialrl.errors import UserError, nearest, unknown
from socialrl.storage.atomic import write_bytes

MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S*?)([a-z]+)\.json$", re.MULTILINE)
"""The comment in which language servers for YAML look for the schema of a file; its second part names the kind."""
_SENTENCE = re.compile(r".*?(?<!et al)[.?!](?=\s|$)")
_ABOUT = re.compile(r"^about: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A file that comes with socialrl: its name, its kind, and one sentence about it."""

    name: str
    kind: Kind
    about: str
    path: Path

    @property
    def text(self) -> str:
        """What is in it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def short(self) -> str:
        """Its name without its folder, which its verb does not need."""
        return self.name.rpartition("/")[-1]

    @property
    def listed(self) -> str:
        """Its name as every verb understands it: without its folder, where no other file has the same."""
        return self.short if sum(one.short == self.short for one in catalogue()) == 1 else self.name


@functools.cache
def catalogue() -> tuple[Example, ...]:
    """Return the files that come with socialrl, ordered by kind and name."""
    found = [_example(name, path) for name, path in shipped().items()]
    order = [kind.name for kind in (*KINDS, SHEETS)]
    return tuple(sorted(found, key=lambda one: (order.index(one.kind.name), one.name)))


def example(name: str) -> Example:
    """Return the file of this name, with or without its folder; an unknown one raises `UserError`."""
    name = name.removeprefix(f"{FOLDER}/")
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    named = [one for one in catalogue() if name == one.name] or [one for one in catalogue() if name == one.short]
    if named:
        return named[0]
    near = nearest(name, [one.short for one in catalogue()])
    if near is not None:
        raise UserError(f"no file called '{name}' comes with socialrl; did you mean '{near}'?")
    raise UserError(unknown("name", name, [one.listed for one in catalogue()]))


def copies(names: Sequence[str], output: Path, *, overwrite: bool) -> list[tuple[Example, Path]]:
    """Copy files into the folder `output`, or one of them to the file `output`, and return each with its place.

    A copy points an editor to the schema of this installation, and its own commands name the copy. A file that is in
    the way raises `UserError` unless `overwrite` is true; then nothing is written.
    """
    wanted = [example(name) for name in dict.fromkeys(names)]
    is_file = output.suffix in ENDINGS
    if is_file and len(wanted) > 1:
        raise UserError(f"--output {output} is one file, and {len(wanted)} are to be copied; give a folder")
    if is_file and (output.suffix == ".csv") != (wanted[0].path.suffix == ".csv"):
        one = wanted[0]
        raise UserError(f"--output {output} must end in {one.path.suffix}, as {one.name} does, or be a folder")
    targets = [(one, output if is_file else output / f"{one.short}{one.path.suffix}") for one in wanted]
    for (one, target), (other, same) in itertools.combinations(targets, 2):
        if target == same:
            raise UserError(f"{one.name} and {other.name} would both become {target}; copy one after the other")
    for one, target in targets:
        if target.is_dir():
            raise UserError(f"{target} is a folder; give another --output for the copy of {one.name}")
        if target.exists() and not overwrite:
            raise UserError(f"{target} exists; give another --output, or replace it with --overwrite")
    for one, target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, _copy(one, target).encode())
    return targets


def _copy(one: Example, target: Path) -> str:
    schema = (shipped_folder() / "schema" / f"{one.kind.name}.json").resolve().as_uri()
    text = MODELINE.sub(lambda _: f"# yaml-language-server: $schema={schema}", one.text, count=1)
    # A command in its comments would otherwise use the file that it was copied from.
    return text.replace(f"{FOLDER}/{one.name}.yaml", target.as_posix())


def _example(name: str, path: Path) -> Example:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        title = text.partition("\n")[0].strip('"')
        return Example(name, SHEETS, _headline(f"# {title}"), path)
    found = MODELINE.search(text)
    kind = next((one for one in KINDS if found is not None and one.name == found[2]), None)
    if kind is None:
        raise ValueError(f"{path} has no modeline that names a kind of file: {', '.join(one.name for one in KINDS)}")
    about = _ABOUT.search(text)
    return Example(name, kind, about[1] if about else _headline(MODELINE.sub("", text, count=1)), path)


def _headline(text: str) -> str:
    """Return the first sentence of the comment that a file begins with."""
    words = []
    for line in text.strip().splitlines():
        if not line.startswith("# "):
            break
        words.append(line[2:].strip())
    comment = " ".join(words)
    sentence = _SENTENCE.match(comment)
    return sentence[0] if sentence else comment
