"""Everything that inference writes: CSV tables, a page with figures, and `inference.json` or `validation.json` last."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.analysis.statistics import Estimate
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import Table, text_table
from socialrl.drawing.wording import Told, interval, number
from socialrl.inference import figures, sentences
from socialrl.inference.infer import DETERMINED, PARTLY, Inference
from socialrl.inference.validate import Validation, population_coverage
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import csv_text, json_text

RULE = (
    f"A trait is determined if its 90 % interval is narrower than {DETERMINED:g} times that of the prior, partly below"
    f" {PARTLY:g} times, else open."
)
_OF_GROUPS = (
    "Mean over animals and spread between animals of each group, with 90 % intervals; the other traits of a group are"
    " taken as those of the table's population."
)
_OF_MODEL = (
    "Means and spreads of the real tests beside those of simulated animals with the inferred gains; marked: outside the"
    " 90 % range. As far: share of simulated groups that are at least as far from the middle."
)
_OF_RECOVERY = "From the same tests, by networks that have not seen the animal."
_OF_SETS = "One test, the same test twice, the best pair, the battery, and all tests."
_OF_BITS = "Bits: expected information about the gain. A test that is named with 2 × was taken twice."
_OF_POPULATIONS = "How many 90 % intervals hold the truth, with 95 % intervals."
_OF_PREDICTIVE = (
    "Share of statistics of simulated groups outside their 90 % range where the model is right: about 10 %."
)


def write_inference(found: Inference, output: Path, about: dict[str, Any]) -> Path:
    """Write the results on real animals into the folder `output`, which is made; return the page's path."""
    tables = {
        "animals": found.animals,
        "groups": found.groups,
        "recovery": found.recovery,
        "predictive": found.predictive,
    }
    shown = [
        ("animals", "Animals", RULE, _animals(found)),
        ("groups", "Groups", _OF_GROUPS, _groups(found)),
        ("model", "Does the model fit these animals?", _OF_MODEL, _predictive(found)),
        ("recovery", "How well simulated animals are recovered", _OF_RECOVERY, _recovery(found.recovery)),
    ]
    said = sentences.of_inference(found)
    return _write("inference", "What the tests say about each animal", said, tables, shown,
                  _plates(figures.OF_INFERENCE, found, said[0]), output, about)  # fmt: skip


def write_validation(found: Validation, output: Path, about: dict[str, Any]) -> Path:
    """Write a validation into the folder `output`, which is made; return the page's path."""
    populations = population_coverage(found)
    tables = {**vars(found), "population_coverage": populations}
    shown = [
        ("recovery", "Recovery of the gain", _OF_SETS, _recovery(found.recovery)),
        ("information", "Which test, or pair of tests, tells most", _OF_BITS, _information(found.information)),
        ("populations", "Simulated populations", _OF_POPULATIONS, _population_table(populations)),
        ("traits", "What else the battery tells", RULE, _recovery(found.traits)),
        ("predictive", "Posterior predictive checks", _OF_PREDICTIVE, _predictive_shares(found.predictive)),
    ]
    said = sentences.of_validation(found)
    return _write("validation", "How far these simulations can be trusted", said, tables, shown,
                  _plates(figures.OF_VALIDATION, found, said[0]), output, about)  # fmt: skip


def _write(
    name: str,
    heading: str,
    said: list[str],
    tables: dict[str, pd.DataFrame],
    shown: list[tuple[str, str, str, Table]],
    plates: list[Plate],
    output: Path,
    about: dict[str, Any],
) -> Path:
    with naming_the_place(f"create {output}"):
        output.mkdir(parents=True, exist_ok=True)
    pages.write_beside(output, plates)
    for kind, table in tables.items():
        write_bytes(output / f"{kind}.csv", csv_text(table).encode())
    page = output / f"{name}.html"
    html = pages.render(
        Path(__file__).parent / "inference.html.j2",
        heading=heading,
        name=name,
        said=said,
        shown=shown,
        plates=plates,
        files=[f"{kind}.csv" for kind in tables],
        about=about,
    )
    write_bytes(page, html.encode())
    write_bytes(output / f"{name}.json", json_text({"format": 1, "said": said, **about}).encode())
    return page


def _plates(subjects: dict[str, Any], found: Any, said: str) -> list[Plate]:
    return [
        drawn(
            file,
            title,
            partial(draw, found),
            caption=lambda caption=caption: caption,  # type: ignore[misc]
            alt=lambda caption=caption: f"{caption} {said}",  # type: ignore[misc]
            missing=lambda: "There is nothing to draw",
        )
        for file, (title, caption, draw) in subjects.items()
    ]


