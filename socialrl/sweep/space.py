"""What a sweep varies: `KEY=A,B,C` lists, `KEY=LOW..HIGH:STEP` lists, and `KEY=LOW..HIGH` intervals to draw from.

A list is split at commas outside of brackets, braces and quotes, so that `ppo.net_arch=[64,64],[128,128]` has two
values. Values are written as for `socialrl train` and read by the same code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from socialrl import seeding
from socialrl.config import limits
from socialrl.config.strict_yaml import read_yaml
from socialrl.errors import UserError, shortened

_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_INTERVAL = re.compile(rf"({_NUMBER})\.\.({_NUMBER})((?::[A-Za-z0-9.+-]+)*)")
_OPENING, _CLOSING = "[{(", "]})"
OF_ONE_RUN = ("name", "output")
"""Keys that cannot vary, because every point has a run folder that is called after its values."""
MOST_POINTS = 10_000
_DIGITS = 6

SEED = "seed"


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`; drawn evenly, or evenly in their logarithm; `whole`: whole numbers only."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def at(self, u: float) -> float | int:
        """Return the number at the place `u` in [0, 1); not whole ones are rounded to six digits."""
        if self.whole:
            # every whole number has the same share, that of the numbers that round to it
            low, high = self.low - 0.5, self.high + 0.5
            if self.log:
                low, high = max(low, 0.5), high
            value = _between(low, high, u, self.log)
            return int(min(max(round(value), self.low), self.high))
        value = _between(self.low, self.high, u, self.log)
        return float(f"{value:.{_DIGITS}g}")


@dataclass(frozen=True)
class Axis:
    """One key that varies: `values` as they are typed, or an `interval`."""

    key: str
    values: tuple[str, ...] = ()
    interval: Interval | None = None

    def draw(self, seed: int, number: int) -> str:
        """Return the value of draw `number`; it depends on nothing but the seed, the key and the number."""
        rng = seeding.generator(seed, "sweep", "draw", self.key, number)
        if self.interval is None:
            return self.values[int(rng.integers(len(self.values)))]
        return repr(self.interval.at(float(rng.random())))


@dataclass(frozen=True)
class Space:
    """All `key=value` words of a sweep in their order: each a text (fixed for all points) or an axis."""

    words: tuple[str | Axis, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The keys that vary."""
        return tuple(word for word in self.words if isinstance(word, Axis))

    @property
    def fixed(self) -> list[str]:
        """The overrides that all points share."""
        return [word for word in self.words if isinstance(word, str)]

    @property
    def keys(self) -> set[str]:
        """The keys of the command line, fixed or varied."""
        return {word.partition("=")[0] if isinstance(word, str) else word.key for word in self.words}

    @property
    def intervals(self) -> list[Axis]:
        """The axes that can only be drawn from."""
        return [axis for axis in self.axes if axis.interval is not None]

    def overrides(self, own: dict[str, str]) -> list[str]:
        """Return the overrides of a point that has the values `own` by key, in the order in which they were typed."""
        typed = [
            word if isinstance(word, str) else f"{word.key}={own[word.key]}"
            for word in self.words
            if isinstance(word, str) or word.key in own
        ]
        keys = {axis.key for axis in self.axes}
        return [*typed, *(f"{key}={value}" for key, value in own.items() if key not in keys)]


def read_space(words: Sequence[str]) -> Space:
    """Return what the words of a command line vary.

    A key that is given twice, and a list with an empty or a repeated value, raise `UserError`.
    """
    found: list[str | Axis] = []
    seen: set[str] = set()
    for word in words:
        key, _, text = word.partition("=")
        axis = None if key in OF_ONE_RUN else _axis(key, text)
        if key in seen:
            raise UserError(f"command line: {key} is given twice; write all of its values in one list")
        seen.add(key)
        found.append(word if axis is None else axis)
    return Space(tuple(found))


def _axis(key: str, text: str) -> Axis | None:
    """Return the axis that a value describes, or None if it is one value."""
    if match := _INTERVAL.fullmatch(text.strip()):
        return _interval(key, text, *match.groups())
    values = [value.strip() for value in split(text)]
    if len(values) == 1:
        return None
    if "" in values:
        raise UserError(
            f"command line: {key} has a list with an empty value: '{shortened(text)}'; write {key}=A,B, or null for"
            " none"
        )
    read = [repr(read_yaml(value, f"command line: {key}")) for value in values]
    for place, value in enumerate(read):
        if value in read[:place]:
            raise UserError(f"command line: {key} has the value {shortened(values[place])} twice")
    return Axis(key, tuple(values))


def split(text: str) -> list[str]:
    """Return the parts of a text between commas that are outside of brackets, braces and quotes."""
    parts, depth, quote, begun = [], 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth <= 0:
            parts.append(text[begun:place])
            begun = place + 1
    return [*parts, text[begun:]]


def _interval(key: str, text: str, low: str, high: str, more: str) -> Axis:
    where = f"command line: {key}={shortened(text)}"
    how = [word for word in more.split(":") if word]
    first, last = Decimal(low), Decimal(high)
    if not first < last:
        raise UserError(f"{where}: an interval needs a lower and a higher number, such as 1e-4..1e-2")
    steps = [word for word in how if re.fullmatch(_NUMBER, word)]
    if steps:
        if len(how) > 1 or not Decimal(steps[0]) > 0:
            raise UserError(f"{where}: a list needs one step above 0, such as 1..100:1")
        step = Decimal(steps[0])
        n = int((last - first) / step) + 1
        if n > MOST_POINTS:
            raise UserError(f"{where}: this is a list of {n:,} values; at most {MOST_POINTS:,} are allowed")
        return Axis(key, tuple(_plain(first + k * step) for k in range(n)))
    unknown = [word for word in how if word not in ("log", "whole")]
    if unknown:
        raise UserError(
            f"{where}: after an interval comes :log (drawn evenly in the logarithm), :whole (whole numbers), both, or a"
            f" step (a list, such as 1..100:1), got :{shortened(unknown[0])}"
        )
    found = Interval(float(first), float(last), "log" in how, "whole" in how)
    if found.log and found.low <= 0.0:
        raise UserError(f"{where}: an interval in the logarithm needs numbers above 0")
    if found.whole and not (found.low.is_integer() and found.high.is_integer()):
        raise UserError(f"{where}: an interval of whole numbers needs whole ends")
    if max(abs(found.low), abs(found.high)) > limits.LARGEST and not found.whole:
        raise UserError(f"{where}: numbers go up to {limits.LARGEST:g}")
    return Axis(key, interval=found)


def _plain(value: Decimal) -> str:
    """Return a number as YAML: whole ones without a point."""
    return str(int(value)) if value == value.to_integral_value() else format(value.normalize(), "f")


def _between(low: float, high: float, u: float, log: bool) -> float:
    if not log:
        return low + u * (high - low)
    return math.exp(float(np.interp(u, (0.0, 1.0), (math.log(low), math.log(high)))))


def value_of(text: str) -> Any:
    """Return a typed value as data."""
    return read_yaml(text, "command line")
