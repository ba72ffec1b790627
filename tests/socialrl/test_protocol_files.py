"""Protocol files: what they compile to, what carries over from phase to phase, and how impossible ones are refused."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from gymnasium.vector import AutoresetMode

from socialrl import cli
from socialrl.animals.animal import Animal, animals_of
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin, play_protocol
from socialrl.protocols.schema import load_protocol, protocol_from_data
from socialrl.storage.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
PPT = {"assay": {"id": "PartnerPreference", "with": ["partner", "stranger"]}}
HOUR = 3600.0


@pytest.fixture(scope="module")
def config():
    return load_config(ROOT / "configs" / "smoke.yaml", ["env.duration_s=600", "animals=2"])


def network(n_features=28, n_actions=6):
    """A network that chooses at random."""
    return {
        "mlp_extractor.policy_net.0.weight": np.zeros((4, n_features), np.float32),
        "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
        "action_net.weight": np.zeros((n_actions, 4), np.float32),
        "action_net.bias": np.zeros(n_actions, np.float32),
    }


def planned(config, phases, **keys):
    return plan(protocol_from_data({"name": "p", "phases": phases, **keys}), config.env)[0]


def play(config, phases, animals=None, repeats=1, **shape):
    animals = animals_of(config) if animals is None else animals
    policies = FrozenPolicies([network(**shape)] * len(animals))
    return play_protocol(config, animals, policies, [planned(config, phases)], repeats=repeats)


def begun(config, phases, animal):
    """Return the environment of the (only) test of a history, as it begins."""
    return begin(config, [animal], planned(config, phases)[0], 1, None)._env


def knockout(**parameters):
    plain = {"recognition_noise": 0.0, "absence_loss_per_h": 0.0, "interference_per_h": 0.0, "oxtr_gain": 0.0}
    return Animal("ko-00", "ko", 0.0, 0, {**plain, **parameters})


def bond(env):
    return float(env.world.batch.pairs["familiarity"][0, 0, 1])


def cohouse(hours, **more):
    return {"cohouse": {"hours": hours, **more}}


def separate(hours):
    return {"separate": {"hours": hours}}


def dose(drug="antagonist", amount=1.0, hours=1.0, **more):
    return {"dose": {"drug": drug, "dose": amount, "hours": hours, **more}}


# --- what a history compiles to


def test_a_simple_history_is_the_configurations_own_test_to_the_last_bit(config):
    """Cohouse, separate, test, with a drug in the middle: the same state as one reset with the same hours."""
    phases = [dose(hours=12), cohouse(20), cohouse(4), separate(3), PPT]
    (test,) = planned(config, phases)
    (stretch,) = test.life
    assert (stretch.cohousing_h, stretch.separation_h) == (24.0, 3.0)
    (drug,) = stretch.drugs
    assert drug == {"drug": "antagonist", "dose": 1.0, "start_s": -27 * HOUR, "end_s": -15 * HOUR}
    animals = animals_of(config)
    ours = begin(config, animals, test, 2, None)
    env = gym.make_vec(
        config.env.id,
        num_envs=8,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.DISABLED,
        dt_s=15.0,
        duration_s=600.0,
        drugs=[drug],
        **{name: np.repeat([one.parameters[name] for one in animals], 2) for name in animals[0].parameters},
    ).unwrapped
    first, _ = env.reset(seed=ours._seeds.tolist(), options={"cohousing_h": 24, "separation_h": 3})
    np.testing.assert_array_equal(ours._observations, first)
    for name in ("animals", "pairs", "slots"):
        assert getattr(ours._env.world.batch, name).tobytes() == getattr(env.world.batch, name).tobytes(), name


def test_phases_become_stretches_and_drug_times_count_from_the_end_of_each(config):
    phases = [
        separate(2),
        dose("agonist", 2.0, hours=5),  # from 2 h to 7 h
        cohouse(6, relationship="mate", mating=False),
        separate(1),
        cohouse(3, relationship="mate"),  # from 9 h to 12 h
        dose("antagonist", 0.5, start_h=-1, hours=2),  # from 11 h to 13 h
        PPT,
    ]
    (test,) = planned(config, phases)
    lived = [(s.cohousing_h, s.separation_h, s.mating) for s in test.life]
    assert lived == [(0.0, 2.0, False), (6.0, 1.0, False), (3.0, 0.0, True)]
    times = [[(d["drug"], d["start_s"] / HOUR, d["end_s"] / HOUR) for d in s.drugs] for s in test.life]
    assert times == [[], [("agonist", -7.0, -2.0)], [("antagonist", -1.0, 1.0)]]
    assert (test.cohousing_h, test.separation_h, test.mated) == (9.0, 0.0, True)
    assert test.doses == "agonist 2 from -10 to -5 h; antagonist 0.5 from -1 to 1 h"


def test_a_second_test_counts_from_the_end_of_the_first(config):
    """The test of 10 min is part of the animal's time: a drug given before it may act in both."""
    phases = [cohouse(24), dose(hours=2), PPT, separate(1), {"assay": {**PPT["assay"], "name": "again"}}]
    first, second = planned(config, phases)
    assert first.life[0].drugs[0]["start_s"] == 0.0
    (stretch,) = second.life
    assert (stretch.cohousing_h, stretch.separation_h) == (0.0, 1.0)
    assert stretch.drugs[0]["start_s"] == pytest.approx(-HOUR - 600.0)
    assert stretch.drugs[0]["end_s"] == pytest.approx(HOUR - 600.0)
    assert (second.cohousing_h, second.separation_h) == (24.0, pytest.approx(1.0 + 600.0 / HOUR))
    assert [test.name for test in (first, second)] == ["partner_preference", "again"]
    assert [test.number for test in (first, second)] == [0, 1]


