"""The records that a batch of worlds is made of, and the fixed description of the stage they play on.

Batch axis first: worlds `(n_worlds,)`, animals `(n_worlds, n_animals)`, pairs `(n_worlds, n_animals, n_animals)`, where
`pairs[w, i, j]` is what animal i carries about animal j. Every animal is simulated alike, whether it acts or not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

REST, EXPLORE, AFFILIATE, REJECT = range(4)
PEER, MATE = range(2)
RELATIONSHIPS: tuple[str, ...] = ("peer", "mate")

WORLD_DTYPE = np.dtype(
    [
        ("key", np.uint64),  # what every random number of this world hangs on
        ("episode", np.int64),
        ("tick", np.int64),
        ("cohousing_h", np.float64),
        ("separation_h", np.float64),
        ("relationship", np.int64),
        ("placement", np.int64),
    ]
)
ANIMAL_DTYPE = np.dtype(
    [
        ("chamber", np.int64),
        ("travel_to", np.int64),  # the chamber it is passing to, where travel_s > 0
        ("travel_s", np.float64),
        ("intent", np.int64),
        ("target", np.int64),
        ("sex", np.int64),
        ("oxytocin", np.float64),
        ("receptor_signal", np.float64),
        ("activity_drive", np.float64),
        ("stress", np.float64),
        ("bondedness", np.float64),
    ]
)
PAIR_DTYPE = np.dtype(
    [
        ("familiarity", np.float64),
        ("habituation", np.float64),
        ("recognition_error", np.float64),
        ("withdrawn_s", np.float64),  # time for which i still keeps away from j
        ("contact", np.int64),
        ("together", np.int64),  # in the same chamber, neither of them passing
        ("mated", np.int64),
    ]
)


class Stage(NamedTuple):
    """What does not change during a run: the chamber graph, who acts, the clock, the drug schedule."""

    distance: NDArray[np.int64]
    longest_way: int  # in chambers
    next_hop: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    degree: NDArray[np.int64]
    acting: NDArray[np.int64]  # (n_acting,) animal indices
    acts: NDArray[np.int64]  # (n_animals,) 1 for animals that act (and get the drugs), 0 for the others
    cohoused_with: NDArray[np.int64]  # (n_animals,) animal index or −1
    placements: NDArray[np.int64]  # (n_placements, n_animals) start chambers
    doses: NDArray[np.float64]  # (n_doses, 4): drug code, dose, start_s, end_s relative to the start of the test
    dt_s: float
    n_ticks: int
    bin_s: float
    cohousing_dt_s: float


class Batch(NamedTuple):
    """Everything that does change: the records of all worlds."""

    worlds: NDArray[np.void]
    animals: NDArray[np.void]
    pairs: NDArray[np.void]
    slots: NDArray[np.int64]  # (n_worlds, n_acting, n_animals − 1): which animal is in which observation slot
    counters: NDArray[np.float64]  # (n_worlds, n_animals, n_counters), laid out by counters.py
    bins: NDArray[np.float64]  # (n_worlds, n_acting, n_animals, n_bins) huddle seconds


def empty_batch(n_worlds: int, n_animals: int, n_acting: int, n_counters: int, n_bins: int) -> Batch:
    """Return zeroed records for `n_worlds` worlds."""
    return Batch(
        np.zeros(n_worlds, dtype=WORLD_DTYPE),
        np.zeros((n_worlds, n_animals), dtype=ANIMAL_DTYPE),
        np.zeros((n_worlds, n_animals, n_animals), dtype=PAIR_DTYPE),
        np.zeros((n_worlds, n_acting, n_animals - 1), dtype=np.int64),
        np.zeros((n_worlds, n_animals, n_counters), dtype=np.float64),
        np.zeros((n_worlds, n_acting, n_animals, n_bins), dtype=np.float64),
    )
