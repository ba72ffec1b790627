"""Animals with a slow state of their own, row by row, and childhoods with carers that were watched."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

import socialrl_envs  # noqa: F401
from socialrl_envs.development import day, family_share
from socialrl_envs.errors import ParameterError
from socialrl_envs.home_cage import HomeCage

PREFERENCE, HOME = "socialrl/PartnerPreference-v0", "socialrl/PairHome-v0"


def make(assay=PREFERENCE, n=4, **arguments):
    made = gym.make_vec(assay, num_envs=n, vectorization_mode="vector_entry_point", duration_s=600.0, **arguments)
    return made.unwrapped


def test_animals_come_to_every_episode_with_their_own_state():
    own = {"expression": [0.7, 0.8, 1.2, 1.3], "competence": [0.9, 1.0, 1.1, 1.2]}
    env = make(attachment=True, own_slow_state=own, autoreset_mode="SAME_STEP", reactivity=[0.8, 1.5])
    env.reset(seed=1)
    for _ in range(2):
        animals = env.world.batch.animals[:, 0]
        np.testing.assert_array_equal(animals["expression"], own["expression"])
        np.testing.assert_array_equal(animals["competence"], own["competence"])
        assert set(animals["reactivity"]) <= {0.8, 1.5}, "what is not the animal's own is drawn as ever"
        for _ in range(env.world.stage.n_ticks):
            env.step(np.zeros(4, dtype=np.int64))
    env.reset(options={"expression": 1.1})
    np.testing.assert_array_equal(env.world.batch.animals["expression"][:, 0], 1.1)
    np.testing.assert_array_equal(env.world.batch.animals["expression"][:, 1:], 1.0, "the others have none")


def test_two_that_act_have_one_each():
    env = make(HOME, attachment=True, own_slow_state={"expression": [0.6, 0.7, 0.8, 0.9]})
    env.reset(seed=1)
    np.testing.assert_array_equal(env.world.batch.animals["expression"], [[0.6, 0.7], [0.8, 0.9]])


def test_equal_states_are_the_same_numbers_as_an_option():
    def played(**arguments):
        env = make(attachment=True, **arguments)
        env.reset(seed=3)
        rng = np.random.default_rng(1)
        return [env.step(rng.integers(env.single_action_space.n, size=4))[:2] for _ in range(20)]

    for one, other in zip(played(own_slow_state={"load": [0.3] * 4}), played(load=0.3), strict=True):
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"expresion": [1.0] * 4}, "own_slow_state: unknown variable 'expresion'; known: age_d, expression"),
        ({"expression": [1.0] * 3}, "expression must have one value for each of 4 rows, got 3"),
        ({"expression": [3.0] * 4}, "expression must be 0.5 to 1.5"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        make(attachment=True, own_slow_state=given)


def test_it_needs_attachment():
    with pytest.raises(ParameterError, match="not allowed without attachment=True"):
        make(own_slow_state={"expression": [0.9] * 4})


# --- childhoods with carers that were watched


def cage_of(**gains) -> HomeCage:
    return HomeCage(make(attachment=True, n=2, **gains).world, [False], age_d=0.0)


@pytest.mark.parametrize("carers", [1, 2])
def test_watched_carers_that_do_as_a_family_rear_as_that_family(carers):
    one, other = cage_of(oxtr_gain=[1.0, 0.3]), cage_of(oxtr_gain=[1.0, 0.3])
    one.rear(21 * 24.0, carers=carers, litter=[1])
    share = family_share(other._parameters, carers)
    reference = float(family_share(other._parameters, 2)[0])
    other.rear_by(
        21 * 24.0,
        care=day(other._parameters, share).care,
        contact_share=share,
        reference_share=reference,
        litter=[1],
    )
    for name in ("age_d", "expression", "competence", "reactivity", "contact_recent", "set_point", "load"):
        np.testing.assert_array_equal(one.animals[name], other.animals[name], err_msg=name)


def test_care_and_strain_of_watched_carers_move_their_own_variables():
    cage = cage_of()
    cage.rear_by(21 * 24.0, care=[0.5, 1.5], contact_share=[0.5, 0.2], reference_share=0.5)
    low, high = cage.animals["expression"][:, 0]
    # E* = 1 + m_E (u − 1), reached but for what the window leaves
    assert 0.85 < low < 0.87
    assert 1.13 < high < 1.15
    as_reference, alone = cage.animals["reactivity"][:, 0]
    assert as_reference == pytest.approx(1.0)
    assert alone > 1.1
