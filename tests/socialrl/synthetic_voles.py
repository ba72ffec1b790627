"""A cheap stand-in for trained animals, and score sheets of voles made with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from socialrl.calibration import population as pop
from socialrl.calibration.emulator import raw_from
from socialrl.calibration.summaries import RAW

CONTACT, SELECTIVE, EXPLORE = (pop.NAMES.index(name) for name in ("contact", "selective", "exploration_reward"))


def surrogate(factors: np.ndarray, first_index: int, _text: str, repeats: int = 4) -> np.ndarray:
    """A cheap stand-in for training: contact, selectivity and exploration matter, the other quantities do not."""
    rng = np.random.default_rng(first_index + 17)
    x = factors[:, None, :] + np.zeros((1, repeats, 1))
    noise = rng.normal(0.0, 0.1, size=(*x.shape[:2], 6))
    outcome = np.stack(
        [
            -0.6 + 1.2 * x[..., CONTACT] + 0.8 * x[..., SELECTIVE] - 0.5 * x[..., EXPLORE],
            -3.0 + 1.2 * x[..., CONTACT] - 1.5 * x[..., SELECTIVE],
            0.9 + 0.6 * x[..., SELECTIVE] - 0.9 * x[..., EXPLORE],
            -0.4 - 0.6 * x[..., SELECTIVE] - 0.9 * x[..., EXPLORE],
            5.0 - 0.5 * x[..., CONTACT],
            6.0 + 0.5 * x[..., SELECTIVE],
        ],
        axis=-1,
    )
    return raw_from(outcome + noise)


def as_sheet(raw: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(raw, columns=list(RAW)).assign(animal=[str(k) for k in range(len(raw))], pair_type="FF")


def voles(n: int, median: np.ndarray, spread: np.ndarray) -> pd.DataFrame:
    factors = pop.Population(median, spread).draw(n, 99, "voles")
    return as_sheet(surrogate(factors, 10**6, "", repeats=1)[:, 0])
