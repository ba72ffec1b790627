"""The one engine of all HTML pages: templates, figures put into the page, and what is written beside it.

Report, scorecard, calibration, protocol and index pages extend `page.html.j2` and use the macros of `parts.html.j2`.
A page is one file that loads nothing. Its content is escaped, and a missing value is an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from socialrl import __version__
from socialrl.drawing import copied, light_svg, style
from socialrl.drawing.plates import Plate
from socialrl.storage.atomic import naming_the_place, write_bytes

_HERE = Path(__file__).parent
_TAGS = re.compile(r"(<[^>]*>)")
_UNTOUCHED = ("pre", "code", "style")  # what is to be copied, and what is no sentence
_UNITS = "h|min|s|ms|d|days?|hours?|minutes?|seconds?|weeks?|cm|m|Hz|kB|MB|GB|px"
_NUMBER_AND_UNIT = re.compile(rf"(?<=\d)[ \n](?=(?:{_UNITS})\b|%|×)|(?<=×)[ \n](?=\d)|(?<=\bgain)[ \n](?=\d)")
_SIGNS = re.compile(r"\b(n|p|r|d_z)[ \n](=|&lt;)[ \n](?=[\d−])")
_NOT_IN_AN_ADDRESS = re.compile('[%#&<>" \n]|http|url')
_INTERVAL = re.compile(r"\[[^\[\]]{1,40}, [^\[\]]{1,40}\]")


def render(template: Path, **values: Any) -> str:
    """Return the page of a template file. The filters `data_uri` (SVG text), `code` (`…` in a sentence) and those that
    make CSV of tables are there.

    A number and its unit stay on one line, and so does an interval: their spaces become no-break spaces.
    """
    page = _templates(template.parent).get_template(template.name)
    return keep_together(page.render({"version": __version__} | values))


@functools.cache
def _templates(folder: Path) -> jinja2.Environment:
    """The templates in a folder and those here; each is compiled once, which takes longer than to fill it."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"data_uri": _data_uri, "code": _code}
    made.filters |= {"as_csv": copied.as_csv, "csv_name": copied.file_name, "csv_uri": copied.csv_uri}
    return made


def keep_together(html: str) -> str:
    """Return HTML that keeps numbers with their units, and intervals, on one line; code is left unchanged."""
    inside: list[str] = []
    parts = _TAGS.split(html)
    for at, part in enumerate(parts):
        if at % 2:
            name = part.strip("</>").partition(" ")[0]
            if name in _UNTOUCHED:
                if part.startswith("</"):
                    inside.pop()
                else:
                    inside.append(name)
        elif part and not inside:
            text = _NUMBER_AND_UNIT.sub("\u00a0", part)
            text = _SIGNS.sub("\\1\u00a0\\2\u00a0", text)
            parts[at] = _INTERVAL.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    return "".join(parts)


def write_beside(
    folder: Path,
    plates: Iterable[Plate] = (),
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    figures_in: str = "figures",
    tables_in: str = "tables",
) -> None:
    """Write figures (SVG and PNG) and tables (CSV) into folders of `folder`, which are made.

    A figure that has nothing to show any more is deleted, so that an older one does not outlive its data.
    """
    plates = list(plates)
    for name, needed in ((figures_in, bool(plates)), (tables_in, tables is not None)):
        if needed:
            with naming_the_place(f"create {folder / name}"):
                (folder / name).mkdir(parents=True, exist_ok=True)
    for plate in plates:
        stem = folder / figures_in / plate.file
        for path, content in (
            (stem.with_suffix(".svg"), plate.wide_svg.encode()),
            (stem.with_suffix(".png"), plate.png),
        ):
            if content:
                write_bytes(path, content)
            else:
                path.unlink(missing_ok=True)
    for name, table in (tables or {}).items():
        write_bytes(folder / tables_in / f"{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())


def _data_uri(svg: str) -> Markup:
    """An SVG as an address; in the page it has fewer bytes and follows the reader's light or dark scheme.

    Only what an address or an attribute cannot hold is written as %XX, so the page stays text that packs well. That
    goes for "http" and "url" of a drawing's own names, too: who looks for what a page loads finds nothing.
    """
    return Markup("data:image/svg+xml," + _NOT_IN_AN_ADDRESS.sub(_percent, light_svg.light(svg, style.IN_THE_DARK)))


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found[0][0]):02X}{found[0][1:]}"


def _code(text: str) -> Markup:
    """Turn `…` in a sentence into code type; everything else is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
