"""Makes small evaluation tables of all assays, for tests of the scorecard: no training, no simulation.

The numbers follow simple curves of gain, cohousing and drugs; they have the shape of real tables, not of results.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from socialrl.analysis.synchrony import FORMS
from socialrl.findings import load_registry

GENOTYPES = {"wt": 1.0, "het": 0.5, "ko": 0.0, "over_expression": 1.5}
OFF = {
    "receptor_half": 1.0,
    **dict.fromkeys(("signal_adaptation", "incentive_comfort", "v1a_recall"), 0.0),
    **dict.fromkeys(("peer_dopamine_free", "mate_dopamine_need", "tone_as_work"), 0.0),
}
"""Mechanisms that were added for predictions, switched off whatever the table says."""
_A_WEEK = {"cohousing_h": 168.0}
ARMS = {"release": 0.15, "consolidation": 0.4, "reward": 0.25, "defence": 0.15, "retention": 0.05}


def battery(
    n: int = 8,
    *,
    genotypes: dict[str, float] | None = None,
    effect: float = 1.0,
    repeats: int = 2,
    seed: int = 1,
    arms: tuple[str, ...] = (),
) -> dict[str, pd.DataFrame]:
    """Return `{assay id: rows}` of `n` animals a group; `effect` scales the gain's effect, `arms` adds single arms."""
    registry = load_registry()
    groups = [(name, gain, gain, None, None) for name, gain in (genotypes or GENOTYPES).items()]
    if genotypes is None:
        groups.append(("wild_type_male", 1.0, 1.0, None, None))
    groups.append(("all_arms_wild_type", 0.0, 1.0, None, None))
    groups.append(("all_arms_knockout", 1.0, 0.0, None, None))
    groups.append(("no_development", 1.0, 1.0, None, None))
    groups += [(f"arm_{arm}_ko", 1.0, 1.0 - share, arm, "knockout") for arm, share in ARMS.items() if arm in arms]
    groups += [(f"arm_{arm}_wt", 0.0, share, arm, "wild_type") for arm, share in ARMS.items() if arm in arms]
    tables: dict[str, list[dict]] = {}
    for name, condition in registry.conditions.items():
        assay = registry.assay_of[name]
        for genotype, gain, acting, arm, setting in groups:
            for index in range(n):
                for repeat in range(repeats):
                    # animals that do not differ in gain (`acting`) have the same numbers, as in paired runs
                    rng = np.random.default_rng([seed, index, repeat, sum(map(ord, name)), round(100 * acting)])
                    acts = 1 + effect * (acting - 1)
                    row = {
                        "animal": f"{genotype}-{index:02d}", "genotype": genotype, "oxtr_gain": gain, "index": index,
                        "steps": 100_000, "test": name, "assay": f"socialrl/{assay}-v0", "repeat": repeat,
                        "cohousing_h": condition.cohousing_h, "relationship": condition.relationship,
                        "separation_h": condition.separation_h, "arm": arm, "arm_setting": setting,
                        "dose": gain if genotype.startswith("gain_") else None,
                    }  # fmt: skip
                    lived = condition.model_copy(update={"life": ()}) if genotype == "no_development" else condition
                    row |= {"sex": "female", **_MAKERS[assay](rng, lived, acts, index)}
                    if genotype == "wild_type_male":
                        row["sex"] = "male"
                    tables.setdefault(f"socialrl/{assay}-v0", []).append(row)
    return {assay: pd.DataFrame(rows) for assay, rows in tables.items()}


def _bond(condition, acts: float) -> float:
    """Familiarity at the start of a test; drugs during cohousing act on how fast it grew."""
    before = {drug.drug: drug.dose for drug in condition.drugs if drug.start_s < 0}
    gain = acts * (1 - before.get("antagonist", 0.0)) * (1 + before.get("agonist", 0.0))
    rate = 0.012 + 0.09 * gain + 0.12 * (condition.relationship == "mate" and condition.mating is not False)
    return float(1 - np.exp(-condition.cohousing_h * rate))


