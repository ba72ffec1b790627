"""The summary at the end of a run: a few lines of plain text that fit a terminal of 80 columns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl.analysis.measure_table import headline_of, measure_called
from socialrl.assays import study_of
from socialrl.drawing import wording
from socialrl.report import account, replicates
from socialrl.report.measured import MeasuredRow, measured_rows
from socialrl.report.protocols import played_of
from socialrl.report.study import Study, load
from socialrl.report.summary import CriterionRow, MeanRow, criterion_rows, mean_rows

if TYPE_CHECKING:
    from socialrl.storage.run_folder import RunFolder


def text(run: RunFolder, report: Path | None = None) -> str:
    """Return the summary of one run; `report` is the page's path (default: `report.html` in the run)."""
    study = load([run])
    lines = [_plain(sentence) for sentence in account.unfinished(study)]
    means, criterion = mean_rows(study), criterion_rows(study)
    if means:
        from_probes = study.final_is_probe[study.names[run.path]]
        lines.append(f"Preference for the partner, P/(P+S), in {'the last probes' if from_probes else 'the tests'}")
        lines += _preference(study, means)
    elif rows := _headlines(study):
        from_probes = study.final_is_probe[study.names[run.path]]
        one = measure_called(rows[0].measure)
        lines.append(f"{one.label}, {one.unit}, in {'the last probes' if from_probes else 'the tests'}")
        table = [("test", "genotype", "mean [95 % interval]", replicates.column(rows[0].assay))]
        for last, row in zip([None, *rows], rows, strict=False):
            label = "" if last is not None and last.label == row.label else row.label
            table.append((label, row.group.label, wording.interval(row.estimate, one.digits), str(row.estimate.n)))
        lines += ["  " + line for line in aligned(table)]
    else:
        lines += [_plain(sentence) for sentence in account.notices(study)]
    if criterion:
        lines += ["", "Training steps until preference was 2/3 or more in two probes in a row"]
        lines += _steps(study, criterion)
    report = report or (run.path / "report.html" if (run.path / "report.html").is_file() else None)
    if report is not None:
        lines += ["", f"Report: {report}"]
    return "\n".join(lines)


def protocol_text(run: RunFolder, table: str) -> str:
    """Return the summary of one protocol: the main measure of every test by group, mean with interval, and its n."""
    study = load([run])
    protocol = played_of(study, run, table)
    lines: list[str] = []
    for assay in dict.fromkeys(assay for _, _, assay in protocol.tests):
        measure = headline_of(assay)
        lines += [f"{measure.label}, {measure.unit}, in {study_of(assay).title}"]
        rows = [("test", "genotype", "mean [95 % interval]", replicates.column(assay))]
        for test in (test for _, test, of in protocol.tests if of == assay):
            # who was offered stands below the test
            labels = [test, *([f"  {protocol.offered[test]}"] if test in protocol.offered else [])]
            for label, group in itertools.zip_longest(labels, protocol.groups):
                cells = ("", "", "")
                if group is not None:
                    mean = protocol.mean(test, group, measure.name, assay)
                    shown = wording.interval(mean, measure.digits) if mean.n else "-"
                    cells = (group.name, shown, str(mean.n))
                rows.append((label or "", *cells))
        lines += ["  " + line for line in aligned(rows)]
    return "\n".join(lines)


def _headlines(study: Study) -> list[MeasuredRow]:
    """The main measure of every test, of a run without tests of preference."""
    return [row for row in measured_rows(study) if row.measure == headline_of(row.assay).name]


def _preference(study: Study, means: list[MeanRow]) -> list[str]:
    rows = []
    for row in means:
        never = f", {row.n_never_huddled} never huddled" if row.n_never_huddled else ""
        rows.append((row.condition, row.group.label, wording.interval(row.preference), f"{row.preference.n}{never}"))
    return _columns(study, ("cohoused", "genotype", "mean [95 % interval]", "animals"), rows)


def _steps(study: Study, criterion: list[CriterionRow]) -> list[str]:
    rows = []
    for row in criterion:
        median = wording.number(row.times.median, 0) if math.isfinite(row.times.median) else "-"
        reached = f"{row.times.n_reached} of {row.times.n}"
        rows.append((row.condition, row.group.label, median, wording.interval(row.times.restricted_mean, 0), reached))
    horizon = _plain(wording.number(max(row.times.horizon for row in criterion), 0))
    head = ("cohoused", "genotype", "median", "mean* [95 % interval]", "reached")
    return [*_columns(study, head, rows), f"* an animal that did not reach it counts as {horizon}"]


def _columns(study: Study, head: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Aligned columns; the first is a test condition, written once for all its groups."""
    table, last = [head], None
    for condition in study.conditions:
        for row in rows:
            if row[0] == condition:
                table.append(("" if condition == last else condition.short, *row[1:]))
                last = condition
    return ["  " + line for line in aligned(table)]


def aligned(table: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows of cells as lines with aligned columns, in characters that every terminal has."""
    cells = [[_plain(cell) for cell in row] for row in table]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _plain(sentence: str) -> str:
    return sentence.replace("\u202f", " ").replace("−", "-").replace("–", "-").replace("`", "")
