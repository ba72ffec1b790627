"""Tests of frozen animals: seeds, pairing, conditions, columns."""

import numpy as np
import pytest

from socialrl.animals.animal import animals_of, per_row
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import TestCondition, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.evaluation.traces import Tracer
from socialrl_envs.parameters import parameter

N_FEATURES, N_ACTIONS = 28, 6
TESTS = [
    TestCondition(name="none", cohousing_h=0),
    TestCondition(name="day", cohousing_h=24),
    TestCondition(name="mate", cohousing_h=24, relationship="mate", separation_h=12),
]


@pytest.fixture
def config():
    return load_config("configs/smoke.yaml", ["env.duration_s=1200"])


def policies(n_animals: int, favourite: int | None = None) -> FrozenPolicies:
    """Untrained networks: uniform choice, or nearly always one action."""
    bias = np.zeros(N_ACTIONS, dtype=np.float32)
    if favourite is not None:
        bias[favourite] = 50.0
    one = {
        "mlp_extractor.policy_net.0.weight": np.zeros((4, N_FEATURES), np.float32),
        "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
        "action_net.weight": np.zeros((N_ACTIONS, 4), np.float32),
        "action_net.bias": bias,
    }
    return FrozenPolicies([one] * n_animals)


def play(config, animals, favourite=None, repeats=2, purpose="probe", tracer=None):
    return play_tests(
        config,
        animals,
        policies(len(animals), favourite),
        TESTS,
        repeats=repeats,
        purpose=purpose,
        steps=5,
        tracer=tracer,
    )


def test_one_row_per_animal_test_and_repeat_with_the_conditions_asked_for(config):
    animals = animals_of(config)
    table = play(config, animals)
    assert len(table) == len(animals) * len(TESTS) * 2
    assert not table.duplicated(["animal", "test", "repeat"]).any()
    assert set(table["steps"]) == {5}
    for test in TESTS:
        rows = table[table["test"] == test.name]
        assert set(rows["cohousing_h"]) == {test.cohousing_h}
        assert set(rows["relationship"]) == {test.relationship}
        assert set(rows["separation_h"]) == {test.separation_h}
    assert (table["familiarity_start_partner"][table["test"] == "none"] == 0).all()
    assert (table["familiarity_start_partner"][table["test"] == "day"] > 0.1).all()
    assert table.filter(like="reward_").sum(axis=1).to_numpy() == pytest.approx(table["return"].to_numpy())
    places = [f"{what}_{name}" for what in ("chamber_s", "tube_s") for name in ("partner", "centre", "stranger")]
    chambers = table[places].sum(axis=1)
    assert (chambers == 1200).all()


def test_numbers_do_not_depend_on_who_else_is_tested(config):
    animals = animals_of(config)
    together = play(config, animals)
    alone = play(config, [animals[-1]])
    expected = together[together["animal"] == animals[-1].id].reset_index(drop=True)
    for name in expected:
        assert [str(one) for one in alone[name]] == [str(one) for one in expected[name]], name


def test_groups_share_their_noise_pair_by_pair(config):
    table = play(config, animals_of(config)).set_index(["genotype", "index", "test", "repeat"])
    np.testing.assert_array_equal(table.loc["wt"]["reward_noise"], table.loc["ko"]["reward_noise"])
    np.testing.assert_array_equal(table.loc["wt"]["seed"], table.loc["ko"]["seed"])
    assert table.loc["wt"]["seed"].is_unique


def test_another_purpose_plays_other_tests(config):
    animals = animals_of(config)[:1]
    first, again, other = play(config, animals), play(config, animals), play(config, animals, purpose="evaluation")
    assert first["return"].tolist() == again["return"].tolist()
    assert set(first["seed"]).isdisjoint(other["seed"])


def test_actions_are_sampled_from_the_policy(config):
    animals = animals_of(config)[:1]
    resting = play(config, animals, favourite=0)
    assert (resting["chamber_s_centre"] == 1200).all()
    uniform = play(config, animals)
    assert (uniform["entries_partner"] + uniform["entries_stranger"] > 0).all()


def test_traces_follow_the_first_animal_of_each_group(config):
    tracer = Tracer()
    table = play(config, animals_of(config), tracer=tracer)
    traces = tracer.table()
    assert set(traces["animal"]) == {"wt-00", "ko-00"}
    assert len(traces) == 2 * len(TESTS) * 80
    own = traces[(traces["animal"] == "ko-00") & (traces["test"] == "day")]
    row = table[(table["animal"] == "ko-00") & (table["test"] == "day") & (table["repeat"] == 0)].iloc[0]
    assert 15 * own["contact_partner"].sum() == row["huddle_s_partner"]
    assert own["time_s"].tolist() == [15 * (k + 1) for k in range(80)]
    assert (own["receptor_signal"] == 0).all()
    assert set(traces["action"]) <= {"rest", "explore"} | {
        f"{verb}_{name}" for verb in ("affiliate", "reject") for name in ("partner", "stranger")
    }


