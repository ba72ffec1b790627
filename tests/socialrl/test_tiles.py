"""Register tiles against plain loops, to the last bit, for every length of registers; what follows a product."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from numba.core.registry import cpu_target

from socialrl.networks.activations import PLAIN, RELU, RELU_SLOPE, TANH, TANH_SLOPE
from socialrl.networks.fused import fma
from socialrl.networks.lanes import LANES, vector_lanes
from socialrl.networks.tiles import SHAPES, matmul, tile_of
from socialrl.networks.transposition import transpose

FUNCTIONS = (PLAIN, TANH, RELU, TANH_SLOPE, RELU_SLOPE)
NOTHING = np.zeros(1, np.float32)


@numba.njit(error_model="numpy")
def in_order(a, b, start):  # type: ignore[no-untyped-def]
    """start + a @ b: one number at a time, k by k, one fused multiply-add each."""
    c = start.copy()
    for r in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                c[r, j] = fma(a[r, k], b[k, j], c[r, j])
    return c


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    "shape",
    [(1, 16, 1), (4, 64, 27), (7, 80, 3), (30, 112, 64), (5, 176, 0), (64, 64, 28), (65, 16, 64), (13, 48, 6)],
)
def test_products_are_summed_in_order(shape: tuple[int, int, int]) -> None:
    n_rows, n_columns, n_inner = shape
    a, b, bias = numbers(n_rows, n_inner), numbers(n_inner, n_columns), numbers(n_columns)
    c = np.full((n_rows, n_columns), np.nan, np.float32)
    sizes = (n_rows, n_columns, n_inner, PLAIN, NOTHING, 0, NOTHING, 0)
    matmul(a.ravel(), 0, n_inner, 1, b.ravel(), 0, n_columns, bias, 0, 0, c.ravel(), 0, n_columns, *sizes)
    expected = in_order(a, b, np.broadcast_to(bias, c.shape).copy())
    np.testing.assert_array_equal(c, expected)
    np.testing.assert_allclose(c, bias + a.astype(np.float64) @ b, rtol=1e-5, atol=1e-5)
    # The transposed view of a, added onto what is there.
    t, flat = np.ascontiguousarray(a.T).ravel(), c.ravel()
    matmul(t, 0, 1, n_rows, b.ravel(), 0, n_columns, flat, 0, n_columns, flat, 0, n_columns, *sizes)
    np.testing.assert_array_equal(c, in_order(a, b, expected))


def applied(function: int, x: np.ndarray, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """function(x) (n_rows, n_columns); an empty product leaves its start."""
    n_rows, n_columns = x.shape
    result = np.full(x.shape, np.nan, np.float32)
    matmul(
        NOTHING, 0, 0, 0, NOTHING, 0, 0, x.ravel(), 0, n_columns, result.ravel(), 0, n_columns, n_rows, n_columns, 0,
        function, values.ravel(), 0, columns, 0,
    )  # fmt: skip
    return result


def test_tanh_is_tanh_to_float_precision() -> None:
    x = np.concatenate([np.linspace(-12, 12, 100_001), np.logspace(-30, 0, 1007)]).astype(np.float32).reshape(-1, 16)
    y = applied(TANH, x, NOTHING, NOTHING)
    np.testing.assert_allclose(y, np.tanh(x.astype(np.float64)), rtol=4e-7)
    assert np.abs(y).max() == 1
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0] + [0.0] * 11, np.float32)
    np.testing.assert_allclose(applied(TANH, special[None], NOTHING, NOTHING)[0, :5], [np.nan, 1, -1, 0, 0], rtol=1e-7)


def test_relu_and_slopes_by_their_formulas() -> None:
    x, y = numbers(19, 112), numbers(19, 112)
    y[0, :16] = 0
    np.testing.assert_array_equal(applied(RELU, x, NOTHING, NOTHING), np.maximum(x, 0))
    for function, expected in ((RELU_SLOPE, np.where(y > 0, x, 0)), (TANH_SLOPE, x * (1 - y.astype(np.float64) ** 2))):
        columns = numbers(112)
        total = columns.copy()
        result = applied(function, x, y, columns)
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)
        for row in result:
            total += row
        np.testing.assert_array_equal(columns, total)


@pytest.mark.parametrize("lanes", sorted(SHAPES))
def test_tiles_for_other_processors(lanes: int) -> None:
    """The vector lengths of other processors give the same numbers, to the last bit."""
    shapes = SHAPES[lanes][:1]
    (n_rows, n_columns), tile = shapes[0], tile_of(shapes, lanes)

    @numba.njit
    def multiply(a: Any, b: Any, s: Any, c: Any, function: int, y: Any, t: Any) -> None:
        tile(0, a, 0, 30, 1, b, 0, n_columns, s, 0, 0, c, 0, n_columns, 30, function, y, 0, t, 0)

    a, b, s, y = numbers(n_rows, 30), numbers(30, n_columns), numbers(n_columns), numbers(n_rows, n_columns)
    for function in FUNCTIONS:
        c, d = np.zeros((2, n_rows, n_columns), np.float32)
        columns, other_columns = np.zeros((2, n_columns), np.float32)
        multiply(a.ravel(), b.ravel(), s, c.ravel(), function, y.ravel(), columns)
        matmul(
            a.ravel(), 0, 30, 1, b.ravel(), 0, n_columns, s, 0, 0, d.ravel(), 0, n_columns, n_rows, n_columns, 30,
            function, y.ravel(), 0, other_columns, 0,
        )  # fmt: skip
        np.testing.assert_array_equal(c, d)
        np.testing.assert_array_equal(columns, other_columns)


def test_lanes_are_those_that_the_compiler_has() -> None:
    triple = "x86_64-unknown-linux-gnu"
    if not cpu_target.target_context.codegen().magic_tuple()[0].startswith("x86_64"):
        pytest.skip("needs LLVM for x86-64")
    expected = {"skylake-avx512": 16, "znver4": 16, "haswell": 8, "znver3": 8, "x86-64": 4}
    assert {name: vector_lanes(triple, name, "") for name in expected} == expected
    assert vector_lanes(triple, "x86-64", "+avx2") == 8
    assert LANES in SHAPES


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (64, 64), (20, 48), (64, 7), (3, 33)])
def test_transposed_copies(shape: tuple[int, int]) -> None:
    n_rows, n_columns = shape
    a, c = numbers(n_rows, n_columns + 2), np.zeros((n_columns, n_rows + 5), np.float32)
    transpose(a.ravel(), 0, n_columns + 2, n_rows, n_columns, c.ravel(), 3, n_rows + 5)
    np.testing.assert_array_equal(c[:, 3 : n_rows + 3], a[:, :n_columns].T)
    assert np.count_nonzero(c) == n_rows * n_columns
