"""Evoked release: from pulses of stimulation to oxytocin and a probe's fluorescence, by the release equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .assay import count_ticks
from .compiled import compiled
from .drugs import ALL_DOSES, levels, schedule
from .errors import ParameterError
from .parameters import is_number
from .physiology import derive_rates, relax, release_level
from .recording import Recording, streams
from .sexes import checked_sexes

DURATION_S, DT_S = 600.0, 1.0


@dataclass(frozen=True)
class Sensor:
    """The probe: ΔF/F = `highest` · C / (`kd_um` + C), with C = `um_per_unit` · oxytocin, in micromolar.

    `kd_um` and `highest` are those of the near-infrared probe of Adams et al. 2024 (bioRxiv 2024.05.10.593556): 4.93 µM
    and a rise of up to 172 %. How many micromolar one unit of the model's oxytocin is (1 = steady state of a wild type
    in contact) has not been measured: 1 µM is assumed. Well below the dissociation constant it scales the signal and
    leaves ratios between genotypes unchanged. The probe is assumed to follow oxytocin without delay.
    """

    kd_um: float = 4.93
    highest: float = 1.72
    um_per_unit: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (is_number(value) and value > 0.0):
                raise ParameterError(f"sensor: {field.name} must be a number above 0, got {value!r}")

    def rise(self, oxytocin: ArrayLike) -> NDArray[np.float64]:
        """Return ΔF/F, same shape as `oxytocin` (model units)."""
        molar = self.um_per_unit * np.asarray(oxytocin, dtype=np.float64)
        return self.highest * molar / (self.kd_um + molar)


@dataclass(frozen=True)
class ReleaseTrace:
    """A recording: `time_s` (n,) from 0, `oxytocin` and `signal` (ΔF/F), each (n_animals, n), `sex` (n_animals,).

    `smoothing_s` is the width of the running mean through which peak and decay are read (0: none).
    """

    time_s: NDArray[np.float64]
    oxytocin: NDArray[np.float64]
    signal: NDArray[np.float64]
    sex: NDArray[np.str_]
    smoothing_s: float = 0.0

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the measures, one value an animal, (n_animals,).

        `peak` ΔF/F; `area` ΔF/F · s (trapezoids); `decay_s` seconds from the peak until the signal has fallen to 1/e of
        it, not a number where that does not happen within the trace; `peak_oxytocin` model units; `sex`.
        """
        steps_s = np.diff(self.time_s)
        smooth = self._smoothed()
        return {
            "peak": smooth.max(axis=1),
            "area": ((self.signal[:, 1:] + self.signal[:, :-1]) / 2.0 * steps_s).sum(axis=1),
            "decay_s": np.array([_decay_s(self.time_s, signal) for signal in smooth]),
            "peak_oxytocin": self.oxytocin.max(axis=1),
            "sex": self.sex,
        }

    def binned(self, bin_s: float = 5.0) -> NDArray[np.float64]:
        """Return means of the signal over bins of `bin_s` seconds, (n_animals, bins), without a partial one."""
        frames = max(1, round(bin_s / float(self.time_s[1] - self.time_s[0])))
        n_bins = (len(self.time_s) - 1) // frames
        kept = self.signal[:, 1 : 1 + n_bins * frames]  # a frame ends a tick; the one at time 0 has none before it
        return np.asarray(kept.reshape(len(kept), n_bins, frames).mean(axis=2))

    def _smoothed(self) -> NDArray[np.float64]:
        """The running mean over `smoothing_s`, an odd number of frames; fewer at the ends."""
        if len(self.time_s) < 2:
            return self.signal
        reach = round(self.smoothing_s / float(self.time_s[1] - self.time_s[0])) // 2
        if reach == 0:
            return self.signal
        sums = np.cumsum(np.pad(self.signal, ((0, 0), (1, 0))), axis=1)
        place = np.arange(len(self.time_s))
        first, last = np.maximum(place - reach, 0), np.minimum(place + reach + 1, len(place))
        return np.asarray((sums[:, last] - sums[:, first]) / (last - first))


def pulse_train(n_pulses: int = 30, rate_hz: float = 1.0, start_s: float = 60.0) -> NDArray[np.float64]:
    """Return the times of a train's pulses in seconds, (n_pulses,). The default train is an assumption."""
    if not (is_number(n_pulses) and n_pulses >= 1 and n_pulses == int(n_pulses)):
        raise ParameterError(f"n_pulses must be a whole number from 1 on, got {n_pulses!r}")
    if not (is_number(rate_hz) and rate_hz > 0.0):
        raise ParameterError(f"rate_hz must be above 0, got {rate_hz!r}")
    return start_s + np.arange(int(n_pulses)) / rate_hz


