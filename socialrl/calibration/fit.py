"""The population of animals whose tests are nearest to the voles', by optimisation on the emulator, and its region.

What is minimised is a robust sum of the terms of the distance (quadratic near zero, linear far away, so that a measure
that no population can reach does not dominate the others) plus the prior's pull toward the population that the fit
starts from (the parameter table, or what a direct search found), which decides what the tests leave open. Tests with
peers and tests with mates have terms of their own, and one population has to meet all of them. The same fit to
resampled voles, resampled training animals and a newly drawn prior centre gives the confidence region: a quantity that
the tests do not determine comes back as wide as the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.calibration.descent import minimum
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.population import Population, Space, normals
from socialrl.calibration.target import Target

_MOST_ITERATIONS = 40
_DRAWS = 160

Targets = Mapping[str, Target]
"""The real tests by kind of pair, in the order in which animals were tested."""


def fit_population(
    space: Space,
    targets: Targets,
    emulator: Emulator,
    centre: Population,
    starts: NDArray[np.float64],
    seed: int,
    *purpose: str | int,
) -> tuple[Population, float]:
    """Return the population nearest to all `targets` on the emulator and its loss; `starts` is (n_starts, 2 n_free).

    `centre` is where the prior pulls to. The simulated animals are the same in every evaluation (fixed normal numbers
    and residuals, named by `purpose`), so that the loss is a smooth function of the population.
    """
    loss = loss_of(space, targets, emulator, centre, seed, *purpose)
    low, high = space.bounds()
    best_x, best = starts[0], np.inf
    for start in np.clip(starts, low, high):
        found, value = minimum(loss, start, low, high, iterations=_MOST_ITERATIONS, tolerance=1e-5)
        if value < best:
            best_x, best = found, value
    return Population.of(best_x), best


def region(
    space: Space,
    real: Mapping[str, NDArray[np.float64]],
    targets: Targets,
    factors: NDArray[np.float64],
    tests: NDArray[np.float64],
    weights: NDArray[np.float64],
    best: Population,
    *,
    n: int,
    seed: int,
    on_each: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Return `n` population vectors (n, 2 n_free), fits to resampled voles, training animals and prior centres.

    `real` is (n_voles, 7) for each kind of pair; `factors` (n_animals, n_free), `tests` (n_animals, n_kinds, n_repeats,
    7) and `weights` (n_animals,) are what the emulator is fitted to.
    """
    centres = space.draw_prior(n, seed)
    found = np.empty((n, 2 * space.n))
    for k in range(n):
        on_each(k)
        rng = seeding.generator(seed, "calibration", "resample", k)
        resampled = {
            kind: targets[kind].resampled(voles[rng.integers(0, len(voles), len(voles))])
            for kind, voles in real.items()
        }
        counts = np.bincount(rng.integers(0, len(factors), len(factors)), minlength=len(factors))
        kept = counts > 0
        emulator = Emulator.fit(factors[kept], tests[kept], (weights * counts)[kept], space.anchor().median)
        starts = np.stack([best.vector, centres[k]])
        drawn, _ = fit_population(space, resampled, emulator, Population.of(centres[k]), starts, seed, "resample", k)
        found[k] = drawn.vector
    return found


def loss_of(
    space: Space, targets: Targets, emulator: Emulator, centre: Population, seed: int, *purpose: str | int
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """Return the function that is minimised: a population's vector (2 n_free,) in, its loss and the gradient out."""
    n_free = space.n
    z = normals(_DRAWS, n_free, seed, "fit", *purpose)
    residuals = emulator.draw_residuals(_DRAWS, seeding.generator(seed, "calibration", "residuals", *purpose))
    pull, width = centre.vector, space.prior_sd()

    def loss(vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw, back = emulator.tests_and_back(vector[:n_free] + vector[n_free:] * z, residuals)
        by_raw = np.empty_like(raw)
        value = 0.0
        for k, target in enumerate(targets.values()):
            terms, through = target.smooth_terms(raw[:, k])
            apart = terms / target.noise
            robust = np.sqrt(1.0 + apart**2)
            value += float((robust - 1.0).sum())
            by_raw[:, k] = through(apart / robust / target.noise)
        by_factors = back(by_raw)
        off = (vector - pull) / width
        gradient = np.concatenate([by_factors.sum(axis=0), (by_factors * z).sum(axis=0)]) + off / width
        return value + 0.5 * float((off**2).sum()), gradient

    return loss
