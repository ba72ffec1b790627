"""Draws a snapshot as a picture."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from .bodies import Place
from .canvas import Box, Canvas, Layer, Point
from .layout import Regions, Scene, arrange, outward
from .palette import (
    BEDDING,
    BLACK,
    INK,
    INK_SOFT,
    RGB,
    STRAW,
    TUBE,
    TUBE_EDGE,
    WALL,
    WHITE,
    animal_colour,
    ink_on,
    mix,
)  # fmt: skip
from .panels import (
    MEDIUM,
    SMALL,
    draw_action,
    draw_contact,
    draw_contact_card,
    draw_header,
    draw_trace,
    draw_trace_card,
    trace_top,
    traced,
)  # fmt: skip
from .snapshot import AnimalView, Snapshot
from .voles import draw_glow, draw_pups, draw_tether, draw_vole

_STRAWS_PER_1000_UNITS2 = 1.1


def draw(snapshot: Snapshot, size: tuple[int, int] = (960, 540)) -> np.ndarray:
    """The picture of a snapshot, (height, width, 3) uint8, for `size` = (width, height) in pixels.

    Needs no display. What does not move is kept for the next frame, which changes nothing but the time: the same
    snapshot gives the same bytes. The sheet is 16 to 9; another shape gets a margin. Raises ValueError for a size
    outside 160 x 90 to 3840 x 2160.
    """
    scene = arrange(snapshot)
    top = trace_top(snapshot)
    still = _Still(
        scene.regions,
        scene.chambers,
        scene.tubes,
        scene.body_width,
        snapshot.chamber_names,
        snapshot.chamber_edges,
        snapshot.shut,
        snapshot.others(),
        snapshot.duration_s,
        top,
        tuple(traced(snapshot)),
        scene.body_length,
        tuple(
            (place, snapshot.animals[place.animal])
            for place in scene.places
            if place.huddle < 0 and snapshot.animals[place.animal].tethered
        ),
    )
    canvas = Canvas(size, _layer(size, still))
    _draw_animals(canvas, scene, snapshot)
    header = scene.regions.header
    draw_header(canvas, header, snapshot.title, snapshot.focal.oxtr_gain, snapshot.time_s, snapshot.duration_s)
    draw_action(canvas, scene.regions.action, snapshot)
    draw_trace(canvas, scene.regions.trace, snapshot, top)
    draw_contact(canvas, scene.regions.contact, snapshot)
    return canvas.pixels()


class _Still(NamedTuple):
    """Everything that decides how the part of a picture looks that does not move."""

    regions: Regions
    chambers: tuple[Box, ...]
    tubes: tuple[tuple[Point, Point], ...]
    body_width: float
    chamber_names: tuple[str, ...]
    chamber_edges: tuple[tuple[int, int], ...]
    shut: tuple[tuple[int, int], ...]
    others: tuple[str, ...]
    duration_s: float
    top: float
    traces: tuple[str, ...]
    body_length: float
    tethered: tuple[tuple[Place, AnimalView], ...]  # those without contact


@functools.lru_cache(maxsize=8)  # 10 MB each at the usual size
def _layer(size: tuple[int, int], still: _Still) -> Layer:
    canvas = Canvas(size)
    _draw_habitat(canvas, still)
    for place, animal in still.tethered:
        chamber = still.chambers[animal.chamber]
        draw_vole(canvas, place, still.body_length, still.body_width, _colour(place, animal), animal.withdrawn, False)
        _draw_tether(canvas, place, animal, still.body_length, still.body_width, chamber, still.regions.arena)
    draw_trace_card(canvas, still.regions.trace, still.duration_s, still.top, still.traces)
    draw_contact_card(canvas, still.regions.contact, still.others)
    return canvas.layer()


def _draw_habitat(canvas: Canvas, scene: _Still) -> None:
    bore = scene.body_width * 1.24
    for door_a, door_b in scene.tubes:
        canvas.line([door_a, door_b], TUBE_EDGE, bore + 5)
        canvas.line([door_a, door_b], TUBE, bore)
    for box, name in zip(scene.chambers, scene.chamber_names, strict=True):
        canvas.rectangle(box, BEDDING, WALL, edge_width=4, radius=12)
        _scatter_straw(canvas, box)
        canvas.text((box.centre[0], box.y0 + 17), name, SMALL, mix(INK_SOFT, WALL, 0.3), "mm")
    for (door_a, door_b), edge in zip(scene.tubes, scene.chamber_edges, strict=True):
        span = math.dist(door_a, door_b)
        along_x, along_y = (door_b[0] - door_a[0]) / span, (door_b[1] - door_a[1]) / span
        # The tube goes through the walls: drawn again, a little longer, without its edges, it opens the doors.
        start = (door_a[0] - 6 * along_x, door_a[1] - 6 * along_y)
        end = (door_b[0] + 6 * along_x, door_b[1] + 6 * along_y)
        canvas.line([start, end], TUBE, bore)
        aside_x, aside_y = -along_y * bore * 0.3, along_x * bore * 0.3
        gloss = [(start[0] - aside_x, start[1] - aside_y), (end[0] - aside_x, end[1] - aside_y)]
        canvas.line(gloss, WHITE, bore * 0.1, alpha=200)
        if edge in scene.shut:
            x, y = (door_a[0] + door_b[0]) / 2, (door_a[1] + door_b[1]) / 2
            reach_x, reach_y = -along_y * (bore / 2 + 7), along_x * (bore / 2 + 7)
            canvas.line([(x - reach_x, y - reach_y), (x + reach_x, y + reach_y)], WALL, 10)


def _scatter_straw(canvas: Canvas, box: Box) -> None:
    """Bedding: short strokes spread evenly by the golden ratio and its square, hence the same in every frame."""
    inside = box.grown(-14)
    for k in range(1, int(box.width * box.height / 1000 * _STRAWS_PER_1000_UNITS2)):
        x = inside.x0 + inside.width * (k * 0.7548776662466927 % 1.0)
        y = inside.y0 + inside.height * (k * 0.5698402909980532 % 1.0)
        tilt_x, tilt_y = 5.5 * (k * 0.618 % 1.0 - 0.5) * 2, 3.5 * (k * 0.387 % 1.0 - 0.5) * 2
        canvas.line([(x - tilt_x, y - tilt_y), (x + tilt_x, y + tilt_y)], STRAW[k % 2], 1.6)


def _draw_animals(canvas: Canvas, scene: Scene, snapshot: Snapshot) -> None:
    length, width = scene.body_length, scene.body_width
    huddles: dict[int, list[Place]] = {}
    for place in scene.places:
        if place.huddle >= 0:
            huddles.setdefault(place.huddle, []).append(place)
    for members in huddles.values():
        chamber = scene.chambers[snapshot.animals[members[0].animal].chamber]
        draw_glow(canvas, members, length, width, chamber)
    for place in scene.places:
        animal = snapshot.animals[place.animal]
        if animal.tethered and place.huddle < 0:
            continue  # already in the layer
        colour = _colour(place, animal)
        if animal.young:
            draw_pups(canvas, place, length, width, colour)
            continue
        draw_vole(canvas, place, length, width, colour, animal.withdrawn, asleep=place.huddle >= 0)
        if animal.tethered:
            _draw_tether(canvas, place, animal, length, width, scene.chambers[animal.chamber], scene.regions.arena)
        elif len(snapshot.animals) > 3:
            ink = INK if ink_on(colour) == INK else WHITE
            canvas.text((place.x, place.y), _badge(animal.name), min(MEDIUM, width * 0.62), ink, "mm")


def _colour(place: Place, animal: AnimalView) -> RGB:
    return animal_colour(animal.name, place.animal)


def _draw_tether(
    canvas: Canvas, place: Place, animal: AnimalView, length: float, width: float, chamber: Box, arena: Box
) -> None:
    """The tether and the name of an animal that stands at its wall."""
    draw_tether(canvas, place, length, width, chamber.x0 + 6 if outward(chamber, arena) < 0 else chamber.x1 - 6)
    label = animal.name.upper() + (" (withdrawn)" if animal.withdrawn else "")
    half = canvas.text_width(label, MEDIUM) / 2 + 10
    x = min(max(place.x, chamber.x0 + half), chamber.x1 - half)
    canvas.text((x, place.y + width * 0.5 + 17), label, MEDIUM, mix(_colour(place, animal), BLACK, 0.45), "mm")


def _badge(name: str) -> str:
    """The label on the back of an animal of a group: its number if the name ends in one, else its first letter."""
    digits = name[len(name.rstrip("0123456789")) :]
    return digits or name[:1].upper()
