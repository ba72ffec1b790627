"""The words of a figure and where they stand, for tests that none stands on another."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def words(figure):
    """Return every text that is drawn, with its box in pixels; a figure holds labels that never are."""
    canvas = FigureCanvasAgg(figure)
    seen = []
    draw = Text.draw

    def draw_and_remember(self, *arguments):
        if self.get_visible() and self.get_text().strip():
            seen.append(self)
        draw(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", draw_and_remember)
        canvas.draw()
    renderer = canvas.get_renderer()
    return [(one.get_text().strip(), one.get_window_extent(renderer)) for one in seen]


def touching(found):
    """Return the pairs of words that stand on each other."""
    pairs = itertools.combinations(found, 2)
    return [(one, other) for (one, box), (other, second) in pairs if box.padded(-0.5).overlaps(second.padded(-0.5))]
