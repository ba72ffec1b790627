"""The results of a calibration as files: JSON, tables, parameters for a configuration, figures, one page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from socialrl.calibration import page_tables
from socialrl.calibration.figures import subjects
from socialrl.calibration.objective import MOST_REPEATABLE
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.page_tables import LABELS, short
from socialrl.calibration.pairs import BOTH
from socialrl.calibration.population import table_of
from socialrl.calibration.summaries import TERMS
from socialrl.config.values import TABLE
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import csv_text, json_text
from socialrl_envs.parameters import parameter

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
        for name, subject in subjects(result).items()
    ]
    pages.write_beside(output, plates)
    tables = {
        "goals": result.goals,
        "parameters": result.parameters(),
        "summaries": result.summaries(),
        "course": result.time_course(),
        "bouts": result.bouts(),
        "retest": result.retests,
        "search": result.tried,
    }
    for name, table in tables.items():
        if len(table):
            write_bytes(output / f"{name}.csv", csv_text(table).encode())
    write_bytes(output / "parameters.yaml", parameters_yaml(result, provenance).encode())
    write_bytes(output / "calibration.html", page(result, provenance, plates).encode())
    write_bytes(output / "calibration.json", json_text(content(result, provenance)).encode())


def content(result: Calibration, provenance: dict[str, Any]) -> dict[str, Any]:
    """Return what `calibration.json` holds."""
    return {
        "format": 2,
        "verdict": verdict(result),
        "goals": result.goals.to_dict("records"),
        "distance": {
            "unit": "sampling noise: 1 = another sample of as many voles",
            **{
                kind: {
                    "voles": match.target.n,
                    "before": match.distances["before"],
                    "after": match.distances["after"],
                    "noise": dict(zip(TERMS, map(float, match.target.noise), strict=True)),
                    "share_of_samples_as_far": dict(match.as_far),
                }
                for kind, match in result.matches.items()
            },
            BOTH: {
                **{name: {"all": result.distance(name)} for name in ("before", "after")},
                "share_of_samples_as_far": dict(result.as_far_of_both),
            },
        },
        "retest_not_fitted": result.retests.to_dict("records"),
        "parameters": result.members(),
        "quantities": result.parameters().to_dict("records"),
        "combinations": result.combinations().to_dict("records"),
        "summaries": result.summaries().to_dict("records"),
        "bouts": result.bouts().to_dict("records"),
        "search": result.search().to_dict("records"),
        "emulator": {"skill": {kind: list(one) for kind, one in result.skill.items()}, "rounds": result.rounds},
        "provenance": provenance,
    }


def verdict(result: Calibration) -> str:
    """Return the outcome in a few sentences."""
    several = len(result.matches) > 1
    told = [
        f"{f'{kind} ' if several else ''}{match.distances['before']['all']:.2f} with the table,"
        f" {match.distances['after']['all']:.2f} calibrated"
        for kind, match in result.matches.items()
    ]
    said = f"Distance of trained animals from the voles: {'; '.join(told)} (1 = sampling noise)."
    reached, n = result.reached
    said += f" Goals reached: {reached} of {n}."
    if not result.improved:
        return f"{said} The calibrated population is not nearer; keep the table."
    apart = [match.distances for match in result.matches.values()]
    kinds = list(result.matches)
    far = _named({name: [one["after"][name] > 2.0 for one in apart] for name in TERMS}, kinds)
    worse = _named(
        {name: [one["after"][name] > one["before"][name] + _WORSE for one in apart] for name in TERMS}, kinds
    )
    for words, names in (("Still further than twice the noise", far), ("Matched worse than before", worse)):
        if names:
            said += f" {words}: {'; '.join(names)}."
    return said


def _named(found: dict[str, list[bool]], kinds: list[str]) -> list[str]:
    """Return the terms that are true: one list, or where there are several kinds of pairs one a kind, after its name.

    What is true of all kinds stands first and once: "both preference, failures", "mates partner chamber".
    """
    of_kinds: dict[tuple[str, ...], list[str]] = {}
    for name, true in found.items():
        which = tuple(kind for kind, one in zip(kinds, true, strict=True) if one)
        if which:
            of_kinds.setdefault(which, []).append(_in_sentence(LABELS[name]))
    if len(kinds) == 1:
        return [", ".join(names) for names in of_kinds.values()]
    several_first = sorted(of_kinds, key=lambda which: (-len(which), which))
    return [f"{BOTH if len(which) > 1 else which[0]} {', '.join(of_kinds[which])}" for which in several_first]


def parameters_yaml(result: Calibration, provenance: dict[str, Any]) -> str:
    """Return a partial configuration for `--with`: medians as parameters, spreads between individuals."""
    data = provenance["data"]
    found = result.members()
    rows = {name: parameter(name, table_of(result.space.base)) for name in found}
    lines = [
        f"# Calibrated on {data['animals']} {data['timepoint']} tests of {data['file']}"
        f" (sha256 {data['sha256'][:16]}…),",
        f"# {provenance['started']}, seed {provenance['seed']}: {provenance['command']}",
        f"# {verdict(result)}",
        "# Use: socialrl train CONFIG --with FILE",
        "env:",
        "  parameters:",
        f"    {TABLE}: {table_of(result.space.base)}  # what the numbers below are changes of",
    ]
    lines += [
        f"    {name}: {short(one['value'])}  # {rows[name].unit}; table {rows[name].value:g}"
        for name, one in found.items()
    ]
    lines += [
        f"    {name}: {value}  # not fitted: of the configuration that was given"
        for name, value in result.space.base.items()
        if name not in (*found, TABLE)
    ]
    lines += [
        "individual_spread:  # log-sd between animals; members of one total are drawn independently",
        "  scale: 1.0  # times the table's log-sd, of the parameters that are not named here (the gain is one of them)",
    ]
    lines += [f"  {name}: {short(one['spread'])}  # table {rows[name].spread:g}" for name, one in found.items()]
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
        goals=page_tables.goals(result),
        information=page_tables.information(result),
        retest=page_tables.retest(result),
        bouts=page_tables.bouts(result),
        search=page_tables.search(result),
        most_repeatable=MOST_REPEATABLE,
        distances=page_tables.distances(result),
        as_far=page_tables.as_far(result),
        quantities=page_tables.quantities(result),
        undetermined=page_tables.undetermined(result),
        combinations=page_tables.combinations(result),
        members=page_tables.members(result),
        summaries=page_tables.summaries(result),
        skill={kind: [f"{one:.2f}" for one in skill] for kind, skill in result.skill.items()},
        plates=plates,
    )


def _in_sentence(label: str) -> str:
    return (label[0].lower() + label[1:]).replace(", ", " to ")
