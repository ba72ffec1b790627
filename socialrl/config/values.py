"""The values that sections of a configuration are made of: numbers in their ranges, parameters, arms, doses.

Values given as lists are tuples and mappings are `FrozenDict`, so a loaded configuration cannot change under a run that
has already written it to its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from socialrl.config import limits, shapes, words
from socialrl.config.checks import either, explained_choice, number, refuse, scheduled, shown, whole
from socialrl.config.shapes import Checked
from socialrl.config.spread import check_spread, spread_shape
from socialrl.errors import nearest, unknown
from socialrl_envs.named_tables import CURRENT, table_names

Key = TypeVar("Key")
Value = TypeVar("Value")

NonNegative = Annotated[float, number(0, limits.LARGEST)]
Positive = Annotated[float, number(above=0, low=limits.SMALLEST, high=limits.LARGEST)]
OptionalPositive = Annotated[float | None, number(above=0, low=limits.SMALLEST, high=limits.LARGEST, optional=True)]
Fraction = Annotated[float, number(0, 1)]
Schedule = Annotated[float | str, scheduled(limits.SMALLEST, limits.LARGEST)]
OptionalSchedule = Annotated[float | str | None, scheduled(limits.SMALLEST, limits.LARGEST, optional=True)]
TickLength = Annotated[float, number(*limits.DT_S)]
Duration = Annotated[float, number(limits.DT_S[0], limits.MAX_DURATION_S)]
Repeats = Annotated[int, whole(1, limits.MAX_REPEATS)]
CohousingHours = Annotated[float, number(0, limits.MAX_COHOUSING_H, note=limits.TOTAL_COHOUSING)]
SeparationHours = Annotated[float, number(0, limits.MAX_SEPARATION_H)]
Relationship = Annotated[str, explained_choice(lambda: words.RELATIONSHIPS)]
LengthOfAccess = Annotated[float | None, number(0, limits.MAX_ACCESS_S, optional=True)]
StrangerSex = Annotated[str, explained_choice(lambda: words.STRANGER_SEXES)]
Given = float | dict[str, float]
"""A parameter's value in a configuration: one number, or numbers by sex."""
TABLE = "table"
"""The key of a parameter table's name among the parameters of `env`."""
_ONE_TABLE = "; one table holds for all animals: env.parameters.table"
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


def known_parameters(value: Any, *, table: str = CURRENT) -> dict[str, Given]:
    """Return parameters and their numbers, in the ranges of `table`; the gain, which a group has, is refused."""
    if not isinstance(value, dict):
        more = _ONE_TABLE if isinstance(value, str) and value in table_names() else ""
        raise refuse(f"must be a mapping of parameter names to numbers, got {shown(value)}{more}")
    checked: dict[str, Given] = {}
    for name, given in value.items():
        if name == TABLE:
            raise refuse(f"cannot be set here{_ONE_TABLE}", key=name)
        if name == "oxtr_gain":
            raise refuse("cannot be set here; set it for each group: genotypes.<name>.oxtr_gain", key=name)
        checked[name] = _known_value(name, given, table)
    return checked


def _known_value(name: str, given: Any, table: str) -> Given:
    """Return the number that is given for a parameter, or the numbers by sex."""
    from socialrl_envs.parameters import NAMES, check_override
    from socialrl_envs.vocabulary import SEXES

    by_sex = name in NAMES and isinstance(given, dict) and bool(given) and all(sex in SEXES for sex in given)
    numbers: dict[str, float] = {}
    for sex, one in given.items() if by_sex else [("", given)]:
        key = f"{name}.{sex}" if sex else name
        if name in NAMES and (isinstance(one, bool) or not isinstance(one, int | float)):
            more = f", or numbers by sex ({', '.join(SEXES)})" if isinstance(one, dict) else ""
            raise refuse(f"must be one number{more}, got {shown(one)}", key=key)
        try:
            numbers[sex] = float(check_override(name, one, table))
        except ValueError as error:
            raise refuse(f"is not usable: {error}", key=key) from error
    return numbers if by_sex else numbers[""]


def in_words(given: Given) -> str:
    """Return a parameter's value as a page shows it: one number, or numbers by sex."""
    return "; ".join(f"{sex}s {one:g}" for sex, one in given.items()) if isinstance(given, Mapping) else f"{given:g}"


