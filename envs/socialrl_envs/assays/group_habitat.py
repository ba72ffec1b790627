"""A group in a habitat: does a pair stay together among other pairs, over days?"""

from __future__ import annotations

from ..assay import Assay
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

N_ANIMALS = 8
_ARENA = Habitat.build(
    ("arena", "cage1", "cage2", "cage3", "cage4"),
    ((0, 1), (0, 2), (0, 3), (0, 4)),
    ((0.5, 0.5), (0.15, 0.2), (0.85, 0.2), (0.15, 0.8), (0.85, 0.8)),
)
_MATES = tuple(i ^ 1 for i in range(N_ANIMALS))  # 0 with 1, 2 with 3, …
_PAIRS_IN_CAGES = tuple(1 + i // 2 for i in range(N_ANIMALS))
_CHAMBERS = {"cages": _ARENA.names}
_PAPER = "Black et al. 2025 Curr Biol 35:4178 (multi-chamber group habitat; geometry after the laboratory's tracking software)"

GROUP_HABITAT = Assay(
    id="socialrl/GroupHabitat-v0",
    habitat=_ARENA,
    animals=tuple(f"vole{i}" for i in range(N_ANIMALS)),
    acting=tuple(range(N_ANIMALS)),
    cohoused_with=_MATES,
    placements={"cages": _PAIRS_IN_CAGES},
    chambers=_CHAMBERS,
    duration_s=432_000.0,
    paper=_PAPER,
    dt_s=60.0,
    bin_s=3600.0,
)
GROUP_MEMBER = Assay(
    id="socialrl/GroupMember-v0",
    habitat=_ARENA,
    animals=("focal", "partner", *(f"vole{i}" for i in range(2, N_ANIMALS))),
    acting=(0,),
    cohoused_with=_MATES,
    placements={"cages": _PAIRS_IN_CAGES},
    chambers=_CHAMBERS,
    duration_s=432_000.0,
    paper=_PAPER,
    dt_s=60.0,
    bin_s=3600.0,
    rules=("sociable",) * N_ANIMALS,
)


class GroupHabitatVectorEnv(SocialVectorEnv):
    """Does a pair stay together in a group: eight voles, four cohoused pairs, five chambers, days; all of them act.

    A central arena with four side cages; each pair starts in a cage of its own after `cohousing_h` hours together. A row
    is an animal: rows 8·w … 8·w + 7 are the animals of world w, and `num_envs` is a multiple of 8. Ticks of 60 s, five
    days. Actions, observation and reward are those of `PartnerPreferenceEnv` with seven slots and five chambers.

    `record` has, for each animal, contact with its cage mate and with everybody else (`contact_s_partner`,
    `contact_s_others`, and by the hour `partner_s_hourly`, `others_s_hourly`), seconds in groups of each size
    (`group_size_s`), with each animal (`cohabitation_s`, side by side) and in each chamber, and rejections.
    Paper: Black et al. 2025, Curr Biol 35:4178. Truncation after `duration_s`; it never terminates.

    **Versions.** v0: first.
    """

    assay = GROUP_HABITAT


class GroupMemberEnv(SocialEnv):
    """One vole of the group habitat acts; the seven others follow a rule, so that any single-agent learner can play.

    The others are *sociable*: for a minute on average they explore, rest, or go to the animal they know best (see
    `socialrl_envs.conspecifics`); each has its own familiarity of everybody. The world is that of
    `GroupHabitatVectorEnv`; partner is the cage mate of the focal animal.

    **Versions.** v0: first.
    """

    assay = GROUP_MEMBER


class GroupMemberVectorEnv(SocialVectorEnv):
    """`GroupMemberEnv` natively batched: same step, same numbers."""

    assay = GROUP_MEMBER
