"""The start of an episode: placement, sexes, slots, and the time before the test."""

from __future__ import annotations

from . import noise
from .compiled import compiled
from .counters import clear, count_familiarity
from .life import live_before_test
from .observation import write_observation
from .state import MATE, REST


@compiled
def begin_worlds(first, last, mask, stage, cohousing_rates, rates, record_of, batch, observations, _notes):  # type: ignore[no-untyped-def]
    """Begin a new episode in the worlds of `first` … `last − 1` where `mask` (n_worlds,) is set.

    Reads `cohousing_h`, `separation_h`, `relationship` and `placement` (−1: drawn) from the world records; writes the
    first observations of their rows.
    """
    n_animals = batch.animals.shape[1]
    n_acting = stage.acting.shape[0]
    for w in range(first, last):
        if not mask[w]:
            continue
        world = batch.worlds[w]
        animals = batch.animals[w]
        pairs = batch.pairs[w]
        world.tick = 0
        # tick −1 in noise.moment's counting: resets draw from a moment that no step uses
        base = noise.moment(world.key, world.episode, 2**31)
        drawn = noise.uniform(noise.draw(base, noise.PLACEMENT, 0, 0))
        if world.placement < 0:
            world.placement = int(drawn * stage.placements.shape[0])
        for i in range(n_animals):
            _new_animal(animals[i], stage.placements[world.placement, i])
            # acting animals are of sex 0; in a mate test their conspecifics are of the other sex
            animals[i].sex = 1 if world.relationship == MATE and not stage.acts[i] else 0
            for j in range(n_animals):
                _new_pair(pairs[i, j])
                cohoused = stage.cohoused_with[i] == j
                pairs[i, j].mated = 1 if world.relationship == MATE and cohoused and world.cohousing_h > 0.0 else 0
        live_before_test(stage, cohousing_rates, record_of[w], animals, pairs, world.cohousing_h, world.separation_h)
        for i in range(n_animals):
            clear(batch.counters[w, i], n_animals)
            error = rates[record_of[w, i]].recognition_noise
            for j in range(n_animals):
                fresh = noise.bell(noise.draw(base, noise.RECOGNITION, i, j))
                if j != i:
                    pairs[i, j].recognition_error = error * fresh
                    pairs[i, j].together = 1 if animals[i].chamber == animals[j].chamber else 0
                    count_familiarity(batch.counters[w, i], n_animals, j, pairs[i, j].familiarity, True)
                    count_familiarity(batch.counters[w, i], n_animals, j, pairs[i, j].familiarity, False)
        bins = batch.bins[w]
        for k in range(n_acting):
            for j in range(n_animals):
                for at in range(bins.shape[2]):
                    bins[k, j, at] = 0.0
        for k in range(n_acting):
            _shuffle_slots(batch.slots[w, k], stage.acting[k], base)
            write_observation(
                stage, world, animals, pairs, batch.slots[w, k], stage.acting[k], observations[w * n_acting + k]
            )


@compiled
def _new_animal(animal, chamber):  # type: ignore[no-untyped-def]
    animal.chamber = chamber
    animal.travel_to = chamber
    animal.travel_s = 0.0
    animal.intent = REST
    animal.target = -1
    animal.oxytocin = 0.0
    animal.receptor_signal = 0.0
    animal.activity_drive = 0.5
    animal.stress = 0.5
    animal.bondedness = 0.0


@compiled
def _new_pair(pair):  # type: ignore[no-untyped-def]
    pair.familiarity = 0.0
    pair.habituation = 0.0
    pair.recognition_error = 0.0
    pair.withdrawn_s = 0.0
    pair.contact = 0
    pair.together = 0
    pair.mated = 0


@compiled
def _shuffle_slots(slots, i, base):  # type: ignore[no-untyped-def]
    """Put the other animals into the observation slots in random order, so that a slot carries no identity."""
    n_slots = slots.shape[0]
    for slot in range(n_slots):
        slots[slot] = slot if slot < i else slot + 1
    for slot in range(n_slots - 1, 0, -1):
        other = int(noise.uniform(noise.draw(base, noise.PLACEMENT, i, slot)) * (slot + 1))
        slots[slot], slots[other] = slots[other], slots[slot]
