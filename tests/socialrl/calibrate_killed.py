"""A whole calibration in half a second, to be killed: stand-ins train and fit, one figure is drawn."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import numpy as np
from synthetic_voles import surrogate, voles

from socialrl.calibration import calibrate, report, run, summaries
from socialrl.calibration import population as pop
from socialrl.calibration.calibrate import Plan
from socialrl.calibration.stages import Stages
from socialrl.config import config_from_data
from socialrl.drawing import style
from socialrl.progress import Silent
from socialrl.storage import provenance

PLAN = Plan(vectors=24, rounds=1, resamples=2, starts=1, seed=4)


def plain(_result):
    figure = style.new_figure(2.0, 2.0)
    figure.text(0.1, 0.5, "a figure")
    return figure


def tiny():
    return config_from_data(
        {
            "name": "tiny",
            "seed": 9,
            "env": {"id": run.ASSAY, "dt_s": 60},
            "genotypes": {"wt": {"oxtr_gain": 1.0}},
            "animals": 1,
            "lives": 2,
            "steps": 64,
            "ppo": {"n_steps": 32, "batch_size": 32},
        }
    )


def stand_in(_config, _test, *, repeats, on_steps):
    def simulate(factors, first_index, text):
        on_steps(len(factors) * 64, text)
        return surrogate(factors, first_index, text, repeats)

    return simulate


def fitted(_target, _emulator, centre, *_more):
    return centre.wider(1.1, 0.1), 0.5


def resampled(*_arguments, n, seed, **_more):
    return np.random.default_rng(seed).normal(size=(n, 2 * pop.N_FREE))


def work(root: Path) -> None:
    scores = root.parent / "scores.csv"
    if not scores.exists():
        sheet = voles(20, np.zeros(pop.N_FREE), np.full(pop.N_FREE, 0.3)).assign(when="ST")
        sheet.to_csv(scores, index=False)
    with (
        mock.patch.object(run, "trained_cohorts", stand_in),
        mock.patch.object(calibrate, "fit_population", fitted),
        mock.patch.object(calibrate, "region", resampled),
        mock.patch.object(summaries, "_NOISE_RESAMPLES", 10),
        mock.patch.object(calibrate, "share_as_far", return_value=0.5),
        mock.patch.object(provenance, "_commit", return_value=(None, None)),
        mock.patch.object(report, "FIGURES", {"plain": (plain, "Nothing")}),
    ):
        run.run_calibration(scores, root / "out", config=tiny(), plan=PLAN, progress=Silent())


def before_beginning_anew(root: Path) -> None:
    """Make what a finished calibration of another plan consists of."""
    for name in (
        "calibration.json",
        "manifest.json",
        "calibration.html",
        "parameters.yaml",
        "stages/fit-1.parquet",
        "figures/distance.svg",
    ):
        path = root / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def beginning_anew(root: Path) -> None:
    """Replace it, and stop before the first stage."""
    meta = {"started": "2020-01-01T00:00:00+00:00", "versions": {}, "commit": None}
    with Stages.open(root / "out", {"seed": 5}, meta, overwrite=True):
        pass
