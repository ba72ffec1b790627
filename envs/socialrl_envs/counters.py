"""Raw counters of a test: what is counted for each animal, and its place in the packed counter array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiled import inlined

PER_CONSPECIFIC: tuple[str, ...] = (
    "huddle_s",
    "bouts",
    "rejections",
    "latency_s",
    "familiarity_start",
    "familiarity_end",
    "presses",
    "accesses",
    "access_s",
    "together_s",  # in one chamber, touching or not
)
_HUDDLE_S, _BOUTS, _REJECTIONS, _LATENCY_S, _START, _END, _PRESSES, _ACCESSES, _ACCESS_S, _TOGETHER_S = range(
    len(PER_CONSPECIFIC)
)
_CHAMBERS = len(PER_CONSPECIFIC)  # what is counted by chamber follows, then group sizes
WORK: tuple[str, ...] = ("presses", "accesses", "access_s")  # counted in assays with doors
PER_GROUP_SIZE: tuple[str, ...] = ("group_size_s",)
OF_CARE: tuple[str, ...] = (
    "lick_s",
    "care_s",  # ∫ touch · occupancy dt that the litter has from this animal
    "litter_contact_s",  # anybody's
    "return_s",  # absences that ended at the litter, added, and their number
    "returns",
    "need_s",  # ∫ need dt
    "energy_s",  # ∫ energy dt
    "litter_alone_s",  # the longest time that nobody was in contact with the litter
)
"""Counted where there is a litter; they are the last in the packed row."""
PER_CHAMBER: tuple[str, ...] = ("chamber_s", "entries", "tube_s")  # tube_s: in tubes out of the chamber


def n_counters(n_animals: int, n_chambers: int, litter: bool = False) -> int:
    """Length of one animal's packed counter row."""
    usual = (len(PER_CONSPECIFIC) + len(PER_GROUP_SIZE)) * n_animals + len(PER_CHAMBER) * n_chambers
    return usual + (len(OF_CARE) if litter else 0)


def places(n_animals: int, n_chambers: int, doors: bool) -> list[tuple[str, slice]]:
    """Return name and place of each counter in the packed row of acting animal 0: its conspecifics, or the chambers.

    Counters of work are left out where there are no `doors`.
    """
    spans, at = [], 0
    for name in PER_CONSPECIFIC:
        if doors or name not in WORK:
            spans.append((name, slice(at + 1, at + n_animals)))  # without the animal itself, which is the first
        at += n_animals
    for name in PER_CHAMBER:
        spans.append((name, slice(at, at + n_chambers)))
        at += n_chambers
    return spans


def named(row: NDArray[np.float64], n_animals: int, n_chambers: int) -> dict[str, NDArray[np.float64]]:
    """Return views of packed counters `(…, n_counters)` by name: `(…, n_animals)` or `(…, n_chambers)`.

    `chamber_s` are seconds in each chamber, `tube_s` those in the tubes out of it; all of them add up to the test.
    `group_size_s[…, n − 1]` are the seconds spent in a chamber with n animals in it, itself among them.
    """
    views, at = {}, 0
    for name in PER_CONSPECIFIC:
        views[name], at = row[..., at : at + n_animals], at + n_animals
    for name in PER_CHAMBER:
        views[name], at = row[..., at : at + n_chambers], at + n_chambers
    for name in PER_GROUP_SIZE:
        views[name], at = row[..., at : at + n_animals], at + n_animals
    return views


@inlined
def clear(counters, n_animals):  # type: ignore[no-untyped-def]
    """Set one animal's counters to zero and its latencies to "not yet" (infinite)."""
    for k in range(counters.shape[0]):
        counters[k] = 0.0
    for other in range(n_animals):
        counters[_LATENCY_S * n_animals + other] = np.inf


@inlined
def count_contact(counters, n_animals, other, dt_s, time_s, begins):  # type: ignore[no-untyped-def]
    """Count one tick of contact with `other`; `begins` starts a bout, the first bout sets the latency."""
    counters[_HUDDLE_S * n_animals + other] += dt_s
    if begins:
        counters[_BOUTS * n_animals + other] += 1.0
        if counters[_LATENCY_S * n_animals + other] == np.inf:
            counters[_LATENCY_S * n_animals + other] = time_s


@inlined
def count_rejection(counters, n_animals, other):  # type: ignore[no-untyped-def]
    """Count one rejection of `other`."""
    counters[_REJECTIONS * n_animals + other] += 1.0


@inlined
def count_familiarity(counters, n_animals, other, familiarity, at_start):  # type: ignore[no-untyped-def]
    """Record the familiarity of `other` at the start or (so far) at the end of the test."""
    counters[(_START if at_start else _END) * n_animals + other] = familiarity


@inlined
def count_chamber(counters, n_animals, n_chambers, chamber, dt_s, entered, passage_s):  # type: ignore[no-untyped-def]
    """Count one tick in `chamber`; `entered` is the chamber reached at the end of the tick, or −1.

    The way there took the last `passage_s` seconds: they were spent in the tube and not in the chamber that was left.
    """
    counters[_CHAMBERS * n_animals + chamber] += dt_s
    if entered >= 0:
        counters[_CHAMBERS * n_animals + n_chambers + entered] += 1.0
        counters[_CHAMBERS * n_animals + chamber] -= passage_s
        counters[_CHAMBERS * n_animals + 2 * n_chambers + chamber] += passage_s


@inlined
def count_work(counters, n_animals, other, presses, opened):  # type: ignore[no-untyped-def]
    """Count presses for access to `other`, and the access if they opened the door."""
    counters[_PRESSES * n_animals + other] += presses
    counters[_ACCESSES * n_animals + other] += opened


@inlined
def count_access(counters, n_animals, other, dt_s):  # type: ignore[no-untyped-def]
    """Count one tick in the chamber behind the door of `other`."""
    counters[_ACCESS_S * n_animals + other] += dt_s


@inlined
def count_together(counters, n_animals, other, dt_s):  # type: ignore[no-untyped-def]
    """Count one tick in the same chamber as `other`."""
    counters[_TOGETHER_S * n_animals + other] += dt_s


@inlined
def count_group(counters, n_animals, n_chambers, size, dt_s):  # type: ignore[no-untyped-def]
    """Count one tick in a chamber that holds `size` animals."""
    counters[_CHAMBERS * n_animals + len(PER_CHAMBER) * n_chambers + size - 1] += dt_s


@inlined
def count_care(counters, dt_s, licks, care, touched, returned_s, need, energy, alone_s):  # type: ignore[no-untyped-def]
    """Count one tick of care of a litter; `returned_s` is how long an absence was that has ended, −1: none has."""
    at = counters.shape[0] - 8
    counters[at] += licks * dt_s
    counters[at + 1] += care * dt_s
    if touched:
        counters[at + 2] += dt_s
    if returned_s >= 0.0:
        counters[at + 3] += returned_s
        counters[at + 4] += 1.0
    counters[at + 5] += need * dt_s
    counters[at + 6] += energy * dt_s
    counters[at + 7] = max(counters[at + 7], alone_s)


assert len(OF_CARE) == 8, "`count_care` counts every one of them"
