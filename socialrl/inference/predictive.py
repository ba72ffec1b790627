"""Posterior predictive checks: do simulated animals of the inferred gains give tests like the real ones?

Without training anybody anew: for each real animal a gain is drawn from its posterior, and a stored animal of about
that gain stands in, with one of its tests. Other traits are then those of the table's population.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.inference.battery import BY_NAME
from socialrl.inference.curves import GRID, HIGH, LOW, Curves

SHEETS = 1000
_NEAR = 0.2
"""Stand-ins differ from the drawn score by so much (one standard deviation of their choice)."""

_FAR = 0.99
"""A test is unlike the simulated ones if its nearest one is further than those of this share of simulated tests."""


def predicted(
    name: str,
    places: tuple[int, ...],
    tests: NDArray[np.float64],
    curves: Curves,
    scores: NDArray[np.float64],
    raw: NDArray[np.float64],
    seed: int,
) -> pd.DataFrame:
    """Return one row per feature and statistic (mean, SD over animals) of a test: real, and predicted with 90 % range.

    `tests` (n, n_places) are the real features, one test an animal; `curves` (n,) the animals' posteriors of the score
    `scores` (n_simulated,); `raw` (n_simulated, n_repeats, n_features) the simulated tests. `as_far` is the share of
    predicted sheets whose statistic is at least as far from their median as the real one.
    """
    rng = seeding.generator(seed, "inference", "predictive", name)
    n = len(tests)
    kernel = np.exp(-0.5 * ((scores - GRID[:, None]) / _NEAR) ** 2)
    kernel /= np.maximum(kernel.sum(axis=1, keepdims=True), 1e-300)
    chance = curves.density @ kernel  # the chance of each stand-in for each animal
    chance /= chance.sum(axis=1, keepdims=True)
    upto = np.cumsum(chance, axis=1)
    who = (rng.random((SHEETS, n, 1)) > upto[None]).sum(axis=-1).clip(max=len(scores) - 1)
    sheets = raw[who, rng.integers(raw.shape[1], size=who.shape)][..., list(places)]
    rows = []
    for k, place in enumerate(places):
        for statistic, one in (("mean", np.mean), ("sd", np.std)):
            if statistic == "sd" and n < 2:
                continue
            real, many = float(one(tests[:, k])), one(sheets[..., k], axis=1)
            middle = float(np.median(many))
            rows.append(
                {
                    "test": name,
                    "feature": BY_NAME[name].features[place].name,
                    "statistic": statistic,
                    "real": real,
                    "predicted": middle,
                    "low": float(np.quantile(many, LOW)),
                    "high": float(np.quantile(many, HIGH)),
                    "as_far": float((np.abs(many - middle) >= abs(real - middle)).mean()),
                }
            )
    return pd.DataFrame(rows)


def unlike(tests: NDArray[np.float64], places: tuple[int, ...], raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether tests (n, n_places) lie where no simulated test lies; then a posterior is a guess.

    A test is measured by its distance to the nearest simulated one, in standard deviations of the features; simulated
    tests by that to the nearest test of another animal.
    """
    flat = raw[..., list(places)]
    mean, sd = flat.mean(axis=(0, 1)), flat.std(axis=(0, 1))
    sd = np.where(sd > 1e-9, sd, 1.0)
    theirs, ours = (flat[:, 0] - mean) / sd, (tests - mean) / sd
    apart = _distances(theirs, theirs)
    np.fill_diagonal(apart, np.inf)
    far: NDArray[np.bool_] = _distances(ours, theirs).min(axis=1) > np.quantile(apart.min(axis=1), _FAR)
    return far


def _distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1))
    return found
