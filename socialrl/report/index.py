"""The index of a folder of runs: every result in it, its state, its headline number, and links to its pages.

Nothing is trained, tested or changed: the page is made from the contents of the folders. A folder that cannot be read
is listed with the reason.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from socialrl.analysis.measure_table import headline_of
from socialrl.drawing import pages, wording
from socialrl.drawing.groups import Group
from socialrl.drawing.tables import Cell, Table
from socialrl.errors import UserError
from socialrl.report.study import Study, load
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import read_json
from socialrl.storage.run_folder import RunFolder

_DEPTH = 3
"""How deep runs are looked for: `runs/NAME`, and a folder or two of the user's own between."""

_STUDIES = {
    "scorecard.json": "scorecard.html",
    "seeds.json": "seeds.html",
    "comparison.json": "comparison.html",
    "calibration.json": "calibration.html",
    "lineage.json": "lineage.html",
    "recording.json": "release.svg",
    "sweep.json": "sweep.html",
    "inference.json": "inference.html",
    "validation.json": "validation.html",
    "plan.json": "plan.html",
}


def write_index(folder: Path) -> Path:
    """Write `index.html` into a folder of runs and return its path; a folder without any raises `UserError`."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder" if not folder.exists() else f"{folder} is a file, not a folder")
    if (folder / "meta.json").is_file():
        raise UserError(f"{folder} is a run folder; the index is made for the folder around it, {folder.parent}")
    found = {name: list(_found(folder, name)) for name in ("meta.json", *_STUDIES)}
    # stages of a scorecard and points of a sweep are runs, too; only the scorecard and the sweep are listed
    whole = {path.parent for name in ("scorecard.json", "sweep.json") for path in found[name]}
    runs = [path.parent for path in found["meta.json"] if not whole.intersection(path.parents)]
    tables = [
        _runs(folder, runs),
        _sweeps(folder, found["sweep.json"]),
        _cards(folder, found["scorecard.json"]),
        _beside(folder, [*found["seeds.json"], *found["comparison.json"]]),
        _calibrations(folder, found["calibration.json"]),
        _lineages(folder, found["lineage.json"]),
        _inferences(folder, [*found["inference.json"], *found["validation.json"]]),
        _plans(folder, found["plan.json"]),
        _recordings(folder, found["recording.json"]),
    ]
    if not any(table.rows for table in tables):
        raise UserError(
            f"{folder} holds no run, sweep, scorecard, calibration, lineage, inference, plan or recording;"
            " train one, for example `socialrl demo`"
        )
    path = folder / "index.html"
    html = pages.render(
        Path(__file__).parent / "index.html.j2",
        folder=folder.resolve().name,
        logdir=shlex.quote(str(folder)),
        tables=[table for table in tables if table.rows],
    )
    write_bytes(path, html.encode())
    return path


def _found(folder: Path, name: str) -> Iterator[Path]:
    """The files `name` below `folder`, by path; hidden folders and the insides of runs are not entered."""
    for place, folders, files in os.walk(folder):
        inner = Path(place)
        if name in files and inner != folder:
            yield inner / name
        too_deep = len(inner.relative_to(folder).parts) >= _DEPTH
        folders[:] = (
            [] if too_deep or "meta.json" in files else sorted(one for one in folders if not one.startswith("."))
        )


def _runs(folder: Path, places: list[Path]) -> Table:
    head = ("Run", "State", "Assay", "Groups", "Headline", "Begun")
    note = (
        "Headline: the main measure of the assay, mean over the animals of a group; for partner preference P / (P + "
        "S) "
        "in"
        " the test after 24 h of cohousing (else the shortest). The reports give intervals."
    )
    return Table("Runs", head, [_run(folder, place) for place in places], note, n_left=6)


def _run(folder: Path, place: Path) -> list[Cell]:
    try:
        run = RunFolder.open(place)
        study = load([run])
    except UserError as error:
        return [Cell(_name(folder, place)), Cell("cannot be read", below=str(error)), *[Cell(wording.MISSING)] * 4]
    config = study.configs[study.names[run.path]]
    page = place / "report.html"
    protocols = sorted(one.stem.removeprefix("protocol_") for one in place.glob("protocol_*.parquet"))
    below = "" if page.is_file() else f"no report yet: {wording.command('report', place)}"
    state = "unfinished" if not run.finished else "evaluated" if run.has_table("evaluation") else "trained"
    return [
        Cell(_name(folder, place), href=_link(folder, page) if page.is_file() else "", below=below),
        Cell(state, below=f"protocols: {', '.join(protocols)}" if protocols else "", marked=not run.finished),
        Cell(str((config.get("env") or {}).get("id", wording.MISSING)).removeprefix("socialrl/")),
        Cell(", ".join(_group(group) for group in study.groups), below=_each(config.get("animals", "?"))),
        _headline(study),
        Cell(_date(run.meta)),
    ]


def _headline(study: Study) -> Cell:
    """The headline measure of each group: preference in the key test, else that of the assay in its first test."""
    condition = study.key_condition()
    if condition is not None and len(study.final):
        what, rows = f"preference after {condition.label}", study.of(study.final, None, condition)
        values = rows.set_index("group")["preference"]
    elif len(study.measured):
        measure = headline_of(str(study.measured["assay"].iloc[0]))
        rows = study.measured[study.measured["measure"] == measure.name]
        if rows.empty:  # an older run, whose tables lack what the measure is made of
            return Cell(wording.MISSING, below=f"{measure.label}: not in its tables")
        test = rows["test"].iloc[0]
        what = f"{measure.label}, {measure.unit}, in {test}"
        values = rows[rows["test"] == test].set_index("group")["value"]
    else:
        return Cell(wording.MISSING)
    means = values.dropna().groupby(level=0).mean()
    told = [f"{_short(one)} {wording.number(float(means[one.key]))}" for one in study.groups if one.key in means.index]
    kind = "last probes" if any(study.final_is_probe.values()) else "tests"
    return Cell(", ".join(told) or wording.MISSING, below=f"{what}, {kind}")


def _sweeps(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        states = [str(one.get("state")) for one in content.get("points") or []]
        told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or wording.MISSING
        keys = ", ".join(map(str, content.get("keys") or [])) or wording.MISSING
        begun = _date(content.get("made") or {})
        unfinished = not content.get("finished", False)
        rows.append([_page(folder, file), Cell(keys), Cell(told, marked=unfinished), Cell(begun)])
    return Table("Sweeps", ("Sweep", "Varies", "Points", "Begun"), rows, n_left=4)


def _cards(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        counts = content.get("counts", {}).get("predicted", {})
        told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or wording.MISSING
        made = content.get("made") or {}
        begun = _content(file.parent / "reproduction.json")
        rows.append(
            [_page(folder, file), Cell(str(made.get("preset", wording.MISSING))), Cell(told), Cell(_date(begun))]
        )
    return Table("Scorecards", ("Scorecard", "Preset", "Predicted findings", "Begun"), rows, n_left=4)


def _beside(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        same = content.get("same_verdict") or {}
        told = f"{same.get('findings', wording.MISSING)} of {same.get('of', wording.MISSING)}"
        labels = ", ".join(map(str, content.get("labels") or [])) or wording.MISSING
        rows.append([_page(folder, file), Cell(labels), Cell(told)])
    head = ("Scorecards beside each other", "Which", "Findings with the same verdict in all")
    return Table("Scorecards beside each other", head, rows, n_left=3)


def _calibrations(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        made = content.get("provenance") or {}
        data = str((made.get("data") or {}).get("file", wording.MISSING))
        rows.append(
            [_page(folder, file), Cell(data), Cell(str(content.get("verdict", wording.MISSING))), Cell(_date(made))]
        )
    return Table("Calibrations", ("Calibration", "Score sheet", "Outcome", "Begun"), rows, n_left=4)


def _lineages(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        said = content.get("sentences") or [content.get("verdict", wording.MISSING)]
        rows.append([_page(folder, file), Cell(str(said[0])), Cell(_date(content.get("made") or {}))])
    return Table("Lineages", ("Lineage", "Size", "Begun"), rows, n_left=3)


def _inferences(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        said = content.get("said") or [content.get("verdict", wording.MISSING)]
        rows.append([_page(folder, file), Cell(str(said[0])), Cell(_date(content))])
    return Table("Inferences", ("Inference", "Outcome", "Begun"), rows, n_left=3)


def _plans(folder: Path, files: list[Path]) -> Table:
    rows = []
    for file in files:
        content = _content(file)
        question, title = (str(content.get(name, wording.MISSING)) for name in ("question", "title"))
        animals = ", ".join(str(one.get("label")) for one in content.get("animals") or []) or wording.MISSING
        rows.append([_page(folder, file), Cell(question, below=title), Cell(animals)])
    return Table("Plans", ("Plan", "Comparison", "From the animals of"), rows, n_left=3)


def _recordings(folder: Path, files: list[Path]) -> Table:
    rows = [[_page(folder, file), Cell(_date(_content(file)))] for file in files]
    return Table("Recordings of evoked release", ("Recording", "Begun"), rows, n_left=2)


def _content(file: Path) -> dict[str, Any]:
    """The content of a study's file; one that cannot be read gives dashes in its row, and `socialrl check` says why."""
    try:
        return read_json(file) if file.exists() else {}
    except UserError as error:
        return {"verdict": f"cannot be read: {error}"}


def _page(folder: Path, file: Path) -> Cell:
    page = file.parent / _STUDIES[file.name]
    return Cell(_name(folder, file.parent), href=_link(folder, page) if page.is_file() else "")


def _name(folder: Path, place: Path) -> str:
    return place.relative_to(folder).as_posix()


def _link(folder: Path, page: Path) -> str:
    return quote(page.relative_to(folder).as_posix())


def _group(group: Group) -> str:
    return f"{group.name.partition(', gain')[0]} (gain {group.gain:g})"


def _each(animals: Any) -> str:
    return f"{animals} {'animal' if animals == 1 else 'animals'} each"


def _short(group: Group) -> str:
    return group.name.partition(", gain")[0]


def _date(meta: dict[str, Any]) -> str:
    """The day and minute at which something was begun, as it was written down."""
    try:
        day = datetime.fromisoformat(str(meta.get("started"))).strftime("%Y-%m-%d %H:%M")
        return day.replace("-", "\u2060-\u2060").replace(" ", "\u00a0")  # no break within it
    except ValueError:
        return wording.MISSING