def test_names_lengths_and_sessions(config):
    data = {
        "name": "p",
        "histories": {
            "one": [cohouse(1), PPT],
            "two": [
                cohouse(1, relationship="mate"),
                {"assay": {"id": "socialrl/SocialOperant-v0", "with": "stranger", "relationship": "peer"}},
                {"assay": {"id": "SocialOperant", "name": "choice", "with": ["stranger", "partner"], "minutes": 5}},
            ],
        },
    }
    (one,), (two, three) = plan(protocol_from_data(data), config.env)
    assert [test.name for test in (one, two, three)] == ["one", "two_social_operant", "two_choice"]
    assert (one.dt_s, one.duration_s) == (15.0, 600.0), "the run's own clock where it is the run's assay"
    assert (two.dt_s, two.duration_s) == (5.0, 1800.0)
    assert (three.session, three.duration_s) == ("choice", 300.0)
    # a stranger of the partner's other sex: the life with the mate is a stretch of its own
    assert [(s.cohousing_h, s.relationship) for s in two.life] == [(1.0, "mate"), (0.0, "peer")]
    assert [(s.cohousing_h, s.relationship) for s in three.life] == [(0.0, "mate")]


@pytest.mark.parametrize("file", sorted((ROOT / "configs" / "protocols").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_protocols_are_complete(config, file):
    protocol = load_protocol(file)
    assert protocol.name == file.stem
    assert protocol.source
    assert len(plan(protocol, config.env, str(file))) >= 3


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


# --- what is refused


def refusal(config, data):
    with pytest.raises(UserError) as caught:
        plan(protocol_from_data(data, "f.yaml"), config.env, "f.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (
            [cohouse(24, mating=True), PPT],
            "f.yaml: phase 1 (cohouse): mating must be false where the relationship is peer",
        ),
        ([cohouse(0, relationship="mate", mating=True), PPT], "mating must be false where hours is 0, got true"),
        ([cohouse(24, mating="yes"), PPT], "phase 1 (cohouse): mating must be true or false, got the text 'yes'"),
        (
            [cohouse(-1), PPT],
            "f.yaml: phase 1 (cohouse): hours must be a number from 0 to 17520 (a life of two years), got -1",
        ),
        (
            [cohouse(2e4), PPT],
            "hours must be a number from 0 to 17520 (a life of two years), got 20000",
        ),
        (
            [cohouse(8000), separate(9000), PPT],
            "phase 2 (separate): a life is 730 d long at most, from birth to the last test; here it would be 798.333 d,"
            " of which 90 d before it begins",
        ),
        ([{"separate": {"hours": 3, "days": 1}}, PPT], "phase 1 (separate): days and hours are both given; write one"),
        (
            [{"cohouse": {"hour": 3}}, PPT],
            "phase 1 (cohouse): unknown key hour; did you mean hours? Allowed: age_d, hours, days, with",
        ),
        ([{"cohouse": {}}, PPT], "phase 1 (cohouse): hours is missing"),
        (
            [{"cohouse": {"hours": 3, "with": "stranger"}}, PPT],
            "phase 1 (cohouse): with must be the name of a companion, such as partner or sister: nobody lives with a s",
        ),
        (
            [{"cohous": {"hours": 3}}, PPT],
            "f.yaml: phase 1: unknown phase cohous; did you mean cohouse? Allowed: cohouse, separate",
        ),
        (
            [{**cohouse(3), **separate(2)}, PPT],
            "isolate, stress, enrich, dose, assay, got cohouse and separate",
        ),
        (
            [{}, PPT],
            "f.yaml: phase 1: must be one of cohouse, separate, rehouse, lose, rear, wean, isolate, stress, enrich",
        ),
        (
            [{"separate": 24}, PPT],
            "phase 1 (separate): must be a mapping with the keys age_d, hours, days, from, got 24",
        ),
        (
            ["rest", PPT],
            "phase 1: must be a mapping with the keys cohouse, separate, rehouse, lose, rear, wean, isolate, stress",
        ),
        (
            [cohouse(3, relationship="mates"), PPT],
            "relationship must be peer (a companion of the same sex), mate (a companion of the other sex) or sibling "
            "(a litter mate of either sex, which never mates), got the text 'mates'; did you mean 'mate'",
        ),
        ([cohouse(3), cohouse(3, relationship="mate"), PPT], "phase 2 (cohouse): relationship must be peer as before"),
        ([cohouse(3)], "f.yaml: has no assay, so nothing would be recorded"),
        ([], "f.yaml: has no assay"),
        ([PPT, separate(1)], "f.yaml: phase 2 (separate): comes after the last assay"),
        (
            [{"assay": {"id": "PartnerPreferense"}}],
            "phase 1 (assay): id is not usable: unknown assay 'PartnerPreferense'; did you",
        ),
        (
            [{"assay": {"id": "PlacePreference"}}],
            "phase 1 (assay): id is not usable: PlacePreference has days of conditioning of its own, which no life",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "conditioning_days": 2}}],
            "unknown key",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "with": ["partner"]}}],
            "phase 1 (assay): with: PartnerPreference is played with [partner, stranger], got [partner]",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "with": ["partner", "stranger", "stranger"]}}],
            "with: PartnerPreference holds 2 animals beside the tested one (partner, stranger), got 3: partner, "
            "stranger, str",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "with": ["partner", "strangr"]}}],
            "unknown animal 'strangr'; did you mean 'stra",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "with": ["partner", "partner"]}}],
            "with: partner is named twice; each place holds one animal, got [partner, partner]",
        ),
        (
            [{"assay": {"id": "SocialOperant"}}],
            "with is missing; SocialOperant is played with [partner] or [stranger] or [partner, stranger]",
        ),
        (
            [PPT, {"assay": {"id": "GroupMember"}}],
            "phase 2 (assay): GroupMember must be the first assay of its history",
        ),
        ([{"assay": {"id": "GroupHabitat", "with": "partner"}}], "all animals of GroupHabitat are tested animals"),
        (
            [cohouse(3, relationship="mate"), {"assay": {"id": "GroupHabitat"}}],
            "relationship must be peer in GroupHabitat",
        ),
        (
            [cohouse(3), {"assay": {**PPT["assay"], "relationship": "mate"}}],
            "relationship must be peer, as before in this history",
        ),
        ([{"assay": {**PPT["assay"], "stranger": "same"}}], "stranger: same needs a stranger in the assay before"),
        (
            [{"assay": {**PPT["assay"], "minutes": 0.1}}],
            "minutes must be a multiple of the tick, 15 s = 0.25 min, got 0.1",
        ),
        ([{"assay": {**PPT["assay"], "minutes": 0}}], "minutes must be a multiple of the tick"),
        (
            [PPT, PPT],
            "phase 2 (assay): the test has the name 'partner_preference' of phase 1 (assay); give it another name",
        ),
        (
            [dose("agonits"), PPT],
            "phase 1 (dose): drug must be agonist (oxytocin units added at the receptor), antagonist (fraction of the "
            "receptor gain blocked), dopamine_antagonist",
        ),
        (
            [dose("antagonist", 2), PPT],
            "phase 1 (dose): dose must be 0 to 1 for antagonist (fraction of the receptor gain bl",
        ),
        ([dose("agonist", 50), PPT], "dose must be 0 to 10 for agonist (oxytocin units added at the receptor), got 50"),
        ([dose(amount=-1), PPT], "phase 1 (dose): dose must be a number of at least 0, got -1"),
        ([dose(hours=0), PPT], "phase 1 (dose): hours must be a number above 0, got 0"),
        ([dose(hours=0.01), PPT], "hours must be a number from 0.03333 (120 s) to 17520, got 0.01"),
        ([dose(start_h=-1), PPT], "phase 1 (dose): start_h: the drug would act 1 h before the first phase begins"),
        ([dose(start_h=3), cohouse(1), PPT], "the drug would act from 3 h on, but the last assay ends at 1.16667 h"),
        (
            [dose(hours=13), cohouse(12), dose(hours=2), PPT],
            "phase 3 (dose): antagonist acts from 12 to 14 h, but that of phase 1 acts from 0 to 13 h; doses of one "
            "drug must not",
        ),
    ],
)
def test_impossible_lives_are_refused_in_one_line(config, phases, message):
    assert message in refusal(config, {"name": "p", "phases": phases})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"name": "p"}, "f.yaml: must have either phases (one history) or histories (several, by name), got neither"),
        ({"name": "p", "phases": [PPT], "histories": {"a": [PPT]}}, "got both"),
        ({"name": "P x", "phases": [PPT]}, "f.yaml: name must be small letters, digits and underscores"),
        ({"phases": [PPT]}, "f.yaml: name is missing"),
        ({"name": "p", "phase": [PPT]}, "f.yaml: unknown key phase; did you mean phases? Allowed: name"),
        ({"name": "p", "histories": {}}, "f.yaml: histories must have at least one history"),
        ({"name": "p", "histories": {"a b": [PPT]}}, "f.yaml: histories has a history called 'a b'"),
        ({"name": "p", "histories": [PPT]}, "f.yaml: histories must be a mapping, got a list"),
        ({"name": "p", "histories": {"a": 3}}, "f.yaml: histories.a must be a list, got 3"),
        (
            {"name": "p", "histories": {"a": [PPT], "b": [cohouse(-2), PPT]}},
            "f.yaml: history 'b', phase 1 (cohouse): hours must",
        ),
        ({"name": "p", "histories": {"a": [cohouse(2)]}}, "f.yaml: history 'a' has no assay"),
        ({"name": "p", "histories": {"a": [PPT, separate(2)]}}, "f.yaml: history 'a', phase 2 (separate): comes after"),
        ({"name": "p", "about": 3, "phases": [PPT]}, "f.yaml: about must be text, got 3"),
    ],
)
def test_files_that_are_no_protocol_are_refused(config, data, message):
    assert message in refusal(config, data)


