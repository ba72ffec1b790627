"""What every way of playing an assay owes before, at and after a reset: order, seeds, lengths and the keys of infos."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import TimeAwareObservation
from playing import (
    EVERY_ASSAY,
    EVERY_SINGLE,
    PARTNER_PREFERENCE,
    make_rows,
    make_worlds,
    play,
    random_actions,
)

from socialrl_envs import ASSAYS
from socialrl_envs.errors import ParameterError
from socialrl_envs.rewards import terms_of

RELEASE = "socialrl/OxytocinRelease-v0"
every_single = pytest.mark.parametrize("env_id", [*EVERY_SINGLE, RELEASE])
every_assay = pytest.mark.parametrize("env_id", EVERY_ASSAY)


# --- reset first -----------------------------------------------------------------------------------------------------


@every_single
def test_a_single_environment_wants_a_reset_first(env_id: str) -> None:
    env = gym.make(env_id, render_mode="ansi").unwrapped
    with pytest.raises(ResetNeeded, match=r"Cannot call env.step\(\) before calling env.reset\(\)"):
        env.step(0)
    with pytest.raises(ResetNeeded, match=r"Cannot call env.render\(\) before calling env.reset\(\)"):
        env.render()
    env.reset(seed=0)
    env.step(0)
    assert env.render()


@every_assay
def test_a_vector_environment_wants_a_reset_first_of_every_row(env_id: str) -> None:
    env = make_worlds(2, env_id, render_mode="ansi", autoreset_mode="DISABLED")
    n_rows = env.num_envs
    with pytest.raises(ResetNeeded, match=r"Cannot call env.step\(\) before calling env.reset\(\)$"):
        env.step(np.zeros(n_rows, dtype=np.int64))
    with pytest.raises(ResetNeeded, match=r"Cannot call env.render\(\)"):
        env.render()
    env.reset(seed=0, options={"reset_mask": np.arange(n_rows) < n_rows // 2})
    with pytest.raises(ResetNeeded, match="for every row"):
        env.step(np.zeros(n_rows, dtype=np.int64))
    env.reset(options={"reset_mask": np.arange(n_rows) >= n_rows // 2})
    env.step(np.zeros(n_rows, dtype=np.int64))


@pytest.mark.parametrize("seed", [1.5, [1.5, 2], [1, "2"], "12", [True, 2], -1, [1, -2], np.array([1.0, 2.0])])
def test_only_whole_numbers_are_seeds(seed: Any) -> None:
    env = make_rows(2)
    with pytest.raises(ParameterError, match="seed must be a whole number from 0 on, or a list of 2 of them, got"):
        env.reset(seed=seed)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(2, dtype=np.int64))


# --- lengths ---------------------------------------------------------------------------------------------------------


@every_single
def test_the_specification_says_how_many_ticks_a_test_has(env_id: str) -> None:
    dt_s = gym.make(env_id).unwrapped.dt_s
    for n_ticks in (7, 2000):  # shorter and longer than the default
        env = gym.make(env_id, duration_s=n_ticks * dt_s)
        assert env.spec is not None
        assert env.spec.max_episode_steps == n_ticks
        again = gym.make(env.spec)  # with Gymnasium's TimeLimit, which must change nothing
        for one in (env, again):
            one.reset(seed=0)
        for tick in range(1, n_ticks + 1):
            ours, limited = env.step(0), again.step(0)
            assert ours[3] == limited[3] == (tick == n_ticks)
            assert ours[1] == limited[1]
    assert gym.spec(env_id).max_episode_steps is None, "gym.make would cut longer tests short"


def test_gymnasiums_time_aware_observation_knows_the_length() -> None:
    env = TimeAwareObservation(gym.make(PARTNER_PREFERENCE, duration_s=150.0), normalize_time=True)
    times = [env.reset(seed=0)[0][-1]]
    times += [env.step(0)[0][-1] for _ in range(10)]
    np.testing.assert_allclose(times, np.linspace(0.0, 1.0, 11), rtol=1e-6)


def test_a_vector_environment_may_be_made_from_a_single_ones_specification() -> None:
    spec = gym.make(PARTNER_PREFERENCE, duration_s=150.0).spec
    assert spec is not None
    env = gym.make_vec(spec, num_envs=2)
    env.reset(seed=0)
    truncated = [env.step(np.zeros(2, dtype=np.int64))[3].all() for _ in range(10)]
    assert truncated == [False] * 9 + [True]


@pytest.mark.parametrize("mode", [*AutoresetMode, "SAME_STEP", "disabled", "NextStep"])
def test_make_vec_takes_every_autoreset_mode(mode: AutoresetMode | str) -> None:
    env = gym.make_vec(PARTNER_PREFERENCE, num_envs=2, autoreset_mode=mode)
    name = (mode.name if isinstance(mode, AutoresetMode) else mode).replace("_", "").lower()
    assert env.metadata["autoreset_mode"].name.replace("_", "").lower() == name


def test_the_group_habitat_answers_gym_make_with_how_it_is_made() -> None:
    for make in (
        lambda: gym.make("socialrl/GroupHabitat-v0"),
        lambda: gym.make_vec("socialrl/GroupHabitat-v0", vectorization_mode="sync"),
    ):
        with pytest.raises(ParameterError, match=r"gym.make_vec\('socialrl/GroupHabitat-v0', num_envs=8\)") as caught:
            make()
        assert "GroupHabitatParallelEnv" in str(caught.value)
        assert "gym.make('socialrl/GroupMember-v0')" in str(caught.value)


@every_single
def test_an_unknown_keyword_is_the_type_error_that_gymnasiums_own_environments_raise(env_id: str) -> None:
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'frameskip'"):
        gym.make(env_id, frameskip=1)
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'oxtr_gian'.*did you mean 'oxtr_gain'"):
        gym.make(env_id, oxtr_gian=1.0)


# --- infos -----------------------------------------------------------------------------------------------------------


def shape_of(info: Any) -> Any:
    """Names, types and shapes of an info, without its values."""
    if isinstance(info, dict):
        return {name: shape_of(value) for name, value in info.items()}
    return (info.shape, info.dtype.kind) if isinstance(info, np.ndarray) else type(info)


@every_single
def test_infos_of_a_single_environment_have_one_shape_from_reset_to_end(env_id: str) -> None:
    env = gym.make(env_id)
    env = gym.make(env_id, duration_s=3 * env.unwrapped.dt_s)
    infos = [env.reset(seed=0)[1]]
    infos += [env.step(0)[4] for _ in range(3)]
    shapes = [shape_of(info) for info in infos]
    if env_id == RELEASE:  # how many pulses is a whole number, and the record of them comes at the end
        shapes[-1]["record"]["n_pulses"] = float
    assert shapes[0] == shapes[1] == shapes[2] == shapes[3]
    assert infos[0]["record"]["duration_s"] == infos[2]["record"]["duration_s"] == 0.0
    assert infos[3]["record"]["duration_s"] > 0.0
    infos[0]["record"].clear()
    assert infos[1]["record"]


@every_assay
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_infos_of_a_vector_environment_have_one_shape_from_reset_to_end(env_id: str, mode: AutoresetMode) -> None:
    env = make_worlds(2, env_id, duration_s=3 * ASSAYS[env_id].dt_s, autoreset_mode=mode)
    _, first = env.reset(seed=0)
    for info in play(env, random_actions(env, 3)).infos:
        final = {"final_obs", "_final_obs", "final_info", "_final_info"}  # Gymnasium's own, at the end only
        assert shape_of({name: value for name, value in info.items() if name not in final}) == shape_of(first)


@pytest.mark.parametrize("env_id", EVERY_SINGLE)
def test_infos_of_the_vector_environment_are_those_of_gymnasiums_own_batch(env_id: str) -> None:
    arguments = {"duration_s": 8 * ASSAYS[env_id].dt_s, "cohousing_h": 1.0}
    native = make_rows(3, env_id, **arguments)
    oracle = gym.make_vec(env_id, num_envs=3, vectorization_mode="sync", **arguments)
    pairs = [(native.reset(seed=2)[1], oracle.reset(seed=2)[1])]
    pairs += [(native.step(actions)[4], oracle.step(actions)[4]) for actions in random_actions(native, 8)]
    pairs[-1][0].pop("_record")
    for ours, theirs in (pairs[0], pairs[-1]):  # reset and end
        # Gymnasium marks every name with the rows that have it
        expected = {name: value for name, value in theirs.items() if not name.startswith("_")}
        assert {name for name in ours if not name.startswith("_")} == set(expected)
    ours, theirs = pairs[-1]
    for name, value in ours.items():
        if name in ("reward_terms", "record"):
            for inner, column in value.items():
                np.testing.assert_array_equal(column, np.stack(list(theirs[name][inner])), err_msg=f"{name} {inner}")
        else:
            np.testing.assert_array_equal(value, np.stack(list(theirs[name])), err_msg=name)


def test_reward_terms_of_rows_are_an_array_and_a_mapping() -> None:
    env = make_rows(3)
    env.reset(seed=0)
    terms = env.step(np.array([0, 1, 2]))[4]["reward_terms"]
    names = terms_of(False)
    assert terms.shape == (3, len(names))
    assert tuple(terms) == terms.keys() == tuple(dict(terms)) == names
    assert "noise" in terms
    np.testing.assert_array_equal(terms["noise"], np.asarray(terms)[:, names.index("noise")])
    np.testing.assert_array_equal(np.column_stack(terms.values()), terms)
    assert [name for name, _ in terms.items()] == list(names)
    assert type(terms[0]) is np.ndarray
    with pytest.raises(KeyError, match="nois"):
        terms["nois"]