# ------------------------------------------------------------------ tables of the pages


def _animals(found: Inference) -> Table:
    head = ("Group", "Animal", "Tests", "Gain [90 %]", "Width left, %", "Gain is", "Unlike the simulated")
    rows = found.of_gain.sort_values(["group"], kind="stable").to_dict("records")
    return text_table(
        head,
        [
            [
                row["group"],
                row["animal"],
                row["tests"],
                interval(Estimate(row["median"], row["low"], row["high"], 1, "")),
                number(100 * row["width_left"], 0),
                row["verdict"],
                "yes" if row["unlike_simulated"] else "",
            ]
            for row in rows
        ],
        n_left=3,
    )


def _groups(found: Inference) -> Table:
    head = ("Trait", "Group", "Animals", "Mean [90 %]", "Mean is", "Spread (SD) [90 %]", "Spread is")
    return text_table(
        head,
        [
            [
                row["trait"],
                row["group"],
                str(row["animals"]),
                _interval(row["mean"], row["mean_low"], row["mean_high"]),
                row["mean_verdict"],
                _interval(row["sd"], row["sd_low"], row["sd_high"]),
                row["sd_verdict"],
            ]
            for row in found.groups.to_dict("records")
        ],
        n_left=2,
    )


def _predictive(found: Inference) -> Table:
    table = text_table(
        ("Test", "Feature", "Statistic", "Group", "Real", "Predicted [90 %]", "As far, %"),
        [
            [
                row["test"],
                row["feature"],
                row["statistic"],
                row["group"],
                number(row["real"]),
                _interval(row["predicted"], row["low"], row["high"]),
                number(100 * row["as_far"], 1),
            ]
            for row in found.predictive.to_dict("records")
        ],
        n_left=4,
        note="Seconds, counts and latencies on the logarithmic scale on which they are compared.",
    )
    for row, cells in zip(found.predictive.to_dict("records"), table.rows, strict=True):
        if not row["low"] <= row["real"] <= row["high"]:
            cells[4] = type(cells[4])(cells[4].text, marked=True)
    return table


def _recovery(rows: pd.DataFrame) -> Table:
    head = ("Tests", "Trait", "r", "90 % width", "Width left, %", "Coverage, % [95 %]", "Bits", "Ranks uniform, p")
    return text_table(
        head,
        [
            [
                row["tests"],
                row["trait"],
                number(row["r"]),
                _short(row["width"]),
                number(100 * row["width_left"], 0),
                _percent(row["cover_90"], row["cover_90_low"], row["cover_90_high"]),
                f"{number(row['bits'])} ± {number(row['bits_se'])}",
                number(row["sbc_p"]),
            ]
            for row in rows.to_dict("records")
        ],
        n_left=2,
    )


def _information(rows: pd.DataFrame) -> Table:
    head = ("Tests", "Taken", "Bits", "r", "90 % width", "Width left, %", "Gain is")
    return text_table(
        head,
        [
            [
                row["tests"],
                str(row["n_tests"]),
                f"{number(row['bits'])} ± {number(row['bits_se'])}",
                number(row["r"]),
                number(row["width"]),
                number(100 * row["width_left"], 0),
                row["verdict"],
            ]
            for row in rows.to_dict("records")
        ],
    )


def _population_table(rows: pd.DataFrame) -> Table:
    head = ("Tests", "Populations", "Mean inside, %", "Width", "Spread inside, %", "Width", "Animals inside, %")
    return text_table(
        head,
        [
            [
                row["tests"],
                str(row["populations"]),
                _percent(row["mean"], row["mean_low"], row["mean_high"]),
                number(row["mean_width"]),
                _percent(row["sd"], row["sd_low"], row["sd_high"]),
                number(row["sd_width"]),
                number(100 * row["animals"], 1),
            ]
            for row in rows.to_dict("records")
        ],
    )


def _predictive_shares(rows: pd.DataFrame) -> Table:
    return text_table(
        ("Tests", "Statistics", "Outside, %"),
        [[row["tests"], str(row["statistics"]), number(100 * row["outside_90"], 1)] for row in rows.to_dict("records")],
    )


def _interval(middle: float, low: float, high: float) -> str:
    return Told(f"{_short(middle)} [{_short(low)}, {_short(high)}]", middle, low, high)


def _percent(share: float, low: float, high: float) -> str:
    percent = (100 * share, 100 * low, 100 * high)
    return Told(f"{percent[0]:.1f} [{percent[1]:.0f}, {percent[2]:.0f}]", *percent)


def _short(value: float) -> str:
    return f"{float(f'{value:.3g}'):g}"
