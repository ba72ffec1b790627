"""Protocol files: the life of an animal as a list of phases, read and checked.

A protocol is data, so that an experiment from the literature can be written down without touching code
(docs/protocols.md). What a phase may contain is in `phases`; what a sequence of phases means, and whether it is
possible, in `plan`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, ValidationError, model_validator

from socialrl.config import shapes
from socialrl.config.checks import IDENTIFIER, refuse, shown
from socialrl.config.problems import Place, problems
from socialrl.config.shapes import Checked
from socialrl.config.shipped import find
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.config.values import FrozenDict, Section
from socialrl.errors import UserError, shortened
from socialrl.protocols.contrasts import read_contrasts, shape
from socialrl.protocols.phases import KINDS, Phase
from socialrl.protocols.timed import A_TEXT, Age

_TEXT_KEYS = frozenset({"name", "about", "source", "says"})
_PROTOCOL_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


_FORMS: dict[str, Any] = {"oneOf": [{"required": ["phases"]}, {"required": ["histories"]}]}


def _table_name(value: Any) -> Any:
    if not isinstance(value, str) or not _PROTOCOL_NAME.fullmatch(value):
        raise refuse(
            "must be small letters, digits and underscores, beginning with a letter (it names a table), got "
            f"{shown(value)}"
        )
    return value


def _named_histories(histories: dict[str, tuple[Phase, ...]]) -> Mapping[str, tuple[Phase, ...]]:
    if not histories:
        raise refuse("must have at least one history, got an empty mapping")
    for name in histories:
        if not IDENTIFIER.fullmatch(name):
            raise refuse(f"has a history called '{shortened(name)}'; a name is made of letters, digits and underscores")
    return FrozenDict(histories)


def _contrasts(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise refuse(f"must be a list of comparisons, got {shown(value)}")
    return tuple(value)


class Protocol(Section):
    """A protocol file: one life (`phases`) or several that are compared (`histories`, by name).

    `age_d` is the age at which these lives begin, in days; without it they begin at `plan.ADULT_D`. `contrasts` are
    comparisons of its tests, checked when it is read (`socialrl.protocols.contrasts`).
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["phases"]}, {"required": ["histories"]}]},
        extra="forbid",
        frozen=True,
    )

    name: Annotated[str, Checked(_table_name, shape=lambda: shapes.texts(_PROTOCOL_NAME.pattern))]
    about: Annotated[str | None, A_TEXT] = None
    source: Annotated[str | None, A_TEXT] = None
    age_d: Age = None
    phases: tuple[Phase, ...] | None = None
    histories: Annotated[dict[str, tuple[Phase, ...]], AfterValidator(_named_histories)] | None = None
    contrasts: Annotated[tuple[Any, ...], Checked(_contrasts, shape=shape)] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Protocol:
        if (self.phases is None) == (self.histories is None):
            got = "neither" if self.phases is None else "both"
            raise refuse(f"must have either phases (one history) or histories (several, by name), got {got}")
        return self


def load_protocol(path: str | Path) -> Protocol:
    """Return the protocol of a YAML file; a mistake raises `UserError` with file, phase, allowed and given values.

    `path` may be a name such as `mating` (see `socialrl.config.shipped.find`).
    """
    path = find(path, "protocol")
    data = read_yaml(read_yaml_file(path, "protocol"), str(path), is_text=lambda at: bool(at) and at[-1] in _TEXT_KEYS)
    if not isinstance(data, dict):
        raise UserError(f"{path}: a protocol is a mapping with name and phases or histories, got {shown(data)}")
    return protocol_from_data(data, str(path))


def protocol_from_data(data: Mapping[str, Any], where: str = "protocol") -> Protocol:
    """Return the protocol of plain data (dicts, lists, numbers, text); `where` names its origin in errors."""
    try:
        protocol = Protocol.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{where}: {problems(error, Protocol, _place)[0].text}") from error
    read_contrasts(protocol.contrasts, where)
    return protocol


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
        inside = path[start + 2 :]
        if kind == "cohouse" and inside and isinstance(inside[0], int):  # one of several that begin at once
            kind, inside = kind + (f" {inside[0] + 1}" if inside[0] else ""), inside[1:]
        return Place(place(history, n, kind), inside)
    return Place(place(history, n), path[start + 1 :], thing="phase")
