"""What the file of a lineage may contain: founders, cells of litters, how animals learn and what they are tested in.

A cell is a line of litters that live through the same: who their first parents were, who rears the pups, with how many
carers, and what happens after weaning. Generation 0 are the founders; the pups that are followed are generations 1 to
`generations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from socialrl.config import limits
from socialrl.config.checks import explained_choice, folder, identifier, number, one_or_list, refuse, run_name, whole
from socialrl.config.experiment import some_groups, usable_groups
from socialrl.config.paths import expanded
from socialrl.config.shapes import Checked
from socialrl.config.values import (
    Arms,
    FrozenDict,
    LengthOfTest,
    ParametersOfWorld,
    Repeats,
    Section,
    Spread,
    WorldParameters,
)
from socialrl.errors import unknown
from socialrl.lineage.findings import Asked
from socialrl.protocols.childhood import INDEPENDENT_D, MAX_ALONE_H
from socialrl_envs.named_tables import CURRENT

OWN, OTHERS = "own", "others"
"""Words of `reared_by` beside the names of cells."""
AFTER_WEANING: Mapping[str, str] = {
    "siblings": "with a sibling of the same sex",
    "isolation": "alone",
    "enrichment": "with a sibling in an enriched cage",
}
WEANED_D = 21.0
"""Age at weaning: care is that of days 1 to 21."""
MAX_GENERATIONS = 20
MAX_LITTERS = 1000
MAX_PUPS = 8


class World(Section, ParametersOfWorld):
    """What differs from the parameter table in all animals, and places of receptor action that are switched."""

    parameters: WorldParameters = Field(default=CURRENT, validate_default=True)
    arms: Arms = FrozenDict()


class Founders(Section):
    """A group of first parents; `oxtr_gain` is relative to the wild type."""

    oxtr_gain: Annotated[float, number(0, 2)]


class Learning(Section):
    """How all animals learn in one assay, where it is not as usual: `steps` per animal, sections of a configuration.

    `env` has the keys of an experiment's section of that name but for `id`, `parameters`, `arms` and `attachment`. The
    slow state is the animals' own. `tests` are those of frozen animals, each `repeats` times; `duration_s` is their
    length.
    """

    steps: Annotated[int | None, whole(1, limits.MAX_STEPS, optional=True)] = None
    lives: Annotated[int | None, whole(1, limits.MAX_LIVES, optional=True)] = None
    env: Annotated[dict[str, Any], AfterValidator(FrozenDict)] = FrozenDict()
    ppo: Annotated[dict[str, Any], AfterValidator(FrozenDict)] = FrozenDict()
    repeats: Repeats = 4
    duration_s: LengthOfTest = None
    tests: tuple[dict[str, Any], ...] = ()

    @model_validator(mode="after")
    def _of_all_animals(self) -> Learning:
        for name in ("id", "parameters", "arms", "attachment"):
            if name in self.env:
                raise refuse(f"cannot be set here; {_ELSEWHERE[name]}", key=f"env.{name}")
        return self


_ELSEWHERE = {
    "id": "the name of the section is that of the assay",
    "parameters": "one table holds for all animals: env.parameters",
    "arms": "they hold for all animals: env.arms",
    "attachment": "it is always true in a lineage",
}


def _some_carers(value: Any) -> Any:
    if value in (0, "none") and not isinstance(value, bool):
        raise refuse(
            f"must be 1 or 2, got {value}: before day {INDEPENDENT_D:g} pups live without carers for {MAX_ALONE_H:g} h "
            "at most, so no litter would survive"
        )
    if value not in (1, 2) or isinstance(value, bool):
        raise refuse(f"must be 1 (the dam alone) or 2 (dam and sire), got {value}")
    return int(value)


class Cell(Section):
    """A line of litters. `dams` and `sires` (default: the same) name the groups of its first parents.

    `reared_by` says who rears the pups: `own` parents, `others` of the same cell (in-fostered), or the parents of
    another cell (cross-fostered). `carers` are 2, or 1 for the dam alone. All three hold for the pups of
    `in_generations` (None: all); in other generations two parents rear their own pups, which live with siblings.
    """

    dams: Annotated[str, identifier()]
    sires: Annotated[str | None, identifier(optional=True)] = None
    reared_by: Annotated[str, identifier()] = OWN
    carers: Annotated[int, Checked(_some_carers, shape=lambda: {"enum": [1, 2]})] = 2
    after_weaning: Annotated[str, explained_choice(lambda: AFTER_WEANING)] = "siblings"
    in_generations: Annotated[tuple[int, ...] | None, one_or_list(whole(1, MAX_GENERATIONS), optional=True)] = None

    def holds(self, generation: int) -> bool:
        """Whether the cell's treatment is that of the pups of a generation."""
        return self.in_generations is None or generation in self.in_generations

    def reared_by_in(self, generation: int) -> str:
        """Return who rears the pups of a generation: `own`, `others`, or the name of a cell."""
        return self.reared_by if self.holds(generation) else OWN

    def carers_in(self, generation: int) -> int:
        """Return how many carers the pups of a generation have."""
        return self.carers if self.holds(generation) else 2

    def after_weaning_in(self, generation: int) -> str:
        """Return how the pups of a generation live after weaning."""
        return self.after_weaning if self.holds(generation) else "siblings"


