"""One test of the registry: what the animals live through before it, whom it holds, and which drug acts when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from socialrl.config import words
from socialrl.config.checks import choice, identifier, one_or_list, optional_choice, refuse, shown
from socialrl.config.conditions import OF_ATTACHMENT, OF_CONTEXTS, with_options
from socialrl.config.shapes import Checked
from socialrl.config.values import (
    CohousingHours,
    DosesOfTest,
    LengthOfAccess,
    LengthOfTest,
    SeparationHours,
    StrangerSex,
)
from socialrl.findings.base import ANY_NAME, HOUR_S, Name, PlainName, Record
from socialrl_envs.vocabulary import OPTIONS

_NOT_OF_A_TEST = {
    "side": "is not a key of a condition: the partner's side is drawn for every test",
    "arms": "is not a key of a condition: arms belong to animals, groups.<name>.arms",
}
_NOT_AFTER_A_LIFE = {
    "session": "is told by who is offered",
    "access_s": "is for tests at a lever",
    "partner_is": "is for tests without a life",
    **dict.fromkeys(OF_CONTEXTS, "is for tests without a life"),
}


def _phases(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the phases of a life, each a mapping from a kind to its keys; what they say is checked where it is played.

    `socialrl.protocols` knows the kinds; this room does not open it.
    """
    if not isinstance(value, list | tuple) or not all(isinstance(one, dict) and len(one) == 1 for one in value):
        raise refuse(f"must be a list of phases as in a protocol, such as [rear: {{days: 21}}], got {shown(value)}")
    return tuple(value)


class _Condition(Record):
    """One test: what the animals live through before it, which animals it holds, and which drug acts when.

    A mate mates during cohousing unless `mating` is false. Times of drugs are seconds from the start of the test,
    negative before it. `session` is one of the assay's sessions and must be named where it has several. `stranger_sex`
    is that of the stranger: as the partner's, or the same as or other than that of the tested animal. `access_s` is how
    long a door stays open, where there are doors and it is not a minute. `duration_s` is the length of the test where
    it is not that of the others in its assay. `partner_is` shuffled means that who is
    called the partner is drawn at random after the test. `note` is for the reader only.

    In assays whose animals have a slow state, what an animal comes with (`expression`, `reactivity`, …) and a stressor
    are keys, too. Or it gets there by a `life`: phases as in a protocol file, before the cohousing with the partner,
    which begins at the age `met_at_d` if that is given; `offered` then says who is in the test.

    Where two contexts are tested, `conditioning_days`, `conditioning_h` and `conditioned_with` are keys: times of drugs
    count from the test, so that those of conditioning are negative.
    """

    name: PlainName
    cohousing_h: CohousingHours = 0.0
    relationship: Annotated[str, choice("peer", "mate")] = "peer"
    separation_h: SeparationHours = 0.0
    mating: Annotated[bool | None, Field(strict=True)] = None
    session: Annotated[str | None, identifier(optional=True)] = None
    stranger_sex: StrangerSex = "as_partner"
    access_s: LengthOfAccess = None
    drugs: DosesOfTest = ()
    duration_s: LengthOfTest = None
    partner_is: Annotated[str, choice("familiar", "shuffled")] = "familiar"
    life: Annotated[tuple[Mapping[str, Any], ...], Checked(_phases, shape=lambda: {"type": "array"})] = ()
    met_at_d: Annotated[float | None, Field(ge=0.0, le=730.0)] = None
    offered: Annotated[tuple[Name, ...], one_or_list(ANY_NAME)] = ()
    conditioned_with: Annotated[str | None, optional_choice(lambda: words.CONDITIONED_WITH)] = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _keys_of_a_test(cls, data: Any) -> Any:
        for key, text in _NOT_OF_A_TEST.items():
            if isinstance(data, dict) and key in data:
                raise refuse(text, key=key)
        return data

    @model_validator(mode="after")
    def _possible(self) -> _Condition:
        if self.mating and self.relationship == "peer":
            raise refuse("must be false where the relationship is peer, got true", key="mating")
        days = getattr(self, "conditioning_days", None) or 0.0
        before_s = (self.cohousing_h + self.separation_h + 24.0 * days) * HOUR_S
        for number_, dose in enumerate(self.drugs):
            if dose.start_s < -before_s and not self.life:
                text = (
                    f"must be at least {-before_s:g}, the start of cohousing, before which nothing is simulated;"
                    f" got {dose.start_s:g}"
                )
                raise refuse(text, key=f"drugs.{number_}.start_s")
        return self

    @model_validator(mode="after")
    def _of_a_life(self) -> _Condition:
        for key in ("met_at_d", "offered"):
            if key in self.model_fields_set and not self.life:
                raise refuse("needs a life", key=key)
        for key, why in _NOT_AFTER_A_LIFE.items():
            if key in self.model_fields_set and self.life:
                raise refuse(f"cannot be given with a life: it {why}", key=key)
        return self

    @property
    def dose(self) -> float:
        """The dose of its drug, the highest where it is given several times; 0 without a drug."""
        return max((one.dose for one in self.drugs), default=0.0)

    @property
    def conditioning(self) -> dict[str, Any]:
        """The options of conditioning that it gives."""
        return {name: getattr(self, name) for name in OF_CONTEXTS if getattr(self, name) is not None}

    @property
    def slow(self) -> dict[str, float]:
        """The options of attachment that it gives: what the animal comes with, and its stressor."""
        return {name: getattr(self, name) for name in OF_ATTACHMENT if getattr(self, name) is not None}


if TYPE_CHECKING:
    Condition = _Condition
else:
    _KEYS = (one for one in OPTIONS if one.is_number and (one.of_attachment or one.of_contexts))
    Condition = with_options("Condition", _Condition, _KEYS)
