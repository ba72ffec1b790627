"""The record of one measure: what it is called, what it means and how it comes from raw counters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from socialrl.errors import UserError

GUIDE_LINE = 2 / 3
"""Preference from which an animal counts as preferring: the partner gets twice the stranger's huddling."""

PROBES_IN_A_ROW = 2
"""Probes in a row that must reach the guide line; one alone is reached by luck too often in an untrained animal."""


@dataclass(frozen=True)
class Measure:
    """One measure: `name` is its column, `formula` says in words what the other fields say in columns.

    `assays` are the short ids of the assays in which it means something (empty: all), `sessions` those of their
    sessions (empty: all). Values lie between `low` and `high`; `chance` is the value of an animal that cannot tell
    partner and stranger apart.

    One of three ways leads from counters to a number. `sum`: these columns are added (list columns over `hours`), those
    of `minus` subtracted; where the first is not a number, the column `missing` takes its place. Repeats of an animal
    are averaged; then the mean is divided by that of the sum of `per`. `first` less `less`: the difference of two
    measures. `time_to`: the first value of the column `along` from which on that measure stays at the guide line of
    2/3.

    With a `guard` the value is not the ratio of `sum` to `per` but its log-odds, ln((a + guard) / (b + guard)), where a
    is `sum` and b the rest of `per`, so that none and all of it have a value, too.

    `smallest` is the smallest difference that counts as one, `same_within` the margin inside which two sides are the
    same, `why` the reason for both; `digits` are decimals on pages.
    """

    name: str
    label: str
    unit: str
    formula: str
    source: str = "convention"
    assays: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    chance: float | None = None
    sum: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    missing: str | None = None
    hours: tuple[float, float] | None = None
    first: str | None = None
    less: str | None = None
    time_to: str | None = None
    along: str = "cohousing_h"
    guard: float | None = None
    smallest: float | None = None
    same_within: float | None = None
    why: str = ""
    digits: int = 2

    def __post_init__(self) -> None:
        ways = [bool(self.sum), self.first is not None and self.less is not None, self.time_to is not None]
        if sum(ways) != 1:
            raise UserError(f"the measure {self.name} needs exactly one of: sum, first and less, time_to")
        if self.guard is not None and not (self.guard > 0 and self.per):
            raise UserError(f"the measure {self.name} needs a guard above 0, and per beside it, to be log-odds")
        if (self.smallest or self.same_within) and not self.why:
            raise UserError(f"the measure {self.name} has a margin and no `why`")
        if self.hours is not None and not 0 <= self.hours[0] < self.hours[1]:
            raise UserError(f"the measure {self.name} needs hours in order, zero or more, got {list(self.hours)}")

    @property
    def of_one_test(self) -> bool:
        """Whether one test of an animal is enough for a value."""
        return self.time_to is None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the value comes from; none of a difference or of a time to criterion."""
        return tuple(dict.fromkeys((*self.sum, *self.minus, *self.per, *filter(None, [self.missing]))))


def counted(
    name: str,
    label: str,
    unit: str,
    assays: tuple[str, ...],
    formula: str,
    digits: int = 0,
    sessions: tuple[str, ...] = (),
) -> Measure:
    """A counter as it is in the record of a test."""
    return Measure(name, label, unit, formula, assays=assays, sessions=sessions, sum=(name,), digits=digits)
