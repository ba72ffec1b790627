"""The same step with several acting animals in one world: four in an arena with side cages, two pairs of cage mates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import play, random_actions

from socialrl_envs import SocialVectorEnv
from socialrl_envs.assay import Assay
from socialrl_envs.habitat import Habitat
from socialrl_envs.rewards import TERMS
from socialrl_envs.world import World

REST, EXPLORE = 0, 1
ARENA = Habitat.build(
    ("arena", "a", "b", "c"), ((0, 1), (0, 2), (0, 3)), ((0.5, 0.5), (0.1, 0.1), (0.9, 0.1), (0.5, 0.9))
)
GROUP = Assay(
    id="test/Group-v0",
    habitat=ARENA,
    animals=("one", "two", "three", "four"),
    acting=(0, 1, 2, 3),
    cohoused_with=(1, 0, 3, 2),
    placements={"arena": (0, 0, 0, 0), "apart": (1, 2, 3, 0)},
    chambers={"arena": ARENA.names, "apart": ARENA.names},
    duration_s=3600.0,
    paper="none",
)


class GroupVectorEnv(SocialVectorEnv):
    """Rows 4·w to 4·w + 3 are the animals of world w."""

    assay = GROUP


def begun(side: str, n_worlds: int = 1, **arguments: Any) -> World:
    world = World(GROUP, n_worlds, **arguments)
    everywhere = np.ones(n_worlds, dtype=np.bool_)
    world.seed(np.arange(n_worlds, dtype=np.uint64) + 1, everywhere)
    world.begin(everywhere, {"side": side})
    return world


def toward(world: World, me: int, other: int) -> int:
    return 2 + int(np.argmax(world.batch.slots[0, me] == other))


def against(world: World, me: int, other: int) -> int:
    return 5 + int(np.argmax(world.batch.slots[0, me] == other))


def test_spaces_and_rows_count_animals() -> None:
    env = GroupVectorEnv(8)
    observations, _ = env.reset(seed=0)
    assert env.world.n_worlds == 2
    assert observations.shape == (8, 4 + 3 * 9 + 7)
    assert env.single_action_space.n == 2 + 2 * 3
    out = play(env, random_actions(env, 200))
    assert all(env.observation_space.contains(o) for o in out.observations)
    np.testing.assert_allclose(out.rewards, sum(out.terms.values()), rtol=0, atol=1e-12)
    assert (env.counters()["huddle_s"].sum(axis=1) > 0.0).all()
    np.testing.assert_array_equal(
        sum(env.counters()[name].sum(axis=1) for name in ("chamber_s", "tube_s")), np.full(8, 3000.0)
    )


def test_whole_worlds_are_independent_of_the_others() -> None:
    one, three = GroupVectorEnv(4), GroupVectorEnv(12)
    one.reset(seed=5)
    three.reset(seed=5)
    actions = random_actions(three, 100)
    a, b = play(one, actions[:, :4]), play(three, actions)
    np.testing.assert_array_equal(a.observations, b.observations[:, :4])
    np.testing.assert_array_equal(a.rewards, b.rewards[:, :4])


def test_a_change_in_one_animals_parameters_is_its_own_affair_until_they_meet() -> None:
    gains = [1.0, 1.0, 0.0, 1.0]
    plain, changed = begun("apart"), begun("apart", overrides={"oxtr_gain": gains})
    for world in (plain, changed):
        world.step(np.full(4, REST))
    theirs = [world.batch.pairs["familiarity"][0] for world in (plain, changed)]
    np.testing.assert_array_equal(np.delete(theirs[0], 2, axis=0), np.delete(theirs[1], 2, axis=0))
    assert theirs[1][2, 3] < theirs[0][2, 3], "a knockout bonds more slowly with its cage mate"
    assert theirs[1][3, 2] == theirs[0][3, 2], "and the mate no less with it"


def test_cage_mates_know_each_other_and_nobody_else() -> None:
    familiarity = begun("arena", cohousing_h=24.0).batch.pairs["familiarity"][0]
    assert familiarity[0, 1] == familiarity[1, 0] == familiarity[2, 3] > 0.0
    assert familiarity[0, 2] == familiarity[1, 3] == familiarity[0, 3] == 0.0


def test_both_animals_feel_and_count_a_huddle_that_one_of_them_sought() -> None:
    world = begun("arena", overrides={"reward_noise": 0.0})
    _, _, _, terms = world.step(np.array([toward(world, 0, 2), EXPLORE, REST, EXPLORE]))
    assert world.batch.pairs["contact"][0].sum() == 2
    assert terms[0, 0] > 0.0
    assert terms[0, 2] == terms[0, 0], "general worth of contact"
    assert terms[0, [1, 3]].tolist() == [0.0, 0.0]
    assert terms[TERMS.index("rest"), 2] == 0.0, "who is huddled with does not rest alone"
    huddle_s = world.counters[0, :, :4]
    expected = np.zeros((4, 4))
    expected[0, 2] = expected[2, 0] = world.dt_s
    np.testing.assert_array_equal(huddle_s, expected)
    np.testing.assert_array_equal(world.bins[0, :, :, 0], expected)


def test_two_that_look_elsewhere_do_not_touch() -> None:
    """Three seeks four, four seeks one, one explores: four stays for three, nobody for four."""
    world = begun("arena")
    world.step(np.array([EXPLORE, EXPLORE, toward(world, 2, 3), toward(world, 3, 0)]))
    contact = world.batch.pairs["contact"][0]
    assert contact[2, 3] == contact[3, 2] == 1
    assert contact.sum() == 2


def test_each_recognises_the_other_with_an_error_of_its_own() -> None:
    """A new draw when all meet in the arena: twelve directions, twelve errors."""
    world = begun("apart", overrides={"recognition_noise": 0.1, "transit_s": 15.0})
    before = world.batch.pairs["recognition_error"][0].copy()
    world.step(np.array([toward(world, me, 3) for me in range(3)] + [REST]))
    errors = world.batch.pairs["recognition_error"][0]
    assert world.batch.animals["chamber"][0].tolist() == [0, 0, 0, 0]
    others = ~np.eye(4, dtype=np.bool_)
    assert len(set(errors[others])) == 12
    assert not (errors == before)[others].any()


def test_an_explorer_or_one_who_is_driven_off_does_not_stay_for_a_huddle() -> None:
    """Sought from either side of the pair (the lower and the higher number)."""
    for busy, seeker in ((1, 0), (0, 1)):
        world = begun("arena", overrides={"explore_dwell_s": 1e4, "withdrawal_s": 1.0})
        actions = np.full(4, REST)
        actions[seeker] = toward(world, seeker, busy)
        for refusal in (EXPLORE, against(world, busy, seeker)):
            actions[busy] = refusal
            world.step(actions)
            assert world.batch.animals["chamber"][0].tolist() == [0, 0, 0, 0]
            assert world.batch.pairs["contact"].sum() == 0
        actions[busy] = REST
        world.step(actions)
        assert world.batch.pairs["contact"].sum() == 2


def test_driving_one_off_does_not_part_from_another() -> None:
    """It takes a moment, not a tick: others that seek the defender find it, the one driven off does not."""
    for defender, companion in ((1, 0), (0, 1)):
        world = begun("arena")
        actions = np.full(4, REST)
        actions[companion] = toward(world, companion, defender)
        actions[3] = toward(world, 3, defender)
        actions[defender] = against(world, defender, 3)
        world.step(actions)
        contact = world.batch.pairs["contact"][0]
        assert contact[defender, companion] == contact[companion, defender] == 1
        assert contact.sum() == 2


def test_a_huddle_of_three_calms_by_the_most_familiar_and_pays_contact_once() -> None:
    """One is with its cage mate and a stranger; both ways of reading the pair records agree."""
    world = begun("arena", cohousing_h=100.0, overrides={"stress_tau_s": 10.0, "reward_noise": 0.0})
    for _ in range(5):
        _, _, _, terms = world.step(np.array([REST, toward(world, 1, 0), toward(world, 2, 0), EXPLORE]))
    pairs, me = world.batch.pairs[0], world.batch.animals[0, 0]
    assert pairs["contact"][0].tolist() == [0, 1, 1, 0]
    assert me["stress"] == pytest.approx(1.0 - pairs["familiarity"][0, 1], abs=0.01)
    alone_with_mate = begun("arena", cohousing_h=100.0, overrides={"stress_tau_s": 10.0, "reward_noise": 0.0})
    for _ in range(5):
        _, _, _, pair_terms = alone_with_mate.step(np.array([REST, toward(alone_with_mate, 1, 0), EXPLORE, EXPLORE]))
    assert terms[0, 0] == pair_terms[0, 0]
    rates = world.rates[0]
    worth = rates["selective_floor"] + rates["selective_gain"] * me["receptor_signal"]
    assert terms[1, 0] == pytest.approx(pairs["familiarity"][0, 1] * worth, rel=1e-12), "the best companion counts"
    assert terms[2, 0] < pair_terms[2, 0] <= 0.0, "the stranger costs, beside the mate too"


def test_who_is_driven_off_can_neither_be_sought_nor_seek() -> None:
    world = begun("arena", overrides={"withdrawal_s": 30.0})
    world.step(np.array([against(world, 0, 1), toward(world, 1, 0), EXPLORE, EXPLORE]))
    contacts = [int(world.batch.pairs["contact"][0, 0, 1])]
    for _ in range(2):
        world.step(np.array([toward(world, 0, 1), toward(world, 1, 0), EXPLORE, EXPLORE]))
        contacts.append(int(world.batch.pairs["contact"][0, 0, 1]))
    assert contacts == [0, 0, 1]
    rejections = world.counters[0, :, 8:12]
    assert rejections.sum() == rejections[0, 1] == 1.0


def test_drugs_reach_all_that_act() -> None:
    world = begun("arena", drugs=[{"drug": "antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 60.0}])
    world.step(np.array([toward(world, 0, 1), REST, toward(world, 2, 3), REST]))
    assert world.batch.animals["oxytocin"][0].min() > 0.0
    assert (world.batch.animals["receptor_signal"][0] == 0.0).all()


@pytest.mark.parametrize("n", [6, 3, 0])
def test_a_world_is_not_split(n: int) -> None:
    with pytest.raises(ValueError, match=f"num_envs must be a positive multiple of 4 .*got {n}"):
        GroupVectorEnv(n)
