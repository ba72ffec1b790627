"""Panels beside the picture: bars, traces, clock and title, by counting pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_render import eight, in_region, is_colour, three

from socialrl_envs.render import draw
from socialrl_envs.render.layout import arrange
from socialrl_envs.render.palette import (
    BLUISH_GREEN,
    OXYTOCIN,
    RECEPTOR_SIGNAL,
    STRESS,
    animal_colour,
)
from socialrl_envs.render.panels import clock, trace_top

# --- the panels ------------------------------------------------------------------------------------------------------


def test_contact_bars_are_in_proportion_to_the_test():
    def bar_length(minutes: float) -> int:
        snapshot = three(huddle_s={"partner": 60.0 * minutes})
        row = is_colour(in_region(draw(snapshot), arrange(snapshot).regions.contact), BLUISH_GREEN)
        # The dot beside the name has the colour too: 14 units wide, left of the bar.
        return int(row[:, 40:].any(axis=0).sum())

    assert bar_length(0) == 0
    assert bar_length(180) == pytest.approx(2 * bar_length(90), abs=3)
    assert bar_length(90) == pytest.approx(3 * bar_length(30), abs=5)


def test_each_other_animal_has_a_row_in_its_colour():
    snapshot = eight((0,) * 8)
    snapshot = replace(snapshot, huddle_s={view.name: 3000.0 for view in snapshot.animals[1:]})
    panel = in_region(draw(snapshot), arrange(snapshot).regions.contact)
    for index, view in enumerate(snapshot.animals[1:], start=1):
        assert is_colour(panel, animal_colour(view.name, index)).sum() > 50, view.name


def test_the_trace_is_as_high_as_the_level_and_as_long_as_the_time():
    def curve(level: float, time_s: float) -> np.ndarray:
        snapshot = three(receptor_signal=(level,) * 50, time_s=time_s)
        panel = in_region(draw(snapshot), arrange(snapshot).regions.trace)[30:]
        return np.argwhere(is_colour(panel, RECEPTOR_SIGNAL))

    low, high, long = curve(0.2, 5400.0), curve(0.8, 5400.0), curve(0.2, 10800.0)
    assert np.median(high[:, 0]) < np.median(low[:, 0]) - 30
    assert np.ptp(long[:, 1]) == pytest.approx(2 * np.ptp(low[:, 1]), rel=0.05)


def test_stress_is_drawn_and_has_room_only_where_it_is_given():
    plain = three(time_s=5400.0, oxytocin=(0.5,) * 90, receptor_signal=(0.2,) * 90)
    stressed = replace(plain, stress=(2.5,) * 90)
    assert is_colour(draw(plain), STRESS).sum() == 0
    assert is_colour(draw(stressed), STRESS).sum() > 100
    assert (trace_top(plain), trace_top(stressed)) == (1.25, 2.75)


def test_a_trace_with_more_samples_than_room_is_still_drawn():
    snapshot = three(oxytocin=tuple(np.linspace(0, 2, 20_000)))
    panel = in_region(draw(snapshot), arrange(snapshot).regions.trace)[30:]
    assert is_colour(panel, OXYTOCIN).sum() > 100


def test_a_trace_with_more_samples_than_room_keeps_its_times():
    """Half of the test without oxytocin, half with it: the step is in the middle, whatever the number of samples."""
    for n in (400, 1100, 20_000):
        snapshot = three(oxytocin=(0.0,) * (n // 2) + (1.0,) * (n // 2), time_s=10800.0)
        box = arrange(snapshot).regions.trace
        panel = in_region(draw(snapshot), box)[30:]
        high = np.argwhere(is_colour(panel, OXYTOCIN)[: panel.shape[0] // 2])[:, 1]
        assert high.min() == pytest.approx(34 + (box.width - 50) / 2, abs=3)


def test_the_clock_counts_hours_minutes_seconds():
    assert clock(0) == "0:00:00"
    assert clock(3725.9) == "1:02:05"
    assert clock(432_000) == "120:00:00"


def test_the_progress_bar_grows_with_time():
    def dark_columns(time_s: float) -> int:
        line = draw(three(time_s=time_s))[58]
        return int((line.max(axis=-1) < 120).sum())

    assert dark_columns(0.0) == 0
    assert dark_columns(5400.0) == pytest.approx(464, abs=4)  # half of the bar's 928 pixels
    assert dark_columns(99_999.0) == pytest.approx(928, abs=4)


def test_a_very_long_title_is_cut_and_leaves_the_clock_alone():
    short, long = draw(three(title="A test")), draw(three(title="A very long title " * 20))
    assert not np.array_equal(short, long)
    np.testing.assert_array_equal(short[:56, 760:], long[:56, 760:])
