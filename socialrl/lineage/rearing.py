"""Growing up: from the care that a litter got to expression, competence and reactivity of its pups as adults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gymnasium as gym
import pandas as pd

from socialrl.animals.rows import Lineup
from socialrl.lineage.animals import animals_in
from socialrl.lineage.schema import WEANED_D, LineageConfig
from socialrl_envs import ASSAYS
from socialrl_envs.home_cage import HomeCage
from socialrl_envs.litters import relative_care
from socialrl_envs.vocabulary import SLOW

_ASSAY = "socialrl/PartnerPreference-v0"
_SIBLING = 1
WEANED = ("expression", "competence", "reactivity")
"""The variables of the slow state that are kept as they were at weaning, too, as `<name>_weaned`."""


@dataclass(frozen=True)
class Reference:
    """The care of the reference family: `care_received` of a litter, and the share of the day in contact."""

    care_received: float
    contact_share: float


def reared_by_two(config: LineageConfig, animals: pd.DataFrame) -> pd.DataFrame:
    """Return first animals with their slow state as adults: two parents of the reference family reared them.

    So they have the past of a pup with u = 1, and later generations can be set beside them.
    """
    return animals.join(_grown(config, animals, "siblings", None))


def grown_up(config: LineageConfig, pups: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Return the pups with their childhood and their slow state as adults; rows of those that died have none.

    `pups` has `care_received` and `contact_share` of the litter. New columns: `care` (u), `<name>_weaned` at day 21 and
    the slow state at `adult_d`. A home cage holds the pup and a sibling of its sex; from weaning on it lives as
    `after_weaning` says.
    """
    pups = pups.assign(care=relative_care(pups["care_received"], reference.care_received))
    lived = pups[pups["survived"]]
    pieces = [_grown(config, rows, str(kind), reference) for kind, rows in lived.groupby("after_weaning", sort=False)]
    return pups.join(pd.concat(pieces))


def _grown(config: LineageConfig, pups: pd.DataFrame, after_weaning: str, reference: Reference | None) -> pd.DataFrame:
    newborn = animals_in(config, pups)
    env = gym.make_vec(
        _ASSAY,
        num_envs=len(newborn),
        vectorization_mode="vector_entry_point",
        attachment=True,
        **Lineup(ASSAYS[_ASSAY], newborn, 1).arguments(),
    )
    cage = HomeCage(env.unwrapped.world, [False], age_d=0.0)  # type: ignore[attr-defined]
    if reference is None:
        cage.rear(WEANED_D * 24.0, carers=2, litter=[_SIBLING])
    else:
        cage.rear_by(
            WEANED_D * 24.0,
            care=pups["care"].to_numpy(),
            contact_share=pups["contact_share"].to_numpy(),
            reference_share=reference.contact_share,
            litter=[_SIBLING],
        )
    weaned = cage.slow_state()
    together: Sequence[int] = () if after_weaning == "isolation" else (_SIBLING,)
    cage.live((config.adult_d - WEANED_D) * 24.0, together, enriched=after_weaning == "enrichment")
    adult = cage.slow_state()
    columns = {f"{name}_weaned": getattr(weaned, name) for name in WEANED}
    columns |= {one.name: getattr(adult, one.name) for one in SLOW}
    return pd.DataFrame(columns, index=pups.index)
