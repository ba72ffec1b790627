"""A plan as files: a page, Markdown, tables as CSV, figures, and `plan.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from socialrl import __version__
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import Table
from socialrl.errors import UserError
from socialrl.planning import figure, page_tables, words
from socialrl.planning.plan import Part, Plan
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import csv_text, json_text

FILES = ("plan.md", "plan.csv", "power.csv", "plan.json")
"""What is written beside the page."""


def usable(folder: Path) -> Path:
    """Return a folder for a plan; a file, or a folder with a run or a reproduction in it, raises `UserError`."""
    with naming_the_place(f"use {folder}"):
        if folder.exists() and not folder.is_dir():
            raise UserError(f"--output {folder} is a file; a plan needs a folder")
        for name in ("meta.json", "reproduction.json"):
            if (folder / name).exists():
                raise UserError(f"--output {folder} holds a run; a plan needs a folder of its own")
    return folder


def write_plan(plan: Plan, folder: Path) -> Path:
    """Write everything into `folder`, which is made; return the path of the page. Files of an earlier plan go."""
    plates = {part.comparison.name: _plate(plan, part) for part in plan.parts}
    with naming_the_place(f"create {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    pages.write_beside(folder, plates.values())
    made: dict[str, Callable[[], str]] = {
        "plan.md": lambda: markdown(plan),
        "plan.csv": lambda: csv_text(page_tables.smallest_frame(plan)),
        "power.csv": lambda: csv_text(page_tables.power_frame(plan)),
        "plan.json": lambda: json_text(content(plan)),
    }
    for name, text in made.items():
        write_bytes(folder / name, text().encode())
    path = folder / "plan.html"
    write_bytes(path, page(plan, plates).encode())
    return path


def page(plan: Plan, plates: dict[str, Plate]) -> str:
    """Return the page: one self-contained HTML file."""
    parts = [
        {
            "name": part.comparison.name,
            "says": part.comparison.contrast.says,
            "answer": words.answer(part, part.first),
            "warnings": words.warnings(part),
            "plate": plates[part.comparison.name],
            "answers": page_tables.answers(plan, part),
            "found": page_tables.found(part),
            "ethics": words.ethics(plan, part),
            "assumptions": words.assumptions(plan, part),
            "notes": [] if part.sheet is None else part.sheet.notes,
        }
        for part in plan.parts
    ]
    return pages.render(
        Path(__file__).parent / "planning.html.j2",
        title=plan.question.title,
        name=plan.question.name,
        lede=words.lede(plan),
        notes=plan.question.notes,
        parts_of_plan=parts,
        sources=[(one.label, _facts(one.about)) for one in plan.animals],
        made=plan.made,
        files=FILES,
    )


def markdown(plan: Plan) -> str:
    """Return the plan as Markdown: answers, tables and the paragraph for an ethics form of every comparison."""
    lines = [f"# How many animals? {plan.question.title}", "", words.lede(plan), ""]
    for part in plan.parts:
        lines += [f"## {part.comparison.name}: {part.comparison.contrast.says}", ""]
        for one in words.warnings(part):
            lines += [f"> {one}", ""]
        for table in (page_tables.answers(plan, part), page_tables.found(part)):
            lines += [*_markdown(table), ""]
        lines += ["### For an ethics form", "", words.ethics(plan, part), "", "### Assumptions", ""]
        lines += [*(f"- {one}" for one in words.assumptions(plan, part)), ""]
    return "\n".join(lines)


def content(plan: Plan) -> dict[str, Any]:
    """Return what `plan.json` holds; numbers that do not exist are null."""
    return {
        "format": 1,
        "socialrl": __version__,
        "question": plan.question.name,
        "title": plan.question.title,
        "assumed": dataclasses.asdict(plan.assumed),
        "animals": [{"label": one.label, **one.about} for one in plan.animals],
        "comparisons": [
            {
                "name": part.comparison.name,
                "says": part.comparison.contrast.says,
                "measure": part.comparison.contrast.measure,
                "unit": part.unit,
                "expected": part.comparison.contrast.expected,
                "ethics": words.ethics(plan, part),
                "assumptions": words.assumptions(plan, part),
                "warnings": words.warnings(part),
                "scorecard": None if part.scorecard is None else dataclasses.asdict(part.scorecard),
                "designs": [
                    {
                        "design": dataclasses.asdict(one.design),
                        "cages": dataclasses.asdict(one.cages),
                        "animals": one.source,
                        "difference": one.pool.difference,
                        "d": one.pool.standardised,
                        "missing": one.pool.missing,
                        "false_alarms_without_cages": None if one.alarms is None else dataclasses.asdict(one.alarms),
                        **dataclasses.asdict(one.curve),
                    }
                    for one in part.planned
                ],
            }
            for part in plan.parts
        ],
        "made": dict(plan.made),
    }


def _plate(plan: Plan, part: Part) -> Plate:
    return drawn(
        f"power_{part.comparison.name}".replace("-", "_"),
        "Power against n",
        partial(figure.power_against_n, plan, part),
        caption=lambda: figure.caption(plan, part),
        alt=lambda: f"Power against n. {words.answer(part, part.first)}",
        missing=lambda: "There is nothing to draw",
    )


def _facts(about: Any) -> str:
    told = {
        "seed": "seed {}",
        "table": "parameter table {}",
        "steps": "{} steps of training",
        "socialrl": "socialrl {}",
    }
    return ", ".join(text.format(about[name]) for name, text in told.items() if about.get(name) is not None)


def _markdown(table: Table) -> list[str]:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = ["---" if k < table.n_left else "---:" for k in range(len(table.head))]
    return [line(list(table.head)), line(rule), *(line([cell.text for cell in row]) for row in table.rows)]
