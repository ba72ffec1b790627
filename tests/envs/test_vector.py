"""The native vector environment against single environments, its reset modes, and the independence of its rows."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from playing import (
    EVERY_SINGLE,
    PARTNER_PREFERENCE,
    assert_identical,
    make_rows,
    make_single,
    mid_episode,
    play,
    random_actions,
)

from socialrl_envs import ASSAYS
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import PARAMETERS

every_mode = pytest.mark.parametrize("mode", list(AutoresetMode))
every_single = pytest.mark.parametrize("env_id", EVERY_SINGLE)


@every_single
@every_mode
def test_equals_gymnasiums_own_batch_of_single_environments(env_id: str, mode: AutoresetMode) -> None:
    """The oracle is SyncVectorEnv over the single environment: same seeds, same actions, across four episode ends."""
    arguments: dict[str, Any] = {"duration_s": 30 * ASSAYS[env_id].dt_s, "cohousing_h": [0.0, 24.0], "oxtr_gain": 0.7}
    native = make_rows(3, env_id, autoreset_mode=mode, **arguments)
    oracle = gym.make_vec(
        env_id, num_envs=3, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **arguments
    )
    np.testing.assert_array_equal(native.reset(seed=21)[0], oracle.reset(seed=21)[0])
    n_ends = 0
    for actions in random_actions(native, 125):
        ours, theirs = native.step(actions), oracle.step(actions)
        for mine, expected in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(mine, expected)
        if ours[3].any():
            n_ends += 1
            if mode is AutoresetMode.SAME_STEP:
                final = np.stack(theirs[4]["final_obs"])
                np.testing.assert_array_equal(ours[4]["final_obs"], final)
                assert ours[4]["_final_obs"].all()
            if mode is AutoresetMode.DISABLED:
                mask = {"reset_mask": np.ones(3, dtype=np.bool_)}
                again, expected = native.reset(options=dict(mask))[0], oracle.reset(options=dict(mask))[0]
                np.testing.assert_array_equal(again, expected)
    assert n_ends == 4


@every_mode
def test_records_of_ended_rows_equal_those_of_single_environments(mode: AutoresetMode) -> None:
    native = make_rows(2, autoreset_mode=mode, duration_s=1500.0)
    singles = [make_single(duration_s=1500.0) for _ in range(2)]
    native.reset(seed=4)
    for i, env in enumerate(singles):
        env.reset(seed=4 + i)
    for actions in random_actions(native, 100):
        *_, info = native.step(actions)
        infos = [env.step(action)[4] for env, action in zip(singles, actions, strict=True)]
    held = info["final_info"] if mode is AutoresetMode.SAME_STEP else info
    assert held["_record"].all()
    for i, expected in enumerate(infos):
        for name, value in expected["record"].items():
            np.testing.assert_array_equal(held["record"][name][i], value, err_msg=name)


def test_rows_may_end_at_different_times() -> None:
    """Rows reset alone, then reset-next-step: only the rows that end are begun again."""
    env = make_rows(3, autoreset_mode=AutoresetMode.DISABLED, duration_s=300.0)
    env.reset(seed=0)
    play(env, random_actions(env, 5))
    env.reset(options={"reset_mask": np.array([False, True, False])})
    ended = play(env, random_actions(env, 15))
    assert ended.truncated[-1].tolist() == [True, False, True]
    info = ended.infos[-1]
    assert info["_record"].tolist() == [True, False, True]
    assert info["record"]["duration_s"].tolist() == [300.0, 0.0, 300.0]
    # an ended row stays ended, and nothing more happens in it, until it is reset
    later = play(env, random_actions(env, 2))
    assert later.truncated.tolist() == [[True, False, True]] * 2
    assert (later.rewards[:, [0, 2]] == 0.0).all()
    np.testing.assert_array_equal(later.observations[0, 0], ended.observations[-1, 0])


def test_resetting_one_row_leaves_the_others_untouched() -> None:
    plain, reset = (make_rows(3, autoreset_mode=AutoresetMode.DISABLED, duration_s=600.0) for _ in range(2))
    actions = random_actions(plain, 30)
    for env in (plain, reset):
        env.reset(seed=0)
        play(env, actions[:10])
    before = reset.world.observations.copy()
    given = reset.reset(options={"reset_mask": np.array([False, True, False])})[0]
    np.testing.assert_array_equal(given[[0, 2]], before[[0, 2]])
    assert not np.array_equal(given[1], before[1])
    assert_identical(play(plain, actions[10:]), play(reset, actions[10:]), [0, 2], [0, 2])


def test_the_step_after_an_end_only_resets() -> None:
    env = make_rows(2, duration_s=150.0)
    env.reset(seed=0)
    out = play(env, random_actions(env, 22))
    assert np.flatnonzero(out.truncated[:, 0]).tolist() == [9, 20]
    assert (out.rewards[10] == 0.0).all()
    assert all((term[10] == 0.0).all() for term in out.terms.values())


def test_a_changed_row_leaves_the_others_untouched() -> None:
    gains = np.array([1.0, 0.5, 0.0, 1.0])
    plain, changed = make_rows(4, oxtr_gain=gains), make_rows(4, oxtr_gain=np.where(np.arange(4) == 2, 2.0, gains))
    plain.reset(seed=[1, 2, 3, 4])
    changed.reset(seed=[1, 2, 33, 4])
    actions = random_actions(plain, 750)  # past the end of the test
    other = actions.copy()
    other[:, 2] = random_actions(plain, 750, seed=99)[:, 2]
    a, b = play(plain, actions), play(changed, other)
    assert_identical(a, b, [0, 1, 3], [0, 1, 3])
    assert not np.array_equal(a.rewards[:, 2], b.rewards[:, 2])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_numbers_depend_neither_on_the_number_of_rows_nor_on_threads(threads: int) -> None:
    few, many = make_rows(4), make_rows(1030, threads=threads)
    few.reset(seed=12)
    many.reset(seed=12)
    actions = random_actions(many, 60)
    picked = [0, 1, 2, 3]
    assert_identical(play(few, actions[:, picked]), play(many, actions), picked, picked)
    last = make_rows(1)
    last.reset(seed=12 + 1029)  # a row of the last thread's share
    many.reset(seed=12)
    assert_identical(play(last, actions[:, [1029]]), play(many, actions), [0], [1029])


def test_a_parameter_may_be_one_number_or_one_a_row() -> None:
    """Every parameter at once, off its table value."""
    values = {p.name: 0.7 * p.value + 0.3 * (p.high if p.high < 100 * p.value else 2 * p.value) for p in PARAMETERS}
    scalar = make_rows(3, **values)
    by_row = make_rows(3, **{name: np.full(3, value) for name, value in values.items()})
    np.testing.assert_array_equal(scalar.reset(seed=5)[0], by_row.reset(seed=5)[0])
    actions = random_actions(scalar, 400)
    assert_identical(play(scalar, actions), play(by_row, actions))


def test_each_row_has_its_own_parameters() -> None:
    mixed = make_rows(2, oxtr_gain=[1.0, 0.0], contact_floor=[2.0, 3.0])
    mixed.reset(seed=5)
    actions = random_actions(mixed, 300)
    out = play(mixed, actions)
    for row, values in enumerate(({"oxtr_gain": 1.0, "contact_floor": 2.0}, {"oxtr_gain": 0.0, "contact_floor": 3.0})):
        alone = make_rows(1, **values)
        alone.reset(seed=5 + row)
        assert_identical(out, play(alone, actions[:, [row]]), [row], [0])


def test_the_animals_that_do_not_act_keep_the_table_values() -> None:
    """A knockout meets wild-type conspecifics: their state does not depend on the focal animal's overrides."""
    states = []
    for gain in (0.0, 1.0):
        env = make_rows(1, oxtr_gain=gain)
        env.reset(seed=5)
        play(env, random_actions(env, 300))
        states.append(env.world.batch.animals[0, 1:].tobytes())
    assert states[0] == states[1]


