"""The registry of published findings: reads `registry.yaml`, checks it, and says which tests and groups it needs.

New findings need no code: a record in `registry.yaml`, in a user's file (`load_findings`), or as data in Python
(`Registry.adding`). A mistake becomes one line with the file, the finding and the place in it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_table
from socialrl.assays import short_id, study_of
from socialrl.config.problems import Place, problems
from socialrl.config.shipped import find
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, shortened, unknown
from socialrl.findings.condition import Condition
from socialrl.findings.conditions import mistake, twin
from socialrl.findings.records import NAMING_MECHANISMS, AnimalGroup, Book, Contrast, Dose, Finding

REGISTRY = Path(__file__).with_name("registry.yaml")
ATTACHMENT = Path(__file__).with_name("attachment.yaml")
"""What comes with socialrl: findings about adults and their gain, and findings about lives."""
_TEXT_KEYS = frozenset({"id", "name", "doi", "citation", "published", "note", "says", "title", "statement"})


@dataclass(frozen=True)
class Registry:
    """Findings with all they refer to: `conditions` by name, `assay_of` their assay (short id), measures and groups.

    `origin` says for every condition and group where it was written, as error lines show it.
    """

    findings: tuple[Finding, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    assay_of: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    groups: Mapping[str, AnimalGroup] = field(default_factory=dict)
    dose_response: tuple[Dose, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)

    def assay(self, contrast: Contrast) -> str:
        """Return the short id of the assay that a contrast is played in."""
        return self.assay_of[contrast.conditions[0]]

    def finding(self, name: str) -> Finding:
        """Return the finding with this id; an unknown one raises `UserError`."""
        for one in self.findings:
            if one.id == name:
                return one
        raise UserError(unknown("finding", name, [one.id for one in self.findings]))

    @property
    def assays(self) -> list[str]:
        """The short ids of the assays that have a test, each once, in the order of the file."""
        return list(dict.fromkeys(self.assay_of.values()))

    def conditions_in(self, assay: str) -> list[Condition]:
        """Return the tests of one assay in the order of the file; none for an assay that no finding uses."""
        wanted = short_id(assay)
        return [one for name, one in self.conditions.items() if self.assay_of[name] == wanted]

    def adding(self, data: Mapping[str, Any] | Book, where: str = "added findings") -> Registry:
        """Return a registry with the records of `data` (as in a file) as well; `where` opens its error lines.

        Raises `UserError`, one line, as `load_registry` does, and for an id or name that exists already.
        """
        book = data if isinstance(data, Book) else _checked(data, where)
        return _joined([(where, book)], self)

    def only(self, findings: Iterable[Finding], doses: Iterable[Dose] = ()) -> Registry:
        """Return a registry of these findings, with the conditions that they need and all groups and measures."""
        kept, panels = tuple(findings), tuple(doses)
        names = {name for one in kept for contrast in one.contrasts for name in contrast.conditions}
        names |= {dose.condition for dose in panels}
        # An exchange between the two sessions of one history needs both.
        for name in list(names):
            if self.conditions[name].partner_is == "shuffled":
                other = twin(name, self.conditions, study_of(self.assay_of[name]).sessions)
                names |= {other} if other else set()
        return replace(
            self,
            findings=kept,
            conditions={name: one for name, one in self.conditions.items() if name in names},
            assay_of={name: assay for name, assay in self.assay_of.items() if name in names},
            dose_response=panels,
        )


def load_registry(*paths: Path | str) -> Registry:
    """Return the registry of one or several YAML files together; without any, the one that comes with socialrl.

    Files may be names (see `socialrl.config.shipped.find`), and may refer to each other's groups, measures and
    conditions. Raises `UserError`, one line, for an unreadable file, an unknown key, a missing source, a duplicate id
    or name, or a reference to something that does not exist.
    """
    return _joined(_books(paths)) if paths else _shipped()


def load_findings(*paths: Path | str) -> Registry:
    """Return the shipped registry with the findings of files added to it, or with these alone.

    A file with `with_shipped: false` leaves the shipped findings out. Names and errors as in `load_registry`.
    """
    books = _books(paths)
    registry = _joined(books, _shipped())
    if all(book.with_shipped for _, book in books):
        return registry
    own = [one for _, book in books for one in book.findings]
    doses = [one for _, book in books for one in book.dose_response]
    if not own:
        raise UserError(f"{books[0][0]}: findings is empty, and with_shipped is false; nothing is left to compare")
    return registry.only([registry.finding(one.id) for one in own], doses)


@functools.cache
def _shipped() -> Registry:
    return _joined(_books((REGISTRY, ATTACHMENT)))


def _books(paths: Iterable[Path | str]) -> list[tuple[str, Book]]:
    """Return each file as errors name it, and what is in it."""
    return [(str(path), _book(path)) for path in (find(one, "findings") for one in paths)]


def _joined(books: Sequence[tuple[str, Book]], base: Registry | None = None) -> Registry:
    base = base or Registry()
    findings = {one.id: one for one in base.findings}
    conditions, assay_of = dict(base.conditions), dict(base.assay_of)
    measures, groups, origin = {**measure_table(), **base.measures}, dict(base.groups), dict(base.origin)
    doses = list(base.dose_response)
    for where, book in books:
        for name, group in book.groups.items():
            _once(where, "group", name, groups, base.groups)
            _names_of_its_own(f"{where}: groups.{name}", name, group, groups)
            groups[name], origin[name] = group, f"{where}: groups.{name}"
        for name, measure in book.measures.items():
            _once(where, "measure", name, measures, {**measure_table(), **base.measures})
            measures[name] = measure.as_measure(name)
        for finding_id, assay, condition in _conditions(book):
            place = f"{where}: {finding_id}" if finding_id else where
            _once(place, "condition", condition.name, conditions, base.conditions)
            if wrong := mistake(short_id(assay), condition):
                raise UserError(f"{place}: condition {condition.name} {wrong}")
            conditions[condition.name], assay_of[condition.name] = condition, short_id(assay)
            origin[condition.name] = f"{place}: condition {condition.name}"
        for finding in book.findings:
            _once(where, "finding id", finding.id, findings, {one.id: one for one in base.findings})
            findings[finding.id] = finding
        doses += book.dose_response
    registry = Registry(tuple(findings.values()), conditions, assay_of, measures, groups, tuple(doses), origin)
    for where, book in books:
        _check_references(where, book, registry)
    return registry


def _book(path: Path) -> Book:
    text = read_yaml_file(path, "findings")
    return _checked(read_yaml(text, str(path), is_text=lambda at: bool(at) and at[-1] in _TEXT_KEYS), str(path))


def _checked(data: Any, where: str) -> Book:
    try:
        return Book.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{where}: {problems(error, Book, _place(data))[0].text}") from error


def _place(data: Any) -> Callable[[KeyPath], Place]:
    """Return how errors name a place in the registry `data`: the finding's id, and the path inside it."""

    def of(path: KeyPath) -> Place:
        if path[:1] != ("findings",) or len(path) < 2 or not isinstance(path[1], int):
            return Place("", path)
        record = data["findings"][path[1]]
        name = record.get("id") if isinstance(record, dict) else None
        return Place(shortened(str(name)) if name else f"finding {path[1] + 1} (no id)", path[2:])

    return of


