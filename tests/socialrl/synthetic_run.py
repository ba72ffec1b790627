"""Makes small run folders with plausible, seeded tables, for tests of the analysis: no training, no simulation.

The numbers follow simple curves (preference grows with cohousing and with training, more slowly at a lower gain); they
are there to have the shape of real tables, not to resemble results.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from socialrl.storage.run_folder import RunFolder

GENOTYPES = {"wild_type": 1.0, "heterozygote": 0.5, "knockout": 0.0}
TERMS = {
    "contact_general": 120.0,
    "contact_selective": 80.0,
    "defence": -9.0,
    "novelty": 4.0,
    "exploration": 60.0,
    "effort": -3.0,
    "stress": -14.0,
    "rest": 8.0,
    "noise": 0.0,
}
DURATION_S, DT_S = 10_800.0, 15.0
ACTIONS = ("rest", "explore", "affiliate_0", "affiliate_1", "reject_0", "reject_1")

CONFIG = """\
name: {name}
output: runs
seed: 1
engine: sb3
env:
  id: socialrl/PartnerPreference-v0
  dt_s: 15
  duration_s: 10800
  parameters: {{contact_gain: 0.55}}
  arms: {{}}
  drugs: []
  reset: {{cohousing_h: [0, 24, 168], relationship: peer, separation_h: 0}}
