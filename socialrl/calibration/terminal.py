"""The goals of a calibration, and the correlations of early and late tests, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from socialrl.calibration import page_tables
from socialrl.calibration.outcome import Calibration
from socialrl.drawing.tables import Table as PageTable
from socialrl.drawing.tables import text_table

_STYLES = {"yes": "green", "no": "red"}


def tables(result: Calibration) -> Iterator[Table]:
    """Yield tables of Rich: the goals, and the correlations that were not fitted if there are any."""
    yield _table("Goals", page_tables.goals(result))
    if len(result.retests):
        yield _table("Early and late tests, correlation over animals (not fitted)", _retest(result))


def _retest(result: Calibration) -> PageTable:
    """Return the correlations in as few columns as fit in a narrow terminal; the page has the rest."""
    rows = [
        [row["pairs"], page_tables.RETESTED[row["measure"]], row["coefficient"], *page_tables.compared(row)]
        for row in result.retests.to_dict("records")
    ]
    return text_table(("Pairs", "Measure", "Correlation", "Voles", "Calibrated", "Inside"), rows, n_left=3)


def _table(title: str, table: PageTable) -> Table:
    # one space between columns, so that no line is broken in 80 columns
    shown = Table(
        title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", collapse_padding=True
    )
    for k, name in enumerate(table.head):
        shown.add_column(name, justify="left" if k < table.n_left else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(cell.text, style=_STYLES.get(cell.text, "")) for cell in row))
    return shown
