"""When animals reach something: times that may be censored, their median and mean, and groups compared by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike, NDArray

from socialrl.analysis.statistics import NAN, SEED, Estimate, bootstrap
from socialrl.errors import UserError

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class EventTimes:
    """Times to an event that some animals did not reach: Kaplan–Meier median (NaN when under half reached it) and the
    mean time restricted to `horizon`, that is the mean of min(time, horizon)."""

    n: int
    n_reached: int
    median: float
    restricted_mean: Estimate
    horizon: float


@dataclass(frozen=True)
class LogRank:
    """Log-rank test of two groups of event times: `statistic` is z, `p` two-sided; NaN with a note when undefined."""

    statistic: float
    p: float
    n_a: int
    n_b: int
    note: str = ""


def reached_share(times: ArrayLike, reached: ArrayLike) -> tuple[_Array, _Array]:
    """Return `(steps, share)`: the share of animals that have reached the criterion, after each event (1 −
    Kaplan–Meier).

    `times` is the event time, or the last time followed where `reached` is False; both have shape `(n_animals,)`.
    """
    data = _censored(times, reached)
    curve = scipy.stats.ecdf(data).cdf
    return np.asarray(curve.quantiles, dtype=np.float64), np.asarray(curve.probabilities, dtype=np.float64)


def event_times(times: ArrayLike, reached: ArrayLike, horizon: float, *, seed: int = SEED) -> EventTimes:
    """Return median and mean restricted to `horizon` (same unit as `times`) with a bootstrap interval over animals.

    Arguments as in `reached_share`. The restricted mean is the area under the Kaplan–Meier curve up to the horizon;
    if all animals were followed that long, it is the mean of min(time, horizon). A curve that ends earlier, because the
    run is unfinished, is extended at its last value.
    """
    t, event = _event_arrays(times, reached)
    if not t.size:
        return EventTimes(0, 0, NAN, Estimate(NAN, NAN, NAN, 0, "no animals"), horizon)
    steps, share = reached_share(t, event)
    half_way = np.flatnonzero(share >= 0.5 - 1e-12)

    def statistic(sample: _Array, sample_event: _Array, axis: int = -1) -> _Array:
        return _restricted_mean(np.moveaxis(sample, axis, -1), np.moveaxis(sample_event, axis, -1), horizon)

    return EventTimes(
        n=t.size,
        n_reached=int(event.sum()),
        median=float(steps[half_way[0]]) if len(half_way) else NAN,
        restricted_mean=bootstrap((t, event.astype(float)), statistic, seed=seed, resamples=1999, together=True),
        horizon=horizon,
    )


def logrank(times_a: ArrayLike, reached_a: ArrayLike, times_b: ArrayLike, reached_b: ArrayLike) -> LogRank:
    """Return the log-rank test that two groups reach an event at the same rate; arguments as in `reached_share`."""
    t_a, event_a = _event_arrays(times_a, reached_a)
    t_b, event_b = _event_arrays(times_b, reached_b)
    if not t_a.size or not t_b.size:
        return LogRank(NAN, NAN, t_a.size, t_b.size, "needs an animal in each group")
    if not _comparable(np.concatenate([t_a[event_a], t_b[event_b]]), t_a, t_b):
        return LogRank(NAN, NAN, t_a.size, t_b.size, "no event that could tell the groups apart")
    result = scipy.stats.logrank(_censored(t_a, event_a), _censored(t_b, event_b))
    return LogRank(float(result.statistic), float(result.pvalue), t_a.size, t_b.size)


def _event_arrays(times: ArrayLike, reached: ArrayLike) -> tuple[_Array, NDArray[np.bool_]]:
    t, event = np.asarray(times, dtype=np.float64).ravel(), np.asarray(reached, dtype=bool).ravel()
    if t.shape != event.shape or not np.isfinite(t).all() or (t < 0).any():
        raise UserError(
            f"event times must be finite, zero or more, one per animal; got {t.size} times and {event.size} flags"
        )
    return t, event


def _censored(times: ArrayLike, reached: ArrayLike) -> scipy.stats.CensoredData:
    t, event = _event_arrays(times, reached)
    return scipy.stats.CensoredData(uncensored=t[event], right=t[~event])


def _comparable(events: _Array, t_a: _Array, t_b: _Array) -> bool:
    """True if some event happens while both groups are at risk, and not to all animals: else the variance is zero."""
    for at in np.unique(events):
        risk_a, risk_b = (t_a >= at).sum(), (t_b >= at).sum()
        if risk_a and risk_b and (events == at).sum() < risk_a + risk_b:
            return True
    return False


def _restricted_mean(times: _Array, event: _Array, horizon: float) -> _Array:
    """Area under the Kaplan–Meier curve from 0 to `horizon`, over the last axis; `(…, n)` in, `(…)` out."""
    happened = event > 0.5
    survival, area, before = np.ones(times.shape[:-1]), np.zeros(times.shape[:-1]), 0.0
    for at in np.unique(times[happened & (times < horizon)]):
        area += survival * (at - before)
        at_risk = (times >= at).sum(axis=-1)
        events = (happened & (times == at)).sum(axis=-1)
        survival = survival * (1 - np.divide(events, at_risk, out=np.zeros_like(survival), where=at_risk > 0))
        before = float(at)
    return np.asarray(area + survival * (horizon - before))
