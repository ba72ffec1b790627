"""A sheet to draw on: 960 x 540 units whatever the pixel size, shapes smoothed by drawing at twice the size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .palette import PAGE, RGB

WIDTH, HEIGHT = 960, 540
SMALLEST_PX, LARGEST_PX = (160, 90), (3840, 2160)

_SUPERSAMPLE = 2

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


class Canvas:
    """Draws shapes and text in sheet units; `pixels()` hands out the picture.

    Text is kept back and drawn last, at the final size, because letters stay crisper that way than when they are shrunk.
    Raises ValueError for a pixel size outside 160 x 90 to 3840 x 2160.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        if not (SMALLEST_PX[0] <= width <= LARGEST_PX[0] and SMALLEST_PX[1] <= height <= LARGEST_PX[1]):
            raise ValueError(
                f"size must be (width, height) from {SMALLEST_PX} to {LARGEST_PX} pixels, got ({width}, {height})"
            )
        self._size = (int(width), int(height))
        self._scale = min(width / WIDTH, height / HEIGHT)
        self._shift = ((width / self._scale - WIDTH) / 2, (height / self._scale - HEIGHT) / 2)
        self._image = Image.new("RGB", (int(width) * _SUPERSAMPLE, int(height) * _SUPERSAMPLE), PAGE)
        self._pen = ImageDraw.Draw(self._image, "RGBA")
        self._texts: list[tuple[Point, str, float, RGB, str]] = []
        self._fonts: dict[float, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def rectangle(
        self,
        box: Box,
        fill: RGB | None = None,
        edge: RGB | None = None,
        edge_width: float = 1.0,
        radius: float = 0.0,
    ) -> None:
        self._pen.rounded_rectangle(
            self._corners(box), self._length(radius), fill, edge, max(1, round(self._length(edge_width)))
        )

    def ellipse(self, centre: Point, radius_x: float, radius_y: float, fill: RGB, alpha: int = 255) -> None:
        x, y = centre
        self._pen.ellipse(self._corners(Box(x - radius_x, y - radius_y, x + radius_x, y + radius_y)), (*fill, alpha))

    def polygon(self, points: Sequence[Point], fill: RGB, alpha: int = 255) -> None:
        self._pen.polygon([self._at(point) for point in points], (*fill, alpha))

    def line(
        self, points: Sequence[Point], fill: RGB, width: float, alpha: int = 255, round_ends: bool = False
    ) -> None:
        ends = [self._at(point) for point in points]
        width_px = max(1, round(self._length(width)))
        self._pen.line(ends, (*fill, alpha), width_px, joint="curve" if len(ends) > 2 else None)
        if round_ends:
            for x, y in (ends[0], ends[-1]):
                self._pen.ellipse((x - width_px / 2, y - width_px / 2, x + width_px / 2, y + width_px / 2), fill)

    def glow(self, box: Box, colour: RGB, strength: float, clip: Box) -> None:
        """A soft ellipse of light that fills `box`, not beyond `clip`; `strength` (0..1) is its opacity in the middle."""
        x0, y0, x1, y1 = (round(value) for value in self._corners(box))
        # radial_gradient is 0 in the middle and 255 from the inscribed circle's rim on; the square makes the rim fade out softly.
        fade = [round(255 * strength * max(0.0, 1 - level / 180) ** 1.5) for level in range(256)]
        mask = Image.radial_gradient("L").point(fade).resize((max(1, x1 - x0), max(1, y1 - y0)))
        left, top, right, bottom = (round(value) for value in self._corners(clip))
        left, top, right, bottom = max(left, x0), max(top, y0), min(right, x1), min(bottom, y1)
        if left < right and top < bottom:
            self._image.paste(colour, (left, top), mask.crop((left - x0, top - y0, right - x0, bottom - y0)))

    def text(
        self, at: Point, text: str, height: float, fill: RGB, anchor: str = "lm", max_width: float | None = None
    ) -> None:
        """Puts `text` at `at`; `anchor` as in Pillow ("lm" = left, middle). Text wider than `max_width` is cut with an ellipsis."""
        if max_width is not None and self.text_width(text, height) > max_width:
            while text and self.text_width(text + "…", height) > max_width:
                text = text[:-1]
            text = text.rstrip() + "…"
        self._texts.append((at, text, height, fill, anchor))

    def text_width(self, text: str, height: float) -> float:
        return self._font(height).getlength(text) / self._scale

    def pixels(self) -> np.ndarray:
        """The picture, (height, width, 3) uint8."""
        image = self._image.reduce(_SUPERSAMPLE)
        pen = ImageDraw.Draw(image)
        for (x, y), text, height, fill, anchor in self._texts:
            at = ((x + self._shift[0]) * self._scale, (y + self._shift[1]) * self._scale)
            pen.text(at, text, fill, self._font(height), anchor)
        return np.array(image)

    def _font(self, height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        if height not in self._fonts:
            self._fonts[height] = ImageFont.load_default(max(6.0, height * self._scale))
        return self._fonts[height]

    def _length(self, units: float) -> float:
        return units * self._scale * _SUPERSAMPLE

    def _at(self, point: Point) -> Point:
        return self._length(point[0] + self._shift[0]), self._length(point[1] + self._shift[1])

    def _corners(self, box: Box) -> tuple[float, float, float, float]:
        return (*self._at((box.x0, box.y0)), *self._at((box.x1, box.y1)))
