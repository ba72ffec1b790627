"""What every registered assay owes a user: Gymnasium's and Stable-Baselines3's contracts, seeds, spaces, endings."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_with_gymnasium
from playing import (
    EVERY_ASSAY,
    EVERY_SINGLE,
    assert_identical,
    make_single,
    make_worlds,
    mates_that_act,
    play,
    random_actions,
)
from stable_baselines3.common.env_checker import check_env as check_with_sb3

from socialrl_envs import ASSAYS
from socialrl_envs.parameter_rows import ATTACHMENT, CARE, CONTEXTS
from socialrl_envs.parameters import PARAMETERS
from socialrl_envs.rewards import terms_of
from socialrl_envs.vocabulary import SLOW

every_assay = pytest.mark.parametrize("env_id", EVERY_ASSAY)
every_single = pytest.mark.parametrize("env_id", EVERY_SINGLE)
with_and_without = pytest.mark.parametrize("attachment", [False, True], ids=["without", "attachment"])


def settings(env_id: str, attachment: bool) -> dict[str, bool]:
    """Return the argument that asks for `attachment`; an assay about the slow state has it, and is tested as made."""
    if ASSAYS[env_id].of_attachment and not attachment:
        pytest.skip("an assay about the slow state has it on")
    return {"attachment": True} if attachment else {}


@every_single
@with_and_without
def test_gymnasiums_checker_has_nothing_to_say(env_id: str, attachment: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_with_gymnasium(make_single(env_id, **settings(env_id, attachment)), skip_render_check=True)


@every_single
@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_gymnasiums_checker_accepts_what_is_drawn(env_id: str, mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(env_id, render_mode=mode)
        env.reset(seed=0)
        env.step(0)
        drawn = env.render()
        env.close()
    if mode == "ansi":
        assert isinstance(drawn, str)
        assert any(other in drawn for other in ASSAYS[env_id].animals[1:])
    else:
        assert drawn.dtype == np.uint8
        assert drawn.ndim == 3
        assert drawn.shape[2] == 3
        assert drawn.std() > 10.0, "an empty picture"


@every_single
@with_and_without
def test_stable_baselines3s_checker_has_nothing_to_say(env_id: str, attachment: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_with_sb3(make_single(env_id, **settings(env_id, attachment)), warn=True, skip_render_check=True)


@every_assay
@with_and_without
def test_spaces_are_those_that_the_manual_page_states(env_id: str, attachment: bool) -> None:
    asked = settings(env_id, attachment)
    env = make_single(env_id, **asked) if env_id in EVERY_SINGLE else make_worlds(1, env_id, **asked)
    n_actions, n_channels = env.world.n_actions, env.world.observation_space.shape[0]
    page = type(env).__doc__ or ""
    assert f"`Discrete({n_actions})`" in page
    always = ASSAYS[env_id].of_attachment or not attachment
    assert (f"{n_channels} channels" if always else f"{n_channels} with `attachment`") in page
    assert len(env.action_names) == n_actions
    assert len(env.observation_names) == len(set(env.observation_names)) == n_channels
    assert f"{ASSAYS[env_id].duration_s:,.0f} s" in page
    for term in terms_of(attachment, ASSAYS[env_id].contexts, ASSAYS[env_id].has_litter):
        assert term in page


@every_assay
@with_and_without
def test_same_seed_gives_the_same_episodes_to_the_last_bit(env_id: str, attachment: bool) -> None:
    asked = {"duration_s": 20 * ASSAYS[env_id].dt_s, **settings(env_id, attachment)}
    first, second = (make_worlds(3, env_id, **asked) for _ in range(2))
    np.testing.assert_array_equal(first.reset(seed=8)[0], second.reset(seed=8)[0])
    actions = random_actions(first, 70)  # three episodes of 20 ticks and their resets
    a, b = play(first, actions), play(second, actions)
    assert a.truncated.sum() == 3 * first.num_envs
    assert_identical(a, b)
    # the same environment, reset with the same seed, forgets what it went through
    first.reset(seed=8)
    assert_identical(play(first, actions), b)


@every_assay
def test_other_seeds_and_later_episodes_differ(env_id: str) -> None:
    env = make_worlds(2, env_id)
    env.reset(seed=1)
    rows = np.split(np.arange(env.num_envs), 2)  # those of world 0 and of world 1
    actions = np.ones((39, env.num_envs), dtype=np.int64)
    one = play(env, actions).terms["noise"]
    assert not np.array_equal(one[:, rows[0]], one[:, rows[1]])
    env.reset()  # no seed: goes on to the next episode
    assert not np.array_equal(one, play(env, actions).terms["noise"])
    env.reset(seed=2)  # world 0 has the seed that world 1 had
    np.testing.assert_array_equal(play(env, actions).terms["noise"][:, rows[0]], one[:, rows[1]])


@every_single
def test_a_test_has_its_length_and_is_truncated_never_terminated(env_id: str) -> None:
    dt_s = 2 * ASSAYS[env_id].dt_s
    env = gym.make(env_id, dt_s=dt_s)
    env.reset(seed=0)
    n_ticks = 0
    over = False
    while not over:
        _, _, terminated, over, info = env.step(n_ticks % env.action_space.n)
        n_ticks += 1
        assert not terminated
        assert (info["record"]["duration_s"] > 0.0) == over
    assert n_ticks * dt_s == info["record"]["duration_s"] == ASSAYS[env_id].duration_s


@every_assay
@with_and_without
def test_the_vector_environment_keeps_gymnasiums_conventions(env_id: str, attachment: bool) -> None:
    env = make_worlds(5, env_id, **settings(env_id, attachment))
    n = 5 * len(ASSAYS[env_id].acting)
    assert env.num_envs == n
    assert env.observation_space.shape == (n, *env.single_observation_space.shape)
    assert env.action_space.shape == (n,)
    assert env.metadata["autoreset_mode"] is gym.vector.AutoresetMode.NEXT_STEP
    observations, info = env.reset(seed=0)
    assert env.observation_space.contains(observations)
    env.action_space.seed(0)
    observations, rewards, terminated, truncated, info = env.step(env.action_space.sample())
    assert env.observation_space.contains(observations)
    assert rewards.shape == terminated.shape == truncated.shape == (n,)
    assert rewards.dtype == np.float64
    assert terminated.dtype == truncated.dtype == np.bool_
    np.testing.assert_allclose(rewards, sum(info["reward_terms"].values()), rtol=1e-12)


@every_assay
@with_and_without
def test_a_million_steps_of_any_actions_and_parameters_stay_inside_the_spaces(env_id: str, attachment: bool) -> None:
    """Rows have parameters and slow states from anywhere in their ranges, and act by every kind of stubbornness."""
    n_rows, n_ticks = 1000, 1000
    assay = ASSAYS[env_id]
    rng = np.random.default_rng(0)
    overrides = {}
    for parameter in PARAMETERS:
        anywhere = rng.uniform(parameter.low, parameter.high, n_rows)
        ends = np.where(rng.random(n_rows) < 0.5, parameter.low, parameter.high)
        table = np.full(n_rows, parameter.value)
        overrides[parameter.name] = np.choose(rng.integers(0, 3, n_rows), [anywhere, ends, table])
    company: dict[str, Any] = {"relationship": assay.relationships}
    if mates_that_act(env_id):
        company = {"relationship": "mate", "sex": ["female", "male"] * (n_rows // 2)}
    agonist = {"drug": "agonist", "dose": 10.0, "start_s": 100 * assay.dt_s, "end_s": 300 * assay.dt_s}
    slow = {variable.name: [variable.lowest, variable.reference, variable.highest] for variable in SLOW}
    stressors = {"stressor": [0.0, 2.0], "stressor_start_h": [-1.0, 0.1], "stressor_length_h": [0.2, 5.0]}
    env = make_worlds(
        n_rows // len(assay.acting),
        env_id,
        duration_s=700 * assay.dt_s,
        cohousing_h=[0.0, 1.0, 100.0],
        **company,
        drugs=[agonist],
        **settings(env_id, attachment),
        **({**slow, **stressors} if attachment else {}),
        **overrides,
    )
    n_actions = env.world.n_actions
    favourite = rng.integers(0, n_actions, n_rows)
    style = rng.integers(0, 4, n_rows)  # random, stubborn, flickering between two, stubborn for spells
    observations, _ = env.reset(seed=0)
    low, high = env.observation_space.low, env.observation_space.high
    for tick in range(n_ticks):
        anything = rng.integers(0, n_actions, n_rows)
        flicker = favourite if tick % 2 else (favourite + 1) % n_actions
        spells = (favourite + tick // 60) % n_actions
        observations, rewards, _, _, info = env.step(np.choose(style, [anything, favourite, flicker, spells]))
        assert observations.dtype == np.float32
        assert ((observations >= low) & (observations <= high)).all()
        assert np.isfinite(rewards).all()
    assert (info["chamber_s"].sum(axis=1) + info["tube_s"].sum(axis=1) > 0.0).all()
    assert (info["huddle_s"].max() > 0.0) != assay.contexts, "in contexts the animal is alone"


SWITCHED_ON = {
    "compensation_share": 0.3,
    "recognition_lasting": 0.3,
    "v1a_recall": 0.3,
    "settling_worth": 2.0,
    "incentive_comfort": 0.3,
    "signal_adaptation": 0.3,
    "activity_budget": 0.3,
    "day_calm": 0.3,
    "rhythm_depth": 0.3,
    "uncertainty_cost": 1.0,
    "need_gain": 0.5,
    "contagion": 1.0,
    "defence_habituation": 0.3,
    "peer_dopamine_free": 0.3,
    "mate_dopamine_need": 0.3,
    "tone_as_work": 0.3,
}
"""Mechanisms at values with which the other parameters have a part."""
SOME_OF_EACH = [
    {"drug": drug, "dose": 0.4, "start_s": -1e6, "end_s": 1e6}
    for drug in ("agonist", "antagonist", "dopamine_antagonist", "crf_antagonist", "v1a_antagonist")
]
"""Drugs that some mechanisms are about."""


OF_DAYS = {
    "care_to_expression",
    "care_to_competence",
    "strain_to_reactivity",
    "window_close_d",
    "window_tau_d",
    "development_tau_d",
    "adult_plasticity",
    "enrichment",
}
"""Parameters of development, which a test has no time for."""
OF_BONDS = {
    "consolidation_floor_per_h",
    "consolidation_gain_per_h",
    "consolidation_mate_per_h",
    "absence_loss_per_h",
    "compensation_share",
    "habituation_tau_s",
    "habituation_recovery_h",
    "selective_floor",
    "selective_gain",
    "defence_floor",
    "defence_gain",
    "defence_payoff_min",
    "defence_habituation",
    "incentive_comfort",
    "novelty_reward",
    "uncertainty_cost",
    "cohousing_contact_share",
    "cohousing_bout_s",
    "stranger_stress",
    "peer_dopamine_free",
}
"""Parameters of company that grew up, which a litter is not."""


OF_OTHERS = {
    "recognition_noise",
    "recognition_lasting",
    "v1a_recall",
    "defence_payoff_min",
    "defence_habituation",
    "rejection_cost",
    "withdrawal_s",
}
"""Parameters of how others in a test are recognised and driven off; between contexts an animal is alone."""


@every_assay
@with_and_without
def test_every_parameter_reaches_the_world_where_it_has_a_part(env_id: str, attachment: bool) -> None:
    """Each parameter, changed alone, changes a life; those of mates, work and attachment only where they occur.

    Some worlds have all parameters of the table, some others the first one changed, and so on: one environment, whose
    worlds have the same seeds and actions from block to block.
    """
    assay = ASSAYS[env_id]
    relationship = assay.relationships[-1]
    company = {"conditioned_with": ["partner", "stranger"]} if assay.contexts else {}
    n_worlds = 8 if company else 4  # of a block; some with either
    n_blocks, n_rows = 1 + len(PARAMETERS), n_worlds * len(assay.acting)
    # at gain 1 the receptor-independent share of release would not show
    table = {"oxtr_gain": 0.5, **SWITCHED_ON}
    changed: dict[str, Any] = {}
    for block, parameter in enumerate(PARAMETERS, start=1):
        other = 0.5 * (parameter.value + (parameter.high if parameter.value < parameter.high else parameter.low))
        if parameter.name == "cohousing_bout_s":
            other = 0.5 * (parameter.low + parameter.value)
        values = np.full((n_blocks, n_rows), table.get(parameter.name, parameter.value))
        values[block] = other
        changed[parameter.name] = values.ravel()
    env = make_worlds(
        n_blocks * n_worlds,
        env_id,
        relationship=relationship,
        drugs=SOME_OF_EACH,
        cohousing_h=2.0,
        duration_s=400 * assay.dt_s,
        **company,
        **settings(env_id, attachment),
        **({"sex": ["female", "male"] * (n_blocks * n_rows // 2)} if mates_that_act(env_id) else {}),
        **changed,
    )
    lives = [env.reset(seed=[3 + world for world in range(n_worlds)] * n_blocks)[0]]
    for actions in np.random.default_rng(1).integers(0, env.world.n_actions, (399, n_rows)):
        observations, rewards, *_ = env.step(np.tile(actions, n_blocks))
        lives += [observations, rewards[:, None]]
    as_in_table, *others = np.split(np.concatenate(lives, axis=1), n_blocks)

    # the V1a gain is felt where there is no mate, too
    mating = {"consolidation_mate_per_h", "selective_mate", "courtship_reward", "mate_dopamine_need"}
    work = {"press_cost", "press_s"}
    idle = (set() if assay.doors else work) | ({"peer_dopamine_free"} if relationship == "mate" else mating)
    n_grown = assay.n_animals - int(assay.has_litter)
    if n_grown <= 2:  # there is nobody but the mate, to be courted or to interfere with the bond
        idle |= {"courtship_reward", "interference_per_h", "retention"}
    if n_grown == 1:
        idle |= OF_BONDS
    if not assay.has_litter:
        idle |= {row.name for row in CARE} | {"licking_weight"}
    idle |= set() if assay.known_place else {"known_place_exploration"}
    idle |= OF_DAYS if attachment else {row.name for row in ATTACHMENT} - {"licking_weight"}
    idle |= OF_OTHERS if assay.contexts else {row.name for row in CONTEXTS}
    for parameter, life in zip(PARAMETERS, others, strict=True):
        assert np.array_equal(life, as_in_table) == (parameter.name in idle), parameter.name
