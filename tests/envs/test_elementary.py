"""Our own exp and log: right to the last place, special values, and the same numbers however they are called."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from socialrl_envs import elementary


def test_exp_is_within_one_unit_in_the_last_place():
    x = np.concatenate([np.linspace(-700, 700, 20_001), np.linspace(-1, 1, 20_001), [1e-300, -1e-18]])
    exact = np.array([math.exp(one) for one in x])  # itself within half a unit and a little
    assert (np.abs(elementary.exp(x) - exact) <= np.spacing(exact)).all()


def test_log_is_within_one_unit_in_the_last_place():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 20_001), np.linspace(0.5, 2, 20_001), [5e-324, 1e-310]])
    exact = np.array([math.log(one) for one in x])
    assert (np.abs(elementary.log(x) - exact) <= np.spacing(np.abs(exact))).all()


@pytest.mark.parametrize(
    ("function", "given", "expected"),
    [
        (elementary.exp, [0.0, -0.0, -math.inf, math.inf, math.nan], [1.0, 1.0, 0.0, math.inf, math.nan]),
        (elementary.exp, [709.7, 710.0, -746.0], [math.exp(709.7), math.inf, 0.0]),
        (elementary.log, [1.0, 0.0, -1.0, math.inf, math.nan], [0.0, -math.inf, math.nan, math.inf, math.nan]),
    ],
)
def test_special_values(function, given, expected):
    np.testing.assert_allclose(function(given), expected, rtol=1e-15)


def test_the_smallest_numbers_are_reached_gradually():
    assert elementary.exp(-745.0) == pytest.approx(math.exp(-745.0))
    assert elementary.exp(-708.5) == pytest.approx(math.exp(-708.5), rel=1e-15)


def test_shapes_are_kept_and_strided_arrays_are_read_as_they_are():
    table = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(elementary.exp(table[:, ::2]), elementary.exp(table)[:, ::2])
    assert elementary.exp(table.T).shape == (4, 3)
    assert isinstance(elementary.log(2.0), float)
    assert elementary.exp(np.float64(1.0)) == elementary.exp([1.0])[0]


def test_the_bytes_are_those_of_every_other_machine():
    """The digest was taken on x86-64 and holds wherever float64 is IEEE 754; it changes only with the algorithm."""
    x = (np.arange(4096) - 2048) / 64.0
    numbers = np.concatenate([elementary.exp(x), elementary.log(x[2049:])])
    digest = hashlib.sha256(numbers.astype("<f8").tobytes()).hexdigest()
    assert digest[:16] == "5c71fabd5c658e3a"
