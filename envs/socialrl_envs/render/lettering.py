"""Fonts and letters: each word is drawn once and kept as a mask, because frames of a film repeat words."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .palette import RGB

_MARGIN_PX = 2


class _Word(NamedTuple):
    """A word's letters: `mask` (height, width, 1) uint16 from 0 to 255, its upper left corner in pixels."""

    mask: NDArray[np.uint16]
    left: int
    top: int


@functools.lru_cache(maxsize=64)
def font_of(height_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font at a height in pixels."""
    return ImageFont.load_default(height_px)


@functools.lru_cache(maxsize=4096)
def width_px(text: str, height_px: float) -> float:
    """Return how wide a text is, in pixels."""
    return font_of(height_px).getlength(text)


def write(
    picture: NDArray[np.uint8], at: tuple[float, float], text: str, height_px: float, ink: RGB, anchor: str
) -> None:
    """Write `text` into `picture` (height, width, 3) at a place in pixels; `anchor` as in Pillow."""
    if not text:
        return
    (part_x, x), (part_y, y) = math.modf(at[0]), math.modf(at[1])
    word = _word(text, height_px, anchor, part_x, part_y)
    left, top = int(x) + word.left, int(y) + word.top
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + word.mask.shape[1], picture.shape[1]), min(top + word.mask.shape[0], picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    mask = word.mask[y0 - top : y1 - top, x0 - left : x1 - left]
    below = picture[y0:y1, x0:x1]
    mixed = below * (255 - mask) + np.array(ink, dtype=np.uint16) * mask + 128
    below[:] = ((mixed >> 8) + mixed) >> 8  # a division by 255, rounded


@functools.lru_cache(maxsize=2048)
def _word(text: str, height_px: float, anchor: str, part_x: float, part_y: float) -> _Word:
    """The letters of a word that begins at a fraction of a pixel."""
    font = font_of(height_px)
    left, top, right, bottom = (
        math.floor(edge) for edge in ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font, anchor)
    )
    left, top = left - _MARGIN_PX, top - _MARGIN_PX
    image = Image.new("L", (right - left + 2 * _MARGIN_PX, bottom - top + 2 * _MARGIN_PX))
    ImageDraw.Draw(image).text((part_x - left, part_y - top), text, 255, font, anchor)
    return _Word(np.asarray(image, dtype=np.uint16)[:, :, None], left, top)
