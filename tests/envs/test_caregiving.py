"""Care of a litter: need, energy, what contact and licking are worth, who gives what, and two carers."""

from __future__ import annotations

import importlib
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from playing import EXPLORE, REST, make_rows, make_single, play, random_actions

from socialrl_envs import ASSAYS, SocialVectorEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import parameter
from socialrl_envs.physiology import occupancy

CARE, SHARED = "socialrl/Caregiving-v0", "socialrl/SharedCaregiving-v0"
BROOD, REJECT, LICK = 2, 3, 4
LICK_IN_SHARED = 6
NEST, FORAGE = 0, 1
HOUR = 240  # ticks of 15 s
P = {name: parameter(name).value for name in (
    "need_rise_s", "need_fall_s", "energy_h", "nursing_load", "feeding_s", "lick_cost", "hunger_cost",
    "licking_weight", "contact_floor", "contact_gain", "settling_worth", "receptor_half",
)}  # fmt: skip


def begun(env_id: str = CARE, n_worlds: int = 1, options: dict[str, Any] | None = None, **arguments: Any) -> Any:
    env = make_rows(n_worlds * len(ASSAYS[env_id].acting), env_id, recognition_noise=0.0, **arguments)
    env.reset(seed=1, options={"side": "nest", **(options or {})})
    for name in ("energy", "litter_need"):
        env.world.batch.animals[name] = 0.5
    return env


def carer(env: SocialVectorEnv, k: int = 0) -> Any:
    return env.world.batch.animals[0, k]


def toward_litter(env: SocialVectorEnv) -> np.ndarray:
    """The action of every row that broods: the litter's slot is drawn."""
    slots = env.world.batch.slots.reshape(env.num_envs, -1)
    return 2 + np.argmax(slots == env.assay.litter, axis=1)


def test_need_falls_in_contact_and_rises_apart() -> None:
    env = begun()
    play(env, np.full(HOUR, BROOD))
    low = 0.5 * np.exp(-3600.0 / P["need_fall_s"])
    assert carer(env)["litter_need"] == pytest.approx(low)
    observation = play(env, np.full(HOUR, REST)).observations[-1, 0]
    high = 1.0 - (1.0 - low) * np.exp(-3600.0 / P["need_rise_s"])
    assert carer(env)["litter_need"] == pytest.approx(high)
    assert observation[env.observation_names.index("litter_need")] == pytest.approx(high)


def test_energy_falls_faster_while_nursing_and_males_do_not_nurse() -> None:
    for sex, load in (("female", P["nursing_load"]), ("male", parameter("nursing_load").of("male"))):
        for action, factor in ((BROOD, load), (REST, 1.0)):
            env = begun(sex=sex)
            play(env, np.full(HOUR, action))
            assert carer(env)["energy"] == pytest.approx(0.5 * np.exp(-factor / P["energy_h"])), (sex, action)
    assert load == 1.0


def test_exploring_where_there_is_food_is_foraging_and_lasts_until_the_carer_goes_back() -> None:
    env = begun()
    while carer(env)["chamber"] != FORAGE:
        env.step(np.array([EXPLORE]))
    before = float(carer(env)["energy"])
    result = play(env, np.full(40, EXPLORE))
    assert carer(env)["chamber"] == FORAGE
    assert carer(env)["energy"] == pytest.approx(1.0 - (1.0 - before) * np.exp(-600.0 / P["feeding_s"]))
    np.testing.assert_allclose(result.terms["hunger"][-1, 0], -0.25 * P["hunger_cost"] * (1.0 - _before_last(env)) ** 3)
    assert (result.terms["exploration"] > 0.0).all()
    play(env, np.array([BROOD, BROOD]))
    assert carer(env)["chamber"] == NEST


def _before_last(env: SocialVectorEnv) -> float:
    """Energy before the last tick of foraging: hunger is felt at the start of a tick."""
    return float(1.0 - (1.0 - carer(env)["energy"]) / np.exp(-15.0 / P["feeding_s"]))


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("dopamine", [1.0, 0.4])
def test_care_is_need_times_the_worth_of_contact_with_anyone(gain: float, dopamine: float) -> None:
    """n·(b0 + b1·X·D)·(1 + k·C) in quiet contact; 3·n·(b0 + b1·X·D) less its cost while licking."""
    env = begun(oxtr_gain=gain, dopamine_tone=dopamine)
    for action in (BROOD, LICK):
        play(env, np.full(30, action))
        need = float(carer(env)["litter_need"])
        result = play(env, np.array([action]))
        signal = carer(env)["receptor_signal"]
        worth = need * (P["contact_floor"] + P["contact_gain"] * signal * dopamine)
        comfort = env.world.batch.pairs["comfort"][0, 0, 1]
        quiet = worth * (1.0 + P["settling_worth"] * comfort)
        licking = worth * P["licking_weight"] - P["lick_cost"]
        assert result.terms["care"][0, 0] == pytest.approx(0.25 * (licking if action == LICK else quiet))
        assert result.terms["contact_general"][0, 0] == 0.0
        assert result.terms["contact_selective"][0, 0] == 0.0


