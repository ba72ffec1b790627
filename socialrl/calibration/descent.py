"""A minimum between bounds by a quasi-Newton method, with every sum in a written order.

SciPy's L-BFGS-B does its inner products in a linear-algebra library, so on another processor it ends elsewhere within
its tolerance. This is the method of Broyden, Fletcher, Goldfarb and Shanno on the quantities that are not held at a
bound, with steps cut off at the bounds (projected; Bertsekas 1982, doi:10.1137/0320018), for some dozen quantities.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from socialrl.analysis.linear_algebra import product

_Array = NDArray[np.float64]
_ENOUGH = 1e-4
_MOST_HALVINGS = 20


def minimum(
    with_gradient: Callable[[_Array], tuple[float, _Array]],
    start: _Array,
    low: _Array,
    high: _Array,
    *,
    iterations: int,
    tolerance: float,
) -> tuple[_Array, float]:
    """Return the lowest point found (n,) within `low` and `high`, and its value; `with_gradient` gives value and
    gradient.

    Ends after `iterations`, or when one lowers the value by less than `tolerance` of itself.
    """
    x = np.clip(start, low, high)
    value, gradient = with_gradient(x)
    inverse = np.eye(len(x))
    for iteration in range(iterations):
        held = ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))
        slope = np.where(held, 0.0, gradient)
        direction = np.where(held, 0.0, -product(inverse, slope[:, None])[:, 0])
        if (direction * slope).sum() >= 0:  # curvature learned with other quantities held: begin again
            inverse, direction = np.eye(len(x)), -slope
        step = 1.0 if iteration else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-300))
        for _ in range(_MOST_HALVINGS):
            there = np.clip(x + step * direction, low, high)
            moved = there - x
            value_there, gradient_there = with_gradient(there)
            if value_there <= value + _ENOUGH * float((gradient * moved).sum()):
                break
            step /= 2
        else:
            break
        change = gradient_there - gradient
        gained = value - value_there
        inverse = _updated(inverse, moved, change)
        x, value, gradient = there, value_there, gradient_there
        if gained <= tolerance * max(abs(value), 1.0):
            break
    return x, value


def _updated(inverse: _Array, moved: _Array, change: _Array) -> _Array:
    """The inverse of the second derivatives (n, n) after a step and the change of the gradient along it."""
    along = float((moved * change).sum())
    if along <= 1e-12:
        return inverse
    turned = product(inverse, change[:, None])[:, 0]
    cross = turned[:, None] * moved[None] / along
    return inverse - cross - cross.T + (1.0 + float((change * turned).sum()) / along) * np.outer(moved, moved) / along
