"""The kinds of events and their rows with numbers in place of names, as `EventRecorder` puts them together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KINDS = ("chamber", "passage", "contact", "press", "access", "rejection")
CHAMBER, PASSAGE, CONTACT, PRESS, ACCESS, REJECTION = range(len(KINDS))


def rows_of_kind(
    kind: int,
    row: NDArray[np.int64],
    start_s: NDArray[np.floating[Any]],
    end_s: NDArray[np.floating[Any]],
    chamber: NDArray[np.int64],
    to: NDArray[np.int64] | int = -1,
    other: NDArray[np.int64] | int = -1,
) -> pd.DataFrame:
    """Return events of one kind; `row` is the environment's, `chamber`, `to` and `other` are numbers (−1: nothing)."""
    return pd.DataFrame(
        {"kind": kind, "row": row, "start_s": start_s, "end_s": end_s, "chamber": chamber, "to": to, "other": other}
    )
