"""The one step that all assays share: a compiled loop over worlds.

Positions at the start of a tick decide who can touch whom during it; passing to another chamber takes effect at the
end, so that halving the tick changes only the resolution.
"""

from __future__ import annotations

from . import noise
from .attachment import disturbance, follow_stress, keep_stress
from .care import tend
from .compiled import compiled, inlined
from .conspecifics import choose
from .counters import (
    count_access,
    count_chamber,
    count_contact,
    count_familiarity,
    count_group,
    count_rejection,
    count_together,
    count_work,
)
from .drugs import NO_DRUG, levels
from .feeling import feel
from .life import live, pass_day, recognition_error
from .observation import write_observation
from .state import AFFILIATE, EXPLORE, REJECT, REST, WAIT


@compiled
def step_worlds(  # type: ignore[no-untyped-def]
    first, last, stages, doses, rates, worlds, counters, bins, actions, observations, reward, terms, truncated
):
    """Advance worlds `first` … `last − 1` by one tick.

    `actions` (n_rows,) int64 and the outputs `observations` (n_rows, n_features) float32, `reward` (n_rows,) float64,
    `terms` (n_terms, n_rows) float64, `truncated` (n_rows,) bool have one row an acting animal, world by world.
    """
    stage = stages[0]
    n_acting = stage.acting.shape[0]
    for w in range(first, last):
        world = worlds[w]
        row = w * n_acting
        if world.test.tick < stage.n_ticks:
            base = noise.moment(world.test.key, world.test.episode, world.test.tick)
            time_s = world.test.tick * stage.dt_s
            _decide(stage, world, actions, row, base, time_s)
            _set_out(stage, rates, world, counters[w], base)
            _reject(stage, rates, world, counters[w])
            _touch(stage, world, counters[w], bins[w], time_s)
            _live_and_feel(stage, doses, rates, world, base, time_s, terms, reward, row)
            if stage.litter >= 0:
                tend(stage, rates, world, counters[w])
            _count_company(stage, world, counters[w])
            if stage.has_doors:
                _shut_doors(stage, world, counters[w])
            _arrive(stage, rates, world, counters[w], base)
            world.test.tick += 1
        else:  # over: nothing happens until the next reset
            for k in range(n_acting):
                reward[row + k] = 0.0
                for term in range(terms.shape[0]):
                    terms[term, row + k] = 0.0
        for k in range(n_acting):
            write_observation(stage, rates, world, k, observations[row + k])
            truncated[row + k] = world.test.tick >= stage.n_ticks


@inlined
def _decide(stage, world, actions, row, base, time_s):  # type: ignore[no-untyped-def]
    """Turn action numbers into intents; an animal between two chambers continues on its way, a restrained one waits."""
    n_slots = world.slots.shape[1]
    held = restrained(stage, world.test, time_s)
    k = 0
    for i in range(world.animals.shape[0]):
        me = world.animals[i]
        if stage.acts[i]:
            action = actions[row + k]
            slots = world.slots[k]
            k += 1
            if me.travel_s > 0.0:
                continue
            me.target = -1
            me.licks = 0
            if held:
                me.intent = WAIT
            elif action == 0:
                me.intent = REST
            elif action == 1:
                me.intent = EXPLORE
            elif action < 2 + n_slots:
                me.intent = AFFILIATE
                me.target = slots[action - 2]
            elif action < 2 + 2 * n_slots:
                me.intent = REJECT
                me.target = slots[action - 2 - n_slots]
            else:  # licking is for the litter, and seeks it like any contact
                me.intent = AFFILIATE
                me.target = stage.litter
                me.licks = 1
            if me.target >= 0 and world.animals[me.target].chamber < 0:
                me.intent = WAIT
                me.target = -1
        elif me.travel_s <= 0.0 and me.chamber >= 0:
            choose(stage.rules[i], me, world.animals, world.pairs, i, stage.dt_s, base)


