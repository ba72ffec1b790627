"""Evoked release: the release equation, the probe in closed form, and the noise of a recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import STRANGER, make_single, toward, until_together

from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import record
from socialrl_envs.recording import Recording
from socialrl_envs.release import Sensor, evoked_release, pulse_train

RELEASE = "socialrl/OxytocinRelease-v0"
TAU_S, RHO = 100.0, 0.3


def animals(*gains: float) -> Any:
    return record(len(gains), {"oxtr_gain": list(gains), "oxytocin_tau_s": TAU_S, "release_floor": RHO})


def level(gain: float) -> float:
    return RHO + (1.0 - RHO) * min(gain, 1.0)


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0, 2.0])
def test_a_train_fills_up_and_decays_as_the_equation_says(gain: float) -> None:
    trace = evoked_release(animals(gain), pulse_train(30, 1.0, 60.0))
    at = dict(zip(trace.time_s.tolist(), trace.oxytocin[0].tolist(), strict=True))
    assert at[0.0] == at[60.0] == 0.0
    assert at[61.0] == pytest.approx(level(gain) * (1.0 - np.exp(-1.0 / TAU_S)), rel=1e-12)
    top = level(gain) * (1.0 - np.exp(-30.0 / TAU_S))
    assert at[90.0] == pytest.approx(top, rel=1e-12)
    assert at[290.0] == pytest.approx(top * np.exp(-200.0 / TAU_S), rel=1e-12)
    assert trace.columns()["peak_oxytocin"][0] == at[90.0]
    assert len(at) == 601


def test_pulses_apart_add_up() -> None:
    """The equation is linear in what is stimulated: two pulses are the sum of each."""
    both, first, second = (evoked_release(animals(1.0), pulses).oxytocin for pulses in ([20, 50], [20], [50]))
    np.testing.assert_allclose(both, first + second, rtol=1e-12)


def test_release_by_genotype_is_in_the_ratio_of_the_release_levels() -> None:
    peaks = evoked_release(animals(0.0, 0.5, 1.0, 1.5)).columns()["peak_oxytocin"]
    np.testing.assert_allclose(peaks[:3] / peaks[2], [RHO, (1.0 + RHO) / 2.0, 1.0], rtol=1e-12)
    assert peaks[3] == peaks[2], "more receptor than a wild type releases no more"


def test_the_probe_saturates() -> None:
    sensor = Sensor(kd_um=4.93, highest=1.72, um_per_unit=2.0)
    assert sensor.rise(0.0) == 0.0
    assert sensor.rise(4.93 / 2.0) == pytest.approx(0.86)
    assert sensor.rise(1e9) == pytest.approx(1.72)
    trace = evoked_release(animals(1.0, 0.0), strength=50.0, sensor=sensor)
    np.testing.assert_allclose(trace.signal, 1.72 * 2.0 * trace.oxytocin / (4.93 + 2.0 * trace.oxytocin), rtol=1e-12)
    peak = trace.columns()["peak"]
    assert RHO < peak[1] / peak[0] < 1.0, "a saturated probe shows less of the difference"


def test_peak_area_and_decay_in_closed_form() -> None:
    nearly_linear = Sensor(kd_um=1e9, highest=1e9, um_per_unit=1.0)  # ΔF/F = oxytocin
    trace = evoked_release(animals(1.0), pulse_train(40, 1.0, 10.0), sensor=nearly_linear)
    measured = {name: column[0] for name, column in trace.columns().items()}
    top = 1.0 - np.exp(-40.0 / TAU_S)
    assert measured["peak"] == pytest.approx(top, rel=1e-6)
    assert measured["decay_s"] == pytest.approx(TAU_S, rel=1e-4)
    rising = 40.0 - TAU_S * (1.0 - np.exp(-40.0 / TAU_S))
    falling = TAU_S * top * (1.0 - np.exp(-550.0 / TAU_S))
    assert measured["area"] == pytest.approx(rising + falling, rel=1e-4)
    # a saturating probe decays later: ΔF/F is at 1/e of its peak where oxytocin is at K·s/(M − s)
    sensor = Sensor(kd_um=0.5)
    trace = evoked_release(animals(1.0), pulse_train(40, 1.0, 10.0), sensor=sensor)
    goal = float(sensor.rise(top)) / np.e
    oxytocin = 0.5 * goal / (1.72 - goal)
    assert trace.columns()["decay_s"][0] == pytest.approx(TAU_S * np.log(top / oxytocin), rel=1e-4)


def test_a_decay_that_is_not_seen_is_not_a_number() -> None:
    short = evoked_release(animals(1.0), pulse_train(10, 1.0, 0.0), duration_s=50.0).columns()
    assert np.isnan(short["decay_s"][0])
    assert short["peak"][0] > 0.0
    nothing = evoked_release(animals(1.0), []).columns()
    assert np.isnan(nothing["decay_s"][0])
    assert nothing["peak"][0] == nothing["area"][0] == 0.0


@pytest.mark.parametrize("dt_s", [0.5, 0.25])
def test_the_tick_changes_the_resolution_only(dt_s: float) -> None:
    whole, finer = (evoked_release(animals(1.0, 0.0), dt_s=dt) for dt in (1.0, dt_s))
    np.testing.assert_allclose(finer.oxytocin[:, :: round(1.0 / dt_s)], whole.oxytocin, rtol=1e-10)


def test_pulses_between_ticks_stimulate_their_share() -> None:
    aligned, between = (evoked_release(animals(1.0), [start], pulse_s=3.0) for start in (10.0, 10.4))
    assert between.oxytocin[0, 10] == 0.0 < between.oxytocin[0, 11] < aligned.oxytocin[0, 11]
    # 100 s on, the later pulse has decayed 0.4 s less
    assert between.oxytocin[0, 110] == pytest.approx(aligned.oxytocin[0, 110] * np.exp(0.4 / TAU_S), rel=1e-4)


def test_the_sexes_release_alike() -> None:
    columns = evoked_release(animals(0.0, 0.0, 1.0, 1.0), sex=["female", "male"] * 2).columns()
    assert columns["sex"].tolist() == ["female", "male", "female", "male"]
    for name in ("peak", "area", "decay_s", "peak_oxytocin"):
        assert columns[name][0] == columns[name][1]
        assert columns[name][2] == columns[name][3]


def test_arms_and_drugs_act_on_release() -> None:
    own, knockout = (evoked_release(animals(gain)).oxytocin for gain in (1.0, 0.0))
    np.testing.assert_array_equal(evoked_release(animals(1.0), arms={"release": "knockout"}).oxytocin, knockout)
    np.testing.assert_array_equal(evoked_release(animals(1.0), arms={"reward": "knockout"}).oxytocin, own)
    block = {"drug": "antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 600.0}
    np.testing.assert_array_equal(evoked_release(animals(1.0), drugs=[block]).oxytocin, knockout)
    late = evoked_release(animals(1.0), drugs=[{**block, "start_s": 75.0}]).oxytocin
    np.testing.assert_array_equal(late[:, :76], own[:, :76])
    assert (late[:, 76:] < own[:, 76:]).all()


def test_a_second_of_stimulation_is_a_second_of_contact() -> None:
    """The same equation as in the assays: ten ticks of contact, and ten ticks' worth of pulses."""
    env = make_single(oxtr_gain=0.6, oxytocin_tau_s=TAU_S, release_floor=RHO)
    env.reset(seed=1, options={"cohousing_h": 0})
    until_together(env, STRANGER)
    for _ in range(10):
        env.step(toward(env, STRANGER)[0])
    in_contact = float(env.world.batch.animals[0, 0]["oxytocin"])
    evoked = evoked_release(animals(0.6), pulse_train(150, 1.0, 0.0), duration_s=150.0)
    assert evoked.oxytocin[0, -1] == pytest.approx(in_contact, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pulses": [-1.0]}, r"pulses must lie within 0 to 600 s, got -1 to -1 s"),
        ({"pulses": [10.0, 599.5]}, "pulses must lie within 0 to 600 s"),
        ({"pulses": [10.0, 10.5]}, "pulses must be at least pulse_s = 1 s apart, got 0.5 s"),
        ({"pulse_s": 0.0}, "pulse_s must be above 0 s, got 0.0"),
        ({"strength": -1.0}, r"strength must be 0 to 100 \(a second of contact is 1\), got -1.0"),
        ({"sex": "both"}, "sex must be one of female, male, got 'both'"),
        ({"sex": []}, "sex must be one of female, male"),
        ({"dt_s": 0.0}, "dt_s must be above 0"),
        ({"duration_s": 10.5}, "duration_s must be a positive multiple of dt_s = 1 s, got 10.5"),
        ({"arms": {"relese": "own"}}, "unknown arm 'relese'"),
        ({"drugs": [{"drug": "rum", "dose": 1, "start_s": 0, "end_s": 1}]}, "unknown drug 'rum'"),
    ],
)
def test_bad_protocols_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        evoked_release(animals(1.0), **arguments)
    assert "\n" not in str(caught.value)


