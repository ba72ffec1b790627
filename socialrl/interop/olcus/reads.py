"""From the events of a habitat to what its antennas read.

An animal is read at the end of a tube where it goes in and at the other where it comes out. It is also read when the
test begins, as it is put into its chamber past an antenna, and when the test ends: a recording begins and ends with a
read, and of an animal that never moved Voletron would know nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from socialrl.interop.olcus.apparatus import Apparatus
from socialrl.interop.run_events import World

IN_THE_TUBE_S = 10.0
"""Two reads in a row at one antenna mean: less than this apart, the animal was in the tube, else in the chamber."""

LOST_TAG_S = 6 * 3600.0
"""Voletron lists longer stays as tags that may be lost."""


@dataclass(frozen=True)
class Reads:
    """All reads of one recording, in time order: `table` has `ms`, `animal`, `device`, `antenna`.

    `misread` counts stays of less than 10 s between two reads at one antenna, which will be taken as time in the tube;
    `misread_s` is how long they are in all. `long` counts stays of more than 6 h.
    """

    table: pd.DataFrame
    misread: int
    misread_s: float
    long: int


def reads_of(world: World, apparatus: Apparatus) -> Reads:
    """Return what antennas of `apparatus` read of the animals of a world; both must have the same names of chambers."""
    rows: list[tuple[int, str, int, int]] = []
    misread, misread_s, long = 0, 0.0, 0
    where = world.events[world.events["kind"].isin(("chamber", "passage"))]
    for animal in world.animals:
        own = where[where["animal"] == animal].sort_values(["start_s", "end_s"], kind="stable")
        passed = _passed(own, apparatus)
        first, last = str(own["chamber"].iloc[0]), _reached(own)
        at_start = [] if passed and passed[0][0] == 0 else [_beside(apparatus, first, passed[0] if passed else None, 0)]
        end_ms = _ms(world.duration_s)
        before = (passed or at_start)[-1]
        at_end = [] if before[0] == end_ms else [_beside(apparatus, last, before, end_ms)]
        reads = [*at_start, *passed, *at_end]
        rows += [(ms, animal, *number) for ms, number in reads]
        for (came, one), (went, other) in itertools.pairwise(reads):
            seconds = (went - came) / 1000.0
            if one == other and 0 < seconds < IN_THE_TUBE_S:  # out of the tube and back at once is no stay
                misread, misread_s = misread + 1, misread_s + seconds
        stays = own[own["kind"] == "chamber"]
        long += int((stays["end_s"] - stays["start_s"] > LOST_TAG_S).sum())
    table = pd.DataFrame(rows, columns=["ms", "animal", "device", "antenna"])
    return Reads(table.sort_values("ms", kind="stable").reset_index(drop=True), misread, misread_s, long)


_Read = tuple[int, tuple[int, int]]
"""Milliseconds from the start of the test; device and number of the antenna."""


def _passed(own: pd.DataFrame, apparatus: Apparatus) -> list[_Read]:
    """Return two reads of every passage of one animal."""
    found: list[_Read] = []
    passages = own[own["kind"] == "passage"]
    for start_s, end_s, left, reached in zip(
        passages["start_s"], passages["end_s"], passages["chamber"], passages["to"], strict=True
    ):
        tube = apparatus.tube_between(left, reached)
        assert tube is not None, f"no tube between {left} and {reached}"
        found.append((_ms(start_s), apparatus.number_at(tube, left)))
        found.append((_ms(end_s), apparatus.number_at(tube, reached)))
    return found


def _reached(own: pd.DataFrame) -> str:
    last = own.iloc[-1]
    return str(last["to"] if last["kind"] == "passage" else last["chamber"])


def _beside(apparatus: Apparatus, chamber: str, other: _Read | None, ms: int) -> _Read:
    """Return a read in `chamber` at `ms` that cannot be taken for time in a tube, if it has antennas enough.

    Next to the read `other`, and less than 10 s from it, that is one at another tube of the chamber.
    """
    there = [key for key, one in apparatus.antennas.items() if one.chamber == chamber]
    near = other is not None and abs(ms - other[0]) < 1000.0 * IN_THE_TUBE_S
    apart = [key for key in there if other is None or key != other[1]]
    if near and apart:
        return ms, apart[0]
    return ms, other[1] if other is not None and other[1] in there else there[0]


def _ms(seconds: float) -> int:
    return int(np.rint(1000.0 * seconds))
