"""From rows of a lineage's table to animals that can learn and be tested, with the slow state that care made."""

from __future__ import annotations

import pandas as pd

from socialrl import seeding
from socialrl.animals.animal import Animal
from socialrl.lineage.schema import LineageConfig
from socialrl_envs.parameters import draw_individual
from socialrl_envs.vocabulary import SLOW


def animals_in(config: LineageConfig, table: pd.DataFrame) -> list[Animal]:
    """Return the animals of rows of a lineage's table, in order.

    All that a table of parameters lets differ between animals is drawn for each; the gain is inherited. Rows without a
    slow state (pups) are animals in the reference state.
    """
    found = []
    for row in table.to_dict("records"):
        rng = seeding.generator(config.seed, "animal", row["number"], "individual")
        given = {**config.changed(row["sex"]), "oxtr_gain": row["genotype_gain"]}
        own = draw_individual(rng, given, config.individual_spread, config.env.table, sex=row["sex"])
        found.append(
            Animal(
                row["animal"],
                row["cell"],
                row["genotype_gain"],
                row["number"],
                {**own, "oxtr_gain": row["oxtr_gain"]},
                dict(config.env.arms),
                sex=row["sex"],
                table=config.env.table,
                slow_state={one.name: float(row.get(one.name, one.reference)) for one in SLOW},
            )
        )
    return found
