"""Care of a litter by one carer, or by two that share it: a nest, a foraging place, half a day."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..errors import ParameterError
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

N_CARERS = 2
_NEST, _FORAGE = 0, 1
_HOME = Habitat.build(("nest", "forage"), ((_NEST, _FORAGE),), ((0.25, 0.5), (0.75, 0.5)))
_PAPER = (
    "Lonstein & De Vries 1999 Physiol Behav 66:33 (bouts of quiet over the young, broken by activity; nest and "
    "foraging place are ours)"
)

CAREGIVING = Assay(
    id="socialrl/Caregiving-v0",
    habitat=_HOME,
    animals=("focal", "litter"),
    acting=(0,),
    cohoused_with=(-1, -1),
    placements={"nest": (_NEST, _NEST), "forage": (_FORAGE, _NEST)},
    chambers={"nest": _HOME.names, "forage": _HOME.names},
    known_place=True,
    duration_s=43_200.0,
    paper=_PAPER,
    bin_s=3600.0,
    relationships=("peer",),
    usual={"cohousing_h": 0.0},
    litter=1,
    food=_FORAGE,
)
SHARED_CAREGIVING = Assay(
    id="socialrl/SharedCaregiving-v0",
    habitat=_HOME,
    animals=("vole0", "vole1", "litter"),
    acting=tuple(range(N_CARERS)),
    cohoused_with=(1, 0, -1),
    placements={"nest": (_NEST, _NEST, _NEST), "forage": (_FORAGE, _FORAGE, _NEST)},
    chambers={"nest": _HOME.names, "forage": _HOME.names},
    known_place=True,
    duration_s=43_200.0,
    paper=_PAPER,
    bin_s=3600.0,
    litter=2,
    food=_FORAGE,
)


class CaregivingEnv(SocialEnv):
    """How does a parent that is alone with a litter divide its time? A nest, a foraging place, half a day; it acts.

    The litter lies in the nest and is one animal: pups huddle in one pile and are nursed at once. The carer starts
    there or at the food (`side`); how hungry both are is drawn, because a test may begin at any moment of a day. The
    litter's need rises while nobody is in contact with it and falls in contact. The carer's energy falls, faster while
    nursing, and rises while it explores in the foraging place. What contact with the litter is worth follows from
    `contact_floor` and `contact_gain`, as contact with anyone: infants have no reward of their own. Nobody dies: a
    litter that is left alone has need 1 and gets no care. Two carers: `SharedCaregivingVectorEnv`. Paper: Lonstein & De
    Vries 1999, Physiol Behav 66:33.

    **Actions** (`Discrete(5)`, names in `env.unwrapped.action_names`): 0 rest, 1 explore (in the foraging place: to
    forage), 2 affiliate slot 0 (to brood: go to the litter and stay in contact), 3 reject slot 0 (to shake it off), 4
    lick (as 2, and lick it).

    **Observation** (`Box`, float32, 20 channels, 25 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0, 1 | own chamber: nest, forage | one-hot | 1 |
    | 2–10 | slot 0, the litter: nine channels, see below | flags and shares | 1 |
    | 11, 12 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 13, 14 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv` | 2 |
    | 15–17 | activity drive, stress, bondedness | share | 1 |
    | 18, 19 | litter need (pups call: it is heard everywhere), own energy | share | 1 |
    | 20–24 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex (pups are neither), work left (0: no doors).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, need with `attachment`, and care and hunger, the last two (equations in
    docs/model.md).

    **Episode.** `duration_s` seconds (43,200 s = 12 h) in ticks of `dt_s` (15 s), then truncation: a test of fixed
    length. It never terminates.

    **Info** and `record` are those of `PartnerPreferenceEnv`, with chambers `nest` and `forage`, contact by the hour,
    and `licking_s`, `care_received` (mean over the test of touch × occupancy of the pups' receptors by this carer;
    touch is 1 in contact and `licking_weight` while licked), `latency_to_return_s` (mean time from leaving the nest to
    being in contact with the litter again, NaN without a return), and of the litter `litter_contact_s`, `litter_need`
    (mean) and `litter_alone_s` (the longest time without a carer); `energy` is the carer's mean.

    **Arguments** and reset options are those of `PartnerPreferenceEnv` without `stranger_sex`; `side` is "nest" or
    "forage", drawn by default. There is no cage mate, so `cohousing_h`, `separation_h` and `relationship` have no
    effect. Home is a known place: exploring is worth `known_place_exploration` of what it is in a new one.

    **Versions.** v0: first.
    """

    assay = CAREGIVING


class CaregivingVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`CaregivingEnv` natively batched: same step, same numbers."""

    assay = CAREGIVING


class SharedCaregivingVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """How do two carers share the care of a litter? A nest, a foraging place, half a day; both of them act.

    Both start in the nest with the litter, or both at the food (`side`), after `cohousing_h` hours together. A row is a
    carer: rows 2·w and 2·w + 1 are those of world w, and `num_envs` is a multiple of 2. They are mates, or peers of one
    sex that nest together: `relationship` has to fit `sex`. Litter, need and energy are those of `CaregivingEnv`; the
    need falls while any carer is in contact. Paper: Lonstein & De Vries 1999, Physiol Behav 66:33. The same world as a
    PettingZoo `ParallelEnv` is `socialrl_envs.parallel.SharedCaregivingParallelEnv`.

    **Actions** (`Discrete(7)`, names in `env.action_names`): 0 rest, 1 explore, 2 and 3 affiliate slot 0 and 1, 4 and 5
    reject slot 0 and 1, 6 lick the litter, as in `CaregivingEnv`.

    **Observation** (`Box`, float32, 29 channels, 34 with `attachment`; names in `env.observation_names`, all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0, 1 | own chamber: nest, forage | one-hot | 1 |
    | 2–10 | slot 0: nine channels, see below | flags and shares | 1 |
    | 11–19 | slot 1: the same | | 1 |
    | 20, 21 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 22, 23 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv` | 2 |
    | 24–26 | activity drive, stress, bondedness | share | 1 |
    | 27, 28 | litter need (pups call: it is heard everywhere), own energy | share | 1 |
    | 29–33 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex (pups are neither), work left (0: no doors). The other carer and the litter are in the slots in an order
    that each episode draws.

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, need with `attachment`, and care and hunger, the last two (equations in
    docs/model.md).

    **Episode.** `duration_s` seconds (43,200 s = 12 h) in ticks of `dt_s` (15 s), then truncation: a test of fixed
    length. It never terminates.

    **Info** is that of every vector environment here. `record` has for each carer what that of `CaregivingEnv` has of
    care, and of the other carer what that of `PairHomeVectorEnv` has. Carers in contact at once share `care_received`,
    so that its sum over both is what pups receive.

    **Arguments** and reset options are those of `PairHomeVectorEnv` without `session`; `side` is "nest" or "forage",
    drawn by default.

    **Versions.** v0: first.
    """

    assay = SHARED_CAREGIVING


def refuse_single(**_: Any) -> None:
    """Tell a caller of `gym.make` how to make the nest of two carers, which both act."""
    raise ParameterError(
        f"both carers of {SHARED_CAREGIVING.id} act, so it is not a single-agent environment: make it with "
        f"gym.make_vec('{SHARED_CAREGIVING.id}', num_envs={N_CARERS}) (a row is a carer), as a PettingZoo environment "
        f"with socialrl_envs.parallel.SharedCaregivingParallelEnv(), or with one carer as gym.make('{CAREGIVING.id}')"
    )
