"""JSON Schema of every kind of file, made from the records that check it, for editors and other programs.

The dialect is draft 7, which editors know best. A schema says which keys there are, what may stand at each, and what it
means; it does not know the rules between keys, which `socialrl check` and every verb apply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from socialrl.authoring.kinds import KINDS, kind
from socialrl.authoring.meanings import meaning
from socialrl.config.shapes import JSON, lists, mapping

_DIALECT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/"
_TEXT_KEYS = frozenset({"name", "output", "id", "about", "source"})
"""Keys whose value is taken as it is written, so that a run may be called 2024."""


def schema_of(name: str) -> JSON:
    """Return the schema of a kind of file (`kinds.KINDS`); an unknown one raises `UserError`."""
    chosen = kind(name)
    schema = _generated(_model(name))
    definitions = schema.setdefault("definitions", {})
    if chosen.name == "lineage":
        _open_sections(definitions)
    elif chosen.name == "findings":
        _phases_of_lives(definitions)
        _name_what_is_there(definitions)
    _share(schema, definitions)
    _keep_texts(schema)
    title = {"$schema": _DIALECT, "title": f"socialrl: {chosen.name}"}
    return title | {key: value for key, value in schema.items() if key not in title}


def _model(name: str) -> type[BaseModel]:
    model = kind(name).model
    assert model is not None  # all kinds of KINDS have one
    return model()


def schema_text(name: str) -> str:
    """Return the schema of a kind of file as it is kept in `configs/schema`."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=False) + "\n"


def schema_files() -> dict[str, str]:
    """Return the texts of all schemas by the names of their files."""
    return {f"{one.name}.json": schema_text(one.name) for one in KINDS}


class _Plain(GenerateJsonSchema):
    """Pydantic's schema with our words about each key, and without titles, which would only repeat it."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def encode_default(self, dft: Any) -> Any:
        # the sections of a default are known from their own keys
        if isinstance(dft, Mapping | BaseModel):
            return {}
        return [self.encode_default(one) for one in dft] if isinstance(dft, tuple | list) else dft

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        for key, shape in made.get("properties", {}).items():
            said = [meaning(schema["cls"].__name__.strip("_"), key), shape.get("description", "")]
            if any(said):
                shape["description"] = ": ".join(filter(None, said))
        return made


def _generated(model: type[BaseModel]) -> JSON:
    made = model.model_json_schema(ref_template=f"{_REFERENCE}{{model}}", schema_generator=_Plain)
    if "$defs" in made:
        made["definitions"] = made.pop("$defs")
    for part in _parts(made):
        if "prefixItems" in part:  # the word of later drafts
            part["items"] = part.pop("prefixItems")
        if "default" in part and part["default"] is None:
            del part["default"]
        if isinstance(text := part.get("description"), str):
            part["description"] = " ".join(text.split())
    return made


def _parts(value: Any) -> Iterator[JSON]:
    """Yield every mapping in a schema, outer ones first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(one)


def _open_sections(definitions: dict[str, JSON]) -> None:
    """Put the keys of an experiment's sections where a lineage takes some of them."""
    experiment = _generated(_model("experiment"))["definitions"]
    learning = definitions["Learning"]["properties"]
    elsewhere = ("id", "parameters", "arms", "attachment")
    keys = {name: one for name, one in experiment["EnvSection"]["properties"].items() if name not in elsewhere}
    learning["env"] |= mapping(keys)
    learning["ppo"] |= mapping(experiment["PPOSection"]["properties"])
    learning["tests"] |= lists({"$ref": f"{_REFERENCE}TestCondition"})
    for name in ("ResetSection", "Drug", "TestCondition"):
        definitions[name] = experiment[name]


def _phases_of_lives(definitions: dict[str, JSON]) -> None:
    """Put the phases of a protocol where the life of a condition has them, under names that findings do not use."""
    protocol = _generated(_model("protocol"))["definitions"]
    names = {name: f"life{name}" for name in protocol}
    for part in _parts(protocol):
        if isinstance(reference := part.get("$ref"), str):
            part["$ref"] = _REFERENCE + names[reference.removeprefix(_REFERENCE)]
    definitions |= {names[name]: one for name, one in protocol.items()}
    definitions["Condition"]["properties"]["life"]["items"] = {"$ref": f"{_REFERENCE}{names['Phase']}"}


def _name_what_is_there(definitions: dict[str, JSON]) -> None:
    """Offer the measures, groups and tests that come with socialrl where a comparison names one.

    They are examples, which editors complete and do not insist on, because a file may add its own.
    """
    from socialrl.findings.registry import load_registry

    registry = load_registry()
    names = {"measure": registry.measures, "group": registry.groups, "conditions": registry.conditions}
    names |= {"at_equal": names["measure"], "minus": names["conditions"]}
    for record in ("Contrast", "Dose", "Side"):
        for key, part in definitions[record]["properties"].items():
            for place in _parts(part) if key in names else ():
                if place.get("type") == "string":
                    place["examples"] = sorted(names[key])


def _share(schema: JSON, definitions: dict[str, JSON]) -> None:
    """Make a definition of every shape that has a title (`shapes.mapping`), and refer to it where it stands."""

    def shared(value: Any) -> Any:
        if isinstance(value, dict):
            inner = {key: shared(one) for key, one in value.items()}
            if isinstance(title := inner.get("title"), str) and inner.get("type") == "object":
                own = {key: inner.pop(key) for key in ("default", "description") if key in inner}
                definitions[title] = inner
                return {"$ref": _REFERENCE + title} | own
            return inner
        return [shared(one) for one in value] if isinstance(value, list) else value

    for name, one in list(definitions.items()):
        definitions[name] = shared(one)
    schema["properties"] = shared(schema["properties"])


def _keep_texts(schema: JSON) -> None:
    for part in _parts(schema):
        properties = part.get("properties")
        for key, one in properties.items() if isinstance(properties, Mapping) else ():
            if key in _TEXT_KEYS and isinstance(one, dict) and one.get("type") == "string":
                one["type"] = ["string", "number", "boolean"]
