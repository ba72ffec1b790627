"""Normalised cross-correlation of two series, in spans of a test and in the whole of it, over ticks that count.

A series has shape `(n_components, n_ticks)`: one component for a number, one for each category of an action. The
correlation of two such series at a lag is Σ_k cov_k / √(Σ_k var_k · Σ_k var'_k), which for one component is Pearson's r
and is always within ±1. Means and variances are those of the ticks compared, so a tick that does not count leaves no
trace.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

_LEAST_VARIANCE = 1e-9
"""Of a standardised series: what is left below this is rounding, and the series counts as constant."""

MEMORIES_S = tuple(60.0 * 2.0**k for k in range(7))
"""Time constants of the averages of contact that are partialled out, a minute to an hour: together they are close to
any slower or faster course that contact sets off, such as that of oxytocin (2 min) and of stress (30 min)."""

_LEAST_LEFT = 1e-4
"""Of the variance: averages over seven times are close to any other course of contact, and not equal to it."""


class Series(NamedTuple):
    """A series that is ready to be compared: `values` (n_components, n_ticks) and `used` (n_ticks,) bool."""

    values: NDArray[np.float64]
    used: NDArray[np.bool_]


class Peaks(NamedTuple):
    """The highest correlation of each partner with one series, NaN where there is none.

    `peak`, `lag` (in ticks; above 0: the partner comes later) and `n_ticks` (ticks compared there) have the shape
    (n_partners, n_spans + 1); the last column is the whole test.
    """

    peak: NDArray[np.float64]
    lag: NDArray[np.float64]
    n_ticks: NDArray[np.float64]


def standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a series (n_components, n_ticks) with means 0 and a total variance of 1; a constant one becomes 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    variance = float((centred**2).mean(axis=1).sum())
    scale = max(1.0, float((values**2).mean(axis=1).sum()))
    return centred / np.sqrt(variance) if variance > 1e-12 * scale else np.zeros_like(centred)


def without_contact(values: NDArray[np.float64], contact: NDArray[np.bool_], dt_s: float) -> NDArray[np.float64]:
    """Return what is left of a standardised series (n_components, n_ticks) when contact (n_ticks,) is partialled out.

    The residual of a linear regression, standardised again, on contact now; on its exponentially weighted averages over
    the past and the future (`MEMORIES_S`); on contact and its past weighted by the contact there has been so far and by
    its square; and on courses that only run down from the start of the test. Oxytocin and stress follow contact
    slowly, what contact does to stress grows with the bond, and stress comes to the test from elsewhere: contact of the
    same tick alone would leave much of it. Before and after the test there is no contact. A series of which less than
    `_LEAST_LEFT` of the variance is left becomes 0: it is nothing but contact.
    """
    now = contact.astype(np.float64)
    so_far = now.cumsum() / max(float(now.sum()), 1.0)
    start = np.zeros_like(now)
    start[0] = 1.0
    columns = [np.ones_like(now), *_averages(start, dt_s), *(one[::-1] for one in _averages(now[::-1], dt_s))]
    for course in (now, now * so_far, now * so_far**2):
        columns += [course, *_averages(course, dt_s)]
    design = np.stack(columns, axis=1)
    fitted, *_ = np.linalg.lstsq(design, values.T, rcond=None)
    left = values - (design @ fitted).T
    if float((left**2).mean(axis=1).sum()) < _LEAST_LEFT:
        return np.zeros_like(left)
    return standardised(left)


def _averages(course: NDArray[np.float64], dt_s: float) -> list[NDArray[np.float64]]:
    """Return the exponentially weighted averages of the past of a course (n_ticks,), one for each of `MEMORIES_S`."""
    kept = [float(np.exp(-dt_s / memory_s)) for memory_s in MEMORIES_S]
    return [np.asarray(lfilter([1.0 - share], [1.0, -share], course)) for share in kept]


def peaks(first: Series, partners: list[Series], max_lag: int, span: int, least: int) -> Peaks:
    """Return the highest correlation of `first` with each partner at lags of −`max_lag` … `max_lag` ticks.

    `span` is the length of a span in ticks, the last one may be shorter; a lag at which fewer than `least` ticks can be
    compared, or at which one of the two is constant, does not count.
    """
    n_ticks = first.values.shape[1]
    n_spans = -(-n_ticks // span)
    # time first, so that the ticks of a span at any lag lie side by side and one matrix product sums all of them
    padded = np.zeros((2 * max_lag + n_spans * span, len(partners), 2 + first.values.shape[0]))
    for j, partner in enumerate(partners):
        padded[max_lag : max_lag + n_ticks, j] = _products(partner)
    own = np.zeros((n_spans * span, padded.shape[2]))
    own[:n_ticks] = _products(first)
    own_spans = np.ascontiguousarray(own.reshape(n_spans, span, -1).transpose(0, 2, 1))
    lags = np.arange(-max_lag, max_lag + 1)
    sums = np.empty((len(lags), n_spans + 1, own.shape[1], len(partners), own.shape[1]))
    for at, lag in enumerate(lags):
        theirs = padded[max_lag + lag : max_lag + lag + n_spans * span].reshape(n_spans, span, -1)
        sums[at, :-1] = (own_spans @ theirs).reshape(sums[at, :-1].shape)
    sums[:, -1] = sums[:, :-1].sum(axis=1)
    found = _correlation(sums.reshape(-1, *sums.shape[2:]), least)
    correlation, compared = (one.reshape(len(lags), n_spans + 1, -1) for one in found)
    best = np.where(np.isnan(correlation), -np.inf, correlation).argmax(axis=0)[None]
    peak = np.take_along_axis(correlation, best, axis=0)[0]
    n_compared = np.take_along_axis(compared, best, axis=0)[0]
    return Peaks(peak.T, np.where(np.isnan(peak), np.nan, lags[best[0]]).T, n_compared.T)


def _products(series: Series) -> NDArray[np.float64]:
    """Return, for every tick, whether it counts, the sum of squares and the values, (n_ticks, 2 + n_components)."""
    counts = series.used.astype(np.float64)
    values = series.values * counts
    return np.column_stack([counts, (values**2).sum(axis=0), values.T])


def _correlation(sums: NDArray[np.float64], least: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return correlation and number of ticks, (n_spans, n_partners), from sums of products of the two sides.

    `sums` (n_spans, 2 + n_components, n_partners, 2 + n_components), both sides in the order of `_products`.
    """
    n = sums[:, 0, :, 0]
    enough = n >= least
    per = np.where(enough, n, 1.0)
    mean, theirs_mean = sums[:, 2:, :, 0].transpose(0, 2, 1) / per[..., None], sums[:, 0, :, 2:] / per[..., None]
    variance = sums[:, 1, :, 0] / per - (mean**2).sum(axis=-1)
    theirs = sums[:, 0, :, 1] / per - (theirs_mean**2).sum(axis=-1)
    together = np.einsum("skjk->sj", sums[:, 2:, :, 2:]) / per - (mean * theirs_mean).sum(axis=-1)
    usable = enough & (variance > _LEAST_VARIANCE) & (theirs > _LEAST_VARIANCE)
    scale = np.sqrt(np.where(usable, variance * theirs, 1.0))
    return np.where(usable, together / scale, np.nan), n
