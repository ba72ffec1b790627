"""Work for company: lever presses open a door to a tethered animal, one press more for every access."""

from __future__ import annotations

from ..assay import Assay
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

_BOX = Habitat.build(("lever", "left", "right"), ((0, 1), (0, 2)), ((0.5, 0.5), (0.15, 0.5), (0.85, 0.5)))

SOCIAL_OPERANT = Assay(
    id="socialrl/SocialOperant-v0",
    habitat=_BOX,
    animals=("focal", "partner", "stranger"),
    acting=(0,),
    cohoused_with=(1, 0, -1),
    placements={"left": (0, 1, 2), "right": (0, 2, 1)},
    chambers={"left": ("lever", "partner", "stranger"), "right": ("lever", "stranger", "partner")},
    duration_s=1800.0,
    paper="Beery, Lopez, Blandino, Lee & Bourdon 2021 eLife 10:e72684 (progressive ratio, 30 min, 60-s access)",
    dt_s=5.0,
    sessions={"partner": (1, 1, 0), "stranger": (1, 0, 1), "choice": (1, 1, 1)},
    doors={1: 1, 2: 2},
    lever=0,
    access_s=60.0,
)


class SocialOperantEnv(SocialEnv):
    """What is company worth: how often does a vole press a lever to be let in to its partner, or to a stranger?

    The focal animal is in the lever chamber; tethered animals are behind doors at the left and right. Going toward an
    animal (*affiliate*) behind a shut door presses its lever, one press in `press_s` seconds. The k-th access to an
    animal costs k presses (progressive ratio +1); its door is then open for 60 s, after which the animal is put back to
    the lever. A press costs `press_cost` divided by the dopamine tone. Sessions of 30 min (`options={"session": …}`):
    "partner", "stranger" (one animal present) or "choice" (both); drawn where not given.
    Paper: Beery et al. 2021, eLife 10:e72684.

    Actions, observation, reward and arguments are those of `PartnerPreferenceEnv` (chambers: lever, left, right;
    `work_left` is n / (n + 10) for n presses still to do); ticks of 5 s. **Info** and `record` add, for partner and
    stranger, `presses`, `accesses`, `access_s` (seconds in the chamber during accesses) and `breakpoint` (last
    completed ratio, which is the number of accesses). Truncation after `duration_s`; it never terminates.

    **Versions.** v0: first.
    """

    assay = SOCIAL_OPERANT


class SocialOperantVectorEnv(SocialVectorEnv):
    """`SocialOperantEnv` natively batched: same step, same numbers."""

    assay = SOCIAL_OPERANT
