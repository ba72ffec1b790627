"""Chamber graphs: who is next to whom, distances and next hops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Habitat:
    """Chambers joined by tubes.

    `names` (n_chambers), `edges` pairs of chamber indices, `xy` drawing positions in the unit square. Derived:
    `distance` and `next_hop` (n_chambers, n_chambers) int64, `neighbours` (n_chambers, max_degree) int64 padded with
    −1, `degree` (n_chambers,) int64.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    xy: tuple[tuple[float, float], ...]
    distance: NDArray[np.int64]
    next_hop: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    degree: NDArray[np.int64]

    @classmethod
    def build(
        cls, names: Sequence[str], edges: Sequence[tuple[int, int]], xy: Sequence[tuple[float, float]]
    ) -> Habitat:
        """Work out distances and routes (breadth first); a chamber that cannot be reached raises `ValueError`."""
        n = len(names)
        linked: list[list[int]] = [[] for _ in range(n)]
        for a, b in edges:
            linked[a].append(b)
            linked[b].append(a)
        distance = np.full((n, n), -1, dtype=np.int64)
        next_hop = np.full((n, n), -1, dtype=np.int64)
        for goal in range(n):
            distance[goal, goal], next_hop[goal, goal] = 0, goal
            queue = [goal]
            for here in queue:
                for other in sorted(linked[here]):
                    if distance[other, goal] < 0:
                        distance[other, goal] = distance[here, goal] + 1
                        next_hop[other, goal] = here
                        queue.append(other)
        if (distance < 0).any():
            raise ValueError(f"habitat {tuple(names)}: every chamber must be reachable from every other")
        degree = np.array([len(row) for row in linked], dtype=np.int64)
        neighbours = np.full((n, max(1, int(degree.max()))), -1, dtype=np.int64)
        for here, row in enumerate(linked):
            neighbours[here, : len(row)] = sorted(row)
        return cls(tuple(names), tuple(edges), tuple(xy), distance, next_hop, neighbours, degree)


THREE_CHAMBERS = Habitat.build(("left", "centre", "right"), ((0, 1), (1, 2)), ((0.15, 0.5), (0.5, 0.5), (0.85, 0.5)))
