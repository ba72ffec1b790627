"""Evoked release in the nucleus accumbens as an environment: no behaviour, nothing to learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from ..assay import count_ticks
from ..drugs import schedule
from ..errors import ParameterError
from ..named_tables import CURRENT
from ..parameters import record
from ..physiology import derive_rates
from ..recording import Recording
from ..release import DT_S, DURATION_S, ReleaseTrace, Sensor, advance_release, checked_strength
from ..sexes import checked_sexes
from ..single import NOT_BEGUN, split_overrides
from ..vocabulary import RELEASE_ID, SEXES

__all__ = ["RELEASE_ID", "RELEASE_PAPER", "OxytocinReleaseEnv"]

_BLANK: dict[str, Any] = {  # a record before the last step
    **dict.fromkeys(("duration_s", "n_pulses", "peak", "area", "decay_s", "peak_oxytocin"), 0.0),
    "sex": "",
}
RELEASE_PAPER = "Black et al. 2025 Curr Biol 35:4178 (evoked release)"


class OxytocinReleaseEnv(gym.Env[NDArray[np.float32], np.int64]):
    """How much oxytocin does a stimulus release in the nucleus accumbens, and how fast is it cleared?

    Imaging of evoked release, as in a slice under a near-infrared probe: no animal acts and nothing is learned. A pulse
    relaxes oxytocin toward strength · (ρ + (1 − ρ)·min(g, 1)) for one tick, between pulses it decays with
    `oxytocin_tau_s`: the release equation of every other assay, with a pulse instead of contact. The
    probe saturates (`Sensor`). `evoked_release` plays a whole train for many animals at once, with the same numbers.
    Paper: Black et al. 2025, Curr Biol 35:4178 (evoked release is reduced in knockouts of both sexes; amount not used).

    **Actions** (`Discrete(2)`): 0 nothing, 1 a pulse for the whole tick.

    **Observation** (`Box`, float32, 3 channels, names in `env.unwrapped.observation_names`; from 0)

    | index | name | unit | high |
    |---|---|---|---|
    | 0 | oxytocin | 1 = steady state of a wild type in contact | `strength` |
    | 1 | fluorescence | ΔF/F of the probe | `sensor.highest`, wider by the noise of a `recording` |
    | 2 | passed | share of the protocol | 1 |

    **Reward** is always 0.

    **Episode.** `duration_s` seconds (600 s) in ticks of `dt_s` (1 s), then truncation; it never terminates.

    **Noise.** None, unless a `recording` is given (`socialrl_envs.recording.Recording`; its numbers are assumed): then
    every reset takes a new slice, which scales ΔF/F, and every frame has shot noise, both from the seed of `reset`.
    Oxytocin itself follows the equation in any case.

    **Info.** `n_pulses`, `sex` and `record`, which is filled with the last step: duration_s, n_pulses, sex, peak and
    area of ΔF/F, decay_s (seconds from the peak to 1/e of it) and peak_oxytocin.

    **Arguments.** `sex` "female" or "male" (also a reset option): protocols run on both, and the model has **no sex
    difference** in release, so both give the same numbers but for noise. `strength` (a second of contact is 1),
    `sensor` (`Sensor`), `recording` (`Recording`, none given: no noise), `dt_s`, `duration_s`, `arms`, `drugs`,
    `table` (the name of an earlier parameter table) and any biological parameter by name, above all `oxtr_gain`.

    **Versions.** v0: first.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "ansi"], "render_fps": 20}
    observation_names: tuple[str, ...] = ("oxytocin", "fluorescence", "passed")
    action_names: tuple[str, ...] = ("nothing", "pulse")
    _spec: EnvSpec | None = None

    def __init__(
        self,
        *,
        sex: str = "female",
        strength: float = 1.0,
        sensor: Sensor | None = None,
        recording: Recording | None = None,
        table: str = CURRENT,
        dt_s: float = DT_S,
        duration_s: float = DURATION_S,
        arms: Mapping[str, str] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        render_mode: str | None = None,
        **overrides: float,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ParameterError(f"render_mode must be one of rgb_array, ansi or None, got {render_mode!r}")
        self.render_mode = render_mode
        self.sex = checked_sexes(sex)[0]
        self.dt_s, self.strength, self.sensor = float(dt_s), checked_strength(strength), sensor or Sensor()
        self.recording = recording
        self._n_ticks = count_ticks(dt_s, duration_s)
        changed = split_overrides(overrides)
        self._rates_of = {sex: derive_rates(record(1, changed, table, sex=sex), self.dt_s, arms) for sex in SEXES}
        self._rates = self._rates_of[self.sex]
        self._doses = schedule(drugs)
        lowest, highest = 0.0, self.sensor.highest
        if recording is not None:
            lowest, highest = recording.bounds(highest, self.dt_s)
        low = np.array([0.0, lowest, 0.0], dtype=np.float32)
        high = np.array([max(self.strength, 1.0), highest, 1.0], dtype=np.float32)
        self.observation_space = spaces.Box(low, high, dtype=np.float32)
        self.action_space = spaces.Discrete(2)
        self._begun = False

    @property
    def spec(self) -> EnvSpec | None:
        """How this environment was made; `max_episode_steps` is its own number of ticks."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = None if spec is None else replace(spec, max_episode_steps=self._n_ticks)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin without oxytocin, in a new slice. `options`: `sex`. The seed matters to a `recording` only."""
        super().reset(seed=seed)
        for key in options or {}:
            if key != "sex":
                raise ParameterError(f"unknown reset option {key!r}; allowed: sex")
        self._begin(checked_sexes((options or {}).get("sex", self.sex))[0])
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Advance by `dt_s` seconds, with or without a pulse; truncates at the end of the protocol."""
        if not self._begun:
            raise ResetNeeded(NOT_BEGUN)
        if not self.action_space.contains(action):
            raise ValueError(f"action must be 0 (nothing) or 1 (pulse), got {action!r}")
        if self._tick < self._n_ticks:
            if action:
                self._pulses_s.append(self._tick * self.dt_s)
            pulse = np.array([float(action) * self.strength])
            advance_release(self._tick, pulse, self._doses, self._rates, self.dt_s, self._oxytocin)
            self._tick += 1
            self._see()
        over = self._tick >= self._n_ticks
        info = self._info()
        if over:
            measures = {name: column[0].item() for name, column in self.trace().columns().items()}
            info["record"].update(duration_s=self._tick * self.dt_s, n_pulses=len(self._pulses_s), **measures)
        return self._observation(), 0.0, False, over, info

    def trace(self) -> ReleaseTrace:
        """Return the trace so far, of one animal."""
        oxytocin = self._oxytocin[:, : self._tick + 1].copy()
        time_s = np.arange(self._tick + 1, dtype=np.float64) * self.dt_s
        smoothing_s = self.recording.smoothing_s if self.recording is not None else 0.0
        signal = self._signal[:, : self._tick + 1].copy()
        return ReleaseTrace(time_s, oxytocin, signal, np.array([self._sex]), smoothing_s)

    def render(self) -> Any:
        """Return the trace so far as a picture (`rgb_array`, uint8 (540, 960, 3)), or a line of text (`ansi`)."""
        if self.render_mode is None:
            gym.logger.warn("render() needs a render_mode: gym.make(..., render_mode='rgb_array')")
            return None
        if not self._begun:
            raise ResetNeeded("Cannot call env.render() before calling env.reset()")
        if self.render_mode == "rgb_array":
            from ..render.release import draw_release  # brings Pillow, which stepping does not need

            trace, total_s = self.trace(), self._n_ticks * self.dt_s
            pulses_s = np.array(self._pulses_s)
            return draw_release(trace, pulses_s, self.dt_s, total_s, self._rates[0]["gain_release"], self._sex)
        oxytocin, fluorescence = self._oxytocin[0, self._tick], self._signal[0, self._tick]
        return (
            f"OxytocinRelease-v0, {self._sex} | {self._tick * self.dt_s:g} s | {len(self._pulses_s)} pulses | "
            f"oxytocin {oxytocin:.3f} | fluorescence {100.0 * fluorescence:.2f} %"
        )

    def _begin(self, sex: str) -> None:
        self._sex, self._begun = sex, True
        self._rates = self._rates_of[sex]
        self._tick = 0
        self._pulses_s: list[float] = []
        self._oxytocin = np.zeros((1, self._n_ticks + 1))
        self._signal = np.zeros((1, self._n_ticks + 1))
        self._factor = self.recording.factor(self.np_random) if self.recording is not None else 1.0
        self._see()

    def _see(self) -> None:
        """Take the frame of this tick."""
        signal = self.sensor.rise(self._oxytocin[:, self._tick])
        if self.recording is not None:
            signal = self.recording.noisy(signal, self._factor, self.dt_s, self.np_random)
        self._signal[:, self._tick] = signal

    def _observation(self) -> NDArray[np.float32]:
        passed = self._tick / self._n_ticks
        return np.array([self._oxytocin[0, self._tick], self._signal[0, self._tick], passed], dtype=np.float32)

    def _info(self) -> dict[str, Any]:
        return {"n_pulses": len(self._pulses_s), "sex": self._sex, "record": {**_BLANK}}
