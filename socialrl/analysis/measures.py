"""Tables of partner-preference tests: raw counters in, a row per animal out, with the measures of `measure_table`.

Seconds come from the records of `socialrl evaluate` and of the probes during training, one row per animal, test and
repeat. The order of the arithmetic is fixed: the seconds of an animal's repeats are averaged first, ratios are taken
after that, and groups are averages over animals.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from socialrl.analysis.measure import GUIDE_LINE, PROBES_IN_A_ROW
from socialrl.analysis.measure_rows import PREFERENCE
from socialrl.analysis.measure_table import measures_of
from socialrl.analysis.measure_values import values
from socialrl.errors import UserError, nearest

CHANCE = 0.5
"""Preference of an animal that cannot tell the two apart: each gets half of the huddling."""

BIN_MIN = 10
"""Length in minutes of the bins in which huddling is counted along a test."""

ANIMAL_KEYS = ("run", "animal", "genotype", "oxtr_gain", "index", "sex")
TEST_KEYS = ("assay", "test", "cohousing_h", "relationship", "mating", "separation_h")


def preference(partner_s: ArrayLike, stranger_s: ArrayLike) -> NDArray[np.float64]:
    """Return P / (P + S), a fraction, for huddle seconds of any one shape; NaN where the animal never huddled."""
    partner, stranger = _seconds("partner_s", partner_s), _seconds("stranger_s", stranger_s)
    return _ratio(partner, partner + stranger)


def latency_s(latency: ArrayLike, duration_s: ArrayLike) -> NDArray[np.float64]:
    """Return seconds to the first huddle with NaN ("never") replaced by the test length, so that it can be averaged."""
    latency = np.asarray(latency, dtype=np.float64)
    return np.where(np.isnan(latency), np.asarray(duration_s, dtype=np.float64), latency)


def animal_table(records: pd.DataFrame, assay: str = PREFERENCE) -> pd.DataFrame:
    """Return one row per animal, test and training step: repeats averaged in seconds, then the measures taken.

    `records` has the columns of `evaluation` or `probes`, all of one assay. Beside the mean of every counter and reward
    term come `n_repeats`, `repeats_without_partner`, `repeats_without_stranger` (repeats in which no huddle began) and
    the measures of the assay that one test gives. A missing column raises `UserError`.
    """
    needed = ["animal", "genotype", "oxtr_gain", "index", "steps", "test", "cohousing_h", "duration_s"]
    needed += [f"huddle_s_{who}" for who in ("partner", "stranger")]
    _require(records, needed)
    keys = [name for name in (*ANIMAL_KEYS, *TEST_KEYS, "steps") if name in records]
    for who in ("partner", "stranger"):
        _seconds(f"huddle_s_{who}", records[f"huddle_s_{who}"])
    averaged = [
        name
        for name in records.columns
        if name not in (*keys, "repeat", "seed") and pd.api.types.is_numeric_dtype(records[name])
    ]
    groups = records.groupby(keys, dropna=False, sort=True)
    table = groups[averaged].mean()
    for who in ("partner", "stranger"):
        if f"latency_s_{who}" in records:
            never = records[f"latency_s_{who}"].isna().astype(float)
            table[f"repeats_without_{who}"] = (
                never.groupby([records[name] for name in keys], dropna=False, sort=True).sum().to_numpy()
            )
    table["n_repeats"] = groups.size()
    for measure in measures_of(assay):
        if measure.of_one_test and all(name in records for name in measure.columns):
            table[measure.name] = values(records, measure, keys, sort=True).to_numpy()
    return table.reset_index()


def huddle_bins(records: pd.DataFrame) -> pd.DataFrame:
    """Return huddling along the test: one row per animal, test, training step and 10-min bin, repeats averaged.

    Columns: the keys, `bin_start_min`, `huddle_s_partner`, `huddle_s_stranger` (s in the bin) and `preference`.
    """
    columns = {f"huddle_s_{who}_10min": f"huddle_s_{who}" for who in ("partner", "stranger")}
    _require(records, ["animal", "test", "steps", *columns])
    keys = [name for name in (*ANIMAL_KEYS, *TEST_KEYS, "steps") if name in records]
    work = records[[*keys, *columns]].rename(columns=columns)
    work["bin_start_min"] = [list(range(0, BIN_MIN * len(bins), BIN_MIN)) for bins in work["huddle_s_partner"]]
    exploded = work.explode([*columns.values(), "bin_start_min"], ignore_index=True)
    values = [*columns.values()]
    exploded[values] = exploded[values].astype(float)
    exploded["bin_start_min"] = exploded["bin_start_min"].astype(int)
    table = exploded.groupby([*keys, "bin_start_min"], dropna=False, sort=True)[values].mean().reset_index()
    table["preference"] = preference(table["huddle_s_partner"], table["huddle_s_stranger"])
    return table


def steps_to_criterion(steps: ArrayLike, preferences: ArrayLike) -> float:
    """Return the training steps of the first of two probes in a row with preference ≥ 2/3, or NaN when not reached.

    `steps` and `preferences` have shape `(n_probes,)` for one animal and one test, in any order. A probe without any
    huddling (NaN) does not meet the guide line.
    """
    order = np.argsort(np.asarray(steps, dtype=np.float64), kind="stable")
    at = np.asarray(steps, dtype=np.float64)[order]
    meets = np.asarray(preferences, dtype=np.float64)[order] >= GUIDE_LINE
    for first in range(len(at) - PROBES_IN_A_ROW + 1):
        if meets[first : first + PROBES_IN_A_ROW].all():
            return float(at[first])
    return float("nan")


def criterion_table(probes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per animal and test from `animal_table(probes)`: when the criterion was reached in training.

    Columns beside the keys: `steps_to_criterion` (NaN when not reached), `reached`, `steps_followed` (the last probe),
    `event_steps` (the first of the two that exists, for survival analysis) and `n_probes`. An animal that met the
    guide line only in its last probe counts as censored there; in a mean restricted to that step this changes nothing.
    """
    _require(probes, ["animal", "test", "steps", "preference"])
    keys = [name for name in (*ANIMAL_KEYS, *TEST_KEYS) if name in probes]
    rows = []
    for key, group in probes.groupby(keys, dropna=False, sort=True):
        reached_at = steps_to_criterion(group["steps"], group["preference"])
        followed = float(group["steps"].max())
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "steps_to_criterion": reached_at,
                "reached": not np.isnan(reached_at),
                "steps_followed": followed,
                "event_steps": followed if np.isnan(reached_at) else reached_at,
                "n_probes": len(group),
            }
        )
    extra = ["steps_to_criterion", "reached", "steps_followed", "event_steps", "n_probes"]
    return pd.DataFrame(rows, columns=[*keys, *extra])


