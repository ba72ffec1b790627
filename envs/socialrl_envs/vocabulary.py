"""The words of the worlds and their limits, without numba and NumPy, for configurations and help texts.

Each table is the only place where an assay, a drug or an option of an episode is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .errors import ParameterError


class AssayRow(NamedTuple):
    """An assay: its id, and where its environments are defined. `single` is what `gym.make` calls."""

    id: str
    module: str
    single: str
    vector: str


ASSAY_ROWS: tuple[AssayRow, ...] = (
    AssayRow(
        "socialrl/PartnerPreference-v0", "partner_preference", "PartnerPreferenceEnv", "PartnerPreferenceVectorEnv"
    ),
    AssayRow("socialrl/SocialOperant-v0", "social_operant", "SocialOperantEnv", "SocialOperantVectorEnv"),
    AssayRow(
        "socialrl/StrangerEncounter-v0", "stranger_encounter", "StrangerEncounterEnv", "StrangerEncounterVectorEnv"
    ),
    # several animals act: gym.make explains how to make it
    AssayRow("socialrl/GroupHabitat-v0", "group_habitat", "refuse_single", "GroupHabitatVectorEnv"),
    AssayRow("socialrl/GroupMember-v0", "group_habitat", "GroupMemberEnv", "GroupMemberVectorEnv"),
    AssayRow("socialrl/PairHome-v0", "pair_home", "refuse_single", "PairHomeVectorEnv"),
    AssayRow("socialrl/StressRecovery-v0", "stress_recovery", "StressRecoveryEnv", "StressRecoveryVectorEnv"),
    AssayRow("socialrl/PlacePreference-v0", "place_preference", "PlacePreferenceEnv", "PlacePreferenceVectorEnv"),
    AssayRow("socialrl/Caregiving-v0", "caregiving", "CaregivingEnv", "CaregivingVectorEnv"),
    AssayRow("socialrl/SharedCaregiving-v0", "caregiving", "refuse_single", "SharedCaregivingVectorEnv"),
)
ASSAY_IDS: tuple[str, ...] = tuple(row.id for row in ASSAY_ROWS)
# not an assay for trainers and testers: it has no habitat, no acting animal and no reward
RELEASE_ID = "socialrl/OxytocinRelease-v0"

ARMS: tuple[str, ...] = ("release", "consolidation", "reward", "defence", "retention")
ARM_SETTINGS: tuple[str, ...] = ("own", "wild_type", "knockout")
RELATIONSHIPS: tuple[str, ...] = ("peer", "mate")
SEXES: tuple[str, ...] = ("female", "male")
STRANGER_SEXES: tuple[str, ...] = ("as_partner", "same", "other")
"""The sex of an animal that nobody has met: that of the partner, or the same as or other than that of the animal that
acts."""

CONDITIONED_WITH: tuple[str, ...] = ("partner", "stranger", "nobody")
"""Who shares one of two contexts with the tested animal before a test of place preference."""

MAX_COHOUSING_H = 336.0
MAX_SEPARATION_H = 24.0 * 365.0
MAX_RATIO_STEP = 100.0
MAX_ACCESS_S = 3600.0
MAX_STRESSOR = 2.0
MAX_CONDITIONING_DAYS = 60.0
MAX_DOSES = 62  # of a schedule: one bit each


class SlowVariable(NamedTuple):
    """A slow state of an animal, which days and not minutes move: its range, and `reference`, where it changes nothing.

    The reference is an adult that two parents reared and that lives in company; see development.py.
    """

    name: str
    reference: float
    lowest: float
    highest: float
    unit: str
    meaning: str


SLOW: tuple[SlowVariable, ...] = (
    SlowVariable("age_d", 90.0, 0.0, 730.0, "days", "age"),
    SlowVariable("expression", 1.0, 0.5, 1.5, "× reference", "receptor expression (E)"),
    SlowVariable("competence", 1.0, 0.5, 1.5, "× reference", "release competence (Q)"),
    SlowVariable("reactivity", 1.0, 0.5, 2.0, "× reference", "stress reactivity (Z)"),
    SlowVariable("contact_recent", 0.5, 0.0, 1.0, "share of time", "recent share of time in contact (p)"),
    SlowVariable("set_point", 0.5, 0.0, 1.0, "share of time", "share of time in contact that it is used to (p*)"),
    SlowVariable("load", 0.0, 0.0, 1.0, "fraction", "load (W)"),
)


SITES: tuple[str, ...] = ("oxytocin", "receptor", "dopamine", "v1a", "d1", "d2", "d2_agonist", "stress")
"""Where a drug acts. At `oxytocin` and `d2_agonist` a dose is added; at the others it is the share that is blocked.

