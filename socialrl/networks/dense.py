"""One animal's networks in compiled code: forward and backward passes of CHUNK samples, written out for dense layers.

Layers are described by a table `(n_layers, 5)` int64 of n_in, n_out, width, weight_at, bias_at (the cohort's `NetworkLayout.table()`);
weights are an animal's row of numbers. The cohort's `torch_engine.py` says the same in tensor operations; the two are tested against each other and
against autograd.
"""

import numpy as np

from socialrl.networks.compiled import compiled
from socialrl.networks.fused import fma
from socialrl.networks.tiles import matmul
from socialrl_envs.elementary import exponential, logarithm

CHUNK = 128
"""Samples that go through the networks together. 32 to 128 were equally fast on the machine of docs/benchmarks/cohort.md, 256 slower."""

# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 9.05, beyond which float32 tanh is 1. A minimax fit made for this file by iteratively
# reweighted least squares on the relative error, 2.2e-8; in float32 the result is within 4e-7 of tanh (relative).
_TANH_LIMIT = np.float32(9.05)
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(c) for c in (0.999999978, 0.133777545, 0.00349170283, 2.05451052e-05, 1.32658449e-08)
)
_Q1, _Q2, _Q3, _Q4 = (np.float32(c) for c in (0.467110692, 0.025862202, 0.000327927952, 7.74024786e-07))
ONE = np.float32(1.0)
ZERO = np.float32(0.0)


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

    `delta` holds d loss / d output, n_rows of the last layer's width, padding zero; it and `other_delta` are overwritten. `zeros` has
    as many zeros as the widest layer.
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
    """exp of a float32 number, rounded from float64."""
    return np.float32(exponential(np.float64(x)))


@compiled()
def log32(x):
    """Natural logarithm of a float32 number, rounded from float64."""
    return np.float32(logarithm(np.float64(x)))


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
