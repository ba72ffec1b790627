"""Which tracks of EthoVision are of one arena at one time: animals of these were together, others were not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from socialrl.errors import UserError
from socialrl.interop.scored import Scored


@dataclass(frozen=True)
class Track:
    """The test of a track, and its experiment and the day on which it began, empty where the header does not say."""

    test: Scored
    experiment: str
    day: str
    path: Path


def refuse_copies(track: Track, others: Sequence[Track]) -> None:
    """Raise `UserError` for a track that is among `others`, sample by sample."""

    def same(one: Scored) -> tuple[object, ...]:
        return one.animal, one.test, one.bouts, one.facts

    test = track.test
    if test.bouts and any(same(one.test) == same(test) for one in others):
        raise UserError(
            f"{track.path}: the track '{test.test}' of {test.animal} is there twice, sample by sample; keep one file"
        )


def told_apart(tracks: Sequence[Track]) -> list[Scored]:
    """Return the tests of tracks. Those of one name are called by their experiment, or day, too where these differ.

    Two tracks of one animal in one test, with the same independent variables, raise `UserError`.
    """
    names = [track.test.test for track in tracks]
    for fact in ("experiment", "day"):
        values = [getattr(track, fact) or f"no {fact}" for track in tracks]
        several: dict[str, set[str]] = {}
        for name, value in zip(names, values, strict=True):
            several.setdefault(name, set()).add(value)
        names = [
            f"{value}, {name}" if len(several[name]) > 1 else name for name, value in zip(names, values, strict=True)
        ]
    seen = set()
    for name, track in zip(names, tracks, strict=True):
        whose = (name, track.test.animal, *track.test.facts.items())
        if whose in seen:
            raise UserError(
                f"{track.path}: {track.test.animal} has a second track in '{name}'; if these are two animals, name"
                " them in a variable 'Animal ID'; if they are of two experiments, import these one by one"
            )
        seen.add(whose)
    return [replace(track.test, test=name) for name, track in zip(names, tracks, strict=True)]
