"""A line above the frames of a film that says whose it is, in the colour that the group has everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from socialrl.drawing.groups import Group

_HEIGHT_SHARE = 1 / 15
_INKS = ((0, 0, 0), (255, 255, 255))


def with_banner(frames: Sequence[np.ndarray], group: Group, animal: str, sex: str) -> list[np.ndarray]:
    """Return frames, each uint8 (height, width, 3), with a banner on top: group, animal, sex; a 15th higher."""
    height, width, _ = frames[0].shape
    banner = _banner(width, 2 * round(height * _HEIGHT_SHARE / 2), group, f"{animal} · {sex}")
    return [np.vstack([banner, frame]) for frame in frames]


def _banner(width: int, height: int, group: Group, animal: str) -> np.ndarray:
    red, green, blue = (int(group.colour[at : at + 2], 16) for at in (1, 3, 5))
    image = Image.new("RGB", (width, height), (red, green, blue))
    # black or white, whichever is further from the colour in luminance (WCAG 2.2)
    dark = _luminance((red, green, blue)) > 0.179
    font = ImageFont.load_default(size=0.6 * height)
    ImageDraw.Draw(image).text(
        (height / 2, height / 2), f"{group.name} · {animal}", fill=_INKS[0 if dark else 1], font=font, anchor="lm"
    )
    return np.asarray(image)


def _luminance(colour: tuple[int, int, int]) -> float:
    channels = [value / 255 for value in colour]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
