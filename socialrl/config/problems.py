"""The one translator of pydantic's errors: what is wrong with a configuration, a protocol or a registry, in our words.

Every line has the same form, whichever file it is about: the key, what is allowed, what was given. `Place` lets a kind
of file name its parts in its own way ("phase 2 (dose)", "F07").
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from socialrl.config.checks import shown
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import key_path
from socialrl.errors import nearest

_UNKNOWN, _WRONG, _MISSING = range(3)


@dataclass(frozen=True)
class Problem:
    """One mistake: its line without the file, the paths of the values involved, and its rank (main one first)."""

    text: str
    paths: tuple[KeyPath, ...]
    rank: int


@dataclass(frozen=True)
class Place:
    """How a kind of file names the place of a value: the part of the file in words, and the path inside that part."""

    part: str
    path: KeyPath
    thing: str = "key"


def _whole_path(path: KeyPath) -> Place:
    return Place("", path)


def problems(
    error: ValidationError, kind: type[BaseModel], place: Callable[[KeyPath], Place] = _whole_path
) -> list[Problem]:
    """Return the mistakes that pydantic found in data for a record of class `kind`, the main one first.

    Unknown keys come before wrong values and missing keys last, because a misspelt key also looks like a missing one.
    """
    found = (_problem(dict(one), kind, place) for one in error.errors(include_url=False))
    return sorted(found, key=lambda problem: problem.rank)


def _problem(error: Mapping[str, Any], kind: type[BaseModel], place: Callable[[KeyPath], Place]) -> Problem:
    path: KeyPath = tuple(error["loc"])
    context = error.get("ctx", {})
    if path[1:] and path[-1] == "[key]" and error["type"] not in ("extra_forbidden", "missing"):
        # pydantic's mark for a mapping's key itself
        name = shown(str(path[-2]))
        return _worded(
            path[:-2], f"has a name that cannot be used: it must be {_allowed(error, kind)}, got {name}", place
        )
    match error["type"]:
        case "extra_forbidden":
            at = place(path)
            text = f"unknown {at.thing} {key_path(at.path)}{_hint(path, at, kind)}"
            return Problem(f"{at.part}: {text}" if at.part else text, (path,), _UNKNOWN)
        case "missing":
            # Blamed on the section, so that a group made on the command line is not looked for in the file.
            return _worded(path, "is missing", place, (path[:-1] or path,), _MISSING)
        case "socialrl":
            path = (*path, *context["key"].split(".")) if context["key"] else path
            involved = tuple(tuple(one.split(".")) for one in context["involves"])
            return _worded(path, context["text"], place, involved or (path,))
    while path and path[-1] in _TYPE_TAGS:
        path = path[:-1]
    return _worded(path, f"must be {_allowed(error, kind)}, got {shown(error['input'])}", place)


_TYPE_TAGS = frozenset({"str", "int", "float", "bool"})
"""What pydantic adds to the path of a value that may be of several types."""


def _worded(
    path: KeyPath,
    text: str,
    place: Callable[[KeyPath], Place],
    paths: tuple[KeyPath, ...] = (),
    rank: int = _WRONG,
) -> Problem:
    at = place(path)
    subject = key_path(at.path)
    line = f"{subject} {text}" if subject else text
    return Problem(f"{at.part}: {line}" if at.part else line, paths or (path,), rank)


def _allowed(error: Mapping[str, Any], kind: type[BaseModel]) -> str:
    """Return what may stand at the place of an error of pydantic's own."""
    context = error.get("ctx", {})
    match error["type"]:
        case "bool_type" | "bool_parsing":
            return "true or false"
        case "tuple_type" | "list_type":
            return "a list"
        case "too_short":
            return f"a list of at least {context['min_length']}"
        case "too_long":
            return f"a list of at most {context['max_length']}"
        case "dict_type":
            return "a mapping"
        case "model_type" | "model_attributes_type":
            section = section_at(tuple(error["loc"]), kind) or kind
            names = keys_of(section)
            return f"a mapping with the key{'s' if len(names) > 1 else ''} {', '.join(names)}"
        case "string_type":
            return "text"
        case "string_too_short":
            return "text that is not empty"
        case "string_pattern_mismatch":
            return _PATTERNS.get(context["pattern"], f"text of the form {context['pattern']}")
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return "a whole number"
        case "float_type" | "float_parsing" | "finite_number":
            return "a number"
        case "literal_error":
            return str(context["expected"]).replace("'", "")
        case _:
            return f"usable ({error['msg']})"


_PATTERNS = {
    r"^[A-Z]{1,8}[0-9]{1,4}$": "capital letters and a number, such as F01",
    r"^[A-Za-z0-9_.]{1,64}$": "a name of letters, digits, '_' and '.'",
    r"^[A-Za-z0-9_]{1,64}$": "a name of letters, digits and '_'",
}


def _hint(path: KeyPath, at: Place, kind: type[BaseModel]) -> str:
    section = section_at(path[:-1], kind) or kind
    known, name = keys_of(section), str(path[-1])
    allowed = ", ".join(known)
    near = nearest(name, known)
    if near is not None:
        return f"; did you mean {key_path((*at.path[:-1], near))}? Allowed: {allowed}"
    # A right key in the wrong place is as common as a typing error: learning_rate=… for ppo.learning_rate=….
    elsewhere = [key_path(one) for one in _all_keys(kind) if one[-1] == name and one != path]
    return f"; did you mean {elsewhere[0]}? Allowed: {allowed}" if elsewhere else f"; allowed: {allowed}"


def keys_of(section: type[BaseModel]) -> list[str]:
    """Return the keys of a section as they are written in a file."""
    return [field.alias or name for name, field in section.model_fields.items()]


def section_at(path: KeyPath, kind: type[BaseModel]) -> type[BaseModel] | None:
    """Return the record class of the section at `path` of a record of class `kind`; None where there is no section."""
    here: Any = kind
    for part in path:
        here = _inside(here, part)
    return section_in(here) if here is not None else None


def _inside(annotation: Any, part: str | int) -> Any:
    """Return the annotation of the value under `part` of a value with this annotation, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _inside(inner[0], part)
    if origin in (typing.Union, types.UnionType):
        return next((found for one in inner if (found := _inside(one, part)) is not None), None)
    if origin is dict:
        return inner[1]
    return inner[0] if origin is tuple else None


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record class that an annotation names, also inside lists, mappings and alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) is Literal:
        return None
    return next((found for one in typing.get_args(annotation) if (found := section_in(one))), None)


def _all_keys(section: type[BaseModel], path: KeyPath = ()) -> Iterator[KeyPath]:
    for name, field in section.model_fields.items():
        yield (*path, field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _all_keys(field.annotation, (*path, field.alias or name))
