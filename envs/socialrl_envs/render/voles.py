"""A prairie vole from above, its tether, and the glow around animals in contact. All drawing is our own."""

from __future__ import annotations

import math

from .bodies import TAIL_SHARE, Place
from .canvas import Box, Canvas, Point
from .palette import BEDDING, BLACK, CORD, GLOW, INK, RGB, WHITE, ink_on, mix

_NOSE: RGB = (214, 140, 140)

# Half outline of the body, nose to rump: (share of length along the axis, share of width off the axis).
_OUTLINE = (
    (0.500, 0.00), (0.490, 0.07), (0.455, 0.15), (0.405, 0.22), (0.345, 0.275), (0.285, 0.305), (0.235, 0.325),
    (0.175, 0.355), (0.100, 0.410), (0.010, 0.465), (-0.090, 0.495), (-0.190, 0.500), (-0.280, 0.475),
    (-0.360, 0.420), (-0.425, 0.335), (-0.470, 0.225), (-0.494, 0.110), (-0.500, 0.00),
)  # fmt: skip


def body_outline(place: Place, length: float, width: float) -> list[Point]:
    """Closed outline of the body (without ears, feet and tail), in sheet units."""
    half = [(along * length, aside * width) for along, aside in _OUTLINE]
    other_half = [(along, -aside) for along, aside in reversed(half[1:-1])]
    return [_turn(place, point) for point in (*half, *other_half)]


def draw_vole(
    canvas: Canvas, place: Place, length: float, width: float, colour: RGB, withdrawn: bool, asleep: bool
) -> None:
    """Draws one animal; a withdrawn one is pale, one in a huddle has its eyes closed."""
    fur = mix(colour, BEDDING, 0.5) if withdrawn else colour
    edge = mix(fur, BLACK, 0.38)
    light = mix(fur, WHITE, 0.22)
    skin = mix(fur, _NOSE, 0.65)

    def at(along: float, aside: float) -> Point:
        return _turn(place, (along * length, aside * width))

    def spot(along: float, aside: float, radius: float, fill: RGB) -> None:
        canvas.ellipse(at(along, aside), radius * width, radius * width, fill)

    shadow = place._replace(x=place.x + 0.03 * width, y=place.y + 0.09 * width)
    canvas.polygon(body_outline(shadow, length * 1.02, width * 1.04), BLACK, alpha=38)
    # The tail of a prairie vole is short: about a fifth of the body.
    tail = [at(-0.47, 0.0), at(-0.53, 0.03), at(-0.58, 0.01), at(-0.5 - TAIL_SHARE, -0.07)]
    canvas.line(tail, edge, 0.075 * width, round_ends=True)
    for side in (-1, 1):
        spot(0.19, side * 0.36, 0.085, skin)
        spot(-0.33, side * 0.455, 0.095, skin)
    canvas.polygon(body_outline(place, length, width), edge)
    canvas.polygon(body_outline(place, length - 0.09 * width, width * 0.91), fur)
    back = place._replace(x=at(-0.11, 0.0)[0], y=at(-0.11, 0.0)[1])
    canvas.polygon(_oval(back, 0.28 * length, 0.27 * width), light, alpha=150)
    for side in (-1, 1):
        ear = at(0.235, side * 0.265)
        canvas.ellipse(ear, 0.125 * width, 0.125 * width, edge)
        canvas.ellipse(ear, 0.08 * width, 0.08 * width, skin)
        eye = at(0.385, side * 0.155)
        if asleep:
            canvas.line([at(0.36, side * 0.185), at(0.41, side * 0.145)], mix(fur, ink_on(fur), 0.8), 0.05 * width)
        else:
            canvas.ellipse(eye, 0.066 * width, 0.066 * width, mix(fur, WHITE, 0.55))
            canvas.ellipse(eye, 0.048 * width, 0.048 * width, BLACK)
    spot(0.482, 0.0, 0.05, _NOSE)


def draw_pups(canvas: Canvas, place: Place, length: float, width: float, coat: RGB) -> None:
    """A heap of four pups: small, pale, asleep, on the place of one grown animal."""
    pale = mix(coat, WHITE, 0.45)
    for k, (along, aside) in enumerate(((-0.2, -0.26), (0.18, -0.22), (-0.16, 0.24), (0.22, 0.26))):
        x, y = _turn(place, (along * length, aside * width))
        pup = place._replace(x=x, y=y, heading_deg=place.heading_deg + 40.0 * (k - 1.5))
        draw_vole(canvas, pup, 0.44 * length, 0.44 * width, pale, False, True)


def draw_tether(canvas: Canvas, place: Place, length: float, width: float, wall_x: float) -> None:
    """A collar and a cord to a ring in the wall at x = `wall_x`, level with the animal."""
    canvas.line([_turn(place, (0.15 * length, -0.37 * width)), _turn(place, (0.15 * length, 0.37 * width))], INK, 4.0)
    start = _turn(place, (0.15 * length, 0.0))
    end = (wall_x, place.y)
    sag = 0.16 * width
    cord = []
    for k in range(13):
        share = k / 12
        y = start[1] + (end[1] - start[1]) * share + sag * math.sin(math.pi * share)
        cord.append((start[0] + (end[0] - start[0]) * share, y))
    canvas.line(cord, CORD, 2.5)
    canvas.ellipse(start, 3.2, 3.2, CORD)
    canvas.ellipse(end, 6.0, 6.0, CORD)
    canvas.ellipse(end, 2.6, 2.6, BEDDING)


def draw_glow(canvas: Canvas, places: list[Place], length: float, width: float, chamber: Box) -> None:
    """A soft warm light behind a huddle, within its chamber."""
    xs, ys = [place.x for place in places], [place.y for place in places]
    box = Box(min(xs) - length / 2, min(ys) - width / 2, max(xs) + length / 2, max(ys) + width / 2)
    canvas.glow(box.grown(0.95 * width), GLOW, 0.8, chamber.grown(-4))


def _turn(place: Place, point: Point) -> Point:
    """`point` (along, aside) of the body's own axes, on the sheet. Mirrored for animals that head left."""
    angle = math.radians(place.heading_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    # Without this a body that heads left would be the right-heading one upside down, not its mirror image.
    aside = point[1] if cos >= 0 else -point[1]
    return place.x + point[0] * cos - aside * sin, place.y + point[0] * sin + aside * cos


def _oval(place: Place, radius_along: float, radius_aside: float) -> list[Point]:
    return [
        _turn(place, (radius_along * math.cos(turn), radius_aside * math.sin(turn)))
        for turn in (2 * math.pi * k / 28 for k in range(28))
    ]
