"""One animal's inner life over one tick: the equations of physiology.py applied to its records.

The same function serves the test (ticks of `dt_s`) and the time before it (cohousing and separation, in ticks of
`cohousing_dt_s`), so that familiarity after cohousing follows from the same equations.
"""

from __future__ import annotations

from . import noise
from .attachment import begin_to_live, disturbance, expressed, keep_stress, pass_tick
from .compiled import inlined
from .drugs import NO_DRUG, levels
from .physiology import (
    activity_ceiling,
    compensated,
    d2_tone,
    familiarity_gain,
    familiarity_loss,
    felt_occupancy,
    mating_route,
    needed_tone,
    occupancy,
    peer_tone,
    relax,
    release_level,
    unblocked,
)

DAY_S = 86_400.0
NIGHT_H = 12.0  # hours after which the animals of the last test have another day


@inlined
def live(rates, animals, pairs, i, exploring, drug, attachment, stressor, dt_s):  # type: ignore[no-untyped-def]
    """Advance animal `i` of one world by a tick of `dt_s`, given its contacts (`pairs[i, j].contact`).

    `animals` (n_animals,), `pairs` (n_animals, n_animals); `drug` are the drugs' `Levels`, and `stressor` is the
    disturbance where `attachment` is on. Returns the receptor signal that is felt at a gain of 1, and the share of the
    gain that is at the receptor.
    """
    me = animals[i]
    agonist, receptor = drug.oxytocin, drug.receptor
    n_animals = pairs.shape[0]
    # what the slow state makes of the gain and of release: nothing in the reference state and without attachment
    expression, competence, share = 1.0, 1.0, 1.0
    if attachment > 0:
        expression, competence = me.expression, me.competence
        share = expressed(expression, me.stress_before, rates.stress_on_receptor, rates.stress_free)
    n_contacts, n_grown = 0, 0
    for j in range(n_animals):
        n_contacts += pairs[i, j].contact
        if pairs[i, j].offspring == 0:
            n_grown += pairs[i, j].contact
    level = 0.0
    if n_contacts > 0:
        level = competence * release_level(rates.gain_release * receptor * share, rates.release_floor)
    me.oxytocin = relax(me.oxytocin, level, rates.keep_oxytocin)
    # signal per unit of gain; drugs act at the receptor
    passed_on = receptor * occupancy(me.oxytocin + agonist, rates.receptor_half)
    standing = receptor * occupancy(agonist, rates.receptor_half) if agonist > 0.0 else 0.0
    felt = share * felt_occupancy(passed_on, standing, rates.signal_adaptation)
    # the perceived signal belongs to the reward arm, so that there is no sixth place for the gain
    me.receptor_signal = rates.gain_reward * felt
    feel_tones(rates, me, drug)
    passed_to_bond = rates.gain_consolidation * passed_on * share
    bonding_mate = passed_to_bond * me.d2_tone
    bonding_peer = passed_to_bond * peer_tone(me.d2_tone, rates.peer_dopamine_free)
    # the route is that of the receptor that the animal grew up with, which stress does not change
    route = mating_route(rates.gain_consolidation * expression, receptor)
    mating = route * me.d2_tone * me.v1a_gain
    unaided_peer = compensated(rates.consolidation_floor, route, rates.compensation_share)
    unaided_mate = unaided_peer * needed_tone(me.d2_tone, rates.mate_dopamine_need)
    protection = rates.retention * min(rates.gain_retention * receptor * share, 1.0)
    bondedness = me.bond_elsewhere
    calm = 1.0
    for j in range(n_animals):
        if j == i:
            continue
        pair = pairs[i, j]
        if pair.offspring > 0:  # it is known, and neither makes a bond of mates nor interferes with one
            if pair.contact > 0:
                pair.comfort = relax(pair.comfort, 1.0, rates.keep_unsettled)
                calm = min(calm, 1.0 - pair.familiarity)
            else:
                pair.comfort = relax(pair.comfort, 0.0, rates.keep_settled)
            continue
        if pair.contact > 0:
            same_sex = animals[j].sex == me.sex  # a companion of the other sex counts as a mate, mated or not
            bonding = bonding_peer if same_sex else bonding_mate
            unaided = unaided_peer if same_sex else unaided_mate
            rate = unaided + rates.consolidation_gain * bonding + rates.consolidation_mate * pair.mated * mating
            pair.familiarity += familiarity_gain(pair.familiarity, rate)
            pair.habituation += (1.0 - pair.habituation) * rates.habituation
            pair.comfort = relax(pair.comfort, 1.0, rates.keep_unsettled)
            calm = min(calm, 1.0 - pair.familiarity)
        else:
            interference = rates.interference if n_grown > 0 else 0.0
            pair.familiarity -= familiarity_loss(pair.familiarity, rates.absence_loss, interference, protection)
            pair.habituation -= pair.habituation * rates.recovery
            pair.comfort = relax(pair.comfort, 0.0, rates.keep_settled)
        bondedness = max(bondedness, pair.familiarity)
    me.bondedness = bondedness
    hormones = unblocked(drug.stress, rates.stress_without_hormone)
    if attachment > 0:
        pass_tick(rates, animals, pairs, i, passed_on, stressor, hormones, dt_s)
    else:  # alone, stress relaxes to 1; in contact, to the unfamiliarity of the most familiar companion
        me.stress = relax(me.stress, calm * hormones, rates.keep_stress)
    if exploring:
        steady = max(me.activity_drive - rates.activity_down, 0.0)
        curved = relax(me.activity_drive, 0.0, rates.keep_activity_down)
    else:
        steady = min(me.activity_drive + rates.activity_up, max(me.activity_drive, me.activity_ceiling))
        curved = relax(me.activity_drive, me.activity_ceiling, rates.keep_activity_up)
    me.activity_drive = curved + rates.activity_budget * (steady - curved)
    return felt, receptor * share


