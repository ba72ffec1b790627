"""The start of an episode: placement, sexes of the others, slots, and the time before the test."""

from __future__ import annotations

from . import noise
from .attachment import begin_to_follow
from .compiled import compiled, inlined
from .conditioning import condition, conditioning_s, new_values
from .counters import clear, count_familiarity
from .drugs import NO_DRUG, draw_doses, levels
from .life import NIGHT_H, begin_day, feel_tones, live_before_test, pass_day, recognition_error
from .observation import write_observation
from .state import ABSENT, MATE, REST


@compiled
def begin_worlds(  # type: ignore[no-untyped-def]
    first, last, mask, stages, doses, cohousing_rates, rates, worlds, counters, bins, observations, terms, reward
):
    """Begin a new episode in the worlds of `first` … `last − 1` where `mask` (n_worlds,) is set.

    Reads `cohousing_h`, `separation_h`, `relationship`, `mating`, `continued` and `placement` (−1: drawn) from the test
    records; writes the first observations of their rows. `terms` (n_terms, n_rows) and `reward` (n_rows,) are room to
    compute with.
    """
    stage = stages[0]
    n_acting = stage.acting.shape[0]
    for w in range(first, last):
        if mask[w]:
            world = worlds[w]
            # resets draw from a moment that no step uses
            base = noise.moment(world.test.key, world.test.episode, 2**31)
            _place(stage, rates, world, base)
            world.test.given = draw_doses(doses, base)
            live_before_test(stage, doses, cohousing_rates, world, conditioning_s(stage, world.test))
            if stage.contexts > 0:
                condition(stage, doses, cohousing_rates, world, base, terms, reward, w * n_acting)
            _wake(stage, rates, world, base)
            if stage.litter >= 0 and world.test.continued == 0:
                _wake_carers(stage, world, base)
            _feel_drugs(stage, doses, rates, world)
            _meet(stage, rates, world, counters[w], base)
            bins[w] = 0.0
            for k in range(n_acting):
                _shuffle_slots(world.slots[k], stage.acting[k], base)
                write_observation(stage, rates, world, k, observations[w * n_acting + k])


@inlined
def _place(stage, rates, world, base):  # type: ignore[no-untyped-def]
    """Put animals where the placement says, and give those that do not act their sex, with its rates.

    They are new, or (`continued`) those of the last episode with their state.
    """
    test = world.test
    test.tick = 0
    drawn = noise.uniform(noise.draw(base, noise.PLACEMENT, 0, 0))
    if test.placement < 0:
        test.placement = int(drawn * stage.placements.shape[1])
    mates = test.relationship == MATE
    n_animals = world.animals.shape[0]
    for i in range(n_animals):
        here = stage.placements[test.session, test.placement, i] if stage.sessions[test.session, i] else ABSENT
        _put(world.animals[i], here)
        if test.continued == 0:
            _new_animal(world.animals[i])
        if not stage.acts[i]:
            sex = _sex_of_other(stage, test, world.animals, i)
            world.animals[i].sex = sex
            # the last two records are those of females and of males that do not act
            world.rates_of[i] = rates.shape[0] - 2 + sex
        for j in range(n_animals):
            pair = world.pairs[i, j]
            _part(pair)
            if test.continued == 0:
                _new_pair(pair)
            if i != j and stage.litter in (i, j):
                _own_litter(pair)
            if mates and test.mating > 0 and stage.cohoused_with[i] == j and test.cohousing_h > 0.0:
                pair.mated = 1


@inlined
def _sex_of_other(stage, test, animals, i):  # type: ignore[no-untyped-def]
    """The sex of an animal that does not act: in a mate test the other one than that of its cage mate that acts, else
    the same. A stranger's may be given (`stranger_sex`: 0 as the partner's, 1 the same, 2 the other).
    """
    mate = stage.cohoused_with[i]
    own = animals[mate if mate >= 0 and stage.acts[mate] else stage.acting[0]].sex
    differs = test.relationship == MATE
    if stage.strangers[i] and test.stranger_sex > 0:
        differs = test.stranger_sex == 2
    return 1 - own if differs else own


@inlined
def _feel_drugs(stage, doses, rates, world):  # type: ignore[no-untyped-def]
    """Set the drug levels of the first moment of the test, which no history has set yet."""
    drugged = levels(doses, world.test.given, 0.0)
    for i in range(world.animals.shape[0]):
        feel_tones(rates[world.rates_of[i]], world.animals[i], drugged if stage.acts[i] else NO_DRUG)


