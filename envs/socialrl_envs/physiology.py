"""The equations of one animal's state, each a small compiled scalar function.

Everything here is per tick: `rates` records (`RATES_DTYPE`) hold what the parameters become for a given tick length,
so that no exponential is computed inside the step. First-order relaxations are integrated exactly
(x ← target + (x − target)·exp(−dt/τ)); the slow familiarity equations by Euler steps (at most 1 % per tick).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .compiled import inlined
from .elementary import exp
from .errors import ParameterError
from .parameters import NAMES, PARAMETER_DTYPE, record
from .spelling import nearest
from .vocabulary import ARM_SETTINGS, ARMS

_CONVERTED = frozenset(
    {
        "oxtr_gain",
        "oxytocin_tau_s",
        "consolidation_floor_per_h",
        "consolidation_gain_per_h",
        "consolidation_mate_per_h",
        "absence_loss_per_h",
        "interference_per_h",
        "habituation_tau_s",
        "habituation_recovery_h",
        "contact_floor",
        "contact_gain",
        "selective_floor",
        "selective_gain",
        "selective_mate",
        "defence_floor",
        "defence_gain",
        "defence_payoff_min",
        "courtship_reward",
        "exploration_reward",
        "activity_rise_s",
        "activity_spend_s",
        "explore_dwell_s",
        "novelty_reward",
        "rest_reward",
        "stress_cost",
        "uncertainty_cost",
        "stress_tau_s",
        "reward_noise",
        "press_s",
        "settling_tau_s",
        "settling_loss_s",
        "recognition_lasting",  # as the weights of its two parts
        "contact_memory_h",
        "set_point_d",
        "need_gain",
        "load_tau_d",
        "contagion",
        "value_tau_h",
        "value_felt",
        "lick_cost",
        "hunger_cost",
        "need_rise_s",
        "need_fall_s",
        "energy_h",
        "nursing_load",
        "feeding_s",
    }
)
_OF_DAYS = frozenset(
    {
        "care_to_expression",
        "care_to_competence",
        "strain_to_reactivity",
        "window_close_d",
        "window_tau_d",
        "development_tau_d",
        "adult_plasticity",
        "enrichment",
    }
)
"""Parameters of development.py. A tick needs neither these nor, but as something else, those of `_CONVERTED`; every
other one is in the rates as it is, under its name."""


def derive_rates(parameters: NDArray[np.void], dt_s: float, arms: Mapping[str, Any] | None = None) -> NDArray[np.void]:
    """Return per-tick rates (`RATES_DTYPE`), same shape as `parameters`, for ticks of `dt_s` seconds.

    `arms` switches single places of receptor action (`ARMS`) to "wild_type" (gain 1) or "knockout" (gain 0); "own"
    keeps the animal's gain. A setting is one word, or one for each of `parameters`.
    """
    if parameters.dtype != PARAMETER_DTYPE:
        raise TypeError(f"parameters must have PARAMETER_DTYPE, got {parameters.dtype}")
    columns = _columns(parameters, dt_s, check_arms(arms or {}))
    rates = np.empty(parameters.shape, dtype=RATES_DTYPE)
    for name, column in columns.items():
        rates[name] = column
    return rates


def _columns(p: NDArray[np.void], dt_s: float, arms: Mapping[str, NDArray[np.str_]]) -> dict[str, NDArray[np.float64]]:
    """Return the rates by name, each of the shape of `p`."""
    minutes, hours, days = dt_s / 60.0, dt_s / 3600.0, dt_s / 86_400.0
    r = {name: p[name] for name in NAMES if name not in _CONVERTED | _OF_DAYS}
    for arm, setting in arms.items():
        fixed = np.where(setting == "wild_type", 1.0, 0.0)
        r[f"gain_{arm}"] = np.where(setting == "own", p["oxtr_gain"], fixed)
    for name in ("consolidation_floor", "consolidation_gain", "consolidation_mate", "absence_loss", "interference"):
        r[name] = p[f"{name}_per_h"] * hours
    r["habituation"] = 1.0 - exp(-dt_s / p["habituation_tau_s"])
    r["recovery"] = 1.0 - exp(-hours / p["habituation_recovery_h"])
    for name in ("contact_floor", "contact_gain", "selective_floor", "selective_gain", "selective_mate"):
        r[name] = p[name] * minutes
    for part in ("floor", "gain"):
        r[f"defence_{part}"] = p[f"defence_{part}"] * minutes
        r[f"driving_off_{part}"] = p[f"defence_{part}"] * p["defence_payoff_min"]
    for name in ("courtship", "exploration", "novelty", "rest"):
        r[name] = p[f"{name}_reward"] * minutes
    r["uncertainty"] = p["uncertainty_cost"] * minutes
    r["stress_cost"] = p["stress_cost"] * minutes
    r["noise"] = p["reward_noise"] * np.sqrt(minutes)
    r["presses"] = dt_s / p["press_s"]
    r["leave"] = 1.0 - exp(-dt_s / p["explore_dwell_s"])
    r["keep_oxytocin"] = exp(-dt_s / p["oxytocin_tau_s"])
    r["keep_activity_up"] = exp(-dt_s / p["activity_rise_s"])
    r["keep_activity_down"] = exp(-dt_s / p["activity_spend_s"])
    r["activity_up"] = dt_s / p["activity_rise_s"]
    r["activity_down"] = dt_s / p["activity_spend_s"]
    r["keep_stress"] = exp(-dt_s / p["stress_tau_s"])
    r["keep_unsettled"] = exp(-dt_s / p["settling_tau_s"])
    r["keep_settled"] = exp(-dt_s / p["settling_loss_s"])
    r["error_of_test"] = np.sqrt(p["recognition_lasting"])
    r["error_of_encounter"] = np.sqrt(1.0 - p["recognition_lasting"])
    r["keep_recent"], r["keep_set_point"], r["set_point_lag"] = chained(
        hours, p["contact_memory_h"], 24.0 * p["set_point_d"]
    )
    r["keep_load"] = exp(-days / p["load_tau_d"])
    r["need"] = p["need_gain"] * minutes
    r["contagion"] = p["contagion"] * hours
    r["keep_value"] = exp(-hours / p["value_tau_h"])
    r["place"] = p["value_felt"] * minutes
    for name in ("lick", "hunger"):
        r[f"{name}_cost"] = p[f"{name}_cost"] * minutes
    for name in ("need_rise", "need_fall", "feeding"):
        r[f"keep_{name}"] = exp(-dt_s / p[f"{name}_s"])
    r["keep_energy"] = exp(-hours / p["energy_h"])
    r["keep_energy_nursing"] = exp(-hours * p["nursing_load"] / p["energy_h"])
    # comfort can be felt where something depends on it
    r["comfort_felt"] = np.where((p["settling_worth"] > 0.0) | (p["incentive_comfort"] > 0.0), 0.5, 0.0)
    return r


def chained(time: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[Any, Any, Any]:
    """Return how much two chained relaxations keep over a time, for time constants `first` and `second` in its unit.

    A variable p relaxes to c, and p* relaxes to p. Then, exactly, p = c + (p₀ − c)·keep_first and
    p* = c + (p*₀ − c)·keep_second + (p₀ − c)·lag. Returns keep_first, keep_second and lag.
    """
    n_first, n_second = np.asarray(time) / first, np.asarray(time) / second
    keep_first, keep_second = exp(-n_first), exp(-n_second)
    x = n_first - n_second
    near = np.abs(x) < 1e-3  # time constants that are alike, or a short time: the quotient by its series
    quotient = np.where(
        near,
        keep_second * (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0))),
        (keep_second - keep_first) / np.where(near, 1.0, x),
    )
    return keep_first, keep_second, n_second * quotient


def check_arms(arms: Mapping[str, Any]) -> dict[str, NDArray[np.str_]]:
    """Return the setting of every arm as an array of shape () or (n_rows,); what is unknown raises `ParameterError`."""
    checked = {}
    for arm, setting in arms.items():
        if arm not in ARMS:
            near = nearest(str(arm), ARMS)
            hint = f"did you mean '{near}'? Allowed" if near else "allowed"
            raise ParameterError(f"unknown arm '{arm}'; {hint}: {', '.join(ARMS)}")
        checked[arm] = np.asarray(setting)
        for one in np.unique(checked[arm]).tolist() if checked[arm].dtype.kind == "U" else [setting]:
            if one not in ARM_SETTINGS:
                raise ParameterError(f"arm '{arm}' must be one of {', '.join(ARM_SETTINGS)}, got {one!r}")
    return {arm: checked.get(arm, np.asarray("own")) for arm in ARMS}


RATES_DTYPE = np.dtype([(name, np.float64) for name in _columns(record(), 1.0, check_arms({}))])


@inlined
def relax(value: float, target: float, keep: float) -> float:
    """First-order relaxation over one tick; `keep` = exp(−dt/τ)."""
    return target + (value - target) * keep


@inlined
def release_level(gain: float, floor: float) -> float:
    """Oxytocin at the end of a long contact: ρ + (1 − ρ)·min(g, 1)."""
    return floor + (1.0 - floor) * min(gain, 1.0)


@inlined
def occupancy(oxytocin: float, half: float) -> float:
    """(1 + K)·O / (K + O): saturating in oxytocin, 1 at O = 1. The receptor signal is X = g · occupancy."""
    return (1.0 + half) * oxytocin / (half + oxytocin)


@inlined
def d2_tone(tone: float, agonist: float, left: float) -> float:
    """Dopamine tone at D2 receptors: (D + agonist, at most 2)·`left`, `left` 0 when they are blocked.

    2 is the highest tone of the parameter table. A blocked receptor does not feel the agonist either.
    """
    return min(tone + agonist, 2.0) * left


@inlined
def unblocked(left: float, without: float) -> float:
    """What is left of the stress target: 1 − (1 − u)·(1 − left), u the share that needs no stress hormone."""
    return 1.0 - (1.0 - without) * (1.0 - left)


@inlined
def peer_tone(tone: float, free: float) -> float:
    """D2 tone as it counts in a bond with an animal of the same sex: (1 − f)·D2 + f·max(D2, 1).

    A lack of tone touches the share 1 − f of that bond's growth; tone above 1 raises all of it. In females a dopamine
    block spares the preference for a peer, and an agonist helps it (Lee & Beery 2021 Horm Behav, PMC7855828).
    """
    return (1.0 - free) * tone + free * max(tone, 1.0)


@inlined
def needed_tone(tone: float, share: float) -> float:
    """What a lack of D2 tone leaves of a growth of which the share q needs it: 1 − q·(1 − min(D2, 1))."""
    return 1.0 - share * (1.0 - min(tone, 1.0))


@inlined
def felt_tone(tone: float, share: float) -> float:
    """D1 tone as the animal perceives it by itself: D1 + s·(1 − D1), s the share that it perceives as work."""
    return tone + share * (1.0 - tone)


@inlined
def felt_work(presses: float, tone: float, share: float) -> float:
    """Presses still to do as they are perceived: n·(1 + s·(1/D1 − 1)), D1 at least 0.05 as in their cost."""
    return presses * (1.0 + share * (1.0 / max(tone, 0.05) - 1.0))


@inlined
def mating_route(gain: float, receptor: float) -> float:
    """How much of the mating route to a bond is open: min(g, 1)·receptor + 1 − min(g, 1), `receptor` 0 when blocked.

    The part min(g, 1) needs the receptor that the animal grew up with; the rest developed without it. So a lifelong
    loss spares bonds with mates (Berendzen et al. 2023 Neuron 111:787), and a block in wild types does not (Young et
    al. 2001 Horm Behav 40:133).
    """
    grown = min(gain, 1.0)
    return grown * receptor + 1.0 - grown


@inlined
def compensated(rate: float, route: float, share: float) -> float:
    """Bond growth without the receptor, κ0·(1 − m·(1 − M)): the share m of it is open only as far as the route M is.

    What makes up for the receptor in animals that never had it is not there in animals that grew up with it.
    """
    return rate * (1.0 - share * (1.0 - route))


@inlined
def felt_occupancy(occupied: float, standing: float, adaptation: float) -> float:
    """What contact adds: s(O + agonist) − h·s(agonist), h the share of a standing agonist that is no longer felt."""
    return max(occupied - adaptation * standing, 0.0)


@inlined
def recalled(familiarity: float, v1a: float, share: float) -> float:
    """Familiarity as it is recalled at a V1a gain of `v1a`: F·(1 − v·(1 − V)), V at most 1."""
    return familiarity * (1.0 - share * (1.0 - min(v1a, 1.0)))


@inlined
def activity_ceiling(calm: float, depth: float, phase: float) -> float:
    """Where the activity drive rises to: 1 on a lively day, less on a calm one and in the rest phase of a rhythm.

    (1 − `calm`)·(1 − `depth`·|1 − 2·φ|), φ the phase of the rest-activity rhythm from 0 to 1: a triangle wave.
    """
    return (1.0 - calm) * (1.0 - depth * abs(1.0 - 2.0 * phase))


@inlined
def familiarity_gain(familiarity: float, rate: float) -> float:
    """Growth of the bond trace in one tick of contact: (1 − F)·rate."""
    return (1.0 - familiarity) * min(rate, 1.0)


@inlined
def familiarity_loss(familiarity: float, absence: float, interference: float, protection: float) -> float:
    """Loss in one tick apart: F·(absence + interference·(1 − protection))."""
    return familiarity * min(absence + interference * (1.0 - protection), 1.0)
