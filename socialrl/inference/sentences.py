"""What was found in sentences: for the terminal, the top of a page, and the JSON file."""

from __future__ import annotations

from typing import Any

import pandas as pd

from socialrl.drawing.wording import number
from socialrl.inference.infer import VERDICTS, Inference
from socialrl.inference.traits import GAIN
from socialrl.inference.validate import Validation, population_coverage

_FEW = 6


def about_gain(found: Inference) -> str:
    """Return whether the tests tell the animals' gain."""
    counts = found.of_gain["verdict"].value_counts()
    n = len(found.of_gain)
    if counts.get(VERDICTS[2], 0) == n:
        return f"These tests do not tell the gain of any of the {n} animals: intervals are about as wide as before."
    words = zip(VERDICTS, ("determined", "partly determined", "not told"), strict=True)
    told = [f"{said} of {counts[name]}" for name, said in words if counts.get(name, 0)]
    return f"Of {n} animals the gain is {', '.join(told)}."


def about_others(found: Inference) -> str:
    """Return which other traits the tests tell, by the mean width of their intervals, and which not."""
    others = found.animals[found.animals["trait"] != GAIN]
    if others.empty:
        return ""
    share = others.assign(told=others["verdict"] != VERDICTS[2]).groupby("trait", sort=False)["told"].mean()
    told = [f"{name} (of {100 * part:.0f} %)" for name, part in share.items() if part >= 0.1]
    not_told = [str(name) for name, part in share.items() if part < 0.1]
    first = f"At least partly told: {', '.join(told)}. " if told else ""
    return f"{first}Not told by these tests: {_few(not_told)}." if not_told else first.strip()


def about_model(found: Inference) -> str:
    """Return whether simulated animals of these gains behave like the real ones."""
    said = []
    rows = found.predictive
    if len(rows):
        outside = ((rows["real"] < rows["low"]) | (rows["real"] > rows["high"])).sum()
        said.append(
            f"{outside} of {len(rows)} statistics of the real tests lie outside what simulated animals predict with"
            f" 90 % (about {0.1 * len(rows):.0f} expected)."
        )
        if outside > 0.25 * len(rows):
            said.append(
                "The simulated animals are not like these animals, so the intervals hold only for animals as the model"
                " has them."
            )
    strange = found.of_gain["unlike_simulated"].sum()
    if strange:
        said.append(
            f"Tests of {strange} of {found.n} animals lie where no simulated test lies; their posterior is a guess."
        )
    return " ".join(said)


def about_recovery(found: Inference) -> list[str]:
    """Return how well the gain was recovered from the same tests in simulated animals, one line a set of tests."""
    own = found.recovery[found.recovery["trait"] == GAIN]
    return [_recovered(row) for row in own.to_dict("records")]


def of_inference(found: Inference) -> list[str]:
    """Return all sentences on real animals."""
    said = [about_gain(found), about_others(found), *about_recovery(found), about_model(found)]
    return [one for one in said if one]


def of_validation(found: Validation) -> list[str]:
    """Return all sentences of a validation."""
    said = [about_best(found.information), *(_recovered(row) for row in found.recovery.to_dict("records"))]
    for row in population_coverage(found).to_dict("records"):
        said.append(
            f"{row['tests']}: in {row['populations']} simulated populations the 90 % interval holds the mean gain in"
            f" {100 * row['mean']:.1f} %, the spread in {100 * row['sd']:.1f} %, and single animals' gains in"
            f" {100 * row['animals']:.1f} %."
        )
    return said


def about_best(information: pd.DataFrame) -> str:
    """Return which test and which two tell most, or that no best can be named.

    None is named where even the most bits are within two standard errors of none: which is first is then chance.
    """
    single, pair = (information[information["n_tests"] == n].iloc[0] for n in (1, 2))
    one, two = (f"{row['tests']} ({row['bits']:.2f} ± {row['bits_se']:.2f} bits)" for row in (single, pair))
    if single["bits"] > 2 * single["bits_se"]:
        return f"Most told by one test: {one}; by two: {two}."
    told = "No single test tells measurably more than nothing (0 bits), so that they cannot be told apart"
    if pair["bits"] > 2 * pair["bits_se"]:
        return f"{told}; most told by two: {two}."
    return f"{told}, and no two do; the highest are {one} and {two}. Simulate more animals, or other tests."


def _recovered(row: dict[Any, Any]) -> str:
    return (
        f"{_named(row)}: gain recovered with r = {number(row['r'])}, 90 % interval {row['width']:.2f} wide on average"
        f" ({100 * row['width_left']:.0f} % of the prior's) and right in {100 * row['cover_90']:.1f} % of simulated"
        " animals."
    )


def _named(row: dict[Any, Any]) -> str:
    """Return what a row of recovery is of: "The battery (preference, …)", or the tests alone."""
    if "what" not in row:
        return str(row["tests"])
    what = str(row["what"])
    return f"{what[0].upper()}{what[1:]} ({row['tests']})"


def _few(names: list[str]) -> str:
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
