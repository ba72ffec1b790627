"""A history with companions by name: its phases as spells in a home cage, and who is offered in its tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from socialrl.assays import short_id
from socialrl.errors import UserError
from socialrl.protocols.childhood import INDEPENDENT_D, MAX_ALONE_H, Rear, Wean
from socialrl.protocols.company import Company
from socialrl.protocols.doses import acting, in_words
from socialrl.protocols.history import History, conditioning_h
from socialrl.protocols.nest import InNest
from socialrl.protocols.offers import Offer, offer_of
from socialrl.protocols.phases import REFUSED_MATING, AssayPhase, Cohouse, Phase
from socialrl.protocols.planned import Home, PlannedTest, Spell
from socialrl.protocols.stimulus_animals import is_group
from socialrl_envs import ASSAYS


@dataclass(frozen=True)
class _Time:
    """A spell with its beginning, in hours of the history."""

    start_h: float
    spell: Spell

    @property
    def end_h(self) -> float:
        return self.start_h + self.spell.hours


class HomeLife(History):
    """One history, read from front to back."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._company = Company()
        self._cage: tuple[str, ...] = ()  # whom it lives with now
        self._last_cage: tuple[str, ...] = ()  # the last that was not empty
        self._times: list[_Time] = []  # since the last test
        self._hour = 0.0
        self._offer: Offer | None = None  # of the last test
        if self.given_age_d is None and _begins_in_nest(self.phases):
            self.begins_d = 0.0
        self._nest = InNest() if self.begins_d < INDEPENDENT_D else None  # None: it has left the nest

    def tests(self) -> Iterator[PlannedTest]:
        """Walk through the phases and yield the tests; impossible ones raise `UserError`."""
        for test in list(super().tests()):
            assert test.home is not None
            yield replace(test, home=replace(test.home, companions=self._company.companions))

    # ------------------------------------------------------------------ life

    def live(self, number: int, phase: Phase) -> None:
        """Read a phase that is neither a test nor a dose."""
        try:
            self._live_on(number)
            if phase.rear is not None:
                self._rear(phase.rear)
            elif phase.wean is not None:
                self._wean(phase.wean)
            else:
                self._check_grown(phase)
                self._grown(number, phase)
        except UserError as error:
            raise self.error(number, str(error)) from error

    def _grown(self, number: int, phase: Phase) -> None:
        """Read a phase of an animal that can live without carers."""
        if phase.stress is not None:
            cage, nest, self._nest = self._cage, self._nest, None
            self._cage = self._company.check("with", phase.stress.with_)
            self._spend(phase.hours_long, stressor=phase.stress.stressor)
            self._cage, self._nest = cage, nest
            return
        if phase.lose is not None:
            for name in self._company.check("who", phase.lose.who):
                self._company.all[name].lost_in = number
            present = self._company.present
            self._cage = tuple(name for name in self._cage if name in present)
            self._last_cage = tuple(name for name in self._last_cage if name in present)
            self._spend(phase.hours_long)
            return
        self._nest = None
        if phase.cohouse is not None:
            self._cohouse(phase.cohouse)
            return
        if phase.separate is not None:
            self._cage = self._without(phase.separate.from_)
        elif phase.rehouse is not None:
            self._cage = self._company.check("with", phase.rehouse.with_) or self._last_cage
            if not self._cage:
                raise UserError("with is missing: the animal has not lived with anybody before")
        elif phase.isolate is not None:
            self._cage = ()
        elif phase.enrich is not None:
            self._cage = self._company.check("with", phase.enrich.with_) or self._cage
        self._spend(phase.hours_long, enriched=phase.enrich is not None)

    def _without(self, gone: tuple[str, ...]) -> tuple[str, ...]:
        """Return who is left in the cage; without names nobody is."""
        for name in self._company.check("from", gone):
            if name not in self._cage:
                raise UserError(
                    f"from: {name} is not in the cage, so they cannot be separated; the animal lives with "
                    f"{', '.join(self._cage) or 'nobody'}"
                )
        return tuple(name for name in self._cage if name not in gone) if gone else ()

    def _cohouse(self, cage: Sequence[Cohouse]) -> None:
        """Read one or several cohousings that begin at once; the cage is theirs alone."""
        mates: list[str] = []
        until: dict[str, float] = {}
        for one in cage:
            for name in one.with_:
                companion = self._company.introduced(name, one.relationship, one.sex)
                mating = companion.mates if one.mating is None else one.mating
                if mating and companion.relationship != "mate":
                    raise UserError(f"mating {REFUSED_MATING[companion.relationship]}, got true")
                if mating and one.hours_long > 0.0:
                    mates.append(name)
                until[name] = one.hours_long
        spent = 0.0
        for end in sorted(set(until.values())):
            self._cage = tuple(name for name in until if until[name] > spent)
            if end > spent:
                self._spend(end - spent, tuple(name for name in mates if name in self._cage))
                spent = end

    # ------------------------------------------------------------------ childhood

    @property
    def _age_d(self) -> float:
        return self.begins_d + self._hour / 24.0

    def _rear(self, phase: Rear) -> None:
        if self._nest is None:
            why = f"this life begins at {self.begins_d:g} d" if self._hour == 0.0 else "the animal has left it"
            raise UserError(f"is about life in the nest, and {why}")
        self._nest.rear = phase
        self._spend(phase.hours_long)

    def _wean(self, phase: Wean) -> None:
        if self._nest is None:
            begun = f"this life begins at {self.begins_d:g} d{self.at_birth()}"
            raise UserError(f"ends life in the nest, and {begun if self._hour == 0.0 else 'the animal has left it'}")
        self._check_grown(None)
        kind = "sibling" if phase.company == "siblings" else "peer"
        self._nest, self._cage = None, phase.names
        for name in phase.names:
            is_new = name not in self._company.all
            self._company.introduced(name, kind, None)
            if kind == "sibling" and is_new:  # of the same litter
                self._times = [_with_sibling(time, name) for time in self._times]
        self._last_cage = self._cage or self._last_cage

    def _check_grown(self, phase: Phase | None) -> None:
        """Refuse a life without carers at an age at which pups do not live without; a brief stressor they survive."""
        brief = phase is not None and phase.stress is not None and phase.hours_long <= MAX_ALONE_H
        if self._age_d < INDEPENDENT_D - 1e-9 and not brief:
            raise UserError(
                f"begins at age {self._age_d:g} d, and pups need carers up to day {INDEPENDENT_D:g}: they live without "
                f"any for {MAX_ALONE_H:g} h at most; write a rear phase before it, or a later age_d"
            )

    # ------------------------------------------------------------------ time

    def _live_on(self, number: int) -> None:
        """Let the hours pass until a phase begins that names its age."""
        gap = self.starts[number - 1] - self._hour
        if gap > 1e-9:
            self._spend(gap)

    def _spend(
        self, hours: float, mates: tuple[str, ...] = (), *, stressor: float = 0.0, enriched: bool = False
    ) -> None:
        """Let hours pass in the nest, or in the cage as it is."""
        if self._nest is not None:
            for part_h, nest in self._nest.spend(self._age_d, hours):
                self._add(Spell(part_h, nest=nest))
            return
        if hours > 0.0:
            self._add(Spell(hours, self._cage, mates, stressor=stressor, enriched=enriched))
        self._company.spend(self._cage, hours, self._hour, mates)
        self._last_cage = self._cage or self._last_cage

    def _add(self, spell: Spell) -> None:
        last = self._times[-1] if self._times else None
        if last is not None and replace(last.spell, hours=spell.hours) == spell:
            # one spell, so that bouts of contact do not start again
            self._times[-1] = _Time(last.start_h, replace(spell, hours=last.spell.hours + spell.hours))
        else:
            self._times.append(_Time(self._hour, spell))
        self._hour += spell.hours

    # ------------------------------------------------------------------ tests

    def test(self, number: int, phase: AssayPhase) -> PlannedTest:
        """Return the test of a phase."""
        try:
            self._live_on(number)
            self._check_grown(None)
            offer = self._offered(phase)
        except UserError as error:
            raise self.error(number, str(error)) from error
        for companion in offer.new:  # a partner that it never lived with
            self._company.add(companion)
        self._offer = offer
        common = self.common(number, phase, offer.company)
        lived, begun = self._hour, self._hour + conditioning_h(phase)
        ended = begun + common["duration_s"] / 3600.0
        first = self._company.all.get(offer.first or "")
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
            separation_h=lived - (first.until_h if first else 0.0),
            mated=bool(first and first.mated),
            doses=in_words(self.spans, begun, ended),
            home=Home(
                begins_d=self.begins_d,
                companions=(),
                spells=spells,
                offered=dict(offer.places),
                drugs=acting(self.spans, lived, begun, ended),
            ),
        )

    def _offered(self, phase: AssayPhase) -> Offer:
        assay = ASSAYS[phase.id]
        if is_group(assay):
            raise UserError(
                f"{short_id(assay.id)} holds pairs that live through one history, with one partner each; a life "
                "with other companions, kinds of phases, ages or more hours is tested in PartnerPreference, "
                "SocialOperant, StrangerEncounter, StressRecovery or PlacePreference"
            )
        for key, names in (("with", phase.with_), ("conditioned_with", (phase.conditioned_with,))):
            self._company.check(key, tuple(name for name in names if name is not None and name in self._company.all))
        before = None if self.last is None or self._offer is None else (self.last.assay, self._offer)
        return offer_of(assay, phase, self._company.present, before, self._company.never_met)


def _with_sibling(time: _Time, name: str) -> _Time:
    """Return time in the nest as it was with a sibling of the same litter; other times as they are."""
    if time.spell.nest is None:
        return time
    return replace(time, spell=replace(time.spell, together=(*time.spell.together, name)))


def _begins_in_nest(phases: Sequence[Phase]) -> bool:
    """Return whether the first phase that takes its place in life is one of the nest."""
    first = next((phase for phase in phases if phase.dose is None), None)
    return first is not None and (first.rear is not None or first.wean is not None)
