"""Column names of BORIS, in the versions that there are: what each holds, whatever its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TITLES: Mapping[str, tuple[str, ...]] = {
    "observation": ("observation id", "observation"),
    "subject": ("subject", "focal subject"),
    "behaviour": ("behavior", "behaviour"),
    "type": ("behavior type", "behaviour type", "status"),
    "start": ("start (s)", "start"),
    "stop": ("stop (s)", "stop"),
    "time": ("time", "time (s)"),
    "modifiers": ("modifiers", "modifier"),
    "offset": ("time offset (s)",),
}
_LENGTHS = ("media duration (s)", "total length", "observation duration", "media length (s)")
"""Columns that say how long a test was, the best first; coding duration is only from its first event to its last."""

_ABOUT_THE_FILE = frozenset(
    {
        "observation date", "description", "observation type", "source", "coding duration", "fps",
        "fps (frame/s)", "media file", "media file path", "media file name", "behavioral category",
        "observation duration by subject by observation", "duration (s)", "image index", "image index start",
        "image index stop", "image file path", "image file path start", "image file path stop", "comment",
        "comment start", "comment stop", "frame index", "frame index start", "frame index stop", *_LENGTHS,
    }
)  # fmt: skip


def places(titles: Sequence[str]) -> dict[str, int]:
    """Return the column of each quantity of `TITLES` that is there."""
    folded = [" ".join(one.split()).casefold() for one in titles]
    return {name: folded.index(one) for name, known in TITLES.items() for one in known[::-1] if one in folded}


def n_known(titles: Sequence[str]) -> int:
    """Return how many of `titles` are names that BORIS uses."""
    return sum(one.casefold() in _KNOWN for one in titles)


def is_header(titles: Sequence[str]) -> bool:
    """Return whether a line names the columns of events, aggregated or tabular."""
    found = places(titles)
    times = {"start", "stop"} <= set(found) or {"time", "type"} <= set(found)
    return times and {"subject", "behaviour"} <= set(found)


def modifiers(titles: Sequence[str]) -> list[int]:
    """Return the columns that hold modifiers: `Modifiers`, or `Modifier #1`, `Modifier #2`, …"""
    return [k for k, one in enumerate(titles) if one.casefold().startswith(("modifier", "modif #"))]


def lengths(titles: Sequence[str]) -> list[int]:
    """Return the columns that may say how long a test was, the best first."""
    folded = [" ".join(one.split()).casefold() for one in titles]
    return [folded.index(one) for one in _LENGTHS if one in folded]


def facts(titles: Sequence[str]) -> list[int]:
    """Return the columns of independent variables: those that BORIS does not name itself."""
    own = {*places(titles).values(), *modifiers(titles)}
    return [k for k, one in enumerate(titles) if k not in own and one and one.casefold() not in _ABOUT_THE_FILE]


_KNOWN = frozenset({*_ABOUT_THE_FILE, *(one for known in TITLES.values() for one in known)})
