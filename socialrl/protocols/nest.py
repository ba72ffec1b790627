"""Life in the nest, in pieces that are alike: which carers there are, and what happens day by day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from socialrl.errors import UserError
from socialrl.protocols.childhood import INDEPENDENT_D, MAX_ALONE_H, N_CARERS, SURVIVAL, Handling, Rear, Separation
from socialrl.protocols.planned import Nest


class InNest:
    """A pup, from birth to weaning: reared by two carers unless the file says otherwise."""

    def __init__(self) -> None:
        self.rear = Rear(days=0.0)
        self._without_h = 0.0  # hours without any carer so far, in a row

    def spend(self, age_d: float, hours: float) -> Iterator[tuple[float, Nest]]:
        """Yield hours and what they are like, from an age on; too many without carers raise `UserError`."""
        end_d = age_d + hours / 24.0
        edges = {age_d, end_d}
        for daily in (self.rear.separation, self.rear.handling):
            edges |= set() if daily is None else {float(daily.from_d), daily.to_d + 1.0}
        cuts = sorted(edge for edge in edges if age_d <= edge <= end_d)
        for start, end in itertools.pairwise(cuts):
            nest = self._at(0.5 * (start + end))
            young_h = 24.0 * max(min(end, INDEPENDENT_D) - start, 0.0)
            self._without_h = self._without_h + young_h if nest.carers == 0 else 0.0
            if self._without_h > MAX_ALONE_H + 1e-9:
                raise UserError(f"pups would be without carers for {self._without_h:g} h; {SURVIVAL}")
            yield 24.0 * (end - start), nest

    def _at(self, age_d: float) -> Nest:
        """Return what a moment of life in the nest is like."""
        separation, handling = self.rear.separation, self.rear.handling
        apart_h = separation.hours if separation is not None and _on(separation, age_d) else 0.0
        stressor_h = handling.minutes / 60.0 if handling is not None and _on(handling, age_d) else 0.0
        return Nest(
            carers=N_CARERS[self.rear.carers],
            # who is handled is out of the nest
            apart_h=min(apart_h + stressor_h, 24.0),
            stressor=handling.stressor if handling is not None and stressor_h else 0.0,
            stressor_h=stressor_h,
        )


def _on(daily: Separation | Handling, age_d: float) -> bool:
    return daily.from_d <= age_d < daily.to_d + 1
