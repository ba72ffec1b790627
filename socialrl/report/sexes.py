"""Groups of both sexes on pages: a genotype of which there are females and males is shown as two groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

SEXES = ("female", "male")


def of_both_sexes(tables: Iterable[pd.DataFrame]) -> frozenset[str]:
    """Return the genotypes of which the tables hold females and males, in one run or in different ones."""
    sexes: dict[str, set[str]] = {}
    for table in tables:
        if len(table):
            for genotype, sex in table[["genotype", "sex"]].drop_duplicates().itertuples(index=False):
                sexes.setdefault(str(genotype), set()).add(str(sex))
    return frozenset(genotype for genotype, found in sexes.items() if len(found) > 1)


def with_group(table: pd.DataFrame, both: Collection[str]) -> pd.DataFrame:
    """Return a table with the column `group`: run and genotype and, for the genotypes in `both`, the sex."""
    if table.empty:
        return table
    rows = zip(table["run"], table["genotype"], table["sex"], strict=True)
    return table.assign(group=[key_of(run, genotype, sex if genotype in both else "") for run, genotype, sex in rows])


def key_of(run: str, genotype: str, sex: str) -> str:
    """Return the key of a group in the column `group`; `sex` is empty where the genotype is not split."""
    return f"{run}/{genotype}/{sex}" if sex else f"{run}/{genotype}"


def of_another_company(tests: pd.DataFrame) -> pd.Series:
    """Return `relationship`, with the stranger's sex added where it is not that of the partner: "peer, stranger of …".

    Such tests ask another question, so tables and figures keep them apart.
    """
    if "stranger_sex" not in tests:
        return tests["relationship"]
    as_partner = tests["relationship"].map(lambda one: "same" if one == "peer" else "other")
    apart = tests["stranger_sex"].isin(("same", "other")) & (tests["stranger_sex"] != as_partner)
    longer = tests["relationship"].astype(str) + ", stranger of the " + tests["stranger_sex"].astype(str) + " sex"
    return tests["relationship"].where(~apart, longer)
