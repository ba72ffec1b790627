"""exp and log with the same bits on every processor: only additions, products and divisions in a written order.

NumPy and the C library have several versions of each, chosen by the processor at run time, which differ in the last
bit. A rate that differs in the last bit gives another life after some thousand ticks. Results are within one unit in
the last place of the exact value (tests/envs/test_elementary.py).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import float64, int64
from numpy.typing import ArrayLike, NDArray

from .compiled import compiled, inlined, inlined_everywhere

_PER_LN2 = 1.0 / math.log(2.0)
# ln 2 in two parts. The first has 21 zero bits at its end, so its product with a whole number below 2^11 is exact.
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_OVERFLOW, _UNDERFLOW = 709.79, -745.14
_TAYLOR = tuple(1.0 / math.factorial(n) for n in range(14))
_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13 = _TAYLOR[2:]
_L3, _L5, _L7, _L9, _L11, _L13, _L15, _L17, _L19, _L21, _L23 = (2.0 / n for n in range(3, 25, 2))
_ROOT_2 = math.sqrt(2.0)
_TWO_54 = 2.0**54
_SMALLEST_NORMAL = 2.0**-1022
_MANTISSA = np.int64((1 << 52) - 1)
_ONE_BITS = np.int64(1023 << 52)


@inlined_everywhere("f8(i8)")
def _power_of_two(k):  # type: ignore[no-untyped-def]
    return np.int64((k + 1023) << 52).view(np.float64)


@inlined_everywhere("f8(f8)")
def exponential(x):  # type: ignore[no-untyped-def]
    """e to the power of the float64 `x`; infinity above 709.78, 0 below −745.13, NaN kept."""
    # The comparison is false for NaN, which then goes through the polynomial and stays NaN.
    bounded = min(max(x, _UNDERFLOW), _OVERFLOW) if x == x else 0.0
    k = math.floor(bounded * _PER_LN2 + 0.5)
    r = (bounded - k * _LN2_HIGH) - k * _LN2_LOW
    # Taylor's series: |r| is at most ln 2 / 2, where the first term left out is 4e-18.
    high = _E8 + r * (_E9 + r * (_E10 + r * (_E11 + r * (_E12 + r * _E13))))
    tail = r * r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * (_E6 + r * (_E7 + r * high))))))
    # In two steps, because 2^k itself may be too large or too small for a float where the result is not.
    half = int64(k) // int64(2)
    result = (1.0 + (r + tail)) * _power_of_two(half) * _power_of_two(int64(k) - half)
    return result if x == x else x


@inlined
def logarithm(x):  # type: ignore[no-untyped-def]
    """The natural logarithm of the float64 `x`; −infinity at 0, NaN below."""
    if not x > 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x == math.inf:
        return x
    lift = 0.0
    if x < _SMALLEST_NORMAL:
        x = x * _TWO_54
        lift = -54.0
    bits = np.float64(x).view(np.int64)
    k = float64((bits >> 52) - 1023) + lift
    m = np.int64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    if m > _ROOT_2:
        m = 0.5 * m
        k = k + 1.0
    # log m = 2 artanh(s) with s = (m − 1) / (m + 1), |s| < 0.172; its series up to s^23.
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    high = _L13 + z * (_L15 + z * (_L17 + z * (_L19 + z * (_L21 + z * _L23))))
    tail = z * (_L3 + z * (_L5 + z * (_L7 + z * (_L9 + z * (_L11 + z * high)))))
    # 2 s = f − s f, and f is exact: so the rounding of s weighs less.
    return k * _LN2_HIGH + (f - (s * (f - tail) - k * _LN2_LOW))


@compiled
def _exp_into(x, out):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        out[i] = exponential(x[i])


@compiled
def _log_into(x, out):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        out[i] = logarithm(x[i])


def exp(x: ArrayLike) -> Any:
    """e to the power of `x`, float64 of the same shape; replaces `np.exp`."""
    return _elementwise(_exp_into, x)


def log(x: ArrayLike) -> Any:
    """Natural logarithm of `x`, float64 of the same shape; replaces `np.log`."""
    return _elementwise(_log_into, x)


def _elementwise(kernel: Any, x: ArrayLike) -> Any:
    numbers: NDArray[np.float64] = np.ascontiguousarray(x, dtype=np.float64)
    out = np.empty_like(numbers)
    kernel(numbers.reshape(-1), out.reshape(-1))
    return out.reshape(np.shape(x))[()]