@inlined
def feel_tones(rates, me, drug):  # type: ignore[no-untyped-def]
    """Set the dopamine tones and the V1a gain of an animal (its record is `me`) under the drugs' `Levels`."""
    me.dopamine_tone = rates.dopamine_tone * drug.d1
    me.d2_tone = d2_tone(rates.dopamine_tone, drug.d2_agonist, drug.d2)
    me.v1a_gain = rates.v1a_gain * drug.v1a


@inlined
def begin_day(rates, me, i, base):  # type: ignore[no-untyped-def]
    """Draw the state of the day of animal `i` (its record is `me`) from the noise of the moment `base`."""
    me.day = noise.uniform(noise.draw(base, noise.DAY, i, 0))
    me.activity_ceiling = activity_ceiling(rates.day_calm * me.day, rates.rhythm_depth, me.phase)


@inlined
def pass_day(rates, me, i, base, time_s, dt_s):  # type: ignore[no-untyped-def]
    """Move the ceiling of the activity drive along its rhythm; `time_s` since the start of the test."""
    whole = time_s / DAY_S
    if time_s > 0.0 and time_s - DAY_S * int(whole) < dt_s:
        begin_day(rates, me, i, base)
    turns = me.phase + time_s / (rates.rhythm_h * 3600.0)
    me.activity_ceiling = activity_ceiling(rates.day_calm * me.day, rates.rhythm_depth, turns - int(turns))


@inlined
def recognition_error(rates, pair, bits):  # type: ignore[no-untyped-def]
    """The error of recognition for an encounter that begins; `bits` are random. A share of it lasts the test."""
    drawn = rates.error_of_encounter * noise.bell(bits) + rates.error_of_test * pair.test_error
    return rates.recognition_noise * drawn


@inlined
def live_before_test(stage, doses, rates, world, later_s):  # type: ignore[no-untyped-def]
    """Play cohousing, then separation, for one world: cohoused pairs alternate contact bouts and time apart.

    `rates` are those of `stage.cohousing_dt_s`; the test begins `later_s` after this time. Animals without a cage mate
    keep their starting state. A home cage has nothing left to explore, so the activity drive rises all the time: an
    animal comes to its test rested.
    """
    animals, pairs = world.animals, world.pairs
    dt_s = stage.cohousing_dt_s
    n_together = int(world.test.cohousing_h * 3600.0 / dt_s + 0.5)
    n_apart = int(world.test.separation_h * 3600.0 / dt_s + 0.5)
    for i in range(animals.shape[0]):
        begin_to_live(animals[i])
    for i in range(animals.shape[0]):
        j = stage.cohoused_with[i]
        if j < i:  # no cage mate, or done with it
            continue
        mine = rates[world.rates_of[i]]
        theirs = rates[world.rates_of[j]]
        share = mine.cohousing_contact_share
        bout_left_s = 0.0
        contact_s = 0.0
        for tick in range(n_together + n_apart):
            # the next bout begins once the share of contact so far does not exceed its target; this keeps the share
            # even if a bout is shorter than a tick
            if bout_left_s <= 0.0 < share and contact_s <= share * tick * dt_s + 1e-6:
                bout_left_s = mine.cohousing_bout_s
            contact = 1 if tick < n_together and bout_left_s > 0.0 else 0
            bout_left_s -= dt_s
            contact_s += contact * dt_s
            pairs[i, j].contact = contact
            pairs[j, i].contact = contact
            time_s = (tick - n_together - n_apart) * dt_s - later_s
            if stage.attachment > 0:
                keep_stress(animals)
            for animal, own in ((i, mine), (j, theirs)):
                drug = levels(doses, world.test.given, time_s) if stage.acts[animal] else NO_DRUG
                stressor = disturbance(world.test, time_s) if stage.acts[animal] else 0.0
                live(own, animals, pairs, animal, False, drug, stage.attachment, stressor, dt_s)
        pairs[i, j].contact = 0
        pairs[j, i].contact = 0
