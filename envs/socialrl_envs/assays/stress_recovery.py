"""An hour of restraint, then recovery: alone, with a familiar or with an unfamiliar animal."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

_BOX_AND_CAGE = Habitat.build(("box", "cage"), ((0, 1),), ((0.3, 0.5), (0.7, 0.5)))

STRESS_RECOVERY = Assay(
    id="socialrl/StressRecovery-v0",
    habitat=_BOX_AND_CAGE,
    animals=("focal", "partner", "stranger"),
    acting=(0,),
    cohoused_with=(1, 0, -1),
    placements={"box": (0, 1, 1)},
    chambers={"box": ("box", "cage")},
    known_place=True,
    duration_s=14_400.0,
    paper="Donovan, Liu & Wang 2018 Behav Brain Res 342:70 (an hour of restraint, then recovery with or without the "
    "partner)",
    # at most one of them is there
    sessions={"alone": (1, 0, 0), "partner": (1, 1, 0), "stranger": (1, 0, 1)},
    usual={"stressor": 2.0},
    of_attachment=True,
    restrains=True,
)


class StressRecoveryEnv(SocialEnv):
    """What is a bond good for? How fast does an animal calm down after an hour of restraint, alone or in company?

    The focal animal sits in a box, where it is held for the first hour (`stressor`, `stressor_length_h`). Then it is
    free: a tube leads to a cage, in which its cage mate of the last `cohousing_h` hours is tethered, or an animal that
    it has never met, or nobody (`options={"session": …}`: "partner", "stranger" or "alone", drawn where not given).
    Whether it goes there and huddles is what it has learned; that company buffers stress by its familiarity and by the
    receptor signal, and that a stranger raises it, are equations. Paper: Donovan, Liu & Wang 2018, Behav Brain Res
    342:70.

    **Actions** (`Discrete(6)`, names in `env.unwrapped.action_names`): 0 rest, 1 explore, 2 and 3 affiliate slot 0 and
    1, 4 and 5 reject slot 0 and 1, as in `PartnerPreferenceEnv`. While the animal is held, and with an animal that is
    absent, no action does anything.

    **Observation** (`Box`, float32, 32 channels, names in `env.unwrapped.observation_names`; all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–1 | own chamber: box, cage | one-hot | 1 |
    | 2–10 | slot 0: nine channels, see below | flags and shares; zero for an absent animal | 1 |
    | 11–19 | slot 1: the same | | 1 |
    | 20, 21 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 22, 23 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 24–26 | activity drive, stress, bondedness | shares; stress in its units | 1, 4, 1 |
    | 27–31 | expression, competence, reactivity, load, need | as in `PartnerPreferenceEnv` | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no doors).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, need (equations in docs/model.md).

    **Episode.** `duration_s` seconds (14,400 s = 4 h) in ticks of `dt_s` (15 s), then truncation: a test of fixed
    length. It never terminates.

    **Info** and `record` are those of `PartnerPreferenceEnv`, with chambers `box` and `cage`. Of the trace of stress
    there are `stress_peak` (units of stress), `stress_area` (units · h, of the whole test) and `stress_half_s`: seconds
    from the end of the stressor until stress has fallen to half of its peak, NaN where it does not.

    **Arguments** and reset options are those of `PartnerPreferenceEnv`, and `session` (a word, or a list to draw from).
    `attachment` is always on; `stressor` is 2 where it is not given, and 0 is a test without restraint.

    **Versions.** v0: first.
    """

    assay = STRESS_RECOVERY


class StressRecoveryVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`StressRecoveryEnv` natively batched: same step, same numbers."""

    assay = STRESS_RECOVERY