genotypes:
{genotypes}
animals: {animals}
individual_spread: 1.0
lives: 16
steps: {steps}
ppo: {{learning_rate: 1e-3, ent_coef: 0.05}}
probes: {{every_steps: 25000, repeats: 2}}
evaluation: {{repeats: 4{tests}}}
"""


def write_run(
    path: Path,
    *,
    genotypes: dict[str, float] | None = None,
    animals: int = 8,
    cohousing_h: tuple[float, ...] = (0, 24, 168),
    probe_steps: tuple[int, ...] = (0, 25_000, 50_000, 75_000, 100_000, 125_000, 150_000),
    tables: tuple[str, ...] = ("animals", "probes", "evaluation", "traces"),
    effect: float = 1.0,
    never: int = 0,
    finished: bool = True,
    seed: int = 1,
    mates: bool = False,
    assay: str = "socialrl/PartnerPreference-v0",
    tests: str = "",
) -> Path:
    """Write a run folder and return `path`.

    `effect` scales how much the gain matters (0: not at all); the first `never` animals of the last genotype never
    huddle; `tables` names the parquet files to write; `mates` adds a 24 h test with a mate;
    `tests` is what the configuration says of the tests, in YAML.
    """
    genotypes = GENOTYPES if genotypes is None else genotypes
    lines = "\n".join(f"  {name}: {{oxtr_gain: {gain}}}" for name, gain in genotypes.items())
    config = CONFIG.format(
        name=path.name,
        genotypes=lines,
        animals=animals,
        steps=max(probe_steps),
        tests=f", tests: {tests}" if tests else "",
    )
    meta = {
        "seed": 1,
        "command": "socialrl train configs/partner_preference.yaml",
        "commit": "0123abc",
        "commit_has_changes": False,
        "started": "2025-11-22T12:00:00+00:00",
        "python": "3.11.7",
        "versions": {"socialrl": "0.1.0", "torch": "2.13.0", "numpy": "2.4.6"},
        "platform": "Linux x86_64",
    }
    config = config.replace("socialrl/PartnerPreference-v0", assay)
    run = RunFolder.create(path, config_yaml=config, meta=meta)
    last = list(genotypes)[-1]
    common = [
        {"animal": f"{name}-{number:02d}", "genotype": name, "oxtr_gain": gain, "index": number}
        for name, gain in genotypes.items()
        for number in range(animals)
    ]
    tests = [{"test": f"cohoused_{h:g}h", "cohousing_h": float(h), "relationship": "peer"} for h in cohousing_h]
    if mates:
        tests.append({"test": "mate_24h", "cohousing_h": 24.0, "relationship": "mate"})

    def silent(animal: dict) -> bool:
        return animal["genotype"] == last and animal["index"] < never

    rng = np.random.default_rng(seed)
    probes = [
        _test_row(rng, animal, test, steps, repeat, max(probe_steps), effect, silent(animal))
        for animal in common
        for steps in probe_steps
        for test in tests
        for repeat in range(2)
    ]
    evaluation = [
        _test_row(rng, animal, test, max(probe_steps), repeat, max(probe_steps), effect, silent(animal))
        for animal in common
        for test in tests
        for repeat in range(4)
    ]
    stored = {
        "animals": pd.DataFrame(
            animal
            | {"seed": animal["index"], "steps": max(probe_steps), "finished": finished, "wall_s": 60.0}
            | {"param_contact_floor": float(rng.lognormal(0, 0.2))}
            for animal in common
        ),
        "probes": pd.DataFrame(probes),
        "evaluation": pd.DataFrame(evaluation),
        "traces": pd.concat([_trace(rng, animal, test) for animal in common if animal["index"] == 0 for test in tests]),
    }
    for name in tables:
        run.write_table(name, stored[name], csv=name == "evaluation")
    if finished:
        run.finish()
    run.close()
    return path


def _test_row(rng, animal, test, steps, repeat, last_steps, effect, silent) -> dict:
    """One test: preference grows with familiarity and with training, both more slowly at a lower gain."""
    gain = 1 + effect * (animal["oxtr_gain"] - 1)
    mate = test["relationship"] == "mate"
    familiarity = 1 - np.exp(-test["cohousing_h"] * (0.008 + 0.09 * min(gain, 1) + 0.1 * mate))
    learned = 1 / (1 + np.exp(-(steps / last_steps * (9 + 6 * gain) - 5)))
    individual = 0.6 * np.sin(animal["index"] * 2.4 + animal["oxtr_gain"])
    logit = 3.2 * familiarity * learned * (0.55 + 0.45 * gain) + 0.5 * individual + 0.35 * rng.standard_normal()
    share = 1 / (1 + np.exp(-logit))
    total = DURATION_S * (0.15 + 0.35 * learned) * np.exp(0.15 * rng.standard_normal() + 0.2 * individual)
    total = 0.0 if silent else min(total, 0.9 * DURATION_S)
    partner, stranger = (DT_S * np.floor(x / DT_S) for x in (total * share, total * (1 - share)))
    chambers = [partner * 1.2 + 400, stranger * 1.2 + 400]
    scale = max(1.0, sum(chambers) / (0.95 * DURATION_S))
    bins = rng.dirichlet(np.full(18, 4.0))
    row = animal | test
    row |= {
        "steps": steps,
        "assay": "PartnerPreference",
        "separation_h": 0.0,
        "repeat": repeat,
        "seed": int(rng.integers(2**31)),
        "duration_s": DURATION_S,
        "huddle_s_partner": partner,
        "huddle_s_stranger": stranger,
        "chamber_s_partner": chambers[0] / scale,
        "chamber_s_stranger": chambers[1] / scale,
        "chamber_s_centre": DURATION_S - sum(chambers) / scale,
        "entries_partner": 20.0,
        "entries_centre": 40.0,
        "entries_stranger": 18.0,
        "bouts_partner": np.ceil(partner / 300),
        "bouts_stranger": np.ceil(stranger / 300),
        "rejections_partner": 0.0,
        "rejections_stranger": float(rng.poisson(4 * max(gain, 0))),
        "latency_s_partner": float(rng.exponential(300)) if partner else np.nan,
        "latency_s_stranger": float(rng.exponential(900)) if stranger else np.nan,
        "familiarity_start_partner": familiarity,
        "familiarity_end_partner": min(1.0, familiarity + 0.02),
        "familiarity_end_stranger": 0.05 * gain + 0.01,
        "huddle_s_partner_10min": list(bins * partner),
        "huddle_s_stranger_10min": list(bins[::-1] * stranger),
    }
    for term, size in TERMS.items():
        worth = (share * familiarity * (0.3 + gain)) if term == "contact_selective" else 1.0
        spread = 10.0 if term == "noise" else 0.1 * abs(size)
        row[f"reward_{term}"] = float(size * worth * (0.5 + 0.5 * learned) + spread * rng.standard_normal())
    row["return"] = sum(row[f"reward_{term}"] for term in TERMS)
    return row


def _trace(rng, animal, test) -> pd.DataFrame:
    """One animal's ticks: stays of random length in a chamber, contact in part of them, oxytocin following contact."""
    n = int(DURATION_S / DT_S)
    gain, side = animal["oxtr_gain"], "left" if rng.random() < 0.5 else "right"
    home = 0 if side == "left" else 2
    weights = np.array([0.2, 0.25, 0.2])
    weights[home] += 0.3 + 0.6 * gain * min(test["cohousing_h"] / 24, 1)
    chamber = np.repeat(rng.choice(3, p=weights / weights.sum(), size=n), rng.integers(2, 60, size=n))[:n]
    contact = np.repeat(rng.random(n) < 0.75, 12)[:n]
    partner, stranger = contact & (chamber == home), contact & (chamber == 2 - home)
    oxytocin = np.zeros(n)
    for tick in range(1, n):
        goal = (partner[tick] or stranger[tick]) * (0.5 + 0.5 * min(gain, 1))
        oxytocin[tick] = oxytocin[tick - 1] + (goal - oxytocin[tick - 1]) * DT_S / 120
    start = 1 - np.exp(-test["cohousing_h"] * (0.008 + 0.09 * min(gain, 1)))
    return pd.DataFrame(
        animal
        | {"test": test["test"], "cohousing_h": test["cohousing_h"]}
        | {
            "time_s": np.arange(n) * DT_S,
            "chamber": chamber,
            "partner_side": side,
            "contact_partner": partner.astype(np.int8),
            "contact_stranger": stranger.astype(np.int8),
            "oxytocin": oxytocin,
            "receptor_signal": gain * 2 * oxytocin / (1 + oxytocin),
            "familiarity_partner": np.clip(start + np.cumsum(partner) * 0.00005 * (1 + gain), 0, 1),
            "familiarity_stranger": np.clip(np.cumsum(stranger) * 0.0002 * (0.2 + gain), 0, 1),
            "activity_drive": rng.random(n),
            "stress": rng.random(n) * 0.3,
            "action": rng.choice(ACTIONS, size=n),
        }
    )
