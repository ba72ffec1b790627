"""Scorecards beside each other as files: one self-contained page, and the same as JSON, CSV and Markdown.

Used for one study under several seeds, and for studies that differ in anything else: parameters, a mechanism, a model.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl import __version__
from socialrl.drawing import pages
from socialrl.findings.beside import Beside, agreement, changes, differs
from socialrl.findings.results import ComparisonResult
from socialrl.scorecard import beside_words, words
from socialrl.scorecard.made import MadeWith, made_table, parameters_table
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import json_text

_NUMBERS = ("verdict", "difference", "difference_low", "difference_high", "effect_size", "n", "p")


@dataclass(frozen=True)
class Told:
    """The words of one kind of page: title, file name, first sentences, names of the mark and of its column.

    `scatter` adds the mean and spread of effects over the scorecards.
    """

    title: str
    file: str
    lede: str
    changed: str
    mark: str
    column: str
    note: str
    scatter: bool
    unrecorded: str = ""


_READING = (
    "Each cell: the verdict, the difference in the unit of the comparison with its 95 % bootstrap interval over animals"
    " (in the habitat over pairs), and the standardised effect on the scale of the scorecard, the expected side shaded."
)


def of_seeds(beside: Beside) -> Told:
    """Return the words for one study under several seeds."""
    n = len(beside.labels)
    return Told(
        title=f"How stable verdicts and effects are under {n} seeds",
        file="seeds",
        lede=beside_words.agreement_sentence(beside, "under all seeds"),
        changed=beside_words.changed_sentence(beside),
        mark="changes with the seed",
        column="Stable?",
        note=f"{_READING} A seed is the root of all random numbers: training, individuals and tests. Mean ± SD: of the"
        f" effects of the {n} seeds; below it their range, and the SD to be expected if nothing but the animals"
        " differed (from the intervals). All animals together: the same comparison and the same rule over the animals"
        " of all seeds, which are independent of each other; paired animals stay paired.",
        scatter=True,
    )


def of_scorecards(beside: Beside, members: Sequence[MadeWith]) -> Told:
    """Return the words for scorecards that differ in more than the seed."""
    without = [one.label for one in members if not one.made.get("parameters")]
    return Told(
        title="What changed from scorecard to scorecard",
        file="comparison",
        lede=beside_words.agreement_sentence(beside, "in all scorecards"),
        changed=beside_words.changed_sentence(beside),
        mark="another verdict",
        column="What changed, and why",
        note=f"{_READING} Comparisons are the same where tests, groups, measure and direction are, or the words."
        " Effects in different units are not compared.",
        scatter=False,
        unrecorded=f"Parameters were not recorded with {', '.join(without)}." if without else "",
    )


def write_beside(beside: Beside, told: Told, members: Sequence[MadeWith], folder: Path) -> Path:
    """Write `<file>.html`, `.json`, `.csv` and `.md` into `folder`, which is made, and return the path of the page."""
    with naming_the_place(f"create {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    files = {
        "json": json_text(content(beside, told, members)),
        "csv": flat(beside).to_csv(index=False, lineterminator="\n"),
        "md": markdown(beside, told),
        "html": html(beside, told, members),
    }
    for ending, text in files.items():
        write_bytes(folder / f"{told.file}.{ending}", text.encode())
    return folder / f"{told.file}.html"


def html(beside: Beside, told: Told, members: Sequence[MadeWith]) -> str:
    """Return the page."""
    return pages.render(
        Path(__file__).parent / "beside.html.j2",
        words=words,
        say=beside_words,
        SYMBOL=words.SYMBOL,
        told=told,
        labels=beside.labels,
        findings=[one for one in beside.findings if one.rows],
        pooled=beside.pooled is not None,
        differs=differs,
        what_changed=lambda one: beside_words.what_changed(one, beside.labels),
        made=made_table(members),
        parameters=parameters_table(members),
        csv=flat(beside).to_csv(index=False, lineterminator="\n"),
    )


def content(beside: Beside, told: Told, members: Sequence[MadeWith]) -> dict[str, Any]:
    """Return what the JSON file holds: how each was made, the counts of agreement, and every row with all numbers."""
    (same, known), (rows_same, rows_known) = agreement(beside.findings), agreement(beside.rows)
    return {
        "format": 1,
        "socialrl": __version__,
        "title": told.title,
        "labels": beside.labels,
        "made": {one.label: dict(one.made) for one in members},
        "same_verdict": {"findings": same, "of": known, "comparisons": rows_same, "of_comparisons": rows_known},
        "findings": [
            {
                "id": finding.id,
                "title": finding.last.title,
                "kind": finding.last.kind,
                "verdicts": _by_label(beside, [one and one.verdict for one in finding.of]),
                "pooled_verdict": finding.pooled and finding.pooled.verdict,
                "differs": differs(finding),
                "changes": changes(finding, beside.labels),
                "note": finding.note,
                "comparisons": [
                    {
                        "name": row.name,
                        "comparison": row.last.comparison,
                        "measure": row.last.measure,
                        "unit": row.last.unit,
                        "differs": differs(row),
                        "changes": changes(row, beside.labels),
                        "note": row.note,
                        "mean": row.scatter.mean,
                        "sd": row.scatter.sd,
                        "range": row.scatter.range,
                        "sd_by_animals": row.sd_by_animals,
                        "of": _by_label(beside, [one and dataclasses.asdict(one) for one in row.of]),
                        "pooled": row.pooled and dataclasses.asdict(row.pooled),
                    }
                    for row in finding.rows
                ],
            }
            for finding in beside.findings
        ],
    }


def flat(beside: Beside) -> pd.DataFrame:
    """Return one row a comparison, with `<number>_<label>` for each scorecard; labels are written as identifiers."""
    names = [_identifier(label) for label in beside.labels]
    records = []
    for finding in beside.findings:
        for row in finding.rows:
            record = {
                "finding": finding.id,
                "name": row.name,
                "title": finding.last.title,
                "comparison": row.last.comparison,
                "measure": row.last.measure,
                "unit": row.last.unit,
                "expected": row.last.expected,
                "use": row.last.use,
                "decides": row.last.decides,
                "verdict_differs": differs(row),
                "finding_verdict_differs": differs(finding),
                "intervals_apart": row.apart,
                "mean": row.scatter.mean,
                "sd": row.scatter.sd,
                "range": row.scatter.range,
                "sd_by_animals": row.sd_by_animals,
            }
            for name, one, whole in zip(names, row.of, finding.of, strict=True):
                record |= {f"finding_verdict_{name}": whole and whole.verdict, **dict(_numbers(one, name))}
            if beside.pooled is not None:
                record |= {
                    "finding_verdict_pooled": finding.pooled and finding.pooled.verdict,
                    **dict(_numbers(row.pooled, "pooled")),
                }
            told = [*changes(finding, beside.labels), *changes(row, beside.labels)]
            records.append(
                record | {"changes": "; ".join(told), "note": " ".join(filter(None, (finding.note, row.note)))}
            )
    return pd.DataFrame(records)


def markdown(beside: Beside, told: Told) -> str:
    """Return a table to paste: findings with their verdicts, then the comparisons whose verdict differs."""
    head = ["", "finding", *beside.labels, *(["all animals"] if beside.pooled else []), told.column.lower()]
    lines = [told.lede, "", told.changed, "", _line(head), "|" + "---|" * len(head)]
    for one in beside.findings:
        if one.rows:
            columns = [*one.of, *([one.pooled] if beside.pooled else [])]
            shown = [words.shown(each.verdict, each.use) if each else "–" for each in columns]
            mark = f"**{told.mark}**" if differs(one) else ""
            extra = beside_words.what_changed(one, beside.labels)
            lines.append(_line([one.id, one.last.title, *shown, " · ".join(filter(None, (mark, extra, one.note)))]))
    moved = [row for row in beside.rows if differs(row) or row.note or row.apart]
    if moved:
        lines += ["", _line(["", "comparison", *head[2:]]), "|" + "---|" * len(head)]
    for row in moved:
        columns_of_row = [*row.of, *([row.pooled] if beside.pooled else [])]
        shown = [f"{each.verdict}, {beside_words.difference(each)}" if each else "–" for each in columns_of_row]
        extra = beside_words.what_changed(row, beside.labels)
        lines.append(_line([row.name, row.last.comparison, *shown, " · ".join(filter(None, (extra, row.note)))]))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _by_label(beside: Beside, values: Sequence[Any]) -> Mapping[str, Any]:
    return dict(zip(beside.labels, values, strict=True))


def _numbers(row: ComparisonResult | None, name: str) -> Iterator[tuple[str, Any]]:
    for key in _NUMBERS:
        yield f"{key}_{name}", None if row is None else getattr(row, key)


def _identifier(label: str) -> str:
    return re.sub(r"\W+", "_", label)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
