"""The noise of a recording of evoked release: slices that differ, and frames with shot noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elementary import exp
from .errors import ParameterError
from .parameters import is_number

_LARGEST_DRAW = 4.0


@dataclass(frozen=True)
class Recording:
    """The noise that a real recording adds to the probe's signal. All three numbers are assumed, none depends on
    genotype.

    `slice_spread`: animals' slices differ in how much signal the same release gives (density of fibres, place of the
    electrode, load of probe, focus): one log-normal factor an animal with median 1 and this log-sd. `frame_noise`: shot
    noise, standard deviation of ΔF/F in a frame of one second at rest; it grows with the square root of the light, and
    longer frames have less. `smoothing_s`: width of the running mean through which peak and decay are read.
    """

    slice_spread: float = 0.3
    frame_noise: float = 0.005
    smoothing_s: float = 5.0

    def __post_init__(self) -> None:
        for field, highest in (("slice_spread", 1.0), ("frame_noise", 0.1), ("smoothing_s", 60.0)):
            value = getattr(self, field)
            if not (is_number(value) and 0.0 <= value <= highest):
                raise ParameterError(f"recording: {field} must be 0 to {highest:g}, got {value!r}")

    def factor(self, rng: np.random.Generator) -> float:
        """Return the factor of one animal's slice; draws within ±4 standard deviations, like `noise`."""
        return float(exp(self.slice_spread * _bounded(rng.standard_normal())))

    def noisy(self, rise: ArrayLike, factor: float, dt_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return what frames of `dt_s` seconds show of a true ΔF/F `rise`, same shape, in the slice of this factor."""
        seen = factor * np.asarray(rise, dtype=np.float64)
        return seen + self.frame_noise * np.sqrt((1.0 + seen) / dt_s) * _bounded(rng.standard_normal(seen.shape))

    def bounds(self, highest: float, dt_s: float) -> tuple[float, float]:
        """Return the lowest and the highest ΔF/F that frames of `dt_s` seconds can show of a rise up to `highest`."""
        noise = _LARGEST_DRAW * self.frame_noise / np.sqrt(dt_s)
        top = highest * float(exp(_LARGEST_DRAW * self.slice_spread))
        return -float(noise), top + float(noise * np.sqrt(1.0 + top))


def _bounded(draws: ArrayLike) -> NDArray[np.float64]:
    """Standard normal draws, cut at ±4, so that an observation space can hold what comes out."""
    return np.clip(draws, -_LARGEST_DRAW, _LARGEST_DRAW)


def streams(seed: int | Sequence[int], n: int) -> list[np.random.Generator]:
    """Return one random stream for each of `n` animals: of `seed` and their places, or of one seed each.

    Anything else raises `ParameterError`.
    """
    many = isinstance(seed, (list, tuple, np.ndarray))
    seeds: list[Any] = list(seed) if many else [seed]  # type: ignore[arg-type]
    whole = all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) and one >= 0 for one in seeds)
    if not whole or (many and len(seeds) != n):
        raise ParameterError(f"seed must be a whole number from 0 on, or one for each of {n} animals, got {seed!r}")
    return [np.random.default_rng(int(seeds[row]) if many else [int(seeds[0]), row]) for row in range(n)]
