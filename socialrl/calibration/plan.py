"""How much a calibration simulates, by whom it is simulated, and how its stages are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Simulate(Protocol):
    """Trains and tests animals: log factors (n, n_free), the first animal's index and a word for the display in.

    Out come their tests as in `tables.Cohort.played`: early ones with every kind of partner, and, if `everything` is
    wanted, late ones, too, with bins and bouts.
    """

    def __call__(
        self, factors: NDArray[np.float64], first_index: int, text: str, *, everything: bool = False
    ) -> pd.DataFrame: ...


def simulated(simulate: Simulate, cohorts: Sequence[tuple[NDArray[np.float64], int, str]]) -> list[pd.DataFrame]:
    """Return the tests of several cohorts: all at once where the simulator can do that, else one after another."""
    together = getattr(simulate, "together", None)
    if together is None:
        return [simulate(*cohort) for cohort in cohorts]
    tables: list[pd.DataFrame] = together(cohorts)
    return tables


Keep = Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame]
"""The name of a stage and what makes its table in; the table out."""


@dataclass(frozen=True)
class Plan:
    """How much is simulated: `vectors` animals in round 1, half as many in each later round and in each check.

    Before round 1 come `search` generations of a direct search (0: none), in each of which `candidates` populations are
    tried, each with a cohort of `candidate_animals`.
    """

    vectors: int = 256
    rounds: int = 3
    resamples: int = 100
    starts: int = 8
    seed: int = 1
    search: int = 0
    candidates: int = 14
    candidate_animals: int = 24

    def __post_init__(self) -> None:
        if min(self.vectors, self.resamples) < 2 or min(self.rounds, self.starts) < 1:
            raise ValueError(f"a plan needs at least 2 vectors and resamples, 1 round and 1 start, got {self}")
        if self.search < 0 or self.candidates < 4 or self.candidate_animals < 4:
            raise ValueError(
                f"a search needs 0 generations or more, and at least 4 candidates and 4 animals of each, got {self}"
            )

    @property
    def part(self) -> int:
        """Animals of each later round and of each check."""
        return max(self.vectors // 2, 1)

    @property
    def cohorts(self) -> dict[str, int]:
        """The stages that train, in order, and the animals of each."""
        rounds = {f"round-{number}": self.part if number > 1 else self.vectors for number in range(1, self.rounds + 1)}
        generations = dict.fromkeys(self.generations, self.candidates * self.candidate_animals)
        return {**generations, **rounds, "check-before": self.part, "check-after": self.part}

    @property
    def generations(self) -> list[str]:
        """The stages of the search, in order."""
        return [f"search-{number}" for number in range(1, self.search + 1)]

    @property
    def at_once(self) -> int:
        """Animals of the largest cohort; the candidates of a generation learn one cohort after the other."""
        return max(self.vectors, self.candidate_animals if self.search else 0)

    @property
    def n_searched(self) -> int:
        """Different animals (indices) of the search; the candidates of a generation share theirs."""
        return self.search * self.candidate_animals

    @property
    def n_trained(self) -> int:
        """Animals trained in all."""
        return sum(self.cohorts.values())
