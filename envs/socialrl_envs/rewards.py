"""The named reward terms, each a compiled scalar function per tick; the reward is their sum.

Only the contact and defence terms depend on the receptor. Effort, exploration, novelty, stress, rest and noise do not,
so that the gain changes reward *ratios*: a factor on everything would vanish in PPO's advantage normalisation.
"""

from __future__ import annotations

from .compiled import inlined

OF_CARE: tuple[str, ...] = ("care", "hunger")
"""The last terms, only where there is a litter."""

TERMS: tuple[str, ...] = (
    "contact_general",
    "contact_selective",
    "defence",
    "novelty",
    "exploration",
    "effort",
    "stress",
    "rest",
    "noise",
    # younger terms come last, so that sums of terms that are off stay the same to the last bit
    "courtship",
    "need",  # only where an environment has its option `attachment` on
    "place",  # only in assays with contexts, and the last term there
    *OF_CARE,
)


def terms_of(attachment: bool, contexts: bool = False, litter: bool = False) -> tuple[str, ...]:
    """Return the names of the reward terms of an environment with or without `attachment`, `contexts`, and a litter."""
    optional = {"need": attachment, "place": contexts, **dict.fromkeys(OF_CARE, litter)}
    absent = {name for name, there in optional.items() if not there}
    return tuple(term for term in TERMS if term not in absent)


@inlined
def contact_general(signal: float, floor: float, gain: float, comfort: float, settling: float) -> float:
    """Contact, whoever it is: (b0 + b1·X)·(1 + k·C). It is worth more the longer a bout lasts."""
    return (floor + gain * signal) * (1.0 + settling * comfort)


@inlined
def contact_selective(
    familiarity: float,
    signal: float,
    floor: float,
    gain: float,
    mated: float,
    mate: float,
    v1a: float,
    comfort: float,
    share: float,
) -> float:
    """Contact with a familiar animal: F·(w0·(1 − q·(1 − C)) + w1·X + w_mate·mated·V1a)."""
    return familiarity * (floor * (1.0 - share * (1.0 - comfort)) + gain * signal + mate * mated * v1a)


@inlined
def threat(familiarity: float, bondedness: float, gain: float, floor: float, slope: float) -> float:
    """Cost of an unfamiliar animal to a bonded one: (1 − F)·B·(a0 + a1·g). Paid in contact, earned by driving off."""
    return (1.0 - familiarity) * bondedness * (floor + slope * gain)


@inlined
def courting(worth: float, mate_bond: float) -> float:
    """Contact with an animal of the other sex that is no mate: `worth`·(1 − F of the most familiar mate).

    A bond with a mate closes it, one with a peer does not: mated voles reject strangers of the other sex (Aragona et
    al. 2006 Nat Neurosci 9:133).
    """
    return worth * (1.0 - mate_bond)


@inlined
def work(presses: float, cost: float, tone: float) -> float:
    """Effort of pressing: cost per press divided by the dopamine tone at D1 receptors, at most twenty times the cost.

    Beside care it is the only term with a tone in it, and needs a press: blocking D1 receptors cuts pressing and spares
    huddling (Pierce et al. 2024 Curr Biol 34:519).
    """
    return presses * cost / max(tone, 0.05)


@inlined
def care(need: float, signal: float, tone: float, floor: float, gain: float, worth: float) -> float:
    """Contact with the litter: n·(b0 + b1·X·D)·worth, n its need and D the dopamine tone at D1 receptors.

    In quiet contact `worth` is 1 + k·C, as in `contact_general`; licking is no quiet contact, and `worth` is its weight
    then. b0, b1 and k are those of contact with anyone: infants have no reward of their own.
    """
    return need * (floor + gain * signal * tone) * worth


@inlined
def hunger(energy: float, cost: float) -> float:
    """Cost of a lack of energy: cost·(1 − e)³, little while there are reserves, steep as they run out."""
    lack = 1.0 - energy
    return cost * lack * lack * lack
