"""The population of animals whose tests are nearest to the voles', by optimisation on the emulator, and its region.

What is minimised is a robust sum of the terms of the distance (quadratic near zero, linear far away, so that a measure
that no population can reach does not dominate the others) plus the prior's pull toward the parameter table, which
decides what the tests leave open. The same fit to resampled voles, resampled training animals and a newly drawn prior
centre gives the confidence region: a quantity that the tests do not determine comes back as wide as the prior.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.calibration.descent import minimum
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.population import N_FREE, Population, bounds, draw_prior, normals, prior_sd
from socialrl.calibration.summaries import Target

_STEP = 0.02
_MOST_ITERATIONS = 40
_DRAWS = 160


def fit_population(
    target: Target, emulator: Emulator, centre: Population, starts: NDArray[np.float64], seed: int, *purpose: str | int
) -> tuple[Population, float]:
    """Return the population nearest to `target` on the emulator and its loss; `starts` is (n_starts, 2 n_free).

    `centre` is where the prior pulls to. The simulated animals are the same in every evaluation (fixed normal numbers
    and residuals, named by `purpose`), so that the loss is a smooth function of the population.
    """
    loss = _loss(target, emulator, centre, seed, *purpose)
    low, high = np.array(bounds()).T
    best_x, best = starts[0], np.inf
    for start in np.clip(starts, low, high):
        found, value = minimum(
            lambda x: _with_gradient(x, loss, low, high),
            start,
            low,
            high,
            iterations=_MOST_ITERATIONS,
            tolerance=1e-5,
        )
        if value < best:
            best_x, best = found, value
    return Population.of(best_x), best


def region(
    real: NDArray[np.float64],
    target: Target,
    factors: NDArray[np.float64],
    tests: NDArray[np.float64],
    weights: NDArray[np.float64],
    centre: Population,
    best: Population,
    *,
    n: int,
    seed: int,
    on_each: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Return `n` population vectors (n, 2 n_free), fits to resampled voles, training animals and prior centres.

    `real` is (n_voles, 7); `factors` (n_animals, n_free), `tests` (n_animals, n_repeats, 7) and `weights` (n_animals,)
    are what the emulator is fitted to.
    """
    centres = draw_prior(centre, n, seed)
    found = np.empty((n, 2 * N_FREE))
    for k in range(n):
        on_each(k)
        rng = seeding.generator(seed, "calibration", "resample", k)
        voles = real[rng.integers(0, len(real), len(real))]
        counts = np.bincount(rng.integers(0, len(factors), len(factors)), minlength=len(factors))
        kept = counts > 0
        emulator = Emulator.fit(factors[kept], tests[kept], (weights * counts)[kept])
        starts = np.stack([best.vector, centres[k]])
        drawn, _ = fit_population(
            target.resampled(voles), emulator, Population.of(centres[k]), starts, seed, "resample", k
        )
        found[k] = drawn.vector
    return found


def _loss(
    target: Target, emulator: Emulator, centre: Population, seed: int, *purpose: str | int
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    z = normals(_DRAWS, seed, "fit", *purpose)
    residuals = emulator.draw_residuals(_DRAWS, seeding.generator(seed, "calibration", "residuals", *purpose))
    pull, width = centre.vector, prior_sd()

    def loss(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        factors = vectors[:, None, :N_FREE] + vectors[:, None, N_FREE:] * z
        apart = target.smooth_terms(emulator.tests(factors, residuals)) / target.noise
        robust: NDArray[np.float64] = (np.sqrt(1.0 + apart**2) - 1.0).sum(axis=1)
        prior: NDArray[np.float64] = 0.5 * (((vectors - pull) / width) ** 2).sum(axis=1)
        return robust + prior

    return loss


def _with_gradient(
    x: NDArray[np.float64],
    loss: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """Return the loss and its gradient by central differences, all neighbours in one evaluation."""
    up, down = np.minimum(x + _STEP, high), np.maximum(x - _STEP, low)
    n = len(x)
    stack = np.tile(x, (2 * n + 1, 1))
    stack[np.arange(n), np.arange(n)] = up
    stack[n + np.arange(n), np.arange(n)] = down
    values = loss(stack)
    return float(values[-1]), (values[:n] - values[n : 2 * n]) / (up - down)
