"""What an acting animal perceives: the observation vector's layout, names and bounds, and how it is filled."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from .assay import Assay
from .attachment import MAX_STRESS, write_attachment
from .compiled import inlined
from .contexts import write_contexts
from .physiology import felt_tone, felt_work, recalled

SLOT_FEATURES: tuple[tuple[str, float], ...] = (
    ("present", 1.0),
    ("distance", 1.0),  # distance in chambers, as a share of the habitat's longest path
    ("in_contact", 1.0),  # where contact is settling: half at its start, growing with comfort
    ("withdrawn", 1.0),
    ("recognised_familiarity", 1.0),
    ("habituation", 1.0),
    ("same_sex", 1.0),
    ("other_sex", 1.0),
    ("work_left", 1.0),  # n / (n + 10) for n presses still to do for access; 0 if no closed door is between
)
INTEROCEPTION: tuple[tuple[str, float], ...] = (
    ("oxytocin", 2.0),
    ("receptor_signal", 4.0),
    ("dopamine_tone", 2.0),  # at D1 receptors: that at D2 receptors is the same, unless a drug parts the two
    ("v1a_gain", 2.0),
    ("activity_drive", 1.0),
    ("stress", 1.0),
    ("bondedness", 1.0),
)
OF_ATTACHMENT: tuple[tuple[str, float], ...] = (
    ("expression", 3.0),  # times the gain: what the receptor does not pass on is not felt
    ("competence", 3.0),  # the same
    ("reactivity", 2.0),
    ("load", 1.0),
    ("need", 1.0),  # ½ + ½·Δ
)
"""Channels of the slow state; they come last, in environments with `attachment` alone. There stress has more room."""
D2_TONE = ("d2_tone", 2.0)
"""The channel of animals that perceive the tone at D2 receptors beside that at D1 receptors, `dopamine_tone`.

It comes after those of `INTEROCEPTION` and before those of `OF_ATTACHMENT`.
"""
OF_CONTEXTS: tuple[tuple[str, float], ...] = (("value_here", 1.0), ("value_there", 1.0))
"""Channels of what the context that it is in and the other one are worth: ½ + ½·V/(1 + |V|), V in reward per minute.

They come before those of `OF_ATTACHMENT`, in assays with contexts alone.
"""


OF_CARE: tuple[tuple[str, float], ...] = (
    ("litter_need", 1.0),  # pups call, so it is heard everywhere
    ("energy", 1.0),
)
"""Channels of a carer, where there is a litter; they come after those of `INTEROCEPTION`."""


def names(
    chamber_names: tuple[str, ...],
    n_slots: int,
    *,
    attachment: bool = False,
    tones_apart: bool = False,
    contexts: bool = False,
    litter: bool = False,
) -> tuple[str, ...]:
    """Return the name of every observation channel, in order.

    `tones_apart` adds `D2_TONE`, `contexts` their values, `litter` what carers perceive (`OF_CARE`).
    """
    channels = [f"in_{chamber}" for chamber in chamber_names]
    for slot in range(n_slots):
        channels += [f"slot{slot}_{name}" for name, _ in SLOT_FEATURES]
    return tuple(channels + [name for name, _ in _inner(attachment, tones_apart, contexts, litter)])


def space(
    n_chambers: int,
    n_slots: int,
    *,
    attachment: bool = False,
    tones_apart: bool = False,
    contexts: bool = False,
    litter: bool = False,
) -> spaces.Box:
    """Return the observation space: float32, all channels from 0 to the bounds of the tables above."""
    inner = [bound for _, bound in _inner(attachment, tones_apart, contexts, litter)]
    high = [1.0] * n_chambers + [bound for _, bound in SLOT_FEATURES] * n_slots + inner
    return spaces.Box(0.0, np.array(high, dtype=np.float32), dtype=np.float32)


def space_of(assay: Assay, *, attachment: bool = False, tones_apart: bool = False) -> spaces.Box:
    """Return the observation space of an animal that acts in `assay`: what it has of its own, and the two options."""
    own = {"contexts": assay.contexts, "litter": assay.has_litter}
    n_slots = assay.n_animals - 1
    return space(len(assay.habitat.names), n_slots, attachment=attachment, tones_apart=tones_apart, **own)


def names_of(assay: Assay, *, attachment: bool = False, tones_apart: bool = False) -> tuple[str, ...]:
    """Return the names of the channels of `space_of`, in order."""
    own = {"contexts": assay.contexts, "litter": assay.has_litter}
    n_slots = assay.n_animals - 1
    return names(assay.habitat.names, n_slots, attachment=attachment, tones_apart=tones_apart, **own)


def _inner(attachment: bool, tones_apart: bool, contexts: bool, litter: bool) -> tuple[tuple[str, float], ...]:
    """Channels of the animal's own state with their bounds."""
    own = (*INTEROCEPTION, *(OF_CARE if litter else ()), *((D2_TONE,) if tones_apart else ()))
    own += OF_CONTEXTS if contexts else ()
    if not attachment:
        return own
    return tuple((name, MAX_STRESS if name == "stress" else bound) for name, bound in (*own, *OF_ATTACHMENT))


