"""Training of a whole experiment: every animal of every group, then the tables, then `DONE`."""

from __future__ import annotations

from socialrl.config.loading import Config
from socialrl.progress import Progress
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.run_folder import RunFolder
from socialrl.training.devices import device_name, usable_device


def train_run(config: Config, run: RunFolder, *, progress: Progress) -> None:
    """Train all animals of `config` into the new run folder `run`, whose lock the caller holds."""
    _train(config, run, progress)


def resume_run(run: RunFolder, *, progress: Progress) -> None:
    """Go on with an interrupted run: finished animals are kept, unfinished ones start again."""
    _train(run.config, run, progress)


def _train(config: Config, run: RunFolder, progress: Progress) -> None:
    used = device_name(usable_device(config.device))
    before = run.meta.get("device")
    if before is None:
        run.note(device=used)
    elif before.rpartition(", then ")[2] != used:  # resumed on another machine
        run.note(device=f"{before}, then {used}")
    with naming_the_place(f"write to {run.path}"):  # event files, which others write
        if config.engine == "cohort":
            from socialrl.training.cohort_trainer import train_cohort

            train_cohort(run, config, progress)
        else:
            from socialrl.training.sb3_trainer import train_all

            train_all(run, config, progress)
    run.finish()
