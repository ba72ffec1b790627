"""A finished lineage: its animals, and what follows from them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from socialrl.analysis.measure_table import headline_of, measure_called
from socialrl.config.loading import Config
from socialrl.lineage import comparisons
from socialrl.lineage.findings import verdicts
from socialrl.lineage.rearing import Reference
from socialrl.lineage.schema import LineageConfig
from socialrl.lineage.variance import variance_split

RECEPTOR = "receptor"
OWN_MEASURES: Mapping[str, tuple[str, str]] = {
    "care": ("Care received", "× reference family"),
    "expression": ("Expression", "× reference"),
    RECEPTOR: ("Receptor, gain × expression", "× wild type"),
    "reactivity": ("Stress reactivity", "× reference"),
    "licking_share": ("Licking", "share of time"),
    "nest_share": ("In the nest", "share of time"),
    "care_given": ("Care given", "touch × occupancy"),
}
"""What a lineage measures besides its assays: label and unit."""


@dataclass(frozen=True)
class Lineage:
    """A finished lineage. `animals` has a row per animal of every generation, `families` those of the reference.

    `tested` are the main measures of the assays, `<measure>_<test>`, with label and unit.
    """

    config: LineageConfig
    reference: Reference
    families: pd.DataFrame
    animals: pd.DataFrame
    tested: Mapping[str, tuple[str, str]]

    @classmethod
    def of(
        cls,
        config: LineageConfig,
        assays: Mapping[str, Config],
        reference: Reference,
        families: pd.DataFrame,
        generations: Sequence[pd.DataFrame],
    ) -> Lineage:
        """Return the lineage of these tables, one per generation from the founders on."""
        tested = {}
        for name, settings in assays.items():
            measure = measure_called(headline_of(name).name)
            for test in settings.evaluation.tests:
                tested[f"{measure.name}_{test.name}"] = (f"{measure.label}, {test.name}", measure.unit)
        animals = pd.concat(generations, ignore_index=True)
        groups = {cell: one.dams for cell, one in config.cells.items()}
        rearing_cell = animals.set_index("animal")["cell"].reindex(animals["rearing_dam"]).to_numpy()
        animals = animals.assign(
            born_to=animals["cell"].map(groups),
            reared_by=pd.Series(rearing_cell, index=animals.index).map(groups),
        )
        animals[RECEPTOR] = animals["oxtr_gain"] * animals["expression"]
        return cls(config, reference, families, animals, tested)

    @functools.cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All that is compared, by name: findings, means, contrasts, trends, variance, effects, mothers, transmission,
        care.
        """
        return _tables(self.config, self.animals, list(self.tested))

    @staticmethod
    def measures_of(assays: Mapping[str, Config]) -> list[str]:
        """Return the names of all measures of a lineage with these assays: its own, and one for each test."""
        tests = [(name, test.name) for name, one in assays.items() for test in one.evaluation.tests]
        return [*OWN_MEASURES, *(f"{headline_of(assay).name}_{test}" for assay, test in tests)]

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """Label and unit of every measure that is compared."""
        return {**OWN_MEASURES, **self.tested}

    @property
    def pups(self) -> pd.DataFrame:
        """The animals that lived and whose childhood is known: all but the founders."""
        return self.animals[(self.animals["generation"] > 0) & self.animals["survived"]]

    @property
    def fostered(self) -> bool:
        """Whether any pup grew up with others than its parents."""
        return bool((self.pups["birth_litter"] != self.pups["rearing_litter"]).any())

    @property
    def relations(self) -> tuple[str, ...]:
        """The mothers that daughters are compared with; those that bore and that reared them where they differ."""
        return ("birth dam", "rearing dam") if self.fostered else ("rearing dam",)

    @property
    def lost(self) -> int:
        """How many pups died, because no carer was ever in contact with their litter."""
        return int((~self.animals["survived"]).sum())


def _tables(config: LineageConfig, animals: pd.DataFrame, tested: list[str]) -> dict[str, pd.DataFrame]:
    measures = [*OWN_MEASURES, *tested]
    litters = comparisons.litter_means(animals, measures)
    pups = animals[(animals["generation"] > 0) & animals["survived"]]
    split, effects = variance_split(pups, ["expression", RECEPTOR, "licking_share", *tested])
    mothers = comparisons.families(animals, ["licking_share", "nest_share", "care_given", *tested])
    cared = pd.DataFrame(
        [
            {"over": over, "measure": name, "r": one.value, "low": one.low, "high": one.high, "n": one.n}
            for over, rows in (
                ("all litters", litters),
                *((f"cell {key}", own) for key, own in litters.groupby("cell")),
            )
            for name in ("expression", RECEPTOR, "reactivity", "licking_share", *tested)
            for one in [comparisons.correlation(rows["care"], rows[name])]
        ]
    )
    trends, transmission = comparisons.trends(litters, measures), comparisons.transmission(mothers)
    return {
        "findings": verdicts(config.findings, litters, trends, transmission),
        "means": comparisons.means(litters, measures),
        "contrasts": comparisons.contrasts(litters[litters["generation"] > 0], measures, next(iter(config.cells))),
        "trends": trends,
        "variance": split,
        "effects": effects,
        "mothers": mothers,
        "transmission": transmission,
        "care": cared,
    }