def _choice(rng, condition, acts: float, index: int) -> tuple[float, float]:
    bond = _bond(condition, acts)
    now = {drug.drug: drug.dose for drug in condition.drugs if drug.start_s >= 0}
    mate = condition.relationship == "mate"
    worth = 0.6 + 0.4 * acts + 0.6 * mate * (1 - now.get("v1a_antagonist", 0.0)) - 0.5 * now.get("agonist", 0.0)
    logit = 3.0 * bond * worth + 0.4 * np.sin(2.4 * index) + 0.5 * rng.standard_normal()
    share = 1 / (1 + np.exp(-logit)) if condition.partner_is == "familiar" else rng.beta(8, 8)
    if condition.cohousing_h == 0:
        share = rng.beta(8, 8)
    return float(share), bond


def _partner_preference(rng, condition, acts, index) -> dict:
    share, _ = _choice(rng, condition, acts, index)
    total = (3200 + 900 * acts) * np.exp(0.3 * np.sin(1.7 * index) + 0.2 * rng.standard_normal())
    return {
        "duration_s": 10_800.0, "huddle_s_partner": share * total, "huddle_s_stranger": (1 - share) * total,
        "rejections_partner": 0.0, "rejections_stranger": float(rng.poisson(1 + 3 * max(acts, 0))),
    }  # fmt: skip


def _operant(rng, condition, acts, index) -> dict:
    who = condition.session
    share, _ = _choice(rng, condition, acts, index)
    liking = share if who == "partner" else 1 - share
    accesses = float(np.round(np.clip(4 + 3 * max(acts, 0) + 6 * liking + 0.8 * rng.standard_normal(), 1, 20)))
    row = {f"{kind}_{one}": 0.0 for kind in ("presses", "accesses", "breakpoint", "huddle_s") for one in _ANIMALS}
    row[f"accesses_{who}"], row[f"breakpoint_{who}"] = accesses, accesses
    row[f"presses_{who}"] = accesses * (accesses + 1) / 2 + float(rng.integers(0, int(accesses) + 1))
    row[f"huddle_s_{who}"] = accesses * (8 + 30 * liking + rng.standard_normal())
    row |= {f"access_s_{one}": row[f"accesses_{one}"] * (condition.access_s or 60.0) for one in _ANIMALS}
    row |= {f"entries_{one}": row[f"accesses_{one}"] for one in _ANIMALS}
    return row | {"duration_s": 1800.0}


def _habitat(rng, condition, acts, index) -> dict:
    hours = np.arange(120)
    floor = 0.18 + 0.5 * min(max(acts, 0), 1)
    share = floor + (0.75 - floor) * np.exp(-hours / (6 + 60 * max(acts, 0)))
    # pairs that were together for less than a week start lower
    share *= 0.4 + 0.6 * min(1.0, _bond(condition, acts) / _bond(condition.model_copy(update=_A_WEEK), acts))
    share = np.clip(share + 0.05 * np.sin(index) + 0.04 * rng.standard_normal(120), 0.02, 0.98)
    if condition.partner_is == "shuffled":
        share = np.clip(1 / 7 + 0.04 * rng.standard_normal(120), 0.02, 0.98)
    contact = 3600 * np.clip(0.55 + 0.05 * acts + 0.05 * rng.standard_normal(120), 0, 1)
    partner, others = share * contact, (1 - share) * contact
    return {
        "duration_s": 432_000.0, "contact_s_partner": partner.sum(), "contact_s_others": others.sum(),
        "partner_s_hourly": list(partner), "others_s_hourly": list(others),
    }  # fmt: skip


def _encounter(rng, _condition, acts, _index) -> dict:
    apart = 600 * np.clip(0.25 + 0.25 * acts + 0.08 * rng.standard_normal(), 0, 1)
    return {
        "duration_s": 600.0, "attacks": float(rng.poisson(0.6 + 4 * max(acts, 0))),
        "chamber_s_apart": apart, "chamber_s_with_stranger": 600 - apart, "huddle_s_stranger": 90.0 - 40 * acts,
    }  # fmt: skip


def _release(_rng, _condition, acts, index) -> dict:
    peak = 0.08 * (0.5 + 0.5 * min(max(acts, 0), 1)) * (1 + 0.05 * np.sin(index))
    at = np.arange(0, 600, 5) + 2.5
    shape = np.clip((at - 60) / 30, 0, 1) * np.exp(-np.clip(at - 90, 0, None) / 120)
    return {
        "peak": peak, "area": 150 * peak, "decay_s": 120.0, "sex": "male" if index % 2 else "female",
        "duration_s": 600.0, "fluorescence": list(peak * shape),
    }  # fmt: skip


