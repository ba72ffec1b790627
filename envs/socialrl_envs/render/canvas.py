"""A sheet to draw on: 960 x 540 units whatever the pixel size, shapes smoothed by drawing at twice the size.

Most of a picture is the same in every frame of a film. A canvas that has drawn this part returns it as a `Layer`, and
the canvas of a frame begins with it: only what is drawn on top is smoothed again. The bytes are those of a drawing from
scratch.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .lettering import width_px, write
from .palette import PAGE, RGB

WIDTH, HEIGHT = 960, 540
SMALLEST_PX, LARGEST_PX = (160, 90), (3840, 2160)

_SUPERSAMPLE = 2
_TILE_PX = 32  # what changed is kept in squares of this many pixels

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle in sheet units."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> Point:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def exit_towards(self, target: Point) -> Point:
        """Where the straight line from the centre to `target`, a point outside, crosses the edge."""
        x, y = self.centre
        dx, dy = target[0] - x, target[1] - y
        share_x = self.width / 2 / abs(dx) if abs(dx) > 1e-9 else math.inf
        share_y = self.height / 2 / abs(dy) if abs(dy) > 1e-9 else math.inf
        share = min(share_x, share_y)
        return x + dx * share, y + dy * share

    def grown(self, margin: float) -> Box:
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


_Text = tuple[Point, str, float, RGB, str]


class Layer(NamedTuple):
    """What a canvas has drawn: shapes at twice the size and smoothed (height, width, 3), and texts, which come last."""

    large: Image.Image
    smooth: NDArray[np.uint8]
    texts: tuple[_Text, ...]
    free: list[Image.Image]  # copies of `large` that a frame may draw on


class Canvas:
    """Draws shapes and text in sheet units; `pixels()` returns the picture. A `layer` is drawn first.

    Text is kept back and drawn last, at the final size, because letters stay crisper that way than when they are
    shrunk. Raises ValueError for a pixel size outside 160 x 90 to 3840 x 2160.
    """

    def __init__(self, size: tuple[int, int], layer: Layer | None = None) -> None:
        width, height = size
        if not (SMALLEST_PX[0] <= width <= LARGEST_PX[0] and SMALLEST_PX[1] <= height <= LARGEST_PX[1]):
            raise ValueError(
                f"size must be (width, height) from {SMALLEST_PX} to {LARGEST_PX} pixels, got ({width}, {height})"
            )
        self._size = (int(width), int(height))
        self._scale = min(width / WIDTH, height / HEIGHT)
        self._shift = ((width / self._scale - WIDTH) / 2, (height / self._scale - HEIGHT) / 2)
        self._large_scale = self._scale * _SUPERSAMPLE
        self._layer = layer
        if layer is None:
            self._image = Image.new("RGB", (int(width) * _SUPERSAMPLE, int(height) * _SUPERSAMPLE), PAGE)
        else:
            self._image = layer.free.pop() if layer.free else layer.large.copy()
        self._pen = ImageDraw.Draw(self._image, "RGBA")
        self._texts: list[_Text] = list(layer.texts) if layer is not None else []
        self._changed = np.zeros((-(-int(height) // _TILE_PX), -(-int(width) // _TILE_PX)), dtype=np.bool_)

    def rectangle(
        self,
        box: Box,
        fill: RGB | None = None,
        edge: RGB | None = None,
        edge_width: float = 1.0,
        radius: float = 0.0,
    ) -> None:
        corners = self._corners(box)
        self._touch(*corners)
        self._pen.rounded_rectangle(corners, self._length(radius), fill, edge, max(1, round(self._length(edge_width))))

    def ellipse(self, centre: Point, radius_x: float, radius_y: float, fill: RGB, alpha: int = 255) -> None:
        x, y = centre
        corners = self._corners(Box(x - radius_x, y - radius_y, x + radius_x, y + radius_y))
        self._touch(*corners)
        self._pen.ellipse(corners, (*fill, alpha))

    def polygon(self, points: Sequence[Point], fill: RGB, alpha: int = 255) -> None:
        outline = [self._at(point) for point in points]
        xs, ys = [x for x, _ in outline], [y for _, y in outline]
        self._touch(min(xs), min(ys), max(xs), max(ys))
        self._pen.polygon(outline, (*fill, alpha))

    def line(
        self, points: Sequence[Point], fill: RGB, width: float, alpha: int = 255, round_ends: bool = False
    ) -> None:
        """A line through `points`. Corners are rounded, except where points are too dense for it to be seen."""
        ends = [self._at(point) for point in points]
        thick = max(1, round(self._length(width)))
        # a line's own box may be nearly the whole sheet: short stretches, each with its own
        for first in range(0, max(1, len(ends) - 1), 16):
            stretch = ends[first : first + 17]
            xs, ys = [x for x, _ in stretch], [y for _, y in stretch]
            self._touch(min(xs) - thick, min(ys) - thick, max(xs) + thick, max(ys) + thick)
        self._pen.line(ends, (*fill, alpha), thick, joint="curve" if 2 < len(ends) < 60 else None)
        if round_ends:
            for x, y in (ends[0], ends[-1]):
                self._pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill)

    def glow(self, box: Box, colour: RGB, strength: float, clip: Box) -> None:
        """A soft ellipse of light that fills `box` inside `clip`; `strength` (0..1) is its opacity in the middle."""
        x0, y0, x1, y1 = (round(value) for value in self._corners(box))
        mask = _light(strength, max(1, x1 - x0), max(1, y1 - y0))
        left, top, right, bottom = (round(value) for value in self._corners(clip))
        left, top, right, bottom = max(left, x0), max(top, y0), min(right, x1), min(bottom, y1)
        if left < right and top < bottom:
            self._touch(left, top, right, bottom)
            self._image.paste(colour, (left, top), mask.crop((left - x0, top - y0, right - x0, bottom - y0)))

    def text(
        self, at: Point, text: str, height: float, fill: RGB, anchor: str = "lm", max_width: float | None = None
    ) -> None:
        """Puts `text` at `at`; `anchor` as in Pillow ("lm" = left, middle). Text beyond `max_width` is cut."""
        if max_width is not None and self.text_width(text, height) > max_width:
            while text and self.text_width(text + "…", height) > max_width:
                text = text[:-1]
            text = text.rstrip() + "…"
        self._texts.append((at, text, height, fill, anchor))

    def text_width(self, text: str, height: float) -> float:
        return width_px(text, self._font_px(height)) / self._scale

    def layer(self) -> Layer:
        """What has been drawn so far, for other canvases of this size; this one must not be used afterwards."""
        return Layer(self._image, np.array(self._image.reduce(_SUPERSAMPLE)), tuple(self._texts), [])

    def pixels(self) -> NDArray[np.uint8]:
        """The picture, (height, width, 3) uint8. Nothing can be drawn after it."""
        if self._layer is None:
            picture = np.array(self._image.reduce(_SUPERSAMPLE))
        else:
            picture = self._layer.smooth.copy()
            boxes = self._changed_boxes()
            for left, top, right, bottom in boxes:
                large = self._image.crop(_enlarged((left, top, right, bottom)))
                picture[top:bottom, left:right] = np.asarray(large.reduce(_SUPERSAMPLE))
            for box in boxes:
                corners = _enlarged(box)
                self._image.paste(self._layer.large.crop(corners), corners[:2])
            self._layer.free.append(self._image)  # as it was, for the next frame
        for (x, y), text, height, fill, anchor in self._texts:
            at = ((x + self._shift[0]) * self._scale, (y + self._shift[1]) * self._scale)
            write(picture, at, text, self._font_px(height), fill, anchor)
        return picture

    def _font_px(self, height: float) -> float:
        return max(6.0, height * self._scale)

    def _touch(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Record that something was drawn within a rectangle of the large picture."""
        side = _TILE_PX * _SUPERSAMPLE
        left, top = max(0, int(x0 - 2) // side), max(0, int(y0 - 2) // side)
        self._changed[top : int(y1 + 2) // side + 1, left : int(x1 + 2) // side + 1] = True

    def _length(self, units: float) -> float:
        return units * self._large_scale

    def _at(self, point: Point) -> Point:
        return (point[0] + self._shift[0]) * self._large_scale, (point[1] + self._shift[1]) * self._large_scale

    def _corners(self, box: Box) -> tuple[float, float, float, float]:
        return (*self._at((box.x0, box.y0)), *self._at((box.x1, box.y1)))

    def _changed_boxes(self) -> list[tuple[int, int, int, int]]:
        """What was drawn on, as a few rectangles in pixels: runs of tiles, joined with nearly equal ones above."""
        open_runs: list[list[int]] = []  # first and last tile, first and last row, as slices have them
        done: list[list[int]] = []
        for row, tiles in enumerate(self._changed.tolist()):
            runs = []
            first = 0
            while True in tiles[first:]:
                first = tiles.index(True, first)
                last = tiles.index(False, first) if False in tiles[first:] else len(tiles)
                above = next((run for run in open_runs if abs(run[0] - first) + abs(run[1] - last) <= 3), None)
                if above is None:
                    runs.append([first, last, row, row + 1])
                else:
                    open_runs.remove(above)
                    runs.append([min(above[0], first), max(above[1], last), above[2], row + 1])
                first = last
            done += open_runs
            open_runs = runs
        width, height = self._size
        return [
            (left * _TILE_PX, top * _TILE_PX, min(right * _TILE_PX, width), min(bottom * _TILE_PX, height))
            for left, right, top, bottom in (*done, *open_runs)
        ]


def _enlarged(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A rectangle of the final picture in the large one."""
    left, top, right, bottom = box
    return _SUPERSAMPLE * left, _SUPERSAMPLE * top, _SUPERSAMPLE * right, _SUPERSAMPLE * bottom


@functools.lru_cache(maxsize=32)
def _light(strength: float, width: int, height: int) -> Image.Image:
    """Mask of a soft ellipse of light."""
    # radial_gradient is 0 in the middle and 255 from the inscribed circle's rim on; the power makes the rim fade out
    # softly
    fade = [round(255 * strength * max(0.0, 1 - level / 180) ** 1.5) for level in range(256)]
    return Image.radial_gradient("L").point(fade).resize((width, height))