def test_other_drugs_may_overlap_and_doses_may_meet(config):
    phases = [dose(hours=12), dose("agonist", hours=24), dose(start_h=12, hours=12), cohouse(24), PPT]
    assert len(planned(config, phases)[0].life[0].drugs) == 3


def test_an_assay_that_the_networks_do_not_fit_is_refused_before_anything_is_played(config):
    with pytest.raises(UserError) as caught:
        play(config, [cohouse(1), PPT, {"assay": {"id": "StrangerEncounter", "with": "stranger"}}])
    assert str(caught.value) == (
        "protocol: phase 3 (assay): StrangerEncounter has 27 observation channels and 6 actions, the networks of this "
        "run "
        "(trained in PartnerPreference) take 28 and 6"
    )


# --- the command line


@pytest.fixture
def run(config, tmp_path):
    with RunFolder.create(tmp_path / "run", config_yaml=config_to_yaml(config), meta={"seed": 1}) as folder:
        animals = animals_of(config)
        for animal in animals:
            folder.write_networks({animal.id: policy_bytes(network(), {"animal": animal.id})}, piece=animal.id)
        folder.write_table("animals", pd.DataFrame([{**one.common(), "steps": 2048} for one in animals]))
        folder.finish()
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nphases:\n  - cohouse: {hours: 6, relationship: mate, mating: false}\n"
        "  - assay: {id: PartnerPreference}\n  - assay: {id: SocialOperant, with: partner, minutes: 5}\n"
    )
    return path


