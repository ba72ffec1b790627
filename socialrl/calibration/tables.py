"""The stages of a calibration as tables, and back; every number is preserved to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.calibration.population import N_FREE, NAMES, Population
from socialrl.calibration.summaries import RAW

Cohort = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Log factors (n, n_free) and raw tests (n, n_repeats, 7) of trained animals."""

_FACTORS = [f"log_{name}" for name in NAMES]
_VECTOR = [f"{part}_{name}" for part in ("median", "spread") for name in NAMES]


def cohort_table(factors: NDArray[np.float64], tests: NDArray[np.float64], first_index: int) -> pd.DataFrame:
    """Return one row per animal and repeat: index, repeat, the animal's log factors, the test's raw numbers (s)."""
    n, n_repeats, _ = tests.shape
    rows = pd.DataFrame(tests.reshape(n * n_repeats, -1), columns=list(RAW))
    own = pd.DataFrame(np.repeat(factors, n_repeats, axis=0), columns=_FACTORS)
    index = np.repeat(np.arange(first_index, first_index + n), n_repeats)
    who = pd.DataFrame({"index": index, "repeat": np.tile(np.arange(n_repeats), n)})
    return pd.concat([who, own, rows], axis=1)


def read_cohort(table: pd.DataFrame) -> Cohort:
    """Return what `cohort_table` was given."""
    n_repeats = int(table["repeat"].max()) + 1
    factors = table[_FACTORS].to_numpy(np.float64)[::n_repeats]
    return factors, table[list(RAW)].to_numpy(np.float64).reshape(len(factors), n_repeats, len(RAW))


def population_table(population: Population, loss: float) -> pd.DataFrame:
    """Return one row per quantity: median and spread as log factors, and the loss of the whole population."""
    return pd.DataFrame(
        {"quantity": NAMES, "median": population.median, "spread": population.spread, "loss": np.full(N_FREE, loss)}
    )


def read_population(table: pd.DataFrame) -> tuple[Population, float]:
    """Return what `population_table` was given."""
    median, spread = (table[name].to_numpy(np.float64) for name in ("median", "spread"))
    return Population(median, spread), float(table["loss"].iloc[0])


def region_table(vectors: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row per resample (n, 2 n_free): the medians and spreads of the population fitted to it."""
    return pd.DataFrame(vectors, columns=_VECTOR)


def read_region(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return what `region_table` was given."""
    vectors: NDArray[np.float64] = table[_VECTOR].to_numpy(np.float64)
    return vectors
