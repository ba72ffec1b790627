"""The registry of published findings: reads `registry.yaml`, checks it, and says which tests and groups it needs.

New findings need no code: a record in `registry.yaml`, or in a file of one's own given beside it. A mistake becomes one
line with the file, the finding and the place in it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from socialrl.analysis.measure_table import Measure, measure_table
from socialrl.assays import short_id
from socialrl.config.checks import shown
from socialrl.config.strict_yaml import key_path, read_yaml
from socialrl.errors import UserError, unknown
from socialrl.findings.records import Book, Condition, Contrast, Dose, Finding, Group
from socialrl.storage.atomic import naming_the_place

REGISTRY = Path(__file__).with_name("registry.yaml")
_TEXT_KEYS = frozenset({"id", "name", "doi", "citation", "published", "note", "says", "title", "statement"})


@dataclass(frozen=True)
class Registry:
    """Findings with all they refer to: `conditions` by name, `assay_of` their assay (short id), measures and groups."""

    findings: tuple[Finding, ...]
    conditions: Mapping[str, Condition]
    assay_of: Mapping[str, str]
    measures: Mapping[str, Measure]
    groups: Mapping[str, Group]
    dose_response: tuple[Dose, ...]

    def assay(self, contrast: Contrast) -> str:
        """Return the short id of the assay that a contrast is played in."""
        return self.assay_of[contrast.conditions[0]]

    def finding(self, name: str) -> Finding:
        """Return the finding with this id; an unknown one raises `UserError`."""
        for one in self.findings:
            if one.id == name:
                return one
        raise UserError(unknown("finding", name, [one.id for one in self.findings]))


def load_registry(*paths: Path | str) -> Registry:
    """Return the registry of one or several YAML files together; without any, the one that comes with socialrl.

    Files may refer to each other's groups, measures and conditions. Raises `UserError`, one line, for an unreadable
    file, an unknown key, a missing source, a duplicate id or name, or a reference to what is not there.
    """
    return _load(*map(str, paths)) if paths else _shipped()


@functools.cache
def _shipped() -> Registry:
    return _load(str(REGISTRY))


def _load(*paths: str) -> Registry:
    books = [(path, _book(Path(path))) for path in paths]
    findings: dict[str, Finding] = {}
    conditions: dict[str, Condition] = {}
    assay_of: dict[str, str] = {}
    measures: dict[str, Measure] = measure_table()
    groups: dict[str, Group] = {}
    doses: list[Dose] = []
    for where, book in books:
        for name, group in book.groups.items():
            _once(where, "group", name, groups)
            groups[name] = group
        for name, measure in book.measures.items():
            _once(where, "measure", name, measures)
            measures[name] = measure.as_measure(name)
        for origin, assay, condition in _conditions(book):
            _once(f"{where}: {origin}" if origin else where, "condition", condition.name, conditions)
            conditions[condition.name], assay_of[condition.name] = condition, short_id(assay)
        for finding in book.findings:
            _once(where, "finding id", finding.id, findings)
            findings[finding.id] = finding
        doses += book.dose_response
    registry = Registry(tuple(findings.values()), conditions, assay_of, measures, groups, tuple(doses))
    for where, book in books:
        _check_references(where, book, registry)
    return registry


def registry_conditions(assay: str, registry: Registry | None = None) -> list[dict[str, Any]]:
    """Return the tests that the registry needs in one assay, as plain dicts in the order of the file.

    Keys: name, cohousing_h, relationship, separation_h, mating, session, side, drugs (dicts with drug, dose, start_s, end_s;
    seconds from the start of the test), arms, partner_is. An assay that no finding uses gives an empty list.
    """
    book = registry or load_registry()
    wanted = short_id(assay)
    return [
        {
            "name": name,
            "cohousing_h": condition.cohousing_h,
            "relationship": condition.relationship,
            "separation_h": condition.separation_h,
            "mating": condition.mating,
            "session": condition.session,
            "side": condition.side,
            "drugs": [drug.model_dump() for drug in condition.drugs],
            "arms": dict(condition.arms),
            "partner_is": condition.partner_is,
        }
        for name, condition in book.conditions.items()
        if book.assay_of[name] == wanted
    ]


def registry_assays(registry: Registry | None = None) -> list[str]:
    """Return the short ids of the assays that have a test in the registry, each once, in the order of the file."""
    book = registry or load_registry()
    return list(dict.fromkeys(book.assay_of.values()))


def registry_groups(registry: Registry | None = None) -> list[dict[str, Any]]:
    """Return the groups of animals that contrasts compare: name, oxtr_gain, arms (empty: all follow the gain)."""
    book = registry or load_registry()
    used = {name for finding in book.findings for contrast in finding.contrasts for name in contrast.groups}
    return [
        {"name": name, "oxtr_gain": group.oxtr_gain, "arms": dict(group.arms)}
        for name, group in book.groups.items()
        if name in used
    ]


def _book(path: Path) -> Book:
    with naming_the_place(f"read {path}"):
        text = path.read_text(encoding="utf-8")
    data = read_yaml(text, str(path), is_text=lambda at: bool(at) and at[-1] in _TEXT_KEYS)
    try:
        return Book.model_validate(data)
    except ValidationError as error:
        raise UserError(_line(error, data, str(path))) from error


def _line(error: ValidationError, data: Any, where: str) -> str:
    """Return the first mistake in one line; unknown keys come first, they explain most of the others."""
    ranked = sorted(error.errors(), key=lambda one: {"extra_forbidden": 0, "missing": 2}.get(one["type"], 1))
    first = ranked[0]
    path = tuple(first["loc"])
    context = first.get("ctx", {})
    if path[:1] == ("findings",) and len(path) > 1 and isinstance(path[1], int):
        record = data["findings"][path[1]]
        named = record.get("id") if isinstance(record, dict) else None
        where, path = f"{where}: {named or f'finding {path[1] + 1} (no id)'}", path[2:]
    match first["type"]:
        case "extra_forbidden":
            known = list(_section(tuple(first["loc"])[:-1]).model_fields)
            return f"{where}: {unknown('key', key_path(path), known, listed_as='allowed')}"
        case "missing":
            return f"{where}: {key_path(path)} is missing"
        case "socialrl":
            place = key_path((*path, *context["key"].split(".")) if context["key"] else path)
            return f"{where}: {place} {context['text']}".replace(":  ", ": ")
        case "string_pattern_mismatch":
            allowed = "a letter and two digits, such as F01" if path[-1] == "id" else "letters, digits, '_' and '.'"
            return f"{where}: {key_path(path)} must be {allowed}, got {shown(first['input'])}"
        case _:
            return f"{where}: {key_path(path)}: {first['msg']}, got {shown(first['input'])}"


def _section(path: Sequence[str | int]) -> type[BaseModel]:
    """Return the record class at a place of a registry file, following names and skipping list and mapping keys."""
    section: type[BaseModel] = Book
    for part in path:
        if isinstance(part, str) and part in section.model_fields:
            found = list(_classes_in(section.model_fields[part].annotation))
            section = found[0] if found else section
    return section


def _classes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in getattr(annotation, "__args__", ()):
        yield from _classes_in(one)


def _conditions(book: Book) -> Iterator[tuple[str, str, Condition]]:
    """Yield (finding id or "", assay, condition): the shared ones, then those that findings bring along."""
    for assay, shared in book.conditions.items():
        for condition in shared:
            yield "", assay, condition
    for finding in book.findings:
        for assay, own in finding.conditions.items():
            for condition in own:
                yield finding.id, assay, condition


def _once(where: str, kind: str, name: str, known: Mapping[str, Any]) -> None:
    if name in known:
        raise UserError(f"{where}: {kind} {name} occurs twice; give the second another name")


def _check_references(where: str, book: Book, registry: Registry) -> None:
    for name, measure in book.measures.items():
        for part in (measure.first, measure.less, measure.time_to):
            _known(f"{where}: measures.{name}", "measure", [part] if part else [], registry.measures)
    for dose in book.dose_response:
        _known(f"{where}: dose_response", "measure", [dose.measure], registry.measures)
        _known(f"{where}: dose_response", "condition", [dose.condition], registry.conditions)
    for finding in book.findings:
        for number, contrast in enumerate(finding.contrasts):
            at = f"{where}: {finding.id}: contrasts[{number}]"
            _known(at, "measure", [contrast.measure], registry.measures)
            _known(at, "condition", contrast.conditions, registry.conditions)
            _known(at, "group", contrast.groups, registry.groups)
            assays = {registry.assay_of[name] for name in contrast.conditions}
            if len(assays) > 1:
                raise UserError(f"{at}: a comparison stays in one assay, came {' and '.join(sorted(assays))}")
            margin = contrast.same_within or registry.measures[contrast.measure].same_within
            if contrast.expected == "same" and margin is None:
                raise UserError(f"{at}: expected same needs same_within, here or at the measure {contrast.measure}")


def _known(where: str, kind: str, names: Iterable[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise UserError(f"{where}: {unknown(kind, name, known)}")
