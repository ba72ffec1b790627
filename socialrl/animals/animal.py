"""Who takes part in an experiment: the animals of all groups, each with its own parameters and random streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from socialrl import seeding
from socialrl.config.loading import Config, RecordingConfig
from socialrl_envs import ASSAYS, Assay
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import draw_individual, rows_of
from socialrl_envs.vocabulary import SEXES


@dataclass(frozen=True)
class Animal:
    """One animal: `id` (`knockout-03`), its group, the group's gain, its pair number and its own parameters.

    `sex` is female or male. `parameters` holds every parameter that differs from the table called `table`, the
    individual's own gain among them; `arms` the places of receptor action that do not follow the gain. Animals with the
    same `index` share all random streams and individual factors across groups. Where animals share a world, `habitat`
    names it (`mixed-0`) and `habitat_type` is the kind of it (`mixed`); elsewhere both are empty. `slow_state` are
    variables of `socialrl_envs.vocabulary.SLOW` that it comes to every episode with, if it has its own.
    """

    id: str
    genotype: str
    oxtr_gain: float
    index: int
    parameters: dict[str, float] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)
    habitat_type: str = ""
    habitat: str = ""
    sex: str = SEXES[0]
    table: str = CURRENT
    slow_state: dict[str, float] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The animals it is averaged with: its genotype's, in one kind of habitat (`ko`, `ko_in_mixed`)."""
        alone = self.habitat_type in ("", self.genotype)
        return self.genotype if alone else f"{self.genotype}_in_{self.habitat_type}"

    def common(self) -> dict[str, str | float | int]:
        """Return the first columns of every table."""
        lives_in = {"habitat_type": self.habitat_type, "habitat": self.habitat} if self.habitat else {}
        return {
            "animal": self.id,
            "genotype": self.genotype,
            "oxtr_gain": self.oxtr_gain,
            "index": self.index,
            "sex": self.sex,
            **lives_in,
        }


def animals_of(config: Config) -> list[Animal]:
    """Return all animals of an experiment, group by group; those that share a habitat follow each other."""
    assay = ASSAYS[config.env.id]

    def sex_of(genotype: str, index: int) -> str:
        sex = config.genotypes[genotype].sex
        return SEXES[cage_of(assay, index) % len(SEXES)] if sex == "mixed" else sex

    return _drawn(config, config.members, len(assay.acting), sex_of)


def animals_recorded(
    config: Config | RecordingConfig, sexes: Sequence[str] = SEXES, own: Mapping[str, str | None] | None = None
) -> list[Animal]:
    """Return all animals of a recording of evoked release, group by group.

    `own` gives the sex of groups (female, male or mixed: in turn). In the others the first half by number has the first
    of `sexes`, the rest the second.
    """

    def sex_of(genotype: str, index: int) -> str:
        sex = (own or {}).get(genotype)
        if sex is None:
            return sexes[index * len(sexes) // config.animals]
        return SEXES[index % len(SEXES)] if sex == "mixed" else sex

    return _drawn(config, {name: (name,) for name in config.genotypes}, 1, sex_of)


def _drawn(
    config: Config | RecordingConfig,
    kinds: Mapping[str, Sequence[str]],
    share: int,
    sex_of: Callable[[str, int], str],
) -> list[Animal]:
    """Draw the animals of each kind of group; `kinds` has its members' genotypes, `share` how many live together."""
    animals = []
    for kind, members in kinds.items():
        for index, name in enumerate(config.animal_ids(kind)):
            genotype = members[index % len(members)]
            group = config.genotypes[genotype]
            rng = seeding.generator(config.seed, "animal", index, "individual")
            given = {**config.env.changed_parameters, **group.parameters, "oxtr_gain": group.oxtr_gain}
            sex, table = sex_of(genotype, index), config.env.table
            own = draw_individual(rng, of_sex(given, sex), config.individual_spread, table, sex=sex)
            arms = {**config.env.arms, **group.arms}
            lives_in = (kind, f"{kind}-{index // share}") if share > 1 else ("", "")
            animals.append(Animal(name, genotype, group.oxtr_gain, index, own, arms, *lives_in, sex, table))
    return animals


def of_sex(given: Mapping[str, float | Mapping[str, float]], sex: str) -> dict[str, float]:
    """Return the parameters that are given for animals of a sex; one given for the other sex only is left out."""
    own = {name: value.get(sex) if isinstance(value, Mapping) else value for name, value in given.items()}
    return {name: value for name, value in own.items() if value is not None}


def cage_of(assay: Assay, index: int) -> int:
    """Return the number of the cage that animal `index` of a group lived in; where one animal acts, its own number."""
    habitat, member = divmod(index, len(assay.acting))
    mates = assay.cohoused_with[: len(assay.acting)]
    firsts = [one for one, mate in enumerate(mates) if not 0 <= mate < one]  # the first animal of every cage
    mate = mates[member]
    return habitat * len(firsts) + firsts.index(mate if 0 <= mate < member else member)


def ids_by_group(animals: Sequence[Animal]) -> dict[str, list[str]]:
    """Return the ids of each group's animals, groups in order of appearance (see `Animal.group`)."""
    groups: dict[str, list[str]] = {}
    for animal in animals:
        groups.setdefault(animal.group, []).append(animal.id)
    return groups


def per_row(animals: list[Animal], repeats: int) -> dict[str, list[float]]:
    """Return the animals' parameters as one value a row, every animal `repeats` rows in a block.

    A parameter that only some of the animals have changed is that of the table in the others.
    """
    rows = {row.name: row for row in rows_of(table_of(animals))}
    return {
        name: [animal.parameters.get(name, rows[name].of(animal.sex)) for animal in animals for _ in range(repeats)]
        for name in dict.fromkeys(name for animal in animals for name in animal.parameters)
    }


def slow_state_per_row(animals: Sequence[Animal], repeats: int) -> dict[str, list[float]]:
    """Return the animals' own slow state as one value a row, every animal in a block of `repeats` rows.

    All of them have the same variables; else `ValueError` is raised.
    """
    names = {tuple(animal.slow_state) for animal in animals}
    if len(names) > 1:
        raise ValueError("animals of one world have the same variables of the slow state of their own")
    return {
        name: [animal.slow_state[name] for animal in animals for _ in range(repeats)]
        for name in (names.pop() if names else ())
    }


def table_of(animals: Sequence[Animal]) -> str:
    """Return the name of the parameter table of animals in one world; several tables raise `ValueError`."""
    names = {animal.table for animal in animals}
    if len(names) > 1:
        raise ValueError(f"animals of one world have one parameter table, got {', '.join(sorted(names))}")
    return names.pop() if names else CURRENT


def arms_per_row(animals: list[Animal], repeats: int) -> dict[str, list[str]]:
    """Return the arms that any animal has switched, one setting a row, every animal in a block of `repeats` rows."""
    switched = {arm: None for animal in animals for arm in animal.arms}
    return {arm: [animal.arms.get(arm, "own") for animal in animals for _ in range(repeats)] for arm in switched}
