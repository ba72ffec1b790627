"""What a calibration may change: free wild-type quantities, their prior, and populations of animals drawn from them.

A free quantity is one number or a total whose split is fixed: the receptor-independent part and the part that scales
with the receptor move by the same factor, so that a fit to wild types says nothing about knockouts. Everything is
handled as the natural logarithm of a factor on the parameter table: 0 is the table, log 2 twice its value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from socialrl import seeding
from socialrl.animals.animal import Animal
from socialrl.config.values import TABLE
from socialrl_envs.elementary import exp
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import parameter

BOX = math.log(2.5)
"""Largest log factor of any animal of the first round: where it starts, times 0.4 to 2.5."""

MEDIAN_SD = 0.5
"""Prior of a population's median: ± 0.5 as a log factor, where it starts within a factor of 1.65 (one SD)."""

MEDIAN_LIMIT = BOX
SPREAD_SD = 0.25
"""Prior of a population's log-sd: where it starts ± 0.25."""
SPREAD_LIMITS = (0.02, 0.9)
_LEAST_SPREAD = 0.1


Base = Mapping[str, float | str]
"""What a calibration starts from: changed parameters and, as `table`, the name of the parameter table."""


def table_of(base: Base) -> str:
    """Return the name of the parameter table of `base`."""
    return str(base.get(TABLE, CURRENT))


@dataclass(frozen=True)
class Free:
    """A free quantity `name`; its `members` in the parameter table are multiplied by one factor.

    `median_sd` and `spread_sd` are the prior's standard deviations of the population's median (as a log factor) and of
    its log-sd. `needs` is the parameter that switches the mechanism on to which the quantity belongs: where that is 0,
    the quantity has no effect.
    """

    name: str
    members: tuple[str, ...]
    meaning: str
    needs: str = ""
    median_sd: float = MEDIAN_SD
    spread_sd: float = SPREAD_SD

    def total(self, base: Base) -> float:
        """Return the quantity's value: the sum of its members."""
        return sum(_value(base, member) for member in self.members)

    def off(self, base: Base) -> str:
        """Return the parameter whose value of 0 keeps the quantity from having any effect, or nothing."""
        if self.needs and _value(base, self.needs) == 0.0:
            return self.needs
        return self.members[0] if self.total(base) == 0.0 else ""

    def table_spread(self, base: Base) -> float:
        """Return the log-sd of the total, to first order, of members that the table lets vary independently."""
        squares = sum((_value(base, member) * parameter(member, table_of(base)).spread) ** 2 for member in self.members)
        return math.sqrt(squares) / self.total(base)

    def member_spread(self, spread: float, base: Base) -> float:
        """Return the log-sd that every member needs, drawn independently, for the total to have the log-sd `spread`."""
        shares = [_value(base, member) / self.total(base) for member in self.members]
        return spread / math.sqrt(sum(share**2 for share in shares))


def _share(name: str, meaning: str) -> Free:
    """Return a quantity between 0 and 1, whose prior is narrower because its factor has little room upwards."""
    return Free(name, (name,), meaning, median_sd=0.3, spread_sd=0.15)


FREE: tuple[Free, ...] = (
    Free("contact", ("contact_floor", "contact_gain"), "worth of contact with anyone, b0 + b1"),
    Free("selective", ("selective_floor", "selective_gain"), "extra worth of a familiar animal, w0 + w1"),
    Free("selective_mate", ("selective_mate",), "extra worth of a familiar mate"),
    Free("defence", ("defence_floor", "defence_gain"), "cost of an unfamiliar animal when bonded, a0 + a1"),
    Free(
        "consolidation",
        ("consolidation_floor_per_h", "consolidation_gain_per_h"),
        "bond growth per hour of contact, κ0 + κ1",
    ),
    Free("exploration_reward", ("exploration_reward",), "worth of exploring at full activity drive"),
    Free("activity_rise_s", ("activity_rise_s",), "time constant of the activity drive's rise"),
    Free("activity_spend_s", ("activity_spend_s",), "time constant of its fall while exploring"),
    Free("explore_dwell_s", ("explore_dwell_s",), "mean stay in a chamber while exploring"),
    Free("novelty_reward", ("novelty_reward",), "worth of first investigation of a novel animal"),
    Free("habituation_tau_s", ("habituation_tau_s",), "contact in which a novel animal becomes known"),
    Free("rest_reward", ("rest_reward",), "worth of resting alone"),
    Free("recognition_noise", ("recognition_noise",), "error in recognising familiarity"),
    Free("uncertainty_cost", ("uncertainty_cost",), "cost of an animal nearby that has not been inspected"),
    _share("recognition_lasting", "share of that error that lasts the whole test"),
    Free("settling_worth", ("settling_worth",), "how much more contact is worth once settled"),
    Free("settling_tau_s", ("settling_tau_s",), "time constant of settling in contact", needs="settling_worth"),
    Free("settling_loss_s", ("settling_loss_s",), "time constant of its loss apart", needs="settling_worth"),
    _share("activity_budget", "how constant the activity drive's rates are"),
    _share("day_calm", "how far the activity drive differs from day to day"),
    _share("rhythm_depth", "how far the activity drive follows a rhythm"),
    Free("rhythm_h", ("rhythm_h",), "period of that rhythm", needs="rhythm_depth", median_sd=0.2, spread_sd=0.1),
)
"""What a calibration may change; those that are switched off (`Free.off`) are left out of it.

What tests of untreated wild types cannot show is not here: compensation, adaptation of the felt signal, recall through
V1a, and what comfort adds to incentive.
"""


