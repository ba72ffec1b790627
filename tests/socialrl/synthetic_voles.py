"""A cheap stand-in for trained animals, and score sheets of voles made with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from socialrl.calibration.emulator import raw_from
from socialrl.calibration.plan import Simulate
from socialrl.calibration.population import FREE, Population, Space
from socialrl.calibration.summaries import RAW

QUANTITIES = (
    "contact",
    "selective",
    "defence",
    "consolidation",
    "exploration_reward",
    "activity_rise_s",
    "activity_spend_s",
    "explore_dwell_s",
    "novelty_reward",
    "habituation_tau_s",
    "recognition_noise",
)
SPACE = Space.around({}, [free for free in FREE if free.name in QUANTITIES])
"""A space that stays as it is when the parameter table switches a mechanism on, or a calibration frees more."""
N_FREE = SPACE.n
CONTACT, SELECTIVE, EXPLORE = (SPACE.names.index(name) for name in ("contact", "selective", "exploration_reward"))
MATE = {"peers": 0.0, "mates": 1.0}


def surrogate(
    factors: np.ndarray, first_index: int, _text: str = "", repeats: int = 4, kind: str = "peers"
) -> np.ndarray:
    """A cheap stand-in for training: contact, selectivity and exploration matter, the other quantities do not.

    Selectivity matters twice as much with a mate, and contact not at all with the stranger.
    """
    mate = MATE[kind]
    rng = np.random.default_rng(first_index + 17 + 1000 * int(mate))
    x = factors[:, None, :] + np.zeros((1, repeats, 1))
    noise = rng.normal(0.0, 0.1, size=(*x.shape[:2], 6))
    outcome = np.stack(
        [
            -0.6 + 0.5 * mate + 1.2 * x[..., CONTACT] + 0.8 * (1 + mate) * x[..., SELECTIVE] - 0.5 * x[..., EXPLORE],
            -3.0 - 0.5 * mate + 1.2 * (1 - mate) * x[..., CONTACT] - 1.5 * x[..., SELECTIVE],
            0.9 + 0.6 * x[..., SELECTIVE] - 0.9 * x[..., EXPLORE],
            -0.4 - 0.6 * x[..., SELECTIVE] - 0.9 * x[..., EXPLORE],
            5.0 - 0.5 * x[..., CONTACT],
            6.0 + 0.5 * x[..., SELECTIVE],
        ],
        axis=-1,
    )
    return raw_from(outcome + noise)


def stand_in(kinds: Sequence[str] = ("peers",), repeats: int = 4) -> Simulate:
    """Return a simulator of a calibration with `kinds` of pairs: `surrogate` in place of training."""

    def simulate(factors, first_index, text, *, everything=False):
        tables = []
        for timepoint in ("early", "late") if everything else ("early",):
            for kind in kinds:
                raw = surrogate(factors, first_index + (5000 if timepoint == "late" else 0), text, repeats, kind)
                table = pd.DataFrame(raw.reshape(-1, len(RAW)), columns=list(RAW))
                table.insert(0, "index", np.repeat(np.arange(len(factors)) + first_index, repeats))
                table.insert(1, "pairs", kind)
                table.insert(2, "timepoint", timepoint)
                table.insert(3, "repeat", np.tile(np.arange(repeats), len(factors)))
                if everything:
                    for who in ("partner", "stranger"):
                        table[f"bin_s_{who}"] = [[total / 18] * 18 for total in table[f"huddle_s_{who}"]]
                        table[f"bout_s_{who}"] = [[0.75 * total, 0.25 * total] for total in table[f"huddle_s_{who}"]]
                tables.append(table)
        return pd.concat(tables, ignore_index=True)

    return simulate


def as_sheet(raw: np.ndarray, pair_type: str = "FF", first: int = 0) -> pd.DataFrame:
    names = [str(first + k) for k in range(len(raw))]
    return pd.DataFrame(raw, columns=list(RAW)).assign(animal=names, pair_type=pair_type)


def voles(n: int, median: np.ndarray, spread: np.ndarray, kind: str = "peers") -> pd.DataFrame:
    factors = Population(median, spread).draw(n, 99, "voles", kind)
    pair_type, first = ("FF", 0) if kind == "peers" else ("FM", 5000)
    return as_sheet(surrogate(factors, 10**6, "", 1, kind)[:, 0], pair_type, first)
