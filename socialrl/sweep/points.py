"""The points of a sweep: which values each has, what its run folder is called, and its whole configuration."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from socialrl.config.loading import Config, load_config
from socialrl.config.strict_yaml import read_yaml_file
from socialrl.errors import UserError, shortened
from socialrl.storage.files import checksum
from socialrl.sweep.space import MOST_POINTS, OF_ONE_RUN, SEED, Space, value_of

_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")
_LONGEST = 80
_DRAW = "draw-{:04d}"


@dataclass(frozen=True)
class Point:
    """One point: `own` are its values by key as they are typed, `name` is its run folder's.

    `config` is None where the values do not fit together, and `mistake` says why.
    """

    name: str
    own: Mapping[str, str]
    config: Config | None
    mistake: str = ""

    def values(self) -> dict[str, Any]:
        """Return the values by key as data."""
        return {key: value_of(text) for key, text in self.own.items()}


@dataclass(frozen=True)
class Source:
    """From what a point's configuration is made: the file, pieces laid over it, and the words of the command line.

    `folder` is that of the sweep.
    """

    file: Path
    pieces: Sequence[Path]
    space: Space
    folder: Path
    rows: Sequence[Mapping[str, str]] = field(default=({},))

    @property
    def keys(self) -> list[str]:
        """All keys that vary: those of the list of points, then those of the command line."""
        listed = [key for row in self.rows for key in row]
        return list(dict.fromkeys([*listed, *(axis.key for axis in self.space.axes)]))

    def point(self, own: Mapping[str, str], label: str = "") -> Point:
        """Return the point with these values; one that the configuration refuses raises `UserError`."""
        name = name_of(own, label)
        # as text: a folder may be called 2024
        place = [f"output={self.folder}", f"name={name}"]
        return Point(name, own, load_config(self.file, [*self.space.overrides(dict(own)), *place], self.pieces))

    def maybe(self, own: Mapping[str, str], label: str = "") -> Point:
        """Return the point with these values, or the mistake in them."""
        try:
            return self.point(own, label)
        except UserError as error:
            return Point(name_of(own, label), own, None, str(error).splitlines()[0])


def listed(source: Source) -> list[Point]:
    """Return every combination of the lists, for every row of the list of points; the last key varies fastest."""
    if source.space.intervals:
        axis = source.space.intervals[0]
        raise UserError(
            f"command line: {axis.key} is an interval, from which points have to be drawn: add --random N or --optuna"
            " N, or give a step (LOW..HIGH:STEP)"
        )
    if not source.keys:
        raise UserError(
            "a sweep needs something that varies, such as seed=1,2,3 or ppo.learning_rate=1e-3,3e-3; to train one run"
            " use socialrl train"
        )
    _refuse_both(source)
    axes = source.space.axes
    n = len(source.rows)
    for axis in axes:
        n *= len(axis.values)
    check_number(n)
    keys = [axis.key for axis in axes]
    points = []
    for number, row in enumerate(source.rows, start=1):
        for values in itertools.product(*(axis.values for axis in axes)):
            try:
                points.append(source.point({**row, **dict(zip(keys, values, strict=True))}))
            except UserError as error:
                if not row:
                    raise
                told = str(error).removeprefix("command line: ")
                raise UserError(f"list of points, row {number} below the keys: {told}") from error
    return _unique(points)


def drawn(source: Source, n: int, seed: int) -> list[Point]:
    """Return `n` random draws from lists and intervals, each with every seed that is listed.

    A draw depends on `seed` and its number alone, so that more of them can be added later. Draws whose values do not
    fit together have a mistake; if none fits, its first mistake is raised.
    """
    if not source.keys:
        raise UserError("--random needs keys with lists or intervals, such as ppo.gamma=0.9..0.999")
    if len(source.rows) > 1 or source.rows[0]:
        raise UserError("--random and --points contradict each other; use one of them")
    check_number(n * len(seeds_of(source.space)))
    points = []
    for number in range(1, n + 1):
        own = {axis.key: axis.draw(seed, number) for axis in source.space.axes if axis.key != SEED}
        points += replicates(source, own, _DRAW.format(number))
    if all(point.config is None for point in points):
        raise UserError(points[0].mistake)
    return points


def replicates(source: Source, own: Mapping[str, str], label: str) -> list[Point]:
    """Return a point for each seed that is listed, or one with the configuration's seed."""
    return [source.maybe({**own, **seed}, label) for seed in seeds_of(source.space)]


