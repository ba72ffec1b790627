"""Where things go on the sheet: panels, chambers, tubes and every animal's body. Pure geometry, in sheet units."""

from __future__ import annotations

import math
from typing import NamedTuple

from .canvas import Box, Point
from .snapshot import Snapshot

# Body length over body width of a vole seen from above.
BODY_ASPECT = 1.9
TAIL_SHARE = 0.14

_LARGEST_WIDTH = 50.0
_GAP_BETWEEN = 0.34
_COLUMN_PITCH = 1 + 2 * TAIL_SHARE + 0.02
_CHAMBER_LABEL = 27.0
_TETHER_LABEL = 22.0
_TUBE_GAP = (46.0, 32.0)
_LEAN_DEG = 5.0


class Regions(NamedTuple):
    """The parts of the sheet."""

    header: Box
    arena: Box
    action: Box
    trace: Box
    contact: Box


class Place(NamedTuple):
    """Where one animal's body is: centre, heading (degrees, 0 = right, 90 = down) and the group it huddles with (-1 = none)."""

    animal: int
    x: float
    y: float
    heading_deg: float
    huddle: int


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
    columns, width = _columns_and_body_width(_room(chambers[0], snapshot), len(snapshot.animals))
    length = width * BODY_ASPECT
    tubes = tuple(_doors(chambers[a], chambers[b]) for a, b in snapshot.chamber_edges)
    places: list[Place] = []
    for chamber, box in enumerate(chambers):
        places += _in_chamber(snapshot, chamber, box, regions.arena, columns, width)
    places += _in_tubes(snapshot, chambers, width)
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
    pairs = [(a, b) for a in range(len(xs)) for b in range(a)]
    width, height = 0.0, 0.0
    for percent in range(100, 0, -1):
        width = min(arena.width * percent / 100, 400.0)
        height = arena.height * (1.0 if one_row else percent / 100)
        room_x, room_y = arena.width - width, arena.height - height
        apart_enough = all(
            abs(across[a] - across[b]) * room_x >= width + _TUBE_GAP[0]
            or abs(down[a] - down[b]) * room_y >= height + _TUBE_GAP[1]
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


def _room(chamber: Box, snapshot: Snapshot) -> Box:
    """The floor that bodies may stand on: inside the walls, below the chamber's name, above the labels of the tethered."""
    labels = _TETHER_LABEL if any(animal.tethered for animal in snapshot.animals) else 0.0
    return Box(chamber.x0 + 10, chamber.y0 + _CHAMBER_LABEL, chamber.x1 - 10, chamber.y1 - 10 - labels)


def _columns_and_body_width(room: Box, n_animals: int) -> tuple[int, float]:
    """Number of columns of bodies and the largest body width with which all `n_animals` fit in one room."""
    best_columns, best_width = 1, 0.0
    for columns in range(1, n_animals + 1):
        rows = math.ceil(n_animals / columns)
        width = min(
            room.height / (rows + _GAP_BETWEEN * rows),
            room.width / (columns * BODY_ASPECT * _COLUMN_PITCH),
            _LARGEST_WIDTH,
        )
        # A later tie has more columns than needed; the first has room to spare between them.
        if width > best_width + 1e-9:
            best_columns, best_width = columns, width
    return best_columns, best_width


def _huddles(snapshot: Snapshot, chamber: int) -> list[list[int]]:
    """Animals standing in `chamber`, grouped into those linked by contact; neighbours in contact follow one another."""
    here = [
        index
        for index, animal in enumerate(snapshot.animals)
        if animal.chamber == chamber and animal.travel_to is None
    ]
    linked: dict[int, list[int]] = {index: [] for index in here}
    for a, b in snapshot.contacts:
        if a in linked:
            linked[a].append(b)
            linked[b].append(a)
    # Tethered first (they stand at the wall), then ends of chains, so that a walk along the links keeps neighbours together.
    order = sorted(here, key=lambda index: (not snapshot.animals[index].tethered, len(linked[index]), index))
    groups: list[list[int]] = []
    placed: set[int] = set()
    for start in order:
        if start in placed:
            continue
        group, waiting = [], [start]
        while waiting:
            index = waiting.pop()
            if index not in placed:
                placed.add(index)
                group.append(index)
                waiting += sorted(linked[index], key=lambda other: (len(linked[other]), other), reverse=True)
        groups.append(group)
    return sorted(groups, key=lambda group: (not snapshot.animals[group[0]].tethered, -len(group), group[0]))


def _in_chamber(
    snapshot: Snapshot, chamber: int, box: Box, arena: Box, n_columns: int, width: float
) -> list[Place]:
    groups = _huddles(snapshot, chamber)
    if not groups:
        return []
    room, length, wall = _room(box, snapshot), width * BODY_ASPECT, outward(box, arena)
    has_tether = snapshot.animals[groups[0][0]].tethered
    stacks = _fill_columns(snapshot, groups, n_columns, room.height, width)
    if not has_tether:
        stacks = [stack for stack in stacks if stack]
    pitch = max(room.width / n_columns, length * _COLUMN_PITCH)
    places: list[Place] = []
    for column, stack in enumerate(stacks):
        # Column 0 stands at the outer wall; without a tether the columns in use are centred.
        from_middle = (column - (len(stacks) - 1) / 2) * pitch
        x = room.centre[0] - wall * from_middle
        tethered = bool(stack) and snapshot.animals[stack[0][0]].tethered
        for (index, huddle), y in zip(stack, _heights(stack, room, width, tethered, len(snapshot.animals)), strict=True):
            places.append(Place(index, x, y, 0.0 if wall < 0 else 180.0, huddle))
    return _turned(snapshot, places, room, pitch, length, wall)


def _fill_columns(
    snapshot: Snapshot, groups: list[list[int]], n_columns: int, height: float, width: float
) -> list[list[tuple[int, int]]]:
    """Deals the groups out to columns as (animal, huddle) lists, a group in one column wherever it fits."""
    stacks: list[list[tuple[int, int]]] = [[] for _ in range(n_columns)]
    has_tether = snapshot.animals[groups[0][0]].tethered

    def fits(stack: list[tuple[int, int]], group: list[int]) -> bool:
        members = [*stack, *((index, group[0]) for index in group)]
        return _stack_height(members, width) <= height + 1e-6

    for group in groups:
        tethered = snapshot.animals[group[0]].tethered
        # Loose animals keep away from the tether's column while they have a choice.
        columns = range(n_columns) if tethered or not has_tether else range(n_columns - 1, -1, -1)
        huddle = group[0] if len(group) > 1 else -1
        whole = next((column for column in columns if fits(stacks[column], group)), None)
        for index in group:
            if whole is not None:
                column = whole
            else:
                column = next((c for c in columns if fits(stacks[c], [index])), columns[-1])
            stacks[column].append((index, huddle))
    return stacks


def _stack_height(stack: list[tuple[int, int]], width: float) -> float:
    return sum(_steps(stack, width)) + width * (1 + _GAP_BETWEEN)


def _steps(stack: list[tuple[int, int]], width: float) -> list[float]:
    """Distances between the centres of neighbours in a column: touching inside a huddle, apart otherwise."""
    return [
        width if above[1] == below[1] >= 0 else width * (1 + _GAP_BETWEEN)
        for above, below in zip(stack, stack[1:], strict=False)
    ]


def _heights(stack: list[tuple[int, int]], room: Box, width: float, tethered: bool, n_animals: int) -> list[float]:
    steps = _steps(stack, width)
    if not tethered:
        top = room.centre[1] - sum(steps) / 2
        return [top + sum(steps[:k]) for k in range(len(stack))]
    # The tethered animal stays where it is whoever joins it, so the others stack up above it.
    floor = room.y1 - width * (1 + _GAP_BETWEEN) / 2
    lowest = floor if n_animals > 3 else min(floor, room.centre[1] + width / 2)
    return [lowest - sum(steps[:k]) for k in range(len(stack))]


def _turned(
    snapshot: Snapshot, places: list[Place], room: Box, pitch: float, length: float, wall: int
) -> list[Place]:
    """The same places with headings: huddlers lean together, the withdrawn turn to the wall, loose ones face the tethered."""
    inward, away = (0.0, 180.0) if wall < 0 else (180.0, 0.0)
    anchors = [place for place in places if snapshot.animals[place.animal].tethered]
    turned = []
    for place in places:
        animal = snapshot.animals[place.animal]
        mates = [p for p in places if p.huddle == place.huddle >= 0 and p.x == place.x]
        column = [p for p in places if p.x == place.x]
        free = len(column) == 1 and room.height >= length * _COLUMN_PITCH
        if place.huddle >= 0:
            nearest_y = [p.y - place.y for p in mates if p is not place]
            lean = _LEAN_DEG * ((max(nearest_y, default=0) > 0) - (min(nearest_y, default=0) < 0))
            heading = inward + (lean if wall < 0 else -lean)
        elif animal.withdrawn:
            heading = away
        elif animal.tethered:
            heading = inward
        elif free and place.animal == 0 and snapshot.action.lower().startswith("explor"):
            turned.append(_wandering(place, snapshot.time_s, room, pitch, length))
            continue
        elif anchors and free:
            near = min(anchors, key=lambda p: math.hypot(p.x - place.x, p.y - place.y))
            heading = math.degrees(math.atan2(near.y - place.y, near.x - place.x))
        elif anchors:
            heading = away
        else:
            heading = inward if place.animal % 2 == 0 else away
        turned.append(place._replace(heading_deg=heading))
    return turned


def _wandering(place: Place, time_s: float, room: Box, pitch: float, length: float) -> Place:
    """A place on a closed curve through the free part of the column, so that an explorer is seen to move."""
    reach_x = max(0.0, min(pitch, room.width) - length * _COLUMN_PITCH) / 2
    reach_y = max(0.0, room.height - length * _COLUMN_PITCH) / 2
    phase_x, phase_y = 2 * math.pi * time_s / 410, 2 * math.pi * time_s / 170
    x = place.x + reach_x * math.sin(phase_x)
    y = room.centre[1] + reach_y * math.sin(phase_y)
    speed_x, speed_y = reach_x * math.cos(phase_x) / 410, reach_y * math.cos(phase_y) / 170
    return place._replace(x=x, y=y, heading_deg=math.degrees(math.atan2(speed_y, speed_x)))


def _doors(a: Box, b: Box) -> tuple[Point, Point]:
    """Where the straight line between two chambers' centres leaves the one and enters the other."""
    return _exit_towards(a, b.centre), _exit_towards(b, a.centre)


def _exit_towards(box: Box, target: Point) -> Point:
    x, y = box.centre
    dx, dy = target[0] - x, target[1] - y
    share_x = box.width / 2 / abs(dx) if abs(dx) > 1e-9 else math.inf
    share_y = box.height / 2 / abs(dy) if abs(dy) > 1e-9 else math.inf
    share = min(share_x, share_y)
    return x + dx * share, y + dy * share


def _in_tubes(snapshot: Snapshot, chambers: tuple[Box, ...], width: float) -> list[Place]:
    """Walking animals, side by side where several are in one tube."""
    walkers = [(index, animal) for index, animal in enumerate(snapshot.animals) if animal.travel_to is not None]
    places = []
    for index, animal in walkers:
        assert animal.travel_to is not None
        tube = {animal.chamber, animal.travel_to}
        company = [k for k, other in walkers if {other.chamber, other.travel_to} == tube]
        start, end = _doors(chambers[animal.chamber], chambers[animal.travel_to])
        dx, dy = end[0] - start[0], end[1] - start[1]
        span = math.hypot(dx, dy) or 1.0
        # Sideways in a direction that does not depend on which way the animal walks.
        low, high = min(tube), max(tube)
        sign = 1 if (animal.chamber, animal.travel_to) == (low, high) else -1
        aside = (company.index(index) - (len(company) - 1) / 2) * width * 1.06 * sign
        x = start[0] + dx * animal.travel_fraction - dy / span * aside
        y = start[1] + dy * animal.travel_fraction + dx / span * aside
        places.append(Place(index, x, y, math.degrees(math.atan2(dy, dx)), -1))
    return places
