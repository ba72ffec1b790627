"""Posteriors of the stored simulations, learned when first asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from socialrl.errors import UserError, unknown
from socialrl.inference.curves import Curves
from socialrl.inference.designs import Design, raw_features, simulated
from socialrl.inference.folder import Simulations
from socialrl.inference.posterior import Posterior
from socialrl.inference.traits import Trait

OnFit = Callable[[int, int, str], None]
"""Number of posteriors that are learned, number that will be, and a word on the one that is begun."""


class Fits:
    """Posteriors by tests and trait.

    `on_fit` is called before each is learned, with how many there are, how many are expected (`expected`, which the
    caller sets) and what is learned.
    """

    def __init__(self, sims: Simulations, seed: int, on_fit: OnFit = lambda *_: None) -> None:
        self.sims, self.seed = sims, seed
        self.expected = 0
        self.raw = raw_features(sims)
        self._on_fit = on_fit
        self._made: dict[tuple[str, str], Posterior] = {}

    def trait(self, name: str) -> Trait:
        """Return a trait of the simulations; an unknown name raises `UserError`."""
        known = {trait.name: trait for trait in self.sims.traits}
        if name not in known:
            raise UserError(unknown("trait", name, known))
        return known[name]

    def scores(self, trait: Trait) -> NDArray[np.float64]:
        """Return the scores of a trait of all simulated animals (n_animals,)."""
        column: NDArray[np.float64] = self.sims.scores[:, self.sims.traits.index(trait)].copy()
        return column

    def posterior(self, design: Design, trait: Trait) -> Posterior:
        """Return the posterior of a trait from the tests of a design."""
        key = (design.key, trait.name)
        if key not in self._made:
            self._on_fit(len(self._made), self.expected, f"{trait.name} from {design.title}")
            x = simulated(design, self.raw, self.seed)
            self._made[key] = Posterior.fit(self.scores(trait), x, self.seed, *key)
        return self._made[key]

    def unseen(self, design: Design, trait: Trait) -> Curves:
        """Return the posteriors (n_animals, n_draws) of the simulated animals, by networks that have not seen them."""
        return self.posterior(design, trait).unseen(simulated(design, self.raw, self.seed))
