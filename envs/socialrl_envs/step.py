"""The one step that all assays share: a compiled loop over worlds.

Positions at the start of a tick decide who can touch whom during it; passing to another chamber takes effect at the
end, so that halving the tick changes nothing but the resolution.
"""

from __future__ import annotations

from . import noise, rewards
from .compiled import compiled
from .conspecifics import tethered_intent
from .counters import count_chamber, count_contact, count_familiarity, count_rejection
from .drugs import NO_DRUG, levels
from .life import live
from .observation import write_observation
from .state import AFFILIATE, EXPLORE, REJECT, REST

# what an animal's tick amounts to, collected while the world moves, turned into reward afterwards
_MOVED, _DROVE_OFF, N_NOTES = 0, 1, 2


@compiled
def step_worlds(first, last, stage, rates, record_of, batch, actions, observations, reward, terms, truncated, notes):  # type: ignore[no-untyped-def]
    """Advance worlds `first` … `last − 1` by one tick.

    `actions` (n_rows,) int64 and the outputs `observations` (n_rows, n_features) float32, `reward` (n_rows,) float64,
    `terms` (n_terms, n_rows) float64, `truncated` (n_rows,) bool have one row an acting animal, world by world; `notes`
    (n_animals, N_NOTES) float64 is scratch paper of the calling thread.
    """
    n_animals = batch.animals.shape[1]
    n_acting = stage.acting.shape[0]
    for w in range(first, last):
        world = batch.worlds[w]
        animals = batch.animals[w]
        pairs = batch.pairs[w]
        counters = batch.counters[w]
        row = w * n_acting
        if world.tick >= stage.n_ticks:  # over: nothing happens until the next reset
            for k in range(n_acting):
                write_observation(
                    stage, world, animals, pairs, batch.slots[w, k], stage.acting[k], observations[row + k]
                )
                reward[row + k] = 0.0
                for term in range(terms.shape[0]):
                    terms[term, row + k] = 0.0
                truncated[row + k] = True
            continue
        time_s = world.tick * stage.dt_s
        base = noise.moment(world.key, world.episode, world.tick)
        for i in range(n_animals):
            if not stage.acts[i] and animals[i].travel_s <= 0.0:
                animals[i].intent = tethered_intent()
                animals[i].target = -1
        for k in range(n_acting):
            _decide(animals[stage.acting[k]], batch.slots[w, k], actions[row + k])
        for i in range(n_animals):
            _set_out(stage, rates[record_of[w, i]], animals, i, base, notes)
        _reject(rates, record_of[w], animals, pairs, counters, notes)
        _touch(stage, animals, pairs, counters, time_s)
        for i in range(n_animals):
            agonist, receptor, dopamine, v1a = levels(stage.doses, time_s) if stage.acts[i] else NO_DRUG
            own = rates[record_of[w, i]]
            exploring = animals[i].intent == EXPLORE
            passed_on = live(own, animals, pairs, i, exploring, agonist, receptor, dopamine)
            if stage.acts[i]:
                k = 0
                while stage.acting[k] != i:
                    k += 1
                _feel(own, animals[i], pairs, i, notes, passed_on, receptor, v1a, base, terms, reward, row + k)
                for j in range(n_animals):
                    if pairs[i, j].contact > 0:
                        batch.bins[w, k, j, int(time_s / stage.bin_s)] += stage.dt_s
        _arrive(stage, rates, record_of[w], animals, pairs, counters, base)
        world.tick += 1
        done = world.tick >= stage.n_ticks
        for k in range(n_acting):
            write_observation(stage, world, animals, pairs, batch.slots[w, k], stage.acting[k], observations[row + k])
            truncated[row + k] = done


@compiled
def _decide(animal, slots, action):  # type: ignore[no-untyped-def]
    """Turn an action number into an intent; an animal between two chambers goes on to where it was going."""
    if animal.travel_s > 0.0:
        return
    n_slots = slots.shape[0]
    animal.target = -1
    if action == 0:
        animal.intent = REST
    elif action == 1:
        animal.intent = EXPLORE
    elif action < 2 + n_slots:
        animal.intent = AFFILIATE
        animal.target = slots[action - 2]
    else:
        animal.intent = REJECT
        animal.target = slots[action - 2 - n_slots]


@compiled
def _set_out(stage, rates, animals, i, base, notes):  # type: ignore[no-untyped-def]
    """Start the passage to another chamber where the intent asks for one."""
    me = animals[i]
    notes[i, _MOVED] = 0.0
    notes[i, _DROVE_OFF] = 0.0
    if me.travel_s > 0.0:
        return
    goal = -1
    late_s = 0.0
    if me.intent == EXPLORE:
        if noise.uniform(noise.draw(base, noise.MOVEMENT, i, 0)) < rates.leave and stage.degree[me.chamber] > 0:
            way = noise.uniform(noise.draw(base, noise.MOVEMENT, i, 1))
            goal = stage.neighbours[me.chamber, int(way * stage.degree[me.chamber])]
            # the urge comes at any moment of the tick; leaving always at its start would make stays too short by
            # half a tick, and behaviour would depend on dt_s: so half of the passages start at the tick's end
            if noise.uniform(noise.draw(base, noise.MOVEMENT, i, 2)) < 0.5:
                late_s = stage.dt_s
    elif me.intent == AFFILIATE and animals[me.target].chamber != me.chamber:
        goal = stage.next_hop[me.chamber, animals[me.target].chamber]
    if goal >= 0:
        me.travel_to = goal
        me.travel_s = rates.transit_s + late_s
        notes[i, _MOVED] = 1.0


