"""The options of `socialrl export --format olcus` and of `socialrl import --format olcus`."""

from __future__ import annotations

from pathlib import Path

from socialrl.errors import UserError, shortened
from socialrl.interop.format import Option
from socialrl.interop.olcus.clock import START, ZONE, parse_start, parse_zone
from socialrl.interop.olcus.tags import FIRST, parse_tags
from socialrl.interop.run_events import EVENTS, HABITATS, TESTS

POINTS = 40
"""Validation points of an animal."""


def parse_names(text: str) -> dict[str, str]:
    """Return the new name of each chamber from `arena:CentralA,cage1:Cage1`."""
    names = {}
    for one in text.split(","):
        name, colon, new = one.partition(":")
        if not colon or not name.strip() or not new.strip():
            raise UserError(f"needs NAME:NEW between commas, such as arena:CentralA, got '{shortened(one)}'")
        names[name.strip()] = new.strip()
    if len(set(names.values())) < len(names):
        raise UserError("gives one new name to two chambers")
    return names


def _points(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 10_000:
        raise ValueError(text)
    return value


def _path(text: str) -> Path:
    return Path(text).expanduser()


_START = f"{START:%Y-%m-%dT%H:%M}"
EXPORT = (
    Option("start", "local time at which a test begins", START, parse_start, "such as 2026-01-05T09:00", _START),
    Option("zone", "time zone of that local time", ZONE, parse_zone, "an IANA name, such as Europe/Berlin"),
    Option("tags", "the first tag, or a file of lines animal,tag", FIRST, parse_tags, "15 digits, or a file"),
    Option(
        "chambers",
        "other names of chambers",
        None,
        parse_names,
        "such as arena:CentralA,cage1:Cage1",
        "those of the run",
    ),
    Option(
        "apparatus",
        "an antenna map whose chambers have these names",
        None,
        _path,
        "a file apparatus.json of Voletron",
        "two antennas a tube, three tubes a device",
    ),
    Option("validation", "validation points of each animal", POINTS, _points, "0 to 10000"),
    TESTS,
    HABITATS,
    EVENTS,
)
IMPORT = (
    Option("zone", "time zone of the recorder's clock", None, parse_zone, "such as Europe/Berlin", ZONE),
    Option("animals", "names, tags and start chambers", None, _path, "a file", "animals.csv beside the reads"),
    Option("apparatus", "the antenna map", None, _path, "a file", "apparatus.json beside the reads"),
)