def _conditions(book: Book) -> Iterator[tuple[str, str, Condition]]:
    """Yield (finding id or "", assay, condition): the shared ones, then those that findings bring along."""
    for assay, shared in book.conditions.items():
        for condition in shared:
            yield "", assay, condition
    for finding in book.findings:
        for assay, own in finding.conditions.items():
            for condition in own:
                yield finding.id, assay, condition


def _once(where: str, kind: str, name: str, known: Mapping[str, Any], shipped: Mapping[str, Any]) -> None:
    if name in shipped:
        raise UserError(f"{where}: {kind} {name} comes with socialrl; give yours another name, or leave it out")
    if name in known:
        raise UserError(f"{where}: {kind} {name} occurs twice; give the second another name")


def _names_of_its_own(where: str, name: str, group: AnimalGroup, known: Mapping[str, AnimalGroup]) -> None:
    """Refuse a group whose rows could be mistaken for another's."""
    own = {one.casefold() for one in (name, *group.names)}
    for other, one in known.items():
        both = own & {text.casefold() for text in (other, *one.names)}
        if both:
            raise UserError(f"{where}: the name {min(both)} already belongs to group {other}; choose another")


def _check_references(where: str, book: Book, registry: Registry) -> None:
    for name, measure in book.measures.items():
        for part in (measure.first, measure.less, measure.time_to):
            _known(f"{where}: measures.{name}", "measure", [part] if part else [], registry.measures)
    for dose in book.dose_response:
        _known(f"{where}: dose_response", "measure", [dose.measure], registry.measures)
        _known(f"{where}: dose_response", "condition", [dose.condition], registry.conditions)
    for finding in book.findings:
        _check_mechanisms(f"{where}: {finding.id}", finding)
        for number, contrast in enumerate(finding.contrasts):
            at = f"{where}: {finding.id}: contrasts[{number}]"
            matched_on = [contrast.at_equal] if contrast.at_equal else []
            _known(at, "measure", [contrast.measure, *matched_on], registry.measures)
            _known(at, "condition", contrast.conditions, registry.conditions)
            _known(at, "group", contrast.groups, registry.groups)
            assays = {registry.assay_of[name] for name in contrast.conditions}
            if len(assays) > 1:
                raise UserError(f"{at}: a comparison stays in one assay, got {' and '.join(sorted(assays))}")
            if matched_on:
                _check_hours(at, contrast, registry)
            if contrast.over == "dose":
                _check_doses(at, contrast, registry)
            margin = contrast.same_within or registry.measures[contrast.measure].same_within
            if contrast.expected == "same" and margin is None:
                raise UserError(f"{at}: expected same needs same_within, here or at the measure {contrast.measure}")


