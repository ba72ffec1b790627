"""The measures by which partner-preference tests are compared.

Real and simulated tests go through the same functions: seven raw numbers a test in, eight measures out, and whether the
animal failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.measure_table import measure_called
from socialrl_envs.elementary import log

TEST_S = 10_800.0
RAW = ("huddle_s_partner", "huddle_s_stranger", "chamber_s_partner", "chamber_s_centre", "chamber_s_stranger",
       "latency_s_partner", "latency_s_stranger")  # fmt: skip
SHORTEST_LATENCY_S = 15.0
"""Latencies below a tick of the model are counted as one tick on both sides."""
HUDDLE_OFFSET_S = 30.0


@dataclass(frozen=True)
class Compared:
    """A measure of the measures table (`name`) and the scale on which real and simulated tests are compared."""

    name: str
    scale: str

    @property
    def label(self) -> str:
        """The measure's name for people."""
        return measure_called(self.name).label

    @property
    def unit(self) -> str:
        """The measure's unit, of seconds in a chamber with the length of the test."""
        unit = measure_called(self.name).unit
        return f"{unit} of 3 h" if self.name.startswith("chamber_s") else unit


COMPARED: tuple[Compared, ...] = (
    Compared("huddle_s_partner", "linear"),
    Compared("huddle_s_stranger", "log of seconds + 30"),
    Compared("preference", "linear"),
    Compared("chamber_s_partner", "linear"),
    Compared("chamber_s_centre", "linear"),
    Compared("chamber_s_stranger", "linear"),
    Compared("latency_s_partner", "log"),
    Compared("latency_s_stranger", "log"),
)
N_TERMS = len(COMPARED) + 1
TERMS = (*(measure.name for measure in COMPARED), "failures")


def raw_of(tests: pd.DataFrame) -> NDArray[np.float64]:
    """Return the raw numbers (n_tests, 7) in the order of `RAW`, chamber times scaled to a test of three hours.

    In the deposited sheets the three chamber times add up to the whole test, so every second in a tube belongs to a
    chamber there. To compare like with like, simulated seconds in a tube count for the chamber that was left. A latency
    of NaN (no huddle) becomes the length of the test.
    """
    raw: NDArray[np.float64] = tests[list(RAW)].to_numpy(dtype=np.float64).copy()
    raw[:, 5:] = measures.latency_s(raw[:, 5:], TEST_S)
    for k, name in enumerate(RAW[2:5], start=2):
        tube = name.replace("chamber_s", "tube_s")  # of simulated tests only
        raw[:, k] += tests[tube].to_numpy(dtype=np.float64) if tube in tests else 0.0
    whole = raw[:, 2:5].sum(axis=1, keepdims=True)
    raw[:, 2:5] *= np.divide(TEST_S, whole, out=np.ones_like(whole), where=whole > 0)
    return raw


def values_of(raw: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return every measure in its own unit, shape `raw.shape[:-1]`; preference is NaN without a huddle."""
    partner, stranger = raw[..., 0], raw[..., 1]
    values = {name: raw[..., k] for k, name in enumerate(RAW)}
    return {**values, "preference": measures.preference(partner, stranger)}


def compared(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the measures on the scale they are compared on, shape (…, n_measures), in the order of `COMPARED`."""
    values = values_of(raw)
    columns = []
    for measure in COMPARED:
        column = values[measure.name]
        if measure.name == "huddle_s_stranger":
            column = log(column + HUDDLE_OFFSET_S)
        elif measure.scale == "log":
            column = log(np.maximum(column, SHORTEST_LATENCY_S))
        columns.append(column)
    return np.stack(columns, axis=-1)


def compared_back(raw: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slopes by raw numbers (n_tests, 7), given those by the compared measures (n_tests, n_measures).

    The chain rule through `compared`.
    """
    out = np.zeros_like(raw)
    for k, measure in enumerate(COMPARED):
        if measure.name == "preference":
            whole = raw[:, 0] + raw[:, 1]
            per_second = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
            scaled = slopes[:, k] * per_second**2
            out[:, 0] += scaled * raw[:, 1]
            out[:, 1] -= scaled * raw[:, 0]
            continue
        at = RAW.index(measure.name)
        if measure.name == "huddle_s_stranger":
            out[:, at] += slopes[:, k] / (raw[:, at] + HUDDLE_OFFSET_S)
        elif measure.scale == "log":
            out[:, at] += np.where(raw[:, at] > SHORTEST_LATENCY_S, slopes[:, k] / np.maximum(raw[:, at], 1.0), 0.0)
        else:
            out[:, at] += slopes[:, k]
    return out


def failed(raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether an animal showed no preference: P/(P+S) below 2/3, or no huddle at all."""
    share = measures.preference(raw[..., 0], raw[..., 1])
    return ~(share >= GUIDE_LINE)


STRANGER_LINE = 1.0 - GUIDE_LINE
PARTNER_ALONE = 0.95


@dataclass(frozen=True)
class Kind:
    """A kind of test outcome that is counted; `short` is its label where there is little room."""

    name: str
    label: str
    short: str


KINDS: tuple[Kind, ...] = (
    Kind("failures", "Failures (preference below 2/3, or never huddled)", "below 2/3"),
    Kind("stranger_preferred", "Prefers the stranger (below 1/3)", "below 1/3"),
    Kind("partner_alone", "Huddles almost only with the partner (above 0.95)", "above 0.95"),
    Kind("never_huddled", "Never huddled", "no huddle"),
)


def shares(raw: NDArray[np.float64]) -> dict[str, float]:
    """Return the share of tests of each kind, in the order of `KINDS`; they tell one broad group from two."""
    share = measures.preference(raw[..., 0], raw[..., 1])
    found = (failed(raw), share < STRANGER_LINE, share > PARTNER_ALONE, (raw[..., 0] + raw[..., 1]) <= 0)
    return {kind.name: float(one.mean()) for kind, one in zip(KINDS, found, strict=True)}


def summary_table(sets: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Return one row per measure and set (real, before, after): n, mean, sd and quantiles in the measure's own unit.

    The last rows, of `KINDS`, have the share in `mean`; `n` counts tests, without those that have no value.
    """
    rows = []
    for measure in COMPARED:
        for name, raw in sets.items():
            column = values_of(raw)[measure.name]
            there = column[~np.isnan(column)]
            levels = np.quantile(there, (0.1, 0.25, 0.5, 0.75, 0.9)) if len(there) else [np.nan] * 5
            rows.append(
                {
                    "measure": measure.name,
                    "set": name,
                    "n": len(there),
                    "mean": float(there.mean()) if len(there) else np.nan,
                    "sd": float(there.std(ddof=1)) if len(there) > 1 else np.nan,
                    **dict(zip(("q10", "q25", "median", "q75", "q90"), map(float, levels), strict=True)),
                }
            )
    counted = {name: shares(raw) for name, raw in sets.items()}
    for kind in KINDS:
        rows += [
            {"measure": kind.name, "set": name, "n": len(raw), "mean": counted[name][kind.name]}
            for name, raw in sets.items()
        ]
    return pd.DataFrame(rows)
