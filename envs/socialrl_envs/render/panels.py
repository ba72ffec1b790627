"""The parts of the picture that are not the habitat: header, current action, oxytocin trace, contact table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .canvas import Box, Canvas, Point
from .palette import (
    CARD,
    CARD_EDGE,
    INK,
    INK_SOFT,
    OXYTOCIN,
    RECEPTOR_SIGNAL,
    RGB,
    STRESS,
    TRACK,
    WHITE,
    animal_colour,
    mix,
)  # fmt: skip
from .snapshot import Snapshot

LARGE, MEDIUM, SMALL = 27, 20, 17


def clock(seconds: float) -> str:
    """h:mm:ss, whole seconds, rounded down."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def draw_header(canvas: Canvas, box: Box, title: str, oxtr_gain: float, time_s: float, duration_s: float) -> None:
    """Title, receptor gain of the focal animal, clock, and how much of the test has passed."""
    y = box.y0 + 29
    total = f"of {clock(duration_s)}"
    total_x = box.x1 - canvas.text_width(total, MEDIUM)
    canvas.text((total_x, y + 2), total, MEDIUM, INK_SOFT)
    now = clock(time_s)
    now_x = total_x - 8 - canvas.text_width(now, LARGE)
    canvas.text((now_x, y), now, LARGE, INK)
    gain = f"receptor gain {oxtr_gain:.3g}"
    pill_width = canvas.text_width(gain, MEDIUM) + 22
    title_room = now_x - box.x0 - pill_width - 40
    title_height = LARGE if canvas.text_width(title, LARGE) <= title_room else MEDIUM
    canvas.text((box.x0, y), title, title_height, INK, max_width=title_room)
    pill_x = box.x0 + min(canvas.text_width(title, title_height), title_room) + (14 if title else 0)
    canvas.rectangle(Box(pill_x, y - 15, pill_x + pill_width, y + 15), mix(RECEPTOR_SIGNAL, WHITE, 0.84), radius=15)
    canvas.text((pill_x + pill_width / 2, y), gain, MEDIUM, RECEPTOR_SIGNAL, "mm")
    passed = min(1.0, max(0.0, time_s / duration_s))
    bar = Box(box.x0, box.y1 - 7, box.x1, box.y1)
    canvas.rectangle(bar, TRACK, radius=3.5)
    if passed > 0:
        canvas.rectangle(bar._replace(x1=bar.x0 + max(7.0, bar.width * passed)), INK_SOFT, radius=3.5)


def draw_action(canvas: Canvas, box: Box, snapshot: Snapshot) -> None:
    """What the focal animal does now, as one line in the middle of `box`."""
    if not snapshot.action:
        return
    name = snapshot.focal.name
    lead = name if name.startswith("vole") else f"{name} vole"
    lead_width, gap, dot = canvas.text_width(lead, MEDIUM), 12.0, 8.0
    action_width = min(canvas.text_width(snapshot.action, MEDIUM), box.width - lead_width - 80)
    x = box.centre[0] - (2 * dot + gap + lead_width + gap + action_width) / 2
    y = box.centre[1]
    pill = Box(x - 16, box.y0, box.centre[0] * 2 - x + 16, box.y1)
    canvas.rectangle(pill, CARD, CARD_EDGE, radius=box.height / 2)
    canvas.ellipse((x + dot, y), dot, dot, animal_colour(snapshot.focal.name, 0))
    canvas.text((x + 2 * dot + gap, y), lead, MEDIUM, INK_SOFT)
    canvas.text(
        (x + 2 * dot + 2 * gap + lead_width, y), snapshot.action, MEDIUM, INK, max_width=box.width - lead_width - 80
    )


_TRACES: dict[str, RGB] = {"oxytocin": OXYTOCIN, "receptor signal": RECEPTOR_SIGNAL, "stress": STRESS}


def traced(snapshot: Snapshot) -> dict[str, tuple[float, ...]]:
    """Return the traces that are drawn, by name; stress only where it is given."""
    given = {"oxytocin": snapshot.oxytocin, "receptor signal": snapshot.receptor_signal}
    return given | ({"stress": snapshot.stress} if snapshot.stress else {})


