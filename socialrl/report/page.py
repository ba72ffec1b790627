"""The page: figures drawn for desktop and phone, put with the text and the tables into one file that needs no other."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from socialrl import __version__
from socialrl.drawing import style, templates, wording
from socialrl.report import account, headline, measured, tables
from socialrl.report.catalogue import Plate, plates_of
from socialrl.report.study import Study
from socialrl.report.summary import Summary

_ENLARGED = 1.2
"""Figures have the type size of a slide or a printed page; on a desktop screen they are shown this much larger."""


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it: SVG for wide and narrow screens, or the reason why there is none."""

    plate: Plate
    number: int
    wide_svg: str = ""
    narrow_svg: str = ""
    wide_px: int = 0
    png: bytes = b""
    missing: str = ""


def draw(study: Study) -> list[Drawn]:
    """Return the figures of a study, in order."""
    drawn = []
    for number, plate in enumerate(plates_of(study), start=1):
        with style.house_style():
            wide, narrow = plate.draw(study, False), plate.draw(study, True)
            if wide is None or narrow is None:
                drawn.append(Drawn(plate, number, missing=plate.missing(study)))
                continue
            wide_svg = style.svg_text(wide, plate.file)
            wide.set_layout_engine("none")  # the layout stands, the second file need not find it again
            buffer = io.BytesIO()
            style.save_png(wide, buffer)
            drawn.append(
                Drawn(
                    plate,
                    number,
                    wide_svg=wide_svg,
                    narrow_svg=style.svg_text(narrow, f"{plate.file}-narrow"),
                    wide_px=round(wide.get_size_inches()[0] * 96 * _ENLARGED),
                    png=buffer.getvalue(),
                )
            )
    return drawn


def html(study: Study, summary: Summary, plates: list[Drawn], parameters: list[dict[str, Any]], folder: str) -> str:
    """Return the page. `parameters` is the table of the environments; `folder` is where figures and tables lie."""
    found = headline.findings(study, summary)
    environment = templates.environment(Path(__file__).parent)
    environment.filters["code"] = _code
    return environment.get_template("template.html.j2").render(
        title=", ".join(study.names.values()),
        subject=wording.capital(measured.subject(study)),
        version=__version__,
        several=len(study.runs) > 1,
        lede=headline.lede(found) or measured.lede(study),
        findings=found,
        unfinished=account.unfinished(study),
        notices=account.notices(study),
        runs=account.runs(study),
        glance=tables.glance(study, summary),
        plates=plates,
        captions=["" if drawn.missing else drawn.plate.caption(study) for drawn in plates],
        alts=["" if drawn.missing else drawn.plate.alt(study, summary) for drawn in plates],
        results=[
            table
            for table in (
                tables.means(summary),
                tables.contrasts(summary),
                tables.criterion(summary),
                tables.cohousing(summary),
                *tables.measured(summary),
            )
            if table.rows
        ],
        learned=account.learned(study, summary),
        glossary=tables.glossary(study),
        parameters=tables.parameters(study, parameters),
        folder=folder,
    )


def _code(text: str) -> Markup:
    """Turn `…` in a sentence into code type; everything else is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
