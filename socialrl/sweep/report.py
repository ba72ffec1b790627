"""What a sweep leaves: `sweep.csv`, `measures.csv`, `seeds.csv`, figures, the page, and `sweep.json` last."""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import quote

from socialrl.drawing import pages, wording
from socialrl.drawing.tables import Cell, Table
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import csv_text, json_text
from socialrl.sweep.content import content, sentences
from socialrl.sweep.figures import plates
from socialrl.sweep.folder import JOURNAL, MARK
from socialrl.sweep.outcome import Sweep
from socialrl.sweep.results import DONE, Result, flat, long_table, wide_table
from socialrl.sweep.space import SEED

_MOST_ROWS = 500
_BEST = 10
PAGE = "sweep.html"


def write_results(sweep: Sweep) -> Path:
    """Write tables, figures and the page, `sweep.json` last, and return the page's path."""
    folder = sweep.folder
    write_bytes(folder / "sweep.csv", csv_text(wide_table(sweep.results, sweep.keys)).encode())
    write_bytes(folder / "measures.csv", csv_text(long_table(sweep.results, sweep.keys)).encode())
    if sweep.has_seeds:
        write_bytes(folder / "seeds.csv", csv_text(sweep.over_seeds()).encode())
    figures = plates(sweep)
    pages.write_beside(folder, figures)
    html = pages.render(
        Path(__file__).parent / "sweep.html.j2",
        name=folder.resolve().name,
        said=sentences(sweep),
        failed=[f"{one.point.name}: {one.error}" for one in sweep.failed],
        best=_best(sweep),
        plates=figures,
        seeds=_seeds(sweep),
        points=_points(sweep),
        n_points=len(sweep.results),
        made=sweep.made,
        logdir=shlex.quote(str(folder)),
        has_seeds=sweep.has_seeds,
        journal=JOURNAL if sweep.how.optuna is not None else "",
    )
    write_bytes(folder / PAGE, html.encode())
    write_bytes(folder / MARK, json_text(content(sweep)).encode())
    return folder / PAGE


def _points(sweep: Sweep) -> Table:
    """One row per point; failed and missing ones are marked, and first."""
    order = sorted(sweep.results, key=lambda one: one.state == DONE)
    head = ("Point", *sweep.keys, "State", *(f"{sweep.measure.label}, {group}" for group in sweep.groups))
    rows = [
        [
            _name(sweep, one),
            *(Cell(_short(one, key)) for key in sweep.keys),
            Cell(one.state, below=one.error, marked=one.state != DONE),
            *(Cell(wording.number(sweep.value(one, group), sweep.measure.digits)) for group in sweep.groups),
        ]
        for one in order[:_MOST_ROWS]
    ]
    more = "" if len(order) <= _MOST_ROWS else f" The first {_MOST_ROWS} of {len(order)} points; all are in sweep.csv."
    note = f"{sweep.measure.label} ({sweep.measure.unit}) in the test {sweep.test}, mean over animals.{more}"
    return Table("", head, rows, note, n_left=2 + len(sweep.keys))


def _seeds(sweep: Sweep) -> Table:
    """Mean and spread over seeds of every combination of the other keys."""
    others = [key for key in sweep.keys if key != SEED]
    rows = []
    for row in sweep.over_seeds().to_dict("records") if sweep.has_seeds else []:
        digits = sweep.measure.digits
        numbers = [wording.number(row[name], digits) for name in ("mean", "sd", "lowest", "highest")]
        texts = [*(str(row[key]) for key in others), row["genotype"], str(row["seeds"]), *numbers]
        rows.append([Cell(text) for text in texts])
    head = (*others, "Group", "Seeds", "Mean", "SD", "Lowest", "Highest")
    return Table("", tuple(head), rows[:_MOST_ROWS], n_left=1 + len(others))


def _best(sweep: Sweep) -> Table | None:
    """The best proposals of a search."""
    if sweep.how.optuna is None:
        return None
    keys = [key for key in sweep.keys if key != SEED]
    rows = [
        [Cell(name), *(Cell(_short(points[0], key)) for key in keys), Cell(wording.number(value, 3))]
        for name, value, points in sweep.best(_BEST)
    ]
    return Table("", ("Proposal", *keys, sweep.how.objective), rows, n_left=1 + len(keys))


def _name(sweep: Sweep, one: Result) -> Cell:
    page = sweep.folder / one.point.name / "report.html"
    return Cell(one.point.name, href=quote(f"{one.point.name}/report.html") if page.is_file() else "")


def _short(one: Result, key: str) -> str:
    value = flat(one.point.values().get(key))
    return wording.MISSING if value is None else f"{value:g}" if isinstance(value, float) else str(value)
