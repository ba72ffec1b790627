"""The tables of a plan, for page, terminal and Markdown, and its numbers as data frames."""

from __future__ import annotations

from typing import Any

import pandas as pd

from socialrl.drawing.tables import Table, text_table
from socialrl.drawing.wording import MISSING, number
from socialrl.planning import words
from socialrl.planning.plan import Part, Plan, Planned


def answers(plan: Plan, part: Part) -> Table:
    """Return the smallest n of every design, with and without cages, beside that of the textbook."""
    targets = plan.assumed.targets
    several = len(part.sources) > 1
    head = ["Design", "Housing", *(["Animals"] if several else []), "n counts"]
    for target in targets:
        head += [f"n for {words.percent(target)} [95 %]", "to order", "t test (statsmodels)"]
    rows = []
    for one in part.planned:
        row = [one.design.title, words.housing(one), *([one.source] if several else []), one.design.counts]
        for smallest in one.curve.smallest:
            ordered = MISSING if smallest.n is None else str(one.ordered(smallest.n, plan.assumed.lost))
            analytic = MISSING if smallest.analytic is None else str(smallest.analytic)
            row += [words.smallest_n(smallest, one.curve.most), ordered, analytic]
        rows.append(row)
    note = (
        "n: smallest number with this power, by simulation; in brackets how far it would lie with other simulated "
        "animals. To order: animals of all groups together, with those whose test has no value"
        + (" and those that are lost" if plan.assumed.lost else "")
        + ". statsmodels: n of a t test of normal values with the same d, in cages on means of cages."
    )
    return text_table(tuple(head), rows, caption="How many animals?", note=note, n_left=3 + several)


def in_short(plan: Plan, part: Part) -> Table:
    """Return the same for a terminal of 80 columns: designs in two words, cages as size and ICC."""
    several = len(part.sources) > 1
    head = ["design", "cages", *(["animals"] if several else [])]
    for target in plan.assumed.targets:
        head += [f"n {words.percent(target)} [95 %]", "order", "t"]
    rows = []
    for one in part.planned:
        row = [one.design.short, f"{one.cages.size}, ICC {one.cages.icc:g}" if one.cages.any else MISSING]
        row += [one.source] if several else []
        for smallest in one.curve.smallest:
            ordered = MISSING if smallest.n is None else str(one.ordered(smallest.n, plan.assumed.lost))
            row += [words.smallest_n(smallest, one.curve.most), ordered]
            row.append(MISSING if smallest.analytic is None else str(smallest.analytic))
        rows.append(row)
    return text_table(tuple(head), rows, n_left=2 + several)


def found(part: Part) -> Table:
    """Return what was found in the animals of every source: means, spreads, difference, correlation within pairs."""
    digits = max(part.measure.digits, 2) + 1
    sides = part.comparison.contrast.sides
    labels = [f"{' '.join(side.group)}, {' '.join(side.conditions)}".replace("_", " ") for side in sides]
    if len(set(labels)) < len(labels) or max(map(len, labels)) > 40:
        labels = [f"{which} ({' '.join(side.group)})" for which, side in zip(("this", "than"), sides, strict=False)]
    head = ["Animals", *(f"{label}: mean (sd), n" for label in labels), "Difference", "d", "r in pairs", "no value"]
    rows = []
    for label, own in part.sources.items():
        pool = own.pool(part.first.design.paired)
        shown = []
        for side in [own.this, own.than]:
            if side is not None:
                known = pd.Series(side.ravel()).dropna()
                shown.append(f"{number(known.mean(), digits)} ({number(known.std(), digits)}), {len(side)}")
        rows.append(
            [label, *shown, number(pool.difference, digits), number(pool.standardised), number(own.correlation),
             words.percent(round(pool.missing, 3))]
        )  # fmt: skip
    note = "Means and standard deviations of single tests; n: animals. Pairs are animals of equal number."
    return text_table(tuple(head), rows, caption="What was found in the animals", note=note, n_left=1)


def smallest_frame(plan: Plan) -> pd.DataFrame:
    """Return the smallest n as a table: one row per comparison, design, housing, source and target (`plan.csv`)."""
    rows: list[dict[str, Any]] = []
    for part in plan.parts:
        for one in part.planned:
            for smallest in one.curve.smallest:
                rows.append(
                    {
                        **_keys(part, one),
                        "power": smallest.target,
                        "n": smallest.n,
                        "n_low": smallest.low,
                        "n_high": smallest.high,
                        "largest_n_tried": one.curve.most,
                        "n_counts": one.design.counts,
                        "animals_to_order": None if smallest.n is None else one.ordered(smallest.n, plan.assumed.lost),
                        "n_statsmodels": smallest.analytic,
                        "difference": one.pool.difference,
                        "d": one.pool.standardised,
                        "unit": part.unit,
                        "alpha": plan.assumed.alpha,
                        "test": words.test_name(part, one.design.paired),
                    }
                )
    whole = ["n", "n_low", "n_high", "animals_to_order", "n_statsmodels"]
    return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64"))


def power_frame(plan: Plan) -> pd.DataFrame:
    """Return power against n as a table (`power.csv`)."""
    return pd.DataFrame(
        {
            **_keys(part, one),
            "n": point.n,
            "power": point.power,
            "binomial_low": point.low,
            "binomial_high": point.high,
            "animals_low": point.band_low,
            "animals_high": point.band_high,
            "power_statsmodels": point.analytic,
        }
        for part in plan.parts
        for one in part.planned
        for point in one.curve.points
    )


def _keys(part: Part, one: Planned) -> dict[str, Any]:
    return {
        "comparison": part.comparison.name,
        "design": one.design.name,
        "cage_size": one.cages.size,
        "icc": one.cages.icc,
        "animals": one.source,
    }
