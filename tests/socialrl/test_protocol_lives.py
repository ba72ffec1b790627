"""Protocols lived through: what carries over from phase to phase, and who it happens to."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import test_protocol_files
from test_protocol_files import PPT, ROOT, begun, bond, cohouse, dose, knockout, network, planned, play, separate

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import load_config
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin, play_protocol
from socialrl.protocols.schema import protocol_from_data

config = test_protocol_files.config


# --- what it does to the animals


def test_alternating_phases_follow_the_equations(config):
    """Without the receptor F = 1 − exp(−κ0 · hours of contact) grows only together and fades only apart."""
    rate, loss = 0.05, 0.01
    animal = knockout(consolidation_floor_per_h=rate, absence_loss_per_h=loss, cohousing_contact_share=1.0)
    env = begun(config, [cohouse(10), separate(20), cohouse(5), PPT], animal)
    after_first = (1 - np.exp(-rate * 10)) * np.exp(-loss * 20)
    assert bond(env) == pytest.approx(1 - (1 - after_first) * np.exp(-rate * 5), rel=5e-3)


def test_life_alone_before_the_cage_mate_leaves_no_bond_but_stress(config):
    env = begun(config, [separate(5), PPT], knockout(stress_tau_s=1800.0))
    assert bond(env) == 0.0
    assert env.world.batch.animals["stress"][0, 0] == pytest.approx(1 - 0.5 * np.exp(-10.0), abs=1e-9)


def test_without_mating_a_mate_is_another_sex_and_nothing_more(config):
    animal = knockout(consolidation_floor_per_h=0.02, consolidation_mate_per_h=0.3, cohousing_contact_share=0.5)
    unmated = begun(config, [cohouse(6, relationship="mate", mating=False), PPT], animal)
    mated = begun(config, [cohouse(6, relationship="mate"), PPT], animal)
    peer = begun(config, [cohouse(6), PPT], animal)
    assert bond(unmated) == bond(peer)
    assert bond(mated) == pytest.approx(1 - np.exp(-0.32 * 3), rel=6e-3)
    assert [env.world.batch.pairs["mated"].sum() for env in (unmated, mated, peer)] == [0, 2, 0]
    assert [env.world.batch.animals["sex"][0, 1] for env in (unmated, mated, peer)] == [1, 1, 0]


def test_who_has_mated_stays_mated(config):
    phases = [cohouse(6, relationship="mate"), separate(1), cohouse(2, relationship="mate", mating=False), PPT]
    assert begun(config, phases, knockout()).world.batch.pairs["mated"][0, 0].tolist() == [0, 1, 0]


def test_a_block_of_all_cohousing_is_a_knockouts_bond_and_of_half_of_it_half(config):
    """Over two stretches; with fast oxytocin and no other route the bond is that of the hours without the drug."""
    own = {"consolidation_floor_per_h": 0.0, "consolidation_gain_per_h": 0.05, "oxytocin_tau_s": 10.0, "oxtr_gain": 1.0}
    animal = knockout(**own, cohousing_contact_share=1.0)
    life = [cohouse(12), separate(6), cohouse(12), PPT]
    assert bond(begun(config, [dose(hours=30), *life], animal)) == 0.0
    first = bond(begun(config, [dose(hours=18), *life], animal))
    second = bond(begun(config, [*life[:2], dose(hours=12), *life[2:]], animal))
    assert first == pytest.approx(second, rel=1e-3)
    assert first == pytest.approx(bond(begun(config, [cohouse(12), PPT], animal)), rel=1e-3)


def test_familiarity_carries_over_from_test_to_test_and_a_new_stranger_is_new(config):
    again = {"assay": {**PPT["assay"], "name": "again"}}
    same = {"assay": {**PPT["assay"], "name": "again", "stranger": "same"}}
    start = [f"familiarity_start_{who}" for who in ("partner", "stranger")]
    end = [f"familiarity_end_{who}" for who in ("partner", "stranger")]
    tables = [play(config, [cohouse(24), PPT, one], repeats=3).groupby("test") for one in (again, same)]
    for table, known in zip(tables, (False, True), strict=True):
        before, after = table.get_group("partner_preference"), table.get_group("again")
        assert after["animal"].tolist() == before["animal"].tolist()
        assert (before[end[1]] > 0).any()
        np.testing.assert_array_equal(after[start[0]], before[end[0]])
        np.testing.assert_array_equal(after[start[1]], before[end[1]] if known else 0.0 * before[end[1]])
    np.testing.assert_array_equal(tables[0].get_group("again")["seed"], tables[1].get_group("again")["seed"])


def test_inner_state_carries_over_into_another_assay(config):
    """So does the day: a test directly after another finds the animal as calm as it was."""
    phases = [cohouse(24), PPT, {"assay": {"id": "SocialOperant", "with": "partner"}}]
    animals = animals_of(config)
    first, second = planned(config, phases)
    one = begin(config, animals, first, 1, None)
    one.play(FrozenPolicies([network()] * len(animals)))
    two = begin(config, animals, second, 1, one)
    was, now = one._env.world.batch, two._env.world.batch
    for name in ("stress", "oxytocin", "bondedness"):
        np.testing.assert_array_equal(now.animals[name][:, :2], was.animals[name][:, :2], err_msg=name)
    np.testing.assert_array_equal(now.animals["day"][:, 0], was.animals["day"][:, 0])
    np.testing.assert_array_equal(now.animals["activity_drive"][:, 0], was.animals["activity_drive"][:, 0])
    assert (was.animals["stress"][:, 0] != 0.5).all()
    for name in ("familiarity", "habituation", "mated"):
        np.testing.assert_array_equal(now.pairs[name][:, :2, :2], was.pairs[name][:, :2, :2], err_msg=name)
    assert (now.animals["work_left"] == 1.0).all(), "the schedule of work starts again"
    assert (now.animals["chamber"][:, 0] == 0).all(), "the animal is put to the lever"


def test_histories_and_groups_are_paired_and_numbers_do_not_depend_on_who_else_plays(config):
    data = {"name": "p", "histories": {"a": [cohouse(6), PPT], "b": [cohouse(24), PPT]}}
    histories = plan(protocol_from_data(data), config.env)
    animals = animals_of(config)
    table = play_protocol(config, animals, FrozenPolicies([network()] * 4), histories, repeats=2, steps=7)
    assert len(table) == 2 * 4 * 2
    assert set(table["steps"]) == {7}
    by = table.set_index(["history", "genotype", "index", "repeat"]).sort_index()
    for name in ("seed", "reward_noise", "side"):
        assert by.loc["a"][name].tolist() == by.loc["b"][name].tolist()
        assert by.loc["a", "wt"][name].tolist() == by.loc["a", "ko"][name].tolist()
    assert by.loc[("a", "wt")]["seed"].is_unique
    alone = play_protocol(config, animals[3:], FrozenPolicies([network()]), histories[1:], repeats=2, steps=7)
    expected = table[(table["animal"] == animals[3].id) & (table["history"] == "b")].reset_index(drop=True)
    for name in expected:
        assert [str(one) for one in alone[name]] == [str(one) for one in expected[name]], name


def test_a_whole_habitat_lives_through_a_protocol():
    overrides = ["engine=cohort", "env.id=socialrl/GroupHabitat-v0", "env.dt_s=60", "env.duration_s=7200", "animals=8"]
    config = load_config(ROOT / "configs" / "smoke.yaml", overrides)
    phases = [
        cohouse(24),
        {"assay": {"id": "GroupHabitat"}},
        separate(6),
        {"assay": {"id": "GroupHabitat", "name": "b"}},
    ]
    table = play(config, phases, n_features=5 + 7 * 9 + 7, n_actions=16)
    first, second = (table[table["test"] == name].reset_index(drop=True) for name in ("group_habitat", "b"))
    assert first["animal"].tolist() == [one.id for one in animals_of(config)]
    lost = np.exp(-0.0005 * 6)  # apart for 6 h; the animals have this parameter of the table
    np.testing.assert_allclose(second["familiarity_start_partner"], lost * first["familiarity_end_partner"], rtol=1e-3)
    assert (first["familiarity_end_partner"] > 0.05).all()


def test_the_animals_of_the_last_episode_live_on_when_an_environment_is_told_so():
    """`continued`: after 40 h apart the bond is the last episode's, less the loss in absence; else it is new."""
    env = gym.make("socialrl/PartnerPreference-v0", duration_s=600, absence_loss_per_h=0.01).unwrapped
    pair, me = env.world.batch.pairs[0, 0, 1], env.world.batch.animals[0, 0]
    env.reset(seed=1, options={"cohousing_h": 24, "relationship": "mate"})
    for _ in range(40):
        env.step(1)
    ended = float(pair["familiarity"])
    later = {"cohousing_h": 0, "separation_h": 40, "relationship": "mate", "continued": True}
    env.reset(options=later)
    assert pair["familiarity"] == pytest.approx(ended * np.exp(-0.4), rel=1e-3)
    assert pair["mated"] == 1
    assert (env.world.batch.worlds["tick"][0], me["chamber"], me["travel_s"]) == (0, 1, 0.0)
    env.reset(options={**later, "continued": False})
    assert (pair["familiarity"], pair["mated"]) == (0.0, 0)


@pytest.mark.parametrize("key", ["mating", "continued"])
def test_switches_of_a_reset_are_true_or_false(key):
    env = gym.make("socialrl/PartnerPreference-v0").unwrapped
    with pytest.raises(ValueError, match=f"{key} must be True or False, got 'no'"):
        env.reset(options={key: "no"})
