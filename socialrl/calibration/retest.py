"""How alike an animal's early and late tests are: a correlation over animals that the fit never sees.

Voles are matched by animal, model animals take the same two tests with their networks frozen. Late tests of voles are
of pairs that are still together, so they are a selection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from socialrl import seeding
from socialrl.analysis import measures
from socialrl.calibration.pairs import BOTH, by_kind
from socialrl.calibration.summaries import raw_of
from socialrl.calibration.tables import raw_tests

LEVEL = 0.9
"""Mass of every interval of this room that is compared with a goal."""

_RESAMPLES = 1000
_LEAST_PAIRS = 4

_Array = NDArray[np.float64]
Pairs = tuple[_Array, _Array]
"""Raw early and late tests, each (n_animals, n_repeats, 7), of the same animals in the same order."""

VALUES: dict[str, Callable[[_Array], _Array]] = {
    "total_huddle_s": lambda raw: raw[..., 0] + raw[..., 1],
    "huddle_s_partner": lambda raw: raw[..., 0],
    "preference": lambda raw: measures.preference(raw[..., 0], raw[..., 1]),
}
"""What is correlated, by measure."""


@dataclass(frozen=True)
class Correlation:
    """A correlation of `n` animals' early and late tests with its bootstrap interval over animals (`LEVEL`).

    NaN where it is undefined: fewer than four animals, or all with the same value.
    """

    value: float
    low: float
    high: float
    n: int


def matched(early: pd.DataFrame, late: pd.DataFrame) -> dict[str, Pairs]:
    """Return the tests of the animals that have both an early and a late one, by kind of pair (of the early test)."""
    late = late.set_index("animal")
    found = {}
    for kind, tests in by_kind(early).items():
        there = tests[tests["animal"].isin(late.index)]
        if len(there):
            again = raw_of(late.loc[there["animal"]].reset_index())
            found[kind] = (raw_of(there)[:, None], again[:, None])
    return found


def played_twice(played: pd.DataFrame, kinds: tuple[str, ...]) -> dict[str, Pairs]:
    """Return the early and late tests of model animals, from the tests that they played."""
    if not (played["timepoint"] == "late").any():
        return {}
    return {kind: (raw_tests(played, kind, "early"), raw_tests(played, kind, "late")) for kind in kinds}


def table(sets: Mapping[str, Mapping[str, Pairs]], seed: int) -> pd.DataFrame:
    """Return one row per kind of pair, measure and coefficient: n, correlation and interval of every set (real, …).

    `sets` holds the early and late tests by set and kind; where there are two kinds, their pairs are also pooled as
    `both`. `inside` says whether the calibrated model's correlation lies in the voles' interval; None where either has
    none.
    """
    rows = []
    kinds = list(next(iter(sets.values())))
    for kind in [*kinds, *([BOTH] if len(kinds) > 1 else [])]:
        for measure, value in VALUES.items():
            for coefficient in ("pearson", "spearman"):
                row: dict[str, object] = {"pairs": kind, "measure": measure, "coefficient": coefficient}
                found = {}
                for name, by in sets.items():
                    chosen = [by[one] for one in (kinds if kind == BOTH else [kind]) if one in by]
                    one = correlation([(value(a), value(b)) for a, b in chosen], coefficient, seed)
                    found[name] = one
                    row |= {f"{name}_n": one.n, name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
                real, after = found["real"], found["after"]
                known = np.isfinite([real.low, real.high, after.value]).all()
                row["inside"] = bool(real.low <= after.value <= real.high) if known else None
                rows.append(row)
    return pd.DataFrame(rows)


def correlation(groups: list[Pairs], coefficient: str, seed: int) -> Correlation:
    """Return the correlation of early and late values, each (n_animals, n_repeats), of one or several groups.

    Repeat k of the early test is paired with repeat k of the late one, and all pairs are pooled; a pair without a value
    on either side is left out. Spearman's is Pearson's of the ranks. The interval resamples animals within their group,
    with the ranks that they have among all.
    """
    groups = [(early, late) for early, late in groups if len(early)]
    n = sum(len(early) for early, _ in groups)
    if n < _LEAST_PAIRS:
        return Correlation(np.nan, np.nan, np.nan, n)
    sizes = [len(early) for early, _ in groups]
    early, late = (np.concatenate([pair[side] for pair in groups]) for side in (0, 1))
    missing = np.isnan(early) | np.isnan(late)
    early, late = np.where(missing, np.nan, early), np.where(missing, np.nan, late)
    if coefficient == "spearman":
        early, late = (rankdata(one, axis=None, nan_policy="omit").reshape(one.shape) for one in (early, late))
    value = float(_pearson(early[None], late[None])[0])
    rng = seeding.generator(seed, "calibration", "retest")
    firsts = np.cumsum([0, *sizes[:-1]])
    picks = [first + rng.integers(0, size, (_RESAMPLES, size)) for first, size in zip(firsts, sizes, strict=True)]
    who = np.concatenate(picks, axis=1)
    drawn = _pearson(early[who], late[who])
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(known) < _RESAMPLES // 2:
        return Correlation(value, np.nan, np.nan, n)
    low, high = np.quantile(known, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Correlation(value, float(low), float(high), n)


def _pearson(early: _Array, late: _Array) -> _Array:
    """Return correlations (n_sets,) of values (n_sets, n_animals, n_repeats); NaN is left out, NaN if undefined."""
    known = np.isfinite(early)
    n = known.sum(axis=(1, 2))
    apart = []
    for values in (early, late):
        total = np.where(known, values, 0.0).sum(axis=(1, 2))
        mean = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
        apart.append(np.where(known, values - mean[:, None, None], 0.0))
    squares = [(one**2).sum(axis=(1, 2)) for one in apart]
    scale = np.sqrt(squares[0] * squares[1])
    usable = (n >= _LEAST_PAIRS) & (scale > 0)
    product = (apart[0] * apart[1]).sum(axis=(1, 2))
    found: _Array = np.divide(product, scale, out=np.full(scale.shape, np.nan), where=usable)
    return found
