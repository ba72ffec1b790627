"""How much of the variance between animals comes with birth, with rearing, and with neither: a mixed model.

value ~ generation + sex + what was done to the animal + group of the birth dam + group of the rearing dam, with random
effects of the litter that an animal was born in and of the litter that it grew up in (statsmodels, REML). Groups and
treatments are fixed, so the split is that of animals that differ in nothing that was done to them. The two litters can
be told apart only where pups are fostered; where all grow up with their own parents, there is one component, family.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMResults
from statsmodels.tools.sm_exceptions import ConvergenceWarning, SingularMatrixWarning

from socialrl.analysis.statistics import LEVEL, SEED
from socialrl_envs.elementary import exp

BIRTH, REARING, FAMILY, REST = "birth", "rearing", "family", "rest"
_FIXED = ("generation", "sex", "after_weaning", "carers", "reared_by", "born_to")
_DRAWS = 4000
_POWER_Z = 1.959964 + 0.841621
"""Of a normal distribution: an effect of so many standard errors is found with 80 % power at p < 0.05, two-sided."""

COLUMNS = ("measure", "component", "variance", "share", "low", "high", "n_animals", "n_births", "n_rearings", "note")
EFFECTS = ("measure", "effect", "difference", "low", "high", "p", "smallest_seen", "n_animals", "n_rearings")


def variance_split(animals: pd.DataFrame, measures: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the components of variance of each measure (`COLUMNS`), and what groups and treatments do (`EFFECTS`).

    `animals` are the pups that lived, with `birth_litter`, `rearing_litter` and the fixed effects. Where any were
    fostered, they are those generations of those cells alone. Shares add up to 1; their intervals come from draws of
    the variance components by their standard errors.
    """
    moved = (
        (animals["birth_litter"] != animals["rearing_litter"])
        .groupby([animals["cell"], animals["generation"]])
        .transform("any")
    )
    fostered = bool(moved.any())
    rows = (animals[moved.to_numpy()] if fostered else animals).reset_index(drop=True)
    splits, effects = [], []
    for measure in measures:
        known = rows[rows[measure].notna()].assign(value=lambda one, name=measure: one[name].astype(float))
        split, effect = _one(known, measure, fostered)
        splits.append(split)
        effects.append(effect)
    return pd.concat(splits, ignore_index=True), pd.concat(effects, ignore_index=True)


