"""Columns of the tables of a sweep and of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from socialrl.tables.column import NUMBER, TEXT, WHOLE, Column

_POINT = Column("point", TEXT, "", "the run's name: its keys and values")
_KEY = Column("<key>", TEXT, "", "value of the key <key> of the configuration; numbers where all of them are")
_NOT_DONE = "the point is not done"
_NO_N = "no n that was tried is enough"
_TRIED = Column("n", WHOLE, "that of n_counts", "animals, or pairs", 1, missing=_NO_N)
_OF_PLANS: tuple[Column, ...] = (
    Column("comparison", TEXT, "", "id of the finding's comparison, or of the protocol's"),
    Column("design", TEXT, "", "paired or unpaired"),
    Column("cage_size", WHOLE, "animals", "animals of a cage; 1: no cage effects", 1),
    Column("icc", NUMBER, "fraction", "share of the variance that is between cages", 0, 1),
    Column("animals", TEXT, "", "the animals that the spread comes from"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "sweep/points": (
        _POINT,
        Column("state", TEXT, "", "how it ended", words=("done", "failed", "not done")),
        Column("<group>.<test>.<measure>", NUMBER, "that of the measure", "mean of <measure> of <group> in <test>",
               missing=_NOT_DONE),
        Column("error", TEXT, "", "why it failed", missing="it did not"),
        _KEY,
    ),
    "sweep/measures": (
        _POINT,
        Column("genotype", TEXT, "", "the group"),
        Column("assay", TEXT, "", "the environment in which it was tested"),
        Column("test", TEXT, "", "name of the test"),
        Column("measure", TEXT, "", "the measure (measures.md)"),
        Column("mean", NUMBER, "that of the measure", "mean over animals, or pairs of cage mates", missing="no value"),
        Column("sd", NUMBER, "that of the measure", "their standard deviation", 0, missing="fewer than two values"),
        Column("n", WHOLE, "count", "animals, or pairs, with a value", 0),
        _KEY,
    ),
    "sweep/seeds": (
        Column("genotype", TEXT, "", "the group"),
        Column("seeds", WHOLE, "count", "seeds that are done", 0),
        Column("mean", NUMBER, "that of the measure", "mean of the seeds' means", missing="no seed is done"),
        Column("sd", NUMBER, "that of the measure", "their standard deviation", 0, missing="fewer than two seeds"),
        Column("lowest", NUMBER, "that of the measure", "the lowest of them", missing="no seed is done"),
        Column("highest", NUMBER, "that of the measure", "the highest of them", missing="no seed is done"),
        _KEY,
    ),
    "plan/plan": (
        *_OF_PLANS,
        Column("power", NUMBER, "fraction", "power that is asked for", 0, 1),
        _TRIED,
        Column("n_low", WHOLE, "that of n_counts", "lower end of its 95 % interval", 1, missing=_NO_N),
        Column("n_high", WHOLE, "that of n_counts", "upper end of its 95 % interval", 1, missing=_NO_N),
        Column("largest_n_tried", WHOLE, "that of n_counts", "the largest n that was tried", 1),
        Column("n_counts", TEXT, "", "what n counts"),
        Column("animals_to_order", WHOLE, "animals", "animals of all groups, with those that will be lost", 1,
               missing=_NO_N),
        Column("n_statsmodels", WHOLE, "that of n_counts", "n of a t test with the same d", 1,
               missing="the formula gives none"),
        Column("difference", NUMBER, "that of the row", "difference between the groups of these animals"),
        Column("d", NUMBER, "standard deviations", "standardised difference"),
        Column("unit", TEXT, "", "unit of the difference", missing="it has none"),
        Column("alpha", NUMBER, "", "level of significance", 0, 1),
        Column("test", TEXT, "", "the test of significance"),
    ),
    "plan/power": (
        *_OF_PLANS,
        replace(_TRIED, missing=""),
        Column("power", NUMBER, "fraction", "share of simulated studies with a significant result", 0, 1),
        Column("binomial_low", NUMBER, "fraction", "lower end of its interval, by the number of studies", 0, 1),
        Column("binomial_high", NUMBER, "fraction", "upper end of its interval, by the number of studies", 0, 1),
        Column("animals_low", NUMBER, "fraction", "lower end with other animals", 0, 1, missing="not computed"),
        Column("animals_high", NUMBER, "fraction", "upper end with other animals", 0, 1, missing="not computed"),
        Column("power_statsmodels", NUMBER, "fraction", "power of a t test with the same d", 0, 1,
               missing="the formula gives none"),
    ),
}  # fmt: skip
"""Columns of each table of a sweep and of a plan, `sweep/<table>` and `plan/<table>`."""
