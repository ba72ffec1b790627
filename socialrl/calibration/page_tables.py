"""The tables of a calibration's page, as rows of ready text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis.statistics import Estimate
from socialrl.calibration.course_figures import SETS
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.pairs import BOTH
from socialrl.calibration.population import table_of
from socialrl.calibration.summaries import COMPARED, KINDS, TERMS
from socialrl.drawing import wording
from socialrl.drawing.tables import Table, text_table
from socialrl_envs.parameters import rows_of

LABELS = {"all": "Mean of all", **{measure.name: measure.label for measure in COMPARED}, "failures": "Failures"}
_KIND_NAMES = {kind.name for kind in KINDS}
_ROWS = {**LABELS, **{kind.name: kind.label for kind in KINDS}}
RETESTED = {"total_huddle_s": "Total huddle", "huddle_s_partner": "Partner huddle", "preference": "Preference"}
_SEARCHED = {"distance": "Distance", "outside": "Goals", "repeatability": "Repeatability"}
_MOST_GENERATIONS = 12
_SUMMARY_HEAD = ("Pairs", "Measure", "Set", "n", "Mean", "SD", "10 %", "25 %", "Median", "75 %", "90 %")


def goals(result: Calibration) -> Table:
    """Return the goals: voles with their interval, both populations, whether the calibrated one reaches the goal."""
    rows = [
        [
            row["pairs"],
            _with_unit(row),
            "" if row["quantity"] == "distance" else _number(row["voles"], row["unit"]),
            f"at most {row['high']:g}" if row["quantity"] == "distance" else _interval(row, " to "),
            _number(row["before"], row["unit"]),
            _number(row["after"], row["unit"]),
            _yes(row["inside"]),
        ]
        for row in result.goals[result.goals["row"] == "goal"].to_dict("records")
    ]
    return text_table(("Pairs", "Goal", "Voles", "Allowed", "Table", "Calibrated", "Reached"), rows, n_left=2)


def information(result: Calibration) -> Table:
    """Return the medians of all measures compared, with the p value of a Kolmogorov–Smirnov test."""
    rows = [
        [
            row["pairs"],
            _with_unit(row),
            wording.interval(
                Estimate(row["voles"], row["low"], row["high"], 0, ""), 0 if _in_seconds(row["unit"]) else 2
            ),
            _number(row["before"], row["unit"]),
            _number(row["after"], row["unit"]),
            wording.p_value(row["ks_p"]),
        ]
        for row in result.goals[result.goals["row"] == "information"].to_dict("records")
    ]
    return text_table(("Pairs", "Measure", "Voles", "Table", "Calibrated", "KS p"), rows, n_left=2)


def retest(result: Calibration) -> Table:
    """Return the correlations of early and late tests, voles and both populations."""
    rows = [
        [
            row["pairs"],
            RETESTED[row["measure"]],
            row["coefficient"].capitalize(),
            f"{_correlation(row, 'real')} (n = {row['real_n']})",
            _correlation(row, "before"),
            _correlation(row, "after"),
            _yes(row["inside"]),
        ]
        for row in result.retests.to_dict("records")
    ]
    head = ("Pairs", "Measure", "Correlation", "Voles", "Table", "Calibrated", "In the voles' interval")
    return text_table(head, rows, n_left=3)


def compared(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return a correlation of voles with its interval, that of the calibrated population, and whether it is inside."""
    return _correlation(row, "real"), wording.number(row["after"]), _yes(row["inside"])


def bouts(result: Calibration) -> Table:
    """Return how long bouts of contact last in model animals."""
    rows = [
        [
            row["pairs"],
            row["who"],
            SETS[row["set"]],
            wording.number(row["bouts_per_test"], 1),
            *(_number(row[name], "s") for name in ("median_s", "q90_s", "longest_s")),
            _number(row["share_in_longest"], "fraction"),
        ]
        for row in _together(result.bouts()).to_dict("records")
    ]
    head = ("Pairs", "With", "Set", "Bouts a test", "Median, s", "90 %, s", "Longest of a test, s", "Its share")
    return text_table(head, rows, n_left=3)


def distances(result: Calibration) -> Table:
    """Return the distance of both populations, kind by kind and term by term."""
    rows = []
    if len(result.matches) > 1:
        rows.append([BOTH, LABELS["all"], *(wording.number(result.distance(name)) for name in ("before", "after"))])
    rows += [
        [kind, LABELS[name], *(wording.number(match.distances[one][name]) for one in ("before", "after"))]
        for kind, match in result.matches.items()
        for name in ("all", *TERMS)
    ]
    return text_table(("Pairs", "Measure", "Table", "Calibrated"), rows, n_left=2)


def as_far(result: Calibration) -> str:
    """Return, for every kind of pair, the shares of samples that are as far from their own population as the voles."""
    shares: dict[str, Any] = {kind: match.as_far for kind, match in result.matches.items()}
    if len(shares) > 1:
        shares[BOTH] = result.as_far_of_both
    return "; ".join(
        f"{kind} {100 * one['before']:.1f} % (table), {100 * one['after']:.1f} % (calibrated)"
        for kind, one in shares.items()
    )


