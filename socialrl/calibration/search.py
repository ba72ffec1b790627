"""A direct search for a population of animals: candidates are trained and tested, without an emulator in between.

An emulator knows only the neighbourhood in which its animals were trained, and mechanisms that act together (settling,
the day's activity, lasting errors of recognition) make voles only far from where each is switched on alone. So the
medians and spreads of all free quantities are moved together by CMA-ES (Hansen & Ostermeier 2001, doi:
10.1162/106365601750190398), with the library `cma`. In every generation all candidates are tried with the same random
numbers, and each generation has animals of its own, so that no candidate wins by the luck of its animals for long.

A generation is a stage. What the library knows comes from their tables: it is asked again for the candidates of every
generation that is there, with the same random numbers, and told what came of them.
"""

from __future__ import annotations

import importlib.util
import math
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.calibration.objective import Objective
from socialrl.calibration.plan import Keep, Plan, Simulate, simulated
from socialrl.calibration.population import SPREAD_LIMITS, Population, Space, table_of
from socialrl.calibration.tables import population_table, read_population, region_table
from socialrl.errors import UserError
from socialrl_envs.parameters import parameter

LIMIT = math.log(10.0)
"""Largest log factor of a median in the search: the table's value times 0.1 to 10, inside the table's range."""

_UNFOLDED = "asked_"
_FIRST_STEP = 0.3
"""Standard deviation of the first candidates, in units of the prior's."""


def need_cma() -> None:
    """Raise `UserError` with the command that installs `cma` if it is not there."""
    if importlib.util.find_spec("cma") is None:
        raise UserError("--search needs the library cma; install it with: pip install 'socialrl[fit]'")


def search(
    space: Space,
    simulate: Simulate,
    objective: Objective,
    plan: Plan,
    keep: Keep,
) -> tuple[Population, pd.DataFrame]:
    """Return the population that `plan.search` generations lead to, and all candidates that were tried.

    It is the middle of the last distribution of candidates, not the best of them, which owes part of its success to its
    animals. The table has one row per candidate: generation, candidate, the numbers of `Objective.parts`, and medians
    and spreads as log factors.
    """
    strategy = _Strategy(space, plan)
    tried = []
    for number, stage in enumerate(plan.generations, start=1):
        asked = strategy.ask(number)
        table = keep(stage, partial(_generation, space, simulate, objective, plan, number, asked))
        told = table[[name for name in table if str(name).startswith(_UNFOLDED)]]
        strategy.tell(told.to_numpy(np.float64), table["objective"].to_numpy(np.float64))
        tried.append(table)
    mean = float(tried[-1]["objective"].mean())
    found, _ = read_population(keep("search", lambda: population_table(strategy.middle(), mean, space.names)))
    return found, pd.concat(tried, ignore_index=True)


def by_generation(tried: pd.DataFrame) -> pd.DataFrame:
    """Return one row per generation: best and mean objective, and the other numbers of its best candidate."""
    groups = tried.groupby("generation")["objective"]
    best = tried.loc[groups.idxmin()].reset_index(drop=True)
    told = [name for name in tried if not str(name).startswith(("median_", "spread_", _UNFOLDED))]
    table = best[told].rename(columns={"objective": "best"})
    table.insert(2, "mean", groups.mean().to_numpy())
    return table


def _generation(
    space: Space,
    simulate: Simulate,
    objective: Objective,
    plan: Plan,
    number: int,
    asked: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the rows of a generation for what the strategy asked for, (n_candidates, 2 n_free)."""
    first = (number - 1) * plan.candidate_animals
    vectors = folded(asked, *limits(space))
    cohorts = []
    for k, vector in enumerate(vectors):
        # The same purpose and indices for all candidates, so that they differ in the population alone.
        factors = Population.of(vector).draw(plan.candidate_animals, plan.seed, "search", number)
        cohorts.append((factors, first, f"search {number} of {plan.search}, candidate {k + 1} of {plan.candidates}"))
    rows = [
        {"generation": number, "candidate": k + 1, **objective.parts(tests)}
        for k, tests in enumerate(simulated(simulate, cohorts))
    ]
    both = [region_table(vectors, space.names), region_table(asked, space.names).add_prefix(_UNFOLDED)]
    return pd.concat([pd.DataFrame(rows), *both], axis=1)


def limits(space: Space) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lowest and highest values of the vectors that are tried, each (2 n_free,).

    Medians end where the parameters do, but everywhere some way from the start, so that one that starts at the end of
    its range can leave it.
    """
    low, high = (np.full(space.n, sign * LIMIT) for sign in (-1.0, 1.0))
    values = space.members(np.zeros((1, space.n)))
    for k, free in enumerate(space.free):
        rooms = []
        for member in free.members:
            row, value = parameter(member, table_of(space.base)), float(values[member][0])
            if value > 0.0:
                rooms.append((math.log(row.low / value) if row.low > 0.0 else -LIMIT, math.log(row.high / value)))
        low[k] = max(low[k], min(min(room[0] for room in rooms), -free.median_sd))
        high[k] = min(high[k], max(max(room[1] for room in rooms), free.median_sd))
    least, most = (np.full(space.n, limit) for limit in SPREAD_LIMITS)
    return np.concatenate([low, least]), np.concatenate([high, most])


def folded(vectors: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return population vectors (…, 2 n_free) inside their limits: what is beyond one is mirrored at it."""
    width = high - low
    beyond = np.mod(vectors - low, 2.0 * width)
    inside: NDArray[np.float64] = low + np.minimum(beyond, 2.0 * width - beyond)
    return inside


class _Strategy:
    """The library's search, with random numbers of a named stream for each generation and none of its own.

    It knows no limits: what it asks for is `folded` into them before it is tried, and it is told what came of what it
    asked for.
    """

    def __init__(self, space: Space, plan: Plan) -> None:
        import cma

        self._seed = plan.seed
        self._rng = seeding.generator(plan.seed, "calibration", "search", 0, "candidates")
        self._limits = limits(space)
        self._own = cma.CMAEvolutionStrategy(
            np.clip(space.anchor().vector, *self._limits),
            _FIRST_STEP,
            {
                "popsize": plan.candidates,
                "CMA_stds": space.prior_sd(),
                "randn": self._randn,
                "seed": math.nan,  # the global stream of NumPy is neither seeded nor used
                "verbose": -10,  # nothing is printed, written or read
            },
        )

    def _randn(self, *shape: int) -> NDArray[np.float64]:
        return self._rng.standard_normal(shape)

    def ask(self, number: int) -> NDArray[np.float64]:
        """Return the candidates of a generation (n_candidates, 2 n_free), not yet folded."""
        self._rng = seeding.generator(self._seed, "calibration", "search", number, "candidates")
        return np.array(self._own.ask())

    def tell(self, vectors: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Take in what came of the candidates that were asked for: their objectives (n_candidates,).

        They count as they are, also if this computer would have asked for slightly different ones.
        """
        self._own.tell(list(vectors), list(values), check_points=False)

    def middle(self) -> Population:
        """Return the population in the middle of the candidates to come."""
        return Population.of(folded(np.asarray(self._own.mean, dtype=np.float64), *self._limits))
