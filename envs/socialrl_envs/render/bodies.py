"""Where every animal's body is: in columns on a chamber's floor, or in a tube. Pure geometry, in sheet units."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from .canvas import Box
from .snapshot import Snapshot

# Body length over body width of a vole seen from above, and its tail as a share of the body.
BODY_ASPECT = 1.9
TAIL_SHARE = 0.14

_LARGEST_WIDTH = 50.0
_GAP_BETWEEN = 0.34
# Bodies are narrower than their width at head and rump, so huddling ones must stand this close to be seen to touch.
_TOUCHING = 0.95
# Room for a body with its tail to turn round in, in body lengths.
_COLUMN_PITCH = 1 + 2 * TAIL_SHARE + 0.02
_CHAMBER_LABEL = 27.0
_TETHER_LABEL = 22.0
_LEAN_DEG = 5.0


class Place(NamedTuple):
    """One animal's body: centre, heading (degrees, 0 = right, 90 = down) and the group it huddles with (-1 = none)."""

    animal: int
    x: float
    y: float
    heading_deg: float
    huddle: int


def floor_of(chamber: Box, snapshot: Snapshot) -> Box:
    """The floor for bodies: inside the walls, below the chamber's name, above the labels of the tethered."""
    labels = _TETHER_LABEL if any(animal.tethered for animal in snapshot.animals) else 0.0
    return Box(chamber.x0 + 10, chamber.y0 + _CHAMBER_LABEL, chamber.x1 - 10, chamber.y1 - 10 - labels)


def columns_and_body_width(room: Box, n_animals: int) -> tuple[int, float]:
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


def in_chamber(snapshot: Snapshot, chamber: int, box: Box, wall: int, n_columns: int, width: float) -> list[Place]:
    """Animals standing in `chamber`; `wall` is the side of its outer wall, -1 left or +1 right."""
    groups = _huddles(snapshot, chamber)
    if not groups:
        return []
    room, length = floor_of(box, snapshot), width * BODY_ASPECT
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
        for (index, huddle), y in zip(
            stack, _heights(stack, room, width, tethered, len(snapshot.animals)), strict=True
        ):
            places.append(Place(index, x, y, 0.0 if wall < 0 else 180.0, huddle))
    return _turned(snapshot, places, room, pitch, length, wall)


def in_tubes(snapshot: Snapshot, chambers: tuple[Box, ...], width: float) -> list[Place]:
    """Walking animals, side by side where several are in one tube."""
    walkers = [(index, animal) for index, animal in enumerate(snapshot.animals) if animal.travel_to is not None]
    places = []
    for index, animal in walkers:
        assert animal.travel_to is not None
        tube = {animal.chamber, animal.travel_to}
        company = [k for k, other in walkers if {other.chamber, other.travel_to} == tube]
        origin, goal = chambers[animal.chamber], chambers[animal.travel_to]
        start, end = origin.exit_towards(goal.centre), goal.exit_towards(origin.centre)
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


def _huddles(snapshot: Snapshot, chamber: int) -> list[list[int]]:
    """Animals standing in `chamber`, grouped into those linked by contact; neighbours in contact follow one another."""
    here = [
        index for index, animal in enumerate(snapshot.animals) if animal.chamber == chamber and animal.travel_to is None
    ]
    linked: dict[int, list[int]] = {index: [] for index in here}
    for a, b in snapshot.contacts:
        if a in linked:
            linked[a].append(b)
            linked[b].append(a)
    # Tethered first (they stand at the wall), then ends of chains, so that a walk along the links keeps neighbours
    # together.
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
        # Loose animals keep away from the tether's column while they have a choice, and from one another without one.
        columns = list(range(n_columns))
        if has_tether and not tethered:
            columns.reverse()
        elif not has_tether:
            columns.sort(key=lambda column: _stack_height(stacks[column], width) if stacks[column] else 0.0)
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
        width * (_TOUCHING if above[1] == below[1] >= 0 else 1 + _GAP_BETWEEN)
        for above, below in itertools.pairwise(stack)
    ]


def _heights(stack: list[tuple[int, int]], room: Box, width: float, tethered: bool, n_animals: int) -> list[float]:
    steps = _steps(stack, width)
    if not tethered:
        top = room.centre[1] - sum(steps) / 2
        return [top + sum(steps[:k]) for k in range(len(stack))]
    # The tethered animal stays where it is whoever joins it, so the others stack up above it.
    floor = room.y1 - width * (1 + _GAP_BETWEEN) / 2
    lowest = min(floor, room.centre[1] + width / 2)
    if n_animals > 3 or lowest - sum(steps) - width / 2 < room.y0:
        lowest = floor
    return [lowest - sum(steps[:k]) for k in range(len(stack))]


def _turned(snapshot: Snapshot, places: list[Place], room: Box, pitch: float, length: float, wall: int) -> list[Place]:
    """The same places with headings: huddlers lean together, the withdrawn face the wall, others the tethered."""
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
