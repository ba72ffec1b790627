"""A stranger in the home cage: does the resident drive it off, or avoid it?"""

from __future__ import annotations

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
    duration_s=600.0,
    paper="resident-intruder test; direction of the knockout effect: Black et al. 2025 Curr Biol 35:4178",
    dt_s=5.0,
    bin_s=60.0,
    sessions={"alone": (1, 1, 0), "with_partner": (1, 1, 1)},
    rules=("tethered", "roaming", "tethered"),
)


class StrangerEncounterEnv(SocialEnv):
    """Does a bonded vole defend: how often is an intruder driven off, and how much is it avoided?

    A resident lives in a home chamber with a refuge beside it; an unfamiliar animal is put into the home for 10 min. The
    stranger roams: it explores, rests and comes to the resident. The resident lived with a partner for `cohousing_h`
    hours before; session "alone" (default in tests) tests it without the partner, "with_partner" with it present.
    Ticks of 5 s.

    Actions, observation, reward and arguments are those of `PartnerPreferenceEnv` (chambers: home, refuge; slots: the
    stranger and the partner, whose channels are zero while it is absent). Rejections of the stranger are attacks;
    seconds in the other chamber than the stranger are avoidance. Truncation after `duration_s`; it never terminates.
    Direction known from: Black et al. 2025, Curr Biol 35:4178 (knockouts are less aggressive and less avoidant).

    **Versions.** v0: first.
    """

    assay = STRANGER_ENCOUNTER


class StrangerEncounterVectorEnv(SocialVectorEnv):
    """`StrangerEncounterEnv` natively batched: same step, same numbers."""

    assay = STRANGER_ENCOUNTER
