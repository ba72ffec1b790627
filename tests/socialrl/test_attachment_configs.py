"""Configurations with a slow state and a stressor: keys, refusals, tables with and without, notes on what was unmet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from socialrl.animals.animal import animals_of
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.training.frozen_cohort import train_frozen
from socialrl.training.vec_env import native_arguments

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "configs" / "smoke.yaml"
ON = "env.attachment=true"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["env.attachment=yes"], "env.attachment must be true or false, got the text 'yes'"),
        (
            ["env.reset.expression=0.7"],
            "env.reset.expression is possible only with env.attachment: true",
        ),
        ([ON, "env.reset.expression=0.2"], "env.reset.expression must be a number from 0.5 to 1.5, got 0.2"),
        ([ON, "env.reset.load=[0,2]"], "env.reset.load must be a number from 0 to 1, got 2"),
        ([ON, "env.reset.stressor_length_h=-1"], "env.reset.stressor_length_h must be a number from 0 to 8760, got -1"),
        ([ON, "env.reset.stressor=3"], "env.reset.stressor must be a number from 0 to 2, got 3"),
        (
            [ON, "env.reset.stressor_start_h=0.5"],
            "env.reset.stressor_start_h must be before the end of the test, 0.5 h",
        ),
        ([ON, "env.reset.expresion=1"], "unknown key env.reset.expresion; did you mean env.reset.expression?"),
        (
            ["probes.tests=[{name: a, cohousing_h: 1, load: 0.5}]"],
            "probes.tests.0.load is possible only with",
        ),
        (
            [ON, "evaluation.tests=[{name: a, cohousing_h: 1, stressor: 1, stressor_start_h: 2}]"],
            "evaluation.tests.0.stressor_start_h must be before the end of the test, 0.5 h, got 2",
        ),
        (
            ["env.id=socialrl/StressRecovery-v0"],
            "env.attachment must be true in socialrl/StressRecovery-v0, which is about stress, got false",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(changes: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_config(SMOKE, changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_longer_evaluation_may_have_a_later_stressor() -> None:
    late = "evaluation.tests=[{name: a, cohousing_h: 1, stressor: 1, stressor_start_h: 0.7}]"
    config = load_config(SMOKE, [ON, "evaluation.duration_s=3600", late])
    assert config.evaluation.tests[0].history()["stressor_start_h"] == 0.7


def test_worlds_are_asked_for_what_is_given_and_nothing_else() -> None:
    plain = native_arguments(load_config(SMOKE))
    assert plain["attachment"] is False
    assert not {"expression", "stressor"} & set(plain)
    whole = native_arguments(load_config(SMOKE, [ON, "env.reset.expression=[0.7,1]"]))
    assert (whole["attachment"], whole["expression"]) == (True, [0.7, 1.0])
    assert "stressor" not in whole, "an assay may have a stressor of its own"


def played(*changes: str) -> pd.DataFrame:
    """Return the tests of two animals that hardly learned."""
    tiny = ["env.duration_s=300", "lives=2", "steps=64", "ppo.n_steps=32", "ppo.batch_size=32", "engine=cohort"]
    config = load_config(SMOKE, [*tiny, "animals=1", *changes])
    animals = animals_of(config)
    policies, steps = train_frozen(config, animals, lambda _: None)
    return play_tests(config, animals, policies, config.evaluation.tests, repeats=1, purpose="evaluation", steps=steps)


def test_tables_have_its_columns_only_where_it_is_on() -> None:
    tests = "evaluation.tests=[{name: a, cohousing_h: 1, expression: 0.6, stressor: 2, stressor_length_h: 0.05}]"
    plain, whole = played(), played(ON, tests)
    own = {"reward_need", "expression", "reactivity", "load", "age_d", "stressor", "stress_peak", "stress_half_s"}
    assert own <= set(whole)
    assert not own & set(plain)
    assert set(plain) < set(whole)
    assert (whole["expression"] == 0.6).all()
    assert (whole["stress_peak"] > 0.5).all()
    reward = whole.filter(like="reward_").sum(axis=1)
    np.testing.assert_allclose(reward, whole["return"], rtol=1e-9)


def test_a_test_beyond_what_training_had_says_what_to_add() -> None:
    given = "evaluation.tests=[{name: a, cohousing_h: 1, expression: 0.8, reactivity: 1.5}, {name: b, cohousing_h: 1}]"
    config = load_config(SMOKE, [ON, "env.reset.expression=[0.7,1]", given])
    assert unmet(config, demands_of(config)) == [
        "no animal of this run came to reactivity 1.5 in training, which the test a requires; train with "
        "env.attachment=true env.reset.reactivity=[1, 1.5]"
    ]
