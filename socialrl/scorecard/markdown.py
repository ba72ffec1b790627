"""The scorecard as a Markdown table, to paste into a README or an issue: one line per finding."""

from __future__ import annotations

from collections.abc import Mapping

from socialrl.drawing import wording
from socialrl.findings.scorecard import NOT_REPRODUCED, Judged, Scorecard
from socialrl.scorecard import words


def markdown(card: Scorecard, hangs_on: Mapping[str, str] | None = None) -> str:
    """Return the result in a sentence and the findings that are compared, in the page's order of kinds.

    Each line has the comparison that made the verdict, its difference with 95 % interval and n. `hangs_on` names the
    assumed number that a finding hangs on alone.
    """
    lines = [
        words.lede(card),
        "",
        "| | finding | | verdict | comparison that made it | difference [95 % interval] | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in words.KINDS:
        lines += [_line(one, (hangs_on or {}).get(one.finding.id)) for one in card.findings if one.kind == kind]
    return "\n".join(lines) + "\n"


def _line(judged: Judged, hangs_on: str | None) -> str:
    verdict = words.shown(judged.verdict, judged.finding.use)
    if judged.verdict == NOT_REPRODUCED:
        verdict = f"**{verdict}**"
    if hangs_on:
        verdict += f", hangs on `{hangs_on}` alone"
    row = judged.leading
    cells = [judged.finding.id, judged.finding.title, words.MARKS[judged.kind].split(":")[0], verdict]
    if row is None or row.effect.missing:
        cells += [row.contrast.says if row else wording.MISSING, row.effect.missing if row else wording.MISSING, ""]
    else:
        n = " ".join([str(row.effect.n), *([words.n_counts(row)] if words.n_counts(row) else [])])
        cells += [row.contrast.says, f"{words.difference(row)} {row.effect.unit}", n]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
