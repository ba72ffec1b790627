"""The table of a sweep for a terminal."""

from __future__ import annotations

from rich.table import Table

from socialrl.drawing import wording
from socialrl.sweep.outcome import Sweep
from socialrl.sweep.results import flat

_MOST_ROWS = 40


def title(sweep: Sweep) -> str:
    """Return what the numbers of the table are."""
    measure = sweep.measure
    if not sweep.test:
        return "The configuration has no tests, so that nothing is measured."
    return f"{measure.label} ({measure.unit}) in {sweep.test}:"


def points_table(sweep: Sweep) -> Table:
    """Return one row per point: the values of its keys, its state and the main measure of every group.

    `title` says which measure that is; a table of few columns has no room for it.
    """
    measure = sweep.measure
    table = Table()
    for key in sweep.keys:
        table.add_column(key)
    table.add_column("state")
    for group in sweep.groups:
        table.add_column(group, justify="right")
    for one in sweep.results[:_MOST_ROWS]:
        values = one.point.values()
        table.add_row(
            *(_shown(values.get(key)) for key in sweep.keys),
            one.state,
            *(wording.number(sweep.value(one, group), measure.digits) for group in sweep.groups),
        )
    if len(sweep.results) > _MOST_ROWS:
        table.caption = f"the first {_MOST_ROWS} of {len(sweep.results)} points"
    return table


def _shown(value: object) -> str:
    if value is None:
        return wording.MISSING
    return f"{value:.4g}" if isinstance(value, float) else str(flat(value))
