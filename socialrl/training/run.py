"""Training of a whole experiment: every animal of every group, then the tables, then `DONE`."""

from __future__ import annotations

import os

from socialrl import budget
from socialrl.config.loading import Config
from socialrl.progress import Progress
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.run_folder import RunFolder
from socialrl.training.devices import device_name, usable_device


def train_run(config: Config, run: RunFolder, *, progress: Progress) -> None:
    """Train all animals of `config` into the new run folder `run`, whose lock the caller holds."""
    _train(config, run, progress)


def resume_run(run: RunFolder, *, progress: Progress) -> None:
    """Resume an interrupted run: finished animals are kept; others resume (cohort) or start again (sb3)."""
    _train(run.config, run, progress)


def check_fits(config: Config, n_animals: int | None = None) -> None:
    """Raise `UserError` if training `n_animals` (default: all) does not fit into memory or time."""
    budget.check_training(*_size(config, n_animals), config.steps)


def memory_of(config: Config, n_animals: int | None = None) -> float:
    """Return the bytes that training `n_animals` (default: all) needs beside the process itself, about."""
    from socialrl.training.cohort.layout import layout_of
    from socialrl.training.cohort.memory import bytes_per_animal

    size = _size(config, n_animals)
    of_networks = bytes_per_animal(layout_of(config), config.lives, config.ppo.n_steps, config.ppo.n_epochs)
    return budget.training_bytes(*size) + size[1] * of_networks


def _size(config: Config, n_animals: int | None) -> tuple[int, int, int, int, float]:
    """Animals, how many learn at a time, lives of each, rows of a probe, and the longest episode in seconds."""
    everybody = config.animals * len(config.members) if n_animals is None else n_animals
    # Engine `sb3` trains as many animals at a time as it has workers, each alone.
    at_once = everybody if config.engine == "cohort" else min(everybody, config.workers or os.cpu_count() or 1)
    rows = at_once * len(config.probes.tests) * config.probes.repeats
    longest_s = max([config.env.duration_s, *map(config.length_of, config.probes.tests)])
    return everybody, at_once, config.lives, rows, longest_s


def _train(config: Config, run: RunFolder, progress: Progress) -> None:
    check_fits(config)
    used = device_name(usable_device(config.device))
    before = run.meta.get("device")
    if before is None or before.rpartition(", then ")[2] == used:
        # written again when resumed, because a process killed while it wrote leaves two sums of one file
        run.note(device=before or used)
    else:  # resumed on another machine
        run.note(device=f"{before}, then {used}")
    with naming_the_place(f"write to {run.path}"):  # event files, which others write
        if config.engine == "cohort":
            from socialrl.training.cohort_trainer import train_cohort

            train_cohort(run, config, progress)
        else:
            from socialrl.training.sb3_trainer import train_all

            train_all(run, config, progress)
    run.finish()
