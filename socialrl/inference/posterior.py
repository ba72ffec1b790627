"""Amortised posteriors of one score given the features of tests: mixture density networks of the library `sbi`.

A few networks are trained, each on other animals, so that every simulated animal has a network that has never seen it
(for all checks), and their mean is the posterior of a real animal. Simulations are few: networks are small, training
stops when left-out animals are predicted worse, and the prior is mixed in as far as that predicts them better. So a
test that tells nothing gives back the prior.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.errors import UserError
from socialrl.inference.curves import GRID, Curves, prior

FOLDS = 5
_HIDDEN, _COMPONENTS = 24, 3
_EPOCHS, _PATIENCE, _BATCH = 200, 20, 64
_LEARNING_RATE, _WEIGHT_DECAY = 5e-3, 1e-2
_FURTHEST = 5.0
"""Features are cut off at so many standard deviations, so that one odd test does not carry a network away."""
_PRIOR_SHARES = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0])


def need_sbi() -> None:
    """Raise `UserError` with the command that installs `sbi` if it is not there."""
    if importlib.util.find_spec("sbi") is None:
        raise UserError("inference needs the library sbi; install it with: pip install 'socialrl[fit]'")


@dataclass(frozen=True)
class _Network:
    """One trained network; `share` is the prior's part of its posterior."""

    estimator: Any
    share: float

    def density(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return densities (n, n_grid) for standardised features (n, n_features)."""
        import torch as th

        grid = th.as_tensor(GRID, dtype=th.float32)[:, None, None].expand(-1, len(x), -1)
        with th.no_grad():
            logs = self.estimator.log_prob(grid, condition=th.as_tensor(x, dtype=th.float32))
        told = Curves.of(np.exp(logs.numpy().astype(np.float64).T) + 1e-12).density
        return (1.0 - self.share) * told + self.share * prior()


@dataclass(frozen=True)
class Posterior:
    """The posterior of one score; `fold` (n_animals,) is the network that has not seen each simulated animal."""

    networks: tuple[_Network, ...]
    fold: NDArray[np.int64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]

    @classmethod
    def fit(cls, scores: NDArray[np.float64], x: NDArray[np.float64], seed: int, *purpose: str | int) -> Posterior:
        """Learn the posterior of `scores` (n,) from features `x` (n, n_draws, n_features), several draws an animal.

        The same seed and purpose give the same posterior; one thread is used, on purpose.
        """
        import torch as th
        from sbi.neural_nets import posterior_nn

        rng = seeding.generator(seed, "inference", "posterior", *purpose)
        flat = x.reshape(-1, x.shape[-1])
        mean, sd = flat.mean(axis=0), flat.std(axis=0)
        sd = np.where(sd > 1e-9, sd, 1.0)
        ready = standardised(x, mean, sd)
        fold = np.empty(len(scores), dtype=np.int64)
        fold[rng.permutation(len(scores))] = np.arange(len(scores)) % FOLDS
        build = posterior_nn(
            "mdn", z_score_theta="none", z_score_x="none", hidden_features=_HIDDEN, num_components=_COMPONENTS
        )
        networks = []
        with _one_thread():
            for k in range(FOLDS):
                th.manual_seed(int(rng.integers(2**31)))
                held = fold == (k + 1) % FOLDS
                learned = ~held & (fold != k)
                tensors = th.as_tensor(scores[:, None], dtype=th.float32), th.as_tensor(ready, dtype=th.float32)
                estimator = _trained(build, *tensors, np.flatnonzero(learned), np.flatnonzero(held), rng)
                networks.append(_with_prior(estimator, scores[held], ready[held]))
        return cls(tuple(networks), fold, mean, sd)

    def of(self, x: NDArray[np.float64]) -> Curves:
        """Return the posteriors (n,) of animals with features `x` (n, n_features): the mean of all networks."""
        ready = standardised(x, self.mean, self.sd)
        return Curves.of(np.mean([network.density(ready) for network in self.networks], axis=0))

    def unseen(self, x: NDArray[np.float64]) -> Curves:
        """Return the posteriors (n, n_draws) of the simulated animals, each by the network that has not seen it."""
        ready = standardised(x, self.mean, self.sd)
        density = np.empty((*x.shape[:2], len(GRID)))
        for k, network in enumerate(self.networks):
            own = self.fold == k
            density[own] = network.density(ready[own].reshape(-1, x.shape[-1])).reshape(own.sum(), x.shape[1], -1)
        return Curves.of(density)


def standardised(x: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features in standard deviations of the simulated ones, cut off at the far ends."""
    return np.clip((x - mean) / sd, -_FURTHEST, _FURTHEST)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Sums are then the same on every machine, and so small a network is slower with more."""
    import torch as th

    threads = th.get_num_threads()
    th.set_num_threads(1)
    try:
        with th.random.fork_rng(devices=[]):
            yield
    finally:
        th.set_num_threads(threads)


def _trained(
    build: Any, scores: Any, x: Any, learned: NDArray[np.int64], held: NDArray[np.int64], rng: np.random.Generator
) -> Any:
    """Return a network trained on the animals `learned` until those `held` out are predicted worse.

    In every epoch each animal comes once, with one of its draws: repeats of a test are no further animals.
    """
    import torch as th

    estimator = build(scores[learned], x[learned, 0])
    optimiser = th.optim.Adam(estimator.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    n_draws = x.shape[1]
    held_x = x[held].reshape(-1, x.shape[2])
    held_scores = scores[held].repeat_interleave(n_draws, dim=0)
    best, state, waited = np.inf, {}, 0
    for _ in range(_EPOCHS):
        order = rng.permutation(learned)
        for first in range(0, len(order), _BATCH):
            own = order[first : first + _BATCH]
            draw = rng.integers(n_draws, size=len(own))
            loss = estimator.loss(scores[own], x[own, draw]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with th.no_grad():
            now = float(estimator.loss(held_scores, held_x).mean())
        if now < best - 1e-4:
            best, waited = now, 0
            state = {name: value.clone() for name, value in estimator.state_dict().items()}
        else:
            waited += 1
        if waited >= _PATIENCE:
            break
    estimator.load_state_dict(state)
    return estimator.eval()


def _with_prior(estimator: Any, scores: NDArray[np.float64], x: NDArray[np.float64]) -> _Network:
    """Return the network with the share of the prior that predicts the left-out animals best."""
    told = _Network(estimator, 0.0).density(x.reshape(-1, x.shape[-1]))
    k = np.clip(np.rint((scores - GRID[0]) / (GRID[1] - GRID[0])), 0, len(GRID) - 1).astype(np.int64)
    at = told[np.arange(len(told)), np.repeat(k, x.shape[1])]
    before = np.repeat(prior()[k], x.shape[1])
    logs = [float(np.log((1.0 - share) * at + share * before).mean()) for share in _PRIOR_SHARES]
    return _Network(estimator, float(_PRIOR_SHARES[int(np.argmax(logs))]))
