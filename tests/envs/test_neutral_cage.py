"""A stranger met in a neutral cage: new to both, they start at opposite ends, and the partner is not there."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from playing import EXPLORE, REST, channel, make_rows, make_single, random_actions, toward

from socialrl_envs import ASSAYS
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import parameter

ENCOUNTER = "socialrl/StrangerEncounter-v0"
RESIDENT, STRANGER, PARTNER = range(3)
HOME, REFUGE = range(2)


def begun(n_rows: int, session: Any, side: str | None = None, seed: int = 1, **arguments: Any) -> Any:
    env = make_rows(n_rows, ENCOUNTER, session=session, **arguments)
    env.reset(seed=seed, options={"side": side})
    return env


@pytest.mark.parametrize(("side", "start"), [("home", HOME), ("refuge", REFUGE)])
def test_resident_and_stranger_start_at_opposite_ends_without_the_partner(side: str, start: int) -> None:
    env = begun(10, "neutral", side)
    chamber = env.world.batch.animals["chamber"]
    assert (chamber[:, RESIDENT] == start).all()
    assert (chamber[:, STRANGER] == 1 - start).all()
    assert (chamber[:, PARTNER] == -1).all()
    for _ in range(20):
        env.step(toward(env, PARTNER))
        assert (env.world.batch.animals["chamber"][:, PARTNER] == -1).all()


def test_either_end_is_drawn_where_none_is_named() -> None:
    env = begun(200, "neutral")
    chamber = env.world.batch.animals["chamber"]
    assert 60 < (chamber[:, RESIDENT] == HOME).sum() < 140
    assert (chamber[:, RESIDENT] + chamber[:, STRANGER] == 1).all()


def test_exploring_is_paid_in_full_there_and_by_the_share_of_the_table_at_home() -> None:
    paid = {}
    for session in ("alone", "neutral"):
        env = make_single(ENCOUNTER, session=session, reward_noise=0.0)
        env.reset(seed=4)
        paid[session] = float(env.step(EXPLORE)[4]["reward_terms"]["exploration"])
    assert paid["alone"] == pytest.approx(parameter("known_place_exploration").value * paid["neutral"], rel=1e-12)
    full = make_single(ENCOUNTER, session="neutral", reward_noise=0.0, known_place_exploration=0.0)
    full.reset(seed=4)
    assert full.step(EXPLORE)[4]["reward_terms"]["exploration"] == paid["neutral"] > 0.0


def test_the_animal_perceives_that_it_is_neither_at_home_nor_in_the_refuge() -> None:
    for session, places in (("alone", 1.0), ("neutral", 0.0)):
        env = begun(10, session)
        seen = env.world.observations
        assert (seen[:, channel(env, "in_home")] + seen[:, channel(env, "in_refuge")] == places).all()
        seen = env.step(np.full(10, REST))[0]
        assert (seen[:, channel(env, "in_home")] + seen[:, channel(env, "in_refuge")] == places).all()


def test_it_is_played_only_where_it_is_named() -> None:
    """Without a session today's two are drawn, with the same draws as when both are named."""
    assay = ASSAYS[ENCOUNTER]
    assert assay.usual_sessions == ("alone", "with_partner")
    unnamed, named = begun(100, None), begun(100, ["alone", "with_partner"])
    sessions = unnamed.world.batch.worlds["session"]
    assert set(sessions.tolist()) == {0, 1}
    np.testing.assert_array_equal(sessions, named.world.batch.worlds["session"])
    np.testing.assert_array_equal(unnamed.world.observations, named.world.observations)
    mixed = begun(100, ["alone", "neutral"])
    assert set(mixed.world.batch.worlds["session"].tolist()) == {0, 2}
    for one in ASSAYS.values():
        asked_for = (*one.new_places, *one.shut_doors, *one.on_request)
        assert one.usual_sessions == tuple(name for name in one.session_table if name not in asked_for)


def test_rows_of_both_places_in_one_batch_are_as_they_are_alone() -> None:
    """Known and new places are told apart world by world."""
    mixed, alone, neutral = (begun(60, session, seed=9) for session in (["alone", "neutral"], "alone", "neutral"))
    in_new = mixed.world.batch.worlds["session"] == 2
    assert 10 < in_new.sum() < 50
    for actions in random_actions(mixed, 40):
        rewards = [env.step(actions)[1] for env in (mixed, alone, neutral)]
        np.testing.assert_array_equal(rewards[0], np.where(in_new, rewards[2], rewards[1]))


def test_a_test_of_half_an_hour_has_its_records_by_the_minute() -> None:
    env = begun(20, "neutral", duration_s=1800.0)
    for _ in range(360):
        *_, truncated, info = env.step(np.full(20, REST))
    assert truncated.all()
    record = info["record"]
    assert set(record["session"]) == {"neutral"}
    assert record["huddle_s_stranger_1min"].shape == (20, 30)
    assert (record["chamber_s_with_stranger"] + record["chamber_s_apart"] == 1800.0).all()
    assert (record["huddle_s_partner"] == 0.0).all()


def test_an_unknown_session_is_one_line_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"session must be one of alone, with_partner, neutral, got 'neutrl'"):
        make_single(ENCOUNTER, session="neutrl")
    with pytest.raises(ParameterError, match=r"session must be one of partner, stranger, choice, got 'neutral'"):
        make_single("socialrl/SocialOperant-v0", session="neutral")


def test_pictures_call_its_ends_neither_home_nor_refuge() -> None:
    texts = {}
    for session in ("alone", "neutral"):
        env = gym.make(ENCOUNTER, render_mode="ansi", session=session)
        env.reset(seed=1)
        texts[session] = str(env.render())
    assert "home" in texts["alone"]
    assert "neutral" in texts["neutral"]
    assert "home" not in texts["neutral"]
    assert "refuge" not in texts["neutral"]


def test_sessions_with_an_empty_chamber_are_played_only_where_they_are_named() -> None:
    """Of the partner-preference test: one animal is there, the other is not, and no episode is drawn from them."""
    env_id = "socialrl/PartnerPreference-v0"
    assert ASSAYS[env_id].usual_sessions == ("all",)
    for session, there in ((None, [True, True]), ("partner", [True, False]), ("stranger", [False, True])):
        env = make_rows(20, env_id=env_id)
        env.reset(seed=1, options={} if session is None else {"session": session})
        here = env.world.batch.animals["chamber"][:, 1:] >= 0
        assert (here == there).all(), session
