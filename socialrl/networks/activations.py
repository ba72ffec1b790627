"""Activation functions on rows of float32 numbers, and their derivatives; a register's length of numbers at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from llvmlite import ir

from socialrl.networks.lanes import INDEX

PLAIN, TANH, RELU, TANH_SLOPE, RELU_SLOPE = range(5)
"""What `finished` does to numbers: nothing; tanh or ReLU; or a product with the derivative of one of the two."""

# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 9.05, beyond which float32 tanh is 1. A minimax fit made for this file by
# iteratively reweighted least squares on the relative error, 2.2e-8; in float32 the result is within 4e-7 of tanh
# (relative).
_TANH_LIMIT = 9.05
_P = (1.32658449e-08, 2.05451052e-05, 0.00349170283, 0.133777545, 0.999999978)
_Q = (7.74024786e-07, 0.000327927952, 0.025862202, 0.467110692, 1.0)


def finished(
    vectors: Any,
    function: Any,
    numbers: list[Any],
    values: Callable[[int], Any],
    after_slopes: Callable[[list[Any]], None],
) -> list[Any]:
    """Write the instructions that apply one of the functions above, known when they run, to some vectors.

    For the slopes, values(i) writes the load of the activation function's values that go with numbers[i], and
    after_slopes(results) what else is to be done with the results.
    """
    builder = vectors.builder
    done = builder.append_basic_block("finished")
    chosen = builder.switch(function, done)
    ways = [(builder.block, numbers)]
    for code, write in _WRITERS.items():
        block = builder.append_basic_block(write.__name__)
        chosen.add_case(ir.Constant(INDEX, code), block)
        builder.position_at_end(block)
        results = [write(vectors, x, partial(values, i)) for i, x in enumerate(numbers)]
        if code in (TANH_SLOPE, RELU_SLOPE):
            after_slopes(results)
        ways.append((block, results))
        builder.branch(done)
    builder.position_at_end(done)
    results = []
    for i in range(len(numbers)):
        result = builder.phi(vectors.type)
        for block, these in ways:
            result.add_incoming(these[i], block)
        results.append(result)
    return results


def _tanh(vectors: Any, x: Any, _: Any) -> Any:
    builder = vectors.builder
    y = vectors.between(x, -_TANH_LIMIT, _TANH_LIMIT)
    square = builder.fmul(y, y)
    p = builder.fmul(y, vectors.polynomial(square, *_P))
    return vectors.between(builder.fdiv(p, vectors.polynomial(square, *_Q)), -1.0, 1.0)


def _relu(vectors: Any, x: Any, _: Any) -> Any:
    zero = vectors.constant(0.0)
    return vectors.builder.select(vectors.builder.fcmp_ordered("<", x, zero), zero, x)


def _tanh_slope(vectors: Any, x: Any, value: Callable[[], Any]) -> Any:
    """The derivative is 1 - tanh^2."""
    y = value()
    return vectors.builder.fmul(x, vectors.fma(vectors.builder.fneg(y), y, vectors.constant(1.0)))


def _relu_slope(vectors: Any, x: Any, value: Callable[[], Any]) -> Any:
    zero = vectors.constant(0.0)
    return vectors.builder.select(vectors.builder.fcmp_ordered(">", value(), zero), x, zero)


_WRITERS = {TANH: _tanh, RELU: _relu, TANH_SLOPE: _tanh_slope, RELU_SLOPE: _relu_slope}
