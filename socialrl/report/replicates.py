"""What means, intervals and n of a page are over: animals, or pairs of cage mates where these share a world."""

from __future__ import annotations

import pandas as pd

from socialrl.assays import study_of


def who(assay: str) -> str:
    """Return what the replicates of an assay are, in words."""
    return "pairs of cage mates" if study_of(assay).pairs else "animals"


def column(assay: str) -> str:
    """Return the heading of the column with their number, for a terminal."""
    return "pairs" if study_of(assay).pairs else "n"


def values_of(rows: pd.DataFrame, assay: str) -> pd.Series:
    """Return one value per replicate of a group in one test: an animal's, or the mean of cage mates of the group.

    `rows` has a row per animal: `value`, `index` and, where animals share a world, `habitat`. The two of a pair have
    their contact in common, so that they are not two observations.
    """
    if not study_of(assay).pairs or rows.empty:
        return rows["value"] if len(rows) else pd.Series(dtype=float)
    return rows.groupby([rows["habitat"], rows["index"] // 2])["value"].mean()