def _even(value: int) -> int:
    if value % 2:
        raise refuse(f"must be even, as many daughters as sons, got {value}")
    return value


class LineageConfig(Section):
    """A whole lineage. `litters` are those of every cell and generation, `pups` those of each that are followed.

    `adult_d` is the age at which animals mate, rear and are tested. `reference_families` are the two-parent wild-type
    families whose care is 1. `findings` are comparisons that published findings are judged by.
    """

    name: Annotated[str, run_name()]
    output: Annotated[str, folder()] = "runs"
    seed: Annotated[int, whole(0, limits.MAX_SEED)]
    workers: Annotated[int | None, whole(1, limits.MAX_WORKERS, optional=True)] = None
    generations: Annotated[int, whole(1, MAX_GENERATIONS)] = 3
    litters: Annotated[int, whole(2, MAX_LITTERS)] = 24
    pups: Annotated[int, whole(2, MAX_PUPS), AfterValidator(_even)] = 2
    adult_d: Annotated[float, number(45, 365)] = 60.0
    env: World = World()
    individual_spread: Spread = 1.0
    founders: Annotated[dict[str, Founders], AfterValidator(some_groups), AfterValidator(usable_groups)]
    cells: Annotated[dict[str, Cell], AfterValidator(usable_groups)]
    reference_families: Annotated[int, whole(2, MAX_LITTERS)] = 24
    findings: tuple[Asked, ...] = ()
    care: Learning = Learning()
    assays: Annotated[dict[str, Learning], AfterValidator(FrozenDict)] = FrozenDict(
        PartnerPreference=Learning(tests=({"name": "day", "cohousing_h": 24},))
    )

    @model_validator(mode="after")
    def _cells_fit(self) -> LineageConfig:
        if not self.cells:
            raise refuse("must name at least one cell, for example wt: {dams: wt}", key="cells")
        for name, cell in self.cells.items():
            for parents in ("dams", "sires"):
                group = getattr(cell, parents)
                if group is not None and group not in self.founders:
                    text = f"is not usable: {unknown('group of founders', group, self.founders)}"
                    raise refuse(text, key=f"cells.{name}.{parents}", involves=[f"cells.{name}.{parents}", "founders"])
            late = [one for one in cell.in_generations or () if one > self.generations]
            if late:
                text = f"must be from 1 to {self.generations} (generations), got {late[0]}"
                key = f"cells.{name}.in_generations"
                raise refuse(text, key=key, involves=[key, "generations"])
            if name in (OWN, OTHERS):
                raise refuse(f"has a cell called '{name}', which reared_by uses as a word; give it another name",
                             key="cells")  # fmt: skip
        for name in self.cells:
            self._check_fostering(name)
        if self.care.tests:
            raise refuse("is not allowed: carers are watched with their litter and nothing else", key="care.tests")
        return self

    def _check_fostering(self, name: str) -> None:
        """Refuse pups without carers, and carers with two litters."""
        cell, key = self.cells[name], f"cells.{name}.reared_by"
        other = cell.reared_by
        if other in (OWN, OTHERS):
            if other == OTHERS and self.litters <= self.pups:
                text = f"must be own with litters: {self.litters}, so few that pups would come home; "
                raise refuse(f"{text}others needs more litters than pups ({self.pups})", key=key)
            return
        if other not in self.cells:
            words = {OWN: "their parents", OTHERS: "other parents of the cell"}
            known = {**words, **dict.fromkeys(self.cells, "the parents of that cell")}
            raise refuse(f"is not usable: {unknown('cell', other, known)}", key=key)
        if other == name:
            raise refuse(f"must be {OWN} or {OTHERS} for parents of the same cell, got {name}", key=key)
        foster = self.cells[other]
        if foster.reared_by != name:
            theirs = f"whose own pups are reared by {foster.reared_by}"
            text = f"must be a cell with which it exchanges its pups, got {other}, {theirs}"
            raise refuse(f"{text}; write reared_by: {name} there", key=key)
        for what in ("carers", "in_generations"):
            mine, its = getattr(cell, what), getattr(foster, what)
            if mine != its:
                text = f"must be as in {other}, with which it exchanges pups: {_told(its)}, got {_told(mine)}"
                raise refuse(text, key=f"cells.{name}.{what}", involves=[f"cells.{name}.{what}", f"cells.{other}"])

    @property
    def run_path(self) -> Path:
        """The folder of the results, `<output>/<name>`."""
        return expanded(self.output) / self.name

    def changed(self, sex: str) -> dict[str, float]:
        """Return the parameters that differ from the table in animals of a sex."""
        from socialrl.animals.animal import of_sex

        return of_sex(self.env.changed_parameters, sex)


def _told(value: Any) -> str:
    if value is None:
        return "all"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