def test_bad_probes_and_trains_are_refused() -> None:
    with pytest.raises(ParameterError, match="sensor: kd_um must be a number above 0, got 0"):
        Sensor(kd_um=0)
    with pytest.raises(ParameterError, match=r"n_pulses must be a whole number from 1 on, got 2\.5"):
        pulse_train(2.5)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="rate_hz must be above 0, got 0"):
        pulse_train(3, 0)


# --- the recording ---------------------------------------------------------------------------------------------------


def test_without_a_recording_and_with_a_perfect_one_there_is_no_noise() -> None:
    plain = evoked_release(animals(1.0, 0.0))
    perfect = evoked_release(animals(1.0, 0.0), recording=Recording(0.0, 0.0, 0.0), seed=3)
    np.testing.assert_array_equal(plain.signal, perfect.signal)
    np.testing.assert_array_equal(plain.signal, Sensor().rise(plain.oxytocin))


def test_a_recording_has_the_spread_and_the_noise_that_it_says() -> None:
    trace = evoked_release(animals(*[1.0] * 400), recording=Recording(slice_spread=0.4, frame_noise=0.01), seed=1)
    np.testing.assert_array_equal(trace.oxytocin, evoked_release(animals(*[1.0] * 400)).oxytocin)
    before = trace.signal[:, :60]  # nothing is released before the first pulse
    assert before.std() == pytest.approx(0.01, rel=0.03)
    assert abs(before.mean()) < 3e-4
    frames = trace.signal[:, 85:95].mean(axis=1) / evoked_release(animals(1.0)).signal[0, 85:95].mean()
    assert np.median(frames) == pytest.approx(1.0, abs=0.07)
    assert np.log(frames).std() == pytest.approx(0.4, rel=0.12)