`dopamine` is both kinds of dopamine receptor, `d1` and `d2` are one of them; `stress` are the stress hormones.
"""
SITES_OF_ONE_TONE: frozenset[str] = frozenset({"d1", "d2", "d2_agonist"})
"""Where a drug moves the tone at one kind of dopamine receptor and leaves the other."""


class Drug(NamedTuple):
    """A drug: the highest dose, what a dose means, where it acts (`SITES`), and the label that figures give it."""

    highest: float
    meaning: str
    site: str
    label: str


DRUGS: dict[str, Drug] = {
    "agonist": Drug(10.0, "oxytocin units added at the receptor", "oxytocin", "agonist"),
    "antagonist": Drug(1.0, "fraction of the receptor gain blocked", "receptor", "receptor blocked"),
    "dopamine_antagonist": Drug(1.0, "fraction of the dopamine tone blocked", "dopamine", "dopamine blocked"),
    "d1_antagonist": Drug(1.0, "fraction of the D1 tone blocked", "d1", "D1 blocked"),
    "d2_antagonist": Drug(1.0, "fraction of the D2 tone blocked", "d2", "D2 blocked"),
    "dopamine_agonist": Drug(1.0, "normal tones added at D2 receptors", "d2_agonist", "dopamine agonist"),
    "crf_antagonist": Drug(1.0, "fraction of the stress response blocked", "stress", "stress blocked"),
    "v1a_antagonist": Drug(1.0, "fraction of the V1a route blocked", "v1a", "V1a blocked"),
}


def parts_tones(drugs: Iterable[str]) -> bool:
    """Whether one of these drugs, given by name, moves the tone at D1 or at D2 receptors alone."""
    return any(DRUGS[name].site in SITES_OF_ONE_TONE for name in drugs)


def register_drug(name: str, drug: Drug) -> None:
    """Add a drug, from any package; another one of the same name, or an unknown site, raises `ParameterError`."""
    if drug.site not in SITES:
        raise ParameterError(f"drug '{name}': site must be one of {', '.join(SITES)}, got {drug.site!r}")
    if DRUGS.setdefault(name, drug) != drug:
        raise ParameterError(f"a drug '{name}' is registered already; give the other one another name")


class Option(NamedTuple):
    """An option of an episode: one value, or a list from which each reset draws with the random stream `stream`.

    A number from `lowest` to `highest` in `unit`, or (highest 0) one of `words`, which the equations see as its place
    in them; without `words`, one that the assay knows. `default` None: any of the assay's. An option `of_doors` is
    allowed only in assays with doors, one `of_strangers` only where there is a stranger, one `of_attachment` only where
    the environment has `attachment` on, one `of_contexts` only where two contexts are tested. The equations read it as
    `world.test.<name>`; one `of_animals` is drawn for every acting animal by itself and is read as `me.<name>`.
    """

    name: str
    default: float | str | None
    stream: int
    highest: float = 0.0
    unit: str = ""
    of_doors: bool = False
    words: tuple[str, ...] = ()
    of_strangers: bool = False
    lowest: float = 0.0
    of_attachment: bool = False
    of_animals: bool = False
    of_contexts: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.highest > 0.0


OPTIONS: tuple[Option, ...] = (
    Option("cohousing_h", 24.0, 0, MAX_COHOUSING_H, "hours"),
    Option("separation_h", 0.0, 2, MAX_SEPARATION_H, "hours"),
    Option("relationship", "peer", 1, words=RELATIONSHIPS),
    Option("session", None, 3),
    # extra presses for each further access
    Option("ratio_step", 1.0, 4, MAX_RATIO_STEP, "presses", of_doors=True),
    Option("stranger_sex", "as_partner", 5, words=STRANGER_SEXES, of_strangers=True),
    # how long a door stays open
    Option("access_s", 60.0, 6, MAX_ACCESS_S, "seconds", of_doors=True),
    # a disturbance such as restraint: how strong, from when on (below 0: before the test), for how long
    Option("stressor", 0.0, 7, MAX_STRESSOR, "units of stress", of_attachment=True),
    Option("stressor_start_h", 0.0, 8, MAX_SEPARATION_H, "hours", lowest=-MAX_SEPARATION_H, of_attachment=True),
    Option("stressor_length_h", 1.0, 9, MAX_SEPARATION_H, "hours", of_attachment=True),
    # the slow state that an animal comes with
    *(
        Option(
            one.name,
            one.reference,
            10 + k,
            one.highest,
            one.unit,
            lowest=one.lowest,
            of_attachment=True,
            of_animals=True,
        )
        for k, one in enumerate(SLOW)
    ),
    # conditioning before the test: days with one session each, hours of a session, and who shares the social context
    Option("conditioning_days", 2.0, 30, MAX_CONDITIONING_DAYS, "days", of_contexts=True),
    Option("conditioning_h", 24.0, 31, 24.0, "hours", lowest=0.1, of_contexts=True),
    Option("conditioned_with", "partner", 32, words=CONDITIONED_WITH, of_contexts=True),
)
OPTION_NAMES: tuple[str, ...] = tuple(option.name for option in OPTIONS)
RESET_KEYS: tuple[str, ...] = (*OPTION_NAMES, "side", "mating", "continued")
"""The options that a reset takes; the last three are of single resets only."""
