"""Networks have a channel for the D2 tone if training had a drug that parts the tones, whatever the drugs of a test."""

from __future__ import annotations

import numpy as np
import pytest
from test_protocol_files import PPT, cohouse, dose, network, planned

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.protocols.playing import play_protocol
from socialrl.training.sb3_trainer import build_model

SMOKE = "configs/smoke.yaml"
SHORT = ["env.duration_s=600", "animals=2"]
IN_TESTS = "evaluation.tests=[{name: a, cohousing_h: 1, drugs: [{drug: %s, dose: 1, start_s: 0, end_s: 600}]}]"


def trained_under(*drugs: str, more=()):
    doses = ", ".join(f"{{drug: {drug}, dose: 1, start_s: 0, end_s: 600, share: 0.5}}" for drug in drugs)
    return load_config(SMOKE, [*SHORT, f"env.drugs=[{doses}]", *more])


@pytest.mark.parametrize(
    ("drugs", "apart"),
    [
        ((), False),
        (("agonist", "dopamine_antagonist"), False),
        (("d1_antagonist",), True),
        (("agonist", "dopamine_agonist"), True),
        (("d2_antagonist",), True),
    ],
)
def test_what_training_gives_decides_what_a_run_perceives(drugs, apart):
    config = trained_under(*drugs)
    assert config.env.tones_apart is apart
    assert build_model(config, animals_of(config)[0]).observation_space.shape == (28 + apart,)


def test_the_drugs_of_a_test_change_no_channel():
    for trained in ((), ("d1_antagonist",)):
        config = trained_under(*trained, more=[IN_TESTS % "d2_antagonist"])
        animals = animals_of(config)
        fitting, other = (FrozenPolicies([network(28 + n)] * len(animals)) for n in (bool(trained), not trained))
        tests = config.evaluation.tests
        play_tests(config, animals, fitting, tests, repeats=1, purpose="evaluation", steps=0)
        phases = [dose("d2_antagonist", hours=7), cohouse(6), PPT]
        histories = [planned(config, phases)]
        play_protocol(config, animals, fitting, histories, repeats=1)
        with pytest.raises(UserError, match=r"take .. observation channels"):
            play_tests(config, animals, other, tests, repeats=1, purpose="evaluation", steps=0)
        with pytest.raises(UserError, match=r"has .. observation channels"):
            play_protocol(config, animals, other, histories, repeats=1)


def test_a_drug_that_a_network_does_not_perceive_needs_no_training():
    perceived = "env.parameters.tone_as_work=0"
    in_tests = [IN_TESTS % "d2_antagonist"]
    assert unmet(*_asked(trained_under(more=in_tests))) == []
    (line,) = unmet(*_asked(trained_under("d1_antagonist", more=in_tests)))
    assert "was under the d2_antagonist in training" in line
    in_tests = [IN_TESTS % "d1_antagonist"]
    (line,) = unmet(*_asked(trained_under(more=[*in_tests, perceived])))
    assert "was under the d1_antagonist in training" in line
    assert unmet(*_asked(trained_under(more=[*in_tests, "env.parameters.tone_as_work=1"]))) == []
    # the dopamine antagonist is not perceived where neither of its parts is
    for trained, of_work, n_lines in (((), 1, 0), ((), 0, 1), (("d1_antagonist",), 1, 1)):
        both = trained_under(
            *trained, more=[IN_TESTS % "dopamine_antagonist", f"env.parameters.tone_as_work={of_work}"]
        )
        assert len(unmet(*_asked(both))) == n_lines, (trained, of_work)
    one_group = "genotypes.ko={oxtr_gain: 0, parameters: {tone_as_work: 0.5}}"
    assert len(unmet(*_asked(trained_under(more=[*in_tests, "env.parameters.tone_as_work=1", one_group])))) == 1


def _asked(config):
    return config, demands_of(config)


def test_a_drug_before_the_test_changes_the_bond_of_animals_that_never_met_it():
    config = trained_under(more=["env.parameters.peer_dopamine_free=0"])
    animals = animals_of(config)[:1]
    policies = FrozenPolicies([network()])
    bonds = []
    for phases in ([cohouse(6), PPT], [dose("d2_antagonist", hours=6), cohouse(6), PPT]):
        table = play_protocol(config, animals, policies, [planned(config, phases)], repeats=1)
        bonds.append(float(table["familiarity_start_partner"].iloc[0]))
    assert np.log1p(-bonds[1]) > 0.5 * np.log1p(-bonds[0])
