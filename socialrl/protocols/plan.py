"""From the phases of a protocol to what the world takes: stretches of life with drug schedules, and the tests after
them.

A stretch is time with the partner followed by time apart, which is what a world lives through before a test
(`socialrl_envs.life`). A simple history (cohouse, separate, test) is one stretch, the same as in a configuration;
others are several, each continuing with the animals of the last one. Drug times count from the end of their stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from socialrl.assays import short_id
from socialrl.config.loading import EnvSection
from socialrl.errors import UserError
from socialrl.evaluation.unmet import sex_of_stranger
from socialrl.protocols.schema import OPTIONS_OF_TESTS, AssayPhase, Cohouse, Phase, Protocol, place
from socialrl.protocols.stimulus_animals import (
    check_order,
    check_same_stranger,
    check_stranger_sex,
    partner_of,
    relationship_of,
    session_of,
    takes_part,
)
from socialrl_envs import ASSAYS
from socialrl_envs.assay import MAX_COHOUSING_H, MAX_SEPARATION_H


@dataclass(frozen=True)
class Stretch:
    """Hours with the partner, then hours apart; `drugs` in the world's form, seconds from the stretch's end."""

    cohousing_h: float
    separation_h: float
    relationship: str
    mating: bool
    drugs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class PlannedTest:
    """One test of one history. `life` is what comes between the test before (or birth) and this one.

    `number` counts the tests of the history from 0, `phase` its phases from 1; `where` opens errors. `cohousing_h` are
    all hours with the partner so far, `separation_h` the hours since then (without cohousing: since the beginning),
    `options` are those of the episode that the history does not set, such as `ratio_step`, `mated` is whether they
    mated, `doses` are the doses so far and during the test, in words.
    """

    name: str
    history: str
    phase: int
    number: int
    where: str
    assay: str
    session: str
    relationship: str
    stranger: str
    stranger_sex: str
    dt_s: float
    duration_s: float
    options: Mapping[str, float]
    life: tuple[Stretch, ...]
    cohousing_h: float
    separation_h: float
    mated: bool
    doses: str

    @property
    def sex_of_stranger(self) -> str:
        """Whether the stranger is of the same sex as the tested animal or of the other."""
        return sex_of_stranger(self.relationship, self.stranger_sex)


@dataclass(frozen=True)
class _Span:
    """A dose in hours from the beginning of its history; `phase` is its place in the list."""

    phase: int
    drug: str
    dose: float
    start_h: float
    end_h: float


def plan(protocol: Protocol, env: EnvSection, where: str = "protocol") -> tuple[tuple[PlannedTest, ...], ...]:
    """Return the tests of every history, in order.

    `env` is the run's own environment: its tick and length are used where a phase plays the same assay. Impossible
    sequences raise `UserError`: `where` (the file), the phase, what is allowed, what was given.
    """
    lives: list[tuple[str | None, Sequence[Phase]]] = [*(protocol.histories or {}).items()]
    if protocol.phases is not None:
        lives = [(None, protocol.phases)]
    planned = [tuple(_Life(protocol.name, name, phases, env, where).tests()) for name, phases in lives]
    taken: dict[str, str] = {}
    for test in (one for tests in planned for one in tests):
        if test.name in taken:
            raise UserError(
                f"{test.where}: the test has the name '{test.name}' of {taken[test.name]}; give it another name"
            )
        taken[test.name] = test.where.removeprefix(f"{where}: ")
    return tuple(planned)


class _Life:
    """One history, read from front to back."""

    def __init__(self, protocol: str, name: str | None, phases: Sequence[Phase], env: EnvSection, where: str) -> None:
        self._protocol, self._name, self._phases, self._env, self._where = protocol, name, phases, env, where
        self._hour = 0.0
        self._stretches: list[Stretch] = []  # since the last test
        self._relationship: str | None = None  # None as long as the partner was not met
        self._mated = False
        self._cohousing_h = self._separation_h = self._apart_since_h = 0.0
        self._last: PlannedTest | None = None

    def tests(self) -> Iterator[PlannedTest]:
        """Walk through the phases and yield the tests; impossible ones raise `UserError`."""
        assays = [number for number, phase in enumerate(self._phases, 1) if phase.assay is not None]
        if not assays:
            history = f"history '{self._name}' " if self._name else ""
            raise UserError(f"{self._where}: {history}has no assay, so nothing would be recorded; add an assay phase")
        if assays[-1] < len(self._phases):
            raise self._error(assays[-1] + 1, "comes after the last assay, where nothing is recorded; leave it out")
        spans = self._spans()
        for number, phase in enumerate(self._phases, 1):
            if phase.cohouse is not None:
                self._cohouse(number, phase.cohouse)
            elif phase.separate is not None:
                self._separate(number, phase.separate.hours)
            elif phase.assay is not None:
                self._last = self._test(number, phase.assay, spans, single=len(assays) == 1)
                yield self._last

    # ------------------------------------------------------------------ time

    def _spans(self) -> list[_Span]:
        """Return all doses in hours from the beginning, after checking that they act and do not overlap."""
        hour, spans = 0.0, []
        for number, phase in enumerate(self._phases, 1):
            if phase.dose is not None:
                start_h = hour + phase.dose.start_h
                spans.append(_Span(number, phase.dose.drug, phase.dose.dose, start_h, start_h + phase.dose.hours))
            hour += _hours(phase, self._env)
        for at, one in enumerate(spans):
            if one.start_h < 0.0:
                raise self._error(
                    one.phase, f"start_h: the drug would act {-one.start_h:g} h before the first phase begins"
                )
            if one.start_h >= hour:
                raise self._error(
                    one.phase,
                    f"start_h: the drug would act from {one.start_h:g} h on, but the last assay ends at {hour:g} h",
                )
            for other in spans[:at]:
                if other.drug == one.drug and other.start_h < one.end_h and one.start_h < other.end_h:
                    raise self._error(
                        one.phase,
                        f"{one.drug} acts from {one.start_h:g} to {one.end_h:g} h, but that of phase {other.phase} "
                        "acts from "
                        f"{other.start_h:g} to {other.end_h:g} h; doses of one drug must not overlap",
                    )
        return spans

    def _cohouse(self, number: int, phase: Cohouse) -> None:
        if self._relationship not in (None, phase.relationship):
            raise self._error(
                number,
                f"relationship must be {self._relationship} as before (the partner is the same), got "
                f"{phase.relationship}",
            )
        self._relationship = phase.relationship
        mating = phase.relationship == "mate" if phase.mating is None else phase.mating
        self._mated |= mating and phase.hours > 0.0
        last = self._stretches[-1] if self._stretches else None
        if last is not None and last.separation_h == 0.0 and last.mating == mating:
            self._stretches[-1] = replace(last, cohousing_h=last.cohousing_h + phase.hours)
        else:
            self._stretches.append(Stretch(phase.hours, 0.0, phase.relationship, mating))
        self._cohousing_h += phase.hours
        self._hour += phase.hours
        if phase.hours > 0.0:
            self._apart_since_h = self._hour
        if self._cohousing_h > MAX_COHOUSING_H:
            raise self._error(
                number,
                f"hours: a history has at most {MAX_COHOUSING_H:g} h of cohousing in all, got {self._cohousing_h:g} h",
            )

    def _separate(self, number: int, hours: float) -> None:
        if not self._stretches:
            self._stretches.append(Stretch(0.0, 0.0, self._relationship or "peer", False))
        last = self._stretches[-1]
        self._stretches[-1] = replace(last, separation_h=last.separation_h + hours)
        self._hour += hours
        self._separation_h += hours
        if self._separation_h > MAX_SEPARATION_H:
            raise self._error(
                number,
                f"hours: a history has at most {MAX_SEPARATION_H:g} h of separation in all, got "
                f"{self._separation_h:g} "
                "h",
            )

    # ------------------------------------------------------------------ tests

    def _test(self, number: int, phase: AssayPhase, spans: Sequence[_Span], *, single: bool) -> PlannedTest:
        assay = ASSAYS[phase.id]
        try:
            check_order(assay, None if self._last is None else self._last.assay)
            session = session_of(assay, phase.with_, phase.session)
            relationship = relationship_of(assay, session, phase.relationship, self._relationship)
            check_stranger_sex(assay, session, phase.stranger_sex)
            if phase.stranger == "same":
                last = self._last
                before = None if last is None else (last.assay, last.session, last.sex_of_stranger)
                check_same_stranger(assay, session, sex_of_stranger(relationship, phase.stranger_sex), before)
        except UserError as error:
            raise self._error(number, str(error)) from error
        if takes_part(assay, session, partner_of(assay)):
            self._relationship = relationship
        dt_s, duration_s = _clock(phase, self._env)
        if abs(round(duration_s / dt_s) * dt_s - duration_s) > 1e-6 * duration_s or round(duration_s / dt_s) < 1:
            raise self._error(
                number, f"minutes must be a multiple of the tick, {dt_s:g} s = {dt_s / 60:g} min, got {phase.minutes:g}"
            )
        stretches = self._stretches or [Stretch(0.0, 0.0, relationship, False)]
        if stretches[-1].relationship != relationship:
            if stretches[-1].cohousing_h > 0.0:  # the partner is not there, and the animals that are have another sex
                stretches = [*stretches, Stretch(0.0, 0.0, relationship, False)]
            else:
                stretches = [*stretches[:-1], replace(stretches[-1], relationship=relationship)]
        short = "" if self._name and single else _snake(short_id(phase.id))
        begun, ended = self._hour, self._hour + duration_s / 3600.0
        self._stretches, self._hour = [], ended
        return PlannedTest(
            name="_".join(part for part in (self._name, phase.name or short) if part),
            history=self._name or self._protocol,
            phase=number,
            number=0 if self._last is None else self._last.number + 1,
            where=self._at(number),
            assay=phase.id,
            session=session,
            relationship=relationship,
            stranger=phase.stranger,
            stranger_sex=phase.stranger_sex,
            dt_s=dt_s,
            duration_s=duration_s,
            options=self._options(number, phase),
            life=_with_drugs(stretches, spans, begun, ended),
            cohousing_h=self._cohousing_h,
            separation_h=begun - self._apart_since_h,
            mated=self._mated,
            doses=_in_words(spans, begun, ended),
        )

    def _options(self, number: int, phase: AssayPhase) -> dict[str, float]:
        found: dict[str, float] = {}
        for option in OPTIONS_OF_TESTS:
            given = getattr(phase, option.name)
            if option.of_attachment:  # what is not given is what the animal has become
                found |= {} if given is None else {option.name: given}
            elif not option.of_doors or ASSAYS[phase.id].doors:
                found[option.name] = float(option.default or 0.0) if given is None else given
            elif given is not None:
                raise self._error(
                    number, f"{option.name} is for tests at a lever, and {short_id(phase.id)} has none; leave it out"
                )
        return found

    def _at(self, number: int) -> str:
        return f"{self._where}: {place(self._name, number, self._phases[number - 1].kind)}"

    def _error(self, number: int, text: str) -> UserError:
        return UserError(f"{self._at(number)}: {text}")


def _clock(phase: AssayPhase, env: EnvSection) -> tuple[float, float]:
    """Return tick and length in seconds: the run's own where it is the same assay, unless the phase says `minutes`."""
    assay = ASSAYS[phase.id]
    dt_s, duration_s = (env.dt_s, env.duration_s) if env.id == phase.id else (assay.dt_s, assay.duration_s)
    return dt_s, duration_s if phase.minutes is None else phase.minutes * 60.0


