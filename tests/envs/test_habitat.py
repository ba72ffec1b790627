"""Chamber graphs: distances and ways, on graphs small enough to see them."""

from __future__ import annotations

import numpy as np
import pytest

from socialrl_envs.habitat import THREE_CHAMBERS, Habitat


def test_three_chambers_in_a_row() -> None:
    assert THREE_CHAMBERS.names == ("left", "centre", "right")
    assert THREE_CHAMBERS.distance.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    assert THREE_CHAMBERS.next_hop.tolist() == [[0, 1, 1], [0, 1, 2], [1, 1, 2]]
    assert THREE_CHAMBERS.degree.tolist() == [1, 2, 1]
    assert THREE_CHAMBERS.neighbours.tolist() == [[1, -1], [0, 2], [1, -1]]


def test_an_arena_with_four_side_cages() -> None:
    star = Habitat.build(list("c1234"), [(0, i) for i in range(1, 5)], [(0, 0)] * 5)
    assert star.degree.tolist() == [4, 1, 1, 1, 1]
    assert star.distance[1].tolist() == [1, 0, 2, 2, 2]
    assert star.next_hop[1].tolist() == [0, 1, 0, 0, 0]


def test_a_ring_is_walked_the_short_way_round() -> None:
    n = 7
    ring = Habitat.build([str(i) for i in range(n)], [(i, (i + 1) % n) for i in range(n)], [(0, 0)] * n)
    for a in range(n):
        for b in range(n):
            way = min((a - b) % n, (b - a) % n)
            assert ring.distance[a, b] == way
            here, hops = a, 0
            while here != b:
                following = int(ring.next_hop[here, b])
                assert following in ring.neighbours[here]
                here, hops = following, hops + 1
            assert hops == way
    np.testing.assert_array_equal(ring.distance, ring.distance.T)


def test_a_chamber_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\('a', 'b', 'c'\): every chamber must be reachable"):
        Habitat.build(list("abc"), [(0, 1)], [(0, 0)] * 3)
