"""Two at home: both act, the two are alike, sexes and relationship agree, and a shut door stays shut."""

from __future__ import annotations

import importlib
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from playing import EXPLORE, REST, make_rows, play, random_actions

from socialrl_envs import ASSAYS, SocialVectorEnv
from socialrl_envs.errors import ParameterError

HOME = "socialrl/PairHome-v0"
AFFILIATE, REJECT = 2, 3
NEST, ARENA = 0, 1
HOUR_S = 3600.0


def begun(n_worlds: int = 1, seed: int = 1, options: dict[str, Any] | None = None, **arguments: Any) -> SocialVectorEnv:
    env = make_rows(2 * n_worlds, HOME, **arguments)
    env.reset(seed=seed, options=options)
    return env


def test_two_that_lived_together_start_in_the_nest_and_know_each_other() -> None:
    env = begun(2, cohousing_h=24.0)
    assert (env.world.batch.animals["chamber"] == NEST).all()
    familiarity = env.world.batch.pairs["familiarity"]
    assert (familiarity[:, 0, 1] > 0.4).all()
    assert (familiarity[:, 1, 0] > 0.4).all()
    assert (begun(cohousing_h=0.0).world.batch.pairs["familiarity"] == 0.0).all()


def test_contact_needs_one_that_seeks_and_one_that_stays_and_is_that_of_both() -> None:
    env = begun(4, duration_s=HOUR_S)
    one_seeks = np.tile([AFFILIATE, REST], 4)
    record = play(env, np.tile(one_seeks, (60, 1))).infos[-1]["record"]
    assert (record["contact_s_partner"] == HOUR_S).all()
    assert (record["together_s_partner"] == HOUR_S).all()
    assert (record["chamber_s_nest"] == HOUR_S).all()
    env = begun(4, duration_s=HOUR_S)
    record = play(env, random_actions(env, 60)).infos[-1]["record"]
    first, second = record["contact_s_partner"].reshape(-1, 2).T
    np.testing.assert_array_equal(first, second)
    assert 0 < first.sum() < 4 * HOUR_S
    assert (record["rejections_partner"] > 0).any()
    inside = [record[name] for name in ("chamber_s_nest", "chamber_s_arena", "tube_s_nest", "tube_s_arena")]
    np.testing.assert_allclose(sum(inside), HOUR_S)
    np.testing.assert_allclose(record["partner_s_hourly"].sum(axis=1), record["contact_s_partner"])
    assert not any("others" in name for name in record)


def test_nothing_depends_on_which_of_the_two_an_animal_is() -> None:
    """Means over many homes agree between the two places, where both act by the same rule."""
    env = begun(256, duration_s=2 * HOUR_S, seed=7)
    record = play(env, random_actions(env, 120, seed=3)).infos[-1]["record"]
    for name in ("chamber_s_nest", "rejections_partner", "entries_arena", "familiarity_end_partner"):
        first, second = record[name].reshape(-1, 2).T
        error = np.sqrt((first.var() + second.var()) / len(first)) + 1e-12
        assert abs(first.mean() - second.mean()) < 4 * error, name


def test_a_shut_door_keeps_the_two_apart_whatever_they_do() -> None:
    env = begun(16, options={"session": "apart"}, duration_s=2 * HOUR_S, cohousing_h=0.0)
    starts = env.world.batch.animals["chamber"].copy()
    assert (np.sort(starts, axis=1) == [NEST, ARENA]).all()
    assert set(starts[:, 0]) == {NEST, ARENA}  # who has the nest is drawn
    record = play(env, random_actions(env, 120)).infos[-1]["record"]
    np.testing.assert_array_equal(env.world.batch.animals["chamber"], starts)
    for name in ("contact_s_partner", "together_s_partner", "rejections_partner", "entries_nest", "entries_arena"):
        assert (record[name] == 0.0).all(), name
    assert (env.world.batch.pairs["familiarity"] == 0.0).all()
    assert (record["session"] == "apart").all()
    assert (
        begun(8, options={"session": "apart", "side": "vole1"}).world.batch.animals["chamber"] == [ARENA, NEST]
    ).all()


