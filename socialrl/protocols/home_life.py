"""A history with companions by name: its phases as spells in a home cage, and who is offered in its tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from socialrl.assays import short_id
from socialrl.errors import UserError
from socialrl.protocols.companions import Companion, slip_of
from socialrl.protocols.doses import acting, in_words
from socialrl.protocols.history import History
from socialrl.protocols.offers import Offer, offer_of
from socialrl.protocols.phases import PEER_OF_OTHER_SEX, REFUSED_MATING, AssayPhase, Cohouse, Phase
from socialrl.protocols.planned import Home, PlannedTest, Spell
from socialrl.protocols.stimulus_animals import is_group
from socialrl_envs import ASSAYS


@dataclass
class _Known:
    """What a history says of a companion: hours with it, when they were last together, whether they mated."""

    companion: Companion
    hours: float = 0.0
    until_h: float = 0.0
    mated: bool = False
    lost_in: int | None = None


@dataclass
class _Time:
    """A spell with its beginning, in hours of the history."""

    start_h: float
    spell: Spell
    end_h: float = field(init=False)

    def __post_init__(self) -> None:
        self.end_h = self.start_h + self.spell.hours


class HomeLife(History):
    """One history, read from front to back."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._known: dict[str, _Known] = {}
        self._cage: tuple[str, ...] = ()  # whom it lives with now
        self._last_cage: tuple[str, ...] = ()  # the last that was not empty
        self._times: list[_Time] = []  # since the last test
        self._hour = 0.0
        self._offer: Offer | None = None  # of the last test

    def tests(self) -> Iterator[PlannedTest]:
        """Walk through the phases and yield the tests; impossible ones raise `UserError`."""
        planned = list(super().tests())
        companions = tuple(one.companion for one in self._known.values())
        for test in planned:
            assert test.home is not None
            yield replace(test, home=replace(test.home, companions=companions))

    # ------------------------------------------------------------------ life

    def live(self, number: int, phase: Phase) -> None:
        """Read a phase that is neither a test nor a dose."""
        self._live_on(number)
        if phase.cohouse is not None:
            self._cohouse(number, phase.cohouse)
        elif phase.separate is not None:
            gone = self._all_known(number, "from", phase.separate.from_)
            elsewhere = next((name for name in gone if name not in self._cage), None)
            if elsewhere is not None:
                raise self.error(
                    number,
                    f"from: {elsewhere} is not in the cage, so they cannot be separated; the animal lives with "
                    f"{', '.join(self._cage) or 'nobody'}",
                )
            self._cage = tuple(name for name in self._cage if name not in gone) if gone else ()
            self._spend(phase.hours_long)
        elif phase.rehouse is not None:
            back = self._all_known(number, "with", phase.rehouse.with_) or self._last_cage
            if not back:
                raise self.error(number, "with is missing: the animal has not lived with anybody before")
            self._cage = self._present(number, "with", back)
            self._spend(phase.hours_long)
        elif phase.lose is not None:
            for name in self._present(number, "who", self._all_known(number, "who", phase.lose.who)):
                self._known[name].lost_in = number
            self._cage = tuple(name for name in self._cage if self._known[name].lost_in is None)
            self._last_cage = tuple(name for name in self._last_cage if self._known[name].lost_in is None)
            self._spend(phase.hours_long)

    def _cohouse(self, number: int, cage: Sequence[Cohouse]) -> None:
        """Read one or several cohousings that begin at once; the cage is theirs alone."""
        mates: list[str] = []
        until: dict[str, float] = {}
        for one in cage:
            for name in one.with_:
                companion = self._introduced(number, name, one)
                mating = companion.mates if one.mating is None else one.mating
                if mating and companion.relationship != "mate":
                    raise self.error(number, f"mating {REFUSED_MATING[companion.relationship]}, got true")
                if mating and one.hours_long > 0.0:
                    mates.append(name)
                until[name] = one.hours_long
        spent = 0.0
        for end in sorted(set(until.values())):
            self._cage = tuple(name for name in until if until[name] > spent)
            if end > spent:
                self._spend(end - spent, tuple(name for name in mates if name in self._cage))
                spent = end

    def _introduced(self, number: int, name: str, phase: Cohouse) -> Companion:
        """Return a companion, which is new here or as it was before."""
        known = self._known.get(name)
        if known is None:
            near = slip_of(name, self._known)
            if near is not None:
                raise self.error(
                    number,
                    f"with: unknown companion '{name}'; did you mean '{near}'? Give another animal a name that differs "
                    "in more than a letter or two",
                )
            relationship = phase.relationship or "peer"
            if relationship == "peer" and phase.sex == "other":
                raise self.error(number, f"sex {PEER_OF_OTHER_SEX}")
            other_sex = relationship == "mate" or phase.sex == "other"
            self._known[name] = _Known(Companion(name, relationship, other_sex))
            return self._known[name].companion
        self._present(number, "with", (name,))
        companion = known.companion
        if phase.relationship not in (None, companion.relationship):
            raise self.error(
                number,
                f"relationship must be {companion.relationship} as before ({name} is the same animal), got "
                f"{phase.relationship}",
            )
        if phase.sex is not None and (phase.sex == "other") != companion.other_sex:
            was = "other" if companion.other_sex else "same"
            raise self.error(number, f"sex must be {was} as before ({name} is the same animal), got {phase.sex}")
        return companion

    def _all_known(self, number: int, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse companions that were never introduced."""
        for name in names:
            if name not in self._known:
                raise self.error(number, f"{key}: {self._never_met(name)}")
        return names

    def _never_met(self, name: str) -> str:
        near = slip_of(name, self._known)
        hint = f"; did you mean '{near}'?" if near in self._known else ""
        met = ", ".join(str(one.companion) for one in self._known.values()) or "nobody"
        return (
            f"{name} was never introduced: no phase before this one houses the animal with it{hint}; so far it has "
            f"lived with {met}"
        )

    def _present(self, number: int, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse companions that are lost."""
        for name in names:
            lost_in = self._known[name].lost_in
            if lost_in is not None:
                raise self.error(number, f"{key}: {name} was lost in phase {lost_in} and does not come back")
        return names

    def _live_on(self, number: int) -> None:
        """Let the hours pass until a phase begins that names its age."""
        gap = self.starts[number - 1] - self._hour
        if gap > 1e-9:
            self._spend(gap)

    def _spend(self, hours: float, mates: tuple[str, ...] = ()) -> None:
        """Let hours pass in the cage as it is."""
        if hours > 0.0:
            last = self._times[-1] if self._times else None
            if last is not None and last.spell.together == self._cage and last.spell.mates == mates:
                # one spell, so that bouts of contact do not start again
                self._times[-1] = _Time(last.start_h, replace(last.spell, hours=last.spell.hours + hours))
            else:
                self._times.append(_Time(self._hour, Spell(hours, self._cage, mates)))
            self._hour += hours
        for name in self._cage:
            known = self._known[name]
            known.hours += hours
            known.until_h = self._hour
            known.mated |= name in mates
        self._last_cage = self._cage or self._last_cage

    # ------------------------------------------------------------------ tests

    def test(self, number: int, phase: AssayPhase) -> PlannedTest:
        """Return the test of a phase."""
        self._live_on(number)
        assay = ASSAYS[phase.id]
        try:
            if is_group(assay):
                raise UserError(
                    f"{short_id(assay.id)} holds pairs that live through one history, with one partner each; a life "
                    "with other companions, kinds of phases, ages or more hours is tested in PartnerPreference, "
                    "SocialOperant or StrangerEncounter"
                )
            for name in phase.with_:
                lost = self._known[name].lost_in if name in self._known else None
                if lost is not None:
                    raise UserError(f"with: {name} was lost in phase {lost} and does not come back")
            known = {name: one.companion for name, one in self._known.items() if one.lost_in is None}
            before = None if self.last is None or self._offer is None else (self.last.assay, self._offer)
            offer = offer_of(assay, phase, known, before, self._never_met)
        except UserError as error:
            raise self.error(number, str(error)) from error
        for companion in offer.new:  # a partner that it never lived with
            self._known[companion.name] = _Known(companion)
        self._offer = offer
        common = self.common(number, phase)
        begun = self._hour
        ended = begun + common["duration_s"] / 3600.0
        first = self._known.get(offer.first or "")
        spells = tuple(
            replace(time.spell, drugs=acting(self.spans, time.start_h, time.end_h, time.end_h)) for time in self._times
        )
        self._times, self._hour = [], ended
        return PlannedTest(
            **common,
            session=offer.session,
            relationship=offer.relationship,
            stranger_sex=offer.stranger_sex,
            life=(),
            cohousing_h=first.hours if first else 0.0,
            separation_h=begun - (first.until_h if first else 0.0),
            mated=bool(first and first.mated),
            doses=in_words(self.spans, begun, ended),
            home=Home(
                self.begins_d,
                (),
                spells,
                dict(offer.places),
                frozenset(offer.other_sex),
                acting(self.spans, begun, begun, ended),
            ),
        )
