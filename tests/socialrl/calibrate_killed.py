"""A whole calibration in half a second, to be killed: stand-ins train and fit, one figure is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from kill_windows import every_file
from synthetic_voles import N_FREE, stand_in, voles

from socialrl.calibration import calibrate, goals, report, run, target
from socialrl.calibration.figures import Subject
from socialrl.calibration.plan import Plan
from socialrl.calibration.stages import Stages
from socialrl.config import config_from_data
from socialrl.drawing import style
from socialrl.errors import UserError
from socialrl.progress import Silent
from socialrl.storage import provenance

PLAN = Plan(vectors=24, rounds=1, resamples=2, starts=1, seed=4)


def plain(_result, _narrow):
    figure = style.new_figure(2.0, 2.0)
    figure.text(0.1, 0.5, "a figure")
    return figure


def tiny(**changes):
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
            **changes,
        }
    )


def cohorts(_config, _space, _tests, *, repeats, on_steps):
    def simulate(factors, first_index, text, *, everything=False):
        on_steps(len(factors) * 64, text)
        return stand_in(repeats=repeats)(factors, first_index, text, everything=everything)

    return simulate


def fitted(_space, _targets, _emulator, centre, *_more):
    return centre.wider(1.1, 0.1), 0.5


def resampled(space, *_arguments, n, seed, **_more):
    return np.random.default_rng(seed).normal(size=(n, 2 * space.n))


class Calibration:
    """A calibration, begun once and repeated until it is there."""

    def begin(self, folder: Path) -> None:
        sheet = voles(20, np.zeros(N_FREE), np.full(N_FREE, 0.3)).assign(when="ST")
        sheet.to_csv(folder / "scores.csv", index=False)

    def work(self, folder: Path) -> None:
        with (
            mock.patch.object(run, "trained_cohorts", cohorts),
            mock.patch.object(calibrate, "fit_population", fitted),
            mock.patch.object(calibrate, "region", resampled),
            mock.patch.object(target, "_NOISE_RESAMPLES", 10),
            mock.patch.object(target, "_GOODNESS_DRAWS", 2),
            mock.patch.object(provenance, "_commit", return_value=(None, None)),
            mock.patch.object(report, "subjects", return_value={"plain": Subject("Plain", "Nothing.", plain)}),
            mock.patch.object(goals, "_RESAMPLES", 10),
        ):
            try:
                run.run_calibration(folder / "scores.csv", folder / "out", config=tiny(), plan=PLAN, progress=Silent())
            except UserError as error:
                # killed after its last result it is finished, and says so when it is repeated
                if "holds a calibration; give another --output" not in str(error):
                    raise

    def result(self, folder: Path) -> dict[str, Any]:
        return every_file(folder)


class BeginningAnew:
    """The replacement of a finished calibration of another plan, stopped before its first stage."""

    FINISHED = (
        "calibration.json",
        "manifest.json",
        "calibration.html",
        "parameters.yaml",
        "stages/fit-1.parquet",
        "figures/distance.svg",
    )

    def begin(self, folder: Path) -> None:
        for name in self.FINISHED:
            path = folder / "out" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")

    def work(self, folder: Path) -> None:
        meta = {"started": "2020-01-01T00:00:00+00:00", "versions": {}, "commit": None}
        with Stages.open(folder / "out", {"seed": 5}, meta, overwrite=True):
            pass

    def result(self, folder: Path) -> dict[str, Any]:
        found = every_file(folder)
        assert found.keys() == {"out/manifest.json", "out/stages/", "out/figures/"}
        return found


calibration, beginning_anew = Calibration(), BeginningAnew()