def say(capsys, *arguments):
    code = cli.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_evaluate_plays_a_protocol_and_keeps_it_beside_its_table(capsys, run, file):
    before = {path.name for path in run.path.iterdir()}
    code, out, err = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 3, "-q")
    learned_in = "socialrl/PartnerPreference-v0"
    notes = err.splitlines()
    assert notes[0] == f"note: the animals learned in {learned_in}; new to them: socialrl/SocialOperant-v0"
    assert notes[1].startswith(
        "note: no animal of this run met a mate in training, which the tests partner_preference, "
    )
    assert len(notes) == 2
    lines = out.splitlines()
    assert (code, lines[-1]) == (0, f"protocol: {run.path / 'protocol_mine.parquet'} and .csv")
    assert lines[0] == "Preference, fraction, in partner preference"
    assert lines[1].split() == ["test", "genotype", "mean", "[95", "%", "interval]", "n"]
    assert [line.split()[0] for line in lines[2:4]] == ["partner_preference", "knockout"]
    assert lines[4] == "Presses, per 30-min session, in lever pressing for company"
    table = run.read_table("protocol_mine")
    wild = table[(table["test"] == "partner_preference") & (table["genotype"] == "wt")]
    seconds = wild.groupby("animal")[["huddle_s_partner", "huddle_s_stranger"]].mean()
    mean = (seconds["huddle_s_partner"] / seconds.sum(axis=1)).mean()
    assert f" {mean:.2f} [" in lines[2]
    assert lines[2].endswith("  2")
    table = run.read_table("protocol_mine")
    assert table.groupby(["test", "animal"]).size().tolist() == [3] * 2 * 4
    assert set(table["steps"]) == {2048}
    assert set(table["mating"]) == {False}
    assert set(table["relationship"]) == {"mate"}
    operant = table[table["test"] == "social_operant"]
    assert (set(operant["duration_s"]), set(operant["session"])) == ({300.0}, {"partner"})
    assert operant["presses_partner"].notna().all()
    assert table.loc[table["test"] == "partner_preference", "presses_partner"].isna().all()
    assert len(pd.read_csv(run.path / "protocol_mine.csv")) == len(table)
    assert (run.path / "protocols" / "mine.yaml").read_text() == file.read_text()
    added = {path.name for path in run.path.iterdir()} - before - {".lock"}
    assert added == {"protocol_mine.parquet", "protocol_mine.csv", "protocols"}


