"""What is inferred of an animal: its receptor gain, and every parameter that differs between individuals.

Each is handled as a *score* that is standard normal in the prior, so that all posteriors live on one scale: the score
of the gain is the normal quantile of its place in a uniform prior, that of any other parameter its log-normal factor
in units of the table's spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from socialrl import seeding
from socialrl.animals.animal import Animal
from socialrl.config.values import TABLE
from socialrl_envs.elementary import exp
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import log_sd, parameter, rows_of

GAIN = "oxtr_gain"
GENOTYPE = "drawn"
"""The group's name of all simulated animals; their gain is their own."""


@dataclass(frozen=True)
class Trait:
    """One inferred parameter: uniform from 0 to `high` if `log_sd` is 0 (the gain), else log-normal around `median`.

    Values stay inside [`low`, `high`].
    """

    name: str
    median: float
    log_sd: float
    low: float
    high: float
    unit: str
    meaning: str

    def value(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return the parameter's value for scores of any shape."""
        score = np.asarray(score, dtype=np.float64)
        if not self.log_sd:
            gain: NDArray[np.float64] = self.low + (self.high - self.low) * ndtr(score)
            return gain
        return np.asarray(np.clip(self.median * exp(self.log_sd * score), self.low, self.high))

    def axis(self, score: ArrayLike) -> NDArray[np.float64]:
        """Return the scale on which widths are compared: the gain itself; of other parameters the logarithm's score."""
        return np.asarray(score, dtype=np.float64) if self.log_sd else self.value(score)

    @property
    def prior(self) -> tuple[float, float]:
        """The 90 % interval of the prior, as values."""
        low, high = self.value(_SCORES_OF_LEVELS)
        return float(low), float(high)

    def record(self) -> dict[str, Any]:
        """Return the trait as plain data; `Trait(**record)` is the trait again."""
        return dict(vars(self))


_SCORES_OF_LEVELS = np.array([-1.6448536269514722, 1.6448536269514722])


Base = Mapping[str, float | str]
"""What all animals have: values that differ from the parameter table, and the table's name as `table`."""


def table_of(base: Base) -> str:
    """Return the name of the parameter table, by default the current one."""
    return str(base.get(TABLE, CURRENT))


def traits_of(base: Base | None = None) -> tuple[Trait, ...]:
    """Return the traits of a parameter table, the gain first; `base` names it and the values that differ from it.

    A parameter that is 0 is switched off in all animals and is no trait.
    """
    base = base or {}
    gain = parameter(GAIN, table_of(base))
    found = [Trait(GAIN, gain.value, 0.0, gain.low, gain.high, gain.unit, gain.meaning)]
    for row in rows_of(table_of(base)):
        sd, value = log_sd(row), float(base.get(row.name, row.value))
        if row.name != GAIN and sd and value > 0.0:
            found.append(Trait(row.name, value, sd, row.low, row.high, row.unit, row.meaning))
    return tuple(found)


def draw_scores(traits: Sequence[Trait], n: int, seed: int) -> NDArray[np.float64]:
    """Return the scores (n, n_traits) of `n` animals; each hangs on seed, animal and the trait's name alone."""
    scores = np.empty((n, len(traits)))
    for k, trait in enumerate(traits):
        scores[:, k] = [
            seeding.generator(seed, "inference", "animal", i, trait.name).standard_normal() for i in range(n)
        ]
    return scores


def animals(traits: Sequence[Trait], scores: NDArray[np.float64], first: int, base: Base | None = None) -> list[Animal]:
    """Return the animals with these scores (n, n_traits); their random streams are those of the index from `first`."""
    base = base or {}
    common = {name: float(value) for name, value in base.items() if name != TABLE}
    columns = {trait.name: trait.value(scores[:, k]) for k, trait in enumerate(traits)}
    return [
        Animal(
            id=f"{GENOTYPE}-{first + i:05d}",
            genotype=GENOTYPE,
            oxtr_gain=float(columns[GAIN][i]),
            index=first + i,
            parameters={**common, **{name: float(column[i]) for name, column in columns.items()}},
            table=table_of(base),
        )
        for i in range(len(scores))
    ]