@dataclass(frozen=True)
class Population:
    """A log-normal population: `median` and `spread` (log-sd) of every free quantity, (n_free,), as log factors."""

    median: NDArray[np.float64]
    spread: NDArray[np.float64]

    def draw(self, n: int, seed: int, *purpose: str | int) -> NDArray[np.float64]:
        """Return log factors (n, n_free) of `n` animals."""
        return self.median + self.spread * normals(n, len(self.median), seed, *purpose)

    def wider(self, by: float, least: float) -> Population:
        """Return the population with its spread multiplied by `by` and at least `least`."""
        return Population(self.median, np.maximum(self.spread * by, least))

    @property
    def vector(self) -> NDArray[np.float64]:
        """Median and spread in one array (2 n_free,)."""
        return np.concatenate([self.median, self.spread])

    @classmethod
    def of(cls, vector: NDArray[np.float64]) -> Population:
        """Return the population of such an array."""
        n_free = len(vector) // 2
        return cls(vector[:n_free].copy(), vector[n_free:].copy())


@dataclass(frozen=True)
class Space:
    """The `free` quantities of one calibration, around the parameter table and what differs from it, `base`.

    `start` is the population that a direct search has found; without it a fit starts from the table.
    """

    base: Base
    free: tuple[Free, ...]
    start: Population | None = None

    @classmethod
    def around(cls, base: Base, candidates: Sequence[Free] = FREE) -> Space:
        """Return the space of the candidates that are switched on."""
        return cls(dict(base), tuple(free for free in candidates if not free.off(base)))

    def left_out(self, candidates: Sequence[Free] = FREE) -> str:
        """Return a sentence on the candidates that are switched off, or nothing."""
        off = [f"{free.name} ({free.off(self.base)} is 0)" for free in candidates if free.off(self.base)]
        return f"not fitted, because their mechanism is off: {', '.join(off)}" if off else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the free quantities."""
        return tuple(free.name for free in self.free)

    @property
    def n(self) -> int:
        """The number of free quantities, n_free."""
        return len(self.free)

    def table_population(self) -> Population:
        """Return the population of the parameter table: log factors 0, the table's spreads."""
        return Population(np.zeros(self.n), np.array([free.table_spread(self.base) for free in self.free]))

    def anchor(self) -> Population:
        """Return the centre of the prior over populations: `start`, or the table with at least a little spread
        everywhere."""
        if self.start is not None:
            return self.start
        table = self.table_population()
        return Population(table.median, np.maximum(table.spread, _LEAST_SPREAD))

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lowest and highest values of a population's vector, each (2 n_free,); medians around the anchor's."""
        low, high = (np.full(self.n, limit) for limit in SPREAD_LIMITS)
        middle = self.anchor().median
        return np.concatenate([middle - MEDIAN_LIMIT, low]), np.concatenate([middle + MEDIAN_LIMIT, high])

    def prior_sd(self) -> NDArray[np.float64]:
        """Return the prior's standard deviation of a population's vector, (2 n_free,)."""
        return np.array([free.median_sd for free in self.free] + [free.spread_sd for free in self.free])

    def draw_prior(self, n: int, seed: int) -> NDArray[np.float64]:
        """Return `n` population vectors (n, 2 n_free) drawn from the prior around the anchor, inside the bounds."""
        rng = seeding.generator(seed, "calibration", "prior")
        drawn = self.anchor().vector + self.prior_sd() * rng.standard_normal((n, 2 * self.n))
        return np.clip(drawn, *self.bounds())

    def spread_out(self, n: int, seed: int) -> NDArray[np.float64]:
        """Return `n` log factors (n, n_free) that fill the box ±`BOX` around the anchor evenly (a Latin hypercube)."""
        sampler = qmc.LatinHypercube(self.n, rng=seeding.generator(seed, "calibration", "design"))
        points: NDArray[np.float64] = self.anchor().median + BOX * (2.0 * sampler.random(n) - 1.0)
        return points

    def members(self, factors: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return every member parameter's value (n,) for log factors (n, n_free), kept inside the table's range."""
        values = {}
        for k, free in enumerate(self.free):
            for member in free.members:
                row = parameter(member, table_of(self.base))
                values[member] = np.clip(_value(self.base, member) * exp(factors[:, k]), row.low, row.high)
        return values

    def animals(self, factors: NDArray[np.float64], first_index: int) -> list[Animal]:
        """Return wild types (gain exactly 1) with their own parameters; their random streams are those of their
        index."""
        own = self.members(factors)
        return [
            Animal(
                id=f"vector-{first_index + i:05d}",
                genotype="wt",
                oxtr_gain=1.0,
                index=first_index + i,
                parameters={
                    **{name: float(value) for name, value in self.base.items() if name != TABLE},
                    "oxtr_gain": 1.0,
                    **{name: float(column[i]) for name, column in own.items()},
                },
                table=table_of(self.base),
            )
            for i in range(len(factors))
        ]


def normals(n: int, n_free: int, seed: int, *purpose: str | int) -> NDArray[np.float64]:
    """Return standard normal numbers (n, n_free) spread evenly: each column has one per n-th of the mass."""
    from scipy.stats import norm

    sampler = qmc.LatinHypercube(n_free, rng=seeding.generator(seed, "calibration", *purpose))
    draws: NDArray[np.float64] = norm.ppf(np.clip(sampler.random(n), 1e-6, 1 - 1e-6))
    return draws


def _value(base: Base, name: str) -> float:
    return float(base.get(name, parameter(name, table_of(base)).value))
