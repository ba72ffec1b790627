"""How the HTML pages are filled in: escaped by default, a missing value is an error, pictures are put into the page."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2


def environment(folder: Path) -> jinja2.Environment:
    """Return the template environment of the pages whose templates lie in `folder` or here; its filter `data_uri` takes SVG text."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["data_uri"] = _data_uri
    return made


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
