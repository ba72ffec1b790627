"""Conditioning before a test: days with a session in one of two contexts, with company in one and alone in the other.

What the animal feels in a session is computed by the equations of a test (`life.live`, `feeling.feel`), tick by tick,
for an animal that rests at home; bouts of contact with company are those of cohousing. The contexts take turns, and a
lot decides which comes first. Between sessions the animal is alone in its home cage. In the test nothing more is
learned: half an hour against days.
"""

from __future__ import annotations

from . import noise
from .attachment import disturbance, keep_stress
from .compiled import inlined
from .drugs import NO_DRUG, levels
from .feeling import feel
from .life import DAY_S, live
from .physiology import relax
from .state import ABSENT
from .vocabulary import CONDITIONED_WITH

_PARTNER, _STRANGER, _NOBODY = (CONDITIONED_WITH.index(who) for who in ("partner", "stranger", "nobody"))
_ORDER, _START = 100, 101  # of the random numbers of a history
_LATER = 2**31 + 1  # moments that neither a step nor a reset draws from


@inlined
def new_values(animal):  # type: ignore[no-untyped-def]
    """Let an animal know of no place."""
    animal.value_left = 0.0
    animal.value_right = 0.0


@inlined
def conditioning_s(stage, test):  # type: ignore[no-untyped-def]
    """How long conditioning lasts, in seconds; 0 where there is none."""
    return DAY_S * test.conditioning_days if stage.contexts > 0 else 0.0


@inlined
def condition(stage, doses, rates, world, base, terms, reward, row):  # type: ignore[no-untyped-def]
    """Condition the acting animal of one world, and put it into one of the two chambers for the test.

    `rates` are those of `stage.cohousing_dt_s`, `base` the moment of the reset. What is felt in a tick is computed in
    column `row` of `terms` and `reward`.
    """
    test, animals, pairs = world.test, world.animals, world.pairs
    i = stage.acting[0]
    me = animals[i]
    mine = rates[world.rates_of[i]]
    test.social_first = 1 if noise.uniform(noise.draw(base, noise.HISTORY, i, _ORDER)) < 0.5 else 0
    company = _company(stage, test, i)
    dt_s = stage.cohousing_dt_s
    day_ticks = int(DAY_S / dt_s + 0.5)
    session_ticks = int(test.conditioning_h * 3600.0 / dt_s + 0.5)
    n_days = int(test.conditioning_days + 0.5)
    for day in range(n_days):
        social = (day % 2 == 0) == (test.social_first > 0)
        left = (test.placement == 0) == social
        together = social and company >= 0
        bout_left_s = 0.0
        contact_s = 0.0
        for tick in range(day_ticks):
            here = tick < session_ticks
            contact = 0
            if here and together:
                # as in `life.live_before_test`
                if bout_left_s <= 0.0 < mine.cohousing_contact_share and (
                    contact_s <= mine.cohousing_contact_share * tick * dt_s + 1e-6
                ):
                    bout_left_s = mine.cohousing_bout_s
                contact = 1 if bout_left_s > 0.0 else 0
                bout_left_s -= dt_s
                contact_s += contact * dt_s
            if company >= 0:
                animals[company].chamber = me.chamber if here and together else ABSENT
                pairs[i, company].contact = contact
                pairs[company, i].contact = contact
            at = day * day_ticks + tick
            time_s = (at - n_days * day_ticks) * dt_s
            felt, share, drug = _pass_tick(stage, doses, rates, world, i, time_s)
            if here:
                moment = noise.moment(test.key, test.episode, _LATER + at)
                feel(
                    mine, animals, pairs, i, felt, share, drug, True, stage.attachment, 0, moment, terms, reward, row,
                )  # fmt: skip
                per_min = reward[row] * 60.0 / dt_s
                if left:
                    me.value_left = relax(me.value_left, per_min, mine.keep_value)
                else:
                    me.value_right = relax(me.value_right, per_min, mine.keep_value)
    if company >= 0:
        animals[company].chamber = ABSENT
        pairs[i, company].contact = 0
        pairs[company, i].contact = 0
    me.chamber = 0 if noise.uniform(noise.draw(base, noise.HISTORY, i, _START)) < 0.5 else 1
    me.travel_to = me.chamber


@inlined
def _company(stage, test, i):  # type: ignore[no-untyped-def]
    """The animal that shares the social context with animal `i`, or −1."""
    if test.conditioned_with == _PARTNER:
        return stage.cohoused_with[i]
    if test.conditioned_with == _STRANGER:
        for j in range(stage.strangers.shape[0]):
            if stage.strangers[j] > 0:
                return j
    return -1


@inlined
def _pass_tick(stage, doses, rates, world, i, time_s):  # type: ignore[no-untyped-def]
    """Let everybody live for a tick at `time_s` from the start of the test; return what `live` says of animal `i`, and
    its drugs' levels.
    """
    animals, pairs = world.animals, world.pairs
    if stage.attachment > 0:
        keep_stress(animals)
    felt_by_it, left_to_it = 0.0, 0.0
    drugged = levels(doses, world.test.given, time_s)
    for j in range(animals.shape[0]):
        acts = stage.acts[j] > 0
        felt, left = live(
            rates[world.rates_of[j]], animals, pairs, j, False, drugged if acts else NO_DRUG, stage.attachment,
            disturbance(world.test, time_s) if acts else 0.0, stage.cohousing_dt_s,
        )  # fmt: skip
        if j == i:
            felt_by_it, left_to_it = felt, left
    return felt_by_it, left_to_it, drugged
