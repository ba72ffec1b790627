"""One history, read from front to back: its clock, its doses, the names and options of its tests.

What is lived through between tests is read by `pair_life` (one partner) and `home_life` (companions by name).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from socialrl.assays import short_id
from socialrl.config.loading import EnvSection
from socialrl.errors import UserError
from socialrl.protocols.doses import Span, overlapping
from socialrl.protocols.phases import OPTIONS_OF_TESTS, AssayPhase, Phase
from socialrl.protocols.planned import PlannedTest
from socialrl.protocols.schema import place
from socialrl.protocols.timed import MAX_LIFE_D
from socialrl_envs import ASSAYS, Assay
from socialrl_envs.contexts import check_days
from socialrl_envs.vocabulary import SLOW

CONDITIONED = "after conditioning"
ADULT_D = next(one.reference for one in SLOW if one.name == "age_d")
"""The age in days at which a life begins that says nothing else: that of an adult in the reference state."""


class History(ABC):
    """The phases of one life. Hours count from its beginning, `begins_d` days after birth.

    `starts` and `ends` are the hours of every phase; a phase with an age begins later than the one before it ends, and
    the animal lives on as it lived until then.
    """

    def __init__(
        self,
        protocol: str,
        name: str | None,
        phases: Sequence[Phase],
        env: EnvSection,
        where: str,
        age_d: float | None = None,
    ) -> None:
        self.protocol, self.name, self.phases, self.env, self.where = protocol, name, phases, env, where
        self.given_age_d = age_d
        self.begins_d = ADULT_D if age_d is None else age_d
        self.last: PlannedTest | None = None

    def tests(self) -> Iterator[PlannedTest]:
        """Walk through the phases and yield the tests; impossible ones raise `UserError`."""
        assays = [number for number, phase in enumerate(self.phases, 1) if phase.assay is not None]
        if not assays:
            history = f"history '{self.name}' " if self.name else ""
            raise UserError(f"{self.where}: {history}has no assay, so nothing would be recorded; add an assay phase")
        if assays[-1] < len(self.phases):
            raise self.error(assays[-1] + 1, "comes after the last assay, where nothing is recorded; leave it out")
        self._single = len(assays) == 1
        self.starts, self.ends = self._clock()
        self.spans = self._spans()
        for number, phase in enumerate(self.phases, 1):
            if phase.assay is not None:
                self.last = self.test(number, phase.assay)
                yield self.last
            elif phase.dose is None:
                self.live(number, phase)

    @abstractmethod
    def live(self, number: int, phase: Phase) -> None:
        """Read a phase that is neither a test nor a dose."""

    @abstractmethod
    def test(self, number: int, phase: AssayPhase) -> PlannedTest:
        """Return the test of a phase."""

    # ------------------------------------------------------------------ time

    def _clock(self) -> tuple[list[float], list[float]]:
        starts, ends, hour = list[float](), list[float](), 0.0
        for number, phase in enumerate(self.phases, 1):
            if phase.dose is None and phase.age_d is not None:
                at = (phase.age_d - self.begins_d) * 24.0
                if at < hour - 1e-9:
                    told = "this life begins" if hour == 0.0 else "the phase before it ends"
                    age_d = self.begins_d + hour / 24.0
                    raise self.error(
                        number, f"age_d must be {age_d:g} d or more, when {told}, got {phase.age_d:g}{self.at_birth()}"
                    )
                hour = max(hour, at)
            starts.append(hour)
            hour += self.hours(phase)
            ends.append(hour)
            if self.begins_d + hour / 24.0 > MAX_LIFE_D + 1e-9:
                raise self.error(
                    number,
                    f"a life is {MAX_LIFE_D:g} d long at most, from birth to the last test; here it would be "
                    f"{self.begins_d + hour / 24.0:g} d{self._since()}",
                )
        return starts, ends

    def at_birth(self) -> str:
        """Return the advice for a life that has to begin earlier."""
        return "" if self.begins_d == 0.0 else "; to begin at birth, write age_d: birth at the top of the file"

    def _since(self) -> str:
        return "" if self.begins_d == 0.0 else f", of which {self.begins_d:g} d before it begins"

    def hours(self, phase: Phase) -> float:
        """Return how long a phase takes."""
        if phase.assay is not None:
            return conditioning_h(phase.assay) + clock(phase.assay, self.env)[1] / 3600.0
        return phase.hours_long

    def _spans(self) -> list[Span]:
        """Return all doses in hours from the beginning, after checking that they act in life and do not overlap."""
        spans, end = list[Span](), self.ends[-1]
        for number, (phase, start) in enumerate(zip(self.phases, self.starts, strict=True), 1):
            if phase.dose is not None:
                given = phase.dose
                start_h = start + given.start_h if given.age_d is None else (given.age_d - self.begins_d) * 24.0
                spans.append(Span(number, given.drug, given.dose, start_h, start_h + given.hours))
        for one in spans:
            given_age = self.phases[one.phase - 1].age_d
            if one.start_h < 0.0 and given_age is not None:
                text = f"age_d: the drug would act at age {given_age:g} d, but this life begins at {self.begins_d:g} d"
                raise self.error(one.phase, text + self.at_birth())
            if one.start_h < 0.0:
                raise self.error(
                    one.phase, f"start_h: the drug would act {-one.start_h:g} h before the first phase begins"
                )
            if one.start_h >= end and given_age is not None:
                text = f"age_d: the drug would act from age {given_age:g} d on, but the last assay ends at "
                raise self.error(one.phase, f"{text}{self.begins_d + end / 24.0:g} d")
            if one.start_h >= end:
                raise self.error(
                    one.phase,
                    f"start_h: the drug would act from {one.start_h:g} h on, but the last assay ends at {end:g} h",
                )
        pair = overlapping(spans)
        if pair is not None:
            one, other = pair
            raise self.error(
                one.phase,
                f"{one.drug} acts from {one.start_h:g} to {one.end_h:g} h, but that of phase {other.phase} acts from "
                f"{other.start_h:g} to {other.end_h:g} h; doses of one drug must not overlap",
            )
        return spans

    # ------------------------------------------------------------------ tests

    def common(self, number: int, phase: AssayPhase, company: str | None) -> dict[str, Any]:
        """Return what every test has, whatever was lived through before it.

        `company` is the place, by the assay's name, of the animal that conditioning is with (or nobody); None where
        there is no conditioning.
        """
        dt_s, duration_s = clock(phase, self.env)
        if abs(round(duration_s / dt_s) * dt_s - duration_s) > 1e-6 * duration_s or round(duration_s / dt_s) < 1:
            raise self.error(
                number, f"minutes must be a multiple of the tick, {dt_s:g} s = {dt_s / 60:g} min, got {phase.minutes:g}"
            )
        short = "" if self.name and self._single else _snake(short_id(phase.id))
        return {
            "name": "_".join(part for part in (self.name, phase.name or short) if part),
            "history": self.name or self.protocol,
            "phase": number,
            "number": 0 if self.last is None else self.last.number + 1,
            "where": self.at(number),
            "assay": phase.id,
            "stranger": phase.stranger,
            "dt_s": dt_s,
            "duration_s": duration_s,
            "options": self._options(number, phase),
            "conditioned_with": company,
        }

    def _options(self, number: int, phase: AssayPhase) -> dict[str, float]:
        assay = ASSAYS[phase.id]
        found: dict[str, float] = {}
        for option in OPTIONS_OF_TESTS:
            given = getattr(phase, option.name)
            if option.of_attachment:  # what is not given is what the animal has become
                found |= {} if given is None else {option.name: given}
            elif (assay.doors or not option.of_doors) and (assay.contexts or not option.of_contexts):
                found[option.name] = float(option.default or 0.0) if given is None else given
            elif given is not None:
                raise self.error(
                    number, _not_here(option.name, "at a lever" if option.of_doors else CONDITIONED, assay)
                )
        if assay.contexts:
            self._check_conditioning(number, phase)
        elif phase.conditioned_with is not None:
            raise self.error(number, _not_here("conditioned_with", CONDITIONED, assay))
        return found

    def _check_conditioning(self, number: int, phase: AssayPhase) -> None:
        try:
            check_days(phase.days_of_conditioning or 0.0)
        except ValueError as error:
            raise self.error(number, str(error)) from error
        if phase.days_of_conditioning == 0.0:
            for key in ("conditioned_with", "conditioning_h"):
                if getattr(phase, key) is not None:
                    raise self.error(number, f"{key} changes nothing where conditioning_days is 0; leave it out")

    def at(self, number: int) -> str:
        """Return how errors name a phase, with the file."""
        return f"{self.where}: {place(self.name, number, self.phases[number - 1].kind)}"

    def error(self, number: int, text: str) -> UserError:
        """Return the error of a phase."""
        return UserError(f"{self.at(number)}: {text}")


def clock(phase: AssayPhase, env: EnvSection) -> tuple[float, float]:
    """Return tick and length in seconds: the run's own where it is the same assay, unless the phase says `minutes`."""
    assay = ASSAYS[phase.id]
    dt_s, duration_s = (env.dt_s, env.duration_s) if env.id == phase.id else (assay.dt_s, assay.duration_s)
    return dt_s, duration_s if phase.minutes is None else phase.minutes * 60.0


def conditioning_h(phase: AssayPhase) -> float:
    """Return how many hours conditioning takes before a test; 0 where there is none."""
    if not ASSAYS[phase.id].contexts:
        return 0.0
    usual = next(float(one.default or 0.0) for one in OPTIONS_OF_TESTS if one.name == "conditioning_days")
    return 24.0 * (usual if phase.days_of_conditioning is None else float(phase.days_of_conditioning))


def _not_here(key: str, tests: str, assay: Assay) -> str:
    return f"{key} is for tests {tests}, and {short_id(assay.id)} has none; leave it out"


def _snake(name: str) -> str:
    """PartnerPreference becomes partner_preference."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
