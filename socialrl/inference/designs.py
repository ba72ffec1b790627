"""Sets of tests, and the features of animals that took them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.errors import UserError
from socialrl.inference.battery import BY_NAME
from socialrl.inference.folder import Simulations

DRAWS = 8
"""Choices of repeats that are made of every simulated animal's tests."""


@dataclass(frozen=True)
class Design:
    """Tests by name and how often each was taken; `features` are the places of the features that were scored."""

    times: Mapping[str, int]
    features: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, *names: str) -> Design:
        """Return the design of fully scored tests; a name that comes twice is taken twice."""
        times = {name: names.count(name) for name in dict.fromkeys(names)}
        return cls(times, {name: tuple(range(len(BY_NAME[name].features))) for name in times})

    @property
    def key(self) -> str:
        """A text that names the design, for its random streams."""
        return "+".join(f"{n}x{name}:{','.join(map(str, self.features[name]))}" for name, n in self.times.items())

    @property
    def title(self) -> str:
        """The tests in words."""
        return " + ".join(
            f"{n} × {BY_NAME[name].title}" if n > 1 else BY_NAME[name].title for name, n in self.times.items()
        )


def raw_features(sims: Simulations) -> dict[str, NDArray[np.float64]]:
    """Return the features of all simulated tests by name, each (n_animals, n_repeats, n_features)."""
    found = {}
    for name in sims.names:
        test = BY_NAME[name]
        rows = sims.tests[sims.tests["test"] == name].sort_values(["index", "repeat"])
        columns = [feature.of(rows, test.duration_s) for feature in test.features]
        found[name] = np.stack(columns, axis=-1).reshape(len(sims.scores), sims.repeats, -1)
    return found


def simulated(design: Design, raw: Mapping[str, NDArray[np.float64]], seed: int) -> NDArray[np.float64]:
    """Return the features (n_animals, `DRAWS`, n) of a design; every draw takes other repeats of the tests."""
    n, repeats, _ = next(iter(raw.values())).shape
    pieces = []
    for name, times in design.times.items():
        if times > repeats:
            raise UserError(f"test {name} was taken {times} times, and the simulations hold {repeats} repeats of it")
        rng = seeding.generator(seed, "inference", "repeats", name, times)
        order = rng.random((n, DRAWS, repeats)).argsort(axis=-1)[..., :times]
        chosen = raw[name][np.arange(n)[:, None, None], order]  # (n, draws, times, features)
        pieces.append(combined(chosen[..., list(design.features[name])]))
    return np.concatenate(pieces, axis=-1)


def combined(tests: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one set of features (…, n) of tests (…, times, features): means and, of several, standard deviations."""
    mean: NDArray[np.float64] = tests.mean(axis=-2)
    if tests.shape[-2] == 1:
        return mean
    return np.concatenate([mean, tests.std(axis=-2, ddof=1)], axis=-1)


def scored(design: Design, animals: Sequence[str], rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the features (n_animals, n) of real tests; `rows` has columns animal, test and those of the tests."""
    pieces = []
    for name in design.times:
        test = BY_NAME[name]
        own = rows[rows["test"] == name]
        columns = np.stack([test.features[k].of(own, test.duration_s) for k in design.features[name]], axis=-1)
        by_animal = [columns[(own["animal"] == animal).to_numpy()] for animal in animals]
        pieces.append(combined(np.stack(by_animal)))
    return np.concatenate(pieces, axis=-1)
