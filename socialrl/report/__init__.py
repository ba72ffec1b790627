"""Reports: one self-contained HTML file per run, with its figures and tables beside it, and a summary for the terminal.

No torch and no SB3 is imported here; everything is read from run folders.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socialrl.storage.run_folder import RunFolder


def write_report(runs: Iterable[RunFolder], output: Path | None = None) -> Path:
    """Write the report of one or several runs and return the path of the HTML file.

    Beside the page go `summary.json`, `figures/*.svg` and `*.png`, `tables/*.csv`. Default: into the run folder. With
    several runs `output` is needed: a folder, or a name that ends in .html (the other files then go to
    `<name>_files/`). Files of an earlier report are replaced. Raises `UserError` for a place that cannot be written.
    """
    from socialrl.report.writing import write

    return write(list(runs), output)


def write_index(folder: Path) -> Path:
    """Write `index.html` into a folder of runs, with links to all reports, scorecards, calibrations and recordings.

    Returns its path. Raises `UserError` for a folder that does not exist or holds none of these.
    """
    from socialrl.report.index import write_index as write

    return write(folder)


def terminal_summary(run: RunFolder, report: Path | None = None) -> str:
    """Return a few plain lines: preference by genotype and cohousing time, steps to criterion, the report's path."""
    from socialrl.report.terminal import text

    return text(run, report)


def protocol_summary(run: RunFolder, table: str) -> str:
    """Return a few plain lines on a protocol's table (`protocol_<name>`): the main measure of every test by group."""
    from socialrl.report.terminal import protocol_text

    return protocol_text(run, table)


__all__ = ["protocol_summary", "terminal_summary", "write_index", "write_report"]