@inlined
def restrained(stage, test, time_s):  # type: ignore[no-untyped-def]
    """Whether the animals that act are held in place at `time_s`."""
    return stage.restrains > 0 and disturbance(test, time_s) > 0.0


@inlined
def _set_out(stage, rates, world, counters, base):  # type: ignore[no-untyped-def]
    """Start the passage to another chamber where the intent asks for one."""
    animals = world.animals
    k = -1
    for i in range(animals.shape[0]):
        me = animals[i]
        me.moved = 0
        me.presses = 0.0
        k += stage.acts[i]
        if me.travel_s > 0.0 or me.chamber < 0:
            continue
        own = rates[world.rates_of[i]]
        goal = -1
        late_s = 0.0
        if me.intent == EXPLORE and me.chamber != stage.food:  # there it forages, and stays until it seeks company
            if noise.uniform(noise.draw(base, noise.MOVEMENT, i, 0)) < own.leave and stage.degree[me.chamber] > 0:
                way = noise.uniform(noise.draw(base, noise.MOVEMENT, i, 1))
                goal = stage.neighbours[me.chamber, int(way * stage.degree[me.chamber])]
                # the urge comes at any moment of the tick; leaving always at its start would make stays too short by
                # half a tick, and behaviour would depend on dt_s: so half of the passages start at the tick's end
                if noise.uniform(noise.draw(base, noise.MOVEMENT, i, 2)) < 0.5:
                    late_s = stage.dt_s
        elif (
            me.intent == AFFILIATE
            and animals[me.target].chamber != me.chamber
            and not _waits(stage, me, animals[me.target], i, base)
        ):
            goal = stage.next_hop[me.chamber, animals[me.target].chamber]
        if stage.shut[world.test.session] > 0:
            goal = -1
        if stage.has_doors and goal >= 0 and _closed(stage, world, goal):
            if me.intent == AFFILIATE and stage.acts[i]:
                keeper = stage.keepers[world.test.placement, goal]
                _press(stage, world.test, own, me, animals[keeper], counters[k], animals.shape[0], keeper)
            goal = -1
        if goal >= 0:
            me.travel_to = goal
            me.travel_s = own.transit_s + late_s
            me.passage_s = own.transit_s
            me.moved = 1


@inlined
def _waits(stage, me, other, i, base):  # type: ignore[no-untyped-def]
    """Whether animal `i` (its record is `me`) waits for the one it seeks, which is in another chamber.

    It waits if the other is on its way here. Of two that seek each other in neighbouring chambers, one, drawn by lot,
    sets out: if both did, they would pass in the tube again and again without meeting. Only the state at the start of
    the tick counts; it must make no difference that animals with lower numbers have already set out.
    """
    just_left = me.target < i and other.moved > 0
    if other.travel_s > 0.0 and not just_left:
        return other.travel_to == me.chamber
    if other.intent != AFFILIATE or other.target != i or stage.next_hop[me.chamber, other.chamber] != other.chamber:
        return False
    lower, upper = min(i, me.target), max(i, me.target)
    lower_waits = noise.uniform(noise.draw(base, noise.MOVEMENT, lower, 3 + upper)) < 0.5
    return lower_waits == (i == lower)


@inlined
def _closed(stage, world, chamber):  # type: ignore[no-untyped-def]
    """Whether the chamber's door is closed."""
    keeper = stage.keepers[world.test.placement, chamber]
    return keeper >= 0 and world.animals[keeper].access_s <= 0.0


@inlined
def _press(stage, test, rates, me, behind, counters, n_animals, j):  # type: ignore[no-untyped-def]
    """Press the lever of the door that keeps animal `j` (its record is `behind`)."""
    me.presses = min(rates.presses, behind.work_left)
    behind.work_left -= me.presses
    opened = 0.0
    if behind.work_left <= 1e-9:
        opened = 1.0
        behind.accesses += 1
        behind.access_s = test.access_s + stage.dt_s  # from the end of this tick, which was spent pressing
        behind.work_left = 1.0 + test.ratio_step * behind.accesses
    count_work(counters, n_animals, j, me.presses, opened)


