"""Which actions can have an effect: masks for learners that choose among valid actions only."""

from __future__ import annotations

from .compiled import compiled
from .step import restrained


@compiled
def write_masks(stages, worlds, masks):  # type: ignore[no-untyped-def]
    """Set `masks` (n_rows, n_actions) bool: whether the action can have an effect at the coming tick.

    Rows as in `step_worlds`, actions rest, explore, affiliate and reject for each slot, and lick where there is a
    litter, which it can where it can affiliate with it. Resting is always possible. An
    animal between two chambers continues whatever it chooses, and one that is restrained waits, so nothing else is
    offered there. Affiliating does nothing with an animal that is absent, that is behind a door which stays shut, or
    that is in the same chamber and keeps away, is kept away from or is just leaving; rejecting does nothing with one
    that is not in the chamber, is just leaving or keeps away already.
    """
    stage = stages[0]
    n_acting = stage.acting.shape[0]
    for w in range(worlds.shape[0]):
        world = worlds[w]
        shut = stage.shut[world.test.session] > 0
        n_slots = world.slots.shape[1]
        held = restrained(stage, world.test, world.test.tick * stage.dt_s)
        for k in range(n_acting):
            row = w * n_acting + k
            i = stage.acting[k]
            me = world.animals[i]
            free = me.travel_s <= 0.0 and not held
            masks[row, 0] = True
            masks[row, 1] = free
            for slot in range(n_slots):
                j = world.slots[k][slot]
                other = world.animals[j]
                here = other.chamber == me.chamber
                stays = other.travel_s <= 0.0
                refuses = world.pairs[j, i].withdrawn_s > 0.0
                touches = stays and not refuses and world.pairs[i, j].withdrawn_s <= 0.0
                masks[row, 2 + slot] = free and other.chamber >= 0 and (touches if here else not shut)
                masks[row, 2 + n_slots + slot] = free and here and stays and not refuses
                if j == stage.litter:
                    masks[row, 2 + 2 * n_slots] = masks[row, 2 + slot]
