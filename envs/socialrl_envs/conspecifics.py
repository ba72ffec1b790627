"""How animals that do not learn behave.

A *tethered* stimulus animal stays where it is and tolerates contact; once driven off it keeps away for a while (the
`withdrawn_s` of its pair record), although its tether keeps it in the chamber. A *roaming* animal (an intruder) moves
about, rests, and goes to others whoever they are. A *sociable* animal does the same but mostly goes to the animal it
knows best. Both keep an intent for `HOLD_S` on average. They can be driven off like all animals: they get no contact
with one that keeps them away.
"""

from __future__ import annotations

from . import noise
from .compiled import inlined
from .state import AFFILIATE, EXPLORE, REST

RULES: tuple[str, ...] = ("tethered", "roaming", "sociable")
TETHERED, ROAMING, SOCIABLE = range(3)
HOLD_S = 60.0
_SEEK, _EXPLORE = 0.4, 0.4  # shares of intents; the rest is resting


@inlined
def choose(rule, me, animals, pairs, i, dt_s, base):  # type: ignore[no-untyped-def]
    """Set intent and target of animal `i` (its record is `me`), which follows `rule`."""
    if rule == TETHERED:
        me.intent = REST
        me.target = -1
    elif noise.uniform(noise.draw(base, noise.CONSPECIFIC, i, 0)) * HOLD_S < dt_s:
        drawn = noise.uniform(noise.draw(base, noise.CONSPECIFIC, i, 1))
        me.target = -1
        if drawn < _SEEK:
            me.target = _companion(rule, animals, pairs, i, noise.draw(base, noise.CONSPECIFIC, i, 2))
            me.intent = AFFILIATE if me.target >= 0 else REST
        elif drawn < _SEEK + _EXPLORE:
            me.intent = EXPLORE
        else:
            me.intent = REST


@inlined
def _companion(rule, animals, pairs, i, bits):  # type: ignore[no-untyped-def]
    """The animal to approach: the most familiar one present (sociable), or any one present (roaming); −1 if alone."""
    n_present = 0
    best = -1
    # starts at a random animal, so that among equally unfamiliar ones none is preferred by its number
    n_others = animals.shape[0] - 1
    first = int(noise.uniform(noise.mix(bits)) * n_others)
    for turn in range(n_others):
        j = (i + 1 + (first + turn) % n_others) % animals.shape[0]
        if animals[j].chamber >= 0:
            n_present += 1
            if best < 0 or pairs[i, j].familiarity > pairs[i, best].familiarity:
                best = j
    if rule == SOCIABLE or n_present == 0:
        return best
    which = int(noise.uniform(bits) * n_present)
    for j in range(animals.shape[0]):
        if j != i and animals[j].chamber >= 0:
            if which == 0:
                return j
            which -= 1
    return best
