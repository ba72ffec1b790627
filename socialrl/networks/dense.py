"""One animal's networks in compiled code: forward and backward passes of CHUNK samples, written out for dense layers.

Layers are described by a table `(n_layers, 5)` int64 of n_in, n_out, width, weight_at, bias_at (the cohort's
`NetworkLayout.table()`); weights are an animal's row of numbers. The cohort's `torch_engine.py` says the same in tensor
operations; the two are tested against each other and against autograd.
"""

import math

import numpy as np

from socialrl.networks.compiled import compiled
from socialrl.networks.fused import fma
from socialrl.networks.tiles import matmul

CHUNK = 128
"""Samples that go through the networks together: 32 to 128 were equally fast, 256 slower (benchmarks/cohort.md)."""

# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 9.05, beyond which float32 tanh is 1. A minimax fit made for this file by
# iteratively reweighted least squares on the relative error, 2.2e-8; in float32 the result is within 4e-7 of tanh
# (relative).
_TANH_LIMIT = np.float32(9.05)
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(c) for c in (0.999999978, 0.133777545, 0.00349170283, 2.05451052e-05, 1.32658449e-08)
)
_Q1, _Q2, _Q3, _Q4 = (np.float32(c) for c in (0.467110692, 0.025862202, 0.000327927952, 7.74024786e-07))
ONE = np.float32(1.0)
ZERO = np.float32(0.0)
_HALF, _TWO, _ROOT_2 = np.float32(0.5), np.float32(2.0), np.float32(math.sqrt(2.0))
_PER_LN2 = np.float32(1.0 / math.log(2.0))
# ln 2 in two parts; the first has nine zero bits at its end, so its product with a whole number below 2^9 is exact.
_LN2_HIGH = np.float32(float.fromhex("0x1.62e400p-1"))
_LN2_LOW = np.float32(math.log(2.0) - float.fromhex("0x1.62e400p-1"))
_EXP_HIGH, _EXP_LOW = np.float32(89.0), np.float32(-104.0)
_E3, _E4, _E5, _E6, _E7 = (np.float32(1.0 / math.factorial(n)) for n in range(3, 8))
_L3, _L5, _L7, _L9 = (np.float32(2.0 / n) for n in (3, 5, 7, 9))
_SMALLEST_NORMAL, _TWO_24, _MINUS_24 = np.float32(2.0**-126), np.float32(2.0**24), np.float32(-24.0)


@compiled()
def tanh_in_place(x):
    """Replace the float32 vector x by tanh(x), NaN kept; several times faster than the library's."""
    for i in range(x.size):
        y = x[i]
        if y > _TANH_LIMIT:
            y = _TANH_LIMIT
        if y < -_TANH_LIMIT:
            y = -_TANH_LIMIT
        t = y * y
        p = y * fma(fma(fma(fma(_P4, t, _P3), t, _P2), t, _P1), t, _P0)
        q = fma(fma(fma(fma(_Q4, t, _Q3), t, _Q2), t, _Q1), t, ONE)
        z = p / q
        if z > ONE:
            z = ONE
        if z < -ONE:
            z = -ONE
        x[i] = z


@compiled()
def _relu_in_place(x):
    for i in range(x.size):
        if x[i] < ZERO:
            x[i] = ZERO


@compiled()
def _scale_by_slope(delta, activation, relu):
    """delta *= derivative of the activation function, from the activation's own value."""
    if relu:
        for i in range(delta.size):
            if not activation[i] > ZERO:
                delta[i] = ZERO
    else:
        for i in range(delta.size):
            delta[i] *= fma(-activation[i], activation[i], ONE)


@compiled()
def activations_size(layers):
    """Elements that the activations of CHUNK samples of one network take."""
    total = 0
    for i in range(layers.shape[0]):
        total += layers[i, 2]
    return total * CHUNK


@compiled()
def count_layers(layers):
    n = 0
    while n < layers.shape[0] and layers[n, 0] > 0:
        n += 1
    return n


@compiled("i8(i8[:, ::1], b1, f4[::1], f4[::1], i8, i8, f4[::1])")
def forward(layers, relu, weights, x, x0, n_rows, activations):
    """Run n_rows <= CHUNK samples through one network; returns where its outputs begin in `activations`.

    x is flat with D numbers a sample from element x0 on; layer i's block of `activations` is CHUNK rows of its width.
    """
    source, source_at, source_row = x, x0, layers[0, 0]
    at = 0
    n_layers = count_layers(layers)
    for i in range(n_layers):
        n_in, width, weight_at, bias_at = layers[i, 0], layers[i, 2], layers[i, 3], layers[i, 4]
        matmul(
            source, source_at, source_row, 1, weights, weight_at, width, weights, bias_at, 0,
            activations, at, width, n_rows, width, n_in,
        )  # fmt: skip
        if i == n_layers - 1:
            break
        if relu:
            _relu_in_place(activations[at : at + n_rows * width])
        else:
            tanh_in_place(activations[at : at + n_rows * width])
        source, source_at, source_row = activations, at, width
        at += CHUNK * width
    return at