def test_a_list_of_seeds_with_none_keeps_that_worlds_stream() -> None:
    env, other = make_rows(2), make_rows(2)
    env.reset(seed=[3, 4])
    other.reset(seed=[3, 4])
    actions = random_actions(env, 30)
    env.reset(seed=[9, None])
    other.reset(seed=[None, None])
    a, b = play(env, actions), play(other, actions)
    assert_identical(a, b, [1], [1])
    assert not np.array_equal(a.terms["noise"][:, 0], b.terms["noise"][:, 0])


def test_seeds_may_come_from_numpy() -> None:
    env, other = make_rows(2), make_rows(2)
    np.testing.assert_array_equal(env.reset(seed=[3, 4])[0], other.reset(seed=np.array([3, 4]))[0])
    np.testing.assert_array_equal(env.reset(seed=3)[0], other.reset(seed=np.int64(3))[0])


def test_counters_in_info_are_copies_unless_asked_otherwise() -> None:
    with mid_episode(make_rows(2)) as env:
        *_, info = env.step(np.zeros(2, dtype=np.int64))
        kept = {name: np.array(value) for name, value in info.items() if name != "record"}
        env.step(np.ones(2, dtype=np.int64))
        for name, value in kept.items():
            np.testing.assert_array_equal(info[name], value)
        info["chamber_s"][:] = -1.0
        assert (env.counters()["chamber_s"] >= 0.0).all()


