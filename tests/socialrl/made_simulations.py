"""Made-up folders of simulations: tests that are a linear function of the gain's score plus noise, nothing trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from socialrl.inference.battery import BY_NAME
from socialrl.inference.folder import Writing
from socialrl.inference.traits import draw_scores, traits_of

NOISE = {"evoked_release": 0.5, "intruder_168h": 2.0}
"""Noise (standard deviations of the score) of the first column of a test; other tests tell nothing."""


def made_tests(scores: np.ndarray, names: tuple[str, ...], repeats: int, seed: int = 1) -> pd.DataFrame:
    """Return tests of animals with these gain scores (n,): the peak of a release is score + noise, others positive."""
    rng = np.random.default_rng(seed)
    pieces = []
    n = len(scores)
    for name in names:
        index = np.repeat(np.arange(n), repeats)
        columns = {column: rng.uniform(*_range_of(name, column), n * repeats) for column in BY_NAME[name].columns}
        if name in NOISE:
            told = scores[index] + NOISE[name] * rng.standard_normal(n * repeats)
            first = BY_NAME[name].columns[0]
            columns[first] = told if name == "evoked_release" else np.expm1(3.0 + 0.3 * told)
        rows = pd.DataFrame({"index": index, "test": name, "repeat": np.tile(np.arange(repeats), n), **columns})
        pieces.append(rows)
    return pd.concat(pieces, ignore_index=True)


def _range_of(name: str, column: str) -> tuple[float, float]:
    """Three chambers make up three hours."""
    return (3300.0, 3900.0) if BY_NAME[name].assay == "PartnerPreference" and "chamber" in column else (100.0, 500.0)


def made_simulations(
    path: Path, n: int = 128, names: tuple[str, ...] = ("cohoused_24h", "evoked_release"), repeats: int = 3
) -> np.ndarray:
    """Write a complete folder of `n` made-up animals in two cohorts; return the gain's scores (n,)."""
    traits = traits_of()[:2]
    scores = draw_scores(traits, n, 1)
    plan = {"seed": 1, "animals": n, "repeats": repeats, "steps": {"Made": 1}, "cohorts": ["Made-000", "Made-001"]}
    meta = {"seed": 1, "started": "now", "command": "made up", "versions": {"socialrl": "0"}, "commit": None}
    tests = made_tests(scores[:, 0], names, repeats)
    with Writing.open(path, plan, meta, traits, scores, {}, names) as folder:
        for number, cohort in enumerate(plan["cohorts"]):
            own = (tests["index"] * 2 // n) == number
            folder.keep(cohort, lambda own=own: tests[own])
    return scores[:, 0]
