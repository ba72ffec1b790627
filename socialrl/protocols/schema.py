"""Protocol files: the life of an animal as a list of phases (cohouse, separate, dose, assay), read and checked.

A protocol is data, so that an experiment from the literature can be written down without touching code
(docs/protocols.md).
What a phase may contain is checked here; what a sequence of phases means, and whether it is possible, is `life_plan`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model, model_validator

from socialrl.assays import short_id
from socialrl.config import words
from socialrl.config.checks import IDENTIFIER, choice, explained_choice, identifier, number, one_or_list, refuse, shown
from socialrl.config.problems import Place, problems
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.config.values import FrozenDict, Relationship, Section, StrangerSex
from socialrl.errors import UserError, shortened, unknown
from socialrl.extensions import load_extensions
from socialrl_envs import ASSAYS
from socialrl_envs.assay import COHOUSING_DT_S
from socialrl_envs.vocabulary import DRUGS, MAX_COHOUSING_H, MAX_SEPARATION_H, OPTIONS

KINDS = ("cohouse", "separate", "dose", "assay")
_TEXT_KEYS = frozenset({"name", "about", "source"})
_PROTOCOL_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_MINUTES = 60.0 * 24.0 * 30.0
_MIN_DOSE_H = COHOUSING_DT_S / 3600.0


def _known_assay(value: Any) -> Any:
    load_extensions()
    by_name = {short_id(full): full for full in ASSAYS}
    if not isinstance(value, str):
        raise refuse(f"must be the name of an assay ({', '.join(by_name)}), got {shown(value)}")
    if value not in ASSAYS and value not in by_name:
        raise refuse(f"is not usable: {unknown('assay', value, by_name)}")
    return by_name.get(value, value)


def _table_name(value: Any) -> Any:
    if not isinstance(value, str) or not _PROTOCOL_NAME.fullmatch(value):
        raise refuse(
            "must be small letters, digits and underscores, beginning with a letter (it names a table), got "
            f"{shown(value)}"
        )
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"must be text, got {shown(value)}")
    return value


class Cohouse(Section):
    """Life in one cage with the partner: a peer (same sex) or a mate (other sex), which mates by default."""

    with_: Annotated[str, choice("partner")] = Field(default="partner", alias="with")
    hours: Annotated[float, number(0, MAX_COHOUSING_H, note="the total of all cohouse phases of a history")]
    relationship: Relationship = "peer"
    mating: Annotated[bool | None, Field(strict=True)] = None

    @model_validator(mode="after")
    def _possible(self) -> Cohouse:
        if self.mating and self.relationship == "peer":
            text = "must be false where the relationship is peer: a peer is of the same sex; write relationship: mate"
            raise refuse(f"{text}, got true", key="mating")
        if self.mating and self.hours == 0.0:
            raise refuse("must be false where hours is 0, got true", key="mating")
        return self


class Separate(Section):
    """Life alone."""

    hours: Annotated[float, number(0, MAX_SEPARATION_H)]


class Dose(Section):
    """A drug that acts for `hours`, from `start_h` after its place in the list (negative: before it).

    A dose takes no time of its own. `dose` is in the units of `socialrl_envs.drugs.DRUGS`.
    """

    drug: Annotated[str, explained_choice(words.drugs)]
    dose: Annotated[float, number(0)]
    start_h: Annotated[float, number(-MAX_SEPARATION_H, MAX_SEPARATION_H)] = 0.0
    hours: Annotated[float, number(above=0)]

    @model_validator(mode="after")
    def _in_range(self) -> Dose:
        highest, meaning, *_ = DRUGS[self.drug]
        if self.dose > highest:
            raise refuse(f"must be 0 to {highest:g} for {self.drug} ({meaning}), got {self.dose:g}", key="dose")
        if not _MIN_DOSE_H - 1e-9 <= self.hours <= MAX_SEPARATION_H:
            allowed = f"a number from {_MIN_DOSE_H:.4g} ({COHOUSING_DT_S:g} s) to {MAX_SEPARATION_H:g}"
            raise refuse(f"must be {allowed}, got {self.hours:g}", key="hours")
        return self


OPTIONS_OF_TESTS = tuple(one for one in OPTIONS if one.is_number and one.name not in ("cohousing_h", "separation_h"))
"""The options of an episode that a test may be given; the others are what the phases before it say."""


class _AssayPhase(Section):
    """A test that is recorded. `with` names the stimulus animals; `stranger` new (never met) or the same as last time.

    `relationship` gives their sex if the history does not (peer: the same, mate: the other), `stranger_sex` that of the
    stranger alone. `session` names a session that `with` alone does not tell, such as `neutral` of an encounter.
    `minutes` replaces the assay's length. Options of an episode are keys, too, such as `ratio_step`, the number of
    extra presses for each further access at a lever.
    """

    id: Annotated[str, BeforeValidator(_known_assay)]
    name: Annotated[str | None, identifier()] = None
    with_: Annotated[tuple[str, ...], one_or_list(BeforeValidator(_text))] = Field(default=(), alias="with")
    stranger: Annotated[str, choice("new", "same")] = "new"
    relationship: Annotated[str | None, explained_choice(lambda: words.RELATIONSHIPS)] = None
    stranger_sex: StrangerSex = "as_partner"
    session: Annotated[str | None, identifier(optional=True)] = None
    minutes: Annotated[float | None, number(0, _MAX_MINUTES, optional=True)] = None


if TYPE_CHECKING:
    AssayPhase = _AssayPhase
else:
    AssayPhase = create_model(
        "AssayPhase",
        __base__=_AssayPhase,
        __doc__=_AssayPhase.__doc__,
        __module__=__name__,
        **{
            one.name: (Annotated[float | None, number(one.lowest, one.highest, optional=True)], None)
            for one in OPTIONS_OF_TESTS
        },
    )


class Phase(Section):
    """One entry of the list: exactly one of the four kinds."""

    cohouse: Cohouse | None = None
    separate: Separate | None = None
    dose: Dose | None = None
    assay: AssayPhase | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Phase:
        given = [kind for kind in KINDS if kind in self.model_fields_set]
        empty = [kind for kind in given if getattr(self, kind) is None]
        if len(given) != 1 or empty:
            got = f"an empty {empty[0]}" if empty else (" and ".join(given) if given else "nothing")
            raise refuse(f"must be one of {', '.join(KINDS)}, got {got}")
        return self

    @property
    def kind(self) -> str:
        """Which of the four it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