def test_a_network_for_another_world_is_refused(config):
    one = {
        "mlp_extractor.policy_net.0.weight": np.zeros((4, 9), np.float32),
        "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
        "action_net.weight": np.zeros((6, 4), np.float32),
        "action_net.bias": np.zeros(6, np.float32),
    }
    with pytest.raises(UserError, match="take 9 observation channels"):
        play_tests(config, animals_of(config)[:1], FrozenPolicies([one]), TESTS, repeats=1, purpose="p", steps=0)


def test_individuals_keep_their_factors_across_groups_and_spreads(config):
    animals = {animal.id: animal for animal in animals_of(config)}
    wt, ko = animals["wt-01"].parameters, animals["ko-01"].parameters
    assert ko["oxtr_gain"] == 0.0
    assert wt["oxtr_gain"] != 1.0
    assert {k: v for k, v in wt.items() if k != "oxtr_gain"} == {k: v for k, v in ko.items() if k != "oxtr_gain"}
    assert animals["wt-00"].parameters != wt
    same = animals_of(load_config("configs/smoke.yaml", ["individual_spread=0"]))
    assert same[0].parameters == same[1].parameters
    more = animals_of(load_config("configs/smoke.yaml", ["animals=5"]))
    assert next(one for one in more if one.id == "wt-01").parameters == wt
    assert per_row(list(animals.values())[:2], 3)["oxtr_gain"][:3] == [animals["wt-00"].parameters["oxtr_gain"]] * 3


def test_a_parameter_of_a_group_leaves_individuals_paired_and_other_groups_as_they_were(config):
    slow = "genotypes.slow={oxtr_gain: 1, parameters: {oxytocin_tau_s: 600, contact_floor: 0.4}}"
    animals = {one.id: one for one in animals_of(load_config("configs/smoke.yaml", [slow]))}
    for index in ("00", "01"):
        wt, changed = animals[f"wt-{index}"].parameters, animals[f"slow-{index}"].parameters
        # the same factor of its own, on the group's value
        assert changed["contact_floor"] / 0.4 == pytest.approx(wt["contact_floor"] / parameter("contact_floor").value)
        assert changed["selective_floor"] == wt["selective_floor"]
        assert wt == next(one for one in animals_of(config) if one.id == f"wt-{index}").parameters
    rows = per_row(list(animals.values()), 1)
    usual = parameter("oxytocin_tau_s").value
    assert rows["oxytocin_tau_s"] == [usual] * 4 + [600.0] * 2


def test_a_mate_that_did_not_mate_is_less_familiar(config):
    animals = animals_of(config)
    tests = [
        TestCondition(name="mated", cohousing_h=6, relationship="mate"),
        TestCondition(name="unmated", cohousing_h=6, relationship="mate", mating=False),
        TestCondition(name="peer", cohousing_h=6),
    ]
    table = play_tests(config, animals, policies(len(animals)), tests, repeats=1, purpose="probe", steps=0)
    known = table.pivot(index="animal", columns="test", values="familiarity_start_partner")
    assert (known["mated"] > known["unmated"] + 0.05).all()
    np.testing.assert_allclose(known["unmated"], known["peer"])
    told = table.groupby("test")[["relationship", "mating"]].agg(set).to_dict("index")
    assert told["mated"] == {"relationship": {"mate"}, "mating": {True}}
    assert told["unmated"] == {"relationship": {"mate"}, "mating": {False}}
    assert told["peer"] == {"relationship": {"peer"}, "mating": {False}}


def test_a_dose_of_some_training_episodes_only_is_not_given_in_tests(config):
    """What is given in every episode is."""
    dose = "{drug: agonist, dose: 4, start_s: 0, end_s: 10800"
    animals = animals_of(config)
    plain = play(config, animals)
    sometimes = play(
        load_config("configs/smoke.yaml", ["env.duration_s=1200", f"env.drugs=[{dose}, share: 0.9}}]"]), animals
    )
    always = play(load_config("configs/smoke.yaml", ["env.duration_s=1200", f"env.drugs=[{dose}}}]"]), animals)
    np.testing.assert_array_equal(sometimes["return"], plain["return"])
    assert (always["return"] != plain["return"]).any()