def _frozen_within(value: dict[str, Any]) -> FrozenDict[str, Any]:
    return FrozenDict({name: FrozenDict(one) if isinstance(one, dict) else one for name, one in value.items()})


def with_table(value: Any, unnamed: str = CURRENT) -> Any:
    """Return `env.parameters` as a mapping: the name of a table, given alone or as `table`, and changed parameters.

    `unnamed` is the table where none is named.
    """
    if isinstance(value, str):
        value = {TABLE: value}
    if not isinstance(value, Mapping):
        return value
    return {TABLE: value.get(TABLE, unnamed), **{name: one for name, one in value.items() if name != TABLE}}


def _known_table_and_parameters(value: Any) -> dict[str, Given | str]:
    alone = isinstance(value, str)
    value = with_table(value)
    if not isinstance(value, dict):
        allowed = f"the name of a table ({', '.join(table_names())}) or a mapping of parameter names to numbers"
        raise refuse(f"must be {allowed}, got {shown(value)}")
    if value[TABLE] not in table_names():
        text = f"must be the name of a parameter table ({', '.join(table_names())}), got {shown(value[TABLE])}"
        raise refuse(text, key="" if alone else TABLE)
    changed = {name: one for name, one in value.items() if name != TABLE}
    return {TABLE: value[TABLE], **known_parameters(changed, table=value[TABLE])}


class ParametersOfWorld:
    """What a section with `parameters` (`WorldParameters`) says of them."""

    if TYPE_CHECKING:
        parameters: Mapping[str, Given | str]

    @property
    def table(self) -> str:
        """The name of the parameter table."""
        return str(self.parameters[TABLE])

    @property
    def changed_parameters(self) -> dict[str, Given]:
        """The parameters that differ from that table in all animals, or in those of a sex."""
        return {name: one for name, one in self.parameters.items() if not isinstance(one, str)}


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


LengthOfTest = Annotated[float | None, number(limits.DT_S[0], limits.MAX_DURATION_S, optional=True)]
DosesOfTest = Annotated[tuple[Drug, ...], AfterValidator(_doses_of_a_test)]
# Frozen last, because pydantic hands on a plain dict from its own check of a dict.
Parameters = Annotated[
    dict[str, Given], Checked(known_parameters, shape=lambda: _shape_of_parameters()), AfterValidator(_frozen_within)
]
WorldParameters = Annotated[
    dict[str, Given | str],
    Checked(_known_table_and_parameters, shape=lambda: _shape_of_world_parameters()),
    AfterValidator(_frozen_within),
]
Arms = Annotated[dict[str, str], Checked(_known_arms, shape=lambda: _shape_of_arms()), AfterValidator(FrozenDict)]
Spread = Annotated[
    float | dict[str, float],
    Checked(check_spread, shape=spread_shape),
    AfterValidator(lambda spread: FrozenDict(spread) if isinstance(spread, dict) else spread),
]


def _shape_of_parameters() -> shapes.JSON:
    return shapes.mapping(_shapes_by_parameter(), title="Parameters")


def _shape_of_world_parameters() -> shapes.JSON:
    names = shapes.one_of(table_names()) | {"description": "the name of a parameter table (`socialrl parameters`)"}
    changed = shapes.mapping({TABLE: names, **_shapes_by_parameter()}, title="TableAndParameters")
    return shapes.either_of(names, changed)


def _shapes_by_parameter() -> dict[str, shapes.JSON]:
    """Return the shape of every parameter, within the ranges of all tables: one number, or numbers by sex."""
    from socialrl_envs.parameters import rows_of
    from socialrl_envs.vocabulary import SEXES

    in_tables = [{row.name: row for row in rows_of(table)} for table in table_names()]
    found: dict[str, shapes.JSON] = {}
    for row in rows_of(CURRENT):
        rows = [table[row.name] for table in in_tables if row.name in table]
        low, high = min(row.low for row in rows), max(row.high for row in rows)
        by_sex = shapes.mapping({sex: {"type": "number"} for sex in SEXES})
        one = shapes.numbers(low, high, note=f"{row.meaning} ({row.unit})")
        found[row.name] = by_sex | one | {"type": ["number", "object"]}
    found.pop("oxtr_gain")
    return found


def _shape_of_arms() -> shapes.JSON:
    setting = shapes.one_of(words.ARM_SETTINGS)
    return shapes.mapping({arm: setting | {"description": about} for arm, about in words.ARMS.items()}, title="Arms")
