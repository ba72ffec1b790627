"""What a protocol compiles to: the tests of each history, and what is lived through before each of them.

A history with one partner is a row of stretches: time with the partner followed by time apart, which is what a world
lives through before a test (`socialrl_envs.life`). A simple history (cohouse, separate, test) is one stretch, the same
as in a configuration; others are several, each continuing with the animals of the last one. A history with more than
that is a `Home`: spells in a home cage with companions by name (`socialrl_envs.home_cage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialrl.evaluation.unmet import sex_of_stranger
from socialrl.protocols.companions import NOBODY, Companion
from socialrl.protocols.stimulus_animals import Cast
from socialrl_envs import ASSAYS

Drugs = tuple[Mapping[str, Any], ...]
"""Doses in the world's form, in seconds from the end of what is lived through."""


@dataclass(frozen=True)
class Stretch:
    """Hours with the partner, then hours apart; times of `drugs` count from the stretch's end."""

    cohousing_h: float
    separation_h: float
    relationship: str
    mating: bool
    drugs: Drugs = ()


@dataclass(frozen=True)
class Nest:
    """Life with carers: how many, hours a day apart from them, a stressor and the hours a day that it lasts."""

    carers: int
    apart_h: float = 0.0
    stressor: float = 0.0
    stressor_h: float = 0.0


@dataclass(frozen=True)
class Spell:
    """Hours in one cage with the companions `together`, of which `mates` mate in it; `drugs` count from its end.

    With a `nest`, they are pups of one litter. A `stressor` lasts all the hours; the cage may be `enriched`.
    """

    hours: float
    together: tuple[str, ...] = ()
    mates: tuple[str, ...] = ()
    nest: Nest | None = None
    stressor: float = 0.0
    enriched: bool = False
    drugs: Drugs = ()


@dataclass(frozen=True)
class Home:
    """What comes before a test of a life with named companions, and who is offered in it.

    The history begins `begins_d` days after birth; `companions` are all of it, `spells` those since the test before.
    `offered` says who is in each place of the test, by the assay's names of places: a companion, a stranger or nobody;
    with conditioning, who takes part in that. `drugs` act in the test and in conditioning.
    """

    begins_d: float
    companions: tuple[Companion, ...]
    spells: tuple[Spell, ...]
    offered: Mapping[str, str]
    drugs: Drugs


@dataclass(frozen=True)
class PlannedTest:
    """One test of one history. `life` is what comes between the test before (or birth) and this one.

    `number` counts the tests of the history from 0, `phase` its phases from 1; `where` opens errors. `cohousing_h` are
    all hours with the partner so far, `separation_h` the hours since then (without cohousing: since the beginning),
    both up to the beginning of conditioning where there is any. `options` are those of the episode that the history
    does not set, such as `ratio_step`, `mated` is whether they mated, `doses` are the doses so far and during the test,
    in words. With a `home`, `life` is empty, and the partner is the companion in its place. `conditioned_with` is the
    place, by the assay's name, of the company in conditioning, or nobody; None where the assay has no conditioning.
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
    home: Home | None = None
    conditioned_with: str | None = None

    @property
    def cast(self) -> Cast:
        """Which animals of its world take part."""
        return Cast(ASSAYS[self.assay], self.session, self.conditioned_with)

    @property
    def conditioned(self) -> bool:
        """Whether days of conditioning with company precede it."""
        return self.options.get("conditioning_days", 0.0) > 0.0 and self.conditioned_with != NOBODY

    @property
    def sex_of_stranger(self) -> str:
        """Whether the stranger is of the same sex as the tested animal or of the other."""
        return sex_of_stranger(self.relationship, self.stranger_sex)

    @property
    def drugs(self) -> Drugs:
        """The doses of its world, in seconds from its start."""
        if self.home is not None:
            return self.home.drugs
        return self.life[-1].drugs if self.life else ()


def drugs_in_test(test: PlannedTest) -> list[tuple[str, float, float, float]]:
    """Return the doses that act during a test: drug, dose, and from when to when, in seconds from its start."""
    return [
        (one["drug"], one["dose"], max(one["start_s"], 0.0), min(one["end_s"], test.duration_s))
        for one in test.drugs
        if one["start_s"] < test.duration_s and one["end_s"] > 0.0
    ]