def test_light_makes_noise_and_long_frames_have_less() -> None:
    bright, quiet = Recording(0.0, 0.01), np.full(40_000, 3.0)
    noise = {
        (rise, dt_s): bright.noisy(quiet * rise, 1.0, dt_s, np.random.default_rng(1)).std()
        for rise in (0.0, 1.0)
        for dt_s in (1.0, 4.0)
    }
    assert noise[0.0, 1.0] == pytest.approx(0.01, rel=0.02)
    assert noise[1.0, 1.0] == pytest.approx(0.02, rel=0.02)  # (1 + 3) times the light
    assert noise[0.0, 4.0] == pytest.approx(0.005, rel=0.02)


def test_animals_share_no_noise_and_each_keeps_its_own() -> None:
    first, second = evoked_release(animals(1.0, 1.0), recording=Recording(), seed=1).signal
    assert abs(np.corrcoef(first[:60], second[:60])[0, 1]) < 0.4
    again = evoked_release(animals(1.0, 1.0), recording=Recording(), seed=1).signal
    np.testing.assert_array_equal(again, [first, second])
    assert (evoked_release(animals(1.0), recording=Recording(), seed=2).signal[0] != first).all()
    # one seed an animal: company and order do not matter
    pair = evoked_release(animals(1.0, 0.0), recording=Recording(), seed=[7, 8]).signal
    turned = evoked_release(animals(0.0, 1.0), recording=Recording(), seed=[8, 7]).signal
    np.testing.assert_array_equal(pair, turned[::-1])


def test_peak_and_decay_are_read_through_a_running_mean() -> None:
    noisy = evoked_release(animals(*[1.0] * 50), recording=Recording(0.0, 0.01, 9.0), seed=1)
    true = evoked_release(animals(1.0)).columns()
    assert (noisy.columns()["peak"] < noisy.signal.max(axis=1)).all()
    assert noisy.columns()["peak"].mean() == pytest.approx(true["peak"][0], rel=0.1)
    middle = noisy.signal[:, 86:95].mean(axis=1)  # nine frames around the last pulse
    assert (noisy.columns()["peak"] >= middle - 1e-12).all()
    assert noisy.columns()["area"].mean() == pytest.approx(true["area"][0], rel=0.05)


def test_bins_are_means_of_whole_frames() -> None:
    trace = evoked_release(animals(1.0, 0.0), recording=Recording(), dt_s=0.5, duration_s=601.0)
    bins = trace.binned(5.0)
    assert bins.shape == (2, 120)
    np.testing.assert_allclose(bins[:, 3], trace.signal[:, 31:41].mean(axis=1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slice_spread": -0.1}, r"recording: slice_spread must be 0 to 1, got -0\.1"),
        ({"frame_noise": float("nan")}, r"recording: frame_noise must be 0 to 0\.1, got nan"),
        ({"smoothing_s": "5"}, r"recording: smoothing_s must be 0 to 60, got '5'"),
    ],
)
def test_bad_recordings_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Recording(**arguments)


@pytest.mark.parametrize("seed", [-1, 1.5, True, [1], [1, -2], "1"])
def test_bad_seeds_of_a_recording_are_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="seed must be a whole number from 0 on, or one for each of 2 animals"):
        evoked_release(animals(1.0, 0.0), recording=Recording(), seed=seed)
