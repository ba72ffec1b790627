"""A stranger in the home cage, or in a neutral one: is it driven off, or avoided?"""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

_HOME = Habitat.build(("home", "refuge"), ((0, 1),), ((0.3, 0.5), (0.7, 0.5)))

STRANGER_ENCOUNTER = Assay(
    id="socialrl/StrangerEncounter-v0",
    habitat=_HOME,
    animals=("resident", "stranger", "partner"),
    acting=(0,),
    cohoused_with=(2, -1, 0),
    placements={"home": (0, 0, 0), "refuge": (1, 0, 0)},
    chambers={"home": ("home", "refuge"), "refuge": ("home", "refuge")},
    known_place=True,
    duration_s=600.0,
    paper="resident-intruder test; direction of the knockout effect: Black et al. 2025 Curr Biol 35:4178",
    dt_s=5.0,
    bin_s=60.0,
    sessions={"alone": (1, 1, 0), "with_partner": (1, 1, 1), "neutral": (1, 1, 0)},
    # resident and stranger at opposite ends; the absent partner's chamber means nothing
    new_places={"neutral": {"home": (0, 1, 0), "refuge": (1, 0, 1)}},
    rules=("tethered", "roaming", "tethered"),
)


class StrangerEncounterEnv(SocialEnv):
    """Does a bonded vole defend? How often is an intruder driven off, and how much is it avoided?

    A resident lives in a home chamber with a refuge beside it; an unfamiliar animal is put into the home for 10 min.
    The stranger roams (`socialrl_envs.conspecifics`): it explores, rests and approaches the resident. The resident
    starts in the home or in the refuge (drawn, or `options={"side": "home"}`) and lived with a partner for
    `cohousing_h` hours before. Sessions (`options={"session": …}`, drawn where not given): "alone", where the partner
    is absent but the bond persists, and "with_partner", where it is tethered in the home. A third, "neutral", is played
    only where it is named: resident and stranger are put at opposite ends of a cage of the same shape that is new to
    both, without the partner. Direction known from: Black et al. 2025, Curr Biol 35:4178 (knockouts are less aggressive
    and less avoidant); voles with a bond attack strangers of either sex (Lee et al. 2019, doi
    10.3389/fnbeh.2019.00052).

    **Actions** (`Discrete(6)`, names in `env.unwrapped.action_names`): 0 rest, 1 explore, 2 and 3 affiliate slot 0 and
    1, 4 and 5 reject slot 0 and 1, as in `PartnerPreferenceEnv`. An action directed at an absent partner does nothing.

    **Observation** (`Box`, float32, 27 channels, 32 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–1 | own chamber: home, refuge | one-hot; 0 in a neutral cage, which is neither | 1 |
    | 2–10 | slot 0: nine channels, see below | flags and shares; zero for an absent animal | 1 |
    | 11–19 | slot 1: the same | | 1 |
    | 20, 21 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 22, 23 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 24–26 | activity drive, stress, bondedness | share | 1 |
    | 27–31 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no doors).

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md).

    **Episode.** `duration_s` seconds (600 s = 10 min) in ticks of `dt_s` (5 s), then truncation: a test of fixed
    length. It never terminates. In a neutral cage a longer test (`duration_s` 1800 or 3600) gives avoidance time
    to show.

    **Info** and `record` are those of `PartnerPreferenceEnv` for stranger and partner, with huddle seconds in 1-min
    bins. Rejections of the stranger are `attacks`; `chamber_s_with_stranger` are seconds in one chamber with it and
    `chamber_s_apart` the others, the avoidance. In a neutral cage `home` and `refuge` in records, and the `side` where
    the resident starts, are its two ends. All animals are of one sex, except with `relationship` "mate": then
    partner *and* stranger are of the other sex. `stranger_sex` "same" or "other" sets the stranger's alone.

    **Arguments** and reset options are those of `PartnerPreferenceEnv`, and `session` (a word, or a list to draw from).
    The home is a known place: exploring is worth `known_place_exploration` of what it is in a new one, such as the
    neutral cage.

    **Versions.** v0: first.
    """

    assay = STRANGER_ENCOUNTER


class StrangerEncounterVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`StrangerEncounterEnv` natively batched: same step, same numbers."""

    assay = STRANGER_ENCOUNTER
