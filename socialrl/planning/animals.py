"""Where the animals of a plan come from: a reproduction (of one or several seeds), or one run folder, as tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.assays import short_id, study_of
from socialrl.config.paths import expanded
from socialrl.errors import UserError, command
from socialrl.findings.conditions import RELEASE
from socialrl.planning.question import Question
from socialrl.reproduction.seeds import joined
from socialrl.storage.files import read_json
from socialrl.storage.run_folder import RunFolder


@dataclass(frozen=True)
class Animals:
    """Tests of animals, by assay; `label` names them in tables, `about` says how they were made, one entry a fact."""

    label: str
    tables: Mapping[str, pd.DataFrame]
    about: Mapping[str, Any] = field(default_factory=dict)


def animals_in(place: Path, question: Question) -> tuple[Animals, Question]:
    """Return the animals of a folder that a question needs, and the question as their tables explain it.

    A folder that holds none, or lacks an assay or the protocol, raises `UserError`. Tables are read and checked; a
    configuration is not, so that animals of an earlier parameter table can still be drawn.
    """
    path = expanded(place)
    if (path / "meta.json").exists() or not path.is_dir():
        return _of_run(RunFolder.open(path), question)
    if question.protocol is not None:
        raise UserError(
            f"{path} is not a run folder; a protocol is played with the animals of one (`socialrl evaluate`)"
        )
    assays = list(dict.fromkeys(question.assay(one) for one in question.comparisons))
    seeds = sorted(path.glob("seed-*"), key=lambda one: (len(one.name), one.name))
    if seeds and not (path / "reproduction.json").exists():
        of_seeds = {int(one.name.partition("-")[2]): tables_in(one, assays) for one in seeds if _is_numbered(one)}
        return Animals(_label(path), joined(of_seeds), _about(seeds[0] / assays[0])), question
    return Animals(_label(path), tables_in(path, assays), _about(path / assays[0])), question


def tables_in(path: Path, assays: Collection[str]) -> dict[str, pd.DataFrame]:
    """Return the tests of a reproduction's animals in some assays."""
    found = {}
    for assay in assays:
        if assay == RELEASE:
            raise UserError(
                f"comparisons in {RELEASE} have no animals in a folder, because slices are recorded anew each time; "
                "give --train instead of --run"
            )
        if not (path / assay / "meta.json").exists():
            there = [one.parent.name for one in sorted(path.glob("*/meta.json"))]
            if not there and not (path / "reproduction.json").exists():
                raise UserError(f"{path} holds no reproduction and is no run folder; `socialrl reproduce` makes one")
            raise UserError(f"{path} has no animals of {assay}; it has {', '.join(there) or 'none yet'}")
        found[assay] = RunFolder.open(path / assay).read_table("evaluation")
    return found


def _of_run(run: RunFolder, question: Question) -> tuple[Animals, Question]:
    """The animals of one run folder: its evaluation, or the protocol that it has played."""
    table = "evaluation"
    if question.protocol is not None:
        table = f"protocol_{question.name}"
        if not run.has_table(table):
            play = command("evaluate", run.path, "--protocol", question.protocol)
            raise UserError(f"{run.path} has not played the protocol {question.name}; run `{play}`")
    return of_table(run, table, question)


def of_table(run: RunFolder, table: str, question: Question) -> tuple[Animals, Question]:
    """Return the animals in one table of a run, and the question as it explains it."""
    rows = with_pairs(run.read_table(table))
    asked = question.explained(rows)
    tables = {short_id(str(assay)): own for assay, own in rows.groupby("assay", sort=False)}
    needed = [asked.assay(one) for one in asked.comparisons]
    for assay in needed:
        # a study may have a name of its own beside the assay that it is played in
        world = short_id(study_of(assay).id) if assay != RELEASE else assay
        if world in tables:
            tables.setdefault(assay, tables[world])
    return Animals(_label(run.path), tables, _about(run.path)), asked


def with_pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which `unit` names the pair where the pair is the replicate, because cage mates share contact."""
    if "unit" in rows or not any(study_of(str(one)).pairs for one in rows["assay"].unique()):
        return rows
    pairs = [study_of(str(one)).pairs for one in rows["assay"]]
    named = [f"pair {index // 2}" if pair else None for index, pair in zip(rows["index"], pairs, strict=True)]
    return rows.assign(unit=named)


def _label(path: Path) -> str:
    return path.name or str(path)


def _is_numbered(path: Path) -> bool:
    return path.name.partition("-")[2].isdigit()


def _about(path: Path) -> dict[str, Any]:
    """What a run folder says of how its animals were made."""
    if not (path / "meta.json").exists():
        return {}
    meta = read_json(path / "meta.json")
    versions = meta.get("versions")
    return {
        "seed": meta.get("seed"),
        "table": meta.get("parameter_table"),
        "socialrl": versions.get("socialrl") if isinstance(versions, dict) else None,
    }


def named(several: Sequence[Animals]) -> list[str]:
    """Return the labels of sources, told apart where two are alike."""
    labels = [one.label for one in several]
    return [f"{label} ({number})" if labels.count(label) > 1 else label for number, label in enumerate(labels, start=1)]
