"""How much more two animals move in step than two that never met: peaks of correlation against surrogates.

The index of a pair is the highest normalised cross-correlation of the two within ± 10 min, less the mean and in units
of the standard deviation of the same number in surrogates. There are two kinds of surrogates. *Pseudo-pairs*: the
partner's series comes from another pair of the same condition at the same moment of its test, in another world;
they share everything that the clock of the test does to all animals, such as a first hour of running about. *Shifts*:
the partner's own series, moved round the test by more than 30 min; they share the two animals' own rhythms. Moving a
series away from the clock would make a common clock look like synchrony, so the mean course of other pairs is taken out
of both animals first: of the one that of some pairs, of the other that of others, because a common mean would itself be
something that the two share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from socialrl.analysis.synchrony.correlation import Peaks, Series, peaks, standardised, without_contact

MAX_LAG_S = 600.0
LEAST_SHIFT_S = 1800.0
SPAN_S = 3600.0
LEAST_COMPARED_S = 1200.0
"""Time that must be left to compare at a lag: twice the largest lag, or nothing says where a peak is."""

N_SHIFTS = 20
MAX_PSEUDO_PAIRS = 8
LEAST_SURROGATES = 3
"""Fewer give no standard deviation that means anything."""

_ALIKE = 1e-6

FORMS = ("raw", "outside_contact", "contact_partialled")


class Judged(NamedTuple):
    """Peaks of one pair and their surrogates; every array has the shape (n_spans + 1,), the last is the whole test.

    `shift_peak` and `shifts` are those of the series without the clock's course, if `clock_out`.
    """

    peak: NDArray[np.float64]
    lag_s: NDArray[np.float64]
    compared_s: NDArray[np.float64]
    pseudo: NDArray[np.float64]  # (n_pseudo, n_spans + 1)
    shift_peak: NDArray[np.float64]
    shifts: NDArray[np.float64]  # (n_shifts, n_spans + 1)
    clock_out: bool


class Index(NamedTuple):
    """An index over surrogates: their mean and standard deviation, how many had a peak, and the index itself."""

    value: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    n_surrogates: NDArray[np.int64]


def in_form(form: str, values: NDArray[np.float64], contact: NDArray[np.bool_], dt_s: float) -> Series:
    """Return an animal's series (n_components, n_ticks) in one of `FORMS`; `contact` (n_ticks,) is with its partner."""
    ready = standardised(values)
    if form == "contact_partialled":
        ready = without_contact(ready, contact, dt_s)
    used = ~contact if form == "outside_contact" else np.ones(len(contact), dtype=np.bool_)
    return Series(ready, used)


def judge(
    pair: int, sides: Sequence[tuple[Series, Series]], others: Sequence[int], dt_s: float, shifts: bool = True
) -> Judged:
    """Return the peaks of one pair of a condition and of its surrogates.

    `sides` are the series of both animals of every pair of the condition, all of equal length; `others` the pairs that
    lend their animals. At most `MAX_PSEUDO_PAIRS` of these make pseudo-pairs, those that follow this pair; the course
    of the clock is that of all of them, and stays in where there is only one. Without `shifts`, which take most of the
    time, there are no surrogates of that kind.
    """
    first, second = sides[pair]
    lent = sorted(others, key=lambda one: ((one - pair) % len(sides), one))
    few = lent[:MAX_PSEUDO_PAIRS]
    forward = _peaks(first, [second, *(sides[one][1] for one in few)], dt_s)
    # the other animal lends its partner's place, too
    back = _peaks(second, [sides[one][0] for one in few], dt_s).peak if few else forward.peak[:0]
    if len(lent) > 1:
        first = _without_course(first, [sides[one] for one in lent[::2]])
        second = _without_course(second, [sides[one] for one in lent[1::2]])
    shifted = [_shifted(second, shift) for shift in (_shifts(len(first.used), dt_s) if shifts else ())]
    moved = _peaks(first, [second, *shifted], dt_s).peak
    moved[:, np.isnan(forward.peak[0])] = np.nan  # less a course that varies, a constant would not be one any more
    return Judged(
        forward.peak[0],
        forward.lag[0] * dt_s,
        forward.n_ticks[0] * dt_s,
        np.concatenate([forward.peak[1:], back]),
        moved[0],
        moved[1:],
        len(lent) > 1,
    )


def index(peak: NDArray[np.float64], surrogates: NDArray[np.float64]) -> Index:
    """Return (peak − mean) / SD of surrogates (n, n_spans + 1), NaN with fewer than `LEAST_SURROGATES`.

    0 where peak and surrogates are all the same, as those of a state that runs its course by the clock alone.
    """
    there = ~np.isnan(surrogates)
    n = there.sum(axis=0)
    enough = n >= LEAST_SURROGATES
    mean = np.where(enough, np.where(there, surrogates, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)
    squares = np.where(there, (surrogates - mean) ** 2, 0.0).sum(axis=0)
    sd = np.where(enough, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)
    spread = sd > _ALIKE
    value = np.where(spread, (peak - mean) / np.where(spread, sd, 1.0), np.nan)
    return Index(np.where(~spread & (np.abs(peak - mean) < _ALIKE), 0.0, value), mean, sd, n)


def ticks_of_span(dt_s: float) -> int:
    """Return how many ticks make one of the spans, hours, for which there is an index of their own."""
    return max(1, round(SPAN_S / dt_s))


def _peaks(first: Series, partners: list[Series], dt_s: float) -> Peaks:
    return peaks(
        first,
        partners,
        max_lag=int(MAX_LAG_S / dt_s + 1e-9),
        span=ticks_of_span(dt_s),
        least=round(LEAST_COMPARED_S / dt_s),
    )


def _without_course(series: Series, others: Sequence[tuple[Series, Series]]) -> Series:
    """Return a series less the mean of other animals at every tick, of those whose tick counts; standardised again."""
    everybody = [one for both in others for one in both]
    n = sum(one.used.astype(np.float64) for one in everybody)
    total = sum(one.values * one.used for one in everybody)
    left = series.values - total / np.maximum(n, 1.0)
    variance = float(left[:, series.used].var(axis=1).sum()) if series.used.any() else 0.0
    return Series(standardised(left) if variance > _ALIKE else np.zeros_like(left), series.used)


def _shifts(n_ticks: int, dt_s: float) -> NDArray[np.int64]:
    """Return up to `N_SHIFTS` shifts in ticks, evenly over the test, each above 30 min in either direction."""
    least = int(LEAST_SHIFT_S / dt_s + 1e-9) + 1
    last = n_ticks - least
    if last < least:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.linspace(least, last, N_SHIFTS).round().astype(np.int64))


def _shifted(series: Series, ticks: int) -> Series:
    return Series(np.roll(series.values, ticks, axis=1), np.roll(series.used, ticks))
