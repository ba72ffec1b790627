"""The phases that move the slow state of an animal: rear, wean, isolate, stress and enrich."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from socialrl.config import shapes
from socialrl.config.checks import explained_choice, number, refuse, whole
from socialrl.config.shapes import Checked
from socialrl.config.values import Section
from socialrl.protocols.timed import Begun, Companions, Lasting
from socialrl_envs.vocabulary import MAX_STRESSOR

CARERS: Mapping[str, str] = {
    "two": "both parents: the reference family",
    "one": "a single mother, who cares as much as in a pair, so that pups get less",
    "none": "nobody",
}
N_CARERS = {"none": 0, "one": 1, "two": 2}
COMPANY: Mapping[str, str] = {
    "siblings": "a sibling of the same sex, known since birth",
    "group": "three unfamiliar peers",
    "alone": "nobody",
}
GROUP = ("cage_mate_1", "cage_mate_2", "cage_mate_3")
INDEPENDENT_D = 16.0
"""From this age on a pup lives without carers: it eats for itself, some days before it is weaned in the laboratory."""
MAX_ALONE_H = 24.0
"""Younger pups live without carers for so long, the longest separation that rodents are reared with; no longer."""
GENTLE = 0.5
"""The stressor of being handled, where a file does not say another: half that of restraint."""


def _in_words(value: Any) -> Any:
    words = {number: word for word, number in N_CARERS.items()}
    return words.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value


_Day = Annotated[int, whole(0, 60)]
_Stressor = number(0, MAX_STRESSOR, note="units of stress")


class _Daily(Section):
    """Something that happens on each day of life from `from_d` to `to_d`; day 0 is the day of birth."""

    from_d: _Day
    to_d: _Day

    @model_validator(mode="after")
    def _in_order(self) -> _Daily:
        if self.to_d < self.from_d:
            raise refuse(f"must be {self.from_d} (from_d) or more, got {self.to_d}", key="to_d")
        return self


class Separation(_Daily):
    """Hours of each day that pups are away from their carers."""

    hours: Annotated[float, number(0, 24)]

    @model_validator(mode="after")
    def _survived(self) -> Separation:
        if self.hours == 24.0 and self.to_d > self.from_d and self.from_d < INDEPENDENT_D:
            days = self.to_d - self.from_d + 1
            raise refuse(f"leaves pups without carers for {24 * days} h; {SURVIVAL}", key="hours")
        return self


class Handling(_Daily):
    """Minutes of each day that pups are taken from the nest and handled, which is a stressor."""

    minutes: Annotated[float, number(0, 1440)]
    stressor: Annotated[float, _Stressor] = GENTLE


SURVIVAL = (
    f"before day {INDEPENDENT_D:g} they live without any for {MAX_ALONE_H:g} h at most, so nothing after it would be "
    "recorded"
)


def _shape_of_carers() -> shapes.JSON:
    chosen = shapes.one_of(CARERS)
    return chosen | {"enum": [*chosen["enum"], *N_CARERS.values()]}


class Rear(Lasting):
    """Life in the nest, from birth on: who cares, and what pups are put through day by day."""

    carers: Annotated[str, explained_choice(lambda: CARERS), Checked(_in_words, shape=lambda: _shape_of_carers())] = (
        "two"
    )
    separation: Separation | None = None
    handling: Handling | None = None


class Wean(Begun):
    """The end of life in the nest; it takes no time. `with` gives the cage mates names of your own."""

    company: Annotated[str, explained_choice(lambda: COMPANY)]
    with_: Annotated[tuple[str, ...], Companions] = Field(default=(), alias="with")

    @model_validator(mode="after")
    def _company_has_names(self) -> Wean:
        if self.company == "alone" and self.with_:
            raise refuse(f"must be left out for one that is weaned alone, got {', '.join(self.with_)}", key="with")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The animals that it shares its cage with."""
        return self.with_ or {"siblings": ("sibling",), "group": GROUP}.get(self.company, ())


class Isolate(Lasting):
    """Life alone: after weaning, or of an adult."""


class Stress(Lasting):
    """A stressor such as an hour of restraint, alone or with companions (`with`) in the cage."""

    stressor: Annotated[float, _Stressor] = 1.0
    with_: Annotated[tuple[str, ...], Companions] = Field(default=(), alias="with")


class Enrich(Lasting):
    """Life in an enriched cage, which lowers stress, with those that it lives with, or those in `with`."""

    with_: Annotated[tuple[str, ...], Companions] = Field(default=(), alias="with")
