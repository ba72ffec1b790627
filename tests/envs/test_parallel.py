"""The PettingZoo face of the group habitat: its contract, and the same numbers as the vector face."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from playing import make_rows, random_actions

from socialrl_envs.errors import ParameterError

GROUP = "socialrl/GroupHabitat-v0"


@pytest.fixture
def face() -> Any:
    pytest.importorskip("pettingzoo")
    return importlib.import_module("socialrl_envs.parallel").GroupHabitatParallelEnv


def sampled(env: Any, actions: np.ndarray) -> dict[str, int]:
    return dict(zip(env.possible_agents, actions.tolist(), strict=True))


def test_pettingzoos_tests_have_nothing_to_say(face: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tests = pytest.importorskip("pettingzoo.test")
    tests.parallel_api_test(face(duration_s=6000.0), num_cycles=250)  # the hundredth cycle ends an episode
    assert "Passed Parallel API test" in capsys.readouterr().out
    tests.parallel_seed_test(lambda: face(duration_s=3000.0))


def test_pettingzoos_render_test_has_nothing_to_say(face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame", reason="the window needs pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    turns = pytest.importorskip("pettingzoo.utils").parallel_to_aec
    pytest.importorskip("pettingzoo.test").render_test(lambda **asked: turns(face(duration_s=6000.0, **asked)))


def test_agents_are_the_rows_of_the_vector_environment(face: Any) -> None:
    arguments: dict[str, Any] = {"duration_s": 7200.0, "cohousing_h": 6.0, "oxtr_gain": [1.0] * 4 + [0.0] * 4}
    env, rows = face(**arguments), make_rows(8, GROUP, **arguments)
    observations, infos = env.reset(seed=3)
    expected, _ = rows.reset(seed=3)
    assert list(observations) == env.agents == [f"vole{i}" for i in range(8)]
    np.testing.assert_array_equal(env.state(), np.concatenate(list(observations.values())))
    assert env.state_space.contains(env.state())
    np.testing.assert_array_equal(list(observations.values()), expected)
    for actions in random_actions(rows, 120):
        ours, theirs = env.step(sampled(env, actions)), rows.step(actions)
        for mine, other in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(list(mine.values()), other)
    for row, agent in enumerate(env.possible_agents):
        assert list(infos[agent]) == list(ours[4][agent])
        assert list(infos[agent]["record"]) == list(ours[4][agent]["record"])
        assert ours[4][agent]["reward_terms"] == {n: c[row] for n, c in theirs[4]["reward_terms"].items()}
        for name, column in theirs[4]["record"].items():
            np.testing.assert_array_equal(ours[4][agent]["record"][name], column[row], err_msg=name)
    assert all(ours[3].values())
    assert not any(ours[2].values())
    assert env.agents == []


def test_an_episode_that_is_over_wants_a_reset(face: Any) -> None:
    env = face(duration_s=60.0)
    with pytest.raises(ValueError, match="the episode is over or has not begun; call reset first"):
        env.step({})
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, 0))
    with pytest.raises(ValueError, match="call reset first"):
        env.step(dict.fromkeys(env.possible_agents, 0))
    first = env.reset()[0]
    assert env.agents == env.possible_agents
    assert not np.array_equal(first["vole0"], env.reset(seed=5)[0]["vole0"])


def test_every_agent_must_act_and_nobody_else(face: Any) -> None:
    env = face()
    env.reset(seed=0)
    actions = dict.fromkeys(env.agents, 0)
    for wrong in ({**actions, "vole8": 0}, dict.fromkeys(env.agents[1:], 0)):
        with pytest.raises(ValueError, match=r"actions must be given for exactly vole0, vole1, .*got vole"):
            env.step(wrong)
    with pytest.raises(ValueError, match="values 0 to 15"):
        env.step({**actions, "vole3": 16})


def test_spaces_are_one_object_an_agent(face: Any) -> None:
    env = face()
    for agent in env.possible_agents:
        assert env.observation_space(agent) is env.observation_space(agent)
        assert env.action_space(agent) is env.action_space(agent)
        assert env.observation_space(agent).shape == (75,)
        assert env.action_space(agent).n == 16
    assert env.action_space("vole0") is not env.action_space("vole1")


def test_a_parameter_may_be_given_for_some_agents(face: Any) -> None:
    env = face(oxtr_gain={"vole2": 0.0, "vole5": 0.5})
    world = env._rows.world
    gains = world.parameters["oxtr_gain"][world.record_of[0]]
    assert gains.tolist() == [1.0, 1.0, 0.0, 1.0, 1.0, 0.5, 1.0, 1.0]
    with pytest.raises(ParameterError, match="parameter 'oxtr_gain': unknown agent 'vole9'; allowed: vole0, "):
        face(oxtr_gain={"vole9": 0.0})
    with pytest.raises(ParameterError, match="did you mean 'oxtr_gain'"):
        face(oxtr_gian=1.0)


def test_options_reach_the_world_and_unknown_ones_are_refused(face: Any) -> None:
    env = face()
    env.reset(seed=0, options={"cohousing_h": 100})
    assert env._rows.world.batch.worlds["cohousing_h"][0] == 100.0
    with pytest.raises(ParameterError, match="unknown reset option 'cohousing'"):
        env.reset(options={"cohousing": 100})


def test_it_draws_and_tells(face: Any) -> None:
    env = face(render_mode="rgb_array")
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, 1))
    picture = env.render()
    assert picture.dtype == np.uint8
    assert picture.std() > 10.0
    text = face(render_mode="ansi")
    text.reset(seed=0)
    assert "cage4: vole6, vole7" in text.render()
    with pytest.raises(ParameterError, match="render_mode must be one of rgb_array, ansi, human or None, got 'rgb'"):
        face(render_mode="rgb")
    with pytest.raises(ResetNeeded, match=r"Cannot call env.render\(\) before calling env.reset\(\)"):
        face(render_mode="ansi").render()
    assert face().render() is None


def test_without_pettingzoo_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    monkeypatch.delitem(sys.modules, "socialrl_envs.parallel", raising=False)
    line = r'needs pettingzoo; install it with: pip install "socialrl-envs\[parallel\]"'
    with pytest.raises(ImportError, match=line):
        importlib.import_module("socialrl_envs.parallel")
