"""A history with one partner: its phases as stretches, each of which a world lives through before a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from socialrl.errors import UserError
from socialrl.evaluation.unmet import sex_of_stranger
from socialrl.protocols.companions import PARTNER
from socialrl.protocols.doses import Span, acting, in_words
from socialrl.protocols.history import History, conditioning_h
from socialrl.protocols.phases import REFUSED_MATING, AssayPhase, Cohouse, Phase
from socialrl.protocols.planned import PlannedTest, Stretch
from socialrl.protocols.stimulus_animals import (
    Cast,
    check_order,
    check_same_stranger,
    check_stranger_sex,
    partner_of,
    relationship_of,
    session_of,
)
from socialrl_envs import ASSAYS


class PairLife(History):
    """One history, read from front to back."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._hour = 0.0
        self._stretches: list[Stretch] = []  # since the last test
        self._relationship: str | None = None  # None as long as the partner was not met
        self._mated = False
        self._cohousing_h = self._apart_since_h = 0.0

    def live(self, number: int, phase: Phase) -> None:
        """Read a phase of cohousing or separation."""
        if phase.cohouse is not None:
            self._cohouse(number, phase.cohouse[0])
        elif phase.separate is not None:
            self._separate(phase.separate.hours_long)

    def _cohouse(self, number: int, phase: Cohouse) -> None:
        relationship = phase.relationship or self._relationship or "peer"
        if self._relationship not in (None, relationship):
            raise self.error(
                number,
                f"relationship must be {self._relationship} as before (the partner is the same), got {relationship}",
            )
        self._relationship = relationship
        mating = relationship == "mate" if phase.mating is None else phase.mating
        if mating and relationship == "peer":
            raise self.error(number, f"mating {REFUSED_MATING[relationship]}, got true")
        self._mated |= mating and phase.hours_long > 0.0
        last = self._stretches[-1] if self._stretches else None
        if last is not None and last.separation_h == 0.0 and last.mating == mating:
            self._stretches[-1] = replace(last, cohousing_h=last.cohousing_h + phase.hours_long)
        else:
            self._stretches.append(Stretch(phase.hours_long, 0.0, relationship, mating))
        self._cohousing_h += phase.hours_long
        self._hour += phase.hours_long
        if phase.hours_long > 0.0:
            self._apart_since_h = self._hour

    def _separate(self, hours: float) -> None:
        if not self._stretches:
            self._stretches.append(Stretch(0.0, 0.0, self._relationship or "peer", False))
        last = self._stretches[-1]
        self._stretches[-1] = replace(last, separation_h=last.separation_h + hours)
        self._hour += hours

    def test(self, number: int, phase: AssayPhase) -> PlannedTest:
        """Return the test of a phase."""
        assay = ASSAYS[phase.id]
        try:
            check_order(assay, None if self.last is None else self.last.assay)
            session = session_of(assay, phase.with_, phase.session)
            company = phase.conditioned_with or PARTNER if assay.contexts else None
            cast = Cast(assay, session, company)
            relationship = relationship_of(cast, phase.relationship, self._relationship)
            check_stranger_sex(cast, phase.stranger_sex)
            if phase.stranger == "same":
                before = None if self.last is None else (self.last.cast, self.last.sex_of_stranger)
                check_same_stranger(cast, sex_of_stranger(relationship, phase.stranger_sex), before)
        except UserError as error:
            raise self.error(number, str(error)) from error
        if cast.has(partner_of(assay)):
            self._relationship = relationship
        common = self.common(number, phase, company)
        stretches = self._stretches or [Stretch(0.0, 0.0, relationship, False)]
        if stretches[-1].relationship != relationship:
            if stretches[-1].cohousing_h > 0.0:  # the partner is not there, and the animals that are have another sex
                stretches = [*stretches, Stretch(0.0, 0.0, relationship, False)]
            else:
                stretches = [*stretches[:-1], replace(stretches[-1], relationship=relationship)]
        conditioned_h = conditioning_h(phase)
        begun = self._hour + conditioned_h
        ended = begun + common["duration_s"] / 3600.0
        apart_h = self._hour - self._apart_since_h
        self._stretches, self._hour = [], ended
        return PlannedTest(
            **common,
            session=session,
            relationship=relationship,
            stranger_sex=phase.stranger_sex,
            life=_with_drugs(stretches, self.spans, begun, ended, conditioned_h),
            cohousing_h=self._cohousing_h,
            separation_h=apart_h,
            mated=self._mated,
            doses=in_words(self.spans, begun, ended),
        )


def _with_drugs(
    stretches: Sequence[Stretch], spans: Sequence[Span], begun_h: float, ended_h: float, conditioned_h: float
) -> tuple[Stretch, ...]:
    """Give every stretch the doses that act in it; the last one also those of the test from `begun_h` to `ended_h`, and
    of the hours of conditioning before it.
    """
    dosed: list[Stretch] = []
    end_h, until_h, after_h = begun_h, ended_h, conditioned_h
    for stretch in reversed(stretches):
        start_h = end_h - after_h - stretch.cohousing_h - stretch.separation_h
        dosed.insert(0, replace(stretch, drugs=acting(spans, start_h, end_h, until_h)))
        end_h, until_h, after_h = start_h, start_h, 0.0
    return tuple(dosed)
