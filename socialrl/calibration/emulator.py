"""A fast stand-in for training: quadratic regressions from log factors to what an animal's tests look like.

Fitted by ridge regression to the animals of all training runs so far. Each test is described by six numbers on scales
without limits (log odds, log ratios, log seconds); their means over an animal's tests are regressed on the animal's
log factors, and what the regression leaves is drawn again, test by test and all six together, as chance. The emulator
only proposes populations; what is reported as distance comes from trained animals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from socialrl.calibration.population import BOX
from socialrl.calibration.summaries import TEST_S

_SMALL_S = 60.0
_RIDGES = np.geomspace(1e-3, 1e3, 25)
N_OUTPUTS = 6


def describe(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (…, 6) numbers without limits for raw tests (…, 7): two huddles, two chamber ratios, two latencies."""
    huddle = np.log((raw[..., :2] + _SMALL_S) / (TEST_S - raw[..., :2] + _SMALL_S))
    chambers = np.log(raw[..., 2:5] + _SMALL_S)
    ratios = np.stack([chambers[..., 0] - chambers[..., 1], chambers[..., 2] - chambers[..., 1]], axis=-1)
    return np.concatenate([huddle, ratios, np.log(raw[..., 5:] + _SMALL_S)], axis=-1)


def raw_from(described: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return raw tests (…, 7) for such numbers; the inverse of `describe` inside the possible range."""
    odds = np.exp(np.clip(described[..., :2], -30.0, 30.0))
    huddle = np.clip((odds * (TEST_S + _SMALL_S) - _SMALL_S) / (1.0 + odds), 0.0, TEST_S)
    partner, stranger = np.exp(np.clip(described[..., 2], -30, 30)), np.exp(np.clip(described[..., 3], -30, 30))
    shares = np.stack([partner, np.ones_like(partner), stranger], axis=-1) / (1.0 + partner + stranger)[..., None]
    chambers = np.clip(shares * (TEST_S + 3.0 * _SMALL_S) - _SMALL_S, 0.0, TEST_S)
    latency = np.clip(np.exp(np.clip(described[..., 4:], -30.0, 30.0)) - _SMALL_S, 0.0, TEST_S)
    return np.concatenate([huddle, chambers, latency], axis=-1)


@dataclass(frozen=True)
class Emulator:
    """Fitted regressions with the residuals of all tests and how likely each is drawn.

    `skill` (6,) is the share of variance between animals predicted in animals left out.
    """

    coefficients: NDArray[np.float64]
    residuals: NDArray[np.float64]
    chances: NDArray[np.float64]
    skill: NDArray[np.float64]

    @classmethod
    def fit(cls, factors: NDArray[np.float64], tests: NDArray[np.float64], weights: NDArray[np.float64]) -> Emulator:
        """Fit to log factors (n_animals, n_free), raw tests (n_animals, n_repeats, 7) and weights (n_animals,)."""
        outcomes = describe(tests)
        means = outcomes.mean(axis=1)
        design = features(factors)
        root = np.sqrt(weights)[:, None]
        coefficients = np.empty((design.shape[1], N_OUTPUTS))
        left_out = np.empty_like(means)
        for k in range(N_OUTPUTS):
            coefficients[:, k], left_out[:, k] = _ridge(design * root, means[:, k : k + 1] * root)
        left_out /= root
        spread = means - np.average(means, axis=0, weights=weights)
        skill = 1.0 - np.average(left_out**2, axis=0, weights=weights) / np.maximum(
            np.average(spread**2, axis=0, weights=weights), 1e-12
        )
        residuals = outcomes - (design @ coefficients)[:, None, :]
        chances = np.repeat(weights, tests.shape[1])
        return cls(coefficients, residuals.reshape(-1, N_OUTPUTS), chances / chances.sum(), skill)

    def draw_residuals(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return `n` residual vectors (n, 6), whole tests at a time."""
        return self.residuals[rng.choice(len(self.residuals), size=n, p=self.chances)]

    def tests(self, factors: NDArray[np.float64], residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return raw tests (…, 7) for log factors (…, n_free) and residual vectors that broadcast to (…, 6)."""
        terms = features(factors.reshape(-1, factors.shape[-1])).T
        # einsum, because a threaded matrix product of this shape spends more time on its threads than on the product
        flat = np.einsum("fn,fk->kn", terms, self.coefficients).T
        return raw_from(flat.reshape(*factors.shape[:-1], N_OUTPUTS) + residuals)


def features(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return constant, linear, square and product terms (n, n_features) of log factors (n, n_free), inside the box."""
    x = np.ascontiguousarray(np.clip(factors / BOX, -1.2, 1.2).T)
    first, second = np.triu_indices(len(x))
    # One row a term, because whole rows are gathered and multiplied several times faster than columns.
    return np.concatenate([np.ones((1, x.shape[1])), x, x[first] * x[second]]).T


def _ridge(
    design: NDArray[np.float64], outcome: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ridge coefficients and errors of prediction with each row left out, at the penalty that makes them least.

    The first column (the constant) is not penalised.
    """
    constant = design[:, :1]
    to_rest = np.linalg.lstsq(constant, design[:, 1:], rcond=None)[0]
    to_outcome = np.linalg.lstsq(constant, outcome, rcond=None)[0]
    rest, centred = design[:, 1:] - constant @ to_rest, outcome - constant @ to_outcome
    left, values, right = np.linalg.svd(rest, full_matrices=False)
    leverage_of_constant = (constant[:, 0] ** 2) / (constant[:, 0] ** 2).sum()
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for penalty in _RIDGES:
        shrink = values**2 / (values**2 + penalty)
        leverage = (left**2) @ shrink + leverage_of_constant
        error = (centred - left @ (shrink[:, None] * (left.T @ centred)))[:, 0] / np.maximum(1.0 - leverage, 1e-3)
        score = float((error**2).sum())
        if best is None or score < best[0]:
            slopes = right.T @ ((values / (values**2 + penalty))[:, None] * (left.T @ centred))
            best = score, slopes[:, 0], error
    assert best is not None
    _, slopes, error = best
    intercept = to_outcome[0, 0] - float(to_rest[0] @ slopes)
    return np.concatenate([[intercept], slopes]), error