def test_carers_need_no_reward_of_their_own_for_infants() -> None:
    """Where contact with anyone is worth nothing, so is care: there is no other source."""
    env = begun(contact_floor=0.0, contact_gain=0.0, lick_cost=0.0)
    result = play(env, np.tile([BROOD, LICK], 60))
    assert not result.terms["care"].any()
    assert result.infos[-1]["huddle_s"].max() > 0.0


def test_the_record_says_what_pups_received() -> None:
    n = 40
    env = begun(duration_s=15.0 * n)
    actions = np.array([BROOD] * 20 + [LICK] * 10 + [REST] * 10)
    oxytocin = []
    for action in actions:
        *_, info = env.step(np.array([action]))
        oxytocin.append(float(env.world.batch.animals[0, 1]["oxytocin"]))
    record = info["record"]
    touch = np.array([1.0] * 20 + [P["licking_weight"]] * 10 + [0.0] * 10)
    expected = [t * occupancy(o, P["receptor_half"]) for t, o in zip(touch, oxytocin, strict=True)]
    assert record["care_received"][0] == pytest.approx(np.mean(expected))
    assert record["licking_s"][0] == 150.0
    assert record["litter_contact_s"][0] == record["huddle_s_litter"][0] == 450.0
    assert record["litter_alone_s"][0] == 150.0
    assert np.isnan(record["latency_to_return_s"][0])  # it never left the nest


def test_latency_to_return_is_from_leaving_the_nest_to_contact_with_the_litter() -> None:
    env = begun(duration_s=15.0 * 200)
    ticks = 0
    while carer(env)["chamber"] != FORAGE:
        play(env, np.array([EXPLORE]))
        ticks += carer(env)["travel_s"] > 0.0 or carer(env)["chamber"] == FORAGE
    for _ in range(10):
        play(env, np.array([EXPLORE]))
    play(env, np.array([BROOD]))  # back
    play(env, np.full(5, REST))  # in the nest and not yet at the litter
    while not env.step(np.array([BROOD]))[3][0]:
        pass
    named = env.world.counters[0, 0, -8:]
    assert named[4] == 1.0
    assert named[3] == 15.0 * (ticks + 10 + 1 + 5)


def test_a_litter_is_no_partner() -> None:
    """It makes no bond, interferes with none, is not courted, and is told by having no sex."""
    env = begun(SHARED, cohousing_h=24.0, courtship_reward=1.0, sex=["female", "male"], relationship="mate")
    brooding = toward_litter(env)
    brooding[1] = EXPLORE  # the mate is away, or they would lie on one pile
    before = env.world.batch.pairs["familiarity"][0, 0, 1].copy()
    result = play(env, np.tile(brooding, (HOUR, 1)))
    assert (result.infos[-1]["record"]["duration_s"] == 0.0).all()
    lost = before * (1.0 - np.exp(-parameter("absence_loss_per_h").value))
    assert before - env.world.batch.pairs["familiarity"][0, 0, 1] == pytest.approx(lost, rel=0.01)
    assert not result.terms["courtship"].any()
    assert not result.terms["defence"].any()
    flags = [env.observation_names.index(f"slot{toward_litter(env)[0] - 2}_{sex}_sex") for sex in ("same", "other")]
    assert (result.observations[:, 0, flags] == 0.0).all()
    assert (begun().world.batch.animals["bondedness"] == 0.0).all()


def test_two_carers_share_what_pups_receive() -> None:
    """Together they give what one alone would, and each gets its part; who licks has the touch."""
    alone = begun(duration_s=600.0)
    single = play(alone, np.full(40, BROOD)).infos[-1]["record"]
    both = begun(SHARED, duration_s=600.0)
    record = play(both, np.tile(toward_litter(both), (40, 1))).infos[-1]["record"]
    assert record["care_received"].sum() == pytest.approx(single["care_received"][0])
    assert record["care_received"][0] == pytest.approx(record["care_received"][1])
    both.reset(seed=1, options={"side": "nest"})
    brooding = toward_litter(both)
    record = play(both, np.tile([brooding[0], LICK_IN_SHARED], (40, 1))).infos[-1]["record"]
    assert record["care_received"][0] == 0.0
    assert record["care_received"][1] == pytest.approx(P["licking_weight"] * single["care_received"][0])
    assert (record["litter_contact_s"] == 600.0).all()
    assert (record["contact_s_partner"] == 600.0).all(), "who broods lies on one pile"
    assert record["huddle_s_litter"].tolist() == [600.0, 600.0]
    assert not any("others" in name for name in record)


