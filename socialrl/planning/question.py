"""What is asked: the comparisons of a finding, of a file of findings, or of a protocol, each with a name.

A protocol compares its own tests, in groups that are called as in the run:

```yaml
contrasts:
  - says: After loss of a mate knockouts are less stressed than wild types
    measure: preference
    this: {group: ko, tests: mate_lost}
    than: {group: wt, tests: mate_lost}
    expected: lower
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_table
from socialrl.assays import short_id
from socialrl.config.problems import Place, problems
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, unknown
from socialrl.findings.condition import Condition
from socialrl.findings.records import AnimalGroup, Contrast, Finding
from socialrl.findings.registry import Registry, load_findings, load_registry
from socialrl.protocols.schema import Protocol, load_protocol

_PARTS = "abcdefghijklmnopqrstuvwxyz"
_OURS, _THEIRS = "tests", "conditions"
"""What a side's tests are called in a protocol, and in a file of findings."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: its name (F01a), what it says, and the finding it belongs to, if any."""

    name: str
    contrast: Contrast
    finding: Finding | None = None


@dataclass(frozen=True)
class Question:
    """All comparisons that are planned for. `registry` explains their tests and groups.

    `protocol` is the file that they were written in, of which `registry` knows nothing before its tests were played
    (`explained`).
    """

    name: str
    title: str
    comparisons: tuple[Comparison, ...]
    registry: Registry
    protocol: Path | None = None
    notes: tuple[str, ...] = ()

    def assay(self, comparison: Comparison) -> str:
        """Return the short id of the assay of a comparison."""
        return self.registry.assay(comparison.contrast)

    def measure(self, comparison: Comparison) -> Measure:
        """Return the measure of a comparison."""
        return self.registry.measures[comparison.contrast.measure]

    def margin(self, comparison: Comparison) -> float:
        """Return the margin inside which two sides are the same, in the unit of the comparison; NaN if it has none."""
        contrast = comparison.contrast
        own_unit = contrast.kind in ("distribution", "trend")
        found = contrast.same_within or (None if own_unit else self.measure(comparison).same_within)
        return float("nan") if found is None else found

    def smallest(self, comparison: Comparison) -> float:
        """Return the smallest difference that counts, in the unit of the comparison; 0 if none is named."""
        contrast = comparison.contrast
        own_unit = contrast.kind in ("distribution", "trend")
        return contrast.smallest or (0.0 if own_unit else self.measure(comparison).smallest or 0.0)

    def explained(self, table: pd.DataFrame) -> Question:
        """Return the question of a protocol with what its table says of its tests and groups.

        A test or group that is not there raises `UserError`.
        """
        if self.protocol is None:
            return self
        registry = _registry_of(table)
        for number, one in enumerate(self.comparisons):
            at = f"{self.protocol}: contrasts[{number}]"
            for kind, names, known in (
                ("test", one.contrast.conditions, registry.conditions),
                ("group", one.contrast.groups, registry.groups),
            ):
                for name in names:
                    if name not in known:
                        listed = list(known) if kind == "test" else list(dict.fromkeys(table["genotype"]))
                        raise UserError(f"{at}: {unknown(kind, name, listed)}")
            if len({registry.assay_of[name] for name in one.contrast.conditions}) > 1:
                raise UserError(f"{at}: a comparison stays in one assay, got tests of several")
        return replace(self, registry=registry)


def question_of(what: str, findings: Sequence[Path] = (), only: Sequence[str] = ()) -> Question:
    """Return what `what` asks: the id of a finding (F01) or of a comparison (F01a), or a YAML file.

    `findings` are files of a user's own findings; `only` names some comparisons. What does not exist, or cannot be
    planned for, raises `UserError`.
    """
    path = Path(what)
    if path.suffix.lower() in (".yaml", ".yml") or path.is_file():
        if findings:
            raise UserError(f"--findings is for a finding that is named by its id; {what} is a file by itself")
        asked = _of_file(path)
    else:
        asked = _of_finding(what, load_findings(*findings) if findings else load_registry())
    names = [one.name for one in asked.comparisons]
    for name in only:
        if name not in names:
            raise UserError(f"--only: {unknown('comparison', name, names)}")
    kept = [one for one in asked.comparisons if not only or one.name in only]
    able = [one for one in kept if one.contrast.of != "spread"]
    notes = [f"{one.name} compares a spread, not a mean; it is left out" for one in kept if one not in able]
    if not able:
        raise UserError(
            f"{asked.name} has no comparison of means to plan for: {'; '.join(notes) or 'it is not compared'}"
        )
    return replace(asked, comparisons=tuple(able), notes=tuple(notes))


def _of_finding(name: str, registry: Registry) -> Question:
    ids = {one.id: one for one in registry.findings}
    finding = ids.get(name) or ids.get(name[:-1])
    parts = [] if finding is None else _named(finding)
    if finding is None or (name != finding.id and name not in [one.name for one in parts]):
        known = [*ids, *([one.name for one in parts] if finding else [])]
        raise UserError(f"{unknown('finding', name, known)}; or give a YAML file")
    chosen = parts if name == finding.id else [one for one in parts if one.name == name]
    return Question(name, finding.title, tuple(chosen), registry)


