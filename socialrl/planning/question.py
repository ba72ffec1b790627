"""What is asked: the comparisons of a finding, of a file of findings, or of a protocol, each with a name.

A protocol compares its own tests, in groups that are called as in the run (`socialrl.protocols.contrasts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_table
from socialrl.assays import short_id
from socialrl.config.shipped import SUBFOLDERS, find, shipped
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, nearest, shortened, unknown
from socialrl.findings.condition import Condition
from socialrl.findings.records import AnimalGroup, Contrast, Finding
from socialrl.findings.registry import Registry, load_findings, load_registry
from socialrl.protocols.contrasts import read_contrasts
from socialrl.protocols.schema import Protocol, load_protocol

_PARTS = "abcdefghijklmnopqrstuvwxyz"


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
        for one in self.comparisons:
            at = f"{self.protocol}: {one.name}"
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

    A file that comes with socialrl can be named, too (`mating`). `findings` are files of a user's own findings; `only`
    names some comparisons. What does not exist, or cannot be planned for, raises `UserError`.
    """
    if (file := _file(what)) is None:
        asked = _of_finding(what, load_findings(*findings) if findings else load_registry())
    else:
        if findings:
            raise UserError(f"--findings is for a finding that is named by its id; {what} is a file by itself")
        asked = _of_file(file)
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


def _file(what: str) -> Path | None:
    """The file that is meant, or None for the id of a finding."""
    path = Path(what)
    if path.is_file() or what.rstrip(_PARTS) in [one.id for one in load_registry().findings]:
        return path if path.is_file() else None
    found = next((one for kind in SUBFOLDERS if (one := find(what, kind)).is_file()), None)
    return path if found is None and path.suffix.lower() in (".yaml", ".yml") else found


def _of_finding(name: str, registry: Registry) -> Question:
    ids = {one.id: one for one in registry.findings}
    finding = ids.get(name) or ids.get(name[:-1])
    parts = [] if finding is None else _named(finding)
    if finding is None or (name != finding.id and name not in [one.name for one in parts]):
        near = nearest(name, [*ids, *(part.name for one in ids.values() for part in _named(one)), *shipped()])
        hint = f"; did you mean '{near}'?" if near else ";"
        raise UserError(
            f"unknown finding '{shortened(name)}'{hint} give a finding ({', '.join(ids)}), one comparison of it (F01a),"
            " or a YAML file"
        )
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
    contrasts = read_contrasts(protocol.contrasts, str(path))
    names = [f"{protocol.name}-{part}" for part in _PARTS] if len(contrasts) > 1 else [protocol.name]
    found = tuple(Comparison(name, one) for name, one in zip(names, contrasts, strict=False))
    return Question(protocol.name, protocol.about or protocol.name, found, Registry(measures=measure_table()), path)


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