def _check_mechanisms(where: str, finding: Finding) -> None:
    """Refuse mechanisms of comparisons that none can be added for, and those that are no parameters of the model."""
    uses = [finding.use_of(one) for one in finding.contrasts]
    named = [("mechanism", finding.mechanism, "mechanism" if "mechanism" in uses else finding.use)]
    named += [
        (f"contrasts[{number}].mechanism", one.mechanism, uses[number]) for number, one in enumerate(finding.contrasts)
    ]
    for place, names, use in named:
        if names and use not in NAMING_MECHANISMS:
            allowed = " or ".join(NAMING_MECHANISMS)
            raise UserError(f"{where}: {place}: is not allowed where use is {use}; allowed with use: {allowed}")
        if names:
            from socialrl_envs.parameters import NAMES  # only where it is needed: the world is slow to load

            _known(f"{where}: {place}", "parameter", names, dict.fromkeys(NAMES, ""))


def _check_hours(at: str, contrast: Contrast, registry: Registry) -> None:
    """Refuse conditions between which a comparison at the same start cannot interpolate."""
    for name, side in (("this", contrast.this), ("than", contrast.than)):
        hours = [registry.conditions[test].cohousing_h for test in side.conditions] if side else []
        if len(set(hours)) < len(hours):
            raise UserError(f"{at}: {name}.conditions: each must have other cohousing_h, got {hours}")


def _check_doses(at: str, contrast: Contrast, registry: Registry) -> None:
    """Refuse a slope over doses of different drugs, which are in different units."""
    drugs = {one.drug for test in contrast.this.conditions for one in registry.conditions[test].drugs}
    if len(drugs) != 1:
        got = ", ".join(sorted(drugs)) or "none"
        raise UserError(f"{at}: this.conditions: a trend over dose needs doses of one drug, got {got}")


def _known(where: str, kind: str, names: Iterable[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise UserError(f"{where}: {unknown(kind, name, known)}")
