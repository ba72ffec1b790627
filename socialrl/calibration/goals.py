"""What a calibrated population should reach, row by row: distance, shares of tests, medians, against the voles.

The goals are few and set beforehand; every other measure that is compared is listed with the p value of a
Kolmogorov–Smirnov test, as information.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from socialrl import seeding
from socialrl.analysis import measures
from socialrl.calibration.summaries import COMPARED, PARTNER_ALONE, STRANGER_LINE, values_of

LEVEL = 0.9
"""Mass of the bootstrap interval over voles in which the model should lie."""

FURTHEST = 1.2
"""Largest distance that counts as reached; 1 is another sample of voles."""

_RESAMPLES = 2000

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Goal:
    """A number of a set of raw tests (…, n_tests, 7) that should lie in the voles' bootstrap interval."""

    name: str
    label: str
    unit: str
    of: Callable[[_Array], _Array]


def _median_of(name: str) -> Callable[[_Array], _Array]:
    """Return the median of a measure over tests; tests without a value are left out."""
    return lambda raw: np.nanmedian(values_of(raw)[name], axis=-1)


def _preference(raw: _Array) -> _Array:
    return measures.preference(raw[..., 0], raw[..., 1])


GOALS: tuple[Goal, ...] = (
    Goal(
        "partner_alone",
        "Tests above 0.95",
        "fraction",
        lambda raw: (_preference(raw) > PARTNER_ALONE).mean(axis=-1),
    ),
    Goal(
        "stranger_preferred",
        "Tests below 1/3",
        "fraction",
        lambda raw: (_preference(raw) < STRANGER_LINE).mean(axis=-1),
    ),
    Goal("latency_s_stranger", "Stranger latency, median", "s", _median_of("latency_s_stranger")),
    Goal("huddle_s_stranger", "Stranger huddle, median", "s", _median_of("huddle_s_stranger")),
)


def table(
    sets: Mapping[str, Mapping[str, _Array]], distance: Mapping[str, Mapping[str, float]], seed: int
) -> pd.DataFrame:
    """Return one row per kind of pair and goal, then one per measure compared.

    `sets` are raw tests (n_tests, 7) by kind of pair and set (real, before, after); `distance` holds the distance by
    kind and set. Columns: pairs; row (goal, information); quantity; label; unit; voles, low and high (`LEVEL`, over
    voles), before and after of the model; inside (for the distance: at most `FURTHEST`); ks_p (voles against after).
    """
    rows = []
    for kind, by in sets.items():
        found = {"before": distance[kind]["before"], "after": distance[kind]["after"]}
        rows.append(
            {
                "pairs": kind,
                "row": "goal",
                "quantity": "distance",
                "label": "Distance, mean of all",
                "unit": "sampling noise",
                "voles": np.nan,
                "low": 0.0,
                "high": FURTHEST,
                **found,
                "inside": found["after"] <= FURTHEST,
                "ks_p": np.nan,
            }
        )
        rows += [_row(kind, "goal", goal, by, seed) for goal in GOALS]
        for measure in COMPARED:
            one = Goal(measure.name, f"{measure.label}, median", measure.unit, _median_of(measure.name))
            values = [values_of(by[name])[measure.name] for name in ("real", "after")]
            p = _ks(*(column[np.isfinite(column)] for column in values))
            rows.append({**_row(kind, "information", one, by, seed), "ks_p": p})
    return pd.DataFrame(rows)


def interval(raw: _Array, of: Callable[[_Array], _Array], seed: int) -> tuple[float, float]:
    """Return the bootstrap interval (percentiles, `LEVEL`) of a number of raw tests (n_tests, 7), over tests."""
    rng = seeding.generator(seed, "calibration", "goals")
    drawn = of(raw[rng.integers(0, len(raw), (_RESAMPLES, len(raw)))])
    low, high = np.nanquantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return float(low), float(high)


def _row(kind: str, row: str, goal: Goal, by: Mapping[str, _Array], seed: int) -> dict[str, object]:
    low, high = interval(by["real"], goal.of, seed)
    voles, before, after = (float(goal.of(by[name])) for name in ("real", "before", "after"))
    return {
        "pairs": kind,
        "row": row,
        "quantity": goal.name,
        "label": goal.label,
        "unit": goal.unit,
        "voles": voles,
        "low": low,
        "high": high,
        "before": before,
        "after": after,
        "inside": bool(low <= after <= high),
        "ks_p": np.nan,
    }


def _ks(real: _Array, model: _Array) -> float:
    return float(ks_2samp(real, model).pvalue) if len(real) and len(model) else float("nan")