@compiled()
def transpose_weights(layers, weights, transposed):
    """Copy the matrices of every layer but the first, transposed to (n_out, width of the layer below)."""
    at = 0
    for i in range(1, count_layers(layers)):
        n_in, n_out, width, weight_at = layers[i, 0], layers[i, 1], layers[i, 2], layers[i, 3]
        row = layers[i - 1, 2]
        for o in range(n_out):
            for k in range(n_in):
                transposed[at + o * row + k] = weights[weight_at + k * width + o]
        at += n_out * row


@compiled()
def backward(layers, relu, transposed, x, n_rows, activations, outputs_at, delta, other_delta, zeros, gradients):
    """Add the gradients of n_rows samples to `gradients` (laid out like the weights).

    `delta` holds d loss / d output, n_rows of the last layer's width, padding zero; it and `other_delta` are
    overwritten. `zeros` has as many zeros as the widest layer.
    """
    n_layers = count_layers(layers)
    at = outputs_at
    one = np.ones(1, np.float32)
    transposed_at = 0
    for i in range(1, n_layers):
        transposed_at += layers[i, 1] * layers[i - 1, 2]
    for i in range(n_layers - 1, -1, -1):
        n_in, n_out, width, weight_at, bias_at = layers[i]
        below = layers[i - 1, 2] if i > 0 else n_in
        at -= CHUNK * below if i > 0 else 0
        if i > 0:
            matmul(
                activations, at, 1, below, delta, 0, width, gradients, weight_at, width,
                gradients, weight_at, width, n_in, width, n_rows,
            )  # fmt: skip
        else:
            matmul(
                x, 0, 1, below, delta, 0, width, gradients, weight_at, width,
                gradients, weight_at, width, n_in, width, n_rows,
            )  # fmt: skip
        # The bias gradient is the column sum: a product with a row of ones.
        matmul(
            one, 0, 0, 0, delta, 0, width, gradients, bias_at, 0, gradients, bias_at, 0, 1, width, n_rows
        )  # fmt: skip
        if i > 0:
            transposed_at -= n_out * below
            matmul(
                delta, 0, width, 1, transposed, transposed_at, below, zeros, 0, 0,
                other_delta, 0, below, n_rows, below, n_out,
            )  # fmt: skip
            _scale_by_slope(other_delta[: n_rows * below], activations[at : at + n_rows * below], relu)
            delta, other_delta = other_delta, delta


@compiled()
def exp32(x):
    """exp of a float32 number, within 2e-7 (relative); NaN kept, 0 and infinity beyond the range."""
    y = x
    if y > _EXP_HIGH:
        y = _EXP_HIGH
    if y < _EXP_LOW:
        y = _EXP_LOW
    if y != y:
        return y
    k = np.float32(math.floor(fma(y, _PER_LN2, _HALF)))
    r = fma(-k, _LN2_LOW, fma(-k, _LN2_HIGH, y))
    # Taylor's series: |r| is at most ln 2 / 2, where the first term left out is 5e-9.
    p = fma(fma(fma(fma(fma(fma(_E7, r, _E6), r, _E5), r, _E4), r, _E3), r, _HALF), r * r, r) + ONE
    # In two steps, because 2^k itself may be too large or too small for a float where the result is not.
    half = np.int32(k) >> 1
    return p * _power_of_two(half) * _power_of_two(np.int32(k) - half)


@compiled()
def _power_of_two(k):
    return np.int32((k + 127) << 23).view(np.float32)


@compiled()
def log32(x):
    """Natural logarithm of a float32 number, within 2e-7 (relative, or absolute near 1); -infinity at 0, NaN below."""
    if not x > ZERO:
        return np.float32(-np.inf) if x == ZERO else np.float32(np.nan)
    if x == np.float32(np.inf):
        return x
    lift = ZERO
    if x < _SMALLEST_NORMAL:
        x = x * _TWO_24
        lift = _MINUS_24
    bits = np.float32(x).view(np.int32)
    k = np.float32((bits >> 23) - 127) + lift
    m = np.int32((bits & 0x7FFFFF) | 0x3F800000).view(np.float32)
    if m > _ROOT_2:
        m = _HALF * m
        k = k + ONE
    # log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172; its series up to s^9.
    f = m - ONE
    s = f / (_TWO + f)
    z = s * s
    tail = z * fma(fma(fma(_L9, z, _L7), z, _L5), z, _L3)
    return fma(k, _LN2_HIGH, f - fma(-k, _LN2_LOW, s * (f - tail)))


@compiled()
def log_softmax(row, n_actions):
    """Subtract log(sum(exp(row))) from the first n_actions elements, in place."""
    top = row[0]
    for j in range(1, n_actions):
        if row[j] > top:
            top = row[j]
    total = ZERO
    for j in range(n_actions):
        total += exp32(row[j] - top)
    shift = top + log32(total)
    for j in range(n_actions):
        row[j] -= shift
