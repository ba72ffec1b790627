"""Where the parts of a report go: page, figures, tables and numbers, each written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from socialrl import __version__
from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.config.paths import expanded
from socialrl.drawing import pages
from socialrl.errors import UserError
from socialrl.report import catalogue, headline, page, summary
from socialrl.report.between import RunContrast, run_contrasts
from socialrl.report.protocols import plate, played
from socialrl.report.study import Study, load
from socialrl.storage.atomic import write_bytes

if TYPE_CHECKING:
    from socialrl.storage.run_folder import RunFolder

FORMAT = 1
"""The format of `summary.json`; increased when a reader of the old one would misread the new one."""


def write(runs: list[RunFolder], output: Path | None) -> Path:
    """Write everything; see `socialrl.report.write_report`."""
    html_path, folder = _places(runs, output)
    study = load(runs)
    numbers, between = summary.summarise(study), run_contrasts(study)
    plates = catalogue.plates_of(study, numbers, between)
    protocols = played(study)
    of_protocols = [plate(one) for one in protocols]
    parameters = [vars(row).copy() for row in next(iter(study.parameters.values()))]
    pages.write_beside(folder, [*plates, *of_protocols], _tables(study, numbers, between, parameters))
    write_bytes(folder / "summary.json", _json(study, numbers, between).encode())
    prefix = "" if folder == html_path.parent else f"{folder.name}/"
    write_bytes(
        html_path,
        page.html(
            study, numbers, between, plates, parameters, prefix, list(zip(protocols, of_protocols, strict=True))
        ).encode(),
    )
    return html_path


def _places(runs: list[RunFolder], output: Path | None) -> tuple[Path, Path]:
    """The page's path and the folder of everything beside it."""
    if output is None:
        if len(runs) != 1:
            raise UserError(f"a report of {len(runs)} runs needs an output: a folder or a .html file")
        return runs[0].path / "report.html", runs[0].path
    output = expanded(output)
    if output.suffix.lower() == ".html" and not output.is_dir():
        return output, output.with_name(f"{output.stem}_files")
    if output.is_file():
        raise UserError(f"{output} is a file; a report needs a folder or a name that ends in .html")
    return output / "report.html", output


def _tables(
    study: Study, numbers: summary.Summary, between: list[RunContrast], parameters: list[dict[str, Any]]
) -> dict[str, pd.DataFrame]:
    tables = {
        "means": _records(numbers.means),
        "contrasts": _records(numbers.contrasts),
        "steps_to_criterion": _records(numbers.criterion),
        "cohousing_to_criterion": _records(numbers.cohousing),
        "measures": _records(numbers.measured),
        "animals_tests": study.final,
        "animals_criterion": study.criterion,
        "animals_huddle_10min": study.bins,
        "parameters": pd.DataFrame(parameters),
    }
    if len(study.runs) > 1:
        tables["contrasts_between_runs"] = _records(between)
    if len(study.habitat):
        tables["pairs_habitat"] = study.habitat
    if len(study.synchrony):
        tables["pairs_synchrony"] = study.synchrony
    return {name: table.drop(columns="group", errors="ignore") for name, table in tables.items()}


def _records(rows: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame([summary.flat(row) for row in rows])


def _json(study: Study, numbers: summary.Summary, between: list[RunContrast]) -> str:
    content = {
        "format": FORMAT,
        "socialrl": __version__,
        "runs": [
            {"name": study.names[run.path], "finished": run.finished, "seed": run.meta.get("seed")}
            for run in study.runs
        ],
        "groups": study.groups,
        "tests": study.conditions,
        "tests_are_last_probes": study.final_is_probe,
        "chance": measures.CHANCE,
        "guide_line": GUIDE_LINE,
        "findings": [vars(finding) for finding in headline.findings(study, numbers)],
        "means": numbers.means,
        "contrasts": numbers.contrasts,
        "contrasts_between_runs": between,
        "steps_to_criterion": numbers.criterion,
        "cohousing_to_criterion": numbers.cohousing,
        "measures": numbers.measured,
    }
    return json.dumps(summary.plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
