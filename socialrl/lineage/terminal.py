"""A lineage in a terminal: findings, generations, the variance split, mothers and daughters."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from socialrl.drawing.tables import Table as PageTable
from socialrl.lineage import page_tables
from socialrl.lineage.outcome import RECEPTOR, Lineage


def tables(lineage: Lineage) -> Iterator[Table]:
    """Yield tables of Rich."""
    if len(lineage.tables["findings"]):
        yield _table("Published findings", page_tables.findings(lineage))
    tested = list(lineage.tested)[:1]
    yield _table(
        "Means over litters [95 %]", page_tables.means(lineage, ["care", "expression", "licking_share", *tested])
    )
    yield _table("Variance between animals", page_tables.variance(lineage))
    if len(lineage.tables["effects"]):
        yield _table("Groups of parents and treatments", page_tables.effects(lineage))
    yield _table("Mothers and daughters", page_tables.transmission(lineage))


def note() -> str:
    """Return the line under the tables."""
    return f"Care, expression and {RECEPTOR} are relative to the reference family; the litter is the replicate."


def _table(title: str, table: PageTable) -> Table:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", show_edge=False)
    for k, name in enumerate(table.head):
        shown.add_column(name, justify="left" if k < table.n_left else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(cell.text) for cell in row))
    return shown