@inlined
def _wake(stage, rates, world, base):  # type: ignore[no-untyped-def]
    """Draw the day and the phase of the rhythm of every animal; it comes to the test rested and settled with nobody.

    Where the animals of the last test live on and no night has passed since, it is still the same day.
    """
    test = world.test
    passed_h = test.cohousing_h + test.separation_h + conditioning_s(stage, test) / 3600.0
    same_day = test.continued > 0 and passed_h < NIGHT_H
    for i in range(world.animals.shape[0]):
        me = world.animals[i]
        me.phase = noise.uniform(noise.draw(base, noise.DAY, i, 1))
        if same_day:
            pass_day(rates[world.rates_of[i]], me, i, base, 0.0, 0.0)
        else:
            begin_day(rates[world.rates_of[i]], me, i, base)
        me.activity_drive = min(me.activity_drive, me.activity_ceiling)
        begin_to_follow(me)
        for j in range(world.animals.shape[0]):
            world.pairs[i, j].comfort = 0.0  # it was carried here


@inlined
def _wake_carers(stage, world, base):  # type: ignore[no-untyped-def]
    """Draw when each carer has eaten last, and when the litter has been cared for: the test begins at any moment."""
    n_animals = world.animals.shape[0]
    need = noise.uniform(noise.draw(base, noise.DAY, stage.litter, 2 + n_animals))
    for k in range(stage.acting.shape[0]):
        i = stage.acting[k]
        world.animals[i].litter_need = need
        world.animals[i].energy = noise.uniform(noise.draw(base, noise.DAY, i, 2 + n_animals))


@inlined
def _meet(stage, rates, world, counters, base):  # type: ignore[no-untyped-def]
    """Recognise the others for the first time, and start counting."""
    animals, pairs = world.animals, world.pairs
    n_animals = animals.shape[0]
    for i in range(n_animals):
        own = rates[world.rates_of[i]]
        for j in range(n_animals):
            if j != i:
                pairs[i, j].test_error = noise.bell(noise.draw(base, noise.DAY, i, 2 + j))
                bits = noise.draw(base, noise.RECOGNITION, i, j)
                pairs[i, j].recognition_error = recognition_error(own, pairs[i, j], bits)
                pairs[i, j].together = 1 if animals[i].chamber == animals[j].chamber else 0
    for k in range(stage.acting.shape[0]):
        clear(counters[k], n_animals)
        for j in range(n_animals):
            familiarity = pairs[stage.acting[k], j].familiarity  # of itself: zero
            count_familiarity(counters[k], n_animals, j, familiarity, True)
            count_familiarity(counters[k], n_animals, j, familiarity, False)


@inlined
def _put(animal, chamber):  # type: ignore[no-untyped-def]
    """Put an animal into a chamber at the start of a test; its inner state is kept."""
    animal.chamber = chamber
    animal.travel_to = chamber
    animal.travel_s = 0.0
    animal.passage_s = 0.0
    animal.intent = REST
    animal.target = -1
    animal.moved = 0
    animal.drove_off = 0
    animal.newness = 1.0
    animal.licks = 0
    animal.away_s = -1.0
    animal.litter_alone_s = 0.0
    animal.presses = 0.0
    animal.work_left = 1.0
    animal.accesses = 0
    animal.access_s = 0.0


@inlined
def _new_animal(animal):  # type: ignore[no-untyped-def]
    animal.oxytocin = 0.0
    animal.receptor_signal = 0.0
    animal.activity_drive = 0.5
    animal.activity_ceiling = 1.0
    animal.stress = 0.5
    animal.bondedness = 0.0
    animal.bond_elsewhere = 0.0
    new_values(animal)


@inlined
def _part(pair):  # type: ignore[no-untyped-def]
    """End all interaction between two animals; familiarity and habituation are kept."""
    pair.recognition_error = 0.0
    pair.withdrawn_s = 0.0
    pair.contact = 0
    pair.together = 0


@inlined
def _new_pair(pair):  # type: ignore[no-untyped-def]
    pair.familiarity = 0.0
    pair.habituation = 0.0
    pair.mated = 0
    pair.offspring = 0


@inlined
def _own_litter(pair):  # type: ignore[no-untyped-def]
    """Carers know the litter in their nest, and it knows them, from the first moment."""
    pair.offspring = 1
    pair.familiarity = 1.0
    pair.habituation = 1.0


@inlined
def _shuffle_slots(slots, i, base):  # type: ignore[no-untyped-def]
    """Put the other animals into the observation slots in random order, so that a slot carries no identity."""
    n_slots = slots.shape[0]
    for slot in range(n_slots):
        slots[slot] = slot if slot < i else slot + 1
    for slot in range(n_slots - 1, 0, -1):
        other = int(noise.uniform(noise.draw(base, noise.PLACEMENT, i, slot)) * (slot + 1))
        slots[slot], slots[other] = slots[other], slots[slot]
