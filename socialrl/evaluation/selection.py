"""Which of a run's animals are tested, and the name of the table of a selection."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from socialrl.animals.animal import Animal, animals_of, ids_by_group
from socialrl.config.loading import Config
from socialrl.errors import UserError, unknown
from socialrl_envs import ASSAYS

_LONGEST = 48


@dataclass(frozen=True)
class Selection:
    """The animals of `groups` and those called `animals`; nothing named means all of a run."""

    groups: tuple[str, ...] = ()
    animals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.animals)

    def suffix(self, config: Config) -> str:
        """Return what is added to a table's name: `_of_ko`, `_of_ko_wt_00`, nothing for all animals.

        It depends only on the choice, not on its wording, and differs between choices.
        """
        if not self:
            return ""
        groups = ids_by_group(animals_of(config))
        names = [name for name in groups if name in self.groups]
        words = [*names, *(one for one in self.ids(config) if not any(one in groups[name] for name in names))]
        text = "_".join(words)
        label = text.lower().replace("-", "_")
        if len(label) > _LONGEST or any(re.search(r"_\d+$", name) for name in groups):
            # shortened, or the animal ko-00 beside a group ko_00: the sum distinguishes two choices
            label = f"{label[:_LONGEST].rstrip('_')}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        return f"_of_{label}"

    def ids(self, config: Config) -> list[str]:
        """Return the ids of the chosen animals in the run's order; an unknown name raises `UserError`."""
        everyone = animals_of(config)
        groups = ids_by_group(everyone)
        for name in self.groups:
            if name not in groups:
                # reports write "knockout" where the configuration has "ko"; the gain says which group is meant
                gain = {one.id: f"gain {config.genotypes[one.genotype].oxtr_gain:g}" for one in everyone}
                named = {group: gain[ids[0]] for group, ids in groups.items()}
                raise UserError(unknown("group", name, named, listed_as="groups of this run"))
        known = [one.id for one in everyone]
        for name in self.animals:
            if name not in known:
                raise UserError(unknown("animal", name, known, listed_as="animals of this run"))
        if not self:
            return known
        wanted = {*self.animals, *(one for name in self.groups for one in groups[name])}
        return [one for one in known if one in wanted]

    def of(self, config: Config, trained: Sequence[Animal]) -> list[str]:
        """Return the ids of the chosen animals that are trained; one that was named and is not raises `UserError`."""
        have = {one.id for one in trained}
        for name in self.animals:
            if name not in have and name in self.ids(config):
                raise UserError(
                    f"animal {name} is not trained yet; trained are: {', '.join(one.id for one in trained)}"
                )
        chosen = [one for one in self.ids(config) if one in have]
        if not chosen:
            raise UserError(f"no animal of {', '.join(self.groups)} is trained yet")
        return chosen


ALL = Selection()
"""Every animal that is trained."""


def with_company(config: Config, animals: Sequence[Animal], chosen: Sequence[str]) -> list[Animal]:
    """Return the animals that have to play so that `chosen` can: all that share a habitat with one of them."""
    if len(ASSAYS[config.env.id].acting) == 1:
        return [one for one in animals if one.id in chosen]
    habitats = {one.habitat for one in animals if one.id in chosen}
    return [one for one in animals if one.habitat in habitats]


def rows_of(table: pd.DataFrame, animals: Sequence[str]) -> pd.DataFrame:
    """Return the rows of `animals` in a table of tests or events."""
    return table[table["animal"].isin(animals)].reset_index(drop=True)
