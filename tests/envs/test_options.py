"""What a world may be built and begun with, and how it refuses the rest: one line, what is allowed, what came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import PARTNER, STRANGER, make_rows, make_single

from socialrl_envs.assays.partner_preference import PartnerPreferenceEnv
from socialrl_envs.errors import ParameterError


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_partner_is_on_the_side_asked_for(side: str) -> None:
    env = make_rows(8)
    env.reset(seed=0, options={"side": side})
    chamber = env.world.batch.animals["chamber"]
    assert (chamber[:, PARTNER] == (0 if side == "left" else 2)).all()
    assert (chamber[:, STRANGER] == (2 if side == "left" else 0)).all()


def test_no_side_means_drawn_again_in_every_episode() -> None:
    env = make_rows(400)
    for seed in (0, None):
        env.reset(seed=seed, options={"side": None})
        left = (env.world.batch.animals["chamber"][:, PARTNER] == 0).sum()
        assert 150 < left < 250  # 200 expected, sd 10


def test_options_hold_for_one_episode_the_constructor_for_all() -> None:
    env = make_single(cohousing_h=2.0, relationship="mate", separation_h=1.0)
    expected = []
    for options in (None, {"cohousing_h": 5, "relationship": "peer", "separation_h": 0}, {"cohousing_h": 7}, {}):
        env.reset(options=options)
        world = env.world.batch.worlds[0]
        expected.append((float(world["cohousing_h"]), int(world["relationship"]), float(world["separation_h"])))
    assert expected == [(2.0, 1, 1.0), (5.0, 0, 0.0), (7.0, 1, 1.0), (2.0, 1, 1.0)]


def test_the_state_at_the_start_is_the_same_however_the_hours_were_given() -> None:
    by_option, by_constructor = make_single(), make_single(cohousing_h=100.0)
    first = by_option.reset(seed=4, options={"cohousing_h": 100})[0]
    np.testing.assert_array_equal(first, by_constructor.reset(seed=4)[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"cohousing": 24},
            "unknown reset option 'cohousing'; did you mean 'cohousing_h'. Allowed: cohousing_h, separation_h, "
            "relationship",
        ),
        ({"cohousing_h": -1}, "cohousing_h must be 0 to 336 hours, got -1"),
        ({"cohousing_h": 337}, "cohousing_h must be 0 to 336 hours, got 337"),
        ({"cohousing_h": float("nan")}, "cohousing_h must be 0 to 336 hours, got nan"),
        ({"cohousing_h": "long"}, "cohousing_h must be a number of hours or a list of them, got 'long'"),
        ({"cohousing_h": True}, "cohousing_h must be a number of hours"),
        ({"cohousing_h": None}, "cohousing_h must be a number of hours"),
        ({"cohousing_h": []}, "cohousing_h must be a number of hours"),
        ({"separation_h": 1e9}, "separation_h must be 0 to 8760 hours"),
        ({"relationship": "friend"}, "relationship must be one of peer, mate, got 'friend'"),
        ({"relationship": None}, "relationship must be one of peer, mate, got None"),
        ({"relationship": 1}, "relationship must be one of peer, mate, got 1"),
        ({"relationship": []}, "relationship must be one of peer, mate"),
        ({"side": "top"}, "side must be one of left, right or None, got 'top'"),
        ({"side": ["left"]}, r"side must be one of left, right or None, got \['left'\]"),
    ],
)
def test_bad_reset_options_are_refused_and_leave_the_episode_alone(options: dict[str, Any], message: str) -> None:
    for env in (make_single(), make_rows(2)):
        env.reset(seed=0)
        before = env.world.get_state()
        with pytest.raises(ParameterError, match=message) as caught:
            env.reset(options=options)
        assert "\n" not in str(caught.value)
        for name, array in env.world.get_state().items():
            assert array.tobytes() == before[name].tobytes(), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dt_s": 0.0}, "dt_s must be above 0 and at most 600 s, got 0"),
        ({"dt_s": -15}, "dt_s must be above 0"),
        ({"dt_s": float("nan")}, "dt_s must be above 0"),
        ({"dt_s": 601}, "dt_s must be above 0 and at most 600"),
        ({"dt_s": "soon"}, "dt_s must be above 0 and at most 600 s, got 'soon'"),
        ({"duration_s": 100.0}, "duration_s must be a positive multiple of dt_s = 15 s, got 100"),
        ({"duration_s": 0}, "duration_s must be a positive multiple"),
        ({"duration_s": float("inf")}, "duration_s must be a positive multiple"),
        ({"duration_s": "long"}, "duration_s must be a positive multiple of dt_s = 15 s, got 'long'"),
        ({"cohousing_h": 400}, "cohousing_h must be 0 to 336 h"),
        ({"relationship": "enemy"}, "relationship must be one of peer, mate"),
        ({"render_mode": "rgb"}, "render_mode must be one of rgb_array, ansi, human or None, got 'rgb'"),
        ({"oxtr_gain": -0.1}, r"'oxtr_gain' is out of range \(allowed: numbers from 0 to 2 .*got -0.1"),
        ({"oxtr_gain": float("nan")}, "'oxtr_gain' is out of range .*got nan"),
        ({"oxtr_gain": "high"}, "'oxtr_gain' must be a number .*got 'high'"),
        ({"oxtr_gain": [1.0, 0.0]}, "'oxtr_gain' must be one number in a single environment"),
        ({"oxtr": 1.0}, "unknown parameter 'oxtr'"),
    ],
)
def test_bad_constructor_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        PartnerPreferenceEnv(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("action", [6, -1, 2.5, "rest", None])
def test_bad_actions_are_refused(action: Any) -> None:
    env = make_single()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action must be 0 to 5 \(rest, explore, .*got"):
        env.step(action)
    assert env.world.batch.worlds["tick"][0] == 0


@pytest.mark.parametrize("action", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_an_action_may_be_any_whole_number(action: Any) -> None:
    env, plain = make_single(), make_single()
    env.reset(seed=0)
    plain.reset(seed=0)
    np.testing.assert_array_equal(env.step(action)[0], plain.step(3)[0])
