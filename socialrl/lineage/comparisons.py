"""What generations and cells differ in, and what mothers and daughters share. The replicate is the litter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis.statistics import SEED, Estimate, bootstrap, mean_interval, paired

_POWER_Z = 1.959964 + 0.841621
"""Of a normal distribution: an effect of so many standard errors is found with 80 % power at p < 0.05, two-sided."""


def litter_means(animals: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return one row per cell, generation and litter (`litter`, the one that pups grew up in) with means of measures.

    Founders have no litter that is known: a pair of them counts as one. `place` is the number of the litter.
    """
    lived = animals[animals["survived"]]
    litter = lived["rearing_litter"].where(lived["rearing_litter"] != "", lived["pair"])
    # the place of the birth litter, by which litters of different cells are paired
    keys = ["cell", "generation"]
    found = lived.assign(litter=litter).groupby([*keys, "litter"], sort=False)
    return found[list(measures)].mean().assign(place=found["place"].min()).reset_index()


def means(litters: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return mean and interval over litters of every measure, in every cell and generation."""
    return _table(litters, ["cell", "generation"], measures, lambda rows, name: mean_interval(rows[name]))


def trends(litters: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return the change of every measure from one generation to the next, in every cell: a slope, by least squares."""

    def slope(rows: pd.DataFrame, name: str) -> Estimate:
        known = rows[rows[name].notna()]
        by_generation = [one[name].to_numpy(np.float64) for _, one in known.groupby("generation")]
        numbers = np.array(sorted(known["generation"].unique()), dtype=np.float64)
        if len(numbers) < 2:
            return Estimate(float("nan"), float("nan"), float("nan"), len(known), "needs two generations")
        away = (numbers - numbers.mean()) / ((numbers - numbers.mean()) ** 2).sum()

        def statistic(*samples: NDArray[np.float64], axis: int = -1) -> Any:
            return sum(share * np.mean(one, axis=axis) for share, one in zip(away, samples, strict=True))

        return bootstrap(tuple(by_generation), statistic, seed=SEED, resamples=1999)

    return _table(litters, ["cell"], measures, slope)


def contrasts(litters: pd.DataFrame, measures: Sequence[str], first: str) -> pd.DataFrame:
    """Return the difference of every other cell from the `first`, in each generation, within litters of equal number.

    `smallest_seen` is the smallest difference that so many litters show with 80 % power.
    """
    rows = []
    for (cell, generation), theirs in litters.groupby(["cell", "generation"], sort=False):
        if cell == first:
            continue
        ours = litters[(litters["cell"] == first) & (litters["generation"] == generation)]
        for name in measures:
            found = paired(_by_place(theirs, name), _by_place(ours, name))
            both = pd.concat([_by_place(theirs, name), _by_place(ours, name)], axis=1).dropna()
            apart = both.iloc[:, 0] - both.iloc[:, 1]
            error = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else float("nan")
            rows.append(
                {
                    "cell": cell,
                    "compared_with": first,
                    "generation": generation,
                    "measure": name,
                    **_columns(found.difference, "difference"),
                    "d_z": found.d_z.value,
                    "p": found.t_p,
                    "smallest_seen": _POWER_Z * error,
                }
            )
    names = ["cell", "compared_with", "generation", "measure", "difference", "low", "high", "n", "d_z", "p"]
    return pd.DataFrame(rows, columns=[*names, "smallest_seen"])


def families(animals: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return one row per mother and measure: her own value, and the mean over the daughters she bore or reared.

    Columns: `relation` (birth dam, or rearing dam), `cell` and `generation` of the daughters, `mother`, `measure`,
    `mothers`, `daughters`. Where pups grow up with their own parents the two relations are the same animals.
    """
    own = animals.set_index("animal")
    daughters = animals[(animals["sex"] == "female") & animals["survived"] & (animals["dam"] != "")]
    pieces = []
    for relation, column in (("birth dam", "dam"), ("rearing dam", "rearing_dam")):
        for name in measures:
            known = daughters[daughters[name].notna()]
            grouped = known.groupby([column, "cell", "generation"], sort=False)[name].mean().reset_index()
            pieces.append(
                pd.DataFrame(
                    {
                        "relation": relation,
                        "cell": grouped["cell"],
                        "generation": grouped["generation"],
                        "mother": grouped[column],
                        "measure": name,
                        "mothers": own.loc[grouped[column], name].to_numpy(np.float64),
                        "daughters": grouped[name].to_numpy(np.float64),
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True)


def transmission(mothers: pd.DataFrame) -> pd.DataFrame:
    """Return the correlation of mothers and daughters, over all of them and within cells and generations."""
    groups = mothers.groupby(["relation", "measure", "cell", "generation"])[["mothers", "daughters"]]
    centred = mothers.copy()
    centred[["mothers", "daughters"]] -= groups.transform("mean")
    found = []
    for over, rows in (("all mothers", mothers), ("within cell and generation", centred)):
        for (relation, measure), own in rows.groupby(["relation", "measure"], sort=False):
            r = correlation(own["mothers"], own["daughters"])
            found.append({"relation": relation, "measure": measure, "over": over, **_columns(r, "r")})
    return pd.DataFrame(found)


def correlation(x: pd.Series, y: pd.Series) -> Estimate:
    """Return Pearson's r of two columns with its bootstrap interval over rows; without spread there is none."""
    known = x.notna() & y.notna()
    a, b = x[known].to_numpy(np.float64), y[known].to_numpy(np.float64)
    if len(a) < 3 or np.ptp(a) < 1e-12 or np.ptp(b) < 1e-12:
        nothing = float("nan")
        return Estimate(nothing, nothing, nothing, len(a), "needs three animals that differ")
    return bootstrap((a, b), _pearson, seed=SEED, resamples=1999, together=True)


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64], axis: int = -1) -> Any:
    one, other = x - x.mean(axis=axis, keepdims=True), y - y.mean(axis=axis, keepdims=True)
    return (one * other).sum(axis=axis) / np.sqrt((one**2).sum(axis=axis) * (other**2).sum(axis=axis))


def _by_place(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows.groupby("place")[name].mean()


def _table(
    rows: pd.DataFrame, keys: list[str], measures: Sequence[str], estimate: Callable[[pd.DataFrame, str], Estimate]
) -> pd.DataFrame:
    found = []
    for key, group in rows.groupby(keys, sort=False):
        for name in measures:
            own = dict(zip(keys, key, strict=True))
            found.append({**own, "measure": name, **_columns(estimate(group, name), "value")})
    return pd.DataFrame(found)


def _columns(estimate: Estimate, name: str) -> dict[str, Any]:
    return {name: estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}
