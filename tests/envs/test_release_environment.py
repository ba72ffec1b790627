"""The environment of evoked release: what it plays, records, refuses and draws."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_with_gymnasium
from stable_baselines3.common.env_checker import check_env as check_with_sb3
from test_release import RELEASE, RHO, TAU_S, animals

from socialrl_envs.assays.oxytocin_release import OxytocinReleaseEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.recording import Recording
from socialrl_envs.release import evoked_release
from socialrl_envs.render.palette import OXYTOCIN, RECEPTOR_SIGNAL


def test_both_checkers_have_nothing_to_say() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_with_gymnasium(gym.make(RELEASE).unwrapped, skip_render_check=True)
        check_with_sb3(gym.make(RELEASE).unwrapped, warn=True, skip_render_check=True)


def test_the_environment_plays_what_the_function_computes() -> None:
    env = gym.make(RELEASE, sex="male", oxtr_gain=0.4, oxytocin_tau_s=TAU_S, release_floor=RHO)
    starts = [5, 6, 7, 100, 300]
    observation, info = env.reset(seed=0)
    assert observation.tolist() == [0.0, 0.0, 0.0]
    blank = {
        "duration_s": 0.0,
        "n_pulses": 0.0,
        "peak": 0.0,
        "area": 0.0,
        "decay_s": 0.0,
        "peak_oxytocin": 0.0,
        "sex": "",
    }
    assert info == {"n_pulses": 0, "sex": "male", "record": blank}
    over, tick, seen = False, 0, []
    while not over:
        observation, reward, terminated, over, info = env.step(int(tick in starts))
        tick += 1
        seen.append(observation)
        assert env.observation_space.contains(observation)
        assert (reward, terminated) == (0.0, False)
        assert (info["record"]["duration_s"] > 0.0) == over
    assert tick == 600
    trace = evoked_release(animals(0.4), starts, sex="male")
    np.testing.assert_array_equal(np.array(seen)[:, 0], trace.oxytocin[0, 1:].astype(np.float32))
    np.testing.assert_array_equal(np.array(seen)[:, 1], trace.signal[0, 1:].astype(np.float32))
    expected = {name: column[0] for name, column in trace.columns().items()}
    assert info["record"] == {"duration_s": 600.0, "n_pulses": 5, **expected}
    after = env.unwrapped.step(1)
    assert after[3]
    assert after[4]["record"] == info["record"], "nothing more happens after the end"


def test_a_sex_may_be_asked_for_at_reset_and_lasts_one_episode() -> None:
    env = gym.make(RELEASE, duration_s=2.0)
    assert [env.reset(options=options)[1]["sex"] for options in ({"sex": "male"}, None)] == ["male", "female"]
    with pytest.raises(ParameterError, match="unknown reset option 'side'; allowed: sex"):
        env.reset(options={"side": "left"})


def test_strong_stimulation_stays_inside_the_space() -> None:
    env = gym.make(RELEASE, strength=30.0, oxytocin_tau_s=10.0)
    env.reset(seed=0)
    for _ in range(600):
        observation, *_ = env.step(1)
        assert env.observation_space.contains(observation)
    assert observation[0] == pytest.approx(30.0)


def test_the_manual_page_states_the_spaces() -> None:
    env: Any = gym.make(RELEASE).unwrapped
    page = type(env).__doc__ or ""
    assert "`Discrete(2)`" in page
    assert env.action_space.n == 2
    assert "3 channels" in page
    assert len(env.observation_names) == env.observation_space.shape[0] == 3
    assert "600 s" in page


@pytest.mark.parametrize("action", [2, -1, 0.5, "pulse"])
def test_bad_actions_are_refused(action: Any) -> None:
    env = gym.make(RELEASE).unwrapped
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action must be 0 \(nothing\) or 1 \(pulse\), got"):
        env.step(action)


def test_a_text_says_where_it_is() -> None:
    env = gym.make(RELEASE, render_mode="ansi", oxytocin_tau_s=TAU_S)
    env.reset(seed=0)
    env.step(1)
    assert env.render() == "OxytocinRelease-v0, female | 1 s | 1 pulses | oxytocin 0.010 | fluorescence 0.35 %"
    with pytest.raises(ParameterError, match="render_mode must be one of rgb_array, ansi or None, got 'human'"):
        OxytocinReleaseEnv(render_mode="human")


def test_the_environment_records_as_the_function_does() -> None:
    env = gym.make(RELEASE, recording=Recording(), oxtr_gain=0.4, oxytocin_tau_s=TAU_S, release_floor=RHO)
    first, _ = env.reset(seed=5)
    seen, over, tick, info = [first], False, 0, {}
    while not over:
        observation, _, _, over, info = env.step(int(tick in (5, 6)))
        tick += 1
        seen.append(observation)
        assert env.observation_space.contains(observation)
    trace = evoked_release(animals(0.4), [5, 6], recording=Recording(), seed=[5])
    np.testing.assert_array_equal(np.array(seen)[:, 1], trace.signal[0].astype(np.float32))
    assert info["record"]["peak"] == trace.columns()["peak"][0]
    other, _ = env.reset()
    assert other[1] != first[1], "the next reset is another slice"
    assert env.reset(seed=5)[0][1] == first[1]


def test_a_recording_widens_the_observation_space_and_stays_inside() -> None:
    env = gym.make(RELEASE, strength=100.0, oxytocin_tau_s=10.0, recording=Recording(1.0, 0.1, 0.0), dt_s=0.5)
    plain = gym.make(RELEASE)
    assert env.observation_space.low[1] < plain.observation_space.low[1] == 0.0
    for seed in range(3):
        env.reset(seed=seed)
        for _ in range(200):
            assert env.observation_space.contains(env.step(1)[0])


@pytest.mark.parametrize("recording", [None, Recording()])
def test_both_checkers_accept_recording_and_picture(recording: Recording | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(RELEASE, recording=recording, render_mode="rgb_array")
        check_with_gymnasium(env.unwrapped)
        check_with_sb3(env.unwrapped, warn=True, skip_render_check=False)


def picture(ticks: int, pulses: tuple[int, ...], **arguments: Any) -> np.ndarray:
    env = gym.make(RELEASE, render_mode="rgb_array", oxytocin_tau_s=TAU_S, **arguments)
    env.reset(seed=1)
    for tick in range(ticks):
        env.step(int(tick in pulses))
    return np.asarray(env.render())


def drawn(frame: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Rows and columns of the plots, below the keys, in which a colour is found."""
    found = (frame == np.array(colour, dtype=np.uint8)).all(axis=-1)
    found[:110], found[356:400] = False, False
    return np.argwhere(found)


def test_the_picture_shows_both_curves_up_to_now() -> None:
    frame = picture(300, tuple(range(60, 90)))
    assert frame.shape == (540, 960, 3)
    assert frame.dtype == np.uint8
    for colour in (RECEPTOR_SIGNAL, OXYTOCIN):
        places = drawn(frame, colour)
        assert places[:, 1].min() < 80
        assert 480 < places[:, 1].max() < 520, "half of the protocol has passed"
        top = places[places[:, 0].argmin()]
        assert 190 < top[1] < 220, "the peak comes with the last pulse, at 90 of 600 s"
    assert (picture(300, tuple(range(60, 90))) == frame).all()
    assert (picture(300, ()) != frame).any()
    assert picture(0, ()).shape == frame.shape


def test_the_picture_of_a_recording_shows_its_noise() -> None:
    quiet, noisy = (drawn(picture(60, (), recording=one), RECEPTOR_SIGNAL) for one in (None, Recording()))
    assert np.ptp(noisy[:, 0]) > np.ptp(quiet[:, 0]) + 20