def test_nothing_depends_on_which_of_the_two_carers_an_animal_is() -> None:
    env = begun(SHARED, 128, duration_s=3600.0)
    record = play(env, random_actions(env, HOUR, seed=3)).infos[-1]["record"]
    for name in ("care_received", "licking_s", "huddle_s_litter", "energy", "chamber_s_nest"):
        first, second = record[name].reshape(-1, 2).T
        error = np.sqrt((first.var() + second.var()) / len(first))
        assert abs(first.mean() - second.mean()) < 4 * error, name


def test_a_litter_that_nobody_comes_to_has_need_one_and_gets_nothing() -> None:
    env = begun()
    record = play(env, np.full(2880, REST)).infos[-1]["record"]
    assert record["care_received"][0] == 0.0
    assert record["litter_alone_s"][0] == 43_200.0
    assert carer(env)["litter_need"] == pytest.approx(1.0, abs=1e-6)


def test_a_rejected_litter_has_no_contact_for_a_while_and_masks_say_so() -> None:
    env = begun()
    assert env.action_masks()[0].all()
    play(env, np.array([REJECT]))
    masks = env.action_masks()[0]
    assert (masks[BROOD], masks[LICK]) == (False, False)
    assert not play(env, np.full(5, LICK)).terms["care"].any()
    play(env, np.full(4, REST))
    assert play(env, np.full(2, BROOD)).terms["care"].any()


def test_lick_is_an_action_of_carers_alone() -> None:
    for env_id, assay in ASSAYS.items():
        env = make_rows(len(assay.acting), env_id)
        assert ("lick" in env.action_names) == assay.has_litter, env_id
        assert ({"litter_need", "energy"} <= set(env.observation_names)) == assay.has_litter, env_id
        assert ("care" in env.world.terms) == ("hunger" in env.world.terms) == assay.has_litter, env_id


def test_gym_make_is_one_carer_and_says_how_to_make_two() -> None:
    env = make_single(CARE)
    env.reset(seed=0)
    assert env.step(LICK)[4]["reward_terms"]["care"] != 0.0
    with pytest.raises(ParameterError, match=r"both carers .* act, .*num_envs=2.*SharedCaregivingParallelEnv"):
        gym.make(SHARED)
    with pytest.raises(ParameterError, match=r"stranger_sex must be one of as_partner.* which has no stranger"):
        make_single(CARE, stranger_sex="other")
    with pytest.raises(ParameterError, match=r"need_fall_s.* out of range"):
        make_single(CARE, need_fall_s=0.0)


def test_carers_with_needs_of_their_own_tables_hear_the_litter_each_by_its_own() -> None:
    """Parameters may differ between two carers; each moves by its own, and neither changes the other's."""
    env = begun(SHARED, need_rise_s=[600.0, 6000.0])
    play(env, np.full(HOUR, REST))
    fast, slow = (float(carer(env, k)["litter_need"]) for k in range(2))
    assert fast == pytest.approx(1.0 - 0.5 * np.exp(-6.0))
    assert slow == pytest.approx(1.0 - 0.5 * np.exp(-0.6))


def test_it_draws_pups_and_tells() -> None:
    env = begun(render_mode="rgb_array")
    empty = env.render()[0]
    play(env, np.full(3, BROOD))
    assert (env.render()[0] != empty).mean() > 0.001
    told = begun(SHARED, render_mode="ansi").render()
    assert "nest:   vole0, vole1, litter" in told[0]


@pytest.fixture
def face() -> Any:
    pytest.importorskip("pettingzoo")
    return importlib.import_module("socialrl_envs.parallel").SharedCaregivingParallelEnv


def test_pettingzoos_tests_have_nothing_to_say(face: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tests = pytest.importorskip("pettingzoo.test")
    tests.parallel_api_test(face(duration_s=1500.0), num_cycles=250)
    assert "Passed Parallel API test" in capsys.readouterr().out


def test_agents_are_the_carers_and_not_the_litter(face: Any) -> None:
    env = face(duration_s=600.0, oxtr_gain={"vole1": 0.0})
    rows = make_rows(2, SHARED, duration_s=600.0, oxtr_gain=[1.0, 0.0])
    observations, _ = env.reset(seed=3)
    np.testing.assert_array_equal(list(observations.values()), rows.reset(seed=3)[0])
    assert env.agents == ["vole0", "vole1"]
    for actions in random_actions(rows, 40):
        ours, theirs = env.step(dict(zip(env.possible_agents, actions.tolist(), strict=True))), rows.step(actions)
        np.testing.assert_array_equal(list(ours[1].values()), theirs[1])
    np.testing.assert_array_equal(ours[4]["vole1"]["record"]["care_received"], theirs[4]["record"]["care_received"][1])