def quantities(result: Calibration) -> Table:
    """Return the free quantities: table, fit, region and what is determined."""
    rows = []
    for free, row in zip(result.space.free, result.parameters().to_dict("records"), strict=True):
        rows.append(
            [
                free.name,
                free.meaning,
                f"{short(row['table'])} ({row['table_spread']:.2f})",
                f"{short(row['median'])} [{short(row['median_low'])}, {short(row['median_high'])}]",
                f"{row['median_is']} ({row['width_median']:.2f})",
                wording.interval(Estimate(row["spread"], row["spread_low"], row["spread_high"], 0, "")),
                f"{row['spread_is']} ({row['width_spread']:.2f})",
            ]
        )
    head = ("Quantity", "Meaning", "Table (log-sd)", "Median", "Median is", "Log-sd", "Log-sd is")
    return text_table(head, rows, n_left=2)


def search(result: Calibration) -> Table:
    """Return the direct search, at most about a dozen of its generations evenly chosen, the first and the last too."""
    table = result.search()
    if table.empty:
        return text_table(("Generation",), [])
    shown = sorted({int(k) for k in np.linspace(0, len(table) - 1, min(len(table), _MOST_GENERATIONS)).round()})
    kinds = list(result.matches)
    rows = []
    for row in table.iloc[shown].to_dict("records"):
        rows.append(
            [
                f"{row['generation']:.0f}",
                *(wording.number(row[name]) for name in ("mean", "best")),
                *(wording.number(row[f"{part}_{kind}"]) for kind in kinds for part in _SEARCHED),
                *([wording.number(row["course_off"])] if "course_off" in row else []),
            ]
        )
    several = len(kinds) > 1
    of_kinds = [f"{word}{f', {kind}' if several else ''}" for kind in kinds for word in _SEARCHED.values()]
    course = ["Course"] if "course_off" in table else []
    return text_table(("Generation", "Mean", "Best", *of_kinds, *course), rows, n_left=0)


def undetermined(result: Calibration) -> str:
    """Return in words which medians and spreads the tests leave open."""
    table = result.parameters()
    medians = list(table["quantity"][table["median_is"] == "open"])
    spreads = list(table["quantity"][table["spread_is"] == "open"])
    told = [f"{what} of {', '.join(names)}" for what, names in (("medians", medians), ("spreads", spreads)) if names]
    return "; ".join(told) if told else "none"


def combinations(result: Calibration) -> Table:
    """Return the combinations of medians that are determined best."""
    rows = [
        [row["combination"], wording.number(row["width"]), wording.number(row["width_by_chance"])]
        for row in result.combinations().to_dict("records")
    ]
    return text_table(("Combination", "Width", "Width by chance"), rows)


def members(result: Calibration) -> Table:
    """Return table and calibrated value and log-sd of every parameter that changed."""
    table = {row.name: row for row in rows_of(table_of(result.space.base))}
    rows = [
        [name, f"{table[name].value:g}", f"{table[name].spread:g}", short(one["value"]), f"{one['spread']:.2f}"]
        for name, one in result.members().items()
    ]
    return text_table(("Parameter", "Table", "Table log-sd", "Calibrated", "Log-sd"), rows)


def summaries(result: Calibration) -> Table:
    """Return quantiles of every measure and shares of tests, by kind of pair and set."""
    rows = []
    for row in result.summaries().to_dict("records"):
        ratio = row["measure"] == "preference"
        if row["measure"] in _KIND_NAMES:
            cells = [f"{row['mean']:.1%}", "", "", "", "", "", ""]
        else:
            names = ("mean", "sd", "q10", "q25", "median", "q75", "q90")
            cells = [wording.number(row[name], 2 if ratio else 0) for name in names]
        rows.append([row["pairs"], _ROWS[row["measure"]], SETS[row["set"]], str(row["n"]), *cells])
    return text_table(_SUMMARY_HEAD, rows, n_left=3)


def short(value: float) -> str:
    """Return a value with three digits."""
    return f"{float(f'{value:.3g}'):g}"


def _yes(true: bool | None) -> str:
    return "" if true is None else "yes" if true else "no"


def _number(value: float, unit: str) -> str:
    return wording.number(value, 0 if _in_seconds(unit) else 2)


def _in_seconds(unit: str) -> bool:
    return unit.startswith("s ") or unit == "s"


def _with_unit(row: Mapping[str, Any]) -> str:
    """What a row is about, with its unit where the number is none by itself."""
    return f"{row['label']}, s" if _in_seconds(row["unit"]) else str(row["label"])


def _interval(row: Mapping[str, Any], between: str = ", ") -> str:
    return f"{_number(row['low'], row['unit'])}{between}{_number(row['high'], row['unit'])}"


def _together(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of sets, kinds of pairs and partners with the sets next to each other."""
    order = [table[name].map({one: k for k, one in enumerate(table[name].unique())}) for name in ("pairs", "who")]
    return table.iloc[np.lexsort(order[::-1])]


def _correlation(row: Mapping[str, Any], name: str) -> str:
    return wording.interval(Estimate(row[name], row[f"{name}_low"], row[f"{name}_high"], 0, ""))
