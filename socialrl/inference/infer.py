"""From the tests of real animals to what they say about each animal and about each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from socialrl.inference.battery import BY_NAME
from socialrl.inference.checks import recovery, widths_left
from socialrl.inference.curves import HIGH, LOW, Curves
from socialrl.inference.designs import Design, scored
from socialrl.inference.fits import Fits
from socialrl.inference.populations import Pool, levels, log_likelihoods, moments, prior_moments, weights
from socialrl.inference.predictive import predicted, unlike
from socialrl.inference.scores import Scores
from socialrl.inference.traits import GAIN, Trait

DETERMINED, PARTLY = 0.5, 0.8
"""Width of a 90 % interval over that of the prior, below which a trait is determined, or partly."""

VERDICTS = ("determined", "partly", "open")


@dataclass(frozen=True)
class Inference:
    """What was found; every table is written as it is.

    `animals`: one row per animal and trait; `groups`: per group and trait; `predictive`: per group, test, feature and
    statistic; `recovery`: per set of tests and trait, of simulated animals with the same tests.
    """

    animals: pd.DataFrame
    groups: pd.DataFrame
    predictive: pd.DataFrame
    recovery: pd.DataFrame

    @property
    def n(self) -> int:
        """Animals."""
        return int(self.animals["animal"].nunique())

    @property
    def of_gain(self) -> pd.DataFrame:
        """The rows of the gain."""
        return self.animals[self.animals["trait"] == GAIN]


def verdict_of(width_left: float) -> str:
    """Return "determined", "partly" or "open" for the width of an interval over that of the prior."""
    return VERDICTS[0] if width_left < DETERMINED else VERDICTS[1] if width_left < PARTLY else VERDICTS[2]


def infer(scores: Scores, fits: Fits, traits: tuple[Trait, ...]) -> Inference:
    """Return the posteriors of all animals and groups; `traits` says of which traits."""
    by_design: dict[str, list[str]] = {}
    designs = {design.key: design for design in scores.designs.values()}
    for animal, design in scores.designs.items():
        by_design.setdefault(design.key, []).append(animal)
    strange = _strange(scores, fits)
    rows: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    recovered: list[dict[str, Any]] = []
    gains: dict[str, Any] = {}
    for trait in traits:
        density: dict[str, Any] = {}
        powers: list[float] = []
        for key, members in by_design.items():
            design = designs[key]
            curves = fits.posterior(design, trait).of(scored(design, members, scores.rows))
            rows += _of_animals(trait, members, curves, design, scores, strange)
            density |= dict(zip(members, curves.density, strict=True))
            unseen = fits.unseen(design, trait)
            found = recovery(trait, fits.scores(trait), unseen)
            recovered.append({"tests": design.title, "trait": trait.name, **found})
            powers.append(Pool(trait, fits.scores(trait), unseen).power(fits.seed))
        groups += _of_groups(trait, density, scores, min(powers))
        if trait.name == GAIN:
            gains = density
    return Inference(
        pd.DataFrame(rows), pd.DataFrame(groups), _predictive(scores, fits, gains), pd.DataFrame(recovered)
    )


def _of_animals(
    trait: Trait, members: list[str], curves: Curves, design: Design, scores: Scores, strange: dict[str, bool]
) -> list[dict[str, Any]]:
    middle, low, high = (trait.value(curves.quantile(level)) for level in (0.5, LOW, HIGH))
    left = widths_left(trait, curves)
    return [
        {
            "animal": animal,
            "group": scores.groups[animal],
            "tests": design.title,
            "trait": trait.name,
            "unit": trait.unit,
            "median": float(middle[k]),
            "low": float(low[k]),
            "high": float(high[k]),
            "prior_low": trait.prior[0],
            "prior_high": trait.prior[1],
            "width_left": float(left[k]),
            "verdict": verdict_of(float(left[k])),
            "unlike_simulated": strange[animal],
        }
        for k, animal in enumerate(members)
    ]


def _of_groups(trait: Trait, density: dict[str, Any], scores: Scores, power: float) -> list[dict[str, Any]]:
    rows = []
    before = prior_moments(trait)
    for group in dict.fromkeys(scores.groups.values()):
        own = [one for animal, one in density.items() if scores.groups[animal] == group]
        weight = weights(log_likelihoods(Curves(np.array(own))), power)
        row: dict[str, Any] = {"group": group, "animals": len(own), "trait": trait.name, "unit": trait.unit}
        for name, values, (low_before, high_before) in zip(
            ("mean", "sd"), moments(trait), (before["mean"], before["sd"]), strict=True
        ):
            middle, low, high = map(float, levels(weight, values))
            left = (high - low) / (high_before - low_before)
            row |= {name: middle, f"{name}_low": low, f"{name}_high": high, f"{name}_left": left}
            row[f"{name}_verdict"] = verdict_of(left)
        rows.append({**row, "power": power})
    return rows


def _strange(scores: Scores, fits: Fits) -> dict[str, bool]:
    """Return for every animal whether any of its tests is unlike all simulated ones."""
    found = dict.fromkeys(scores.designs, False)
    for animal, design in scores.designs.items():
        for name, places in design.features.items():
            tests = _tests_of(scores, [animal], name, places)[0]
            found[animal] |= bool(unlike(tests, places, fits.raw[name]).any())
    return found


def _predictive(scores: Scores, fits: Fits, density: dict[str, Any]) -> pd.DataFrame:
    """Return the checks of every group and test, of the first test of every animal; empty without the gain."""
    pieces = []
    gain = fits.trait(GAIN)
    for group in dict.fromkeys(scores.groups.values()) if density else ():
        for name in BY_NAME:
            members = [
                animal for animal, design in scores.designs.items()
                if name in design.times and scores.groups[animal] == group
            ]  # fmt: skip
            if not members:
                continue
            places = tuple(sorted(set.intersection(*(set(scores.designs[one].features[name]) for one in members))))
            tests = np.stack([one[0] for one in _tests_of(scores, members, name, places)])
            curves = Curves(np.array([density[animal] for animal in members]))
            found = predicted(name, places, tests, curves, fits.scores(gain), fits.raw[name], fits.seed)
            found.insert(0, "group", group)
            pieces.append(found)
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def _tests_of(scores: Scores, animals: list[str], name: str, places: tuple[int, ...]) -> list[Any]:
    """Return the features (n_times, n_places) of a test, one array an animal."""
    test = BY_NAME[name]
    own = scores.rows[scores.rows["test"] == name]
    columns = np.stack([test.features[k].of(own, test.duration_s) for k in places], axis=-1)
    return [columns[(own["animal"] == animal).to_numpy()] for animal in animals]
