"""A plan in a terminal: the table of every comparison."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from socialrl.drawing.tables import Table as PageTable
from socialrl.planning import page_tables
from socialrl.planning.plan import Plan


def tables(plan: Plan) -> Iterator[Table]:
    """Yield tables of Rich, two a comparison."""
    for part in plan.parts:
        title = f"{part.comparison.name}: {part.comparison.contrast.says}"
        yield _table(title, page_tables.in_short(plan, part), whole_numbers=True)
        yield _table("", page_tables.found(part))


def legend(plan: Plan) -> str:
    """Return what the columns are."""
    counts = dict.fromkeys(f"{one.design.short}: {one.design.counts}" for part in plan.parts for one in part.planned)
    return (
        f"n counts ({'; '.join(counts)}). [95 %]: with other simulated animals. order: animals in all groups, those "
        "without a value included. t: a t test of normal values (statsmodels)."
    )


def _table(title: str, table: PageTable, whole_numbers: bool = False) -> Table:
    """A table of Rich; with `whole_numbers` only its words are broken into lines, and "17 [6, > 60]" is not."""
    shown = Table(
        title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold", show_edge=False,
        collapse_padding=len(table.head) > 8,
    )  # fmt: skip
    for k, name in enumerate(table.head):
        left = k < table.n_left
        words = " ".join([name, *(row[k].text for row in table.rows)]).split()
        shown.add_column(
            name,
            justify="left" if left else "right",
            overflow="fold",
            no_wrap=whole_numbers and not left,
            min_width=max(map(len, words)) if whole_numbers and left else None,
        )
    for row in table.rows:
        shown.add_row(*(Text(cell.text) for cell in row))
    return shown
