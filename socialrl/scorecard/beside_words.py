"""What pages, tables and terminal say about scorecards beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording
from socialrl.findings.beside import Beside, FindingBeside, RowBeside, agreement, changes, differs
from socialrl.findings.results import ComparisonResult
from socialrl.scorecard import words


def agreement_sentence(beside: Beside, what: str) -> str:
    """Return how many verdicts are the same everywhere; `what` is "under all seeds" or "in all scorecards"."""
    same, known = agreement(beside.findings)
    rows_same, rows_known = agreement(beside.rows)
    if not known:
        return "No finding has a verdict in two of them, so there is nothing to compare."
    return (
        f"{same} of {known} verdicts on findings are the same {what}, and {rows_same} of {rows_known} verdicts on"
        " single comparisons."
    )


def changed_sentence(beside: Beside) -> str:
    """Return which findings have another verdict, and how many there are in some scorecards only."""
    moved = [one.id for one in beside.findings if differs(one)]
    partly = [one.id for one in beside.findings if len(members(one)) < len(beside.labels)]
    parts = [f"The verdict differs for {', '.join(moved)}." if moved else ""]
    if partly:
        parts.append(f"Not in all of them: {', '.join(partly)}.")
    apart = [row.name for row in beside.rows if row.apart]
    if apart:
        parts.append(f"Intervals of the effect do not overlap in {', '.join(apart)}.")
    return " ".join(filter(None, parts))


def members(one: FindingBeside | RowBeside) -> Sequence[object]:
    """Return what is there of a finding or comparison: as many as scorecards have it."""
    return [each for each in one.of if each is not None]


def difference(row: ComparisonResult | None) -> str:
    """Return the difference with its interval and n in one line, or a dash."""
    if row is None or row.missing:
        return wording.MISSING
    return f"{words.difference(row)}, n = {row.n}"


def scatter(row: RowBeside) -> str:
    """Return the mean and standard deviation of the effect over scorecards: "−0.27 ± 0.03"."""
    found = row.scatter
    if found.n < 2:
        return wording.MISSING
    digits = words.digits(row.last)
    return f"{_signed(found.mean, digits)} ± {wording.number(found.sd, digits)}"


def scatter_range(row: RowBeside) -> str:
    """Return the smallest and largest effect, and the spread that other animals alone would make.

    "−0.31 to −0.24; expected ± 0.04"
    """
    found = row.scatter
    if found.n < 2:
        return ""
    digits = words.digits(row.last)
    told = f"{_signed(found.low, digits)} to {_signed(found.high, digits)}"
    expected = row.sd_by_animals
    return told + (f"; expected ± {wording.number(expected, digits)}" if math.isfinite(expected) else "")


def what_changed(one: FindingBeside | RowBeside, labels: Sequence[str]) -> str:
    """Return the changes in one line, verdicts left out, which stand in columns; empty where there is none."""
    return "; ".join(changes(one, labels, verdicts=False))


def _signed(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return wording.MISSING
    return wording.interval(Estimate(value, math.nan, math.nan, 1, ""), digits, sign=True)