def _named_histories(histories: dict[str, tuple[Phase, ...]]) -> Mapping[str, tuple[Phase, ...]]:
    if not histories:
        raise refuse("must have at least one history, got an empty mapping")
    for name in histories:
        if not IDENTIFIER.fullmatch(name):
            raise refuse(f"has a history called '{shortened(name)}'; a name is made of letters, digits and underscores")
    return FrozenDict(histories)


class Protocol(Section):
    """A protocol file: one life (`phases`) or several that are compared (`histories`, by name)."""

    name: Annotated[str, BeforeValidator(_table_name)]
    about: Annotated[str | None, BeforeValidator(_text)] = None
    source: Annotated[str | None, BeforeValidator(_text)] = None
    phases: tuple[Phase, ...] | None = None
    histories: Annotated[dict[str, tuple[Phase, ...]], AfterValidator(_named_histories)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Protocol:
        if (self.phases is None) == (self.histories is None):
            got = "neither" if self.phases is None else "both"
            raise refuse(f"must have either phases (one history) or histories (several, by name), got {got}")
        return self


def load_protocol(path: str | Path) -> Protocol:
    """Return the protocol of a YAML file; a mistake raises `UserError` with file, phase, allowed and given values."""
    path = Path(path)
    data = read_yaml(read_yaml_file(path, "protocol"), str(path), is_text=lambda at: bool(at) and at[-1] in _TEXT_KEYS)
    if not isinstance(data, dict):
        raise UserError(f"{path}: a protocol is a mapping with name and phases or histories, got {shown(data)}")
    return protocol_from_data(data, str(path))


def protocol_from_data(data: Mapping[str, Any], where: str = "protocol") -> Protocol:
    """Return the protocol of plain data (dicts, lists, numbers, text); `where` names its origin in errors."""
    try:
        return Protocol.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{where}: {problems(error, Protocol, _place)[0].text}") from error


def place(history: str | None, number: int, kind: str | None = None) -> str:
    """Return how errors name a phase: "history 'vehicle', phase 2 (dose)"; phases count from 1."""
    text = f"phase {number}" + (f" ({kind})" if kind else "")
    return f"history '{history}', {text}" if history else text


def _place(path: KeyPath) -> Place:
    """Return how errors name the place of a value in a protocol: the phase in words, and the path inside it."""
    start = {"phases": 1, "histories": 2}.get(str(path[0]) if path else "", 0)
    if not start or len(path) <= start or not isinstance(path[start], int):
        return Place("", path)
    history = shortened(str(path[1])) if start == 2 else None
    kind = str(path[start + 1]) if len(path) > start + 1 else None
    n = int(path[start]) + 1
    if kind in KINDS:
        return Place(place(history, n, kind), path[start + 2 :])
    return Place(place(history, n), path[start + 1 :], thing="phase")
