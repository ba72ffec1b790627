"""A fast stand-in for training: quadratic regressions from log factors to what an animal's tests look like.

Fitted by ridge regression to the animals of all training runs so far. Each test is described by six numbers on scales
without limits (log odds, log ratios, log seconds); their means over an animal's tests with each kind of partner are
regressed on the animal's log factors, and the residuals are drawn at random, test by test and all numbers of an animal
together. The emulator only proposes populations; reported distances come from trained animals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from socialrl.analysis.linear_algebra import product, singular_values
from socialrl.calibration.population import BOX
from socialrl.calibration.summaries import TEST_S
from socialrl_envs.elementary import exp, log

_SMALL_S = 60.0
_RIDGES = exp(np.linspace(-3.0, 3.0, 25) * math.log(10.0))
_FURTHEST = 1.2
"""Largest log factor, in units of the box, that the regressions are asked about."""
_LARGEST = 30.0
N_OUTPUTS = 6

Back = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Slopes of a number by raw tests (n, n_kinds, 7) in; its slopes by log factors (n, n_free) out."""


def describe(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (…, 6) numbers without limits for raw tests (…, 7): two huddles, two chamber ratios, two latencies."""
    huddle = log((raw[..., :2] + _SMALL_S) / (TEST_S - raw[..., :2] + _SMALL_S))
    chambers = log(raw[..., 2:5] + _SMALL_S)
    ratios = np.stack([chambers[..., 0] - chambers[..., 1], chambers[..., 2] - chambers[..., 1]], axis=-1)
    return np.concatenate([huddle, ratios, log(raw[..., 5:] + _SMALL_S)], axis=-1)


def raw_from(described: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return raw tests (…, 7) for such numbers; the inverse of `describe` inside the possible range."""
    odds = exp(np.clip(described[..., :2], -_LARGEST, _LARGEST))
    huddle = np.clip((odds * (TEST_S + _SMALL_S) - _SMALL_S) / (1.0 + odds), 0.0, TEST_S)
    chambers = np.clip(_chamber_shares(described) * (TEST_S + 3.0 * _SMALL_S) - _SMALL_S, 0.0, TEST_S)
    latency = np.clip(exp(np.clip(described[..., 4:], -_LARGEST, _LARGEST)) - _SMALL_S, 0.0, TEST_S)
    return np.concatenate([huddle, chambers, latency], axis=-1)


@dataclass(frozen=True)
class Emulator:
    """Fitted regressions with the residuals of all tests and how likely each is drawn.

    `skill` (n_kinds, 6) is the share of variance between animals predicted in animals left out. Log factors are taken
    from `centre` (n_free,).
    """

    coefficients: NDArray[np.float64]
    residuals: NDArray[np.float64]
    chances: NDArray[np.float64]
    skill: NDArray[np.float64]
    centre: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        factors: NDArray[np.float64],
        tests: NDArray[np.float64],
        weights: NDArray[np.float64],
        centre: NDArray[np.float64] | None = None,
    ) -> Emulator:
        """Fit to log factors (n_animals, n_free), raw tests (n_animals, n_kinds, n_repeats, 7) and weights
        (n_animals,); `centre` (n_free,) is the middle of the box that the factors fill, 0 if not given."""
        centre = np.zeros(factors.shape[1]) if centre is None else centre
        n_animals, n_kinds, n_repeats, _ = tests.shape
        outcomes = describe(tests).swapaxes(1, 2).reshape(n_animals, n_repeats, n_kinds * N_OUTPUTS)
        means = outcomes.mean(axis=1)
        design = features(factors - centre)
        root = np.sqrt(weights)[:, None]
        coefficients, left_out = _ridge(design * root, means * root)
        left_out /= root
        spread = means - np.average(means, axis=0, weights=weights)
        skill = 1.0 - np.average(left_out**2, axis=0, weights=weights) / np.maximum(
            np.average(spread**2, axis=0, weights=weights), 1e-12
        )
        residuals = outcomes - product(design, coefficients)[:, None, :]
        chances = np.repeat(weights, n_repeats)
        return cls(
            coefficients,
            residuals.reshape(-1, n_kinds, N_OUTPUTS),
            chances / chances.sum(),
            skill.reshape(n_kinds, N_OUTPUTS),
            centre,
        )

    def draw_residuals(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return `n` residual vectors (n, n_kinds, 6), whole tests at a time."""
        return self.residuals[rng.choice(len(self.residuals), size=n, p=self.chances)]

    def tests(self, factors: NDArray[np.float64], residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return raw tests (n, n_kinds, 7) for log factors (n, n_free) and residuals that broadcast to
        (n, n_kinds, 6)."""
        return raw_from(self._described(features(factors - self.centre)) + residuals)

    def tests_and_back(
        self, factors: NDArray[np.float64], residuals: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Back]:
        """Return `tests` and the chain rule through them, for gradients."""
        factors = factors - self.centre
        described = self._described(features(factors)) + residuals
        raw = raw_from(described)

        def back(slopes: NDArray[np.float64]) -> NDArray[np.float64]:
            by_described = described_back(described, raw, slopes).reshape(len(factors), -1)
            return _factor_slopes(factors, product(by_described, self.coefficients.T))

        return raw, back

    def _described(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        return product(terms, self.coefficients).reshape(len(terms), -1, N_OUTPUTS)


def features(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return constant, linear, square and product terms (n, n_features) of log factors (n, n_free), inside the box."""
    x = np.ascontiguousarray(np.clip(factors / BOX, -_FURTHEST, _FURTHEST).T)
    first, second = np.triu_indices(len(x))
    # One row a term, because whole rows are gathered and multiplied several times faster than columns.
    return np.concatenate([np.ones((1, x.shape[1])), x, x[first] * x[second]]).T


def _factor_slopes(factors: NDArray[np.float64], by_features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slopes by log factors (n, n_free), given those by their `features` (n, n_features)."""
    scaled = factors / BOX
    x = np.clip(scaled, -_FURTHEST, _FURTHEST)
    n_free = x.shape[1]
    first, second = np.triu_indices(n_free)
    by_products = np.zeros((len(x), n_free, n_free))
    by_products[:, first, second] = by_features[:, 1 + n_free :]
    both = by_products + by_products.swapaxes(1, 2)  # x_i·x_j by x_i is x_j, and x_i² by x_i is 2·x_i
    by_x = by_features[:, 1 : 1 + n_free] + (both * x[:, None, :]).sum(axis=2)
    return np.where(np.abs(scaled) <= _FURTHEST, by_x, 0.0) / BOX


def described_back(
    described: NDArray[np.float64], raw: NDArray[np.float64], slopes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return slopes by the six numbers (…, 6) that describe tests, given those by the raw tests (…, 7).

    The chain rule through `raw_from`; zero where that cuts off at a limit.
    """
    free = (raw > 0.0) & (raw < TEST_S)
    by_raw = np.where(free, slopes, 0.0)
    inside = np.abs(described) < _LARGEST
    odds = exp(np.clip(described[..., :2], -_LARGEST, _LARGEST))
    huddle = by_raw[..., :2] * odds * (TEST_S + 2.0 * _SMALL_S) / (1.0 + odds) ** 2
    shares = _chamber_shares(described)
    weighted = by_raw[..., 2:5] * shares
    pulled = (TEST_S + 3.0 * _SMALL_S) * (weighted - shares * weighted.sum(axis=-1, keepdims=True))
    latency = by_raw[..., 5:] * (raw[..., 5:] + _SMALL_S)
    out: NDArray[np.float64] = np.concatenate([huddle, pulled[..., [0, 2]], latency], axis=-1)
    return np.where(inside, out, 0.0)


def _chamber_shares(described: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares (…, 3) of partner, centre and stranger chamber from their log ratios to the centre."""
    partner, stranger = (exp(np.clip(described[..., k], -_LARGEST, _LARGEST)) for k in (2, 3))
    stacked = np.stack([partner, np.ones_like(partner), stranger], axis=-1)
    shares: NDArray[np.float64] = stacked / (1.0 + partner + stranger)[..., None]
    return shares


def _ridge(
    design: NDArray[np.float64], outcomes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ridge coefficients (n_terms, n_outcomes) and errors of prediction with each row left out, shape of
    `outcomes`.

    Each outcome has the penalty that makes its errors least. The first column (the constant) is not penalised.
    """
    constant = design[:, :1]
    size = (constant**2).sum()
    to_rest = (constant * design[:, 1:]).sum(axis=0) / size
    to_outcomes = (constant * outcomes).sum(axis=0) / size
    rest, centred = design[:, 1:] - constant * to_rest, outcomes - constant * to_outcomes
    left, values, right = singular_values(rest)
    along = product(left.T, centred)
    leverage_of_constant = constant[:, 0] ** 2 / size
    least = np.full(outcomes.shape[1], np.inf)
    gains, errors = np.zeros_like(along), np.zeros_like(centred)
    for penalty in _RIDGES:
        shrink = values**2 / (values**2 + penalty)
        leverage = product(left**2, shrink[:, None]) + leverage_of_constant[:, None]
        error = (centred - product(left, shrink[:, None] * along)) / np.maximum(1.0 - leverage, 1e-3)
        score = (error**2).sum(axis=0)
        better = score < least
        least[better], errors[:, better] = score[better], error[:, better]
        gains[:, better] = (values / (values**2 + penalty))[:, None]
    slopes = product(right.T, gains * along)
    return np.concatenate([to_outcomes[None] - product(to_rest[None], slopes), slopes]), errors
