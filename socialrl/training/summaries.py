"""TensorBoard curves of whole groups: the mean over animals and its spread, one writer per group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from torch.utils.tensorboard import SummaryWriter

from ..config import Config
from ..runs import RunFolder
from .scalars import episode_scalars, probe_scalars, spread_tag


def write_group_curves(run: RunFolder, config: Config) -> None:
    """Write, for every group, means over animals and their standard deviations (`eval_sd/…` and so on) into `tb/<genotype>`."""
    episodes = run.read_table("episodes") if run.has_table("episodes") else pd.DataFrame()
    probes = run.read_table("probes") if run.has_table("probes") else pd.DataFrame()
    for genotype in config.genotypes:
        with SummaryWriter(str(run.tb / genotype)) as writer:
            for table, scalars_of in ((episodes, _of_episodes), (probes, probe_scalars)):
                if len(table):
                    _write(writer, table[table["genotype"] == genotype], scalars_of)


def _of_episodes(table: pd.DataFrame) -> dict[str, float]:
    return episode_scalars(table.to_dict("records"))  # type: ignore[arg-type]


def _write(writer: SummaryWriter, table: pd.DataFrame, scalars_of) -> None:  # type: ignore[no-untyped-def]
    for steps in sorted(table["steps"].unique().tolist()):
        at_once = table[table["steps"] == steps]
        animals = pd.DataFrame([scalars_of(rows) for _, rows in at_once.groupby("animal")])
        for name in animals:
            values = animals[name].dropna().to_numpy()
            if len(values):
                writer.add_scalar(str(name), float(values.mean()), int(steps))  # type: ignore[no-untyped-call]
            if len(values) > 1:
                writer.add_scalar(spread_tag(str(name)), float(np.std(values, ddof=1)), int(steps))  # type: ignore[no-untyped-call]
