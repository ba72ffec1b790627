"""Columns of the tables of a calibration."""

from __future__ import annotations

from collections.abc import Mapping

from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column

_PAIRS = Column("pairs", TEXT, "", "the kind of pairs: peers or mates")
_SET = Column("set", TEXT, "", "whose tests: real, or of simulated animals before and after the calibration")
_WHO = Column("who", TEXT, "", "with whom: partner or stranger")
_NO_BOUT = "there is no bout"
_NO_REAL = "no such animal has both tests"
_FEW = "too few values"
_IS = "whether the tests determine it: determined, partly or open"
_ROWS = "that of the row"

TABLES: Mapping[str, tuple[Column, ...]] = {
    "calibration/goals": (
        _PAIRS,
        Column("row", TEXT, "", "whether it is a goal, or information"),
        Column("quantity", TEXT, "", "what is compared"),
        Column("label", TEXT, "", "the same in words"),
        Column("unit", TEXT, "", "its unit", missing="it has none"),
        Column("voles", NUMBER, _ROWS, "value in the real tests", missing="real tests have none"),
        Column("low", NUMBER, _ROWS, "lower end of what counts as alike", missing="no bound"),
        Column("high", NUMBER, _ROWS, "upper end of what counts as alike", missing="no bound"),
        Column("before", NUMBER, _ROWS, "value in animals of the table before", missing=_FEW),
        Column("after", NUMBER, _ROWS, "value in animals of the calibrated table", missing=_FEW),
        Column("inside", YES_NO, "", "whether that lies from low to high", missing="there are no bounds"),
        Column("ks_p", NUMBER, "", "p of a Kolmogorov–Smirnov test of real against simulated", 0, 1, missing="none"),
    ),
    "calibration/parameters": (
        Column("quantity", TEXT, "", "parameter, or several that move together"),
        Column("members", TEXT, "", "the parameters in it"),
        Column("table", NUMBER, _ROWS, "median in the table before", missing="none"),
        Column("median", NUMBER, _ROWS, "calibrated median"),
        Column("median_low", NUMBER, _ROWS, "lower end of its 90 % region"),
        Column("median_high", NUMBER, _ROWS, "upper end of its 90 % region"),
        Column("table_spread", NUMBER, "log-sd", "spread between animals in the table before", 0, missing="none"),
        Column("spread", NUMBER, "log-sd", "calibrated spread between animals", 0),
        Column("spread_low", NUMBER, "log-sd", "lower end of its 90 % region", 0),
        Column("spread_high", NUMBER, "log-sd", "upper end of its 90 % region", 0),
        Column("width_median", NUMBER, "fraction", "standard deviation of the median's posterior over its prior's", 0),
        Column("width_spread", NUMBER, "fraction", "standard deviation of the spread's posterior over its prior's", 0),
        Column("median_is", TEXT, "", _IS),
        Column("spread_is", TEXT, "", _IS),
    ),
    "calibration/summaries": (
        _PAIRS,
        Column("measure", TEXT, "", "what is summarised"),
        _SET,
        Column("n", WHOLE, "count", "animals", 0),
        *(
            Column(name, NUMBER, "that of the measure", meaning, missing=_FEW)
            for name, meaning in {
                "mean": "mean over animals",
                "sd": "standard deviation between animals",
                "q10": "10 % quantile",
                "q25": "25 % quantile",
                "median": "median",
                "q75": "75 % quantile",
                "q90": "90 % quantile",
            }.items()
        ),
    ),
    "calibration/course": (
        _SET,
        _PAIRS,
        Column("bin_start_min", NUMBER, "min", "start of the ten minutes", 0),
        _WHO,
        Column("share", NUMBER, "fraction", "mean share of the ten minutes spent huddling", 0, 1),
        Column("sd", NUMBER, "fraction", "standard deviation between animals", 0, missing=_FEW),
        Column("n_animals", WHOLE, "count", "animals", 0),
    ),
    "calibration/bouts": (
        _SET,
        _PAIRS,
        _WHO,
        Column("n_tests", WHOLE, "count", "tests", 0),
        Column("bouts_per_test", NUMBER, "count", "bouts of contact in a test", 0),
        Column("median_s", NUMBER, "s", "median length of a bout", 0, missing=_NO_BOUT),
        Column("q90_s", NUMBER, "s", "90 % quantile of the lengths", 0, missing=_NO_BOUT),
        Column("longest_s", NUMBER, "s", "median over tests of the longest bout, 0 in a test without", 0),
        Column("share_in_longest", NUMBER, "fraction", "mean share of a test's contact in its longest bout", 0, 1,
               missing=_NO_BOUT),
    ),
    "calibration/retest": (
        _PAIRS,
        Column("measure", TEXT, "", "what is measured twice"),
        Column("coefficient", TEXT, "", "how early and late tests are compared, such as pearson"),
        *(
            column
            for name, whose in {
                "real": "real animals",
                "before": "animals of the table before",
                "after": "animals of the calibrated table",
            }.items()
            for column in (
                Column(f"{name}_n", WHOLE, "count", f"{whose} with both tests", 0, missing=_NO_REAL),
                Column(name, NUMBER, "", f"the coefficient in {whose}", -1, 1, missing=_NO_REAL),
                Column(f"{name}_low", NUMBER, "", "lower end of its 95 % interval", -1, 1, missing=_NO_REAL),
                Column(f"{name}_high", NUMBER, "", "upper end of its 95 % interval", -1, 1, missing=_NO_REAL),
            )
        ),
        Column("inside", YES_NO, "", "whether the calibrated one lies in the real interval", missing=_NO_REAL),
    ),
    "calibration/search": (
        Column("generation", WHOLE, "", "generation of the direct search, from 1", 1),
        Column("candidate", WHOLE, "", "number of the candidate in its generation, from 1", 1),
        Column("objective", NUMBER, "", "what the search makes small", missing="not computed"),
        Column("median_<quantity>", NUMBER, "log factor", "median of <quantity>, as a factor on the table's"),
        Column("spread_<quantity>", NUMBER, "log-sd", "spread of <quantity> between animals"),
        Column("<part>", NUMBER, "", "<part>: a part of the objective, or what the search asked for", missing="none"),
    ),
}  # fmt: skip
"""Columns of each table of a calibration, `calibration/<table>`."""
