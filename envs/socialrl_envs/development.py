"""Development: how care, stress and company over days move an animal's slow state.

One equation gives the sensitive period and the plasticity that adults keep: w(a) = 1 up to age a_c, then
π + (1 − π)·exp(−(a − a_c)/τ_c). With care u, mean stress S̄ and the share c of time in contact,

- expression dE/dt = w·(1 + m_E·(u − 1) − E)/τ_dev,
- competence dQ/dt = w·(1 + m_Q·(u − 1) − Q)/τ_dev,
- reactivity dZ/dt = w·(1 + m_Z·(S̄/S̄_ref − 1) − Z)/τ_dev,
- recent contact dp/dt = (c − p)/τ_p, its set point dp*/dt = (p − p*)/τ_*,
- load dW/dt = (min(S̄, 1) − W)/τ_W.

`grow` solves them exactly for days that are alike, so a result does not depend on how the days are cut. What a day is
like, `day` says. The reference is the animal's own day with two carers, which gives u = 1 and S̄ = S̄_ref by definition:
so two carers leave an animal of any gain in the reference state, and nobody pays twice for a low gain. Ages and
durations are in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elementary import exp
from .errors import ParameterError
from .parameters import PARAMETER_DTYPE
from .physiology import chained, occupancy, release_level, unblocked
from .vocabulary import SLOW

HOURS_PER_DAY = 24.0
_REFERENCE = {variable.name: variable.reference for variable in SLOW}
_RANGE = {variable.name: (variable.lowest, variable.highest) for variable in SLOW}


@dataclass(frozen=True)
class SlowState:
    """The slow state of an animal: numbers, or arrays with one value for each of several animals.

    The defaults are the reference, where every factor that the worlds make of it is 1 and need is 0. A value out of the
    range of `vocabulary.SLOW` raises `ParameterError`.
    """

    age_d: Any = _REFERENCE["age_d"]
    expression: Any = _REFERENCE["expression"]
    competence: Any = _REFERENCE["competence"]
    reactivity: Any = _REFERENCE["reactivity"]
    contact_recent: Any = _REFERENCE["contact_recent"]
    set_point: Any = _REFERENCE["set_point"]
    load: Any = _REFERENCE["load"]

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGE.items():
            _check(name, getattr(self, name), low, high)

    @classmethod
    def newborn(cls) -> SlowState:
        """Return the state at birth: age 0, everything else at its reference."""
        return cls(age_d=0.0)


@dataclass(frozen=True)
class Day:
    """What a day is like: numbers or arrays.

    `care` is u, touch × occupancy relative to the reference family; `strain` the mean stress S̄ (units of stress);
    `contact_share` the share of the day in contact with anyone.
    """

    care: Any
    strain: Any
    contact_share: Any


def grow(
    state: SlowState,
    parameters: NDArray[np.void],
    days: ArrayLike,
    *,
    care: ArrayLike = 1.0,
    strain: ArrayLike | None = None,
    contact_share: ArrayLike | None = None,
    reference_strain: ArrayLike | None = None,
) -> SlowState:
    """Return the slow state after `days` (any number from 0, fractions too) that are all alike.

    `parameters` is a record, or an array of them (n,), of `PARAMETER_DTYPE`; the other arguments are numbers or (n,).
    `care`, `strain` and `contact_share` are those of a `Day`; without them the days are those of the reference family.
    `reference_strain` is S̄_ref where the reference is not that of `reference_day`. Negative days or care, and a
    share outside 0 to 1, raise `ParameterError`.
    """
    usual = reference_day(parameters)
    strain = usual.strain if strain is None else strain
    contact_share = usual.contact_share if contact_share is None else contact_share
    reference_strain = usual.strain if reference_strain is None else reference_strain
    for name, value, high in (
        ("days", days, np.inf),
        ("care", care, np.inf),
        ("strain", strain, np.inf),
        ("contact_share", contact_share, 1.0),
    ):
        _check(name, value, 0.0, high)
    p, days = parameters, np.asarray(days, dtype=np.float64)
    care, strain, contact = (np.asarray(value, dtype=np.float64) for value in (care, strain, contact_share))
    left = exp(-open_days(p, state.age_d, days) / p["development_tau_d"])
    # no strain at all in the reference: then there is nothing to be relative to
    relative = np.divide(strain, reference_strain, out=np.ones(np.broadcast(strain, reference_strain).shape),
                         where=np.asarray(reference_strain) > 0.0)  # fmt: skip
    keep_recent, keep_set_point, lag = chained(days, p["contact_memory_h"] / HOURS_PER_DAY, p["set_point_d"])
    return SlowState(
        age_d=_plain(state.age_d + days),
        expression=_toward("expression", state, 1.0 + p["care_to_expression"] * (care - 1.0), left),
        competence=_toward("competence", state, 1.0 + p["care_to_competence"] * (care - 1.0), left),
        reactivity=_toward("reactivity", state, 1.0 + p["strain_to_reactivity"] * (relative - 1.0), left),
        contact_recent=_toward("contact_recent", state, contact, keep_recent),
        set_point=_clipped(
            "set_point",
            contact + (state.set_point - contact) * keep_set_point + (state.contact_recent - contact) * lag,
        ),
        load=_toward("load", state, np.minimum(strain, 1.0), exp(-days / p["load_tau_d"])),
    )


def grow_lived(animals: NDArray[np.void], parameters: NDArray[np.void]) -> None:
    """Let `animals` (records of `state.ANIMAL_DTYPE`) develop by what they lived through, tick by tick, in a world.

    `parameters` are theirs, of the same shape. Age, expression, competence and reactivity move as in `grow`. Load and
    the memory of company have moved already. What was lived through counts once: a second call changes nothing.
    """
    lived_s = animals["lived_s"]
    usual = parameters["cohousing_contact_share"] * reference_occupancy(parameters)
    share = np.divide(1.0, lived_s, out=np.zeros(lived_s.shape), where=lived_s > 0.0)
    grown = grow(
        SlowState(**{variable.name: animals[variable.name].copy() for variable in SLOW}),
        parameters,
        lived_s / 86_400.0,
        care=animals["lived_care_s"] * share / usual,
        strain=animals["lived_stress_s"] * share,
        contact_share=animals["lived_contact_s"] * share,
    )
    for name in ("age_d", "expression", "competence", "reactivity"):
        animals[name] = getattr(grown, name)
    for name in ("lived_s", "lived_contact_s", "lived_care_s", "lived_stress_s"):
        animals[name] = 0.0


def window(parameters: NDArray[np.void], age_d: ArrayLike) -> Any:
    """Return w(a): how plastic an animal is at an age, 1 in the sensitive period, `adult_plasticity` long after it."""
    p = parameters
    past_d = np.maximum(np.asarray(age_d, dtype=np.float64) - p["window_close_d"], 0.0)
    return _plain(p["adult_plasticity"] + (1.0 - p["adult_plasticity"]) * exp(-past_d / p["window_tau_d"]))


def open_days(parameters: NDArray[np.void], age_d: ArrayLike, days: ArrayLike) -> Any:
    """Return ∫w over `days` from an age on: the days of full plasticity that they are worth."""
    p = parameters
    first = np.asarray(age_d, dtype=np.float64)
    last = first + np.asarray(days, dtype=np.float64)
    close = p["window_close_d"]
    before = np.minimum(last, close) - np.minimum(first, close)
    start, end = np.maximum(first - close, 0.0), np.maximum(last - close, 0.0)
    tau, left = p["window_tau_d"], p["adult_plasticity"]
    closing = tau * (exp(-start / tau) - exp(-end / tau))
    return _plain(before + left * (end - start) + (1.0 - left) * closing)


def family_share(parameters: NDArray[np.void], carers: int = 2, away_h: ArrayLike = 0.0) -> Any:
    """Return the share of the day in which a pup is in contact with any of its carers.

    Carers come and go independently of each other, and each gives the same: with two of them the share is
    `cohousing_contact_share`, by definition of the reference family, so each alone gives 1 − √(1 − share). Single
    mothers do not care less, their pups get less in total (Bosch 2018; Kelly et al. 2020). In `away_h` hours of a day
    the pup is without them. Other than 0 to 10 carers, or hours outside 0 to 24, raise `ParameterError`.
    """
    if carers != int(carers) or not 0 <= carers <= 10:
        raise ParameterError(f"carers must be a whole number from 0 to 10, got {carers!r}")
    _check("away_h", away_h, 0.0, HOURS_PER_DAY)
    alone = np.sqrt(1.0 - parameters["cohousing_contact_share"])
    present = 1.0 - np.asarray(away_h, dtype=np.float64) / HOURS_PER_DAY
    return _plain((1.0 - alone**carers) * present)


def day(
    parameters: NDArray[np.void],
    contact_share: ArrayLike,
    *,
    state: SlowState | None = None,
    familiarity: ArrayLike = 1.0,
    licked_share: ArrayLike = 0.0,
    agonist: ArrayLike = 0.0,
    antagonist: ArrayLike = 0.0,
    hormone_block: ArrayLike = 0.0,
    stressor: ArrayLike = 0.0,
    stressor_h: ArrayLike = 0.0,
    enriched: bool = False,
) -> Day:
    """Return the means of a day in which an animal in `state` is in contact for a share of the time.

    `familiarity` is that of its company: 1 for a carer, and in adults what makes company good. `licked_share` is the
    share of the day in which it is licked, within the contact. `agonist`, `antagonist` and `hormone_block` (of stress
    hormones) are drug levels, `stressor` (0 to 2) lasts `stressor_h` hours of the day, and `enriched` is the cage.
    Touch × occupancy is that of steady contact: oxytocin follows within minutes. Stress follows within an hour, so its
    mean is that of its targets.
    """
    p, state = parameters, state or SlowState()
    share, known = np.asarray(contact_share, dtype=np.float64), np.asarray(familiarity, dtype=np.float64)
    for name, value, high in (
        ("contact_share", share, 1.0),
        ("familiarity", known, 1.0),
        ("licked_share", licked_share, 1.0),
        ("agonist", agonist, np.inf),
        ("antagonist", antagonist, 1.0),
        ("hormone_block", hormone_block, 1.0),
        ("stressor", stressor, 2.0),
        ("stressor_h", stressor_h, HOURS_PER_DAY),
    ):
        _check(name, value, 0.0, high)
    left = 1.0 - np.asarray(antagonist, dtype=np.float64)
    in_contact, apart = (_occupied(p, state.competence, agonist, left, contact) for contact in (1.0, 0.0))
    touch = share * known + (p["licking_weight"] - 1.0) * np.asarray(licked_share, dtype=np.float64)
    care = touch * in_contact / (p["cohousing_contact_share"] * reference_occupancy(p))
    gain = p["oxtr_gain"] * state.expression
    calm_in_contact = (
        1.0
        - p["buffer_receptor"] * np.minimum(gain * in_contact, 1.0)
        - p["buffer_familiar"] * known
        + p["stranger_stress"] * (1.0 - known)
    )
    calm_apart = 1.0 - p["buffer_receptor"] * np.minimum(gain * apart, 1.0)
    lowered = p["enrichment"] if enriched else 0.0
    strain = sum(
        part * np.maximum(state.reactivity * calm - lowered, 0.0)
        for part, calm in ((share, calm_in_contact), (1.0 - share, calm_apart))
    )
    disturbed = np.multiply(stressor, stressor_h) / HOURS_PER_DAY
    hormones = _unblocked(1.0 - np.asarray(hormone_block, dtype=np.float64), p["stress_without_hormone"])
    return Day(care=_plain(care), strain=_plain((strain + disturbed) * hormones), contact_share=_plain(share))


def reference_day(parameters: NDArray[np.void]) -> Day:
    """Return the day of a pup with two carers, the same animal in the reference state: its care is 1 by definition."""
    if parameters.dtype != PARAMETER_DTYPE:
        raise TypeError(f"parameters must have PARAMETER_DTYPE, got {parameters.dtype}")
    return day(parameters, parameters["cohousing_contact_share"])


def reference_occupancy(parameters: NDArray[np.void]) -> Any:
    """Return y_ref: the receptor occupancy of the animal itself in contact, in the reference state without drugs."""
    return _plain(_occupied(parameters, 1.0, 0.0, 1.0, 1.0))


def _occupied(p: NDArray[np.void], competence: Any, agonist: Any, left: Any, contact: float) -> Any:
    """Touch's share of the receptor, s(O + agonist)·left, in steady contact (1) or apart (0); it holds no gain."""
    oxytocin = contact * np.asarray(competence) * _release(np.asarray(left) * p["oxtr_gain"], p["release_floor"])
    return np.asarray(left) * _occupancy(oxytocin + agonist, p["receptor_half"])


_release = np.vectorize(release_level, otypes=[np.float64])
_occupancy = np.vectorize(occupancy, otypes=[np.float64])
_unblocked = np.vectorize(unblocked, otypes=[np.float64])


def _toward(name: str, state: SlowState, target: Any, left: Any) -> Any:
    """Return a variable of `state` after relaxing to `target`; `left` is the share of the distance that is left."""
    return _clipped(name, target + (getattr(state, name) - target) * left)


def _clipped(name: str, value: Any) -> Any:
    return _plain(np.clip(value, *_RANGE[name]))


def _plain(value: Any) -> Any:
    """Return a float for one animal, an array for several."""
    return float(value) if np.ndim(value) == 0 else value


def _check(name: str, value: Any, low: float, high: float) -> None:
    """Raise `ParameterError` where a value, or one of an array, is no number from `low` to `high`."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or not (np.isfinite(array) & (array >= low) & (array <= high)).all():
        allowed = f"numbers from {low:g} on" if high == np.inf else f"numbers from {low:g} to {high:g}"
        raise ParameterError(f"{name} must be {allowed}, got {value!r}")
