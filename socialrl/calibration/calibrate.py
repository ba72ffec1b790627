"""The whole calibration: rounds of training and fitting, then a check of the result with freshly trained animals.

Every stage is a table, so that a caller can keep what is done: `keep(name, make)` returns the table of a stage, from an
earlier call or from `make()`. All later stages use only the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.calibration import retest, tables
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.fit import fit_population, region
from socialrl.calibration.outcome import Calibration, Match
from socialrl.calibration.pairs import BOTH, by_kind, check_enough
from socialrl.calibration.population import Population, Space
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.calibration.target import Target, distances, share_as_far


class Simulate(Protocol):
    """Trains and tests animals: log factors (n, n_free), the first animal's index and a word for the display in.

    Out come their tests as in `tables.Cohort.played`: early ones with every kind of partner, and, if `everything` is
    wanted, late ones, too, with bins and bouts.
    """

    def __call__(
        self, factors: NDArray[np.float64], first_index: int, text: str, *, everything: bool = False
    ) -> pd.DataFrame: ...


Keep = Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame]
"""The name of a stage and what makes its table in; the table out."""

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


def calibrate(
    tests: pd.DataFrame,
    simulate: Simulate,
    plan: Plan,
    space: Space,
    *,
    late: pd.DataFrame | None = None,
    on_stage: Callable[[str], None] = lambda _: None,
    keep: Keep = lambda _, make: make(),
) -> Calibration:
    """Fit a wild-type population to real early tests (rows of a score sheet) and check it with fresh simulations.

    Peers and mates are two targets for one population in `space`. `late` are later tests of the same animals: they are
    only compared with those of the checks. Fewer than 8 voles of a kind of pair raise `UserError`.
    """
    voles = by_kind(tests)
    check_enough(voles)
    kinds, seed = tuple(voles), plan.seed
    real = {kind: raw_of(rows) for kind, rows in voles.items()}
    targets = {kind: Target.of(raw, seed) for kind, raw in real.items()}
    before, centre = space.table_population(), space.anchor()
    prior = space.draw_prior(1000, seed)

    def train(stage: str, index: int, factors: NDArray[np.float64]) -> tables.Cohort:
        words, everything = stage.replace("-", " "), stage.startswith("check")
        made = keep(
            stage,
            lambda: tables.cohort_table(factors, simulate(factors, index, words, everything=everything), space.names),
        )
        return tables.read_cohort(made, kinds)

    def fit(number: int, emulator: Emulator, best: Population) -> tuple[Population, float]:
        starts = np.concatenate([best.vector[None], space.draw_prior(plan.starts - 1, seed)])
        made = keep(
            f"fit-{number}",
            lambda: tables.population_table(
                *fit_population(space, targets, emulator, centre, starts, seed, "round", number), space.names
            ),
        )
        return tables.read_population(made)

    first = train("round-1", 0, space.spread_out(plan.vectors, seed))
    factors, all_tests = first.factors, first.tests
    weights = np.ones(len(factors))
    rounds: list[dict[str, float]] = []
    best, index = centre, plan.vectors
    for number in range(1, plan.rounds + 1):
        if number > 1:
            around = best.wider(1.3, 0.2).draw(plan.part, seed, "round", number)
            more = train(f"round-{number}", index, around)
            all_tests, factors = np.concatenate([all_tests, more.tests]), np.concatenate([factors, more.factors])
            weights = np.concatenate([weights, np.full(len(more.factors), _LATER_WEIGHT)])
            index += len(more.factors)
        on_stage(f"fitting, round {number}")
        emulator = Emulator.fit(factors, all_tests, weights)
        best, loss = fit(number, emulator, best)
        rounds.append({"round": number, "animals": len(factors), "loss": loss, "skill": float(emulator.skill.mean())})
    on_stage("resampling")
    resampled = keep(
        "region",
        lambda: tables.region_table(
            region(
                space,
                real,
                targets,
                factors,
                all_tests,
                weights,
                best,
                n=plan.resamples,
                seed=seed,
                on_each=lambda k: on_stage(f"resampling, {k} of {plan.resamples}"),
            ),
            space.names,
        ),
    )
    # The same random numbers for both checks, so that they differ in the population alone.
    checks = {
        name: train(f"check-{name}", index, one.draw(plan.part, seed, "check"))
        for name, one in (("before", before), ("after", best))
    }
    matches, as_far_of_both = _matches(real, targets, {name: one.tests for name, one in checks.items()}, seed)
    return Calibration(
        space,
        before,
        best,
        tables.read_region(resampled),
        prior,
        matches,
        as_far_of_both,
        {name: one.played for name, one in checks.items()},
        {} if late is None else retest.matched(tests, late),
        {kind: tuple(map(float, skill)) for kind, skill in zip(kinds, emulator.skill, strict=True)},
        seed,
        rounds,
    )


def _matches(
    real: Mapping[str, NDArray[np.float64]],
    targets: Mapping[str, Target],
    checks: Mapping[str, NDArray[np.float64]],
    seed: int,
) -> tuple[dict[str, Match], dict[str, float]]:
    """Return how the tests of both checks, each (n, n_kinds, n_repeats, 7), match, and the goodness of all kinds."""
    flat = {
        kind: {name: tests[:, k].reshape(-1, len(RAW)) for name, tests in checks.items()}
        for k, kind in enumerate(targets)
    }
    apart = {kind: {name: distances(target, flat[kind][name]) for name in checks} for kind, target in targets.items()}
    as_far = {}
    for name, tests in checks.items():
        observed = {kind: apart[kind][name]["all"] for kind in targets}
        observed[BOTH] = sum(observed.values()) / len(observed)
        as_far[name] = share_as_far(targets, tests, observed, seed)
    matches = {
        kind: Match(
            target,
            {"real": real[kind], **flat[kind]},
            apart[kind],
            {name: as_far[name][kind] for name in checks},
        )
        for kind, target in targets.items()
    }
    return matches, {name: one[BOTH] for name, one in as_far.items()}
