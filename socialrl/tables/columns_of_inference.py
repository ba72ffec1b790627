"""Columns of simulations, of an inference and of its validation."""

from __future__ import annotations

from collections.abc import Mapping

from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column

_TESTS = Column("tests", TEXT, "", "the tests that were used, in words")
_NAMES = Column("names", TEXT, "", "their names")
_N_TESTS = Column("n_tests", WHOLE, "count", "how many tests", 1)
_TRAIT = Column("trait", TEXT, "", "the trait that is inferred")
_UNIT = Column("unit", TEXT, "", "its unit", missing="it has none")
_GROUP = Column("group", TEXT, "", "the group")
_FEW = "too few animals"
_HOW_WELL: tuple[Column, ...] = (
    _TRAIT,
    Column("r", NUMBER, "", "correlation of median and truth", -1, 1, missing=_FEW),
    Column("width", NUMBER, "that of the trait", "mean width of the 90 % interval", 0),
    Column("width_left", NUMBER, "fraction", "that width over the prior's", 0),
    Column("cover_90", NUMBER, "fraction", "share of 90 % intervals that hold the truth", 0, 1),
    Column("cover_90_low", NUMBER, "fraction", "lower end of its interval", 0, 1),
    Column("cover_90_high", NUMBER, "fraction", "upper end of its interval", 0, 1),
    Column("bits", NUMBER, "bits", "expected information about the trait"),
    Column("bits_se", NUMBER, "bits", "its standard error", 0, missing=_FEW),
    Column("sbc_p", NUMBER, "", "p of uniform ranks of the truth (simulation-based calibration)", 0, 1, missing=_FEW),
)
_VERDICT = Column("verdict", TEXT, "", "whether the tests determine it: determined, partly or open")
_KNOWN: tuple[Column, ...] = (_TESTS, _NAMES, _N_TESTS, *_HOW_WELL, _VERDICT)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "simulations/animals": (
        Column("<trait>", NUMBER, "standard deviations", "the trait <trait>, as a score that is normal in the prior"),
    ),
    "inference/animals": (
        Column("animal", TEXT, "", "the animal's id in the file"),
        _GROUP,
        _TESTS,
        _TRAIT,
        _UNIT,
        Column("median", NUMBER, "that of the trait", "median of its posterior"),
        Column("low", NUMBER, "that of the trait", "lower end of its 90 % interval"),
        Column("high", NUMBER, "that of the trait", "upper end of its 90 % interval"),
        Column("prior_low", NUMBER, "that of the trait", "lower end of the prior's 90 % interval"),
        Column("prior_high", NUMBER, "that of the trait", "upper end of the prior's 90 % interval"),
        Column("width_left", NUMBER, "fraction", "width of the interval over that of the prior", 0),
        _VERDICT,
        Column("unlike_simulated", YES_NO, "", "whether its tests lie where no simulated test lies"),
    ),
    "inference/groups": (
        _GROUP,
        Column("animals", WHOLE, "count", "animals of the group", 1),
        _TRAIT,
        _UNIT,
        Column("mean", NUMBER, "that of the trait", "mean over its animals"),
        Column("mean_low", NUMBER, "that of the trait", "lower end of the 90 % interval of the mean"),
        Column("mean_high", NUMBER, "that of the trait", "upper end of the 90 % interval of the mean"),
        Column("mean_left", NUMBER, "fraction", "width of that interval over that of the prior", 0),
        Column("mean_verdict", TEXT, "", "whether the tests determine the mean: determined, partly or open"),
        Column("sd", NUMBER, "that of the trait", "standard deviation between animals", 0),
        Column("sd_low", NUMBER, "that of the trait", "lower end of its 90 % interval", 0),
        Column("sd_high", NUMBER, "that of the trait", "upper end of its 90 % interval", 0),
        Column("sd_left", NUMBER, "fraction", "width of that interval over that of the prior", 0),
        Column("sd_verdict", TEXT, "", "whether the tests determine the spread: determined, partly or open"),
        Column("power", NUMBER, "", "power that the likelihood was raised to", 0, 1),
    ),
    "inference/predictive": (
        _GROUP,
        Column("test", TEXT, "", "name of the test"),
        Column("feature", TEXT, "", "the quantity of the test that is compared"),
        Column("statistic", TEXT, "", "mean or sd of the group"),
        Column("real", NUMBER, "that of the feature", "of the real tests", missing="nothing to compute it from"),
        Column("predicted", NUMBER, "that of the feature", "median of simulated groups", missing="not predicted"),
        Column("low", NUMBER, "that of the feature", "lower end of their 90 % range", missing="not predicted"),
        Column("high", NUMBER, "that of the feature", "upper end of their 90 % range", missing="not predicted"),
        Column(
            "as_far",
            NUMBER,
            "fraction",
            "share of simulated groups at least as far from their median",
            0,
            1,
            missing="not predicted",
        ),
    ),
    "inference/recovery": (_TESTS, *_HOW_WELL),
    "validation/information": _KNOWN,
    "validation/traits": _KNOWN,
    "validation/recovery": (Column("what", TEXT, "", "how many tests, and which, in words"), *_KNOWN),
    "validation/ranks": (
        _TESTS,
        Column("from", NUMBER, "fraction", "lower end of the tenth of ranks", 0, 1),
        Column("to", NUMBER, "fraction", "upper end of it", 0, 1),
        Column("animals", WHOLE, "count", "animals whose truth has such a rank", 0),
        Column("expected", NUMBER, "count", "how many are expected", 0),
    ),
    "validation/coverage": (
        _TESTS,
        Column("level", NUMBER, "fraction", "what the intervals should hold", 0, 1),
        Column("covered", NUMBER, "fraction", "share of them that hold the truth", 0, 1),
        Column("low", NUMBER, "fraction", "lower end of its interval", 0, 1),
        Column("high", NUMBER, "fraction", "upper end of its interval", 0, 1),
    ),
    "validation/populations": (
        _TESTS,
        Column("population", WHOLE, "", "number of the simulated group", 0),
        Column("mean", NUMBER, "× wild type", "its true mean gain"),
        Column("mean_found", NUMBER, "× wild type", "the mean that was inferred"),
        Column("mean_low", NUMBER, "× wild type", "lower end of its 90 % interval"),
        Column("mean_high", NUMBER, "× wild type", "upper end of its 90 % interval"),
        Column("mean_covered", YES_NO, "", "whether that holds the true mean"),
        Column("sd", NUMBER, "× wild type", "its true spread", 0),
        Column("sd_found", NUMBER, "× wild type", "the spread that was inferred", 0),
        Column("sd_low", NUMBER, "× wild type", "lower end of its 90 % interval", 0),
        Column("sd_high", NUMBER, "× wild type", "upper end of its 90 % interval", 0),
        Column("sd_covered", YES_NO, "", "whether that holds the true spread"),
        Column("covered", NUMBER, "fraction", "share of its animals whose interval holds the truth", 0, 1),
        Column("power", NUMBER, "", "power that the likelihood was raised to", 0, 1),
        Column(
            "half", WHOLE, "", "half of the animals that it is made of: 0 or 1; the power is from the other half", 0, 1
        ),
    ),
    "validation/population_coverage": (
        _TESTS,
        Column("populations", WHOLE, "count", "simulated groups", 1),
        Column("mean", NUMBER, "fraction", "share of intervals that hold the true mean", 0, 1),
        Column("mean_low", NUMBER, "fraction", "lower end of its interval", 0, 1),
        Column("mean_high", NUMBER, "fraction", "upper end of its interval", 0, 1),
        Column("mean_width", NUMBER, "× wild type", "mean width of the intervals of the mean", 0),
        Column("sd", NUMBER, "fraction", "share of intervals that hold the true spread", 0, 1),
        Column("sd_low", NUMBER, "fraction", "lower end of its interval", 0, 1),
        Column("sd_high", NUMBER, "fraction", "upper end of its interval", 0, 1),
        Column("sd_width", NUMBER, "× wild type", "mean width of the intervals of the spread", 0),
        Column("animals", NUMBER, "fraction", "share of intervals of animals that hold the truth", 0, 1),
        Column("power", NUMBER, "", "mean power that the likelihood was raised to", 0, 1),
    ),
    "validation/predictive": (
        _TESTS,
        Column("statistics", WHOLE, "count", "statistics that were compared", 0),
        Column("outside_90", NUMBER, "fraction", "share outside their predicted 90 % range", 0, 1, missing="none"),
    ),
}
"""Columns of each table of simulations, an inference and a validation, `simulations/<table>` and so on."""
