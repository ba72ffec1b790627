"""Values that are alike to a wanted degree, whatever their distribution: normal numbers and the ranks they give.

Two values take the ranks of two normal numbers with a correlation of `latent` (a Gaussian copula), so that nothing lies
outside of what was measured. The correlation of the values themselves is then smaller, the more so the more skewed they
are: 0.5 of the ranks is 0.36 of a preference near 1. A laboratory knows the correlation of its values, so that of the
ranks is searched for. Values in order of size make a step function of the normal number, and the correlation of two
such functions is a power series in that of the numbers, with their Hermite coefficients (Mehler's formula).
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.stats
from numpy.typing import NDArray

_Array = NDArray[np.float64]
_TERMS = 400
_STEPS = 40
_MOST = 0.999


def latent(this: _Array, than: _Array, wanted: float) -> float:
    """Return the correlation of normal ranks that gives values of two sides the correlation `wanted`.

    `this` and `than` are the values of each side in order of size, each as likely as the others. Two distributions of
    different shape cannot be as alike as is wanted, or as unlike; then it is as near as they come. 0 without spread.
    """
    a, b = (_coefficients(side) for side in (this, than))
    spread = float(this.std() * than.std())
    if spread == 0.0 or wanted == 0.0:
        return 0.0
    products = a * b / spread
    low, high = -_MOST, _MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _series(products, middle) < wanted:
            low = middle
        else:
            high = middle
    return high if wanted > 0.0 else low


def _series(products: _Array, correlation: float) -> float:
    return float(products @ correlation ** np.arange(1, len(products) + 1))


def _coefficients(ordered: _Array) -> _Array:
    """Hermite coefficients 1 to `_TERMS` of a step function: the i-th of n values between the normal quantiles i / n
    and (i + 1) / n."""
    return _steps(len(ordered)) @ ordered


@functools.lru_cache(maxsize=32)
def _steps(n: int) -> _Array:
    """The coefficients of each of n steps, shape `(_TERMS, n)`: differences of Hermite functions at its ends, over √k.

    The integral of He_k φ is −He_(k−1) φ; normalised ones follow from each other without large numbers.
    """
    ends = scipy.stats.norm.ppf(np.arange(1, n) / n)
    before, here = np.zeros(n - 1), scipy.stats.norm.pdf(ends)
    found = np.empty((_TERMS, n))
    for k in range(1, _TERMS + 1):
        at = np.concatenate([[0.0], here, [0.0]]) / np.sqrt(k)
        found[k - 1] = at[:-1] - at[1:]
        before, here = here, (ends * here - np.sqrt(k - 1) * before) / np.sqrt(k)
    return found