def cohousing_to_criterion_h(cohousing_h: ArrayLike, preferences: ArrayLike) -> float:
    """Return the shortest tested cohousing (h) from which on preference ≥ 2/3 at every tested time, NaN when none.

    Both have shape `(n_tests,)`. "From which on" because an animal without a bond settles with one of the two at
    random, and so meets the guide line after 0 h by luck in a good part of the tests. Nothing is interpolated: the
    answer is one of the tested times.
    """
    hours = np.asarray(cohousing_h, dtype=np.float64)
    order = np.argsort(hours, kind="stable")
    meets = np.asarray(preferences, dtype=np.float64)[order] >= GUIDE_LINE
    if not len(meets) or not meets[-1]:
        return float("nan")
    misses = np.flatnonzero(~meets)
    return float(hours[order][misses[-1] + 1 if len(misses) else 0])


def cohousing_table(animals: pd.DataFrame) -> pd.DataFrame:
    """Return one row per animal, relationship and separation from `animal_table`: cohousing hours to criterion.

    Columns beside the keys: `cohousing_to_criterion_h` (NaN when not reached), `reached`, `longest_h`, `n_times`.
    """
    _require(animals, ["animal", "cohousing_h", "preference"])
    keys = [name for name in (*ANIMAL_KEYS, "assay", "relationship", "separation_h") if name in animals]
    rows = []
    for key, group in animals.groupby(keys, dropna=False, sort=True):
        hours = cohousing_to_criterion_h(group["cohousing_h"], group["preference"])
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "cohousing_to_criterion_h": hours,
                "reached": not np.isnan(hours),
                "longest_h": float(group["cohousing_h"].max()),
                "n_times": int(group["cohousing_h"].nunique()),
            }
        )
    return pd.DataFrame(rows, columns=[*keys, "cohousing_to_criterion_h", "reached", "longest_h", "n_times"])


def _ratio(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return ratio


def _seconds(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if (array < 0).any():
        worst = float(np.nanmin(array))
        raise UserError(f"{name} must be zero or more, got {worst:g}")
    return array


def _require(table: pd.DataFrame, columns: Iterable[str]) -> None:
    for name in columns:
        if name not in table:
            near = nearest(name, [str(column) for column in table.columns])
            hint = f"; did you mean '{near}'?" if near else ""
            raise UserError(f"the table has no column '{name}'{hint} (columns: {', '.join(map(str, table.columns))})")
