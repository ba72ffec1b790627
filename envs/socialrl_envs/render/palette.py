"""Colours of pictures: the set of Okabe and Ito (2008), which colour-blind people can distinguish."""

from __future__ import annotations

RGB = tuple[int, int, int]

BLACK: RGB = (0, 0, 0)
WHITE: RGB = (255, 255, 255)

# Okabe & Ito, "Color universal design", 2008.
ORANGE: RGB = (230, 159, 0)
SKY_BLUE: RGB = (86, 180, 233)
BLUISH_GREEN: RGB = (0, 158, 115)
YELLOW: RGB = (240, 228, 66)
BLUE: RGB = (0, 114, 178)
VERMILLION: RGB = (213, 94, 0)
REDDISH_PURPLE: RGB = (204, 121, 167)

FOCAL: RGB = (66, 60, 56)
ANIMALS: dict[str, RGB] = {"focal": FOCAL, "partner": BLUISH_GREEN, "stranger": ORANGE}
OTHER_ANIMALS: tuple[RGB, ...] = (SKY_BLUE, VERMILLION, BLUE, YELLOW, REDDISH_PURPLE, (150, 150, 150), (128, 96, 60))

OXYTOCIN = REDDISH_PURPLE
RECEPTOR_SIGNAL = BLUE
STRESS = VERMILLION
GLOW: RGB = (240, 96, 150)

PAGE: RGB = (247, 245, 240)
CARD: RGB = (255, 255, 255)
CARD_EDGE: RGB = (222, 217, 207)
BEDDING: RGB = (240, 230, 208)
STRAW: tuple[RGB, RGB] = ((226, 210, 176), (250, 243, 228))
WALL: RGB = (138, 128, 114)
TUBE: RGB = (228, 233, 235)
TUBE_EDGE: RGB = (160, 166, 170)
CORD: RGB = (92, 84, 76)
TRACK: RGB = (232, 228, 220)
INK: RGB = (38, 36, 34)
INK_SOFT: RGB = (104, 98, 90)


def mix(colour: RGB, other: RGB, share: float) -> RGB:
    """`colour` with `share` (0..1) of `other` in it."""
    red, green, blue = (round(c + (o - c) * share) for c, o in zip(colour, other, strict=True))
    return red, green, blue


def animal_colour(name: str, index: int) -> RGB:
    """Colour of an animal: by the first word of its name, the focal one's for number 0, else by `index`."""
    kind = name.replace("-", " ").replace("_", " ").split(" ")[0].lower()
    if index == 0:
        return ANIMALS.get(kind, FOCAL)
    return ANIMALS.get(kind) or OTHER_ANIMALS[(index - 1) % len(OTHER_ANIMALS)]


def ink_on(colour: RGB) -> RGB:
    """Black or white, whichever reads better on `colour` (relative luminance, ITU-R BT.601 weights)."""
    luminance = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return INK if luminance > 140 else WHITE
