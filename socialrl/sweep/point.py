"""One point of a sweep, as a task: trained and tested in its run folder, from wherever it is there."""

from __future__ import annotations

import shutil
from pathlib import Path

from socialrl.storage.provenance import collect_meta
from socialrl.storage.run_folder import RunFolder
from socialrl.work.task import Seat
from socialrl.work.waiting import when_free


def run_point(*, config_yaml: str, folder: str, command: str, seat: Seat) -> None:
    """Train and test what is missing in the run folder `folder`, which has or gets the configuration `config_yaml`.

    What a lost process did is gone on with from its last checkpoint. `command` is recorded as what made the run. A
    folder in which another process writes is waited for: it may be one that has not noticed yet that it was given up.
    """
    from socialrl.config.loading import config_from_data
    from socialrl.config.strict_yaml import read_yaml
    from socialrl.evaluation.playing import evaluate_run
    from socialrl.tensorboard.results import write_results
    from socialrl.training.devices import usable_device
    from socialrl.training.run import check_fits, train_run

    config = config_from_data(read_yaml(config_yaml, folder), folder)
    # before a folder is made, so that what cannot be trained leaves none behind
    usable_device(config.device)
    check_fits(config)
    meta = {**collect_meta(config.seed, config.env.table), "command": command}
    with when_free(lambda: _held(Path(folder), config_yaml, meta), seat) as run:
        if config.workers is None:
            config = config.model_copy(update={"workers": seat.threads})
        if not run.finished:
            train_run(config, run, progress=seat.progress)
        shutil.rmtree(run.checkpoints, ignore_errors=True)  # needed to resume only, and half of a run's size
        if config.evaluation.tests and not is_tested(run):
            evaluate_run(run, progress=seat.progress)
            write_results(run, films=False)


def is_done(folder: Path) -> bool:
    """Whether a point's run is finished and tested; a folder that is no run, or is damaged, raises `UserError`."""
    if not (folder / "meta.json").exists():
        return False
    run = RunFolder.open(folder)
    return run.finished and (not run.config.evaluation.tests or is_tested(run))


def is_tested(run: RunFolder) -> bool:
    """Whether the tests of a run were written to the end."""
    return run.has_table("evaluation") and run.is_settled("evaluation")


def _held(path: Path, config_yaml: str, meta: dict[str, object]) -> RunFolder:
    """Return the run folder, made if it is not there, with its lock."""
    if not (path / "meta.json").exists():
        return RunFolder.create(path, config_yaml=config_yaml, meta=meta)
    run = RunFolder.open(path)
    run.lock()
    return run
