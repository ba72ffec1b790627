"""The values that sections of a configuration are made of: numbers in their ranges, parameters, arms, doses.

Values given as lists are tuples and mappings are `FrozenDict`, so a loaded configuration cannot change under a run that
has already written it to its folder.
"""

from __future__ import annotations

from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from socialrl.config import limits, words
from socialrl.config.checks import either, explained_choice, number, refuse, shown, whole
from socialrl.config.spread import check_spread
from socialrl.errors import nearest, unknown

Key = TypeVar("Key")
Value = TypeVar("Value")

NonNegative = Annotated[float, number(0, limits.LARGEST)]
Positive = Annotated[float, number(above=0, low=limits.SMALLEST, high=limits.LARGEST)]
OptionalPositive = Annotated[float | None, number(above=0, low=limits.SMALLEST, high=limits.LARGEST, optional=True)]
Fraction = Annotated[float, number(0, 1)]
TickLength = Annotated[float, number(*limits.DT_S)]
Duration = Annotated[float, number(limits.DT_S[0], limits.MAX_DURATION_S)]
Repeats = Annotated[int, whole(1, limits.MAX_REPEATS)]
CohousingHours = Annotated[float, number(0, limits.MAX_COHOUSING_H, note=limits.TOTAL_COHOUSING)]
SeparationHours = Annotated[float, number(0, limits.MAX_SEPARATION_H)]
Relationship = Annotated[str, explained_choice(lambda: words.RELATIONSHIPS)]
StrangerSex = Annotated[str, explained_choice(lambda: words.STRANGER_SEXES)]
_DrugTime = Annotated[float, number(-limits.MAX_DRUG_TIME_S, limits.MAX_DRUG_TIME_S)]


class FrozenDict(dict[Key, Value]):
    """A dict that cannot be changed after it was made; it pickles, copies and compares like a dict."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a configuration cannot be changed; use with_overrides to get a changed copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = pop = popitem = clear = setdefault = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        # The default way of unpickling a dict subclass sets items one by one, which is refused here.
        return type(self), (dict(self),)


class Section(BaseModel):
    """A section of the configuration: unknown keys are refused and nothing can be assigned."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Drug(Section):
    """One dose: `start_s` and `end_s` count from the start of the test; negative times lie before it.

    In training it is given in `share` of the episodes, drawn for each, so that animals learn what contact is worth
    under a drug and without. Tests leave out what is not given in every episode; a dose of a test has no share.
    """

    drug: Annotated[str, explained_choice(words.drugs)]
    dose: NonNegative
    start_s: _DrugTime
    end_s: _DrugTime
    share: Annotated[float, number(0, 1, above=0)] = 1.0

    @model_validator(mode="after")
    def _span(self) -> Drug:
        if self.start_s >= self.end_s:
            raise refuse(f"must be before end_s, got {self.start_s:g} and {self.end_s:g}", key="start_s")
        return self


def _known_parameters(value: Any) -> Any:
    from socialrl_envs.parameters import NAMES, check_override
    from socialrl_envs.vocabulary import SEXES

    if not isinstance(value, dict):
        raise refuse(f"must be a mapping of parameter names to numbers, got {shown(value)}")
    checked: dict[str, float | dict[str, float]] = {}
    for name, given in value.items():
        if name == "oxtr_gain":
            raise refuse("cannot be set here; set it for each group: genotypes.<name>.oxtr_gain", key=name)
        by_sex = name in NAMES and isinstance(given, dict) and given and all(sex in SEXES for sex in given)
        for sex, one in given.items() if by_sex else [("", given)]:
            key = f"{name}.{sex}" if sex else name
            if name in NAMES and (isinstance(one, bool) or not isinstance(one, int | float)):
                more = "" if sex else f", or numbers by sex ({', '.join(SEXES)})"
                raise refuse(f"must be one number{more}, got {shown(one)}", key=key)
            try:
                number_ = float(check_override(name, one))
            except ValueError as error:
                raise refuse(f"is not usable: {error}", key=key) from error
            checked[name] = {**checked.get(name, {}), sex: number_} if sex else number_  # type: ignore[dict-item]
    return checked


def _frozen_within(value: dict[str, Any]) -> FrozenDict[str, Any]:
    return FrozenDict({name: FrozenDict(one) if isinstance(one, dict) else one for name, one in value.items()})


def _known_arms(value: Any) -> Any:
    if not isinstance(value, dict):
        raise refuse(f"must be a mapping of arms ({', '.join(words.ARMS)}) to settings, got {shown(value)}")
    for arm, setting in value.items():
        if arm not in words.ARMS:
            raise refuse(f"is not usable: {unknown('arm', str(arm), words.ARMS)}", key=str(arm))
        if not isinstance(setting, str) or setting not in words.ARM_SETTINGS:
            near = nearest(setting, words.ARM_SETTINGS) if isinstance(setting, str) else None
            hint = f"; did you mean '{near}'?" if near else ""
            raise refuse(f"must be {either(words.ARM_SETTINGS)}, got {shown(setting)}{hint}", key=arm)
    return value


def known_doses(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    """Refuse doses that the world has no drug or no range for."""
    if drugs:
        from socialrl_envs.drugs import schedule

        try:
            schedule([drug.model_dump() for drug in drugs])
        except ValueError as error:
            raise refuse(f"is not usable: {error}") from error
    return drugs


def _doses_of_a_test(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    for dose in drugs:
        if dose.share < 1.0:
            raise refuse(f"must be 1 in a test, where every dose is given, got {dose.share:g}", key="share")
    return known_doses(drugs)


DosesOfTest = Annotated[tuple[Drug, ...], AfterValidator(_doses_of_a_test)]
# Frozen last, because pydantic hands on a plain dict from its own check of a dict.
Parameters = Annotated[
    dict[str, float | dict[str, float]], BeforeValidator(_known_parameters), AfterValidator(_frozen_within)
]
Arms = Annotated[dict[str, str], BeforeValidator(_known_arms), AfterValidator(FrozenDict)]
Spread = Annotated[
    float | dict[str, float],
    BeforeValidator(check_spread),
    AfterValidator(lambda spread: FrozenDict(spread) if isinstance(spread, dict) else spread),
]