def _one(rows: pd.DataFrame, measure: str, fostered: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = (BIRTH, REARING) if fostered else (FAMILY,)
    counts = {
        "n_animals": len(rows),
        "n_births": rows["birth_litter"].nunique(),
        "n_rearings": rows["rearing_litter"].nunique(),
    }
    note = _why_not(rows)
    if not note:
        try:
            fitted = _fit(rows, names)
        except np.linalg.LinAlgError:
            note = "no variance is left within litters"
    if note:
        empty = [{"measure": measure, "component": name, **counts, "note": note} for name in (*names, REST)]
        return pd.DataFrame(empty, columns=COLUMNS), pd.DataFrame(columns=EFFECTS)
    ratios = np.clip(np.asarray(fitted.vcomp) / fitted.scale, 0.0, None)
    shares = _shares(ratios[None])[0]
    low, high = np.quantile(_shares(_drawn(fitted, ratios)), [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=0)
    split = pd.DataFrame(
        {
            "measure": measure,
            "component": [*names, REST],
            "variance": np.array([*ratios, 1.0]) * fitted.scale * fitted.in_units**2,
            "share": shares,
            "low": low,
            "high": high,
            **counts,
            "note": "" if fitted.converged else "the fit did not converge",
        }
    )
    return split[list(COLUMNS)], _effects(fitted, measure, rows)


def _why_not(rows: pd.DataFrame) -> str:
    """Return why there is nothing to split, or nothing."""
    if len(rows) and np.ptp(rows["value"].to_numpy()) < 1e-12:
        return "all animals equal"
    several = len(rows) and rows.groupby("rearing_litter").size().max() > 1
    return "" if several else "needs several animals a litter"


def _fit(rows: pd.DataFrame, names: tuple[str, ...]) -> MixedLMResults:
    columns = {BIRTH: "birth_litter", REARING: "rearing_litter", FAMILY: "rearing_litter"}
    fixed = _told_apart(rows)
    # standardised, so that the optimiser does not depend on the unit
    sd = rows["value"].std()
    work = rows.assign(value=(rows["value"] - rows["value"].mean()) / sd, block=_blocks(rows))
    formula = " + ".join(["value ~ 1", *(f"C({one})" for one in fixed)])
    parts = {name: f"0 + C({columns[name]})" for name in names}
    with warnings.catch_warnings():
        # a component at 0 lies at the edge of what is possible, which the library warns of
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", SingularMatrixWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        model = MixedLM.from_formula(formula, groups="block", vc_formula=parts, data=work)
        # without derivatives, which lead astray where a component is 0
        fitted = model.fit(reml=True, method=["powell", "nm"])
    fitted.in_units = sd
    return fitted


def _told_apart(rows: pd.DataFrame) -> list[str]:
    """Return the fixed effects that vary, without those that the ones before them already say."""
    kept: list[str] = []
    design = np.ones((len(rows), 1))
    for name in _FIXED:
        levels = pd.get_dummies(rows[name], drop_first=True).to_numpy(np.float64)
        wider = np.concatenate([design, levels], axis=1)
        if levels.shape[1] and np.linalg.matrix_rank(wider) == wider.shape[1]:
            design = wider
            kept.append(name)
    return kept


def _blocks(rows: pd.DataFrame) -> list[int]:
    """Return a number for each animal: those that are connected by litters have the same, which makes the fit fast."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for born, reared in zip(rows["birth_litter"], rows["rearing_litter"], strict=True):
        parent[top(f"born {born}")] = top(f"reared {reared}")
    tops = [top(f"born {born}") for born in rows["birth_litter"]]
    numbers = {name: k for k, name in enumerate(dict.fromkeys(tops))}
    return [numbers[name] for name in tops]


def _shares(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares of the total variance (n, n_components + 1) from ratios to the rest (n, n_components)."""
    total = 1.0 + ratios.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.concatenate([ratios, np.ones((len(ratios), 1))], axis=1) / total
    return shares


def _drawn(fitted: MixedLMResults, ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return draws (n, n_components) of the ratios to the rest by their standard errors.

    A ratio above its error is drawn as a log-normal number, so that it stays above 0; one near 0 as a normal number
    that is cut off there.
    """
    errors = np.nan_to_num(np.asarray(fitted.bse)[-len(ratios) :], nan=0.0)
    draws = np.random.default_rng(SEED).standard_normal((_DRAWS, len(ratios)))
    relative = np.divide(errors, ratios, out=np.zeros(len(ratios)), where=ratios > errors)
    near_0 = np.clip(ratios + draws * errors, 0.0, None)
    drawn: NDArray[np.float64] = np.where(ratios > errors, ratios * exp(draws * relative), near_0)
    return drawn


def _effects(fitted: MixedLMResults, measure: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what groups and treatments do to a measure, in its own units, with the smallest effect to be seen."""
    found = []
    same = rows["born_to"].nunique() > 1 and "born_to" not in _told_apart(rows)
    for name, value, error, p in zip(
        fitted.model.exog_names, fitted.fe_params, fitted.bse_fe, fitted.pvalues, strict=False
    ):
        if not name.startswith(("C(after_weaning)", "C(carers)", "C(born_to)", "C(reared_by)")):
            continue
        column, level = name[2:].rstrip("]").split(")[T.")
        usual = sorted(rows[column].unique())[0]
        half, unit = 1.959964 * error, fitted.in_units
        found.append(
            {
                "measure": measure,
                "effect": f"{_WORDS[column].format(level)} rather than {usual}"
                + (" (not to be told from who bore them)" if same and column == "reared_by" else ""),
                "difference": value * unit,
                "low": (value - half) * unit,
                "high": (value + half) * unit,
                "p": p,
                "smallest_seen": _POWER_Z * error * unit,
                "n_animals": len(rows),
                "n_rearings": rows["rearing_litter"].nunique(),
            }
        )
    return pd.DataFrame(found, columns=EFFECTS)


_WORDS = {
    "after_weaning": "after weaning {}",
    "carers": "{} carers",
    "born_to": "born to {}",
    "reared_by": "reared by {}",
}
