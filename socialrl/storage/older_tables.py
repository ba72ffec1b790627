"""Tables of runs that an older version wrote, as this version writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def with_sex(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of animals with the column `sex`; before there was one, all animals were females."""
    if not {"animal", "genotype", "index"} <= set(table.columns):
        return table
    if "sex" in table:  # pieces of an older and of this version may stand below each other
        return table.assign(sex=table["sex"].fillna("female")) if table["sex"].isna().any() else table
    table = table.copy(deep=False)
    table.insert(table.columns.get_loc("index") + 1, "sex", "female")
    return table
