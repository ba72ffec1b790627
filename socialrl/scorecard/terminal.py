"""The scorecard in a terminal: one line per finding with its verdict."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from socialrl.findings.results import Result
from socialrl.findings.scorecard import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from socialrl.scorecard import words

STYLES = {REPRODUCED: "green", NOT_REPRODUCED: "red", INCONCLUSIVE: "yellow"}


def findings_table(result: Result) -> Table:
    """Return the findings of a result, in the page's order of kinds, as a table of Rich.

    Findings that are not compared are left out; a finding that depends on one assumed number names it.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("")
    table.add_column("finding", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for kind, heading in words.KINDS.items():
        members = result.of_kind(kind)
        if members:
            table.add_row("", Text(heading.split(":")[0], style="italic"), "")
        for one in members:
            title = one.title + (f" (depends on {one.hangs_on} alone)" if one.hangs_on else "")
            if words.added(one):
                title += f" ({words.added(one)})"
            shown = f"{words.SYMBOL[one.verdict]} {words.shown(one.verdict, one.use)}"
            table.add_row(one.id, Text(title), Text(shown, style=STYLES.get(one.verdict, "dim")))
    return table
