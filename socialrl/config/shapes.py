"""What editors are told of the values in a file: pieces of JSON Schema, beside the checks that refuse other values.

A schema is made from the record classes by pydantic (`socialrl.authoring.schemas`). Pydantic does not look into a check
of ours, so each check brings the shape of what it accepts. A shape may accept more than its check does, never less: an
editor must not underline what works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BeforeValidator, GetJsonSchemaHandler

from socialrl.errors import explained

JSON = dict[str, Any]
Shape = Callable[[], JSON]
"""Made when a schema is, because the words that are allowed may grow, and some are slow to load."""


@dataclass(frozen=True, slots=True)
class Checked(BeforeValidator):
    """A check of a value (`func`), with the `shape` of what it accepts."""

    shape: Shape = dict

    def __get_pydantic_json_schema__(self, _core: Any, _handler: GetJsonSchemaHandler) -> JSON:
        return self.shape()


class OneOrSeveral(BeforeValidator):
    """A check that makes a tuple of one record, which therefore may stand alone instead of in a list."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JSON:
        several = next(one for one in handler(core)["anyOf"] if one.get("type") == "array")
        return either_of(several["items"], several | {"minItems": 1})


def exactly_one_key(schema: JSON) -> None:
    """Change the schema of a record: one of its keys is given, and has a value."""
    for name, shape in schema["properties"].items():
        some = [one for one in shape.get("anyOf", [shape]) if one != {"type": "null"}]
        schema["properties"][name] = some[0] if len(some) == 1 else either_of(*some)
    schema |= {"minProperties": 1, "maxProperties": 1}


def numbers(low: float | None = None, high: float | None = None, above: float | None = None, note: str = "") -> JSON:
    """Return the shape of numbers with `low` <= x <= `high` and x > `above`; `note` says what the range is of."""
    given = {"minimum": low if above is None else None, "exclusiveMinimum": above, "maximum": high}
    shape: JSON = {"type": "number"} | {key: value for key, value in given.items() if value is not None}
    return shape | ({"description": note} if note else {})


def wholes(low: int, high: int | None = None) -> JSON:
    """Return the shape of whole numbers, also written as 3e5."""
    return {"type": "integer", "minimum": low} | ({} if high is None else {"maximum": high})


def one_of(words: Iterable[str] | Mapping[str, str]) -> JSON:
    """Return the shape of a choice of words; their meanings, where `words` has them, are its description."""
    listed = list(words)
    meanings = [one for one in explained(words) if one not in listed]
    return {"enum": listed} | ({"description": "; ".join(meanings)} if meanings else {})


def texts(pattern: str) -> JSON:
    """Return the shape of text that matches a pattern as a whole."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def lists(item: JSON, least: int = 0, most: int | None = None) -> JSON:
    """Return the shape of a list of `least` to `most` items."""
    limits = {"minItems": least or None, "maxItems": most}
    return {"type": "array", "items": item} | {key: value for key, value in limits.items() if value is not None}


def either_of(*shapes: JSON) -> JSON:
    """Return the shape of what has one of several shapes."""
    return {"anyOf": list(shapes)}


def or_null(shape: JSON) -> JSON:
    """Return the shape of what may be null, too."""
    if "anyOf" in shape:
        return shape | {"anyOf": [*shape["anyOf"], {"type": "null"}]}
    if "enum" in shape:
        return shape | {"enum": [*shape["enum"], None]}
    return shape | {"type": [shape["type"], "null"]} if isinstance(shape.get("type"), str) else shape


def mapping(keys: Mapping[str, JSON], title: str = "") -> JSON:
    """Return the shape of a mapping with these keys, none of them needed; a `title` makes it a definition to share."""
    shape: JSON = {"type": "object", "properties": dict(keys), "additionalProperties": False}
    return shape | ({"title": title} if title else {})
