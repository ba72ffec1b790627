"""One generation after another: born, reared, grown up, taught to rear, tested; a table with a row per animal of each.

A generation depends on nothing but the table of the one before it, the reference family and the seed. So one that is
stopped goes on after the last generation that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from socialrl import seeding
from socialrl.animals.animal import Animal
from socialrl.config.loading import Config
from socialrl.errors import UserError
from socialrl.lineage.animals import animals_in
from socialrl.lineage.carers import Watch
from socialrl.lineage.genetics import Genome, founder, gain_of
from socialrl.lineage.pedigree import founders_of, pups_of
from socialrl.lineage.rearing import WEANED, Reference, grown_up, reared_by_two
from socialrl.lineage.schema import LineageConfig
from socialrl_envs.vocabulary import SEXES

Test = Callable[[Mapping[str, Config], list[Animal], Callable[[int, str], None]], pd.DataFrame]
Steps = Callable[[int, str], None]
"""Given the steps that all animals of a cohort have made so far, and what it is."""

_REFERENCE_NUMBERS = 90_000_000
"""Numbers of the animals of reference families: above those of every generation."""


@dataclass(frozen=True)
class Maker:
    """Makes the tables of a lineage: of the reference families, of founders, of the generations after them.

    `care` and `assays` are the configurations of its cohorts, `watch` and `test` what trains and tests them.
    """

    config: LineageConfig
    care: Mapping[int, Config]
    assays: Mapping[str, Config]
    watch: Watch
    test: Test
    on_steps: Steps

    def reference_families(self) -> pd.DataFrame:
        """Return the carers of two-parent wild-type families."""
        rows = []
        for pair in range(self.config.reference_families):
            for k, sex in enumerate(SEXES):
                number = _REFERENCE_NUMBERS + 2 * pair + k
                genome = founder(1.0, seeding.generator(self.config.seed, "animal", number, "genome"))
                rows.append(self._reference_row(pair, number, sex, genome))
        families = reared_by_two(self.config, pd.DataFrame(rows))
        return self._watched(families, dict.fromkeys(families["pair"], 2), "reference families")

    def founders(self) -> pd.DataFrame:
        """Return generation 0, which two parents reared; what care these gave is not known."""
        return self._lived(reared_by_two(self.config, founders_of(self.config)), 0)

    def generation(self, number: int, parents: pd.DataFrame, reference: Reference) -> pd.DataFrame:
        """Return the pups of `parents`: their families, what care made of them, how they rear and how they test."""
        pups = pups_of(self.config, number, parents)
        carers = parents.set_index("animal").loc[pups["rearing_dam"]]
        pups = pups.assign(
            care_received=carers["litter_care"].to_numpy(), contact_share=carers["litter_contact_share"].to_numpy()
        )
        return self._lived(grown_up(self.config, pups, reference), number)

    def _lived(self, adults: pd.DataFrame, number: int) -> pd.DataFrame:
        """Return adults with how they rear, and how they do in the assays; the columns are in the order of life."""
        n_carers = {
            str(pair): self.config.cells[str(cell)].carers_in(number + 1)
            for pair, cell in zip(adults["pair"], adults["cell"], strict=True)
            if pair
        }
        adults = self._watched(adults, n_carers, f"generation {number}, care")
        survivors = adults[adults["survived"]]
        n = len(survivors)
        tested = self.test(
            self.assays,
            animals_in(self.config, survivors),
            lambda done, assay: self.on_steps(done * n, f"generation {number}, {assay}"),
        )
        found = adults.join(tested, on="animal")
        empty = [name for name in _CHILDHOOD if name not in found]
        found = found.assign(**{name: float("nan") for name in empty})
        first = [name for name in found if name in _FAMILY]
        later = [name for name in found if name not in (*_FAMILY, *_CHILDHOOD)]
        return found[[*first, *_CHILDHOOD, *later]]

    def _watched(self, adults: pd.DataFrame, n_carers: Mapping[str, int], text: str) -> pd.DataFrame:
        """Return adults with the care that those in pairs give, and whether the pups that they get would live."""
        paired = adults[adults["pair"] != ""]
        order = paired.sort_values(["pair", "sex"], kind="stable")  # dams come before their sires
        parents = animals_in(self.config, order)
        of_dam = {dam.id: n_carers[pair] for dam, pair in zip(parents[::2], order["pair"].iloc[::2], strict=True)}
        found = self.watch(self.care, parents, of_dam, lambda done: self.on_steps(done, text))
        found = found.assign(litter_survives=found["litter_contact_share"] > 0.0)
        joined = adults.join(found, on="animal")
        return joined.assign(litter_survives=joined["litter_survives"].eq(True))

    def _reference_row(self, pair: int, number: int, sex: str, genome: Genome) -> dict[str, Any]:
        name = f"reference-{pair:02d}"
        return {
            "cell": "reference",
            "animal": f"{name}{sex[0]}",
            "pair": name,
            "number": number,
            "sex": sex,
            "genotype_gain": genome.gain,
            "oxtr_gain": gain_of(genome, self.config.individual_spread, self.config.env.table),
        }


_FAMILY = (
    "generation", "cell", "animal", "number", "sex", "place", "rank", "dam", "sire", "birth_litter", "rearing_litter",
    "rearing_dam", "rearing_sire", "carers", "after_weaning", "survived", "pair", "breeds", "genotype_gain", "deviate",
    "oxtr_gain",
)  # fmt: skip
_CHILDHOOD = ("care_received", "contact_share", "care", *(f"{name}_weaned" for name in WEANED))


def reference_of(families: pd.DataFrame) -> Reference:
    """Return the mean care of the reference families' litters; families that never care raise `UserError`."""
    litters = families.drop_duplicates("pair")
    care, contact = float(litters["litter_care"].mean()), float(litters["litter_contact_share"].mean())
    if not care > 0.0:
        raise UserError(
            "the reference families never touched their pups, so that care has no unit; let animals learn to rear for "
            "longer: care.steps"
        )
    return Reference(care, contact)