@inlined
def write_observation(stage, rates, world, k, out):  # type: ignore[no-untyped-def]
    """Fill `out` (n_features,) float32 with what acting animal number `k` of `world` perceives now."""
    i = stage.acting[k]
    animals, pairs, slots = world.animals, world.pairs, world.slots[k]
    me = animals[i]
    own = rates[world.rates_of[i]]
    n_chambers = stage.degree.shape[0]
    elsewhere = stage.new_place[world.test.session] > 0  # in none of the chambers that it knows
    for chamber in range(n_chambers):
        out[chamber] = 1.0 if chamber == me.chamber and not elsewhere else 0.0
    at = n_chambers
    for slot in range(slots.shape[0]):
        j = slots[slot]
        other = animals[j]
        pair = pairs[i, j]
        if other.chamber < 0:  # takes no part in this session
            for feature in range(9):
                out[at + feature] = 0.0
            at += 9
            continue
        out[at] = 1.0
        out[at + 1] = stage.share_of_way[me.chamber, other.chamber]
        out[at + 2] = pair.contact * (1.0 - own.comfort_felt * (1.0 - pair.comfort))
        out[at + 3] = 1.0 if pairs[j, i].withdrawn_s > 0.0 else 0.0
        known = recalled(pair.familiarity, me.v1a_gain, own.v1a_recall)
        out[at + 4] = min(1.0, max(0.0, known + pair.recognition_error))
        out[at + 5] = pair.habituation
        grown = j != stage.litter  # pups are of neither sex to a carer: that is how it tells them
        out[at + 6] = 1.0 if grown and other.sex == me.sex else 0.0
        out[at + 7] = 1.0 if grown and other.sex != me.sex else 0.0
        shut = stage.has_doors and stage.keepers[world.test.placement, other.chamber] == j and other.access_s <= 0.0
        work = felt_work(other.work_left, me.dopamine_tone, own.tone_as_work)
        out[at + 8] = work / (work + 10.0) if shut else 0.0
        at += 9
    # of what it can release, so that competence is perceived where it is felt alone
    out[at] = min(2.0, me.oxytocin / me.competence if stage.attachment > 0 else me.oxytocin)
    out[at + 1] = min(4.0, me.receptor_signal)
    out[at + 2] = felt_tone(me.dopamine_tone, own.tone_as_work)
    out[at + 3] = me.v1a_gain
    out[at + 4] = me.activity_drive
    out[at + 5] = min(MAX_STRESS, me.stress)
    out[at + 6] = me.bondedness
    at += 7
    if stage.litter >= 0:
        out[at] = me.litter_need
        out[at + 1] = me.energy
        at += 2
    if stage.tones_apart:
        out[at] = me.d2_tone
    at += stage.tones_apart
    if stage.contexts > 0:
        write_contexts(me, out, at)
        at += 2
    if stage.attachment > 0:
        write_attachment(own, me, out, at)
