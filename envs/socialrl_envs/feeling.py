"""The reward of an acting animal in one tick: the terms of rewards.py applied to its records."""

from __future__ import annotations

from . import noise, rewards
from .attachment import needed
from .compiled import inlined
from .contexts import value_here
from .state import EXPLORE, REST

# the place of each term: a term that is missing in `rewards.TERMS`, or an extra one, fails at import
(
    _CONTACT_GENERAL,
    _CONTACT_SELECTIVE,
    _DEFENCE,
    _COURTSHIP,
    _NOVELTY,
    _EXPLORATION,
    _EFFORT,
    _STRESS,
    _REST,
    _NOISE,
    _NEED,
    _,  # place: the last one where there are contexts, whether or not there is `need`
    _CARE,
    _HUNGER,
) = (
    rewards.TERMS.index(name)
    for name in (
        "contact_general",
        "contact_selective",
        "defence",
        "courtship",
        "novelty",
        "exploration",
        "effort",
        "stress",
        "rest",
        "noise",
        "need",
        "place",
        "care",
        "hunger",
    )
)
assert len(rewards.TERMS) == 14, "every term of rewards.TERMS is felt"
_FROM_END = (_CARE - len(rewards.TERMS), _HUNGER - len(rewards.TERMS))
"""Terms of care are the last ones; where `need` is absent, their places count from the end."""


@inlined
def feel(  # type: ignore[no-untyped-def]
    rates, animals, pairs, i, felt, left, drug, known_place, attachment, contexts, base, terms, reward, row
):
    """Write the named reward terms of acting animal `i` of `animals` into column `row` of `terms`, and their sum.

    `felt` is the receptor signal that contact is felt to make at a gain of 1; `left` the share of the gain that is at
    the receptor, `drug` the drugs' `Levels`; `known_place` whether exploring is worth less here, `attachment` whether
    load and need are felt, `contexts` whether places have a value; `base` the tick's noise.
    """
    me = animals[i]
    signal = rates.gain_reward * felt
    defended = rates.gain_defence * left
    general, selective, defence, courtship, novelty = 0.0, 0.0, 0.0, 0.0, 0.0
    in_contact = False
    cares, care, licking = False, 0.0, 0.0
    mate_bond = 0.0
    unknown = 0.0
    for j in range(pairs.shape[0]):
        pair = pairs[i, j]
        if pair.offspring > 0:
            cares = True
            if pair.contact > 0:
                in_contact = True
                worth = 1.0 + rates.settling_worth * pair.comfort
                if me.licks > 0:
                    worth = rates.licking_weight
                    licking = rates.lick_cost
                care = rewards.care(
                    me.litter_need, signal, me.dopamine_tone, rates.contact_floor, rates.contact_gain, worth
                )
            continue
        if pair.mated > 0:
            mate_bond = max(mate_bond, pair.familiarity)
        if j != i and animals[j].chamber >= 0:
            unknown = max(unknown, 1.0 - pair.habituation)
        if pair.contact > 0:
            in_contact = True
            general = max(
                general,
                rewards.contact_general(
                    signal, rates.contact_floor, rates.contact_gain, pair.comfort, rates.settling_worth
                ),
            )
            selective = max(
                selective,
                rewards.contact_selective(
                    pair.familiarity,
                    signal,
                    rates.selective_floor,
                    rates.selective_gain,
                    float(pair.mated),
                    rates.selective_mate,
                    rates.v1a_gain * drug.v1a,
                    pair.comfort,
                    rates.incentive_comfort,
                ),
            )
            defence -= rewards.threat(
                pair.familiarity, me.bondedness, defended, rates.defence_floor, rates.defence_gain
            )
            if animals[j].sex != me.sex and pair.mated == 0:
                courtship = rates.courtship
            novelty += (1.0 - pair.habituation) * rates.novelty
    if me.drove_off > 0:
        familiarity = pairs[i, me.target].familiarity
        worth = rewards.threat(familiarity, me.bondedness, defended, rates.driving_off_floor, rates.driving_off_gain)
        defence += worth * me.newness - rates.rejection_cost
    exploring = me.intent == EXPLORE
    exploration = rates.exploration * rates.known_place_exploration if known_place else rates.exploration
    resting = me.intent == REST and not in_contact
    terms[_CONTACT_GENERAL, row] = general
    terms[_CONTACT_SELECTIVE, row] = selective
    terms[_DEFENCE, row] = defence
    terms[_COURTSHIP, row] = rewards.courting(courtship, mate_bond)
    terms[_NOVELTY, row] = novelty - rates.uncertainty * unknown
    terms[_EXPLORATION, row] = exploration * me.activity_drive if exploring else 0.0
    terms[_EFFORT, row] = -rates.move_cost * me.moved - rewards.work(
        me.presses, rates.press_cost, rates.dopamine_tone * drug.d1
    )
    terms[_STRESS, row] = -rates.stress_cost * me.stress
    terms[_REST, row] = rates.rest if resting else 0.0
    terms[_NOISE, row] = rates.noise * noise.bell(noise.draw(base, noise.FELT_REWARD, i, 0))
    if attachment > 0:
        worth = 1.0 - rates.load_cost * me.load
        for term in (_CONTACT_GENERAL, _CONTACT_SELECTIVE, _COURTSHIP, _EXPLORATION, _REST):
            terms[term, row] *= worth
        care *= worth
        terms[_NEED, row] = rates.need * needed(me.contact_recent, me.set_point) if in_contact else 0.0
    if contexts > 0:
        terms[terms.shape[0] - 1, row] = rates.place * value_here(me)
    if cares:
        terms[_FROM_END[0], row] = care - licking
        terms[_FROM_END[1], row] = -rewards.hunger(me.energy, rates.hunger_cost)
    total = 0.0
    for term in range(terms.shape[0]):
        total += terms[term, row]
    reward[row] = total
