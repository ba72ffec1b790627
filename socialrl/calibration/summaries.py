"""The measures by which partner-preference tests are compared, and the distance of simulated from real tests.

Real and simulated tests go through the same functions: seven raw numbers a test in, eight measures out, and whether the
animal failed. The distance is in units of sampling noise: 1 means that the simulated tests are as far from the real
ones as another sample of as many voles would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from socialrl import seeding
from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.analysis.measure_table import measure_called
from socialrl_envs.elementary import exp, log

TEST_S = 10_800.0
RAW = ("huddle_s_partner", "huddle_s_stranger", "chamber_s_partner", "chamber_s_centre", "chamber_s_stranger",
       "latency_s_partner", "latency_s_stranger")  # fmt: skip
SHORTEST_LATENCY_S = 15.0
"""Latencies below a tick of the model are counted as one tick on both sides."""
_HUDDLE_OFFSET_S = 30.0
_N_LEVELS = 64
_SOFT = 0.02
_NOISE_RESAMPLES = 400


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
LEVELS = (np.arange(_N_LEVELS) + 0.5) / _N_LEVELS


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
            column = log(column + _HUDDLE_OFFSET_S)
        elif measure.scale == "log":
            column = log(np.maximum(column, SHORTEST_LATENCY_S))
        columns.append(column)
    return np.stack(columns, axis=-1)


def failed(raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether an animal showed no preference: P/(P+S) below 2/3, or no huddle at all."""
    share = measures.preference(raw[..., 0], raw[..., 1])
    return ~(share >= GUIDE_LINE)


_STRANGER_LINE = 1.0 - GUIDE_LINE
_PARTNER_ALONE = 0.95


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
    found = (failed(raw), share < _STRANGER_LINE, share > _PARTNER_ALONE, (raw[..., 0] + raw[..., 1]) <= 0)
    return {kind.name: float(one.mean()) for kind, one in zip(KINDS, found, strict=True)}


@dataclass(frozen=True)
class Target:
    """The real tests: `levels` (n_levels, n_measures) are their quantiles, `failures` the share, `noise` (n_terms,).

    `noise` is how far another sample of `n` voles would lie, in each term (root mean square over resamples).
    """

    levels: NDArray[np.float64]
    failures: float
    noise: NDArray[np.float64]
    n: int

    @classmethod
    def of(cls, raw: NDArray[np.float64], seed: int) -> Target:
        """Return the target of real tests `raw` (n_tests, 7)."""
        whole = cls(quantiles(compared(raw)), float(failed(raw).mean()), np.ones(N_TERMS), len(raw))
        rng = seeding.generator(seed, "calibration", "noise")
        apart = [whole.terms(raw[rng.integers(0, len(raw), len(raw))]) for _ in range(_NOISE_RESAMPLES)]
        noise = np.sqrt((np.array(apart) ** 2).mean(axis=0))
        # A sample without failures (or with one value only) has no resampling noise, but does not prove that there are
        # none.
        spread = np.append(np.ptp(whole.levels, axis=0), 1.0)
        floor = np.maximum(spread, 1e-6) / (2.0 * len(raw))
        return cls(whole.levels, whole.failures, np.maximum(noise, floor), len(raw))

    def resampled(self, raw: NDArray[np.float64]) -> Target:
        """Return the target of another sample, with this one's noise."""
        return Target(quantiles(compared(raw)), float(failed(raw).mean()), self.noise, self.n)

    def terms(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far simulated tests (n_tests, 7) are, term by term (n_terms,), in each measure's own scale.

        The term of a measure is the mean distance between quantiles (the Wasserstein distance); that of failures is the
        difference of shares.
        """
        apart = np.abs(quantiles(compared(raw)) - self.levels).mean(axis=0)
        return np.append(apart, abs(failed(raw).mean() - self.failures))

    def distance(self, raw: NDArray[np.float64]) -> float:
        """Return the distance of simulated tests: the mean of the terms, each in units of its noise."""
        return float((self.terms(raw) / self.noise).mean())

    def smooth_terms(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `terms` of a stack (n_sets, n_tests, 7) as (n_sets, n_terms), failures counted softly."""
        share = (raw[..., 0] + 0.5e-6) / (raw[..., 0] + raw[..., 1] + 1e-6)
        ours = np.sort(np.nan_to_num(compared(raw), nan=measures.CHANCE), axis=1)
        apart = np.abs(at_levels(ours) - self.levels).mean(axis=1)
        soft = 1.0 / (1.0 + exp(np.clip((share - GUIDE_LINE) / _SOFT, -50.0, 50.0)))
        return np.concatenate([apart, np.abs(soft.mean(axis=1) - self.failures)[:, None]], axis=1)


def quantiles(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles (n_levels, n_measures) of (n_tests, n_measures); NaN is left out, all NaN gives 0."""
    out = np.zeros((_N_LEVELS, columns.shape[1]))
    for k, column in enumerate(columns.T):
        there = np.sort(column[~np.isnan(column)])
        if len(there):
            out[:, k] = at_levels(there[None, :, None])[0, :, 0]
    return out


def at_levels(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return quantiles (n_sets, n_levels, n_columns) at `LEVELS` of sorted values (n_sets, n_values, n_columns)."""
    n = ordered.shape[1]
    place = np.clip(LEVELS * n - 0.5, 0.0, n - 1.0)
    below = np.minimum(place.astype(np.int64), n - 1)
    above = np.minimum(below + 1, n - 1)
    part = (place - below)[None, :, None]
    levels: NDArray[np.float64] = ordered[:, below] * (1.0 - part) + ordered[:, above] * part
    return levels


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


def distances(target: Target, sets: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """Return, for every set, the distance (`all`) and its terms in units of noise."""
    table = {}
    for name, raw in sets.items():
        terms = target.terms(raw) / target.noise
        table[name] = {"all": target.distance(raw), **dict(zip(TERMS, map(float, terms), strict=True))}
    return table


def share_as_far(target: Target, tests: ArrayLike, observed: float, seed: int, n_draws: int = 500) -> float:
    """Return how often a sample of `target.n` animals of a simulation is as far from that simulation as `observed`.

    `tests` is (n_animals, n_repeats, 7); one test of each drawn animal is used. Small values (below 0.05) mean that the
    real voles would be an unlikely sample of the simulated population.
    """
    all_tests = np.asarray(tests, dtype=np.float64)
    flat = all_tests.reshape(-1, all_tests.shape[-1])
    own = Target(quantiles(compared(flat)), float(failed(flat).mean()), target.noise, target.n)
    rng = seeding.generator(seed, "calibration", "goodness")
    n_animals, n_repeats = all_tests.shape[:2]
    as_far = 0
    for _ in range(n_draws):
        who = rng.integers(0, n_animals, target.n)
        which = rng.integers(0, n_repeats, target.n)
        as_far += own.distance(all_tests[who, which]) >= observed
    return as_far / n_draws