def trace_top(snapshot: Snapshot) -> float:
    """Return the level at the upper edge of the trace: a multiple of a quarter, above everything so far."""
    highest = max([1.0, *(value for values in traced(snapshot).values() for value in values)])
    return math.ceil(highest * 1.08 / 0.25 - 1e-9) * 0.25


def _plot_in(box: Box) -> Box:
    return Box(box.x0 + 34, box.y0 + 40, box.x1 - 16, box.y1 - 30)


def draw_trace_card(canvas: Canvas, box: Box, duration_s: float, top: float, names: Sequence[str]) -> None:
    """The part of the trace that stays: card, colours of the curves called `names`, levels and time axis."""
    canvas.rectangle(box, CARD, CARD_EDGE, radius=10)
    x = box.x0 + 14
    for name in names:
        canvas.line([(x, box.y0 + 20), (x + 18, box.y0 + 20)], _TRACES[name], 4)
        x += 24 + canvas.text_width(f"{name} 0.00", SMALL) + 16
    plot = _plot_in(box)
    for level in (0.0, 1.0):
        y = plot.y1 - plot.height * level / top
        canvas.line([(plot.x0, y), (plot.x1, y)], CARD_EDGE, 1.5)
        canvas.text((plot.x0 - 7, y), f"{level:g}", SMALL, INK_SOFT, "rm")
    for seconds, label in time_ticks(duration_s):
        tick_x = plot.x0 + plot.width * seconds / duration_s
        canvas.line([(tick_x, plot.y1), (tick_x, plot.y1 + 5)], CARD_EDGE, 1.5)
        anchor = "lm" if seconds == 0 else "rm" if seconds > 0.97 * duration_s else "mm"
        canvas.text((tick_x, plot.y1 + 16), label, SMALL, INK_SOFT, anchor)


def draw_trace(canvas: Canvas, box: Box, snapshot: Snapshot, top: float) -> None:
    """What the focal animal felt over the test so far, on the time axis of the whole test."""
    plot = _plot_in(box)
    x = box.x0 + 14
    for name, values in traced(snapshot).items():
        text = f"{name} {values[-1]:.2f}" if values else name
        canvas.text((x + 24, box.y0 + 20), text, SMALL, mix(_TRACES[name], INK, 0.45))
        x += 24 + canvas.text_width(f"{name} 0.00", SMALL) + 16
    passed = min(1.0, max(0.0, snapshot.time_s / snapshot.duration_s))
    now = plot._replace(x1=plot.x0 + plot.width * passed)
    oxytocin = _curve(snapshot.oxytocin, now, top)
    if len(oxytocin) > 1:
        area = [(oxytocin[0][0], plot.y1), *oxytocin, (oxytocin[-1][0], plot.y1)]
        canvas.polygon(area, OXYTOCIN, alpha=70)
    for name, values in traced(snapshot).items():
        points, colour = _curve(values, now, top), _TRACES[name]
        if len(points) > 1:
            canvas.line(points, colour, 2.5)
        if points:
            canvas.ellipse(points[-1], 4.5, 4.5, colour)


class _Row(NamedTuple):
    """Where one animal's row of the contact table is: height, half of a bar's, and the two bars' tracks."""

    y: float
    half: float
    contact: Box
    familiarity: Box


def _rows(canvas: Canvas, box: Box, names: Sequence[str]) -> list[_Row]:
    label_width = min(0.34 * box.width, max(canvas.text_width(name, SMALL) for name in names) + 46)
    familiar_x = box.x1 - 0.27 * box.width
    pitch = (box.height - 44) / len(names)
    half = min(11.0, 0.3 * pitch)
    heights = [box.y0 + 38 + pitch * (row + 0.5) for row in range(len(names))]
    return [
        _Row(
            y,
            half,
            Box(box.x0 + label_width, y - half, familiar_x - 78, y + half),
            Box(familiar_x, y - half * 0.6, box.x1 - 50, y + half * 0.6),
        )
        for y in heights
    ]


