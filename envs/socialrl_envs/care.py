"""Care of a litter, tick by tick: its need, a carer's energy, and how much touch it has from whom.

A litter is one animal: pups of a nest huddle in one pile and are nursed at once, so nothing in the model would tell
them apart, and the litter is what studies of rearing count. Its need n relaxes to 1 while nobody is in contact with it
and to 0 in contact; a carer's energy relaxes to 0, faster while nursing, and to 1 while it explores in the foraging
place. There is no death: a litter that nobody comes to has need 1 and no care, for however long.
"""

from __future__ import annotations

from .compiled import inlined
from .counters import count_care
from .physiology import occupancy, relax
from .state import EXPLORE


@inlined
def tend(stage, rates, world, counters):  # type: ignore[no-untyped-def]
    """Move need and energy over a tick in which contacts are known and the animals have lived, and count the care.

    Touch is 1 in contact and `licking_weight` while licked. Carers that touch the litter at once share it (where one
    licks, those that lick do), so that the sum over carers is what pups receive.
    """
    litter = world.animals[stage.litter]
    nest = litter.chamber
    occupied = occupancy(litter.oxytocin, rates[world.rates_of[stage.litter]].receptor_half)
    n_touch, n_lick = 0, 0
    for k in range(stage.acting.shape[0]):
        i = stage.acting[k]
        if world.pairs[i, stage.litter].contact > 0:
            n_touch += 1
            n_lick += world.animals[i].licks
    for k in range(stage.acting.shape[0]):
        i = stage.acting[k]
        me = world.animals[i]
        own = rates[world.rates_of[i]]
        touches = world.pairs[i, stage.litter].contact
        licks = me.licks * touches
        touch = 0.0
        if n_lick > 0:
            touch = own.licking_weight * licks / n_lick
        elif n_touch > 0:
            touch = touches / n_touch
        me.litter_need = relax(me.litter_need, 0.0 if n_touch > 0 else 1.0, _keep_need(own, n_touch))
        feeds = me.intent == EXPLORE and me.chamber == stage.food and me.travel_s <= 0.0
        if feeds:
            me.energy = relax(me.energy, 1.0, own.keep_feeding)
        else:
            me.energy = relax(me.energy, 0.0, own.keep_energy_nursing if touches > 0 else own.keep_energy)
        returned_s = -1.0
        if touches > 0:
            returned_s = me.away_s
            me.away_s = -1.0
        elif me.away_s >= 0.0 or me.chamber != nest or me.travel_s > 0.0:
            me.away_s = max(me.away_s, 0.0) + stage.dt_s
        me.litter_alone_s = 0.0 if n_touch > 0 else me.litter_alone_s + stage.dt_s
        count_care(
            counters[k], stage.dt_s, licks, touch * occupied, n_touch > 0, returned_s, me.litter_need, me.energy,
            me.litter_alone_s,
        )  # fmt: skip


@inlined
def _keep_need(own, n_touch):  # type: ignore[no-untyped-def]
    return own.keep_need_fall if n_touch > 0 else own.keep_need_rise
