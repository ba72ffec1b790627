"""Draws a recording of evoked release: fluorescence and oxytocin over the protocol, with the pulses under them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..release import ReleaseTrace
from .canvas import Box, Canvas, Point
from .palette import CARD, CARD_EDGE, INK, INK_SOFT, OXYTOCIN, RECEPTOR_SIGNAL, RGB, mix
from .panels import MEDIUM, SMALL, draw_header, time_ticks

_HEADER, _UPPER, _LOWER = Box(16, 0, 944, 62), Box(16, 74, 944, 356), Box(16, 366, 944, 528)
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def draw_release(
    trace: ReleaseTrace, pulses_s: NDArray[np.float64], pulse_s: float, duration_s: float, gain: float, sex: str
) -> np.ndarray:
    """Return the picture of the first animal of a trace, (540, 960, 3) uint8.

    `pulses_s` (n,) are the starts of the pulses so far, each `pulse_s` long; `duration_s` is that of the whole
    protocol, on whose time axis everything is drawn; `gain` is the receptor gain that acts on release. The same trace
    gives the same bytes.
    """
    canvas = Canvas((960, 540))
    now_s = float(trace.time_s[-1])
    draw_header(canvas, _HEADER, f"Evoked release, {sex}", gain, now_s, duration_s)
    signal, oxytocin = 100.0 * trace.signal[0], trace.oxytocin[0]
    upper = _card(canvas, _UPPER, f"fluorescence {signal[-1]:.1f} %", RECEPTOR_SIGNAL, "dF/F (%)")  # the font has no Δ
    lower = _card(canvas, _LOWER, f"oxytocin {oxytocin[-1]:.2f}", OXYTOCIN, "")
    peak = 100.0 * float(trace.columns()["peak"][0])
    told = f"{len(pulses_s)} pulses, peak {peak:.1f} %"
    canvas.text((_UPPER.x1 - 16, _UPPER.y0 + 20), told, SMALL, INK_SOFT, "rm")
    for plot, values, colour, least in ((upper, signal, RECEPTOR_SIGNAL, 2.0), (lower, oxytocin, OXYTOCIN, 0.1)):
        low, high = min(0.0, float(values.min())), max(least, float(values.max()) * 1.08)
        _grid(canvas, plot, low, high, duration_s)
        zero_y = _y(plot, 0.0, low, high)
        for start_s in pulses_s:
            x0, x1 = (plot.x0 + plot.width * at / duration_s for at in (start_s, start_s + pulse_s))
            canvas.rectangle(Box(x0, zero_y + 2, max(x1, x0 + 1.5), zero_y + 8), mix(INK_SOFT, CARD, 0.25))
        points = _points(trace.time_s, values, plot, low, high, duration_s)
        if len(points) > 1:
            canvas.polygon([(points[0][0], zero_y), *points, (points[-1][0], zero_y)], colour, alpha=50)
            canvas.line(points, colour, 2.5)
        canvas.ellipse(points[-1], 4.5, 4.5, colour)
    return canvas.pixels()


def _card(canvas: Canvas, box: Box, title: str, colour: RGB, unit: str) -> Box:
    """A panel with its heading; returns the place for the plot."""
    canvas.rectangle(box, CARD, CARD_EDGE, radius=10)
    canvas.line([(box.x0 + 14, box.y0 + 20), (box.x0 + 32, box.y0 + 20)], colour, 4)
    canvas.text((box.x0 + 38, box.y0 + 20), title, MEDIUM, mix(colour, INK, 0.45))
    canvas.text((box.x0 + 50 + canvas.text_width(title + "0", MEDIUM), box.y0 + 20), unit, SMALL, INK_SOFT)
    return Box(box.x0 + 56, box.y0 + 42, box.x1 - 16, box.y1 - 32)


def _grid(canvas: Canvas, plot: Box, low: float, high: float, duration_s: float) -> None:
    """Lines at two to five round levels, and the time axis below."""
    step = next(step for step in _STEPS if (high - low) / step <= (5 if plot.height > 120 else 3) or step == _STEPS[-1])
    for k in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1):
        y = _y(plot, k * step, low, high)
        canvas.line([(plot.x0, y), (plot.x1, y)], CARD_EDGE, 1.5)
        canvas.text((plot.x0 - 7, y), f"{k * step:g}", SMALL, INK_SOFT, "rm")
    for seconds, label in time_ticks(duration_s):
        x = plot.x0 + plot.width * seconds / duration_s
        anchor = "lm" if seconds == 0 else "rm" if seconds > 0.97 * duration_s else "mm"
        canvas.text((x, plot.y1 + 19), label, SMALL, INK_SOFT, anchor)


def _y(plot: Box, value: float, low: float, high: float) -> float:
    return plot.y1 - plot.height * (value - low) / (high - low)


def _points(
    time_s: NDArray[np.float64], values: NDArray[np.float64], plot: Box, low: float, high: float, duration_s: float
) -> list[Point]:
    """The curve, at most two points a unit of the sheet; the newest value always among them."""
    every = max(1, len(values) // int(2 * plot.width))
    kept = np.unique(np.append(np.arange(0, len(values), every), len(values) - 1))
    return [(plot.x0 + plot.width * float(time_s[k]) / duration_s, _y(plot, float(values[k]), low, high)) for k in kept]
