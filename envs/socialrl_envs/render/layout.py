"""Where things go on the sheet: panels, chambers, tubes and the animals on them. Pure geometry, in sheet units."""

from __future__ import annotations

from typing import NamedTuple

from .bodies import BODY_ASPECT, Place, columns_and_body_width, floor_of, in_chamber, in_tubes
from .canvas import Box, Point
from .snapshot import Snapshot

_TUBE_LENGTH, _TUBE_LENGTH_GRID = 46.0, 32.0


class Regions(NamedTuple):
    """The parts of the sheet."""

    header: Box
    arena: Box
    action: Box
    trace: Box
    contact: Box


class Scene(NamedTuple):
    """Everything that is placed: chambers, tubes (door to door), bodies and their common size."""

    regions: Regions
    chambers: tuple[Box, ...]
    tubes: tuple[tuple[Point, Point], ...]
    places: tuple[Place, ...]
    body_length: float
    body_width: float


def arrange(snapshot: Snapshot) -> Scene:
    """Places everything for `snapshot`. Bodies never overlap inside a chamber; huddling ones touch."""
    regions = _regions(snapshot)
    chambers = _chambers(snapshot, regions.arena)
    columns, width = columns_and_body_width(floor_of(chambers[0], snapshot), len(snapshot.animals))
    length = width * BODY_ASPECT
    tubes = tuple(
        (chambers[a].exit_towards(chambers[b].centre), chambers[b].exit_towards(chambers[a].centre))
        for a, b in snapshot.chamber_edges
    )
    places = in_tubes(snapshot, chambers, width)
    for chamber, box in enumerate(chambers):
        places += in_chamber(snapshot, chamber, box, outward(box, regions.arena), columns, width)
    return Scene(regions, chambers, tubes, tuple(sorted(places)), length, width)


def outward(chamber: Box, arena: Box) -> int:
    """-1 where the chamber's outer wall is the left one, +1 where it is the right one (left for one in the middle)."""
    return 1 if chamber.centre[0] > arena.centre[0] + 1 else -1


def _regions(snapshot: Snapshot) -> Regions:
    heights = [y for _, y in snapshot.chamber_xy]
    header = Box(16, 0, 944, 62)
    if max(heights) - min(heights) < 1e-9:
        return Regions(
            header, Box(16, 74, 944, 306), Box(16, 310, 944, 342), Box(16, 348, 532, 528), Box(544, 348, 944, 528)
        )
    # Chambers above one another need the height, so the panels go beside them.
    return Regions(
        header, Box(16, 74, 578, 528), Box(590, 74, 944, 106), Box(590, 114, 944, 286), Box(590, 298, 944, 528)
    )


def _chambers(snapshot: Snapshot, arena: Box) -> tuple[Box, ...]:
    """The largest equal boxes that keep the arrangement and leave room for tubes between them."""
    xs, ys = zip(*snapshot.chamber_xy, strict=True)
    across = [_unit(x, min(xs), max(xs)) for x in xs]
    down = [_unit(y, min(ys), max(ys)) for y in ys]
    one_row = max(ys) - min(ys) < 1e-9
    gap = _TUBE_LENGTH if one_row else _TUBE_LENGTH_GRID
    pairs = [(a, b) for a in range(len(xs)) for b in range(a)]
    width, height = 0.0, 0.0
    for percent in range(100, 0, -1):
        width = min(arena.width * percent / 100, 400.0)
        height = arena.height * (1.0 if one_row else percent / 100)
        room_x, room_y = arena.width - width, arena.height - height
        apart_enough = all(
            abs(across[a] - across[b]) * room_x >= width + gap or abs(down[a] - down[b]) * room_y >= height + gap
            for a, b in pairs
        )
        if apart_enough:
            break
    boxes = []
    for x, y in zip(across, down, strict=True):
        x0 = arena.x0 + x * (arena.width - width)
        y0 = arena.y0 + y * (arena.height - height)
        boxes.append(Box(x0, y0, x0 + width, y0 + height))
    return tuple(boxes)


def _unit(value: float, low: float, high: float) -> float:
    return 0.5 if high - low < 1e-9 else (value - low) / (high - low)