def test_a_table_is_never_replaced_silently(capsys, run, file):
    say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 1, "-q")
    kept = (run.path / "protocol_mine.parquet").read_bytes()
    code, out, err = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "-q")
    assert (code, out) == (2, "")
    assert "protocol_mine.parquet exists already; give the protocol another name, or replace the table with" in err
    assert (run.path / "protocol_mine.parquet").read_bytes() == kept
    assert say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "-q", "--overwrite")[0] == 0
    assert len(run.read_table("protocol_mine")) == 2 * 4 * 2


def test_a_protocol_has_its_events_when_asked(capsys, run, file):
    code, out, _ = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "--events-csv", "-q")
    assert code == 0
    assert out.splitlines()[-2] == f"events: {run.path / 'events_mine.parquet'} and .csv"
    events, table = run.read_table("events_mine"), run.read_table("protocol_mine")
    keys = ["animal", "test", "repeat"]
    own = table.set_index(keys)
    assert set(map(tuple, events[keys].to_numpy())) == set(own.index), (
        "every test of every animal, by the table's names"
    )
    contact = events[(events["kind"] == "contact") & (events["other"] == "partner")]
    seconds = (contact["end_s"] - contact["start_s"]).groupby([contact[key] for key in keys]).sum()
    assert (seconds > 0).any()
    np.testing.assert_allclose(seconds.reindex(own.index, fill_value=0.0), own["huddle_s_partner"])
    ends = events[events["kind"] != "contact"].groupby(keys)["end_s"].max()
    np.testing.assert_allclose(ends.reindex(own.index), own["duration_s"])
    assert len(pd.read_csv(run.path / "events_mine.csv")) == len(events)
    # none of the tests that are replaced are left, and taking them down changes no test
    say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "--overwrite", "-q")
    assert not list(run.path.glob("events*"))
    pd.testing.assert_frame_equal(run.read_table("protocol_mine"), table)


def test_mistakes_on_the_command_line_leave_nothing_behind(capsys, run, file, tmp_path):
    before = {path.name for path in run.path.iterdir()}
    code, _, err = say(capsys, "evaluate", run.path, "--protocol", tmp_path / "mone.yaml")
    assert (code, err) == (2, f"error: {tmp_path / 'mone.yaml'}: no such protocol file; did you mean {file}?\n")
    file.write_text("name: mine\nphases:\n  - assay: {id: StrangerEncounter, with: stranger}\n")
    code, _, err = say(capsys, "evaluate", run.path, "--protocol", file, "-q")
    assert code == 2
    assert f"error: {file}: phase 1 (assay): StrangerEncounter has 27 observation channels" in err
    assert {path.name for path in run.path.iterdir()} - {".lock"} == before - {".lock"}
    file.write_text("- cohouse\n")
    assert say(capsys, "evaluate", run.path, "--protocol", file)[2] == (
        f"error: {file}: a protocol is a mapping with name and phases or histories, got a list\n"
    )
