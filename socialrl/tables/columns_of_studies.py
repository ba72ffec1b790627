"""Columns of a reproduction: its scorecard, the tables beside it, and scorecards beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column
from socialrl.tables.columns_of_animals import WHOSE

NOT_COMPARED = "it was not compared"
NONE_FIXED = "none is fixed for it"
_NO_VALUE = "no animal has a value"
_OVER = "the test was over"

FINDING = Column("finding", TEXT, "", "id of the published finding, such as F01")
MEASURE = Column("measure", TEXT, "", "what is compared")
UNIT = Column("unit", TEXT, "", "unit of the difference", missing="it has none")
LOW = Column("low", NUMBER, "that of the row", "lower end of the 95 % interval", missing=NOT_COMPARED)
HIGH = Column("high", NUMBER, "that of the row", "upper end of the 95 % interval", missing=NOT_COMPARED)
DIFFERENCE = Column(
    "difference", NUMBER, "that of the row", "first side of the comparison less the second", missing=NOT_COMPARED
)
N = Column("n", WHOLE, "count", "how many values it rests on", 0, missing=NOT_COMPARED)
P = Column("p", NUMBER, "", "p value", 0, 1, missing=NOT_COMPARED)
EFFECT = Column("effect_size", NUMBER, "standard deviations", "standardised difference", missing=NOT_COMPARED)
SAYS = Column("says", TEXT, "", "the comparison in words")
VERDICT = Column("verdict", TEXT, "", "what the comparison came to, such as reproduced or inconclusive")
_PART = Column("part", TEXT, "", "letter of the comparison within its finding", missing="it is the only one")
_FINDING_VERDICT = Column("finding_verdict", TEXT, "", "verdict of the whole finding")
_EXPECTED = Column("expected", TEXT, "", "what was published: higher, lower or the same")
_USE = Column("use", TEXT, "", "whether the finding was predicted, or used to make the model")
_DECIDES = Column("decides", YES_NO, "", "whether the finding's verdict rests on it")
_TITLE = Column("title", TEXT, "", "the finding in a sentence")
_COMPARISON = Column("comparison", TEXT, "", "what is compared, in words")
_SHARE = "how much of the full difference the arm carries"

OF_SCORECARDS: tuple[Column, ...] = (
    FINDING,
    _PART,
    _TITLE,
    _COMPARISON,
    Column("question", TEXT, "", "question that the finding belongs to", missing="none"),
    Column("source", TEXT, "", "the paper"),
    Column("doi", TEXT, "", "its DOI", missing="it has none"),
    Column("grade", TEXT, "", "how well the paper supports it"),
    Column("confidence", TEXT, "", "how sure the finding is"),
    _USE,
    Column("assay", TEXT, "", "where it is measured"),
    Column("tests", TEXT, "", "the tests that are compared", missing="all"),
    Column("groups", TEXT, "", "the groups that are compared"),
    MEASURE,
    _EXPECTED,
    UNIT,
    DIFFERENCE,
    Column("difference_low", NUMBER, "that of the row", "lower end of its 95 % interval", missing=NOT_COMPARED),
    Column("difference_high", NUMBER, "that of the row", "upper end of its 95 % interval", missing=NOT_COMPARED),
    Column("interval", TEXT, "", "how the interval was made", missing=NOT_COMPARED),
    EFFECT,
    Column("effect_size_low", NUMBER, "standard deviations", "lower end of its interval", missing=NOT_COMPARED),
    Column("effect_size_high", NUMBER, "standard deviations", "upper end of its interval", missing=NOT_COMPARED),
    Column("effect_size_is", TEXT, "", "how it is standardised, such as d_z", missing=NOT_COMPARED),
    N,
    P,
    Column("p_test", TEXT, "", "the test behind p", missing=NOT_COMPARED),
    Column("p_holm", NUMBER, "", "p after Holm's correction", 0, 1, missing=NOT_COMPARED),
    Column("smallest", NUMBER, "that of the row", "smallest difference that counts", 0, missing=NONE_FIXED),
    Column("same_within", NUMBER, "that of the row", "difference up to which two are the same", 0, missing=NONE_FIXED),
    VERDICT,
    Column("because", TEXT, "", "why, in words", missing="nothing to say"),
    _DECIDES,
    _FINDING_VERDICT,
    Column("finding_kind", TEXT, "", "kind of finding, by which the summary counts"),
    Column("counted", YES_NO, "", "whether the finding is counted in the summary"),
    Column("mechanism", TEXT, "", "parameters of mechanisms that were added because of it", missing="none"),
    Column(
        "could_see",
        NUMBER,
        "that of the row",
        "smallest difference that so many animals show in four of five repetitions",
        missing=NOT_COMPARED,
    ),
    Column("notes", TEXT, "", "what else to know about it", missing="nothing"),
)

_OF_ONE_SCORECARD = "in the scorecard <scorecard>"
OF_BESIDE: tuple[Column, ...] = (
    FINDING,
    Column("name", TEXT, "", "finding and part, such as F01a"),
    _TITLE,
    _COMPARISON,
    MEASURE,
    UNIT,
    _EXPECTED,
    _USE,
    _DECIDES,
    Column("verdict_differs", YES_NO, "", "whether its verdicts differ"),
    Column("finding_verdict_differs", YES_NO, "", "whether the finding's verdicts differ"),
    Column("intervals_apart", YES_NO, "", "whether two of its intervals do not overlap"),
    Column("mean", NUMBER, "that of the row", "mean of its differences", missing=NOT_COMPARED),
    Column("sd", NUMBER, "that of the row", "their standard deviation", 0, missing="fewer than two"),
    Column("range", NUMBER, "that of the row", "largest difference less the smallest", 0, missing=NOT_COMPARED),
    Column(
        "sd_by_animals", NUMBER, "that of the row", "standard deviation if only the animals differed", 0,
        missing=NOT_COMPARED,
    ),
    Column("finding_verdict_<scorecard>", TEXT, "", f"verdict of the finding {_OF_ONE_SCORECARD}", missing="not there"),
    Column("verdict_<scorecard>", TEXT, "", f"verdict {_OF_ONE_SCORECARD}", missing="not there"),
    Column(
        "difference_low_<scorecard>", NUMBER, "that of the row", f"lower end of the interval {_OF_ONE_SCORECARD}",
        missing=NOT_COMPARED,
    ),
    Column(
        "difference_high_<scorecard>", NUMBER, "that of the row", f"upper end of the interval {_OF_ONE_SCORECARD}",
        missing=NOT_COMPARED,
    ),
    Column(
        "difference_<scorecard>", NUMBER, "that of the row", f"difference {_OF_ONE_SCORECARD}", missing=NOT_COMPARED
    ),
    Column(
        "effect_size_<scorecard>", NUMBER, "standard deviations", f"standardised difference {_OF_ONE_SCORECARD}",
        missing=NOT_COMPARED,
    ),
    Column("n_<scorecard>", WHOLE, "count", f"values {_OF_ONE_SCORECARD}", 0, missing=NOT_COMPARED),
    Column("p_<scorecard>", NUMBER, "", f"p value {_OF_ONE_SCORECARD}", 0, 1, missing=NOT_COMPARED),
    Column("changes", TEXT, "", "what changed, in words", missing="nothing"),
    Column("note", TEXT, "", "what else to know about it", missing="nothing"),
)  # fmt: skip

_SETTING = Column(
    "setting", TEXT, "", "wild types with a knockout's arm (knockout), or knockouts with a wild type's (wild_type)"
)
_SHARE_OF_GAIN = Column("share", NUMBER, "fraction", _SHARE, missing="the full difference cannot be told from 0")
_EFFECT_OF_A_SWITCH = (MEASURE, DIFFERENCE, LOW, HIGH, EFFECT, UNIT, N, _SHARE_OF_GAIN)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "reproduction/scorecard": OF_SCORECARDS,
    "reproduction/seeds": OF_BESIDE,
    "reproduction/animals": (
        Column("comparison", TEXT, "", "finding and part, such as F01a"),
        SAYS,
        Column("side", TEXT, "", "side of the comparison: this (the first) or than (the second)"),
        Column("index", TEXT, "", "number of the animal in its group, or of its pair"),
        Column("value", NUMBER, "that of the measure", "its value", missing="nothing to measure"),
    ),
    "reproduction/dose_response": (
        Column("gain", NUMBER, "× wild type", "receptor gain of the animals", 0, 2),
        MEASURE,
        Column("label", TEXT, "", "the measure in words"),
        replace(UNIT, meaning="unit of the measure"),
        Column("mean", NUMBER, "that of the row", "mean over animals", missing=_NO_VALUE),
        replace(LOW, missing="too few values"),
        replace(HIGH, missing="too few values"),
        replace(N, meaning="how many animals, or pairs, have a value", missing=""),
    ),
    "reproduction/ablation": (
        Column("arm", TEXT, "", "the place of receptor action that is switched; all: everywhere"),
        _SETTING,
        FINDING,
        _PART,
        SAYS,
        *_EFFECT_OF_A_SWITCH,
        Column(
            "share_low",
            NUMBER,
            "fraction",
            "lower end of its interval",
            missing="the full difference cannot be told from 0",
        ),
        Column(
            "share_high",
            NUMBER,
            "fraction",
            "upper end of its interval",
            missing="the full difference cannot be told from 0",
        ),
    ),
    "reproduction/development": (
        Column("development", TEXT, "", "the arms of development that are on: the name of one, all, or none"),
        FINDING,
        _PART,
        SAYS,
        Column("group", TEXT, "", "group of the animals"),
        *_EFFECT_OF_A_SWITCH,
    ),
    "reproduction/sensitivity": (
        Column("parameter", TEXT, "", "the parameter that is changed"),
        Column("factor", NUMBER, "× the table's value", "what the parameter is multiplied by", 0),
        FINDING,
        _PART,
        SAYS,
        DIFFERENCE,
        LOW,
        HIGH,
        EFFECT,
        N,
        VERDICT,
        _FINDING_VERDICT,
        Column("survives", YES_NO, "", "whether the finding is reproduced with it"),
    ),
    "reproduction/association_by_hour": (
        *(one for one in WHOSE if one.name in ("animal", "genotype", "oxtr_gain", "index")),
        Column("test", TEXT, "", "name of the test in the group habitat"),
        Column("hour", WHOLE, "h", "hour of the test, from 0", 0),
        Column(
            "partner_s", NUMBER, "s", "contact with the partner in that hour, mean of the repeats", 0, missing=_OVER
        ),
        Column("others_s", NUMBER, "s", "contact with all others, added over them", 0, missing=_OVER),
        Column("share", NUMBER, "fraction", "the partner's share of all contact", 0, 1, missing="no contact"),
    ),
}
"""Columns of each table of a reproduction, `reproduction/<table>`."""
