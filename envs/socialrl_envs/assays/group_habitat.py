"""A group in a habitat: does a pair stay together among other pairs, over days?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..errors import ParameterError
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

N_ANIMALS = 8
OTHERS: tuple[str, ...] = ("sociable", "roaming")  # rules that the animals of GroupMember may follow
_ARENA = Habitat.build(
    ("arena", "cage1", "cage2", "cage3", "cage4"),
    ((0, 1), (0, 2), (0, 3), (0, 4)),
    ((0.5, 0.5), (0.15, 0.2), (0.85, 0.2), (0.15, 0.8), (0.85, 0.8)),
)
_MATES = tuple(i ^ 1 for i in range(N_ANIMALS))  # 0 with 1, 2 with 3, …
_PAIRS_IN_CAGES = tuple(1 + i // 2 for i in range(N_ANIMALS))
_CHAMBERS = {"cages": _ARENA.names}
_PAPER = (
    "Black et al. 2025 Curr Biol 35:4178 (multi-chamber group habitat; geometry after the laboratory's tracking "
    "software)"
)

GROUP_HABITAT = Assay(
    id="socialrl/GroupHabitat-v0",
    habitat=_ARENA,
    animals=tuple(f"vole{i}" for i in range(N_ANIMALS)),
    acting=tuple(range(N_ANIMALS)),
    cohoused_with=_MATES,
    placements={"cages": _PAIRS_IN_CAGES},
    chambers=_CHAMBERS,
    known_place=True,
    duration_s=432_000.0,
    paper=_PAPER,
    dt_s=60.0,
    bin_s=3600.0,
    relationships=("peer",),
)
GROUP_MEMBER = Assay(
    id="socialrl/GroupMember-v0",
    habitat=_ARENA,
    animals=("focal", "partner", *(f"vole{i}" for i in range(2, N_ANIMALS))),
    acting=(0,),
    cohoused_with=_MATES,
    placements={"cages": _PAIRS_IN_CAGES},
    chambers=_CHAMBERS,
    known_place=True,
    duration_s=432_000.0,
    paper=_PAPER,
    dt_s=60.0,
    bin_s=3600.0,
    relationships=("peer",),
    rules=("sociable",) * N_ANIMALS,
)


class GroupHabitatVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """Does a pair stay together in a group? Eight voles, four cohoused pairs, five chambers, five days; all of them
    act.

    A central arena with four side cages; each pair starts in a cage of its own after `cohousing_h` hours together. A
    row is an animal: rows 8·w … 8·w + 7 are the animals of world w, and `num_envs` is a multiple of 8. Cage mates are
    of one sex; `relationship` "mate" is refused. Paper: Black et al. 2025, Curr Biol 35:4178. The same world as a
    PettingZoo `ParallelEnv` is `socialrl_envs.parallel.GroupHabitatParallelEnv`; with one acting animal,
    `GroupMemberEnv`.

    **Actions** (`Discrete(16)`, names in `env.action_names`): 0 rest, 1 explore, 2–8 affiliate slot 0 to 6, 9–15 reject
    slot 0 to 6, as in `PartnerPreferenceEnv`.

    **Observation** (`Box`, float32, 75 channels, 80 with `attachment`; names in `env.observation_names`, all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–4 | own chamber: arena, cage1, …, cage4 | one-hot | 1 |
    | 5–13 | slot 0: nine channels, see below | flags and shares | 1 |
    | 14–67 | slots 1 to 6: the same | | 1 |
    | 68, 69 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 70, 71 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 72–74 | activity drive, stress, bondedness | share | 1 |
    | 75–79 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no doors).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md).

    **Episode.** `duration_s` seconds (432,000 s = five days) in ticks of `dt_s` (60 s), then truncation: a test of
    fixed length. It never terminates.

    **Info** is that of every vector environment here. `record` has for each animal: contact with its cage mate and with
    everybody else (`contact_s_partner`, `contact_s_others`, and by the hour `partner_s_hourly`, `others_s_hourly`;
    contact with two at once counts for each), rejections of the mate and of others; lists of seconds in groups of each
    size (`group_size_s`, 1 to 8 animals in a chamber, itself among them), in contact with each animal
    (`contact_s_each`) and in one chamber with each, touching or not (`together_s`, which the field calls cohabitation;
    0 for itself); seconds in and entries into each chamber, seconds in tubes out of it, and the mate's familiarity.

    **Arguments** and reset options are those of `PartnerPreferenceEnv` without `stranger_sex`; a parameter, and `sex`,
    may have one value per row. The habitat is a known place: exploring is worth `known_place_exploration` of what it is
    in a new one.

    **Versions.** v0: first.
    """

    assay = GROUP_HABITAT


def refuse_single(**_: Any) -> None:
    """Tell a caller of `gym.make` how to make the habitat, whose eight animals all act."""
    raise ParameterError(
        f"all {N_ANIMALS} animals of {GROUP_HABITAT.id} act, so it is not a single-agent environment: make it with "
        f"gym.make_vec('{GROUP_HABITAT.id}', num_envs={N_ANIMALS}) (a row is an animal), as a PettingZoo environment "
        "with "
        f"socialrl_envs.parallel.GroupHabitatParallelEnv(), or with one acting animal as gym.make('{GROUP_MEMBER.id}')"
    )


class GroupMemberEnv(SocialEnv):
    """One vole of the group habitat acts; the seven others follow a rule, so that any single-agent learner can play.

    The others keep an intent for a minute on average: they explore, rest, or approach another animal. With `others`
    "sociable" that is the one they know best, with "roaming" anybody; seven rules give the partner and vole2 to vole7
    one each (`socialrl_envs.conspecifics`). Each has its own familiarity with everybody. Habitat, start and measures
    are those of `GroupHabitatVectorEnv`; the partner is the cage mate of the focal animal. With trained networks
    instead of the rules: `socialrl.animals.companions.FrozenCompanionsEnv`. All are of one sex; `relationship` "mate"
    is refused. Paper: Black et al. 2025, Curr Biol 35:4178.

    **Actions** (`Discrete(16)`, names in `env.unwrapped.action_names`): 0 rest, 1 explore, 2–8 affiliate slot 0 to 6,
    9–15 reject slot 0 to 6, as in `PartnerPreferenceEnv`.

    **Observation** (`Box`, float32, 75 channels, 80 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–4 | own chamber: arena, cage1, …, cage4 | one-hot | 1 |
    | 5–13 | slot 0: nine channels, see below | flags and shares | 1 |
    | 14–67 | slots 1 to 6: the same | | 1 |
    | 68, 69 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 70, 71 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 72–74 | activity drive, stress, bondedness | share | 1 |
    | 75–79 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no doors).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md).

    **Episode.** `duration_s` seconds (432,000 s = five days) in ticks of `dt_s` (60 s), then truncation: a test of
    fixed length. It never terminates.

    **Info** is that of `PartnerPreferenceEnv`, for the seven others; `record` is that of an animal of
    `GroupHabitatVectorEnv`.

    **Arguments.** `others`: "sociable" (default), "roaming", or a list of seven of these; all others and the reset
    options are those of `PartnerPreferenceEnv` without `stranger_sex`.

    **Versions.** v0: first.
    """

    assay = GROUP_MEMBER

    def __init__(self, *, others: str | Sequence[str] = "sociable", **arguments: Any) -> None:
        self.assay = _with_others(others)
        super().__init__(**arguments)


class GroupMemberVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`GroupMemberEnv` natively batched: same step, same numbers; `others` are alike in all worlds."""

    assay = GROUP_MEMBER

    def __init__(self, num_envs: int = 1, *, others: str | Sequence[str] = "sociable", **arguments: Any) -> None:
        self.assay = _with_others(others)
        super().__init__(num_envs, **arguments)


def _with_others(others: str | Sequence[str]) -> Assay:
    """Return the assay whose animals 1 to 7 follow the rules `others`; anything else raises `ParameterError`."""
    rules = [others] * (N_ANIMALS - 1) if isinstance(others, str) else list(others)
    if len(rules) != N_ANIMALS - 1 or any(rule not in OTHERS for rule in rules):
        names = f"{GROUP_MEMBER.animals[1]}, {GROUP_MEMBER.animals[2]}, …, {GROUP_MEMBER.animals[-1]}"
        raise ParameterError(
            f"others must be {' or '.join(OTHERS)}, or a list of {N_ANIMALS - 1} of these ({names}), got {others!r}"
        )
    return replace(
        GROUP_MEMBER, rules=(rules[0], *rules)
    )  # the first entry belongs to the acting animal and is not used
