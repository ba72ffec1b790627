"""The companions of a life so far: what each is to the animal, how long they lived together, and who is lost.

What is impossible raises `UserError` with the key of the phase, without the phase; the caller knows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from socialrl.errors import UserError
from socialrl.protocols.companions import Companion, slip_of
from socialrl.protocols.phases import PEER_OF_OTHER_SEX


@dataclass
class Known:
    """A companion: hours with it, when they were last together, whether they mated, and in which phase it was lost."""

    companion: Companion
    hours: float = 0.0
    until_h: float = 0.0
    mated: bool = False
    lost_in: int | None = None


class Company:
    """All companions that a history has introduced so far, by name."""

    def __init__(self) -> None:
        self.all: dict[str, Known] = {}

    @property
    def companions(self) -> tuple[Companion, ...]:
        """Everybody, in the order of their introduction."""
        return tuple(one.companion for one in self.all.values())

    @property
    def present(self) -> dict[str, Companion]:
        """Those that are not lost, by name."""
        return {name: one.companion for name, one in self.all.items() if one.lost_in is None}

    def introduced(self, name: str, relationship: str | None, sex: str | None) -> Companion:
        """Return a companion, which is new here or as it was before; None: nothing is said of it."""
        if name not in self.all:
            near = slip_of(name, self.all)
            if near is not None:
                raise UserError(
                    f"with: unknown companion '{name}'; did you mean '{near}'? Give another animal a name that differs "
                    "in more than a letter or two"
                )
            relationship = relationship or "peer"
            if relationship == "peer" and sex == "other":
                raise UserError(f"sex {PEER_OF_OTHER_SEX}")
            self.add(Companion(name, relationship, relationship == "mate" or sex == "other"))
            return self.all[name].companion
        self.check("with", (name,))
        companion = self.all[name].companion
        if relationship not in (None, companion.relationship):
            raise UserError(
                f"relationship must be {companion.relationship} as before ({name} is the same animal), got "
                f"{relationship}"
            )
        if sex is not None and (sex == "other") != companion.other_sex:
            was = "other" if companion.other_sex else "same"
            raise UserError(f"sex must be {was} as before ({name} is the same animal), got {sex}")
        return companion

    def add(self, companion: Companion) -> None:
        """Introduce an animal that nothing was said of before."""
        self.all[companion.name] = Known(companion)

    def check(self, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return `names`, after refusing companions that were never introduced or are lost."""
        for name in names:
            if name not in self.all:
                raise UserError(f"{key}: {self.never_met(name)}")
            lost_in = self.all[name].lost_in
            if lost_in is not None:
                raise UserError(f"{key}: {name} was lost in phase {lost_in} and does not come back")
        return names

    def never_met(self, name: str) -> str:
        """Return the words for an animal that was never introduced."""
        near = slip_of(name, self.all)
        hint = f"; did you mean '{near}'?" if near in self.all else ""
        met = ", ".join(map(str, self.companions)) or "nobody"
        return (
            f"{name} was never introduced: no phase before this one houses the animal with it{hint}; so far it has "
            f"lived with {met}"
        )

    def spend(self, cage: tuple[str, ...], hours: float, until_h: float, mates: tuple[str, ...]) -> None:
        """Note hours in one cage, which end at `until_h` of the history."""
        for name in cage:
            known = self.all[name]
            known.hours += hours
            known.until_h = until_h
            known.mated |= name in mates
