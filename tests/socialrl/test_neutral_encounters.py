"""Neutral encounters in configurations, tests, notes, protocols, the battery and films; tests of their own length."""

from __future__ import annotations

import numpy as np
import pytest

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.assays import study_of
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.film.films import render_test
from socialrl.findings import load_registry
from socialrl.progress import Silent
from socialrl.protocols.plan import plan
from socialrl.protocols.schema import protocol_from_data
from socialrl.reproduction.presets import PRESETS
from socialrl.reproduction.stages import stages_of
from socialrl.storage.provenance import collect_meta
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run
from socialrl.training.vec_env import make_native, native_arguments

FILE = "configs/stranger_encounter.yaml"
HOME = "{name: home, cohousing_h: 168, session: alone}"
NEUTRAL = "{name: neutral, cohousing_h: 168, session: neutral, duration_s: 1800}"
N_FEATURES, N_ACTIONS = 27, 6


def config_with(*changes, tests=(HOME, NEUTRAL)):
    return load_config(FILE, ["animals=2", f"evaluation.tests=[{', '.join(tests)}]", *changes])


def chance_networks(config):
    """Networks that choose at random, one for each animal."""
    layers = {
        "mlp_extractor.policy_net.0.weight": np.zeros((4, N_FEATURES), np.float32),
        "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
        "action_net.weight": np.zeros((N_ACTIONS, 4), np.float32),
        "action_net.bias": np.zeros(N_ACTIONS, np.float32),
    }
    return FrozenPolicies([layers] * len(animals_of(config)))


def played(config):
    animals, tests = animals_of(config), config.evaluation.tests
    return play_tests(config, animals, chance_networks(config), tests, repeats=2, purpose="evaluation", steps=0)


