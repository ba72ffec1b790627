"""The page of a report: its words, tables and figures, put into the one template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from socialrl.drawing import pages, wording
from socialrl.drawing.plates import Plate
from socialrl.report import account, between, headline, measured, protocols, settings, synchrony, tables
from socialrl.report.between import RunContrast
from socialrl.report.study import Study
from socialrl.report.summary import Summary


def html(
    study: Study,
    summary: Summary,
    contrasts: list[RunContrast],
    plates: list[Plate],
    parameters: list[dict[str, Any]],
    folder: str,
    played: Sequence[tuple[protocols.Played, Plate]] = (),
) -> str:
    """Return the page.

    `parameters` is the table of the environments, `folder` holds figures and tables, `played` are the protocols
    that the runs have played, with their figures.
    """
    found = headline.findings(study, summary)
    several = len(study.runs) > 1
    cards = headline.cards([*headline.between_runs(study, contrasts), *found])
    assumed = tables.parameters(study, parameters)
    many = len(study.runs) > headline.MOST_ON_CARDS
    return pages.render(
        Path(__file__).parent / "report.html.j2",
        names=", ".join(study.names.values()),
        subject=wording.capital(measured.subject(study)),
        several=several,
        many=many,
        lede=(headline.counted(len(study.runs), cards) if many else headline.lede(found)) or measured.lede(study),
        cards=[] if many else cards,
        verdicts=[headline.as_table(card) for card in cards] if many else [],
        unfinished=account.unfinished(study),
        notices=account.notices(study),
        warnings=account.warnings(study),
        runs=account.runs(study),
        settings=settings.differing(study),
        glances=[one for run in study.names.values() if (one := tables.glance(study, summary, run)).rows],
        between=between.table(study, contrasts) if several else None,
        plates=plates,
        results=[
            table
            for table in (
                tables.means(summary),
                tables.contrasts(summary),
                tables.criterion(summary),
                tables.cohousing(summary),
                *tables.measured(summary),
                *synchrony.tables(study),
            )
            if table.rows
        ],
        learned=account.learned(study, summary),
        protocols=[
            (plate, protocols.table(one), [f"{wording.capital(line)}." for line in one.notes]) for one, plate in played
        ],
        glossary=tables.glossary(study),
        parameters=assumed,
        n_changed=sum(any(cell.marked for cell in row) for row in assumed.rows),
        folder=folder,
    )
