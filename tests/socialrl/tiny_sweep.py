"""A configuration that trains in a moment, the words of a sweep over it, and what of a run must be equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.config.paths import expanded
from socialrl.progress import Silent
from socialrl.sweep.outcome import How, Sweep
from socialrl.sweep.run import Sweeping, prepare, run_sweep
from socialrl.sweep.space import read_space
from socialrl.work.asked import Asked

CONFIG = """
name: tiny
seed: 1
env:
  id: socialrl/PartnerPreference-v0
  dt_s: 30
  duration_s: 1800
  reset: {cohousing_h: [0, 24]}
genotypes:
  wt: {oxtr_gain: 1.0}
  ko: {oxtr_gain: 0.0}
animals: 2
lives: 2
steps: 512
ppo: {n_steps: 32, batch_size: 32, n_epochs: 1, net_arch: [8]}
probes: {every_steps: 1000000000, repeats: 1, tests: []}
evaluation:
  repeats: 1
  tests: [{name: day, cohousing_h: 24}]
"""
ALONE = Asked(jobs=1)
_OF_TIME = ("wall_s",)


def written(folder: Path, text: str = CONFIG) -> Path:
    """Write the configuration and return its path."""
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def ready(folder: Path, *words: str, how: How | None = None, name: str = "sweep", **more: Any) -> Sweeping:
    """Return a sweep of the words in `folder`/`name`."""
    return prepare(written(folder), read_space(words), how or How(), output=expanded(folder / name), **more)


def swept(made: Sweeping, work: Asked = ALONE, **more: Any) -> Sweep:
    """Run a sweep, in this process if nothing else is said."""
    return run_sweep(made, work, command="socialrl sweep tiny.yaml", progress=Silent(), **more)


def lasting(run: Path) -> dict[str, Any]:
    """Return what a run folder has that does not depend on when and where it was made: tables and networks."""
    networks = {path.name: path.read_bytes() for path in sorted((run / "models").glob("*.safetensors"))}
    tables = {}
    for name in ("animals", "episodes", "evaluation", "traces"):
        table = pd.read_parquet(run / f"{name}.parquet")
        tables[name] = table.drop(columns=[one for one in _OF_TIME if one in table]).to_json(double_precision=15)
    return {**networks, **tables, "DONE": (run / "DONE").exists()}
