"""What many tests of pages share."""

from __future__ import annotations

from typing import BinaryIO

import pytest
from matplotlib.figure import Figure

from socialrl.drawing import style


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of pages are made, but not laid out and not written as SVG and PNG, which takes most of their time.

    For tests that read the words of a page or look which files are there; what a figure looks like has its own tests.
    """

    def png(_: Figure, file: BinaryIO) -> None:
        file.write(b"\x89PNG")

    monkeypatch.setattr(style, "svg_text", lambda _figure, name: f"<svg><!-- {name} --><defs></defs></svg>")
    monkeypatch.setattr(style, "save_png", png)