def seeds_of(space: Space) -> list[dict[str, str]]:
    """Return the seeds that every draw is repeated with, as values of a point; an interval of seeds is refused."""
    for axis in space.axes:
        if axis.key == SEED:
            if axis.interval is not None:
                raise UserError("command line: seeds are listed, not drawn: seed=1,2,3 or seed=1..20:1")
            return [{SEED: value} for value in axis.values]
    return [{}]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the points that a CSV file lists: a column per key, a row per point; an empty cell leaves the key alone.

    What is no such table raises `UserError` with its line.
    """
    text = read_yaml_file(path, "list of points")
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise UserError(f"{path}: line {reader.line_num}: not valid CSV: {error}") from error
    if len(lines) < 2:
        raise UserError(f"{path}: a list of points has a line of keys and a line for every point")
    head = [key.strip() for key in lines[0][1]]
    if len(head) == 1 and ";" in head[0]:
        raise UserError(f"{path}: line 1: columns are separated by commas in a list of points, got semicolons")
    if "" in head or len(set(head)) < len(head):
        raise UserError(f"{path}: line 1: every column needs a key of its own, such as seed,ppo.learning_rate")
    if own := [key for key in head if key in OF_ONE_RUN]:
        raise UserError(f"{path}: line 1: {own[0]} cannot vary; run folders are called after their values")
    rows = []
    for number, line in lines[1:]:
        if len(line) != len(head):
            raise UserError(f"{path}: line {number}: {len(line)} cells, and {len(head)} keys in line 1")
        rows.append({key: cell.strip() for key, cell in zip(head, line, strict=True) if cell.strip()})
    return rows


def name_of(own: Mapping[str, str], label: str = "") -> str:
    """Return the name of a point's folder, from its values alone: `seed-1_ppo.gamma-0.9`, or `label` with its seed.

    Values that are no plain word or number, and long names, end in a part of their checksum.
    """
    told = {key: text for key, text in own.items() if not label or key == SEED}
    parts, exact = [], True
    for key, text in told.items():
        value = value_of(text)
        plain = repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        safe = _UNSAFE.sub("-", plain).strip("-") if not isinstance(value, float) else plain
        exact = exact and (safe == plain or isinstance(value, int | float))
        parts.append(f"{key}-{safe}")
    name = "_".join([label, *parts] if label else parts)
    safe_name = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
    if exact and safe_name == name and len(name) <= _LONGEST:
        return name
    digest = checksum(json.dumps({key: value_of(text) for key, text in told.items()}, sort_keys=True).encode())
    return f"{safe_name[:_LONGEST].rstrip('-.')}-{digest[:8]}"


def check_number(n: int) -> None:
    """Raise `UserError` for more points than a sweep may have."""
    if n > MOST_POINTS:
        raise UserError(f"this sweep has {n:,} points; at most {MOST_POINTS:,} are allowed")


def _refuse_both(source: Source) -> None:
    for key in dict.fromkeys(key for row in source.rows for key in row):
        if key in source.space.keys:
            raise UserError(f"{key} is in the list of points and on the command line; give it once")


def _unique(points: list[Point]) -> list[Point]:
    seen: dict[str, Point] = {}
    for point in points:
        if point.name in seen:
            raise UserError(f"two points have the same values: {shortened(point.name)}; list each once")
        seen[point.name] = point
    alike: dict[str, Point] = {}
    for point in points:
        same = alike.setdefault(essence_of(point), point)
        if same is not point:
            raise UserError(
                f"{shortened(same.name)} and {shortened(point.name)} have the same configuration; is one of their keys"
                " given twice, or one value written in two ways?"
            )
    return points


def essence_of(point: Point) -> str:
    """Return what decides a point's results as text: its configuration without its place and the processors."""
    assert point.config is not None
    return json.dumps(point.config.model_dump(mode="json", exclude=set(OF_ONE_RUN) | {"workers"}), sort_keys=True)


def grouped(points: Sequence[Point]) -> Iterator[tuple[dict[str, str], list[Point]]]:
    """Yield the values without the seed, and the points that have them, in order."""
    found: dict[tuple[tuple[str, str], ...], list[Point]] = {}
    for point in points:
        found.setdefault(tuple((key, text) for key, text in point.own.items() if key != SEED), []).append(point)
    for key, members in found.items():
        yield dict(key), members
