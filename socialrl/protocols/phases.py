"""The phases of a life, one record each: what a protocol file may say of them, with ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from socialrl.assays import short_id
from socialrl.config import shapes, words
from socialrl.config.checks import choice, explained_choice, identifier, number, one_or_list, refuse, shown
from socialrl.config.conditions import with_options
from socialrl.config.shapes import Checked, OneOrSeveral
from socialrl.config.values import Section, StrangerSex
from socialrl.errors import unknown
from socialrl.extensions import load_extensions
from socialrl.protocols.childhood import Enrich, Isolate, Rear, Stress, Wean
from socialrl.protocols.companions import RELATIONSHIPS, SEXES
from socialrl.protocols.timed import A_TEXT, MAX_LIFE_H, Begun, Companions, Lasting
from socialrl_envs import ASSAYS
from socialrl_envs.assay import COHOUSING_DT_S
from socialrl_envs.vocabulary import DRUGS, OPTIONS

KINDS = (
    "cohouse", "separate", "rehouse", "lose", "rear", "wean", "isolate", "stress", "enrich", "dose", "assay",
)  # fmt: skip
SLOW_KINDS = ("rear", "wean", "isolate", "stress", "enrich")
"""Phases that move the slow state of an animal, which it has only with `env.attachment`."""
_MAX_MINUTES = 60.0 * 24.0 * 30.0
_DAYS = "conditioning_days"
_MIN_DOSE_H = COHOUSING_DT_S / 3600.0


def _assays() -> dict[str, str]:
    """Return the assays that a life may hold, by their short names."""
    load_extensions()
    return {short_id(full): full for full, assay in ASSAYS.items() if not assay.has_litter}


def _shape_of_assay() -> shapes.JSON:
    return shapes.one_of([*_assays(), *_assays().values()])


def _known_assay(value: Any) -> Any:
    by_name = _assays()
    if not isinstance(value, str):
        raise refuse(f"must be the name of an assay ({', '.join(by_name)}), got {shown(value)}")
    if value in ASSAYS or f"socialrl/{value}-v0" in ASSAYS:
        named = ASSAYS[value if value in ASSAYS else f"socialrl/{value}-v0"]
        if named.has_litter:
            text = (
                f"is not usable: in {named.id} animals have a litter, which no phase of a life brings; test carers with"
            )
            raise refuse(f"{text} socialrl evaluate")
    if value not in ASSAYS and value not in by_name:
        raise refuse(f"is not usable: {unknown('assay', value, by_name)}")
    return by_name.get(value, value)


REFUSED_MATING = {
    "peer": "must be false where the relationship is peer: a peer is of the same sex; write relationship: mate",
    "sibling": "must be false where the relationship is sibling: siblings do not mate",
}
PEER_OF_OTHER_SEX = (
    "must be same where the relationship is peer (other sex: relationship mate, with mating: false if they do not "
    "mate), got other"
)


class Cohouse(Lasting):
    """Life in one cage with a companion, or several: peers (same sex), mates (other sex), siblings.

    A mate mates unless `mating` is false. What a companion is (`relationship`, `sex`) is said once, where it is met
    first; a companion of whom nothing is said is a peer.
    """

    with_: Annotated[tuple[str, ...], Companions] = Field(default=("partner",), alias="with")
    relationship: Annotated[str | None, explained_choice(lambda: RELATIONSHIPS)] = None
    sex: Annotated[str | None, explained_choice(lambda: SEXES)] = None
    mating: Annotated[bool | None, Field(strict=True)] = None

    @model_validator(mode="after")
    def _possible(self) -> Cohouse:
        if len(set(self.with_)) < len(self.with_):
            raise refuse(f"must name each companion once, got {', '.join(self.with_)}", key="with")
        if self.mating and self.relationship in REFUSED_MATING:
            raise refuse(f"{REFUSED_MATING[self.relationship]}, got true", key="mating")
        if self.mating and self.hours_long == 0.0:
            raise refuse("must be false where hours is 0, got true", key="mating")
        if self.sex == "same" and self.relationship == "mate":
            raise refuse(
                "must be other where the relationship is mate: a mate is of the other sex (same sex: relationship "
                "peer), got same",
                key="sex",
            )
        if self.sex == "other" and self.relationship == "peer":
            raise refuse(PEER_OF_OTHER_SEX, key="sex")
        return self


class Separate(Lasting):
    """Life alone, or (`from`) without some of the companions that the animal lived with."""

    from_: Annotated[tuple[str, ...], Companions] = Field(default=(), alias="from")


class Rehouse(Lasting):
    """Back into one cage with companions of before: those named in `with`, or all of the last cage."""

    with_: Annotated[tuple[str, ...], Companions] = Field(default=(), alias="with")


class Lose(Lasting):
    """Companions that are gone for good; the animal lives on with those that are left."""

    who: Annotated[tuple[str, ...], Companions]

    def _needs_length(self) -> bool:
        return False


class Dose(Begun):
    """A drug that acts for `hours`, from `start_h` after its place in the list (negative: before it), or from an age.

    A dose takes no time of its own. `dose` is in the units of `socialrl_envs.drugs.DRUGS`.
    """

    drug: Annotated[str, explained_choice(words.drugs)]
    dose: Annotated[float, number(0)]
    start_h: Annotated[float, number(-MAX_LIFE_H, MAX_LIFE_H)] = 0.0
    hours: Annotated[float, number(above=0)]

    @model_validator(mode="after")
    def _in_range(self) -> Dose:
        highest, meaning, *_ = DRUGS[self.drug]
        if self.dose > highest:
            raise refuse(f"must be 0 to {highest:g} for {self.drug} ({meaning}), got {self.dose:g}", key="dose")
        if not _MIN_DOSE_H - 1e-9 <= self.hours <= MAX_LIFE_H:
            allowed = f"a number from {_MIN_DOSE_H:.4g} ({COHOUSING_DT_S:g} s) to {MAX_LIFE_H:g}"
            raise refuse(f"must be {allowed}, got {self.hours:g}", key="hours")
        if self.age_d is not None and self.start_h != 0.0:
            raise refuse(f"and age_d are both given; write one of them, got {self.start_h:g}", key="start_h")
        return self


OPTIONS_OF_TESTS = tuple(
    one for one in OPTIONS if one.is_number and one.name not in ("cohousing_h", "separation_h", "age_d")
)
"""The options of an episode that a test may be given; the others are what the phases before it say."""


class _AssayPhase(Begun):
    """A test that is recorded. `with` names who is offered; `stranger` new (never met) or the same as last time.

    `relationship` gives the partner's sex if the history does not (peer: the same, mate: the other), `stranger_sex`
    that of the stranger alone. `session` names a session that `with` alone does not tell, such as `neutral` of an
    encounter. `minutes` replaces the assay's length. Options of an episode are keys, too, such as `ratio_step`, the
    number of extra presses for each further access at a lever. Days of conditioning take their time before the test;
    `conditioned_with` is a companion, a stranger or nobody (None: the partner).
    """

    id: Annotated[str, Checked(_known_assay, shape=lambda: _shape_of_assay())]
    name: Annotated[str | None, identifier()] = None
    with_: Annotated[tuple[str, ...], one_or_list(A_TEXT)] = Field(default=(), alias="with")
    stranger: Annotated[str, choice("new", "same")] = "new"
    relationship: Annotated[str | None, explained_choice(lambda: words.RELATIONSHIPS)] = None
    stranger_sex: StrangerSex = "as_partner"
    session: Annotated[str | None, identifier(optional=True)] = None
    minutes: Annotated[float | None, number(0, _MAX_MINUTES, optional=True)] = None
    conditioned_with: Annotated[str | None, identifier(optional=True)] = None

    @property
    def days_of_conditioning(self) -> float | None:
        """The option `conditioning_days`; None: not given."""
        days: float | None = getattr(self, _DAYS)
        return days


if TYPE_CHECKING:
    AssayPhase = _AssayPhase
else:
    AssayPhase = with_options("AssayPhase", _AssayPhase, OPTIONS_OF_TESTS)


def _one_or_several(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if not value:
            raise refuse("must have at least one companion, got an empty list")
        return tuple(value)
    return value if value is None else (value,)


class Phase(Section):
    """One entry of the list: exactly one of the kinds. Cohousing may be several, which begin at once."""

    model_config = ConfigDict(json_schema_extra=shapes.exactly_one_key, extra="forbid", frozen=True)

    cohouse: Annotated[tuple[Cohouse, ...] | None, OneOrSeveral(_one_or_several)] = None
    separate: Separate | None = None
    rehouse: Rehouse | None = None
    lose: Lose | None = None
    rear: Rear | None = None
    wean: Wean | None = None
    isolate: Isolate | None = None
    stress: Stress | None = None
    enrich: Enrich | None = None
    dose: Dose | None = None
    assay: AssayPhase | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Phase:
        given = [kind for kind in KINDS if kind in self.model_fields_set]
        empty = [kind for kind in given if getattr(self, kind) is None]
        if len(given) != 1 or empty:
            got = f"an empty {empty[0]}" if empty else (" and ".join(given) if given else "nothing")
            raise refuse(f"must be one of {', '.join(KINDS)}, got {got}")
        if self.cohouse is not None:
            self._check_cage(self.cohouse)
        return self

    @staticmethod
    def _check_cage(cage: tuple[Cohouse, ...]) -> None:
        names = [name for one in cage for name in one.with_]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise refuse(f"names {twice} twice; each companion of a cage is named once", key="cohouse")
        if any(one.age_d != cage[0].age_d for one in cage):
            raise refuse("must be the same for all that begin at once", key="cohouse.age_d")

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def parts(self) -> Iterator[Begun]:
        """Its records: several cohousings that begin at once, or the one."""
        of_kind = getattr(self, self.kind)
        yield from of_kind if isinstance(of_kind, tuple) else (of_kind,)

    @property
    def age_d(self) -> float | None:
        """The age at which it begins, where it says so."""
        return next(self.parts).age_d

    @property
    def hours_long(self) -> float:
        """How long a phase other than a test lasts; a dose takes no time."""
        return max((part.hours_long for part in self.parts if isinstance(part, Lasting)), default=0.0)
