"""Named streams: the same for ever, apart from each other, and independent of how many animals there are."""

from __future__ import annotations

import numpy as np
import pytest

from socialrl.seeding import generator, seed_int, stream


def test_a_stream_never_changes_between_versions():
    # Stored runs can be repeated only as long as these numbers stand.
    assert stream(1, "animal", 3, "env").spawn_key == (332474759, 971577098, 1046542405, 1928148585)
    assert seed_int(1, "animal", 3, "env") == 3785369745
    assert generator(1, "animal", 3, "env").random() == 0.5926094497407165


def test_a_stream_does_not_depend_on_what_was_drawn_before():
    alone = generator(5, "animal", 2, "probe").random(4)
    for index in range(10):
        generator(5, "animal", index, "probe").random(100)
    assert np.array_equal(generator(5, "animal", 2, "probe").random(4), alone)


def test_streams_of_different_names_and_seeds_differ():
    paths = [("animal", index, use) for index in range(200) for use in ("env", "policy", "probe", "parameters")]
    paths += [("animal",), ("3",), (3,), ("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ("animal", "3", "env")]
    keys = {stream(0, *path).spawn_key for path in paths}
    assert len(keys) == len(paths)
    assert seed_int(0, "animal", 0, "env") != seed_int(1, "animal", 0, "env")
    # 800 seeds of 32 bits collide with a chance of 1 in 13,000; these do not.
    assert len({seed_int(0, *path) for path in paths}) == len(paths)


def test_streams_look_independent():
    draws = np.stack([generator(0, "animal", index, "env").standard_normal(2000) for index in range(20)])
    correlations = np.corrcoef(draws)[np.triu_indices(20, k=1)]
    # 190 correlations with standard deviation 1/sqrt(2000) = 0.0224; the largest of them lies below 4.5 of these.
    assert np.abs(correlations).max() < 4.5 / np.sqrt(2000)


def test_seed_int_fits_libraries_that_take_32_bits():
    seeds = [seed_int(9, "animal", index, "sb3") for index in range(300)]
    assert all(isinstance(seed, int) and 0 <= seed < 2**32 for seed in seeds)
    assert max(seeds) > 2**31 > min(seeds)


def test_numpy_numbers_name_the_same_stream():
    assert stream(np.int64(1), "animal", np.int32(3)).spawn_key == stream(1, "animal", 3).spawn_key


@pytest.mark.parametrize(
    ("root", "path", "error", "text"),
    [
        (-1, ("a",), ValueError, "root seed must be a whole number of at least 0, got -1"),
        (1, (), ValueError, "needs a name"),
        (1, ("a", -1), ValueError, "at least 0, got -1"),
        (1, ("a", True), TypeError, "boolean"),
        (1, ("a", 0.5), TypeError, "float"),
        (0.5, ("a",), TypeError, "float"),
    ],
)
def test_bad_names_are_refused(root, path, error, text):
    with pytest.raises(error, match=text):
        stream(root, *path)