def _of_file(path: Path) -> Question:
    data = read_yaml(read_yaml_file(path, "file of findings or protocol"), str(path), is_text=lambda at: bool(at))
    if isinstance(data, dict) and {"phases", "histories"} & set(data):
        return _of_protocol(path, load_protocol(path))
    registry = load_findings(path)
    shipped = {one.id for one in load_registry().findings}
    own = [one for one in registry.findings if one.id not in shipped]
    if not own:
        raise UserError(f"{path}: has no findings of its own, and no phases or histories as a protocol has")
    parts = [part for finding in own for part in _named(finding)]
    title = own[0].title if len(own) == 1 else f"{len(own)} findings of {path.name}"
    return Question(path.name, title, tuple(parts), registry)


def _named(finding: Finding) -> list[Comparison]:
    """The comparisons of a finding with the names that the scorecard gives them."""
    several = len(finding.contrasts) > 1
    return [
        Comparison(f"{finding.id}{_PARTS[number] if several else ''}", one, finding)
        for number, one in enumerate(finding.contrasts)
    ]


def _of_protocol(path: Path, protocol: Protocol) -> Question:
    if not protocol.contrasts:
        raise UserError(f"{path}: has no contrasts to plan for; docs/planning.md says how to write one")
    several = len(protocol.contrasts) > 1
    if len(protocol.contrasts) > len(_PARTS):
        raise UserError(f"{path}: contrasts: must be at most {len(_PARTS)}, got {len(protocol.contrasts)}")
    found = []
    for number, data in enumerate(protocol.contrasts):
        name = f"{protocol.name}-{_PARTS[number]}" if several else protocol.name
        found.append(Comparison(name, _contrast(data, f"{path}: contrasts[{number}]")))
    registry = Registry(measures=measure_table())
    for number, one in enumerate(found):
        if one.contrast.measure not in registry.measures:
            told = unknown("measure", one.contrast.measure, registry.measures)
            raise UserError(f"{path}: contrasts[{number}]: {told}")
        margin = one.contrast.same_within or registry.measures[one.contrast.measure].same_within
        if one.contrast.expected == "same" and margin is None:
            raise UserError(f"{path}: contrasts[{number}]: expected same needs same_within")
        if one.contrast.kind == "matched" or one.contrast.over == "dose":
            raise UserError(
                f"{path}: contrasts[{number}]: can be written in a file of findings only, not in a protocol"
            )
    return Question(protocol.name, protocol.about or protocol.name, tuple(found), registry, path)


def _contrast(data: Mapping[str, Any], where: str) -> Contrast:
    """The record of a comparison as a protocol has it; `kind` and `says` may be left out."""
    theirs = dict(data)
    for name in ("this", "than"):
        side = theirs.get(name)
        if isinstance(side, dict):
            if _THEIRS in side:
                raise UserError(f"{where}: {name}.{_THEIRS}: is called {_OURS} in a protocol")
            theirs[name] = {_THEIRS if key == _OURS else key: value for key, value in side.items()}
    theirs.setdefault("kind", _kind(theirs))
    theirs.setdefault("says", _says(theirs))
    try:
        return Contrast.model_validate(theirs)
    except ValidationError as error:
        raise UserError(f"{where}: {problems(error, Contrast, _place)[0].text}") from error


def _place(path: KeyPath) -> Place:
    return Place("", tuple(_OURS if part == _THEIRS else part for part in path))


def _kind(data: Mapping[str, Any]) -> str:
    """The kind that the sides of a comparison imply."""
    this, than = data.get("this"), data.get("than")
    if "over" in data:
        return "trend"
    if "reference" in data:
        return "distribution"
    if not isinstance(this, dict) or not isinstance(than, dict):
        return "against" if than is None else "groups"
    if "minus" in this and "minus" in than and this.get("group") != than.get("group"):
        return "interaction"
    return "conditions" if this.get("group") == than.get("group") else "groups"


def _says(data: Mapping[str, Any]) -> str:
    """What a comparison says where it does not say so: "preference of ko in mate_lost lower than of wt in …"."""

    def told(side: Any) -> str:
        if not isinstance(side, dict):
            return str(data.get("value", "?"))
        names = [_listed(side.get(key)) for key in ("group", _THEIRS)]
        return f"{names[0]} in {names[1]}" + (f" less {_listed(side['minus'])}" if side.get("minus") else "")

    compared = f"{data.get('expected', '?')} than {told(data.get('than'))}"
    if data.get("expected") == "same":
        compared = f"the same as {told(data.get('than'))}"
    if data.get("kind") == "trend":
        compared = f"{data.get('expected', '?')} over {data.get('over', '?')}"
    return f"{data.get('measure', '?')} of {told(data.get('this'))}: {compared}"


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list | tuple) else str(names)


def _registry_of(table: pd.DataFrame) -> Registry:
    """What a table of tests says of its tests, and of its groups, which may be called as in the registry, too."""
    tests = table.drop_duplicates("test")
    conditions = {
        str(row["test"]): Condition.model_construct(
            name=str(row["test"]),
            cohousing_h=float(row.get("cohousing_h", 0.0)),
            separation_h=float(row.get("separation_h", 0.0)),
        )
        for row in tests.to_dict("records")
    }
    assay_of = {str(row["test"]): short_id(str(row["assay"])) for row in tests.to_dict("records")}
    own = {
        str(name): AnimalGroup.model_construct(oxtr_gain=float(gain), names=(str(name),))
        for name, gain in _gains(table)
    }
    there = set(own)
    known = {name: one for name, one in load_registry().groups.items() if there & {name, *one.names}}
    return Registry(conditions=conditions, assay_of=assay_of, measures=measure_table(), groups={**known, **own})


def _gains(table: pd.DataFrame) -> Iterable[tuple[Any, Any]]:
    rows = table.drop_duplicates("genotype")
    return zip(rows["genotype"], rows["oxtr_gain"], strict=True)