def evoked_release(
    parameters: NDArray[np.void],
    pulses: ArrayLike | None = None,
    *,
    pulse_s: float = 1.0,
    strength: float = 1.0,
    sex: str | Sequence[str] = "female",
    sensor: Sensor | None = None,
    recording: Recording | None = None,
    seed: int | Sequence[int] = 0,
    dt_s: float = DT_S,
    duration_s: float = DURATION_S,
    arms: Mapping[str, Any] | None = None,
    drugs: Sequence[Mapping[str, Any]] = (),
) -> ReleaseTrace:
    """Return what pulses of stimulation release in animals with `parameters` (n_animals,), `PARAMETER_DTYPE`.

    `pulses` are times in seconds (none given: `pulse_train()`); each stimulates for `pulse_s` seconds, and they must
    not overlap. A stimulated second releases what a second of contact does, times `strength`: oxytocin relaxes toward
    strength · (ρ + (1 − ρ)·min(g, 1)). `sex` is one word or one for each animal; it is a label, because the model has
    no sex difference in release. `arms` and `drugs` as in the assays (an antagonist acts on release like a lower gain).

    Without a `recording` the signal is what the equations say, without noise. With one, such as `Recording()`, each
    animal has a slice and frames of its own; `seed` is one whole number for all of them, or one for each, and then an
    animal's recording depends on nothing but its seed. Bad values raise `ParameterError`.
    """
    n_ticks = count_ticks(dt_s, duration_s)
    starts = np.sort(np.asarray(pulse_train() if pulses is None else pulses, dtype=np.float64).ravel())
    _check_pulses(starts, pulse_s, duration_s)
    sexes = np.broadcast_to(np.array(checked_sexes(sex)), parameters.shape)
    ticks = np.arange(n_ticks)[:, None] * dt_s
    # the share of each tick that is stimulated
    overlap_s = np.minimum(starts + pulse_s, ticks + dt_s) - np.maximum(starts, ticks)
    stimulated = np.maximum(overlap_s, 0.0).sum(axis=1) / dt_s
    oxytocin = np.zeros((len(parameters), n_ticks + 1))
    rates = derive_rates(parameters, dt_s, arms)
    advance_release(0, stimulated * checked_strength(strength), schedule(drugs), rates, float(dt_s), oxytocin)
    time_s = np.arange(n_ticks + 1, dtype=np.float64) * dt_s
    signal, smoothing_s = (sensor or Sensor()).rise(oxytocin), 0.0
    if recording is not None:
        for row, rng in enumerate(streams(seed, len(parameters))):
            signal[row] = recording.noisy(signal[row], recording.factor(rng), dt_s, rng)
        smoothing_s = recording.smoothing_s
    return ReleaseTrace(time_s, oxytocin, signal, sexes, smoothing_s)


@compiled
def advance_release(first, stimulated, doses, rates, dt_s, oxytocin):  # type: ignore[no-untyped-def]
    """Continue `oxytocin` (n_animals, n) from tick `first` for the ticks of `stimulated` (strength, 0 = none)."""
    for i in range(oxytocin.shape[0]):
        for k in range(stimulated.shape[0]):
            tick = first + k
            receptor = levels(doses, ALL_DOSES, tick * dt_s).receptor
            level = stimulated[k] * release_level(rates[i].gain_release * receptor, rates[i].release_floor)
            oxytocin[i, tick + 1] = relax(oxytocin[i, tick], level, rates[i].keep_oxytocin)


def _decay_s(time_s: NDArray[np.float64], signal: NDArray[np.float64]) -> float:
    """Seconds from the peak to 1/e of it, between ticks on a straight line; not a number where it is never reached."""
    top = int(np.argmax(signal))
    goal = signal[top] / np.e
    below = np.flatnonzero(signal[top:] <= goal)
    if signal[top] <= 0.0 or not len(below):
        return float("nan")
    after = top + int(below[0])
    share = (signal[after - 1] - goal) / (signal[after - 1] - signal[after])
    return float(time_s[after - 1] + share * (time_s[after] - time_s[after - 1]) - time_s[top])


def _check_pulses(starts: NDArray[np.float64], pulse_s: float, duration_s: float) -> None:
    if not (is_number(pulse_s) and pulse_s > 0.0):
        raise ParameterError(f"pulse_s must be above 0 s, got {pulse_s!r}")
    if not (np.isfinite(starts) & (starts >= 0.0) & (starts + pulse_s <= duration_s)).all():
        raise ParameterError(
            f"pulses must lie within 0 to {duration_s:g} s, got {starts.min():g} to {starts.max():g} s"
        )
    if (np.diff(starts) < pulse_s - 1e-9).any():
        raise ParameterError(f"pulses must be at least pulse_s = {pulse_s:g} s apart, got {np.diff(starts).min():g} s")


def checked_strength(strength: float) -> float:
    """Return `strength`; anything but a number from 0 to 100 raises `ParameterError`."""
    if not (is_number(strength) and 0.0 <= strength <= 100.0):
        raise ParameterError(f"strength must be 0 to 100 (a second of contact is 1), got {strength!r}")
    return float(strength)
