"""What episodes and tests may be given: the options of the worlds as keys, for training one or a list to draw from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, create_model, model_validator

from socialrl.config import limits, words
from socialrl.config.checks import explained_choice, identifier, number, one_or_list, optional_choice, refuse, shown
from socialrl.config.values import (
    CohousingHours,
    DosesOfTest,
    LengthOfAccess,
    LengthOfTest,
    Relationship,
    Section,
    SeparationHours,
    StrangerSex,
)
from socialrl_envs.vocabulary import OPTIONS, Option

OF_ATTACHMENT: tuple[str, ...] = tuple(option.name for option in OPTIONS if option.of_attachment)
"""Keys of training episodes and of tests that mean something only with `env.attachment`."""

OF_CONTEXTS: tuple[str, ...] = tuple(option.name for option in OPTIONS if option.of_contexts)
"""Keys that mean something only in assays with contexts."""


def check_conditioning(assay: str, given: Mapping[str, Any], section: str = "env.") -> None:
    """Refuse options of conditioning (by key in `section`; None: not given) without contexts, and odd days."""
    from socialrl_envs import ASSAYS
    from socialrl_envs.contexts import check_days

    for key, value in ((key, value) for key, value in given.items() if value is not None):
        if not ASSAYS[assay].contexts:
            text = f"is not allowed in {assay}, which has no conditioning; got {shown(value)}"
            raise refuse(text, key=key, involves=[f"{section}{key}", "env.id"])
        if key.endswith("conditioning_days"):
            try:
                check_days(value)
            except ValueError as error:
                raise refuse(f"is not usable: {error}", key=key) from error


def check_slow_state(assay: str, attachment: bool, given: Mapping[str, Any], section: str = "env.") -> None:
    """Refuse options of attachment (by key in `section`; None: not given) without it, and assays that need it."""
    from socialrl_envs import ASSAYS

    if ASSAYS[assay].of_attachment and not attachment:
        text = f"must be true in {assay}, which is about stress, got false"
        raise refuse(text, key=f"{'' if section else 'env.'}attachment", involves=["env.attachment", "env.id"])
    for key, value in given.items():
        if value is not None and not attachment:
            text = "is possible only with env.attachment: true, which is false"
            raise refuse(text, key=key, involves=[f"{section}{key}", "env.attachment"])


def check_stressor_begins(starts_h: Iterable[float], duration_s: float, key: str = "reset.stressor_start_h") -> None:
    """Refuse a stressor that begins after the end of a test, which then would not have it."""
    for hours in starts_h:
        if hours * 3600.0 >= duration_s:
            raise refuse(f"must be before the end of the test, {duration_s / 3600.0:g} h, got {hours:g}", key=key)


class _History(Section):
    """What the animals live through before a training episode; one value of each tuple is drawn uniformly."""

    cohousing_h: Annotated[
        tuple[float, ...], one_or_list(number(0, limits.MAX_COHOUSING_H, note=limits.TOTAL_COHOUSING))
    ] = (
        0.0,
        6.0,
        24.0,
        72.0,
        168.0,
    )
    relationship: Annotated[tuple[str, ...], one_or_list(explained_choice(lambda: words.RELATIONSHIPS))] = ("peer",)
    separation_h: Annotated[tuple[float, ...], one_or_list(number(0, limits.MAX_SEPARATION_H))] = (0.0,)
    stranger_sex: Annotated[tuple[str, ...], one_or_list(explained_choice(lambda: words.STRANGER_SEXES))] = (
        "as_partner",
    )
    session: Annotated[tuple[str, ...] | None, one_or_list(identifier(), optional=True)] = None
    conditioned_with: Annotated[
        tuple[str, ...] | None, one_or_list(explained_choice(lambda: words.CONDITIONED_WITH), optional=True)
    ] = None


def with_options(name: str, record: type[Section], options: Iterable[Option]) -> Any:
    """Return the `record` of a test under its public name, with a key for each of the options; None: not given."""
    keys: dict[str, Any] = {
        one.name: (Annotated[float | None, number(one.lowest, one.highest, optional=True)], None) for one in options
    }
    return create_model(name, __base__=record, __doc__=record.__doc__, __module__=record.__module__, **keys)


def _of_option(option: Option) -> Any:
    """Return type and default of the key of an option of the worlds."""
    if not option.is_number:
        return Annotated[str | None, identifier(optional=True)], option.default
    values = number(option.lowest, option.highest)
    if option.of_attachment or option.of_contexts:  # an assay may have a default of its own
        return Annotated[tuple[float, ...] | None, one_or_list(values, optional=True)], None
    return Annotated[tuple[float, ...], one_or_list(values)], (option.default,)


if TYPE_CHECKING:
    ResetSection = _History
else:
    # An option that is added to the worlds' table is a key here, too.
    ResetSection = create_model(
        "ResetSection",
        __base__=_History,
        __doc__="Conditions of training episodes; one value of each tuple is drawn uniformly per episode.",
        __module__=__name__,
        **{option.name: _of_option(option) for option in OPTIONS if option.name not in _History.model_fields},
    )


class _TestCondition(Section):
    """One test of frozen animals: hours cohoused with the partner, hours apart afterwards, and who the partner is.

    A mate (`relationship: mate`) mates during cohousing unless `mating` is false. `stranger_sex` is that of the
    stranger: as the partner's, or the same as or other than that of the tested animal. `access_s` is how long a door
    stays open at a lever, where it is not the usual minute. `duration_s` is the length of this test where it is not
    that of the others. With `env.attachment`, the slow state that the animal comes with and a stressor are keys, too;
    in assays with contexts `conditioning_days`, `conditioning_h` and `conditioned_with`.
    """

    __test__ = False  # not a test class for pytest, despite its name

    name: Annotated[str, identifier()]
    cohousing_h: CohousingHours
    relationship: Relationship = "peer"
    separation_h: SeparationHours = 0.0
    mating: Annotated[bool | None, Field(strict=True)] = None
    session: Annotated[str | None, identifier(optional=True)] = None
    stranger_sex: StrangerSex = "as_partner"
    access_s: LengthOfAccess = None
    drugs: DosesOfTest = ()
    duration_s: LengthOfTest = None
    conditioned_with: Annotated[str | None, optional_choice(lambda: words.CONDITIONED_WITH)] = None

    @model_validator(mode="after")
    def _mates_mate(self) -> _TestCondition:
        if self.mating and self.relationship == "peer":
            raise refuse("must be false where the relationship is peer, got true", key="mating")
        return self

    def history(self) -> dict[str, Any]:
        """Return the reset options of the environment; those that a test need not have only if it sets them."""
        options = {name: getattr(self, name) for name in ("cohousing_h", "relationship", "separation_h")}
        optional = ("mating", "session", "access_s", *OF_ATTACHMENT, *OF_CONTEXTS)
        given = {name: getattr(self, name) for name in optional if getattr(self, name) is not None}
        stranger = {} if self.stranger_sex == "as_partner" else {"stranger_sex": self.stranger_sex}
        return {**options, **given, **stranger}


_OF_TESTS = tuple(one for one in OPTIONS if one.is_number and (one.of_attachment or one.of_contexts))

if TYPE_CHECKING:
    TestCondition = _TestCondition
else:
    TestCondition = with_options("TestCondition", _TestCondition, _OF_TESTS)


def _unique_names(tests: tuple[TestCondition, ...]) -> tuple[TestCondition, ...]:
    names = [test.name for test in tests]
    if len(names) > limits.MAX_TESTS:
        raise refuse(f"must be a list of at most {limits.MAX_TESTS:,}, got {len(names):,}")
    if len(set(names)) < len(names):
        twice = min(name for name, n in Counter(names).items() if n > 1)
        raise refuse(f"has two tests called '{twice}'; each test needs a name of its own")
    return tests


Tests = Annotated[tuple[TestCondition, ...], AfterValidator(_unique_names)]
