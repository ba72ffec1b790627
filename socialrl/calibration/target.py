"""How far simulated tests are from real ones.

The distance is in units of sampling noise: 1 means that the simulated tests are as far from the real ones as another
sample of as many voles would be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.analysis import measures
from socialrl.analysis.measure import GUIDE_LINE
from socialrl.calibration.summaries import N_TERMS, TERMS, compared, compared_back, failed
from socialrl_envs.elementary import exp

_N_LEVELS = 64
LEVELS = (np.arange(_N_LEVELS) + 0.5) / _N_LEVELS
_SOFT = 0.02
_NOISE_RESAMPLES = 400
_GOODNESS_DRAWS = 500

Back = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Slopes of a number by the terms (n_terms,) in; its slopes by raw tests (n_tests, 7) out."""


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

    def smooth_terms(self, raw: NDArray[np.float64]) -> tuple[NDArray[np.float64], Back]:
        """Return `terms` of simulated tests (n_tests, 7) with failures counted softly, and the chain rule through
        them."""
        n = len(raw)
        ours = np.nan_to_num(compared(raw), nan=measures.CHANCE)
        order = np.argsort(ours, axis=0, kind="stable")
        below, above, part = _places(n)
        ordered = np.take_along_axis(ours, order, axis=0)
        apart = ordered[below] * (1.0 - part) + ordered[above] * part - self.levels
        whole = raw[:, 0] + raw[:, 1] + 1e-6
        share = (raw[:, 0] + 0.5e-6) / whole
        soft = 1.0 / (1.0 + exp(np.clip((share - GUIDE_LINE) / _SOFT, -50.0, 50.0)))
        more = soft.mean() - self.failures

        def back(slopes: NDArray[np.float64]) -> NDArray[np.float64]:
            signs = np.sign(apart) * (slopes[:-1] / _N_LEVELS)
            by_rank = np.zeros_like(ours)
            np.add.at(by_rank, below, signs * (1.0 - part))
            np.add.at(by_rank, above, signs * part)
            by_value = np.empty_like(by_rank)
            np.put_along_axis(by_value, order, by_rank, axis=0)
            by_raw = compared_back(raw, by_value)
            by_share = slopes[-1] * np.sign(more) * soft * (soft - 1.0) / (_SOFT * n)
            by_raw[:, 0] += by_share * (1.0 - share) / whole
            by_raw[:, 1] -= by_share * share / whole
            return by_raw

        return np.append(np.abs(apart).mean(axis=0), abs(more)), back


def quantiles(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles (n_levels, n_measures) of (n_tests, n_measures); NaN is left out, all NaN gives 0."""
    out = np.zeros((_N_LEVELS, columns.shape[1]))
    for k, column in enumerate(columns.T):
        there = np.sort(column[~np.isnan(column)])
        if len(there):
            out[:, k] = at_levels(there[:, None])[:, 0]
    return out


def at_levels(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return quantiles (n_levels, n_columns) at `LEVELS` of sorted values (n_values, n_columns)."""
    below, above, part = _places(len(ordered))
    levels: NDArray[np.float64] = ordered[below] * (1.0 - part) + ordered[above] * part
    return levels


def _places(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the ranks below and above each of `LEVELS` among `n` sorted values, and the share of the upper one."""
    place = np.clip(LEVELS * n - 0.5, 0.0, n - 1.0)
    below = np.minimum(place.astype(np.int64), n - 1)
    return below, np.minimum(below + 1, n - 1), (place - below)[:, None]


def distances(target: Target, raw: NDArray[np.float64]) -> dict[str, float]:
    """Return the distance (`all`) of simulated tests (n_tests, 7) and its terms in units of noise."""
    terms = target.terms(raw) / target.noise
    return {"all": target.distance(raw), **dict(zip(TERMS, map(float, terms), strict=True))}


def share_as_far(
    targets: Mapping[str, Target], tests: NDArray[np.float64], observed: Mapping[str, float], seed: int
) -> dict[str, float]:
    """Return how often a sample of a simulation is as far from that simulation as `observed`, by kind of pair.

    `tests` is (n_animals, n_kinds, n_repeats, 7), kinds in the order of `targets`; a sample has as many animals of each
    kind as there are voles, one test of each. `observed` may hold the mean over the kinds, too, under another name.
    Small values (below 0.05) mean that the real voles would be an unlikely sample of the simulated population.
    """
    rng = seeding.generator(seed, "calibration", "goodness")
    n_animals, _, n_repeats, _ = tests.shape
    as_far = dict.fromkeys(observed, 0)
    own = {}
    for k, (kind, target) in enumerate(targets.items()):
        flat = tests[:, k].reshape(-1, tests.shape[-1])
        own[kind] = Target(quantiles(compared(flat)), float(failed(flat).mean()), target.noise, target.n)
    for _ in range(_GOODNESS_DRAWS):
        drawn = {}
        for k, (kind, one) in enumerate(own.items()):
            who = rng.integers(0, n_animals, one.n)
            which = rng.integers(0, n_repeats, one.n)
            drawn[kind] = one.distance(tests[who, k, which])
        mean = sum(drawn.values()) / len(drawn)
        for name, apart in observed.items():
            as_far[name] += drawn.get(name, mean) >= apart
    return {name: n / _GOODNESS_DRAWS for name, n in as_far.items()}
