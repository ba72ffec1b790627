"""socialrl: reinforcement learning of social reward. Importing this loads no torch; see `socialrl --help`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socialrl.tables.loading import Loaded

__version__ = "0.1.0"


def load(path: str | Path) -> Loaded:
    """Return what a command of socialrl wrote into a folder, as tables with documented columns and types.

    Of a run folder (`socialrl train`) that is a `Run`: `load("runs/demo").tests` is a pandas data frame, so are
    `animals`, `measures`, `events`, `bouts`, `parameters` and others, and `codebook()` says what every column means.
    A reproduction has its `runs` and its `scorecard`, a lineage its `animals` of all generations; a sweep, a plan,
    simulations, an inference, a calibration, a recording, an import and an export as CSV have `tables` by name. Files
    are read, and compared with the sums they were written with, when a table is first asked for. Unfinished work can be
    read; a warning says that it is. A folder of anything else raises `UserError`.
    """
    from socialrl.tables.loading import load as read

    return read(path)