@compiled
def _reject(rates, record_of, animals, pairs, counters, notes):  # type: ignore[no-untyped-def]
    """Let animals drive others off: the other keeps away for a while."""
    n_animals = animals.shape[0]
    for i in range(n_animals):
        me = animals[i]
        if me.intent != REJECT or me.travel_s > 0.0:
            continue
        j = me.target
        other = animals[j]
        if other.chamber == me.chamber and other.travel_s <= 0.0 and pairs[j, i].withdrawn_s <= 0.0:
            own = rates[record_of[i]]
            pairs[j, i].withdrawn_s = own.withdrawal_s
            count_rejection(counters[i], n_animals, j)
            notes[i, _DROVE_OFF] = 1.0


@compiled
def _touch(stage, animals, pairs, counters, time_s):  # type: ignore[no-untyped-def]
    """Settle who is in side-by-side contact: one seeks it, the other stays, nobody refuses."""
    n_animals = animals.shape[0]
    for i in range(n_animals):
        for j in range(i + 1, n_animals):
            a, b = animals[i], animals[j]
            contact = 0
            if (
                a.chamber == b.chamber
                and a.travel_s <= 0.0
                and b.travel_s <= 0.0
                and pairs[i, j].withdrawn_s <= 0.0
                and pairs[j, i].withdrawn_s <= 0.0
            ):
                a_seeks = a.intent == AFFILIATE and a.target == j
                b_seeks = b.intent == AFFILIATE and b.target == i
                a_stays = a.intent == REST or a.intent == AFFILIATE
                b_stays = b.intent == REST or b.intent == AFFILIATE
                if (a_seeks and b_stays) or (b_seeks and a_stays):
                    contact = 1
            if contact:
                begins = pairs[i, j].contact == 0
                count_contact(counters[i], n_animals, j, stage.dt_s, time_s, begins)
                count_contact(counters[j], n_animals, i, stage.dt_s, time_s, begins)
            pairs[i, j].contact = contact
            pairs[j, i].contact = contact


@compiled
def _feel(rates, me, pairs, i, notes, passed_on, receptor, v1a, base, terms, reward, row):  # type: ignore[no-untyped-def]
    """Write the named reward terms of acting animal `i` into column `row` of `terms`, and their sum."""
    signal = rates.gain_reward * passed_on
    defended = rates.gain_defence * receptor
    general, selective, defence, novelty = 0.0, 0.0, 0.0, 0.0
    in_contact = False
    for j in range(pairs.shape[0]):
        pair = pairs[i, j]
        if pair.contact > 0:
            in_contact = True
            general = rewards.contact_general(signal, rates.contact_floor, rates.contact_gain)
            selective = max(
                selective,
                rewards.contact_selective(
                    pair.familiarity,
                    signal,
                    rates.selective_floor,
                    rates.selective_gain,
                    float(pair.mated),
                    rates.selective_mate,
                    rates.v1a_gain * v1a,
                ),
            )
            defence -= rewards.threat(
                pair.familiarity, me.bondedness, defended, rates.defence_floor, rates.defence_gain
            )
            novelty += (1.0 - pair.habituation) * rates.novelty
    if notes[i, _DROVE_OFF] > 0.0:
        familiarity = pairs[i, me.target].familiarity
        defence += (
            rewards.threat(familiarity, me.bondedness, defended, rates.driving_off_floor, rates.driving_off_gain)
            - rates.rejection_cost
        )
    exploring = me.intent == EXPLORE
    resting = me.intent == REST and not in_contact
    terms[0, row] = general
    terms[1, row] = selective
    terms[2, row] = defence
    terms[3, row] = novelty
    terms[4, row] = rates.exploration * me.activity_drive if exploring else 0.0
    terms[5, row] = -rates.move_cost * notes[i, _MOVED]
    terms[6, row] = -rates.stress_cost * me.stress
    terms[7, row] = rates.rest if resting else 0.0
    terms[8, row] = rates.noise * noise.bell(noise.draw(base, noise.FELT_REWARD, i, 0))
    total = 0.0
    for term in range(terms.shape[0]):
        total += terms[term, row]
    reward[row] = total


@compiled
def _arrive(stage, rates, record_of, animals, pairs, counters, base):  # type: ignore[no-untyped-def]
    """End the tick: passages that are over take effect, withdrawals run down, encounters begin."""
    n_animals = animals.shape[0]
    n_chambers = stage.degree.shape[0]
    for i in range(n_animals):
        me = animals[i]
        here, entered = me.chamber, -1
        if me.travel_s > 0.0:
            me.travel_s -= stage.dt_s
            if me.travel_s <= 1e-9:
                me.travel_s = 0.0
                me.chamber = me.travel_to
                entered = me.chamber
        count_chamber(counters[i], n_animals, n_chambers, here, stage.dt_s, entered)
    for i in range(n_animals):
        error = rates[record_of[i]].recognition_noise
        for j in range(n_animals):
            if j == i:
                continue
            pair = pairs[i, j]
            pair.withdrawn_s = max(0.0, pair.withdrawn_s - stage.dt_s)
            together = (
                animals[i].chamber == animals[j].chamber and animals[i].travel_s <= 0.0 and animals[j].travel_s <= 0.0
            )
            if together and pair.together == 0:
                pair.recognition_error = error * noise.bell(noise.draw(base, noise.RECOGNITION, i, j))
            pair.together = 1 if together else 0
            if stage.acts[i]:
                count_familiarity(counters[i], n_animals, j, pair.familiarity, False)