@inlined
def _shut_doors(stage, world, counters):  # type: ignore[no-untyped-def]
    """Count time behind doors; where an access is over, put the animal back to the lever by the end of the tick."""
    animals, pairs = world.animals, world.pairs
    n_animals = animals.shape[0]
    for chamber in range(stage.keepers.shape[1]):
        j = stage.keepers[world.test.placement, chamber]
        if j < 0 or animals[j].access_s <= 0.0:
            continue
        animals[j].access_s -= stage.dt_s
        over = animals[j].access_s <= 1e-9
        if over:
            animals[j].access_s = 0.0
        for k in range(stage.acting.shape[0]):
            i = stage.acting[k]
            me = animals[i]
            if me.chamber == chamber:
                count_access(counters[k], n_animals, j, stage.dt_s)
                if over:
                    me.travel_to = stage.lever
                    me.travel_s = stage.dt_s  # done when this tick's passages arrive
                    me.passage_s = 0.0  # it is carried
                    pairs[i, j].contact = 0
                    pairs[j, i].contact = 0
            elif over and me.travel_s > 0.0 and me.travel_to == chamber:  # still in the tube: turns back
                me.travel_to = me.chamber
                me.travel_s = 0.0


@inlined
def _count_company(stage, world, counters):  # type: ignore[no-untyped-def]
    """Count, for every animal that acts, who is in its chamber, and how many they are with itself."""
    animals = world.animals
    n_animals = animals.shape[0]
    for k in range(stage.acting.shape[0]):
        i = stage.acting[k]
        size = 1
        for j in range(n_animals):
            if j != i and animals[j].chamber == animals[i].chamber:
                size += 1
                count_together(counters[k], n_animals, j, stage.dt_s)
        count_group(counters[k], n_animals, stage.degree.shape[0], size, stage.dt_s)


@inlined
def _reject(stage, rates, world, counters):  # type: ignore[no-untyped-def]
    """Let animals drive others off: the other keeps away for a while."""
    animals, pairs = world.animals, world.pairs
    n_animals = animals.shape[0]
    k = 0
    for i in range(n_animals):
        me = animals[i]
        me.drove_off = 0
        if me.intent == REJECT and me.travel_s <= 0.0:
            j = me.target
            other = animals[j]
            if other.chamber == me.chamber and other.travel_s <= 0.0 and pairs[j, i].withdrawn_s <= 0.0:
                own = rates[world.rates_of[i]]
                pairs[j, i].withdrawn_s = own.withdrawal_s
                me.drove_off = 1
                # to drive an animal off is to meet it
                met = pairs[i, j]
                me.newness = 1.0 - own.defence_habituation * met.habituation
                met.habituation += (1.0 - met.habituation) * own.habituation * own.defence_habituation
                if stage.acts[i]:
                    count_rejection(counters[k], n_animals, j)
        k += stage.acts[i]


@inlined
def _touch(stage, world, counters, bins, time_s):  # type: ignore[no-untyped-def]
    """Decide who is in side-by-side contact: one seeks it, the other stays, neither refuses."""
    animals, pairs = world.animals, world.pairs
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
                # waiting for an absent animal counts as staying: it must not be a free way out of contact; and driving
                # one animal off takes a moment, not a tick, so it does not end contact with others that seek it
                a_stays = a.intent != EXPLORE and not (a.intent == REJECT and a.target == j)
                b_stays = b.intent != EXPLORE and not (b.intent == REJECT and b.target == i)
                # who broods lies on one pile with the pups
                piled = stage.litter >= 0 and _broods(a, stage.litter) and _broods(b, stage.litter)
                if (a_seeks and b_stays) or (b_seeks and a_stays) or piled:
                    contact = 1
                    begins = pairs[i, j].contact == 0
                    for k in range(stage.acting.shape[0]):
                        me = stage.acting[k]
                        if me in (i, j):
                            other = i + j - me
                            count_contact(counters[k], n_animals, other, stage.dt_s, time_s, begins)
                            bins[k, other, int(time_s / stage.bin_s)] += stage.dt_s
            pairs[i, j].contact = contact
            pairs[j, i].contact = contact


