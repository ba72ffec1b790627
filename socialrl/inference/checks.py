"""Checks of posteriors on simulated animals that no network has seen: ranks, coverage, recovery, information.

Simulation-based calibration (Talts et al. 2018): if posteriors are right, the rank of the true value in its posterior
is uniform over animals that are drawn from the prior.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from socialrl.inference.curves import HIGH, LOW, Curves
from socialrl.inference.traits import Trait

LEVELS = (0.5, 0.8, 0.9, 0.95)
BINS = 10
UNIFORM_FROM = 0.05


def recovery(trait: Trait, scores: NDArray[np.float64], curves: Curves) -> dict[str, float]:
    """Return how well a trait is recovered, averaged over the draws of each animal; the animal is the replicate.

    `scores` (n,), `curves` (n, n_draws). `r`: correlation of true value and posterior median over animals, on the scale
    of `Trait.axis`; `width`: mean 90 % interval in the trait's unit; `width_left`: the same over the prior's, on that
    scale; `cover_90`: share of intervals that hold the true value, `cover_90_low` and `_high` its 95 % interval;
    `bits`: information about the trait, mean log2 of posterior over prior at the truth, `bits_se` its standard error;
    `sbc_p`: Kolmogorov–Smirnov p of uniform ranks, of one draw per animal.
    """
    low, high = curves.quantile(LOW), curves.quantile(HIGH)
    truth = scores[:, None]
    inside = (low <= truth) & (truth <= high)
    bits = curves.bits(np.broadcast_to(truth, low.shape)).mean(axis=1)
    middle = trait.axis(curves.quantile(0.5))
    true = trait.axis(scores)
    correlations = [_r(true, column) for column in middle.T]
    covered = float(inside.mean())
    ends = wilson(covered, len(scores))
    return {
        "r": float(np.mean(correlations)),
        "width": float((trait.value(high) - trait.value(low)).mean()),
        "width_left": float(widths_left(trait, curves).mean()),
        "cover_90": covered,
        "cover_90_low": ends[0],
        "cover_90_high": ends[1],
        "bits": float(bits.mean()),
        "bits_se": float(bits.std(ddof=1) / np.sqrt(len(bits))),
        "sbc_p": uniformity(curves.rank(np.broadcast_to(truth, low.shape))[:, 0]),
    }


def widths_left(trait: Trait, curves: Curves) -> NDArray[np.float64]:
    """Return the width of every 90 % interval over that of the prior, on the scale of `Trait.axis`."""
    ends = trait.axis(np.array([stats.norm.ppf(LOW), stats.norm.ppf(HIGH)]))
    width = trait.axis(curves.quantile(HIGH)) - trait.axis(curves.quantile(LOW))
    return np.asarray(width / float(ends[1] - ends[0]))


def uniformity(ranks: NDArray[np.float64]) -> float:
    """Return the Kolmogorov–Smirnov p of ranks (n,) in 0 to 1 against a uniform distribution."""
    return float(stats.kstest(ranks, "uniform").pvalue)


def coverage(scores: NDArray[np.float64], curves: Curves) -> dict[float, float]:
    """Return, for central intervals of `LEVELS`, the share that hold the true score."""
    found = {}
    for level in LEVELS:
        low, high = curves.quantile((1.0 - level) / 2.0), curves.quantile((1.0 + level) / 2.0)
        found[level] = float(((low <= scores[:, None]) & (scores[:, None] <= high)).mean())
    return found


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `n` (Wilson 1927)."""
    ends = stats.binomtest(round(share * n), n).proportion_ci(0.95, method="wilson")
    return float(ends.low), float(ends.high)


def rank_table(ranks: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Return one row per name and tenth: how many ranks (one an animal) fall into it, and how many are expected."""
    rows = []
    for name, one in ranks.items():
        counts, edges = np.histogram(one, bins=BINS, range=(0.0, 1.0))
        rows += [
            {"tests": name, "from": float(edges[k]), "to": float(edges[k + 1]), "animals": int(counts[k]),
             "expected": len(one) / BINS}
            for k in range(BINS)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def _r(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the correlation; 0 where one side is the same everywhere, as a posterior that is the prior."""
    if np.ptp(a) < 1e-9 or np.ptp(b) < 1e-9:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
