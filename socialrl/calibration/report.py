"""The results of a calibration as files: JSON, tables, parameters for a configuration, figures, one page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.calibration.figures import FIGURES, SETS
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.population import FREE
from socialrl.calibration.summaries import COMPARED, KINDS, TERMS
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import text_table
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import csv_text, json_text
from socialrl_envs.parameters import parameter

_LABELS = {"all": "Mean of all", **{measure.name: measure.label for measure in COMPARED}, "failures": "Failures"}
_KIND_NAMES = {kind.name for kind in KINDS}
_ROWS = {**_LABELS, **{kind.name: kind.label for kind in KINDS}}

_QUANTITY_HEAD = ("Quantity", "Meaning", "Table (log-sd)", "Median", "Median is", "Log-sd", "Log-sd is")
_SUMMARY_HEAD = ("Measure", "Set", "n", "Mean", "SD", "10 %", "25 %", "Median", "75 %", "90 %")

_WORSE = 0.3
"""Difference of a term, in units of noise, from which a measure counts as matched worse."""


def write_results(result: Calibration, output: Path, provenance: dict[str, Any]) -> None:
    """Write everything to the folder `output`, which is made; `calibration.json`, which marks it, comes last."""
    with naming_the_place(f"create {output}"):
        output.mkdir(parents=True, exist_ok=True)
    plates = [
        drawn(
            name,
            subject.title,
            partial(subject.draw, result),
            caption=lambda subject=subject: subject.caption,  # type: ignore[misc]
            alt=lambda subject=subject: f"{subject.caption} {verdict(result)}",  # type: ignore[misc]
            missing=lambda: "There is nothing to draw",
        )
        for name, subject in FIGURES.items()
    ]
    pages.write_beside(output, plates)
    write_bytes(output / "parameters.csv", csv_text(result.parameters()).encode())
    write_bytes(output / "summaries.csv", csv_text(result.summaries()).encode())
    write_bytes(output / "parameters.yaml", parameters_yaml(result, provenance).encode())
    write_bytes(output / "calibration.html", page(result, provenance, plates).encode())
    write_bytes(output / "calibration.json", json_text(content(result, provenance)).encode())


def content(result: Calibration, provenance: dict[str, Any]) -> dict[str, Any]:
    """Return what `calibration.json` holds."""
    return {
        "format": 1,
        "verdict": verdict(result),
        "distance": {
            "unit": f"sampling noise: 1 = another sample of {result.target.n} voles",
            "before": result.distances["before"],
            "after": result.distances["after"],
            "noise": dict(zip(TERMS, map(float, result.target.noise), strict=True)),
            "share_of_samples_as_far": dict(result.as_far),
        },
        "parameters": result.members(),
        "quantities": result.parameters().to_dict("records"),
        "combinations": result.combinations().to_dict("records"),
        "summaries": result.summaries().to_dict("records"),
        "emulator": {"skill": list(result.skill), "rounds": result.rounds},
        "provenance": provenance,
    }


def verdict(result: Calibration) -> str:
    """Return the outcome in a sentence or two."""
    before, after = result.distances["before"]["all"], result.distances["after"]["all"]
    said = (
        f"Distance of trained animals from the voles: {before:.2f} with the table, {after:.2f} calibrated"
        " (1 = sampling noise)."
    )
    if not result.improved:
        return f"{said} The calibrated population is not nearer; keep the table."
    apart = result.distances
    for words, names in (
        ("Still further than twice the noise", [name for name in TERMS if apart["after"][name] > 2.0]),
        (
            "Matched worse than before",
            [name for name in TERMS if apart["after"][name] > apart["before"][name] + _WORSE],
        ),
    ):
        if names:
            said += f" {words}: {', '.join(_in_sentence(_LABELS[name]) for name in names)}."
    return said


def parameters_yaml(result: Calibration, provenance: dict[str, Any]) -> str:
    """Return a partial configuration for `--with`: medians as parameters, spreads between individuals."""
    data = provenance["data"]
    found = result.members()
    rows = {name: parameter(name) for name in found}
    lines = [
        f"# Calibrated on {data['animals']} {data['timepoint']} tests of {data['file']}"
        f" (sha256 {data['sha256'][:16]}…),",
        f"# {provenance['started']}, seed {provenance['seed']}: {provenance['command']}",
        f"# {verdict(result)}",
        "# Use: socialrl train CONFIG --with FILE",
        "env:",
        "  parameters:",
    ]
    lines += [
        f"    {name}: {_short(one['value'])}  # {rows[name].unit}; table {rows[name].value:g}"
        for name, one in found.items()
    ]
    lines += [
        "individual_spread:  # log-sd between animals; members of one total are drawn independently",
        "  scale: 1.0  # times the table's log-sd, of the parameters that are not named here (the gain is one of them)",
    ]
    lines += [f"  {name}: {_short(one['spread'])}  # table {rows[name].spread:g}" for name, one in found.items()]
    return "\n".join(lines) + "\n"


def page(result: Calibration, provenance: dict[str, Any], plates: list[Plate]) -> str:
    """Return the page: one self-contained HTML file."""
    return pages.render(
        Path(__file__).parent / "calibration.html.j2",
        verdict=verdict(result),
        data=provenance["data"],
        simulated=provenance["simulated"],
        command=provenance["command"],
        started=provenance["started"],
        seed=provenance["seed"],
        versions=provenance["versions"],
        distances=text_table(
            ("Measure", "Table", "Calibrated"),
            [
                [_LABELS[name], f"{result.distances['before'][name]:.2f}", f"{result.distances['after'][name]:.2f}"]
                for name in ("all", *TERMS)
            ],
        ),
        as_far=result.as_far,
        quantities=text_table(_QUANTITY_HEAD, _quantities(result), n_left=2),
        undetermined=_open(result),
        combinations=text_table(
            ("Combination", "Width", "Width by chance"),
            [
                [row["combination"], f"{row['width']:.2f}", f"{row['width_by_chance']:.2f}"]
                for row in result.combinations().to_dict("records")
            ],
        ),
        members=text_table(
            ("Parameter", "Table", "Table log-sd", "Calibrated", "Log-sd"),
            [
                [
                    name,
                    f"{parameter(name).value:g}",
                    f"{parameter(name).spread:g}",
                    _short(one["value"]),
                    f"{one['spread']:.2f}",
                ]
                for name, one in result.members().items()
            ],
        ),
        summaries=text_table(_SUMMARY_HEAD, _summaries(result.summaries()), n_left=2),
        skill=[f"{one:.2f}" for one in result.skill],
        plates=plates,
    )


def _quantities(result: Calibration) -> list[list[str]]:
    rows = []
    for free, row in zip(FREE, result.parameters().to_dict("records"), strict=True):
        rows.append(
            [
                free.name,
                free.meaning,
                f"{_short(row['table'])} ({row['table_spread']:.2f})",
                f"{_short(row['median'])} [{_short(row['median_low'])}, {_short(row['median_high'])}]",
                f"{row['median_is']} ({row['width_median']:.2f})",
                f"{row['spread']:.2f} [{row['spread_low']:.2f}, {row['spread_high']:.2f}]",
                f"{row['spread_is']} ({row['width_spread']:.2f})",
            ]
        )
    return rows


def _open(result: Calibration) -> str:
    table = result.parameters()
    medians = list(table["quantity"][table["median_is"] == "open"])
    spreads = list(table["quantity"][table["spread_is"] == "open"])
    told = [f"{what} of {', '.join(names)}" for what, names in (("medians", medians), ("spreads", spreads)) if names]
    return "; ".join(told) if told else "none"


def _summaries(table: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in table.to_dict("records"):
        ratio = row["measure"] == "preference"
        if row["measure"] in _KIND_NAMES:
            cells = [f"{row['mean']:.1%}", "", "", "", "", "", ""]
        else:
            names = ("mean", "sd", "q10", "q25", "median", "q75", "q90")
            cells = [f"{row[name]:.2f}" if ratio else f"{row[name]:.0f}" for name in names]
        rows.append([_ROWS[row["measure"]], SETS[row["set"]], str(row["n"]), *cells])
    return rows


def _in_sentence(label: str) -> str:
    return (label[0].lower() + label[1:]).replace(", ", " to ")


def _short(value: float) -> str:
    return f"{float(f'{value:.3g}'):g}"
