"""TensorBoard curves of whole groups: the mean over animals and its spread, one writer per group."""

from __future__ import annotations

import pandas as pd
from torch.utils.tensorboard import SummaryWriter

from socialrl.config.loading import Config
from socialrl.storage.run_folder import RunFolder
from socialrl.training.scalars import episode_scalars, has_spread, probe_scalars, spread, spread_tag


def write_group_curves(run: RunFolder, config: Config) -> None:
    """Write each group's means over animals and their standard deviations (`eval_sd/…`) into `tb/<genotype>`."""
    for genotype in config.genotypes:
        with SummaryWriter(str(run.tb / genotype)) as writer:
            if run.has_table("episodes"):
                episodes = run.read_table("episodes")
                for steps, rows in _by_steps(episodes[episodes["genotype"] == genotype]):
                    _write(writer, episode_scalars(rows.to_dict("records"), config.env.id), steps)
            if run.has_table("probes"):
                probes = run.read_table("probes")
                for steps, rows in _by_steps(probes[probes["genotype"] == genotype]):
                    _write(writer, probe_scalars(rows), steps)


def _by_steps(table: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    return [(steps, table[table["steps"] == steps]) for steps in sorted(table["steps"].unique().tolist())]


def _write(writer: SummaryWriter, animals: pd.DataFrame, steps: int) -> None:
    for name, (mean, sd) in spread(animals).items():
        writer.add_scalar(name, mean, steps)
        if len(animals) > 1 and has_spread(name):
            writer.add_scalar(spread_tag(name), sd, steps)
