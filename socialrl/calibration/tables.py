"""The stages of a calibration as tables, and back; every number is preserved to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.calibration.population import Population
from socialrl.calibration.summaries import RAW


@dataclass(frozen=True)
class Cohort:
    """Trained animals: log factors (n, n_free), raw early tests (n, n_kinds, n_repeats, 7), and all that they played.

    `played` has one row per test: index, pairs (peers or mates), timepoint (early or late), repeat, the columns of
    `RAW` in seconds, and where it was followed `bin_s_partner` and `bin_s_stranger` (seconds huddled in each ten
    minutes) and `bout_s_partner` and `bout_s_stranger` (length of every bout in s), as lists.
    """

    factors: NDArray[np.float64]
    tests: NDArray[np.float64]
    played: pd.DataFrame


def cohort_table(factors: NDArray[np.float64], played: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of `played` (as in `Cohort`), each with the log factors (n, n_free) of its animal."""
    index = np.sort(played["index"].unique())
    columns = [f"log_{name}" for name in names]
    own = pd.DataFrame(factors, columns=columns, index=index).loc[played["index"]]
    return pd.concat([own.reset_index(drop=True), played.reset_index(drop=True)], axis=1)


def read_cohort(table: pd.DataFrame, kinds: Sequence[str]) -> Cohort:
    """Return what `cohort_table` was given; `kinds` is the order of the kinds of pairs in the tests."""
    columns = [name for name in table if str(name).startswith("log_")]
    early = table[table["timepoint"] == "early"].sort_values(["index", "repeat"], kind="stable")
    factors = early.drop_duplicates("index")[columns].to_numpy(np.float64)
    tests = [
        early.loc[early["pairs"] == kind, list(RAW)].to_numpy(np.float64).reshape(len(factors), -1, len(RAW))
        for kind in kinds
    ]
    return Cohort(factors, np.stack(tests, axis=1), table.drop(columns=columns))


def raw_tests(played: pd.DataFrame, kind: str, timepoint: str) -> NDArray[np.float64]:
    """Return the raw tests (n, n_repeats, 7) of one kind of pair at one timepoint among those that were played."""
    rows = played[(played["pairs"] == kind) & (played["timepoint"] == timepoint)]
    rows = rows.sort_values(["index", "repeat"], kind="stable")
    tests: NDArray[np.float64] = rows[list(RAW)].to_numpy(np.float64)
    return tests.reshape(rows["index"].nunique(), -1, len(RAW))


def population_table(population: Population, loss: float, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per quantity: median and spread as log factors, and the loss of the whole population."""
    return pd.DataFrame(
        {"quantity": names, "median": population.median, "spread": population.spread, "loss": np.full(len(names), loss)}
    )


def read_population(table: pd.DataFrame) -> tuple[Population, float]:
    """Return what `population_table` was given."""
    median, spread = (table[name].to_numpy(np.float64) for name in ("median", "spread"))
    return Population(median, spread), float(table["loss"].iloc[0])


def region_table(vectors: NDArray[np.float64], names: Sequence[str]) -> pd.DataFrame:
    """Return one row per resample (n, 2 n_free): the medians and spreads of the population fitted to it."""
    return pd.DataFrame(vectors, columns=[f"{part}_{name}" for part in ("median", "spread") for name in names])


def read_region(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return what `region_table` was given."""
    vectors: NDArray[np.float64] = table.to_numpy(np.float64)
    return vectors
