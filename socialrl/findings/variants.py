"""Findings under changed animals: other gains, single arms of the receptor, other values of assumed parameters.

The rows are ordinary evaluation rows. A group of another gain has the column `dose`; a group with one arm changed has
the columns `arm` and `arm_setting`; animals under a changed parameter have `parameter` and `factor`. Empty or absent
cells mean an ordinary animal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import statistics
from socialrl.analysis.measure_values import NotRun
from socialrl.analysis.statistics import NAN
from socialrl.findings.contrasts import Effect, Tables, evaluate, prepared, table_of
from socialrl.findings.mechanisms import Given
from socialrl.findings.records import Contrast
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.scorecard import NOT_RUN, REPRODUCED, score
from socialrl.findings.tables import animal_values
from socialrl_envs.vocabulary import ARMS

SETTINGS = ("knockout", "wild_type")
UNCHANGED = "unchanged"
"""The `parameter` of animals that a sensitivity analysis ran with nothing changed, at factor 1, for comparison."""
_DOSE_COLUMNS = ["gain", "measure", "label", "unit", "mean", "low", "high", "n"]
_ABLATION_COLUMNS = [
    "arm", "setting", "finding", "part", "says", "measure", "difference", "low", "high", "effect_size", "unit", "n",
    "share", "share_low", "share_high",
]  # fmt: skip
_SENSITIVITY_COLUMNS = [
    "parameter", "factor", "finding", "part", "says", "difference", "low", "high", "effect_size", "n", "verdict",
    "finding_verdict", "survives",
]  # fmt: skip


def dose_response(tables: Tables, registry: Registry | None = None) -> pd.DataFrame:
    """Return the measures of the registry's `dose_response` against the gain: gain, measure, mean, low, high, n.

    Groups with a value in the column `dose` are taken; at a gain without one, the registry's groups of that gain whose
    arms all follow it and whose sex is not their own. Assays and measures that were not run are left out. Intervals are
    95 % over animals.
    """
    book = registry or load_registry()
    usual = {name: group for name, group in book.groups.items() if not group.arms and group.sex in (None, "female")}
    plain = {*usual, *(name for group in usual.values() for name in group.names)}
    tables = prepared(tables)
    records: list[dict[str, Any]] = []
    for dose in book.dose_response:
        try:
            table = table_of(tables, book.assay_of[dose.condition])
            table = table[~_given(table["arm"])] if "arm" in table else table
        except NotRun:
            continue  # an assay that is not there has no panel; the scorecard says which assays are missing
        marked = _given(table["dose"]) if "dose" in table else pd.Series(False, index=table.index)
        names = table.assign(marked=marked)[["genotype", "oxtr_gain", "marked"]].drop_duplicates()
        is_dose = names["marked"]
        named = names[is_dose | (names["genotype"].isin(plain) & ~names["oxtr_gain"].isin(names["oxtr_gain"][is_dose]))]
        for gain, genotype in sorted(zip(named["oxtr_gain"], named["genotype"], strict=True)):
            try:
                values = animal_values(table, book, dose.measure, dose.condition, genotype)
            except NotRun:
                continue
            mean = statistics.mean_interval(values)
            measure = book.measures[dose.measure]
            records.append(
                {
                    "gain": float(gain), "measure": dose.measure, "label": measure.label, "unit": measure.unit,
                    "mean": mean.value, "low": mean.low, "high": mean.high, "n": mean.n,
                }
            )  # fmt: skip
    return pd.DataFrame(records, columns=_DOSE_COLUMNS)


def ablation_table(
    tables: Tables, registry: Registry | None = None, *, findings: Iterable[str] | None = None
) -> pd.DataFrame:
    """Return arm × comparison: the result of each comparison of knockouts when one arm alone is changed.

    Comparisons of knockouts with wild types are taken (`findings`: ids to keep). With setting "knockout" the knockouts
    are replaced by wild types whose one arm is as in a knockout; with "wild_type" by knockouts whose one arm is as in
    a wild type. The first rows, arm "all", hold the knockouts themselves. `share` is how much of the full difference
    the arm carries: difference / full, or 1 − difference / full for the rescue, with a 95 % bootstrap interval over
    pairs; NaN where the full difference does not differ from zero.
    """
    book = registry or load_registry()
    wanted = None if findings is None else set(findings)
    tables = prepared(tables)
    changed = _changed_groups(tables)
    records: list[dict[str, Any]] = []
    for finding in book.findings:
        if finding.use == "control" or (wanted is not None and finding.id not in wanted):
            continue
        for number, contrast in enumerate(finding.contrasts):
            if not _compares_knockouts(contrast):
                continue
            full = evaluate(contrast, tables, book)
            if full.missing:
                continue
            start = {
                "finding": finding.id,
                "part": "" if len(finding.contrasts) == 1 else "abcdefghijklmnopqrstuvwxyz"[number],
                "says": contrast.says,
                "measure": book.measures[contrast.measure].label,
            }
            records.append({"arm": "all", "setting": "knockout", **start, **_numbers(full)})
            for (arm, setting), genotype in changed.items():
                effect = evaluate(contrast, tables, book, {"knockout": genotype})
                if not effect.missing:
                    share = _share(full, effect, setting)
                    records.append({"arm": arm, "setting": setting, **start, **_numbers(effect), **share})
    return pd.DataFrame(records, columns=_ABLATION_COLUMNS)


def sensitivity_table(
    tables: Tables, registry: Registry | None = None, parameters: Mapping[str, Given] | None = None
) -> pd.DataFrame:
    """Return parameter × factor × comparison: effects and verdicts with one assumed parameter multiplied by a factor.

    Rows of the tables with the columns `parameter` and `factor` are judged like the scorecard, all other rows left out.
    `survives` is whether the finding as a whole is reproduced; controls and comparisons that were not run are left out.
    Animals with nothing changed (parameter `UNCHANGED`) come first, as the reference for cohorts of that size;
    `parameters` are theirs, as in `scorecard.score`.
    """
    book = registry or load_registry()
    varied = {name: table for name, table in tables.items() if {"parameter", "factor"} <= set(table.columns)}
    settings: set[tuple[str, float]] = set()
    for table in varied.values():
        rows = table[_given(table["parameter"])]
        settings |= set(zip(rows["parameter"], rows["factor"].astype(float), strict=True))
    records: list[dict[str, Any]] = []
    for parameter, factor in sorted(settings, key=lambda one: (one[0] != UNCHANGED, one)):
        part = {
            name: table[(table["parameter"] == parameter) & (table["factor"] == factor)].drop(columns="parameter")
            for name, table in varied.items()
        }
        for judged in score(part, book, parameters=parameters).findings:
            for row in judged.rows:
                if row.verdict == NOT_RUN or row.use in ("control", "novel"):
                    continue
                numbers = _numbers(row.effect)
                records.append(
                    {
                        "parameter": parameter, "factor": factor, "finding": row.finding.id, "part": row.part,
                        "says": row.contrast.says,
                        **{key: numbers[key] for key in ("difference", "low", "high", "effect_size", "n")},
                        "verdict": row.verdict, "finding_verdict": judged.verdict,
                        "survives": judged.verdict == REPRODUCED,
                    }
                )  # fmt: skip
    return pd.DataFrame(records, columns=_SENSITIVITY_COLUMNS)


def hanging(table: pd.DataFrame) -> dict[str, str]:
    """Return {finding: parameter} for findings that survive every change except those of one parameter.

    A finding that is not reproduced in the animals with nothing changed, if there are any, is left out.
    """
    found: dict[str, str] = {}
    for finding, rows in table.groupby("finding", sort=False):
        lost = ~rows["survives"].astype(bool)
        losing = sorted(set(rows.loc[lost, "parameter"]))
        if len(losing) == 1 and losing != [UNCHANGED] and len(set(rows["parameter"]) - {UNCHANGED}) > 1:
            found[str(finding)] = str(losing[0])
    return found


def _given(column: pd.Series) -> pd.Series:
    return column.notna() & (column != "")


def _changed_groups(tables: Tables) -> dict[tuple[str, str], str]:
    """(arm, setting) → genotype name, in the order of the arms, knockouts of an arm before rescues."""
    found: dict[tuple[str, str], str] = {}
    for table in tables.values():
        if {"arm", "arm_setting"} <= set(table.columns):
            rows = table[_given(table["arm"])][["arm", "arm_setting", "genotype"]].drop_duplicates()
            for arm, setting, genotype in rows.itertuples(index=False, name=None):
                found.setdefault((str(arm), str(setting)), str(genotype))
    known = [(arm, setting) for setting in SETTINGS for arm in ARMS]
    return {key: found[key] for key in [*known, *(key for key in found if key not in known)] if key in found}


def _compares_knockouts(contrast: Contrast) -> bool:
    sides = [side.group for side in contrast.sides]
    # in the same tests: where wild types are drugged and knockouts are not, the difference is not that of an arm
    alike = len({(side.conditions, side.minus) for side in contrast.sides}) == 1
    return contrast.kind in ("groups", "interaction") and sides == [("knockout",), ("wild_type",)] and alike


def _numbers(effect: Effect) -> Mapping[str, Any]:
    return {
        "difference": effect.difference.value,
        "low": effect.difference.low,
        "high": effect.difference.high,
        "effect_size": effect.size.value,
        "unit": effect.unit,
        "n": effect.n,
    }


def _share(full: Effect, changed: Effect, setting: str) -> Mapping[str, float]:
    """Share of the full difference, with a percentile interval from resampled pairs that both comparisons have."""
    nothing = {"share": NAN, "share_low": NAN, "share_high": NAN}
    low, high = full.difference.low, full.difference.high
    if not (np.isfinite(low) and np.isfinite(high)) or low <= 0 <= high:
        return nothing
    pairs = pd.concat([_differences(full), _differences(changed)], axis=1, join="inner").dropna().to_numpy()
    if len(pairs) < 2:
        return nothing
    rng = np.random.default_rng(statistics.SEED)
    drawn = pairs[rng.integers(len(pairs), size=(statistics.RESAMPLES, len(pairs)))].mean(axis=1)
    means: NDArray[np.float64] = np.vstack([pairs.mean(axis=0), drawn])
    with np.errstate(all="ignore"):
        share = means[:, 1] / means[:, 0]
    if setting == "wild_type":
        share = 1 - share
    resampled = share[1:][np.isfinite(share[1:])]
    return {
        "share": float(share[0]),
        "share_low": float(np.quantile(resampled, 0.025)),
        "share_high": float(np.quantile(resampled, 0.975)),
    }


def _differences(effect: Effect) -> pd.Series:
    assert effect.side_a is not None
    assert effect.side_b is not None
    return effect.side_a - effect.side_b
