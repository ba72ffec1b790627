"""Whether memory and disk are enough for the stages of a reproduction, checked before the first of them begins."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from socialrl.errors import UserError
from socialrl.reproduction.stages import CohortStage

_BYTES_PER_NUMBER = 4
_COPIES = 8
"""Of an animal's weights on disk: two formats of its network, and checkpoints that hold it with Adam's two moments."""
_ROW_BYTES = 600
"""Of one row of an evaluation table as Parquet, and of its CSV; measured on a finished study, rounded up."""
_TENSORBOARD_BYTES = 4_000_000


def check_resources(stages: Sequence[CohortStage], output: Path) -> None:
    """Raise `UserError` if a stage needs more memory than is free, or all of them more room than the disk has."""
    if not stages:
        return
    import torch

    from socialrl.training.cohort.layout import layout_of
    from socialrl.training.cohort.memory import available_bytes, check_memory

    available = available_bytes(torch.device("cpu"))
    needed = 0
    for stage in stages:
        config = stage.config
        layout = layout_of(config)
        try:
            check_memory(layout, stage.n_animals, config.lives, config.ppo.n_steps, config.ppo.n_epochs, available)
        except UserError as error:
            raise UserError(f"stage {stage.title}: {error}") from error
        rows = stage.n_animals * len(config.evaluation.tests) * config.evaluation.repeats
        weights = stage.n_animals * layout.n_parameters * _BYTES_PER_NUMBER * _COPIES
        needed += weights + rows * _ROW_BYTES + _TENSORBOARD_BYTES
    free = shutil.disk_usage(output).free
    if needed > free:
        raise UserError(
            f"{output} needs {needed / 2**20:.0f} MiB for {len(stages)} stages, and {free / 2**20:.0f} MiB are free;"
            " make room, or choose another --output"
        )
