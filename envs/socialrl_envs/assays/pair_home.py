"""Two animals at home: what do two that live together, and both act, do with each other?"""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..errors import ParameterError
from ..habitat import Habitat
from ..vector import SocialVectorEnv

N_ANIMALS = 2
_HOME = Habitat.build(("nest", "arena"), ((0, 1),), ((0.2, 0.5), (0.75, 0.5)))
_BOTH_IN_THE_NEST = (0, 0)

PAIR_HOME = Assay(
    id="socialrl/PairHome-v0",
    habitat=_HOME,
    animals=tuple(f"vole{i}" for i in range(N_ANIMALS)),
    acting=tuple(range(N_ANIMALS)),
    cohoused_with=(1, 0),
    placements={"vole0": _BOTH_IN_THE_NEST, "vole1": _BOTH_IN_THE_NEST},
    chambers={"vole0": _HOME.names, "vole1": _HOME.names},
    sessions={"together": (1, 1), "apart": (1, 1)},
    # who has the nest is a matter of placement, so that nothing depends on an animal's number
    shut_doors={"apart": {"vole0": (0, 1), "vole1": (1, 0)}},
    known_place=True,
    duration_s=86_400.0,
    paper="Gustison et al. 2024 eLife 12:RP87029 (pairs that bond; the home is ours)",
    dt_s=60.0,
    bin_s=3600.0,
)


class PairHomeVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """What do two that live together do with each other? A nest, an arena, two voles, a day; both of them act.

    Both start in the nest, after `cohousing_h` hours together; with 0 they are strangers. A row is an animal: rows 2·w
    and 2·w + 1 are the animals of world w, and `num_envs` is a multiple of 2. Peers are of one sex and mates of both:
    `relationship` has to fit `sex`. In the session "apart" one has the nest and the other the arena, and the door
    between them stays shut; each still perceives that the other is there. Paper: Gustison et al. 2024, eLife
    12:RP87029. The same world as a PettingZoo `ParallelEnv` is `socialrl_envs.parallel.PairHomeParallelEnv`.

    **Actions** (`Discrete(4)`, names in `env.action_names`): 0 rest, 1 explore, 2 affiliate slot 0, 3 reject slot 0, as
    in `PartnerPreferenceEnv`.

    **Observation** (`Box`, float32, 18 channels, 23 with `attachment`; names in `env.observation_names`, all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0, 1 | own chamber: nest, arena | one-hot | 1 |
    | 2–10 | slot 0, the other animal: nine channels, see below | flags and shares | 1 |
    | 11, 12 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 13, 14 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 15–17 | activity drive, stress, bondedness | share | 1 |
    | 18–22 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no lever opens this door).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md).

    **Episode.** `duration_s` seconds (86,400 s = one day) in ticks of `dt_s` (60 s), then truncation: a test of fixed
    length. It never terminates.

    **Info** is that of every vector environment here. `record` has for each animal: contact with the other
    (`contact_s_partner`, and by the hour `partner_s_hourly`), rejections of it (`rejections_partner`), seconds in one
    chamber with it, touching or not (`together_s_partner`), its familiarity; seconds in and entries into nest and
    arena, and seconds in the tube out of them.

    **Arguments** are those of `PartnerPreferenceEnv`; a parameter, and `sex`, may have one value per row. **Reset
    options** are `cohousing_h`, `separation_h`, `relationship` ("peer" for two of one sex, "mate" for a female and a
    male), `mating`, `session` ("together", the default, or "apart") and `side` ("vole0" or "vole1", drawn by default:
    who has the nest when they are apart). The home is a known place: exploring is worth `known_place_exploration` of
    what it is in a new one.

    **Versions.** v0: first.
    """

    assay = PAIR_HOME


def refuse_single(**_: Any) -> None:
    """Tell a caller of `gym.make` how to make the home, in which both animals act."""
    raise ParameterError(
        f"both animals of {PAIR_HOME.id} act, so it is not a single-agent environment: make it with "
        f"gym.make_vec('{PAIR_HOME.id}', num_envs={N_ANIMALS}) (a row is an animal) or as a PettingZoo environment "
        "with socialrl_envs.parallel.PairHomeParallelEnv()"
    )
