"""Matrix product and singular values with every sum in a written order, so that results do not depend on the processor.

NumPy hands `@`, `lstsq`, `svd`, `eigh` and `cov` to a linear-algebra library, whose sums run in another order on every
kind of processor and with every number of threads. The matrices here are small (some hundred animals, some dozen
terms).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from socialrl.networks.compiled import compiled

_Array = NDArray[np.float64]
_MOST_SWEEPS = 60
_ORTHOGONAL = 1e-15


def product(a: _Array, b: _Array) -> _Array:
    """Return a @ b of shape (n, m), for a (n, k) and b (k, m), float64."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"cannot multiply matrices of shapes {a.shape} and {b.shape}")
    out = np.zeros((a.shape[0], b.shape[1]))
    _add_product(np.ascontiguousarray(a, np.float64), np.ascontiguousarray(b, np.float64), out)
    return out


def singular_values(matrix: _Array) -> tuple[_Array, _Array, _Array]:
    """Return left (n, r), values (r,) falling, and right (r, m) of matrix (n, m), r = min(n, m): left · diag(values) ·
    right.

    Vectors of a value of zero on the longer side are zero. One-sided Jacobi rotations (Hestenes 1958,
    doi:10.1137/0106005).
    """
    wide = matrix.shape[0] < matrix.shape[1]
    # Rows of `turned` are rotated until they are orthogonal; `turns` collects the rotations.
    turned = np.array(matrix if wide else matrix.T, dtype=np.float64, order="C")
    turns = np.eye(len(turned))
    _orthogonalise(turned, turns)
    values = np.sqrt((turned**2).sum(axis=1))
    order = np.argsort(-values, kind="stable")
    values, turned, turns = values[order], turned[order], turns[order]
    units = np.divide(turned, values[:, None], out=np.zeros_like(turned), where=values[:, None] > 0)
    return (turns.T, values, units) if wide else (units.T, values, turns)


def principal_axes(draws: _Array) -> tuple[_Array, _Array]:
    """Return standard deviations (m,) along the principal axes of draws (n, m), smallest first, and the axes."""
    _, values, axes = singular_values(draws - draws.mean(axis=0))
    spread = np.zeros(draws.shape[1])
    spread[: len(values)] = values / math.sqrt(len(draws) - 1)
    if len(axes) < len(spread):
        raise ValueError(f"{len(draws)} draws have no axes in {len(spread)} dimensions")
    return spread[::-1], axes[::-1].T


@compiled("void(f8[:, ::1], f8[:, ::1], f8[:, ::1])")
def _add_product(a, b, out):
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                out[i, j] += a[i, k] * b[k, j]


@compiled("void(f8[:, ::1], f8[:, ::1])")
def _orthogonalise(rows, turns):
    n, size = rows.shape
    for _ in range(_MOST_SWEEPS):
        turned_any = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                first, second = rows[p], rows[q]
                alpha, beta, gamma = 0.0, 0.0, 0.0
                for k in range(size):
                    alpha += first[k] * first[k]
                    beta += second[k] * second[k]
                    gamma += first[k] * second[k]
                if abs(gamma) <= _ORTHOGONAL * math.sqrt(alpha * beta):
                    continue
                turned_any = True
                zeta = (beta - alpha) / (2.0 * gamma)
                tangent = math.copysign(1.0, zeta) / (abs(zeta) + math.sqrt(1.0 + zeta * zeta))
                cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                for k in range(size):
                    x = first[k]
                    first[k] = cosine * x - sine * second[k]
                    second[k] = sine * x + cosine * second[k]
                for k in range(n):
                    x = turns[p, k]
                    turns[p, k] = cosine * x - sine * turns[q, k]
                    turns[q, k] = sine * x + cosine * turns[q, k]
        if not turned_any:
            break
