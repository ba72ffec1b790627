"""Our own product, singular values and descent between bounds, against NumPy's and against known answers."""

from __future__ import annotations

import numpy as np
import pytest

from socialrl.analysis.linear_algebra import principal_axes, product, singular_values
from socialrl.calibration.descent import minimum


@pytest.mark.parametrize("shape", [(100, 30), (20, 30), (30, 30), (30, 1), (1, 30), (1, 1)])
def test_singular_values_put_the_matrix_together_again(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    left, values, right = singular_values(matrix)
    r = min(shape)
    assert (left.shape, values.shape, right.shape) == ((shape[0], r), (r,), (r, shape[1]))
    np.testing.assert_allclose(values, np.linalg.svd(matrix, compute_uv=False), rtol=1e-12)
    np.testing.assert_allclose(product(left * values, right), matrix, atol=1e-12)
    np.testing.assert_allclose(left.T @ left, np.eye(r), atol=1e-12)
    np.testing.assert_allclose(right @ right.T, np.eye(r), atol=1e-12)


def test_columns_that_repeat_each_other_have_a_value_of_zero():
    matrix = np.random.default_rng(1).normal(size=(40, 4))
    matrix[:, 2] = 2 * matrix[:, 0]
    left, values, right = singular_values(matrix)
    assert values[-1] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(product(left * values, right), matrix, atol=1e-12)
    assert not singular_values(np.zeros((3, 2)))[1].any()


def test_principal_axes_are_those_of_the_covariance():
    draws = np.random.default_rng(2).normal(size=(60, 5)) * [1, 2, 3, 4, 5]
    spread, axes = principal_axes(draws)
    variances, expected = np.linalg.eigh(np.cov(draws.T))
    np.testing.assert_allclose(spread, np.sqrt(variances), rtol=1e-12)
    np.testing.assert_allclose(np.abs((axes * expected).sum(axis=0)), 1.0, rtol=1e-10)


def test_products_of_wrong_shapes_are_refused():
    np.testing.assert_array_equal(product(np.eye(2), np.arange(6.0).reshape(2, 3)), np.arange(6.0).reshape(2, 3))
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 3\)"):
        product(np.ones((2, 3)), np.ones((2, 3)))


def bowl(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Lowest at (3, −1, 0), a thousand times as steep along one direction as along another."""
    scale, apart = np.array([1.0, 30.0, 1000.0]), x - [3.0, -1.0, 0.0]
    turned = apart + 0.3 * apart[::-1]
    slopes = scale * turned
    return 0.5 * float((scale * turned**2).sum()), slopes + 0.3 * slopes[::-1]


def test_descent_finds_the_lowest_point_inside_the_bounds():
    low, high = np.full(3, -10.0), np.full(3, 10.0)
    x, value = minimum(bowl, np.array([-8.0, 8.0, 5.0]), low, high, iterations=100, tolerance=1e-15)
    np.testing.assert_allclose(x, [3, -1, 0], atol=1e-4)
    assert value == pytest.approx(0, abs=1e-8)


def test_descent_stops_at_a_bound_where_the_lowest_point_lies_beyond():
    def separate(x):
        return float(((x - [3.0, -1.0]) ** 2).sum()), 2 * (x - [3.0, -1.0])

    low, high = np.full(2, -2.0), np.full(2, 2.0)
    x, value = minimum(separate, np.array([9.0, 1.5]), low, high, iterations=50, tolerance=1e-15)
    np.testing.assert_allclose(x, [2, -1], atol=1e-7)
    assert value == pytest.approx(1)