def test_training_may_draw_from_both_places_and_one_word_stays_one_session():
    for given, kept, drawn in (("alone", ("alone",), {0}), ("[alone, neutral]", ("alone", "neutral"), {0, 2})):
        config = config_with(f"env.reset.session={given}")
        assert config.env.reset.session == kept
        env = make_native(config.env.id, 50, **native_arguments(config))
        env.reset(seed=1)
        assert set(env.world.batch.worlds["session"].tolist()) == drawn
    assert config_with("env.reset.session=null").env.reset.session is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("env.reset.session=[alone, neutrl]", r"env.reset.session .*unknown session 'neutrl'; did you mean 'neutral'"),
        ("env.reset.session=[]", r"env.reset.session must have at least one value, got an empty list"),
        ("evaluation.tests.1.session=neutrl", r"evaluation.tests.1.session .*did you mean 'neutral'"),
        ("evaluation.tests.1.duration_s=1801", r"evaluation.tests.1.duration_s .*multiple of dt_s = 5 s, got 1801"),
        ("evaluation.tests.1.duration_s=-5", r"evaluation.tests\[1\].duration_s must be a number from 0.01 .* got -5"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(change, message):
    with pytest.raises(UserError, match=message) as error:
        config_with(change)
    assert "\n" not in str(error.value)


def test_a_test_of_its_own_length_stands_beside_the_others_which_it_does_not_change():
    config = config_with()
    table = played(config)
    assert table.groupby("test")["duration_s"].unique().map(list).to_dict() == {"home": [600.0], "neutral": [1800.0]}
    assert table.groupby("test")["session"].unique().map(list).to_dict() == {"home": ["alone"], "neutral": ["neutral"]}
    assert {name: len(bins) for name, bins in zip(table["test"], table["huddle_s_stranger_1min"], strict=True)} == {
        "home": 10,
        "neutral": 30,
    }
    alone = played(config_with(tests=(HOME,)))
    both = table[table["test"] == "home"].reset_index(drop=True)
    plain = [name for name in alone if not name.endswith("_1min")]
    assert both[plain].equals(alone[plain])
    assert config_with("evaluation.duration_s=900").for_evaluation().length_of(config.evaluation.tests[0]) == 900.0


def test_what_animals_never_met_is_noted_with_what_to_add():
    config = config_with()
    (line,) = unmet(config, demands_of(config))
    assert line == (
        "no animal of this run was in the session neutral in training, which the test neutral requires; train with "
        "env.reset.session=[alone, neutral]"
    )
    cured = config_with(line.split("train with ")[1])
    assert unmet(cured, demands_of(cured)) == []
    drawn = config_with("env.reset.session=null")  # both sessions at home, but not the neutral cage
    (line,) = unmet(drawn, demands_of(drawn))
    assert line.endswith("train with env.reset.session=[alone, with_partner, neutral]")


def test_a_protocol_names_the_neutral_cage_and_without_it_a_stranger_is_met_at_home():
    config = config_with()

    def session(**phase):
        data = {"name": "p", "phases": [{"assay": {"id": "StrangerEncounter", **phase}}]}
        ((test,),) = plan(protocol_from_data(data), config.env)
        return test.session, test.duration_s

    assert session(**{"with": "stranger"}) == ("alone", 600.0)
    assert session(**{"with": ["stranger", "partner"]}) == ("with_partner", 600.0)
    assert session(**{"with": "stranger", "session": "neutral", "minutes": 60}) == ("neutral", 3600.0)
    with pytest.raises(UserError, match=r"session: unknown session 'neutrl'; did you mean 'neutral'"):
        session(**{"with": "stranger", "session": "neutrl"})
    with pytest.raises(UserError, match=r"session neutral, is played with \[stranger\], got \[stranger, partner\]"):
        session(**{"with": ["stranger", "partner"], "session": "neutral"})
    assert session(session="neutral") == ("neutral", 600.0)
    with pytest.raises(UserError, match=r"with is missing; StrangerEncounter is played with \[stranger\] or"):
        session()


def test_the_battery_trains_in_both_places_and_plays_the_neutral_tests_of_the_registry():
    assert study_of("StrangerEncounter").training["env"]["reset"]["session"] == ["alone", "neutral"]
    registry = load_registry()
    finding = registry.finding("F06")
    wanted = {"intruder_168h", "neutral_168h", "neutral_168h_agonist", "neutral_168h_antagonist"}
    assert {name for one in finding.contrasts for name in one.conditions} == wanted
    (stage,) = stages_of(PRESETS["quick"], 1, "unused", registry.only([finding]))
    lengths = {test.name: (test.session, stage.config.length_of(test)) for test in stage.config.evaluation.tests}
    assert lengths["intruder_168h"] == ("alone", 600.0)
    assert {lengths[name] for name in wanted - {"intruder_168h"}} == {("neutral", 1800.0)}
    # the first two are those of before; what was added for the neutral cage beside its avoidance is shown only
    assert [one.decides for one in finding.contrasts] == [True] * 3 + [False] * 6


def test_a_run_is_filmed_in_the_sessions_of_its_training_and_another_one_can_be_named(tmp_path, monkeypatch):
    small = ["lives=2", "ppo.n_steps=16", "ppo.batch_size=16", "steps=32", "genotypes={wt: {oxtr_gain: 1.0}}"]
    config = config_with(*small, "probes.tests=[]", "env.reset.session=[neutral]", f"output={tmp_path}")
    meta = collect_meta(config.seed)
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta=meta) as run:
        train_run(config, run, progress=Silent())
    asked = []

    def record(_env, _policy, *, options, **_):
        asked.append(options)
        return [np.zeros((90, 120, 3), np.uint8)]

    monkeypatch.setattr("socialrl.film.films.record_frames", record)
    for source, session in ((run, None), (run, "alone"), (config.env.id, None), (config.env.id, "neutral")):
        render_test(source, session=session, png=tmp_path / "last.png", overwrite=True)
    assert [one.get("session") for one in asked] == [["neutral"], ["alone"], None, ["neutral"]]
    with pytest.raises(UserError, match=r"--session: unknown session 'neutrl'; did you mean 'neutral'"):
        render_test(run, session="neutrl", png=tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_a_configuration_written_to_a_run_folder_is_read_as_the_same(tmp_path):
    config = config_with("env.reset.session=[alone, neutral]")
    (tmp_path / "c.yaml").write_text(config_to_yaml(config), encoding="utf-8")
    assert load_config(tmp_path / "c.yaml") == config
