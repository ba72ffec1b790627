"""Training of a whole experiment: every animal of every group, then the tables, then `DONE`."""

from __future__ import annotations

from ..animals import animals_of
from ..config import Config
from ..progress import Progress
from ..runs import TRAINING_TABLES, RunFolder


def train_run(config: Config, run: RunFolder, *, progress: Progress) -> None:
    """Train all animals of `config` into the new run folder `run`, whose lock the caller holds."""
    _train(config, run, progress)


def resume_run(run: RunFolder, *, progress: Progress) -> None:
    """Go on with an interrupted run: finished animals are kept, unfinished ones start again."""
    _train(run.config, run, progress)


def _train(config: Config, run: RunFolder, progress: Progress) -> None:
    from .sb3_engine import train_animals
    from .summaries import write_group_curves

    train_animals(run, config, progress)
    names = [animal.id for animal in animals_of(config)]
    for table in TRAINING_TABLES:
        if run.read_parts(table, names) is not None:
            run.merge_parts(table, names)
    write_group_curves(run, config)
    run.finish()