def _hours(phase: Phase, env: EnvSection) -> float:
    if phase.assay is not None:
        return _clock(phase.assay, env)[1] / 3600.0
    lasting = phase.cohouse or phase.separate
    return lasting.hours if lasting is not None else 0.0


def _with_drugs(
    stretches: Sequence[Stretch], spans: Sequence[_Span], begun_h: float, ended_h: float
) -> tuple[Stretch, ...]:
    """Give every stretch the doses that act in it; the last one also those of the test from `begun_h` to `ended_h`."""
    dosed: list[Stretch] = []
    end_h, until_h = begun_h, ended_h
    for stretch in reversed(stretches):
        start_h = end_h - stretch.cohousing_h - stretch.separation_h
        drugs = tuple(
            {
                "drug": span.drug,
                "dose": span.dose,
                "start_s": (span.start_h - end_h) * 3600.0,
                "end_s": (span.end_h - end_h) * 3600.0,
            }
            for span in spans
            if span.start_h < until_h and span.end_h > start_h
        )
        dosed.insert(0, replace(stretch, drugs=drugs))
        end_h = until_h = start_h
    return tuple(dosed)


def _in_words(spans: Sequence[_Span], begun_h: float, ended_h: float) -> str:
    """Return the doses up to the end of a test, hours from its start: "antagonist 1 from -24 to 0 h"."""
    return "; ".join(
        f"{span.drug} {span.dose:g} from {span.start_h - begun_h:g} to {span.end_h - begun_h:g} h"
        for span in spans
        if span.start_h < ended_h
    )


def drugs_in_test(test: PlannedTest) -> list[tuple[str, float, float, float]]:
    """Return the doses that act during a test: drug, dose, and from when to when, in seconds from its start."""
    doses = test.life[-1].drugs if test.life else ()
    return [
        (one["drug"], one["dose"], max(one["start_s"], 0.0), min(one["end_s"], test.duration_s))
        for one in doses
        if one["start_s"] < test.duration_s and one["end_s"] > 0.0
    ]


def _snake(name: str) -> str:
    """PartnerPreference becomes partner_preference."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
