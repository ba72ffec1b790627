"""Who is born to whom, who rears whom, who mates with whom: tables with a row per animal.

A pair of generation k − 1 makes a litter of generation k, and that litter has the pair's name. Animals of equal
`number` share their random streams across cells, so that cells are compared in pairs, as groups are elsewhere.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from socialrl import seeding
from socialrl.errors import UserError
from socialrl.lineage.genetics import Genome, founder, gain_of, offspring
from socialrl.lineage.schema import OTHERS, OWN, LineageConfig
from socialrl_envs.vocabulary import SEXES

FEMALE, MALE = SEXES
_NUMBERS_APART = 100_000
"""What is added to the numbers of animals from generation to generation: more than any cell has."""


def founders_of(config: LineageConfig) -> pd.DataFrame:
    """Return the founders, pair by pair: dam and sire of every first litter, unrelated, reared by two parents."""
    rows = []
    for cell, settings in config.cells.items():
        for pair in range(config.litters):
            for k, sex in enumerate(SEXES):
                group = settings.dams if sex == FEMALE else settings.sires or settings.dams
                number = 2 * pair + k
                rng = seeding.generator(config.seed, "animal", number, "genome")
                genome = founder(config.founders[group].oxtr_gain, rng)
                rows.append(
                    _row(config, 0, cell, pair, k // 2, sex, number, genome)
                    | {"carers": 2, "after_weaning": "siblings", "survived": True}
                )
    return paired(pd.DataFrame(rows))


def pups_of(config: LineageConfig, generation: int, parents: pd.DataFrame) -> pd.DataFrame:
    """Return the pups of a generation that are followed, of all cells, with the carers that they get.

    `parents` are the animals of the generation before with `pair`, `breeds` and `litter_survives`, which says of a
    carer whether the pups that it is given live. A cell in which no daughter or no son survives raises `UserError`.
    """
    mated = parents[parents["breeds"]]
    dams, sires = (mated[mated["sex"] == sex].set_index("pair") for sex in SEXES)
    pairs = {cell: list(rows.index) for cell, rows in dams.groupby("cell", sort=False)}
    rows = []
    for cell, settings in config.cells.items():
        for place, litter in enumerate(pairs[cell]):
            for k in range(config.pups):
                sex = SEXES[k % 2]
                number = generation * _NUMBERS_APART + place * config.pups + k
                carers = foster(settings.reared_by_in(generation), place, k, litter, pairs[cell], pairs)
                dam, sire = dams.loc[litter], sires.loc[litter]
                rng = seeding.generator(config.seed, "animal", number, "genome")
                genome = offspring(_genome(dam), _genome(sire), rng)
                rows.append(
                    _row(config, generation, cell, place, k // 2, sex, number, genome)
                    | {
                        "dam": dam["animal"],
                        "sire": sire["animal"],
                        "birth_litter": litter,
                        "rearing_litter": carers,
                        "rearing_dam": dams.loc[carers, "animal"],
                        "rearing_sire": sires.loc[carers, "animal"],
                        "carers": settings.carers_in(generation),
                        "after_weaning": settings.after_weaning_in(generation),
                        "survived": bool(dams.loc[carers, "litter_survives"]),
                    }
                )
    table = pd.DataFrame(rows)
    for cell in config.cells:
        lived = table[(table["cell"] == cell) & table["survived"]]
        for sex, word in zip(SEXES, ("daughter", "son"), strict=True):
            if not (lived["sex"] == sex).any():
                raise UserError(
                    f"generation {generation} of cell '{cell}' has no survivors: no {word} of its {len(pairs[cell])} "
                    "litters was ever in contact with a carer, so none lived; let animals learn to rear for longer "
                    "(care.steps), or look at what keeps them from the nest"
                )
    return paired(table)


def foster(reared_by: str, place: int, k: int, litter: str, own: list[str], pairs: dict[str, list[str]]) -> str:
    """Return the litter in whose nest pup `k` of litter number `place` of a cell grows up.

    Fostered litter mates get different carers, and so do pups of one nest different parents: what comes with birth and
    what comes with rearing can be told apart.
    """
    if reared_by == OWN:
        return litter
    if reared_by == OTHERS:
        n = len(own)
        return own[(place + 1 + k % (n - 1)) % n] if n > 1 else litter
    return pairs[reared_by][(place + k) % len(pairs[reared_by])]


def paired(animals: pd.DataFrame) -> pd.DataFrame:
    """Return the table with `pair`, empty for who stays alone, and `breeds`, the pairs whose litters are followed.

    In every cell the first daughter that lives of a litter and the first such son of another breed; further daughters
    and sons are paired in the same way, and rear and are watched, but their pups are not followed. Siblings mate only
    where no other animals are left.
    """
    pair, breeds = pd.Series("", index=animals.index), pd.Series(False, index=animals.index)
    lived = animals[animals["survived"]]
    turn = lived.groupby(["cell", "generation", "place", "sex"]).cumcount()
    for (cell, generation, number), rows in lived.groupby(["cell", "generation", turn], sort=False):
        dams, sires = (rows[rows["sex"] == sex] for sex in SEXES)
        for dam, sire in zip(dams.index, _unrelated(dams, sires), strict=False):
            name = f"{cell}-{generation + 1}-{animals.at[dam, 'place']:02d}" + (f"x{number}" if number else "")
            pair[[dam, sire]], breeds[[dam, sire]] = name, number == 0
    return animals.assign(pair=pair, breeds=breeds)


def _unrelated(dams: pd.DataFrame, sires: pd.DataFrame) -> list[Any]:
    """Return the index of the sire of each dam: those of the next litters, turned until nobody has a sibling."""
    births = list(dams["birth_litter"])
    others = list(zip(sires.index, sires["birth_litter"], strict=True))
    if all(births[k] == "" for k in range(len(births))):
        return [index for index, _ in others]  # founders are related to nobody
    for turn in [*range(1, len(others)), 0]:
        turned = others[turn:] + others[:turn]
        if all(born != theirs for born, (_, theirs) in zip(births, turned, strict=False)):
            return [index for index, _ in turned]
    turned = others[1:] + others[:1]
    return [index for index, _ in turned]


def _row(
    config: LineageConfig, generation: int, cell: str, place: int, rank: int, sex: str, number: int, genome: Genome
) -> dict[str, Any]:
    """Return the first columns of an animal: the `rank`-th daughter or son of litter number `place`."""
    return {
        "generation": generation,
        "cell": cell,
        "animal": f"{cell}-{generation}-{place:02d}{sex[0]}{rank}",
        "number": number,
        "sex": sex,
        "place": place,
        "rank": rank,
        "dam": "",
        "sire": "",
        "birth_litter": "",
        "rearing_litter": "",
        "rearing_dam": "",
        "rearing_sire": "",
        "genotype_gain": genome.gain,
        "deviate": genome.deviate,
        "oxtr_gain": gain_of(genome, config.individual_spread, config.env.table),
    }


def _genome(row: pd.Series) -> Genome:
    return Genome(float(row["genotype_gain"]), float(row["deviate"]))
