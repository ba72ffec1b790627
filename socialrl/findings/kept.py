"""Scorecards that were kept: read from a folder of a reproduction or from a `scorecard.json`, of this format or older.

A scorecard of format 1 lacks some of what a page of its own shows; the verdicts, differences, intervals and n that a
comparison of scorecards needs are the same in both formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialrl.analysis.measure_table import measure_table
from socialrl.config.given_parameters import GivenParameters
from socialrl.config.paths import expanded
from socialrl.config.values import TABLE
from socialrl.errors import UserError, nearest, shortened
from socialrl.findings.results import Result, result_from
from socialrl.findings.scorecard import NOT_RUN
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import read_json
from socialrl_envs.named_tables import UNNAMED

FILE = "scorecard.json"
_LONGEST = 40
_UNITS = {"P / (P + S)": "fraction"}
_MEASURES = {"huddle_partner_s": "huddle_s_partner", "huddle_stranger_s": "huddle_s_stranger"}
"""Units and measures that had other names in format 1, with their names of today."""


@dataclass(frozen=True)
class Kept:
    """A scorecard, the file that it was read from, and how it was made: also by `reproduction.json` beside it."""

    path: Path
    result: Result
    made: dict[str, Any]


def read_kept(place: Path | str) -> Kept:
    """Return the scorecard in a folder or file; one that is missing, damaged or too new raises `UserError`."""
    path = expanded(place)
    with naming_the_place(f"read {path}"):
        file = path / FILE if path.is_dir() else path
        if not file.exists():
            raise UserError(_missing(path))
    content = read_json(file)
    if content.get("format") == 1:
        content = _as_format_2(content)
    result, beside = result_from(content, file), file.with_name("reproduction.json")
    began = read_json(beside) if beside.exists() else {}
    parameters = began.get("parameters")
    if not parameters and "world" in result.made:  # made by `reproduce` before it recorded them
        parameters = _before_tables_had_names()
    return Kept(file, result, {**({"parameters": parameters} if parameters else {}), **result.made})


def _before_tables_had_names() -> dict[str, Any]:
    """The parameters of a scorecard that does not name its table: it is older than all tables but one."""
    table = GivenParameters(parameters={TABLE: UNNAMED})
    return {**table.recorded(), "in_words": f"{table.in_words()} (not recorded; the only one at that time)"}


def _missing(path: Path) -> str:
    if path.is_dir():
        inside = sorted(one.parent.name for one in path.glob(f"*/{FILE}"))
        hint = f"; its folders {', '.join(inside)} have one" if inside else ""
        return f"{path} holds no {FILE}{hint}; `socialrl reproduce` writes one"
    beside = [one.parent.name for one in path.parent.glob(f"*/{FILE}")]
    near = nearest(path.name, beside)
    return f"{path}: no such scorecard" + (f"; did you mean {path.parent / near}?" if near else "")


def _as_format_2(content: dict[str, Any]) -> dict[str, Any]:
    """Add the keys of format 2; what the older file does not say is left empty."""
    return {"notes": [], "measures": [], **content, "format": 2, "findings": _each(content.get("findings"), _finding)}


def _finding(finding: dict[str, Any]) -> dict[str, Any]:
    return {**finding, "comparisons": _each(finding.get("comparisons"), _comparison)}


def _comparison(row: dict[str, Any]) -> dict[str, Any]:
    name = _MEASURES.get(str(row.get("measure")), row.get("measure"))
    measure = measure_table().get(str(name))
    return {
        **dict.fromkeys(("kind", "note", "replicate"), ""),
        **dict.fromkeys(("this", "than", "value", "reference")),
        "digits": measure.digits if measure else 2,
        "per_group": False,
        "label": measure.label if measure else name,
        "missing": row.get("because", "") if row.get("verdict") == NOT_RUN else "",
        **row,
        "measure": name,
        "unit": _UNITS.get(str(row.get("unit")), row.get("unit")),
    }


def _each(items: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change the objects of a list; what is none stays, for the check of the whole to name."""
    return [change(one) if isinstance(one, dict) else one for one in items] if isinstance(items, list) else items


def labelled(cards: Sequence[Kept], labels: Sequence[str] = ()) -> dict[str, Kept]:
    """Return scorecards by label: those given, else the names of their folders, with as much of the path as it takes.

    A wrong number of labels, an empty one or two alike raise `UserError`.
    """
    if labels and len(labels) != len(cards):
        raise UserError(f"--labels needs one name for each scorecard: {len(cards)}, got {len(labels)}")
    named = [one.strip() for one in labels] if labels else _told_apart([one.path.resolve().parent for one in cards])
    known: dict[str, str] = {}
    for label in named:
        column = re.sub(r"\W+", "_", label)
        if not label or not label.isprintable() or len(label) > _LONGEST:
            raise UserError(f"--labels needs names of 1 to {_LONGEST} characters, got '{shortened(label)}'")
        if column in known:
            raise UserError(
                f"two scorecards have the names '{known[column]}' and '{label}'; give each one of its own with --labels"
            )
        known[column] = label
    return dict(zip(named, cards, strict=True))


def _told_apart(folders: Sequence[Path]) -> list[str]:
    """The last parts of the paths, as many as it takes to tell them apart; where none will do, names with numbers."""
    for n in range(1, 1 + max(len(folder.parts) for folder in folders)):
        named = ["/".join(folder.parts[-n:]) for folder in folders]
        if max(map(len, named)) <= _LONGEST and len(set(named)) == len(named):
            return named
    return [f"{folder.name[: _LONGEST - 5]} {number}" for number, folder in enumerate(folders, start=1)]