def test_masks_offer_no_way_through_a_shut_door() -> None:
    env = begun(1, options={"session": "apart"})
    assert env.action_masks().tolist() == [[True, True, False, False]] * 2
    assert begun().action_masks().all()


def test_a_door_is_shut_only_where_that_is_asked_for() -> None:
    env = begun(32)
    assert set(env.world.batch.worlds["session"].tolist()) == {list(ASSAYS[HOME].session_table).index("together")}
    play(env, np.full(60, EXPLORE))
    assert (env.world.batch.animals["chamber"] == ARENA).any()


def test_the_relationship_fits_the_sexes() -> None:
    mates = begun(1, sex=["female", "male"], relationship="mate", cohousing_h=24.0)
    assert mates.world.batch.pairs["mated"][0].tolist() == [[0, 1], [1, 0]]
    strangers = begun(1, sex=["male", "female"], relationship="mate", cohousing_h=0.0)
    assert not strangers.world.batch.pairs["mated"].any()
    with pytest.raises(ParameterError, match=r"mates are a female and a male, but vole0 and vole1 are of one sex"):
        begun(1, relationship="mate")
    with pytest.raises(ParameterError, match=r"peers are of one sex, but vole0 and vole1 are a female and a male"):
        begun(1, sex=["female", "male"])
    with pytest.raises(ParameterError, match="got 'peer'"):
        begun(1, sex=["female", "male"], relationship=["mate", "peer"])


def test_gym_make_says_how_to_make_it() -> None:
    with pytest.raises(ParameterError, match=r"both animals .* act, .*num_envs=2.*PairHomeParallelEnv"):
        gym.make(HOME)
    with pytest.raises(ParameterError, match="num_envs must be a positive multiple of 2"):
        make_rows(3, HOME)


def test_it_draws_and_tells() -> None:
    env = begun(render_mode="rgb_array")
    env.step(np.array([EXPLORE, AFFILIATE]))
    pictures = env.render()
    assert pictures is not None
    assert all(picture.std() > 10.0 for picture in pictures)
    told = begun(render_mode="ansi").render()
    assert told is not None
    assert "nest:  vole0, vole1" in told[0]
    shut = begun(render_mode="ansi", options={"session": "apart"}).render()
    assert shut is not None
    assert "door between nest and arena: closed" in shut[0]


@pytest.fixture
def face() -> Any:
    pytest.importorskip("pettingzoo")
    return importlib.import_module("socialrl_envs.parallel").PairHomeParallelEnv


def test_pettingzoos_tests_have_nothing_to_say(face: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tests = pytest.importorskip("pettingzoo.test")
    tests.parallel_api_test(face(duration_s=6000.0), num_cycles=250)
    assert "Passed Parallel API test" in capsys.readouterr().out
    tests.parallel_seed_test(lambda: face(duration_s=3000.0))


def test_agents_are_the_rows_of_the_vector_environment(face: Any) -> None:
    arguments: dict[str, Any] = {"duration_s": 3600.0, "cohousing_h": 6.0}
    env = face(oxtr_gain={"vole1": 0.0}, **arguments)
    rows = make_rows(2, HOME, oxtr_gain=[1.0, 0.0], **arguments)
    observations, _ = env.reset(seed=3)
    expected, _ = rows.reset(seed=3)
    assert list(observations) == env.agents == ["vole0", "vole1"]
    np.testing.assert_array_equal(list(observations.values()), expected)
    for actions in random_actions(rows, 60):
        ours, theirs = env.step(dict(zip(env.possible_agents, actions.tolist(), strict=True))), rows.step(actions)
        for mine, other in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(list(mine.values()), other)
    for name, column in theirs[4]["record"].items():
        np.testing.assert_array_equal(ours[4]["vole1"]["record"][name], column[1], err_msg=name)
    assert env.agents == []
