"""Protocol files: what they compile to, and how impossible ones are refused."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from socialrl.animals.animal import Animal, animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin, play_protocol
from socialrl.protocols.schema import load_protocol, protocol_from_data

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
        "(trained in PartnerPreference) take 28 and 6; train with env.id=socialrl/StrangerEncounter-v0"
    )
