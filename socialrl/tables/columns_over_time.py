"""Columns of tables that follow tests over time: events, traces, series, synchrony."""

from __future__ import annotations

from socialrl.analysis.synchrony import ACTIONS, FORMS, SERIES
from socialrl.evaluation.event_rows import KINDS
from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column
from socialrl.tables.columns_of_animals import ANIMAL, HABITAT, HABITAT_TYPE, WHOSE
from socialrl.tables.columns_of_tests import OF_STATE, REPEAT, TEST

OF_EVENTS: tuple[Column, ...] = (
    *WHOSE,
    TEST,
    REPEAT,
    Column("kind", TEXT, "", "what it is; presses and rejections are moments", words=KINDS),
    Column("start_s", NUMBER, "s", "when it began, from the start of the test", 0),
    Column("end_s", NUMBER, "s", "when it ended; the same as start_s for a moment", 0),
    Column(
        "chamber", TEXT, "", "where; for a passage the chamber that was left, for an access the one behind the door"
    ),
    Column("to", TEXT, "", "for a passage: the chamber that was reached", missing="it is no passage"),
    Column(
        "other",
        TEXT,
        "",
        "the other animal of a contact or rejection, or behind the door: its id, or its name in the assay",
        missing="a stay or a passage",
    ),
)

OF_BOUTS: tuple[Column, ...] = (
    *WHOSE,
    TEST,
    REPEAT,
    Column("other", TEXT, "", "with whom: its id, or its name in the assay"),
    Column("chamber", TEXT, "", "where"),
    Column("start_s", NUMBER, "s", "when contact began, from the start of the test", 0),
    Column("end_s", NUMBER, "s", "when contact ended", 0),
    Column("seconds", NUMBER, "s", "how long it lasted", 0, "end_s"),
)

_TIME = Column("time_s", NUMBER, "s", "end of the tick, from the start of the test", 0)

OF_TRACES: tuple[Column, ...] = (
    *WHOSE,
    TEST,
    Column("cohousing_h", NUMBER, "hours", "hours with the partner before the test", 0, missing="drawn for each test"),
    _TIME,
    Column("chamber", WHOLE, "", "number of the chamber in which the animal is, as seen by a camera", 0),
    Column(
        "partner_side",
        TEXT,
        "",
        "place of the partner: left or right as a camera sees it, or the name of the only place for it",
    ),
    Column("contact_<animal>", WHOLE, "", "1: in side-by-side contact with the <animal>; 0: not", 0, 1),
    Column("familiarity_<animal>", NUMBER, "fraction", "familiarity of the <animal>", 0, 1),
    *OF_STATE,
    Column("action", TEXT, "", "what it chose to do"),
)

OF_SERIES: tuple[Column, ...] = (
    *WHOSE,
    TEST,
    REPEAT,
    _TIME,
    Column("moving", YES_NO, "", "whether it explores or is on its way to another chamber"),
    Column("in_contact", YES_NO, "", "whether it is in side-by-side contact with anybody"),
    *OF_STATE,
    Column("action", TEXT, "", "what it does", words=ACTIONS),
)

_UNKNOWN = "see `note`"

OF_SYNCHRONY: tuple[Column, ...] = (
    ANIMAL,
    Column("other", TEXT, "", "id of the second animal of the two"),
    Column("genotype", TEXT, "", "genotype of both, or `a + b` where they differ"),
    Column("company", TEXT, "", "put together before the test, or for comparison", words=("pair", "others")),
    Column("sex", TEXT, "", "sex of both, or `female + male`", words=("female", "male", "female + male")),
    HABITAT_TYPE,
    HABITAT,
    TEST,
    REPEAT,
    Column("series", TEXT, "", "what is compared, tick by tick", words=SERIES),
    Column("form", TEXT, "", "all of it, outside contact, or with contact partialled out", words=FORMS),
    Column("hour", WHOLE, "h", "hour of the test, from 0", 0, missing="the whole test"),
    Column("contact_share", NUMBER, "fraction", "share of the time in contact with each other", 0, 1),
    Column("peak", NUMBER, "correlation", "highest cross-correlation within ± 10 min", -1, 1, missing=_UNKNOWN),
    Column("lag_s", NUMBER, "s", "lag of the peak; above 0: `other` comes later", -600, 600, missing=_UNKNOWN),
    Column("compared_s", NUMBER, "s", "time that could be compared at that lag", 0, missing=_UNKNOWN),
    Column("pseudo_mean", NUMBER, "correlation", "mean peak of pseudo-pairs", -1, 1, missing=_UNKNOWN),
    Column("pseudo_sd", NUMBER, "correlation", "standard deviation of the peaks of pseudo-pairs", 0, missing=_UNKNOWN),
    Column("n_pseudo", WHOLE, "count", "number of pseudo-pairs with a peak", 0),
    Column("index_pseudo", NUMBER, "standard deviations", "(peak − mean) / SD of pseudo-pairs", missing=_UNKNOWN),
    Column("shift_peak", NUMBER, "correlation", "peak without the course of the clock", -1, 1, missing=_UNKNOWN),
    Column("shift_mean", NUMBER, "correlation", "mean peak of shifted series", -1, 1, missing=_UNKNOWN),
    Column("shift_sd", NUMBER, "correlation", "standard deviation of the peaks of shifts", 0, missing=_UNKNOWN),
    Column("n_shift", WHOLE, "count", "number of shifts with a peak", 0),
    Column("index_shift", NUMBER, "standard deviations", "(peak − mean) / SD of shifts", missing=_UNKNOWN),
    Column("note", TEXT, "", "why something is missing; empty where nothing is"),
)
