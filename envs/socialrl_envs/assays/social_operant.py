"""Work for company: lever presses open a door to a tethered animal, one press more for every access."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import VectorEnv

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
    known_place=True,
    duration_s=1800.0,
    paper="Beery, Lopez, Blandino, Lee & Bourdon 2021 eLife 10:e72684 (progressive ratio, 30 min, 60-s access)",
    dt_s=5.0,
    sessions={"partner": (1, 1, 0), "stranger": (1, 0, 1), "choice": (1, 1, 1)},
    doors=(1, 2),
    lever=0,
)


class SocialOperantEnv(SocialEnv):
    """What is company worth? How often does a vole press a lever for access to its partner, or to a stranger?

    The focal animal starts in the lever chamber; its cage mate of the last `cohousing_h` hours and an animal that it
    has never met are tethered behind doors at the left and right (their sides are drawn at reset, or set by
    `options={"side": …}`). The k-th access to an animal costs k presses (progressive ratio +1; `ratio_step` 0 makes it
    a fixed ratio of 1, as in shaping). Its door is then open for `access_s` seconds (60), after which the focal animal
    is put back at the lever. Exploring does not lead through a closed door. Sessions (`options={"session": …}`, drawn
    where not given): "partner" or "stranger", with one animal present, and "choice", with both. Paper: Beery et al.
    2021, eLife 10:e72684.

    **Actions** (`Discrete(6)`, names in `env.unwrapped.action_names`)

    | number | name | what the animal does for a tick |
    |---|---|---|
    | 0 | rest | stays, alone |
    | 1 | explore | moves about, through open doors only |
    | 2, 3 | affiliate slot 0, 1 | door closed: presses, one in `press_s` s; door open: approaches and huddles |
    | 4, 5 | reject slot 0, 1 | drives that animal off, if in its chamber: it keeps away for `withdrawal_s` |

    An action directed at an animal that takes no part in the session does nothing.

    **Observation** (`Box`, float32, 28 channels, 33 with `attachment`; names in `env.unwrapped.observation_names`,
    all from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0–2 | own chamber: lever, left, right | one-hot | 1 |
    | 3–11 | slot 0: nine channels, see below | flags and shares; zero for an absent animal | 1 |
    | 12–20 | slot 1: the same | | 1 |
    | 21, 22 | oxytocin, receptor signal | as in `PartnerPreferenceEnv` | 2, 4 |
    | 23, 24 | dopamine tone, V1a gain | as in `PartnerPreferenceEnv`, which tells of a tone more | 2 |
    | 25–27 | activity drive, stress, bondedness | share | 1 |
    | 28–32 | expression, competence, reactivity, load, need | with `attachment` alone | 3, 3, 2, 1, 1 |

    A slot holds, in order: present, distance, in contact, withdrawn, recognised familiarity, habituation, same sex,
    other sex, work left.

    `work_left` is n / (n + 10) for n presses still to do, and 0 while the door is open.

    **Reward** is the sum of `info["reward_terms"]`: contact_general, contact_selective, defence, courtship, novelty,
    exploration, effort, stress, rest, noise, and need with `attachment` (equations in docs/model.md). Effort includes
    the work: `press_cost` per press, divided by the dopamine tone at D1 receptors (at most twenty times the cost, when
    these are fully blocked).

    **Episode.** `duration_s` seconds (1,800 s = 30 min) in ticks of `dt_s` (5 s), then truncation: a test of fixed
    length. It never terminates. A door opens at most once in a tick, at its end; where ticks are longer than `press_s`,
    presses beyond the last one needed are lost.

    **Info** and `record` are those of `PartnerPreferenceEnv` (chambers: lever, partner, stranger) and, for partner and
    stranger, `presses`, `accesses`, `access_s` (seconds in the chamber during accesses) and, in the record,
    `breakpoint` (last completed ratio; with a `ratio_step` of 1 the number of accesses; 0 for none);
    `ratio_step` and, as the length of an access, `access_s`.

    **Arguments** and reset options are those of `PartnerPreferenceEnv`, and `session`, `ratio_step` (extra presses for
    each further access, 0 to 100) and `access_s` (0 to 3,600), numbers or lists that each reset draws from. Nothing in
    the observation tells how long a door will stay open. The box is a known place: exploring it is worth
    `known_place_exploration` of what it is in a new one.

    **Versions.** v0: first.
    """

    assay = SOCIAL_OPERANT


class SocialOperantVectorEnv(SocialVectorEnv, VectorEnv[Any, Any, Any]):
    """`SocialOperantEnv` natively batched: same step, same numbers."""

    assay = SOCIAL_OPERANT
