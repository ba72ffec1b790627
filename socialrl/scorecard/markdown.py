"""The scorecard as a Markdown table, to paste into a README or an issue: one line per finding."""

from __future__ import annotations

from socialrl.drawing import wording
from socialrl.findings.results import FindingResult, Result
from socialrl.findings.scorecard import NOT_REPRODUCED
from socialrl.scorecard import words


def markdown(result: Result) -> str:
    """Return the result in a sentence and the findings that are compared, in the page's order of kinds.

    Each line has the comparison that decided the verdict, its difference with 95 % interval and n.
    """
    lines = [
        words.lede(result),
        "",
        "| | finding | | verdict | deciding comparison | difference [95 % interval] | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in words.KINDS:
        lines += [_line(one) for one in result.of_kind(kind)]
    return "\n".join(lines) + "\n"


def _mark(finding: FindingResult) -> str:
    told = words.added(finding, "`{}`") or words.MARKS[finding.kind]
    for after in (": not counted", ": not a test", ": no verdict"):
        told = told.replace(after, "")
    return told


def _line(finding: FindingResult) -> str:
    verdict = words.shown(finding.verdict, finding.use)
    if finding.verdict == NOT_REPRODUCED:
        verdict = f"**{verdict}**"
    if finding.hangs_on:
        verdict += f", depends on `{finding.hangs_on}` alone"
    row = finding.leading
    cells = [
        finding.id,
        finding.title,
        _mark(finding),
        verdict,
    ]
    if row is None or row.missing:
        cells += [row.comparison if row else wording.MISSING, row.missing if row else wording.MISSING, ""]
    else:
        n = " ".join([str(row.n), *([words.n_counts(row)] if words.n_counts(row) else [])])
        seen = words.could_see(row) if finding.verdict == row.verdict else ""
        cells += [row.comparison, f"{words.difference(row)} {row.unit}" + (f"; {seen}" if seen else ""), n]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
