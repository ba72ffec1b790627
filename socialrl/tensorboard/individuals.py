"""Curves of single animals in TensorBoard, for runs whose animals learned together and have curves of groups only.

Thousands of animals at once would make TensorBoard slow, so their curves are written when they are asked for, from the
tables of the run; the tags are those of the groups.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import pandas as pd
from torch.utils.tensorboard import SummaryWriter

from socialrl.animals.animal import animals_of
from socialrl.errors import UserError, command
from socialrl.storage.run_folder import RunFolder
from socialrl.training.scalars import episode_scalars, probe_scalars, spread


def write_individuals(run: RunFolder, ids: Collection[str]) -> list[Path]:
    """Write training episodes and probes of the animals called `ids` into `tb/<group>/<animal>`; return these folders.

    Curves that were written before are replaced. Raises `UserError` for a run without such tables, and for one whose
    animals learned one by one: their curves are written during training.
    """
    config = run.config
    if config.engine == "sb3":
        raise UserError(
            f"{run.path} was trained with engine sb3, which writes every animal's curves into {run.tb} as it learns"
        )
    tables = {name: run.read_table(name) for name in ("episodes", "probes") if run.has_table(name)}
    if not any(len(table) for table in tables.values()):
        raise UserError(
            f"{run.path} has no training episodes and no probes yet; continue it with {command('resume', run.path)}"
        )
    by_animal = {name: dict(list(table.groupby("animal", sort=False))) for name, table in tables.items()}
    written = []
    for animal in (one for one in animals_of(config) if one.id in ids):
        folder = run.tb / animal.group / animal.id
        if folder.exists():
            shutil.rmtree(folder)
        with SummaryWriter(str(folder)) as writer:
            _write_episodes(writer, by_animal.get("episodes", {}).get(animal.id), config.env.id)
            _write_probes(writer, by_animal.get("probes", {}).get(animal.id))
        written.append(folder)
    return written


def _write_episodes(writer: SummaryWriter, episodes: pd.DataFrame | None, assay: str) -> None:
    if episodes is None:
        return
    for steps, rows in episodes.groupby("steps"):
        _write(writer, episode_scalars(rows.to_dict("records"), assay), int(steps))


def _write_probes(writer: SummaryWriter, probes: pd.DataFrame | None) -> None:
    if probes is None:
        return
    for steps, rows in probes.groupby("steps"):
        _write(writer, probe_scalars(rows), int(steps))


def _write(writer: SummaryWriter, animals: pd.DataFrame, steps: int) -> None:
    for name, (value, _) in spread(animals).items():
        writer.add_scalar(name, value, steps)
