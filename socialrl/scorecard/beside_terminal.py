"""Scorecards beside each other in a terminal: one line per finding, a column for each scorecard."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from socialrl.findings.beside import Beside, differs
from socialrl.findings.results import FindingResult
from socialrl.findings.scorecard import INCONCLUSIVE, NOT_REPRODUCED, NOT_RUN, REPRODUCED
from socialrl.scorecard import words
from socialrl.scorecard.beside import Told
from socialrl.scorecard.terminal import STYLES

_SIGNS = (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, NOT_RUN)
LEGEND = ", ".join(f"{words.SYMBOL[verdict]} {verdict}" for verdict in _SIGNS) + "; nothing: not there"


def beside_table(beside: Beside, told: Told) -> Table:
    """Return the findings that are compared as a table of Rich: a sign for each verdict, and a mark where they differ.

    `LEGEND` explains the signs.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("")
    table.add_column("finding", overflow="fold")
    for label in (*beside.labels, *(["all animals"] if beside.pooled else [])):
        table.add_column(label, justify="center", overflow="fold")
    table.add_column("")
    for one in beside.findings:
        if one.rows:
            columns = [*one.of, *([one.pooled] if beside.pooled else [])]
            mark = Text(f"← {told.mark}", style="bold yellow") if differs(one) else Text("")
            table.add_row(one.id, Text(one.last.title), *map(_sign, columns), mark)
    return table


def _sign(one: FindingResult | None) -> Text:
    return Text(words.SYMBOL[one.verdict], style=STYLES.get(one.verdict, "dim")) if one else Text("")
