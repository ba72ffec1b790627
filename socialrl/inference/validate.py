"""How far inference from these simulations can be trusted, and which tests tell most: all on unseen animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from socialrl.inference.battery import PEER
from socialrl.inference.checks import coverage, rank_table, recovery, wilson
from socialrl.inference.curves import Curves
from socialrl.inference.designs import Design
from socialrl.inference.fits import Fits
from socialrl.inference.infer import verdict_of
from socialrl.inference.populations import checked_populations
from socialrl.inference.predictive import predicted
from socialrl.inference.traits import GAIN, Trait

WHOLE = (PEER, "operant_peer_partner", "intruder_168h", "evoked_release")
"""Preference, lever, stranger and release: the battery that is always reported beside one test and two."""

_GROUPS_PREDICTED, _OF = 50, 12


@dataclass(frozen=True)
class Validation:
    """Tables of a validation; `information` has one row per set of tests, most informative first.

    `recovery`: of the gain from one test, two and the battery; `traits`: of every trait from the battery; `ranks` and
    `coverage`: of the gain; `populations`: 200 simulated ones; `predictive`: share of real statistics outside their
    90 % range where the model is right.
    """

    information: pd.DataFrame
    recovery: pd.DataFrame
    traits: pd.DataFrame
    ranks: pd.DataFrame
    coverage: pd.DataFrame
    populations: pd.DataFrame
    predictive: pd.DataFrame


def validate(fits: Fits, traits: tuple[Trait, ...]) -> Validation:
    """Return the checks of the posteriors of stored simulations; `traits` are those of the table of traits."""
    gain, names = fits.trait(GAIN), fits.sims.names
    sets = [Design.of(name) for name in names]
    sets += [Design.of(name, name) for name in names]
    sets += [Design.of(*pair) for pair in combinations(names, 2)]
    information = pd.DataFrame([_row(fits, design, gain) for design in sets])
    information = information.sort_values("bits", ascending=False, ignore_index=True)
    whole = Design.of(*(name for name in WHOLE if name in names))
    one = PEER if PEER in names else names[0]
    shown = {
        "one test": Design.of(one),
        "the same test twice": Design.of(one, one),
        "the best two": _best_pair(information, sets),
        "the battery": whole,
        "all tests": Design.of(*names),
    }
    recovered = pd.DataFrame([{"what": what, **_row(fits, design, gain)} for what, design in shown.items()])
    recovered = recovered.drop_duplicates("tests", ignore_index=True)
    of_traits = pd.DataFrame([_row(fits, whole, trait) for trait in traits])
    scores = fits.scores(gain)
    ranks, covered, populations, predictive = {}, [], [], []
    # with preference tests alone, the one test may be the whole battery
    for design in {one.title: one for one in (shown["one test"], whole)}.values():
        unseen = fits.unseen(design, gain)
        ranks[design.title] = unseen.rank(np.broadcast_to(scores[:, None], unseen.density.shape[:2]))[:, 0]
        covered += [_covered(design, level, share, len(scores)) for level, share in coverage(scores, unseen).items()]
        table = checked_populations(gain, scores, unseen, fits.seed)
        table.insert(0, "tests", design.title)
        populations.append(table)
        predictive.append(_predictive(fits, design, gain))
    return Validation(
        information,
        recovered,
        of_traits,
        rank_table(ranks),
        pd.DataFrame(covered),
        pd.concat(populations, ignore_index=True),
        pd.DataFrame(predictive),
    )


def number_of_fits(names: Sequence[str], n_traits: int) -> int:
    """Return how many posteriors `validate` learns: single tests, each twice, pairs, the batteries, the traits."""
    n = len(names)
    return 2 * n + n * (n - 1) // 2 + 2 + n_traits - 1


def population_coverage(validation: Validation) -> pd.DataFrame:
    """Return, per set of tests, how many of the 200 populations' 90 % intervals hold mean, SD and animals' gains."""
    rows = []
    for tests, own in validation.populations.groupby("tests", sort=False):
        row: dict[str, Any] = {"tests": tests, "populations": len(own)}
        for name in ("mean", "sd"):
            row[name] = float(own[f"{name}_covered"].mean())
            row[f"{name}_low"], row[f"{name}_high"] = wilson(row[name], len(own))
            row[f"{name}_width"] = float((own[f"{name}_high"] - own[f"{name}_low"]).mean())
        rows.append({**row, "animals": float(own["covered"].mean()), "power": float(own["power"].mean())})
    return pd.DataFrame(rows)


def _row(fits: Fits, design: Design, trait: Trait) -> dict[str, Any]:
    found = recovery(trait, fits.scores(trait), fits.unseen(design, trait))
    return {
        "tests": design.title,
        "names": " + ".join(name for name, n in design.times.items() for _ in range(n)),
        "n_tests": sum(design.times.values()),
        "trait": trait.name,
        **found,
        "verdict": verdict_of(found["width_left"]),
    }


def _best_pair(information: pd.DataFrame, sets: list[Design]) -> Design:
    best = information["tests"][information["n_tests"] == 2].iloc[0]
    return next(design for design in sets if design.title == best)


def _covered(design: Design, level: float, share: float, n: int) -> dict[str, Any]:
    low, high = wilson(share, n)
    return {"tests": design.title, "level": level, "covered": share, "low": low, "high": high}


def _predictive(fits: Fits, design: Design, gain: Trait) -> dict[str, Any]:
    """Return the share of statistics of simulated groups that lie outside their predicted 90 % range: 0.1 if right.

    Every simulated animal is in one group of `_OF` at most; the groups' stand-ins are the other animals.
    """
    scores, unseen = fits.scores(gain), fits.unseen(design, gain)
    outside, counted = 0, 0
    for number, first in enumerate(range(0, len(scores) - _OF + 1, _OF)):
        if number == _GROUPS_PREDICTED:
            break
        own = np.zeros(len(scores), dtype=bool)
        own[first : first + _OF] = True
        for name, places in design.features.items():
            tests = fits.raw[name][own, 0][:, list(places)]
            curves = Curves(unseen.density[own, 0])
            table = predicted(name, places, tests, curves, scores[~own], fits.raw[name][~own], fits.seed + number)
            outside += int(((table["real"] < table["low"]) | (table["real"] > table["high"])).sum())
            counted += len(table)
    return {"tests": design.title, "statistics": counted, "outside_90": outside / counted}
