"""Social conditioned place preference: company in one context, none in another, then a choice between both, empty."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..habitat import Habitat
from ..single import SocialEnv
from ..vector import SocialVectorEnv

PLACE_PREFERENCE = Assay(
    id="socialrl/PlacePreference-v0",
    habitat=Habitat.build(("left", "right"), ((0, 1),), ((0.3, 0.5), (0.7, 0.5))),
    animals=("focal", "partner", "stranger"),
    acting=(0,),
    cohoused_with=(1, 0, -1),
    # a placement is the side of the context with company, and a lot says where the animal starts
    placements={"left": (0, 0, 0), "right": (0, 0, 0)},
    chambers={"left": ("social", "solitary"), "right": ("solitary", "social")},
    duration_s=1_800.0,
    paper="Dölen, Darvishzadeh, Huang & Malenka 2013 Nature 501:179; Nardou et al. 2019 Nature 569:116 (24 h in each "
    "context, test of 30 min)",
    sessions={"empty": (1, 0, 0)},
    contexts=True,
)


class PlacePreferenceEnv(SocialEnv):
    """Is company worth going back to? Where does a vole stay: where it had company, or where it was alone?

    For `conditioning_days` days the focal animal has a session of `conditioning_h` hours a day in one of two contexts
    (say, two beddings), which take turns: in one it has company (`conditioned_with`: its cage mate of the last
    `cohousing_h` hours, or an animal that it has never met), in the other it is alone. By default that is a day in
    each. Then both contexts are empty, and it moves freely between them. Nobody is there to seek: all that draws it to
    a place is what it has learned that the place is worth. Which side has the social context
    (`options={"side": …}`), which context comes first and where the test starts are drawn at reset; for animals that
    live on (`continued`) both contexts stay on their sides.

    What is learned is a value for each context, which follows what the animal feels there by the same rule for every
    animal (docs/model.md); that it is felt again in the empty context is the reward term `place`. With
    `conditioned_with="nobody"` both contexts are alike, and with `conditioning_days=0` the test is one before
    conditioning. Papers: Dölen et al. 2013, Nature 501:179, and Nardou et al. 2019, Nature 569:116, in mice; Goodwin,
    Lopez, Lee & Beery 2019, Horm Behav, PMC6527457, in voles.

    **Actions** (`Discrete(6)`, names in `env.unwrapped.action_names`): 0 rest, 1 explore, 2 and 3 affiliate slot 0 and
    1, 4 and 5 reject slot 0 and 1, as in `PartnerPreferenceEnv`. Exploring is the way from one context to the other.
    Partner and stranger are absent in the test, so actions 2 to 5 are waiting.

    **Observation** (`Box`, float32, 29 channels, 34 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0, 1 | own chamber: left, right | one-hot | 1 |
    | 2–19 | slots 0 and 1: nine channels each, as in `PartnerPreferenceEnv` | zero: both are absent | 1 |
    | 20, 21 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 22, 23 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv` | 2 |
    | 24–26 | activity drive, stress, bondedness | share; with `attachment` stress in its units | 1, 1 or 4, 1 |
    | 27, 28 | value of the context here, of the other one | ½ = nothing is known of it, 1 = worth any amount | 1 |
    | 29–33 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    The channel of the tone at D2 receptors (`tones_apart`), where there is one, comes before the two values.

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, need with `attachment`, and place (equations in docs/model.md).

    **Episode.** `duration_s` seconds (1,800 s = 30 min) in ticks of `dt_s` (15 s), then truncation: a test of fixed
    length. It never terminates.

    **Info** and `record` are those of `PartnerPreferenceEnv`, with chambers `social` and `solitary`:
    `chamber_s_social`, `entries_social` and so on. The record also has `conditioning_days`, `conditioning_h`,
    `conditioned_with`, `first_context`, and the values of both contexts in the test, `value_social` and
    `value_solitary` (reward/min).

    **Arguments** and reset options are those of `PartnerPreferenceEnv`, and `conditioning_days` (2; an even number up
    to 60, or a list to draw from), `conditioning_h` (24; 0.1 to 24, or a list) and `conditioned_with` ("partner",
    "stranger", "nobody", or a list). Conditioning follows cohousing and `separation_h`; times of `drugs` count from the
    start of the test, so a dose from −86,400 to 0 s acts on the last day of conditioning.

    **Versions.** v0: first.
    """

    assay = PLACE_PREFERENCE


class PlacePreferenceVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`PlacePreferenceEnv` natively batched: same step, same numbers."""

    assay = PLACE_PREFERENCE