def test_counters_in_info_without_copy_are_read_only_and_go_on_counting() -> None:
    with mid_episode(make_rows(2, copy=False)) as env:
        *_, info = env.step(np.zeros(2, dtype=np.int64))
        seen = info["chamber_s"]
        before = seen.sum()
        env.step(np.zeros(2, dtype=np.int64))
        assert seen.sum() == before + 2 * env.dt_s
        with pytest.raises(ValueError, match="read-only"):
            seen[0, 0] = 1.0
        assert env.world.batch.counters.flags.writeable


def test_observations_given_out_are_never_written_again() -> None:
    env = make_rows(2, duration_s=75.0, autoreset_mode=AutoresetMode.SAME_STEP)
    kept = [env.reset(seed=0)[0]]
    copies = [kept[0].copy()]
    for actions in random_actions(env, 12):
        observations, *_, info = env.step(actions)
        kept += [observations, *([info["final_obs"]] if "final_obs" in info else [])]
        copies += [array.copy() for array in kept[len(copies) :]]
    for array, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs must be a positive multiple of 1.*got 0"),
        ({"num_envs": 2, "render_mode": "human"}, "render_mode must be one of rgb_array, ansi or None, got 'human'"),
        ({"num_envs": 2, "autoreset_mode": "never"}, "must be one of NEXT_STEP, SAME_STEP, DISABLED, got 'never'"),
        ({"num_envs": 2, "max_episode_steps": 100}, r"follows from duration_s and dt_s \(720\).*got 100"),
        ({"num_envs": 2, "oxtr_gain": [1.0, 0.5, 0.0]}, r"'oxtr_gain' must be one number or have shape \(2,\).*\(3,\)"),
        ({"num_envs": 2, "oxtr_gian": 1.0}, "unknown parameter 'oxtr_gian'; did you mean 'oxtr_gain'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        gym.make_vec(PARTNER_PREFERENCE, vectorization_mode="vector_entry_point", **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0, 6], "values 0 to 5.*0 to 6"),
        ([-1, 0], "values 0 to 5.*-1 to 0"),
        ([0, 1, 2], r"shape \(2,\).*got shape \(3,\)"),
        ([], r"got shape \(0,\)"),
        ([0.5, 1.0], "whole numbers.*float64"),
    ],
)
def test_bad_actions_are_refused(actions: list[float], message: str) -> None:
    env = make_rows(2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(np.array(actions))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.array([True]), r"booleans of shape \(2,\)"),
        (np.array([1, 0]), r"booleans of shape \(2,\)"),
        (np.array([False, False]), "at least one True"),
    ],
)
def test_a_bad_reset_mask_is_refused(mask: Any, message: str) -> None:
    env = make_rows(2)
    with pytest.raises(ParameterError, match=message):
        env.reset(options={"reset_mask": mask})


def test_a_seed_list_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ParameterError, match="list of 2, got 3"):
        make_rows(2).reset(seed=[1, 2, 3])