def _hardship(condition) -> float:
    """How hard a life was: phases that cost care or company."""
    kinds = [(kind, keys) for phase in condition.life for kind, keys in phase.items()]
    return sum(0.5 for kind, keys in kinds if kind in ("isolate", "stress") or keys.get("carers") == "one")


def _lived_preference(rng, condition, acts, index) -> dict:
    hard, given = _hardship(condition), condition.slow.get("expression", 1.0)
    expression = (1 - 0.1 * hard) * given
    bond = _bond(condition, acts * expression)
    share = 0.5 + 0.4 * bond + 0.02 * np.sin(2.4 * index) + 0.01 * rng.standard_normal()
    total = 4000 * (1 - 0.1 * hard) + 40 * rng.standard_normal()
    states = {"expression": expression, "competence": 1.0, "reactivity": 1 + 0.3 * hard, "load": 0.5 + 0.2 * hard}
    states["stress"] = 0.5 + 0.3 * hard
    return {
        "duration_s": 10_800.0, "huddle_s_partner": share * total, "huddle_s_stranger": (1 - share) * total,
        "chamber_s_stranger": 3000 - 600 * hard + 40 * rng.standard_normal(), "familiarity_start_partner": bond,
        **{f"{name}_start": value + 0.005 * rng.standard_normal() for name, value in states.items()},
    }  # fmt: skip


def _stress_recovery(rng, condition, acts, _index) -> dict:
    calmed = {"partner": 0.2 + 0.2 * acts, "stranger": 0.1}.get(condition.session, 0.0)
    peak = 1.5 * (1 + 0.3 * _hardship(condition)) + 0.02 * rng.standard_normal()
    return {
        "duration_s": 14_400.0, "stress_peak": peak, "stress_area": 4 * peak * (1 - calmed),
        "stress_half_s": 3000 * (1 - calmed) + 60 * rng.standard_normal(),
    }  # fmt: skip


def _pair_home(_rng, condition, _acts, index) -> dict:
    # both of a pair have one index
    pair = np.random.default_rng([index // 2, sum(map(ord, condition.name))]).standard_normal(9)
    together = 0.3 * (condition.cohousing_h > 0)
    names = [f"synchrony_{series}_{form}" for series in ("moving", "stress", "action") for form in FORMS]
    level = [0.0 if name.endswith("partialled") else together for name in names]
    return {
        "duration_s": 86_400.0, "unit": f"pair {index // 2}",
        **{name: mean + 0.02 * float(noise) for name, mean, noise in zip(names, level, pair, strict=True)},
    }  # fmt: skip


def _caregiving(rng, condition, acts, _index) -> dict:
    left = 1.0 - max((dose.dose for dose in condition.drugs), default=0.0)
    worth = 0.3 + 0.2 * acts * condition.slow.get("expression", 1.0) * left
    return {
        "duration_s": 43_200.0, "huddle_s_litter": 43_200 * worth * (1 + 0.02 * rng.standard_normal()),
        "licking_s": 4_320 * worth * (1 + 0.02 * rng.standard_normal()),
    }  # fmt: skip


def _place_preference(rng, condition, acts, _index) -> dict:
    bond = _bond(condition, acts) * (condition.conditioned_with != "nobody")
    share = float(np.clip(0.5 + 0.2 * bond + 0.03 * rng.standard_normal(), 0.05, 0.95))
    return {"duration_s": 1800.0, "chamber_s_social": 1700 * share, "chamber_s_solitary": 1700 * (1 - share)}


_ANIMALS = ("partner", "stranger")
_MAKERS = {
    "PartnerPreference": _partner_preference,
    "SocialOperant": _operant,
    "GroupHabitat": _habitat,
    "StrangerEncounter": _encounter,
    "OxytocinRelease": _release,
    "LivedPreference": _lived_preference,
    "StressRecovery": _stress_recovery,
    "PairHome": _pair_home,
    "Caregiving": _caregiving,
    "PlacePreference": _place_preference,
}