def draw_contact_card(canvas: Canvas, box: Box, names: Sequence[str]) -> None:
    """The part of the contact table that stays: card, headings, names and the tracks of the bars."""
    canvas.rectangle(box, CARD, CARD_EDGE, radius=10)
    if not names:
        canvas.text(box.centre, "no other animal", SMALL, INK_SOFT, "mm")
        return
    rows = _rows(canvas, box, names)
    canvas.text((rows[0].contact.x0, box.y0 + 20), "in contact", SMALL, INK_SOFT)
    canvas.text((rows[0].familiarity.x0, box.y0 + 20), "familiarity", SMALL, INK_SOFT)
    for number, (row, name) in enumerate(zip(rows, names, strict=True), start=1):
        colour = animal_colour(name, number)
        canvas.ellipse((box.x0 + 19, row.y), min(7.0, row.half), min(7.0, row.half), colour)
        canvas.text((box.x0 + 32, row.y), name, SMALL, INK, max_width=row.contact.x0 - box.x0 - 40)
        for track in (row.contact, row.familiarity):
            canvas.rectangle(track, TRACK, radius=min(4.0, track.height / 2))


def draw_contact(canvas: Canvas, box: Box, snapshot: Snapshot) -> None:
    """One row for each other animal: time in side-by-side contact (bar = share of the whole test) and familiarity."""
    names = snapshot.others()
    if not names:
        return
    for number, (row, name) in enumerate(zip(_rows(canvas, box, names), names, strict=True), start=1):
        colour = animal_colour(name, number)
        huddle_s = snapshot.huddle_s.get(name, 0.0)
        _bar(canvas, row.contact, huddle_s / snapshot.duration_s, colour)
        canvas.text((row.familiarity.x0 - 70, row.y), _amount(huddle_s, snapshot.duration_s), SMALL, INK)
        known = snapshot.familiarity.get(name, 0.0)
        _bar(canvas, row.familiarity, known, mix(colour, INK, 0.2))
        canvas.text((box.x1 - 12, row.y), f"{known:.2f}", SMALL, INK_SOFT, "rm")


def _amount(seconds: float, duration_s: float) -> str:
    """Minutes in a test of hours, hours in one of days."""
    return f"{seconds / 60:.0f} min" if duration_s <= 43200 else f"{seconds / 3600:.1f} h"


def _bar(canvas: Canvas, track: Box, share: float, colour: RGB) -> None:
    radius = min(4.0, track.height / 2)
    if share > 0:
        # Anything above nothing shows: a sliver of 3 units.
        filled = max(3.0, track.width * min(1.0, share))
        canvas.rectangle(track._replace(x1=track.x0 + filled), colour, radius=min(radius, filled / 2))


def _curve(values: Sequence[float], plot: Box, top: float) -> list[Point]:
    """Points of a line through `values`, each where its time ends, up to the right edge of `plot`."""
    n = len(values)
    if n == 0:
        return []
    levels = np.clip(np.asarray(values, dtype=float), 0.0, top)
    # means of bins: a days-long record has more samples than the sheet has room
    edges = np.linspace(0, n, min(n, max(2, int(2 * plot.width))) + 1).astype(int)
    levels = np.add.reduceat(levels, edges[:-1]) / np.diff(edges)
    xs = plot.x0 + plot.width * edges[1:] / n
    ys = plot.y1 - plot.height * levels / top
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def time_ticks(duration_s: float) -> list[tuple[float, str]]:
    """Return about two to five round times in 0..duration, with labels."""
    steps = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800)
    step = next((step for step in steps if duration_s / step <= 4.5), duration_s / 3)
    if step < 3600:
        unit, name = 60, "min"
    elif step < 86400:
        unit, name = 3600, "h"
    else:
        unit, name = 86400, "d"
    return [(k * step, f"{k * step / unit:g} {name}") for k in range(int(duration_s / step + 1e-9) + 1)]
