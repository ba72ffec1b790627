"""From the reads of a tag to where its animal was: what follows from two reads in a row.

The rules are those that Voletron's readme states. Between antennas at the two ends of a tube it was in the tube;
between two antennas of one chamber, in that chamber; between two reads at one antenna, in the tube if they are less
than 10 s apart and in the chamber otherwise. Where one antenna missed it, it went past that at once (out of a tube) or
just before (into one), so that the chamber gets the time. Where two did, nobody knows where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from socialrl.interop.olcus.apparatus import Antenna, Apparatus
from socialrl.interop.olcus.reads import IN_THE_TUBE_S

NEAR_S = 0.01
"""Reads of a tag that are nearer than this may be in the wrong order."""

MISSED_S = 0.001

OUTSIDE = ""
"""The tube that an animal comes from when it is put into its first chamber."""


@dataclass
class Track:
    """Where one animal was: `rows` as (kind, start_s, end_s, chamber, to), and how its pairs of reads were taken."""

    rows: list[tuple[str, float, float, str, str | None]]
    missing_one: int = 0
    missing_two: int = 0
    lost_s: float = 0.0


@dataclass(frozen=True)
class _Span:
    """From one read to the next: the place, and the chamber ends of tube at which it began and ended."""

    start_s: float
    end_s: float
    place: str | None
    left: str
    reached: str


def track(reads: Sequence[tuple[float, Antenna]], first: str, end_s: float, apparatus: Apparatus) -> Track:
    """Return the track of an animal from 0 to `end_s`; `reads` are in time order, `first` is its first chamber."""
    reads = _in_likely_order(reads)
    found = Track([])
    spans: list[_Span] = []
    before = (0.0, Antenna(OUTSIDE, first))
    for now in [*reads, (end_s, reads[-1][1] if reads else before[1])]:
        spans += _between(before, now, apparatus, found)
        before = now
    found.rows = _joined([one for one in spans if one.end_s > one.start_s])
    found.lost_s = sum(one.end_s - one.start_s for one in spans if one.place is None)
    return found


def _between(
    before: tuple[float, Antenna], now: tuple[float, Antenna], apparatus: Apparatus, found: Track
) -> list[_Span]:
    (then, one), (time, other) = before, now
    if one == other:
        in_tube = time - then < IN_THE_TUBE_S and one.tube != OUTSIDE
        return [_Span(then, time, one.tube if in_tube else one.chamber, one.chamber, one.chamber)]
    if one.tube == other.tube or one.chamber == other.chamber:
        place = one.tube if one.tube == other.tube else one.chamber
        return [_Span(then, time, place, one.chamber, other.chamber)]
    for missed in apparatus.antennas.values():
        at = None
        if missed.tube == one.tube and missed.chamber == other.chamber:
            at = min(then + MISSED_S, time)
        elif missed.chamber == one.chamber and missed.tube == other.tube:
            at = max(time - MISSED_S, then)
        if at is not None:
            found.missing_one += 1
            return [*_between(before, (at, missed), apparatus, found), *_between((at, missed), now, apparatus, found)]
    found.missing_two += 1
    return [_Span(then, time, None, one.chamber, other.chamber)]


def _joined(spans: Iterable[_Span]) -> list[tuple[str, float, float, str, str | None]]:
    """Return spans in one place as one stay or passage; a passage leads from the end where it began to the last one."""
    joined: list[_Span] = []
    for one in spans:
        if joined and joined[-1].place == one.place and joined[-1].end_s == one.start_s:
            joined[-1] = _Span(joined[-1].start_s, one.end_s, one.place, joined[-1].left, one.reached)
        else:
            joined.append(one)
    rows: list[tuple[str, float, float, str, str | None]] = []
    for one in joined:
        if one.place is None:
            continue
        stays = one.place in (one.left, one.reached)
        rows.append(
            ("chamber", one.start_s, one.end_s, one.place, None)
            if stays
            else ("passage", one.start_s, one.end_s, one.left, one.reached)
        )
    return rows


def _in_likely_order(reads: Sequence[tuple[float, Antenna]]) -> list[tuple[float, Antenna]]:
    """Return reads with two that are less than 10 ms apart exchanged where that makes more of a way of it."""
    ordered = list(reads)
    for k in range(1, len(ordered) - 2):
        a, b, c, d = (one for _, one in ordered[k - 1 : k + 3])
        if ordered[k + 1][0] - ordered[k][0] >= NEAR_S:
            continue
        if _next(a, c) + _next(b, d) > _next(a, b) + _next(c, d):
            ordered[k], ordered[k + 1] = (ordered[k][0], c), (ordered[k + 1][0], b)
    return ordered


def _next(one: Antenna, other: Antenna) -> bool:
    return one == other or one.tube == other.tube or one.chamber == other.chamber
