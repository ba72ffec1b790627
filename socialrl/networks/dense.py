"""One animal's networks in compiled code: forward and backward passes of CHUNK samples, written out for dense layers.

Layers are described by a table `(n_layers, 5)` int64 of n_in, n_out, width, weight_at, bias_at (the cohort's
`NetworkLayout.table()`); weights are an animal's row of numbers. The cohort's `torch_engine.py` says the same in tensor
operations; the two are tested against each other and against autograd.
"""

import math

import numpy as np

from socialrl.networks.activations import PLAIN, RELU, RELU_SLOPE, TANH, TANH_SLOPE
from socialrl.networks.compiled import compiled
from socialrl.networks.fused import fma
from socialrl.networks.tiles import COLUMN_MULTIPLE, matmul
from socialrl.networks.transposition import transpose

CHUNK = 128
"""Samples that go through the networks together: with 64 the update took 3 % longer, with 48 and 32 a tenth."""

CACHE_LINE = 16
"""float32 numbers in a cache line."""

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
def aligned(n):
    """Return n float32 numbers, not initialised, that begin at a cache line: a vector across two costs two loads."""
    numbers = np.empty(n + CACHE_LINE, np.float32)
    first = -(numbers.ctypes.data // 4) % CACHE_LINE
    return numbers[first : first + n]


@compiled()
def padded(n):
    """n, or the next multiple of COLUMN_MULTIPLE."""
    return -(-n // COLUMN_MULTIPLE) * COLUMN_MULTIPLE


@compiled()
def activations_size(layers):
    """Elements that the activations of CHUNK samples of one network take."""
    total = 0
    for i in range(layers.shape[0]):
        total += layers[i, 2]
    return total * CHUNK


@compiled()
def transposed_size(layers):
    """Elements that a network's weight matrices take when they are transposed, n_out and n_in both padded."""
    total = 0
    for i in range(layers.shape[0]):
        total += layers[i, 2] * padded(layers[i, 0])
    return total


@compiled()
def count_layers(layers):
    n = 0
    while n < layers.shape[0] and layers[n, 0] > 0:
        n += 1
    return n


@compiled("i8(i8[:, ::1], b1, f4[::1], f4[::1], i8, i8, i8, f4[::1])")
def forward(layers, relu, weights, x, x0, x_row, n_rows, activations):
    """Run n_rows <= CHUNK samples through one network; returns where its outputs begin in `activations`.

    x is flat, sample r from element x0 + r*x_row on; layer i's block of `activations` is CHUNK rows of its width.
    """
    source, source_at, source_row = x, x0, x_row
    at = 0
    n_layers = count_layers(layers)
    for i in range(n_layers):
        n_in, width, weight_at, bias_at = layers[i, 0], layers[i, 2], layers[i, 3], layers[i, 4]
        last = i == n_layers - 1
        function = PLAIN if last else (RELU if relu else TANH)
        matmul(
            source, source_at, source_row, 1, weights, weight_at, width, weights, bias_at, 0,
            activations, at, width, n_rows, width, n_in, function, activations, at, activations, at,
        )  # fmt: skip
        if last:
            break
        source, source_at, source_row = activations, at, width
        at += CHUNK * width
    return at


@compiled()
def _is_flat(n_in, n_out, width):
    """Whether a layer's weight gradient is summed transposed: with few outputs, most of a vector across them is empty.

    A product of two numbers does not depend on their order, so neither does the sum.
    """
    return n_out * padded(n_in) < n_in * width


@compiled()
def transpose_weights(layers, weights, transposed):
    """Copy the matrices of every layer but the first, transposed to (n_out, n_in) with both padded."""
    at = layers[0, 2] * padded(layers[0, 0])
    for i in range(1, count_layers(layers)):
        n_in, width, weight_at = layers[i, 0], layers[i, 2], layers[i, 3]
        transpose(weights, weight_at, width, n_in, width, transposed, at, padded(n_in))
        at += width * padded(n_in)


@compiled()
def backward(
    layers, relu, transposed, x, x_row, n_rows, activations, delta, zeros, one, first, gradients, flat_gradients
):  # fmt: skip
    """Add the gradients of n_rows samples to `gradients` (laid out like the weights) and to `flat_gradients`, or write
    them if these are the `first` of a minibatch.

    `delta` holds d loss / d output, n_rows of the last layer's width, padding zero. `zeros` has as many zeros as the
    widest layer, `one` a 1. See `forward` for x and `activations`; these are replaced by d loss / d (their input),
    which saves a trip to the second-level cache.
    """
    n_layers = count_layers(layers)
    at = transposed_at = 0
    for i in range(n_layers):
        at += CHUNK * layers[i, 2]
        transposed_at += layers[i, 2] * padded(layers[i, 0])
    at -= CHUNK * layers[n_layers - 1, 2]
    delta_at = 0
    for i in range(n_layers - 1, -1, -1):
        n_in, n_out, width, weight_at, bias_at = layers[i]
        below = padded(n_in)
        transposed_at -= width * below
        source, source_at, source_row = x, 0, x_row
        if i > 0:
            at -= CHUNK * below
            source, source_at, source_row = activations, at, below
        if _is_flat(n_in, n_out, width):
            start, start_at, start_row = (zeros, 0, 0) if first else (flat_gradients, transposed_at, below)
            matmul(
                delta, delta_at, 1, width, source, source_at, source_row, start, start_at, start_row,
                flat_gradients, transposed_at, below, n_out, below, n_rows, PLAIN, delta, 0, delta, 0,
            )  # fmt: skip
        else:
            start, start_at, start_row = (zeros, 0, 0) if first else (gradients, weight_at, width)
            matmul(
                source, source_at, 1, source_row, delta, delta_at, width, start, start_at, start_row,
                gradients, weight_at, width, n_in, width, n_rows, PLAIN, delta, 0, delta, 0,
            )  # fmt: skip
        if i == n_layers - 1:
            # The bias gradient is the column sum: a product with a row of ones.
            start, start_at = (zeros, 0) if first else (gradients, bias_at)
            matmul(
                one, 0, 0, 0, delta, delta_at, width, start, start_at, 0,
                gradients, bias_at, 0, 1, width, n_rows, PLAIN, delta, 0, delta, 0,
            )  # fmt: skip
        if i > 0:
            bias_below_at = layers[i - 1, 4]
            if first:
                gradients[bias_below_at : bias_below_at + below] = ZERO
            matmul(
                delta, delta_at, width, 1, transposed, transposed_at, below, zeros, 0, 0,
                activations, at, below, n_rows, below, n_out, RELU_SLOPE if relu else TANH_SLOPE, activations, at,
                gradients, bias_below_at,
            )  # fmt: skip
            delta, delta_at = activations, at


@compiled()
def complete_gradients(layers, gradients, flat_gradients):
    """Complete `gradients` with those that were summed transposed."""
    at = 0
    for i in range(count_layers(layers)):
        n_in, n_out, width, weight_at = layers[i, 0], layers[i, 1], layers[i, 2], layers[i, 3]
        row = padded(n_in)
        if _is_flat(n_in, n_out, width):
            transpose(flat_gradients, at, row, width, n_in, gradients, weight_at, width)
        at += width * row


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
