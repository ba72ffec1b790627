"""The whole calibration: a direct search if asked for, rounds of training and fitting, a check with fresh animals.

Every stage is a table, so that a caller can keep what is done: `keep(name, make)` returns the table of a stage, from an
earlier call or from `make()`. All later stages use only the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.calibration import retest, tables
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.fit import fit_population, region
from socialrl.calibration.objective import Objective
from socialrl.calibration.outcome import Calibration, Match
from socialrl.calibration.pairs import BOTH, by_kind, check_enough
from socialrl.calibration.plan import Keep, Plan, Simulate
from socialrl.calibration.population import Population, Space
from socialrl.calibration.search import search
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.calibration.target import Target, distances, share_as_far

_LATER_WEIGHT = 4.0


def calibrate(
    tests: pd.DataFrame,
    simulate: Simulate,
    plan: Plan,
    space: Space,
    *,
    late: pd.DataFrame | None = None,
    try_out: Simulate | None = None,
    course: Mapping[float, str] | None = None,
    on_stage: Callable[[str], None] = lambda _: None,
    keep: Keep = lambda _, make: make(),
) -> Calibration:
    """Fit a wild-type population to real early tests (rows of a score sheet) and check it with fresh simulations.

    Peers and mates are two targets for one population in `space`. `late` are later tests of the same animals: they are
    only compared with those of the checks. Fewer than 8 voles of a kind of pair raise `UserError`.

    If `plan.search` is more than 0, the rounds start from what a direct search finds. `try_out` trains and tests its
    candidates (`simulate` if not given), `course` is that of `Objective`.
    """
    voles = by_kind(tests)
    check_enough(voles)
    kinds, seed = tuple(voles), plan.seed
    real = {kind: raw_of(rows) for kind, rows in voles.items()}
    targets = {kind: Target.of(raw, seed) for kind, raw in real.items()}
    before = space.table_population()
    tried = pd.DataFrame()
    if plan.search:
        objective = Objective.of(real, targets, course or {}, seed)
        start, tried = search(space, try_out or simulate, objective, plan, keep)
        space = replace(space, start=start)
    centre = space.anchor()
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

    first = train("round-1", plan.n_searched, space.spread_out(plan.vectors, seed))
    factors, all_tests = first.factors, first.tests
    weights = np.ones(len(factors))
    rounds: list[dict[str, float]] = []
    best, index = centre, plan.n_searched + plan.vectors
    for number in range(1, plan.rounds + 1):
        if number > 1:
            around = best.wider(1.3, 0.2).draw(plan.part, seed, "round", number)
            more = train(f"round-{number}", index, around)
            all_tests, factors = np.concatenate([all_tests, more.tests]), np.concatenate([factors, more.factors])
            weights = np.concatenate([weights, np.full(len(more.factors), _LATER_WEIGHT)])
            index += len(more.factors)
        on_stage(f"fitting, round {number}")
        emulator = Emulator.fit(factors, all_tests, weights, centre.median)
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
        tried,
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
