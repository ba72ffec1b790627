"""What each mechanism gives: wild types of the table with it and without it, against the voles of a score sheet.

    python docs/results/calibration/mechanisms.py SHEET.csv --output docs/results/calibration/mechanisms.csv

Nothing is fitted again. All populations are drawn with the same random numbers, so they differ in the mechanism alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch as th

from socialrl.calibration.calibrate import Plan
from socialrl.calibration.goals import GOALS, interval
from socialrl.calibration.pairs import by_kind
from socialrl.calibration.run import REPEATS, space_of, starting_from, training_settings
from socialrl.calibration.simulate import conditions, train_and_test
from socialrl.calibration.summaries import raw_of
from socialrl.calibration.tables import raw_tests
from socialrl.calibration.target import Target
from socialrl.calibration.voles import read_voles

VARIANTS: dict[str, list[str]] = {
    "as in the table": [],
    "attacks pay again and again": ["defence_habituation=0"],
    "attacks never pay": ["defence_payoff_min=0"],
    "receptor signal saturates early": ["receptor_half=1"],
    "no settling": ["settling_worth=0"],
    "no budget of activity": ["activity_budget=0"],
    "no inspection": ["uncertainty_cost=0"],
    "errors of an encounter": ["recognition_lasting=0"],
    "every day alike": ["day_calm=0"],
    "table v1": ["v1"],
}
SEED = 1
RETEST_H = 288.0


def _repeatability(tests: np.ndarray) -> float:
    """Return the mean correlation of total huddling between repeats on different days, tests (n, n_repeats, 7)."""
    r = np.corrcoef(tests[:, :, :2].sum(axis=2).T)
    return float(r[np.triu_indices(len(r), 1)].mean())


def main() -> None:
    """Train, test and compare the variants, and write one row per variant and kind of pair."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sheet", type=Path)
    options.add_argument("--animals", type=int, default=64)
    options.add_argument("--output", type=Path, default=Path("mechanisms.csv"))
    given = options.parse_args()
    voles = read_voles(given.sheet, "all", [], [])
    real = {kind: raw_of(rows) for kind, rows in by_kind(voles.early).items()}
    settings = training_settings(None, SEED, None, voles.kinds)
    th.set_num_threads(settings.workers or th.get_num_threads())
    rows = []
    for name, parameters in VARIANTS.items():
        changed = starting_from(settings, parameters)
        space = space_of(changed)
        factors = space.table_population().draw(given.animals, SEED, "check")
        tests = conditions(voles.kinds, 24.0, RETEST_H)[: len(real)]
        played = train_and_test(changed, space.animals(factors, Plan().n_trained), tests, repeats=REPEATS)
        for kind, raw in real.items():
            model = raw_tests(played, kind, "early")
            flat = model.reshape(-1, model.shape[-1])
            row = {"variant": name, "pairs": kind, "distance": Target.of(raw, SEED).distance(flat)}
            for goal in GOALS:
                low, high = interval(raw, goal.of, SEED)
                row[goal.name] = float(goal.of(flat))
                row[f"{goal.name}_inside"] = low <= row[goal.name] <= high
            rows.append({**row, "repeatability": _repeatability(model)})
        print(pd.DataFrame(rows[-len(real) :]).to_string(index=False, header=name == "as in the table"), flush=True)
    pd.DataFrame(rows).to_csv(given.output, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
