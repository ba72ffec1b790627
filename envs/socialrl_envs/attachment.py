"""What the slow state does within a test: at the receptor, to stress, to the worth of company, and how it moves.

Development over days is in development.py. In the reference state (`vocabulary.SLOW`) every factor of this file is
exactly 1, and with `buffer_familiar` 1, `buffer_receptor` and `stranger_stress` 0 the stress target is that of worlds
without attachment.
"""

from __future__ import annotations

from .compiled import inlined
from .elementary import exponential
from .physiology import relax

MAX_STRESS = 4.0  # as perceived; more is not told apart


@inlined
def expressed(expression: float, stress: float, loss: float, free: float) -> float:
    """Share of the gain that is at the receptor: E·(1 − d_S·max(0, S − S_0)), at least 0."""
    return expression * max(0.0, 1.0 - loss * max(0.0, stress - free))


@inlined
def stress_target(
    reactivity: float,
    signal: float,
    contact: float,
    familiarity: float,
    by_receptor: float,
    by_familiar: float,
    by_stranger: float,
) -> float:
    """What stress goes to without a stressor: Z·[1 − β1·min(X, 1) − β0·c·F + ν·c·(1 − F)], at least 0.

    `contact` is 1 or 0, `familiarity` that of the most familiar companion in contact.
    """
    calmed = by_receptor * min(signal, 1.0) + contact * by_familiar * familiarity
    return reactivity * max(0.0, 1.0 - calmed + contact * by_stranger * (1.0 - familiarity))


@inlined
def needed(recent: float, set_point: float) -> float:
    """Need for contact: (p* − p)/max(p*, 0.05), from −1 (a surplus) to 1."""
    return min(1.0, max(-1.0, (set_point - recent) / max(set_point, 0.05)))


@inlined
def disturbance(test, time_s):  # type: ignore[no-untyped-def]
    """The stressor at `time_s` from the start of the test."""
    start_s = test.stressor_start_h * 3600.0
    return test.stressor if start_s <= time_s < start_s + test.stressor_length_h * 3600.0 else 0.0


@inlined
def keep_stress(animals):  # type: ignore[no-untyped-def]
    """Keep everybody's stress as it is at the start of a tick, so that it makes no difference who comes first."""
    for i in range(animals.shape[0]):
        animals[i].stress_before = animals[i].stress


@inlined
def pass_tick(rates, animals, pairs, i, care, stressor, hormones, dt_s):  # type: ignore[no-untyped-def]
    """Move stress, load and the memory of company of animal `i` over a tick, and add up what it lives through.

    `care` is its receptor occupancy without its gain, `stressor` the disturbance now (below 0: what calms it),
    `hormones` what a block of stress hormones leaves of all that stress goes to, the stressor's part included.
    """
    me = animals[i]
    contact, familiar = 0.0, 0.0
    shared, pull = 0.0, 0.0
    for j in range(pairs.shape[0]):
        if pairs[i, j].contact > 0:
            contact = 1.0
            familiar = max(familiar, pairs[i, j].familiarity)
            shared += pairs[i, j].familiarity * animals[j].stress_before
            pull += pairs[i, j].familiarity
    target = stress_target(
        me.reactivity,
        me.receptor_signal,
        contact,
        familiar,
        rates.buffer_receptor,
        rates.buffer_familiar,
        rates.stranger_stress,
    )
    # an enriched cage is a negative stressor
    me.stress = relax(me.stress, max(target + stressor, 0.0) * hormones, rates.keep_stress)
    if rates.contagion > 0.0 and pull > 0.0:
        # dS/dt += σ·min(X, 1)·Σ F_j·(S_j − S) over the tick
        kept = exponential(-rates.contagion * min(me.receptor_signal, 1.0) * pull)
        me.stress = relax(me.stress, shared / pull, kept)
    me.load = relax(me.load, min(me.stress, 1.0), rates.keep_load)
    me.set_point = (
        contact + (me.set_point - contact) * rates.keep_set_point + (me.contact_recent - contact) * rates.set_point_lag
    )
    me.contact_recent = relax(me.contact_recent, contact, rates.keep_recent)
    me.lived_s += dt_s
    me.lived_contact_s += contact * dt_s
    me.lived_care_s += familiar * care * dt_s
    me.lived_stress_s += me.stress * dt_s


@inlined
def follow_stress(test, me, ends_s, dt_s):  # type: ignore[no-untyped-def]
    """Keep the peak and the area of stress in the test, and when it has fallen to half after the stressor.

    `ends_s` is the end of this tick, from the start of the test.
    """
    me.stress_peak = max(me.stress_peak, me.stress)
    me.stress_area_s += me.stress * dt_s
    after_s = ends_s - (test.stressor_start_h + test.stressor_length_h) * 3600.0
    if test.stressor > 0.0 and after_s > 0.0 and me.stress_half_s < 0.0 and me.stress <= 0.5 * me.stress_peak:
        me.stress_half_s = after_s


@inlined
def begin_to_follow(me):  # type: ignore[no-untyped-def]
    """Begin the measures of `follow_stress` where a test begins; −1 seconds to half: not yet."""
    me.stress_peak = me.stress
    me.stress_area_s = 0.0
    me.stress_half_s = -1.0


@inlined
def begin_to_live(me):  # type: ignore[no-untyped-def]
    """Forget what was lived through before this reset."""
    me.lived_s = 0.0
    me.lived_contact_s = 0.0
    me.lived_care_s = 0.0
    me.lived_stress_s = 0.0


@inlined
def write_attachment(own, me, out, at):  # type: ignore[no-untyped-def]
    """Fill the channels of the slow state from `at` on.

    What a receptor does not pass on is not felt: expression and competence are perceived times the gain (that of the
    arm `reward`, as the receptor signal is), so an animal of gain 0 perceives neither.
    """
    out[at] = own.gain_reward * me.expression
    out[at + 1] = own.gain_reward * me.competence
    out[at + 2] = me.reactivity
    out[at + 3] = me.load
    out[at + 4] = 0.5 + 0.5 * needed(me.contact_recent, me.set_point)
