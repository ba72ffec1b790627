"""The doses of a life: from when to when each acts, and which of them a stretch of it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from socialrl.protocols.planned import Drugs


@dataclass(frozen=True)
class Span:
    """A dose in hours from the beginning of its history; `phase` is its place in the list."""

    phase: int
    drug: str
    dose: float
    start_h: float
    end_h: float


def overlapping(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Return a dose and an earlier one of the same drug that overlap with each other, or None."""
    for at, one in enumerate(spans):
        for other in spans[:at]:
            if other.drug == one.drug and other.start_h < one.end_h and one.start_h < other.end_h:
                return one, other
    return None


def acting(spans: Sequence[Span], start_h: float, end_h: float, until_h: float) -> Drugs:
    """Return the doses that act between `start_h` and `until_h`, in the world's form: seconds from `end_h`."""
    return tuple(
        {
            "drug": span.drug,
            "dose": span.dose,
            "start_s": (span.start_h - end_h) * 3600.0,
            "end_s": (span.end_h - end_h) * 3600.0,
        }
        for span in spans
        if span.start_h < until_h and span.end_h > start_h
    )


def in_words(spans: Sequence[Span], begun_h: float, ended_h: float) -> str:
    """Return the doses up to the end of a test, hours from its start: "antagonist 1 from -24 to 0 h"."""
    return "; ".join(
        f"{span.drug} {span.dose:g} from {span.start_h - begun_h:g} to {span.end_h - begun_h:g} h"
        for span in spans
        if span.start_h < ended_h
    )
