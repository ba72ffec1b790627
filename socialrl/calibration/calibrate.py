"""The whole calibration: rounds of training and fitting, then a check of the result with freshly trained animals.

Every stage is a table, so that a caller can keep what is done: `keep(name, make)` returns the table of a stage, from an
earlier call or from `make()`. All later stages use only the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.calibration import population as pop
from socialrl.calibration import tables
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.fit import fit_population, region
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.population import Population
from socialrl.calibration.summaries import Target, distances, raw_of, share_as_far
from socialrl.errors import UserError

Simulate = Callable[[NDArray[np.float64], int, str], NDArray[np.float64]]
"""Log factors (n, n_free), the first animal's index and a word for the display in; raw tests (n, n_repeats, 7) out."""

Keep = Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame]
"""The name of a stage and what makes its table in; the table out."""

LEAST_ANIMALS = 8
_LATER_WEIGHT = 4.0


@dataclass(frozen=True)
class Plan:
    """How much is simulated: `vectors` animals in round 1, half as many in each later round and in each check."""

    vectors: int = 256
    rounds: int = 3
    resamples: int = 100
    starts: int = 8
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.vectors, self.resamples) < 2 or min(self.rounds, self.starts) < 1:
            raise ValueError(f"a plan needs at least 2 vectors and resamples, 1 round and 1 start, got {self}")

    @property
    def part(self) -> int:
        """Animals of each later round and of each check."""
        return max(self.vectors // 2, 1)

    @property
    def cohorts(self) -> dict[str, int]:
        """The stages that train a cohort, in order, and the animals of each."""
        rounds = {f"round-{number}": self.part if number > 1 else self.vectors for number in range(1, self.rounds + 1)}
        return {**rounds, "check-before": self.part, "check-after": self.part}

    @property
    def n_trained(self) -> int:
        """Animals trained in all."""
        return sum(self.cohorts.values())


def check_enough(tests: pd.DataFrame) -> None:
    """Raise `UserError` for fewer tests than a calibration needs."""
    if len(tests) < LEAST_ANIMALS:
        raise UserError(f"a calibration needs tests of at least {LEAST_ANIMALS} animals, got {len(tests)}")


def calibrate(
    tests: pd.DataFrame,
    simulate: Simulate,
    plan: Plan,
    base: Mapping[str, float] | None = None,
    on_stage: Callable[[str], None] = lambda _: None,
    keep: Keep = lambda _, make: make(),
) -> Calibration:
    """Fit a wild-type population to real tests (rows of a score sheet) and check it with fresh simulations.

    `base` are parameters that differ from the table in all animals. Fewer than 8 voles raise `UserError`.
    """
    check_enough(tests)
    base = dict(base or {})
    seed = plan.seed
    real = raw_of(tests)
    target = Target.of(real, seed)
    before, centre = pop.table_population(base), pop.anchor(base)
    prior = pop.draw_prior(centre, 1000, seed)

    def train(stage: str, index: int, factors: NDArray[np.float64]) -> tables.Cohort:
        words = stage.replace("-", " ")
        made = keep(stage, lambda: tables.cohort_table(factors, simulate(factors, index, words), index))
        return tables.read_cohort(made)

    def fit(number: int, emulator: Emulator, best: Population) -> tuple[Population, float]:
        starts = np.concatenate([best.vector[None], pop.draw_prior(centre, plan.starts - 1, seed)])
        made = keep(
            f"fit-{number}",
            lambda: tables.population_table(*fit_population(target, emulator, centre, starts, seed, "round", number)),
        )
        return tables.read_population(made)

    factors, all_tests = train("round-1", 0, pop.spread_out(plan.vectors, seed))
    weights = np.ones(len(factors))
    rounds: list[dict[str, float]] = []
    best, index = centre, plan.vectors
    for number in range(1, plan.rounds + 1):
        if number > 1:
            around = best.wider(1.3, 0.2).draw(plan.part, seed, "round", number)
            drawn, more = train(f"round-{number}", index, around)
            all_tests, factors = np.concatenate([all_tests, more]), np.concatenate([factors, drawn])
            weights = np.concatenate([weights, np.full(len(drawn), _LATER_WEIGHT)])
            index += len(drawn)
        on_stage(f"fitting, round {number}")
        emulator = Emulator.fit(factors, all_tests, weights)
        best, loss = fit(number, emulator, best)
        rounds.append({"round": number, "animals": len(factors), "loss": loss, "skill": float(emulator.skill.mean())})
    on_stage("resampling")
    resampled = keep(
        "region",
        lambda: tables.region_table(
            region(real, target, factors, all_tests, weights, centre, best, n=plan.resamples, seed=seed)
        ),
    )
    posterior = tables.read_region(resampled)
    # The same random numbers for both checks, so that they differ in the population alone.
    checks = {
        name: train(f"check-{name}", index, one.draw(plan.part, seed, "check"))[1]
        for name, one in (("before", before), ("after", best))
    }
    sets = {"real": real, **{name: one.reshape(-1, one.shape[-1]) for name, one in checks.items()}}
    apart = distances(target, {name: sets[name] for name in checks})
    as_far = {name: share_as_far(target, one, apart[name]["all"], seed) for name, one in checks.items()}
    return Calibration(
        base, target, before, best, posterior, prior, sets, apart, as_far, tuple(map(float, emulator.skill)), rounds
    )
