"""A measure of another package: one record, which pages, scorecard and curves read."""

from __future__ import annotations

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import register_measure

register_measure(
    Measure(
        "time_in_nest",
        "Time in the nest",
        "fraction",
        "seconds in the nest / length of the test",
        assays=("OneCage",),
        high=1.0,
        sum=("chamber_s_nest",),
        per=("duration_s",),
        smallest=0.05,
        same_within=0.05,
        why="one minute in twenty",
    )
)
