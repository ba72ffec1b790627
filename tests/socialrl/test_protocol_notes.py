"""What a protocol says beside its table: what the animals never met in training, and phases that change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from test_protocol_files import PPT, cohouse, dose, network, planned, separate

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.evaluation.unmet import Demand, demands_of, unmet
from socialrl.protocols.idle_phases import idle_phases
from socialrl.protocols.playing import play_protocol
from socialrl.protocols.schema import protocol_from_data

SMOKE = "configs/smoke.yaml"
SHORT = ["env.duration_s=600", "animals=2"]


@pytest.fixture(scope="module")
def config():
    return load_config(SMOKE, SHORT)


def idle(config, *phases):
    protocol = protocol_from_data({"name": "p", "phases": list(phases)})
    return idle_phases(config, animals_of(config), protocol, "p.yaml")


def test_hours_alone_before_an_animal_has_met_anybody_are_said_to_change_nothing(config):
    (line,) = idle(config, separate(24), cohouse(6), PPT)
    assert line.startswith("phase 1 (separate) changes almost nothing (stress by ")
    assert line.endswith("): the animal has not met anybody before it")


def test_what_leaves_a_trace_is_not_called_idle(config):
    assert idle(config, cohouse(6), separate(24), PPT) == []
    assert idle(config, dose(hours=6), cohouse(6), PPT) == []


def test_phases_of_no_length_and_doses_that_act_on_nothing_are_idle(config):
    lines = idle(config, cohouse(0), dose(hours=1), separate(24), cohouse(6), PPT)
    # The day alone is not idle: without it, the dose would act while they live together.
    assert [line.split(" changes")[0] for line in lines] == ["phase 1 (cohouse)", "phase 2 (dose)"]
    # a dose that is still there when the test begins acts in it
    assert idle(config, dose(hours=30), PPT) == []


def test_a_run_that_never_met_a_mate_or_a_drug_says_so_with_what_to_add(config):
    demands = [
        Demand("paired", config.env.id, "mate"),
        Demand("blocked", config.env.id, "peer", (("antagonist", 1.0),)),
    ]
    lines = unmet(config, demands)
    assert lines == [
        "no animal of this run met a mate in training, which the test paired requires; train with "
        "env.reset.relationship=[peer, mate]",
        "no animal of this run was under the antagonist in training, which the test blocked requires; "
        "train with env.drugs=[{drug: antagonist, dose: 1, start_s: 0, end_s: 600, share: 0.1}]",
    ]
    # what the lines advise is what makes them go away
    advice = [line.split("train with ")[1] for line in lines]
    assert unmet(load_config(SMOKE, [*SHORT, *advice]), demands) == []


def test_the_tests_of_a_configuration_are_looked_at_too():
    tests = "evaluation.tests=[{name: paired, cohousing_h: 24, relationship: mate}, {name: own, cohousing_h: 24}]"
    config = load_config(SMOKE, [*SHORT, tests])
    assert [one.relationship for one in demands_of(config)] == ["mate", "peer"]
    assert len(unmet(config, demands_of(config))) == 1


def test_tables_hold_what_animals_are_like_at_the_start_and_the_end(config):
    animals = animals_of(config)
    policies = FrozenPolicies([network()] * len(animals))
    apart = play_protocol(config, animals, policies, [planned(config, [cohouse(24), separate(24), PPT])], repeats=1)
    bonded = play_protocol(config, animals, policies, [planned(config, [cohouse(24), PPT])], repeats=1)
    # A day alone: stress has relaxed to 1, oxytocin is gone; straight from the partner stress is lower.
    np.testing.assert_allclose(apart["stress_start"], 1.0, atol=1e-3)
    np.testing.assert_allclose(apart["oxytocin_start"], 0.0, atol=1e-6)
    assert (bonded["stress_start"] < 1.0).all()
    np.testing.assert_array_equal(apart["bondedness_start"], apart["familiarity_start_partner"])
    assert (apart["receptor_signal_end"] >= 0.0).all()
    assert not np.array_equal(apart["activity_drive_start"], apart["activity_drive_end"])


def test_a_fixed_ratio_is_played_and_refused_where_there_is_no_lever(config):
    operant = {"assay": {"id": "SocialOperant", "with": "partner", "minutes": 5, "ratio_step": 0}}
    animals = animals_of(config)[:1]
    press = network()
    press["action_net.bias"] = np.array([0, 0, 20, 20, 0, 0], np.float32)  # seeks whoever is there
    tests = [planned(config, [operant]), planned(config, [{"assay": {**operant["assay"], "ratio_step": 5}}])]
    fixed, steep = (play_protocol(config, animals, FrozenPolicies([press]), [one], repeats=1) for one in tests)
    assert fixed["accesses_partner"].item() > steep["accesses_partner"].item() > 0
    assert (fixed["ratio_step"].item(), steep["ratio_step"].item()) == (0.0, 5.0)
    with pytest.raises(
        UserError, match=r"phase 1 \(assay\): ratio_step is for tests at a lever, and PartnerPreference has"
    ):
        planned(config, [{"assay": {**PPT["assay"], "ratio_step": 0}}])
