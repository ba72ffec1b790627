"""A figure as pages show it: SVG for wide and for narrow screens and PNG, or the reason why there is none."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from socialrl.drawing import style

_ENLARGED = 1.2
"""Figures have the type size of a slide or a printed page; on a desktop screen they are shown this much larger."""


@dataclass(frozen=True)
class Plate:
    """One figure with its words; `file` is its name without suffix, `missing` the sentence shown instead."""

    file: str
    title: str
    caption: str = ""
    alt: str = ""
    wide_svg: str = ""
    narrow_svg: str = ""
    wide_px: int = 0
    png: bytes = b""
    missing: str = ""


def drawn(
    file: str,
    title: str,
    make: Callable[[bool], Figure | None],
    *,
    caption: Callable[[], str],
    alt: Callable[[], str],
    missing: Callable[[], str],
) -> Plate:
    """Return a figure drawn for wide and narrow screens; `make` is given whether it is narrow.

    The words are asked for only where they are needed: `missing` when `make` returns None, the others when it does not.
    """
    with style.house_style():
        wide, narrow = make(False), make(True)
        if wide is None or narrow is None:
            return Plate(file, title, missing=missing())
        wide_svg = style.svg_text(wide, file)
        wide.set_layout_engine("none")  # the layout is fixed, so the second file need not compute it again
        buffer = io.BytesIO()
        style.save_png(wide, buffer)
        return Plate(
            file,
            title,
            caption(),
            alt(),
            wide_svg,
            style.svg_text(narrow, f"{file}-narrow"),
            round(wide.get_size_inches()[0] * 96 * _ENLARGED),
            buffer.getvalue(),
        )
