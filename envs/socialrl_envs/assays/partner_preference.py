"""The partner-preference test: three chambers, a familiar partner and a stranger tethered at the ends, three hours."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

from ..assay import Assay
from ..habitat import THREE_CHAMBERS
from ..single import SocialEnv
from ..vector import SocialVectorEnv

PARTNER_PREFERENCE = Assay(
    id="socialrl/PartnerPreference-v0",
    habitat=THREE_CHAMBERS,
    animals=("focal", "partner", "stranger"),
    acting=(0,),
    cohoused_with=(1, 0, -1),
    placements={"left": (1, 0, 2), "right": (1, 2, 0)},
    chambers={"left": ("partner", "centre", "stranger"), "right": ("stranger", "centre", "partner")},
    duration_s=10_800.0,
    paper="Williams, Catania & Carter 1992 Horm Behav 26:339; Beery 2021 Curr Protoc 1:e144 (protocol)",
    sessions={"all": (1, 1, 1), "partner": (1, 1, 0), "stranger": (1, 0, 1)},
    on_request=("partner", "stranger"),
)


class PartnerPreferenceEnv(SocialEnv):
    """Whom does a vole huddle with: the animal it lived with, or a stranger?

    The focal animal starts in the centre of three chambers in a row. Its cage mate of the last `cohousing_h` hours and
    an animal that it has never met are tethered at the two ends; which end is drawn at reset (`options={"side": …}`).
    Two further sessions are played only where they are named (`options={"session": …}`): "partner" and "stranger", with
    one animal and an empty chamber at the other end.
    Paper: Beery 2021, Curr Protoc 1:e144; first used by Williams, Catania & Carter 1992, Horm Behav 26:339.

    **Actions** (`Discrete(6)`, names in `env.unwrapped.action_names`)

    | number | name | what the animal does for a tick |
    |---|---|---|
    | 0 | rest | stays, alone |
    | 1 | explore | moves about; leaves for a random neighbouring chamber after `explore_dwell_s` on average |
    | 2, 3 | affiliate slot 0, 1 | approaches that animal; huddles when in its chamber, unless it keeps away |
    | 4, 5 | reject slot 0, 1 | drives that animal off, if in its chamber: it keeps away for `withdrawal_s` |

    **Observation** (`Box`, float32, 28 channels, 33 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–2 | own chamber: left, centre, right | one-hot | 1 |
    | 3–11 | slot 0: nine channels, see below | flags; distance and familiarity as shares | 1 |
    | 12–20 | slot 1: the same | | 1 |
    | 21 | oxytocin | 1 = steady state of a wild type in contact | 2 |
    | 22 | receptor signal | 1 = wild type at oxytocin 1 | 4 |
    | 23, 24 | dopamine tone (at D1 receptors), V1a gain, drugs included | 1 = normal | 2 |
    | 25–27 | activity drive, stress, bondedness | share | 1 |
    | 28–32 | expression, competence, reactivity, load, need | with `attachment` alone, see below | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left (0: no doors). Where one of the `drugs` moves the dopamine tone at D1 or at D2 receptors alone
    there is a channel after bondedness, the tone at D2 receptors (1 = normal, up to 2), and those of `attachment` have
    numbers higher by one; `tones_apart` True or False asks for it or leaves it out, whatever the drugs.

    With `attachment` stress goes up to 4. Expression and competence are perceived times the gain, because what no
    receptor passes on is not felt, and oxytocin as a share of what the animal can release; need is ½ + ½·Δ.

    Slots are shuffled at every reset: neither slot nor side shows who is the partner, and nobody is labelled. The
    partner is the animal that has become familiar.

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md). The receptor acts
    on the first three only. Rescaling the reward per animal (VecNormalize) would hide part of what the gain does; do
    not do it.

    **Episode.** `duration_s` seconds (10,800 s = 3 h) in ticks of `dt_s` (15 s), then truncation: a test of fixed
    length says nothing about what comes after, so a learner should bootstrap. It never terminates.

    **Info.** Every step: `reward_terms` and raw counters: `huddle_s`, `bouts`, `rejections`, `latency_s` (infinite
    until the first huddle), `familiarity_start`, `familiarity_end` for (partner, stranger); `chamber_s` and `entries`
    for (left, centre, right). `record` is filled with the last step: all of it as flat columns (a latency without a
    huddle is NaN), and huddle seconds in 10-min bins; before, its numbers are 0. With `attachment` it also has the slow
    state, the stressor, and peak, area and half-time of stress. Reset and step have the same keys. No index is computed
    here: `socialrl.analysis.measures` does that. `action_masks()` says which actions can have an effect at the coming
    tick.

    **Arguments.** `dt_s` (s); `duration_s` (s, a multiple of `dt_s`); `cohousing_h` 0–336 h, or a list that each reset
    draws from; `relationship` "peer" or "mate"; `separation_h` between cohousing and test; `arms`, for example
    `{"release": "knockout"}`, sets one of the five places of receptor action (release, consolidation, reward, defence,
    retention) to "wild_type", "knockout" or "own"; `drugs`, a list of `{drug, dose, start_s, end_s}` relative to the
    start of the test (with `share`, given in that share of the episodes only); `tones_apart`; `render_mode`; `table`,
    the name of an earlier parameter table such as "v1"; and any parameter of `socialrl_envs.parameters` by name, above
    all `oxtr_gain`. `sex` "female" or "male" is that of the focal animal: its partner is of the same sex (peer) or the
    other (mate). `stranger_sex` says of which sex the stranger is: "as_partner", or "same" or "other" than the focal
    animal's, or a list that each reset draws from. `attachment` (False) gives the animals a slow state; each of
    `age_d`, `expression`, `competence`, `reactivity`, `contact_recent`, `set_point` and `load` is then the state that
    an acting animal comes with, or a list to draw from, and a `stressor` (0 to 2 units of stress, or a list) lasts
    `stressor_length_h` hours from `stressor_start_h` on (negative: before the test). Reset options: `cohousing_h`,
    `relationship`, `separation_h`, `session`, `stranger_sex`, `side`, `mating` (False: mates that were cohoused but did
    not mate), `continued` (True: the animals of the last episode live on), and those of `attachment`.

    **Versions.** v0: first.
    """

    assay = PARTNER_PREFERENCE


class PartnerPreferenceVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`PartnerPreferenceEnv` natively batched: same step, same numbers; see there for spaces and arguments.

    Row i reset with seed s + i equals the single environment reset with seed s + i, action for action.
    """

    assay = PARTNER_PREFERENCE
