"""What BORIS's files have in common: tests that grow line by line, states that start and stop, what cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from socialrl.errors import UserError
from socialrl.interop.scored import Bout, Scored

NOBODY = "no focal subject"
BLANK = ("", "na", "nan", "none")

_ROUNDING_S = 1.0
"""How far a bout may end after its test: films end between two images."""

_Key = tuple[str, str]


@dataclass
class Scoring:
    """The tests of a file while it is read, by observation and subject; `where` is said before the place of a mistake.

    A place is a line, or the number of an event in a project, and `places` is what to call it.
    """

    where: str
    places: str = "line"
    tests: dict[_Key, Scored] = field(default_factory=dict)
    offsets: dict[str, float] = field(default_factory=dict)
    _running: dict[tuple[_Key, str], tuple[float, int]] = field(default_factory=dict)
    _unnamed: bool = False

    def at(self, place: int, observation: str = "") -> str:
        """Return the words that begin a mistake: file and place."""
        inside = f", observation '{observation}'" if observation and self.places != "line" else ""
        return f"{self.where}{inside}, {self.places} {place}"

    def test(self, observation: str, subject: str, place: int, facts: Mapping[str, str], duration_s: float) -> _Key:
        """Return the key of a test, which is made when it is first asked for; without a subject that is the animal."""
        if subject.casefold() in (*BLANK, NOBODY):
            subject, self._unnamed = observation, True
        key = (observation, subject)
        if key not in self.tests:
            self.tests[key] = Scored(subject, observation, place, duration_s, facts=dict(facts))
        return key

    def bout(self, key: _Key, behaviour: str, start_s: float, stop_s: float, place: int) -> None:
        """Add a bout; a point event stops when it starts."""
        self.tests[key].bouts.append(Bout(behaviour, start_s, stop_s, place))

    def start(self, key: _Key, behaviour: str, time_s: float, place: int) -> None:
        """Begin a state, which must not run already."""
        if (key, behaviour) in self._running:
            since = self._running[key, behaviour][1]
            told = f"'{behaviour}' of {key[1]} runs already, since {self.places} {since}"
            raise UserError(f"{self.at(place, key[0])}: {told}")
        self._running[key, behaviour] = (time_s, place)

    def stop(self, key: _Key, behaviour: str, time_s: float, place: int) -> None:
        """End a state, which must run."""
        if (key, behaviour) not in self._running:
            raise UserError(f"{self.at(place, key[0])}: '{behaviour}' of {key[1]} stops, but never started")
        began, since = self._running.pop((key, behaviour))
        if time_s < began:
            told = f"stops at {time_s:g} s, before it starts at {began:g} s ({self.places} {since})"
            raise UserError(f"{self.at(place, key[0])}: '{behaviour}' of {key[1]} {told}; events must be in time order")
        self.bout(key, behaviour, began, time_s, since)

    def runs(self, key: _Key, behaviour: str) -> bool:
        """Whether a state has begun and not ended."""
        return (key, behaviour) in self._running

    def finished(self, notes: list[str]) -> list[Scored]:
        """Return the tests with bouts in time order, their times from the start of the test.

        A state that still runs, one that is there twice at a time, and a bout outside its test raise `UserError`.
        """
        if self._running:
            (key, behaviour), (_, place) = next(iter(self._running.items()))
            told = f"'{behaviour}' of {key[1]} starts and never stops; mend it in BORIS"
            raise UserError(f"{self.at(place, key[0])}: {told}")
        if self._unnamed:
            notes.append("some rows have no focal subject; the observation is taken as the animal there")
        for (observation, _), one in self.tests.items():
            self._from_the_start(observation, one)
            one.bouts.sort(key=lambda bout: (bout.start_s, bout.end_s))
            self._check(observation, one)
        for observation, offset_s in self.offsets.items():
            notes.append(
                f"observation '{observation}' begins at {offset_s:g} s of its clock; times are counted from there"
            )
        return list(self.tests.values())

    def _from_the_start(self, observation: str, one: Scored) -> None:
        offset_s = self.offsets.get(observation, 0.0)
        for k, bout in enumerate(one.bouts):
            start_s = bout.start_s - offset_s
            if start_s < 0:
                told = f"'{bout.behaviour}' starts at {bout.start_s:g} s, before the test"
                because = f", which begins at {offset_s:g} s" if offset_s else ""
                raise UserError(f"{self.at(bout.line, observation)}: {told}{because}")
            one.bouts[k] = Bout(bout.behaviour, start_s, bout.end_s - offset_s, bout.line)

    def _check(self, observation: str, one: Scored) -> None:
        last: dict[str, Bout] = {}
        for bout in one.bouts:
            before = last.get(bout.behaviour)
            if before is not None and bout.start_s < before.end_s:
                first, second = sorted((before, bout), key=lambda other: other.line)
                told = f"'{bout.behaviour}' of {one.animal} from {second.start_s:g} to {second.end_s:g} s"
                twice = (
                    "is there twice, as"
                    if (first.start_s, first.end_s) == (second.start_s, second.end_s)
                    else "overlaps"
                )
                place = f"{self.places} {first.line}"
                raise UserError(
                    f"{self.at(second.line, observation)}: {told} {twice} {place}; a state runs once at a time"
                )
            if before is None or bout.end_s > before.end_s:
                last[bout.behaviour] = bout
            if not math.isnan(one.duration_s) and bout.end_s > one.duration_s + _ROUNDING_S:
                told = f"'{bout.behaviour}' ends at {bout.end_s:g} s, after the end of the test ({one.duration_s:g} s)"
                raise UserError(f"{self.at(bout.line, observation)}: {told}")