@inlined
def _broods(me, litter):  # type: ignore[no-untyped-def]
    """Whether an animal (its record is `me`) seeks the litter."""
    return me.intent == AFFILIATE and me.target == litter


@inlined
def _live_and_feel(stage, doses, rates, world, base, time_s, terms, reward, row):  # type: ignore[no-untyped-def]
    """Update the inner state of every animal, and compute the rewards of those that act."""
    drugged = levels(doses, world.test.given, time_s)
    known_place = stage.known_place[world.test.session] > 0
    stressor = 0.0
    if stage.attachment > 0:
        keep_stress(world.animals)
        stressor = disturbance(world.test, time_s)
    for i in range(world.animals.shape[0]):
        me = world.animals[i]
        own = rates[world.rates_of[i]]
        drug = drugged if stage.acts[i] else NO_DRUG
        pass_day(own, me, i, base, time_s, stage.dt_s)
        felt, left = live(
            own, world.animals, world.pairs, i, me.intent == EXPLORE, drug, stage.attachment,
            stressor if stage.acts[i] else 0.0, stage.dt_s,
        )  # fmt: skip
        if stage.acts[i]:
            if stage.attachment > 0:
                follow_stress(world.test, me, time_s + stage.dt_s, stage.dt_s)
            feel(
                own, world.animals, world.pairs, i, felt, left, drug, known_place, stage.attachment, stage.contexts,
                base, terms, reward, row,
            )  # fmt: skip
            row += 1


@inlined
def _arrive(stage, rates, world, counters, base):  # type: ignore[no-untyped-def]
    """End the tick: passages that are over take effect, withdrawals run down, encounters begin."""
    animals, pairs = world.animals, world.pairs
    n_animals = animals.shape[0]
    n_chambers = stage.degree.shape[0]
    k = 0
    for i in range(n_animals):
        me = animals[i]
        here, entered = me.chamber, -1
        if me.travel_s > 0.0:
            me.travel_s -= stage.dt_s
            if me.travel_s <= 1e-9:
                me.travel_s = 0.0
                me.chamber = me.travel_to
                entered = me.chamber
        if stage.acts[i]:
            count_chamber(counters[k], n_animals, n_chambers, here, stage.dt_s, entered, me.passage_s)
            for j in range(n_animals):
                count_familiarity(counters[k], n_animals, j, pairs[i, j].familiarity, False)
            k += 1
    for i in range(n_animals):
        for j in range(i + 1, n_animals):
            a, b = animals[i], animals[j]
            together = a.chamber == b.chamber and a.travel_s <= 0.0 and b.travel_s <= 0.0
            _pass_time(
                stage, rates[world.rates_of[i]], pairs[i, j], together, noise.draw(base, noise.RECOGNITION, i, j)
            )
            _pass_time(
                stage, rates[world.rates_of[j]], pairs[j, i], together, noise.draw(base, noise.RECOGNITION, j, i)
            )


@inlined
def _pass_time(stage, rates, pair, together, bits):  # type: ignore[no-untyped-def]
    """Let a withdrawal run down; if an encounter begins, draw a new recognition error (`bits` are random)."""
    left_s = pair.withdrawn_s - stage.dt_s
    pair.withdrawn_s = left_s if left_s > 0.0 else 0.0
    if together and pair.together == 0:
        pair.recognition_error = recognition_error(rates, pair, bits)
    pair.together = 1 if together else 0
