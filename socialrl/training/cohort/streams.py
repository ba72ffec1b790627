"""Each animal's own random numbers, as functions of its seed and of counters.

No generator is advanced: the number for (animal, tick, life) is a hash of the animal's key and the two counters. So an
animal draws the same numbers in a cohort of one or of hundreds, whatever its neighbours do, and a checkpoint needs two
integers. The hash is SplitMix64's finaliser (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from socialrl.training.cohort.compiled import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ORDER_KEY = np.uint64(0xD1B54A32D192ED03)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_U1, _U27, _U30, _U31, _U32, _U40 = (np.uint64(n) for n in (1, 27, 30, 31, 32, 40))
_UNIT_24 = np.float32(2.0**-24)


class Streams(Protocol):
    """What the trainer asks of a source of randomness; rows and leading axes are animals in cohort order."""

    def uniforms(self, n_lives: int) -> np.ndarray:
        """The next tick's numbers, (n_animals * n_lives,) float32 in [0, 1), animal-major."""

    def permutations(self, n_epochs: int, n_samples: int) -> np.ndarray:
        """The next update's sample orders, (n_animals, n_epochs, n_samples) int32."""

    def get_state(self) -> dict[str, np.ndarray]:
        """Everything that the next numbers depend on."""

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from `get_state()`."""


class AnimalStreams:
    """Counter-based streams, one family per animal.

    seeds: one integer per animal, 0 <= seed < 2**64. Animals with equal seeds draw equal numbers.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._keys = _mixed_keys(np.array([int(seed) for seed in seeds], dtype=np.uint64))
        self._tick = 0
        self._update = 0

    def uniforms(self, n_lives: int) -> np.ndarray:
        """The next tick's numbers, (n_animals * n_lives,) float32 in [0, 1), animal-major; 24 random bits each."""
        numbers = np.empty(len(self._keys) * n_lives, np.float32)
        _fill_uniforms(self._keys, np.uint64(self._tick), n_lives, numbers)
        self._tick += 1
        return numbers

    def permutations(self, n_epochs: int, n_samples: int) -> np.ndarray:
        """The next update's sample orders, (n_animals, n_epochs, n_samples) int32."""
        orders = np.empty((len(self._keys), n_epochs, n_samples), np.int32)
        _fill_permutations(self._keys, np.uint64(self._update), orders)
        self._update += 1
        return orders

    def get_state(self) -> dict[str, np.ndarray]:
        """The animals' keys (n_animals,) uint64 and the two counters."""
        return {
            "keys": self._keys.copy(),
            "tick": np.array(self._tick, np.int64),
            "update": np.array(self._update, np.int64),
        }

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from `get_state()`, of streams with any seeds but the same number of animals."""
        if state["keys"].shape != self._keys.shape:
            raise ValueError(f"streams of {len(self._keys)} animals cannot take the state of {len(state['keys'])}")
        self._keys = state["keys"].astype(np.uint64)
        self._tick = int(state["tick"])
        self._update = int(state["update"])


@compiled()
def _mix(z):
    z = (z ^ (z >> _U30)) * _MIX_1
    z = (z ^ (z >> _U27)) * _MIX_2
    return z ^ (z >> _U31)


@compiled()
def _mixed_keys(seeds):
    # Mixed twice with an odd constant between, so that neighbouring seeds share no counter sequence.
    keys = np.empty_like(seeds)
    for i in range(seeds.size):
        keys[i] = _mix(_mix(seeds[i] + _GOLDEN) + _GOLDEN)
    return keys


@compiled()
def _fill_uniforms(keys, tick, n_lives, numbers):
    for animal in range(keys.size):
        at_tick = _mix(keys[animal] + _GOLDEN * (tick + _U1))
        for life in range(n_lives):
            bits = _mix(at_tick + _GOLDEN * (np.uint64(life) + _U1))
            numbers[animal * n_lives + life] = np.float32(bits >> _U40) * _UNIT_24


@compiled()
def _fill_permutations(keys, update, orders):
    n_animals, n_epochs, n_samples = orders.shape
    for animal in range(n_animals):
        at_update = _mix((keys[animal] ^ _ORDER_KEY) + _GOLDEN * (update + _U1))
        for epoch in range(n_epochs):
            state = _mix(at_update + _GOLDEN * (np.uint64(epoch) + _U1))
            order = orders[animal, epoch]
            for i in range(n_samples):
                order[i] = i
            # Fisher-Yates; the index is the high half of a 32 x 32 bit product (Lemire 2019), bias below n / 2**32.
            for i in range(n_samples - 1, 0, -1):
                state = state + _GOLDEN
                bits = _mix(state) >> _U32
                j = np.int64((bits * np.uint64(i + 1)) >> _U32)
                held = order[i]
                order[i] = order[j]
                order[j] = held
