"""A reproduction that takes seconds, for tests; `python tiny_reproduction.py FOLDER` kills itself in the second stage.

Two assays and release, networks of four units, hardly any training: it has the shape of a reproduction, not its
results.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Callable, Collection
from contextlib import contextmanager
from pathlib import Path

from socialrl.assays import AssayStudy, study_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.findings.registry import Registry
from socialrl.progress import Silent
from socialrl.reproduction import driver, groups, stages
from socialrl.reproduction.presets import Preset, Size
from socialrl.training import cohort_trainer

ASSAYS = ["StrangerEncounter", "GroupHabitat", "OxytocinRelease"]
_PPO = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "net_arch": [4]}
_DRUGS = [{"drug": drug, "dose": 1.0, "start_s": 0, "end_s": 300, "share": 0.1} for drug in ("agonist", "antagonist")]
_TRAINING = {
    "StrangerEncounter": {
        "env": {"dt_s": 5, "duration_s": 300, "reset": {"session": ["alone", "neutral"]}, "drugs": _DRUGS},
        "lives": 2,
        "ppo": _PPO,
    },
    "GroupHabitat": {"env": {"dt_s": 60, "duration_s": 3600, "reset": {"cohousing_h": 168}}, "lives": 1, "ppo": _PPO},
}
_SIZE = Size(8, {"StrangerEncounter": 320, "GroupHabitat": 160}, 2)

TINY = Preset(_SIZE, doses=False, arms=False, parameters=None, note="Tiny.")
WITH_ARMS = Preset(_SIZE, doses=False, arms=True, parameters=None, note="Tiny with arms.")
WITH_PARAMETERS = Preset(_SIZE, doses=False, arms=False, parameters=_SIZE, note="Tiny with parameters.")


def _small(assay: str) -> AssayStudy:
    study = study_of(assay)
    return dataclasses.replace(
        study, training=_TRAINING.get(assay, study.training), test_s=7200 if study.pairs else None
    )


def shrink(replace: Callable[..., None]) -> None:
    """Make the stages small; `replace(module, name, value)` sets a name of a module, as pytest's monkeypatch does."""
    shrink_training(replace)
    replace(Registry, "assays", property(lambda _: ASSAYS))
    changes = groups.changes

    def some(given: GivenParameters, own: Collection[str] | None = None) -> list[groups.Change]:
        first, *others = changes(given, own)
        return [first, *(one for one in others if one.parameter in ("contact_floor", "withdrawal_s"))]

    replace(groups, "changes", some)


def shrink_training(replace: Callable[..., None]) -> None:
    """Make the training of every stage short, and the tests in the habitat; no zips for SB3, a third of the time."""
    replace(stages, "study_of", _small)
    replace(cohort_trainer, "export_zip", lambda *_: None)


class StopsInTheSecondStage(Silent):
    """A display that calls `stop` in the second stage, once its training is past the first checkpoint."""

    def __init__(self, title: str, stop: Callable[[], None]) -> None:
        self._second, self._stop = title.startswith("2/"), stop

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        super().update(done_steps, total_steps, text)
        if self._second and done_steps >= 0.5 * total_steps:
            self._stop()


def stopping(stop: Callable[[], None]) -> Callable[..., object]:
    """Return what takes the place of `open_progress`."""

    @contextmanager
    def opened(title: str, **_: object):
        yield StopsInTheSecondStage(title, stop)

    return opened


if __name__ == "__main__":
    shrink(setattr)
    driver.open_progress = stopping(lambda: os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[assignment]
    driver.reproduce(Path(sys.argv[1]), "tiny", 1, preset=TINY)
