"""Configurations: what is read from files and overrides, and that reading gives back what was written."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialrl.config.experiment import Drug
from socialrl.config.loading import Config, config_from_data, config_to_yaml, load_config, with_overrides
from socialrl.errors import UserError
from socialrl_envs.vocabulary import DRUGS
from socialrl_envs.vocabulary import Drug as NewDrug

CONFIGS = Path(__file__).resolve().parents[2] / "configs"

MINIMAL = """\
name: small
seed: 3
env: {id: socialrl/PartnerPreference-v0}
genotypes:
  wild_type: {oxtr_gain: 1}
  knockout: {oxtr_gain: 0}
animals: 2
steps: 4096
"""


@pytest.fixture
def write(tmp_path):
    def write_text(text: str = MINIMAL) -> Path:
        path = tmp_path / "experiment.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture
def small(write) -> Config:
    return load_config(write())


# --- what is read


@pytest.mark.parametrize("name", ["partner_preference", "smoke", "demo"])
def test_every_configuration_of_the_repository_is_complete_and_round_trips(name, tmp_path):
    config = load_config(CONFIGS / f"{name}.yaml")
    assert config.name == name
    again = tmp_path / "config.yaml"
    again.write_text(config_to_yaml(config))
    assert load_config(again) == config
    # Readable alone: nothing that matters is left to a default that the file does not show.
    shown = set(re.findall(r"^ *([a-z_]+):", (CONFIGS / f"{name}.yaml").read_text(), flags=re.M))
    assert set(Config.model_fields) - {"habitats"} <= shown  # for assays whose animals share a world
    assert set(type(config.ppo).model_fields) <= shown


def test_defaults_are_those_of_the_documented_experiment(small):
    documented = load_config(CONFIGS / "partner_preference.yaml")
    assert small.ppo == documented.ppo
    assert small.env == documented.env
    assert (small.lives, small.individual_spread, small.engine) == (16, 1.0, documented.engine)


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("steps=3e5", 300_000),
        ("steps=300_000", 300_000),
        ("steps=300000.0", 300_000),
        ("steps=+5000", 5000),
    ],
)
def test_whole_numbers_in_any_notation_become_integers(write, override, value):
    steps = load_config(write(), [override]).steps
    assert steps == value
    assert type(steps) is int


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "0.001", ".001", "+1e-3", "1.e-3"])
def test_numbers_with_an_exponent_are_numbers_in_file_and_override(write, text):
    path = write(MINIMAL + f"ppo: {{learning_rate: {text}}}\n")
    assert load_config(path).ppo.learning_rate == 0.001
    assert load_config(write(), [f"ppo.learning_rate={text}"]).ppo.learning_rate == 0.001


@pytest.mark.parametrize(
    ("text", "value"),
    [("lin_3e-3", "lin_0.003"), ("lin_3E-03", "lin_0.003"), ("lin_.5", "lin_0.5"), ("lin_2", "lin_2.0")],
)
@pytest.mark.parametrize("key", ["learning_rate", "clip_range", "clip_range_vf"])
def test_a_value_of_ppo_may_fall_linearly(write, tmp_path, key, text, value):
    config = load_config(write(MINIMAL + f"ppo: {{{key}: {text}}}\n"))
    assert getattr(config.ppo, key) == value
    assert config == load_config(write(), [f"ppo.{key}={text}"])
    again = tmp_path / "config.yaml"
    again.write_text(config_to_yaml(config))
    assert load_config(again) == config


@pytest.mark.parametrize("text", ["1e3", "2024", "007", "true", "no", "1.5", "a.b-c_d"])
def test_names_stay_text_whatever_they_look_like(write, text):
    assert load_config(write(MINIMAL.replace("small", text))).name == text
    config = load_config(write(), [f"name={text}"])
    assert config.name == text
    assert load_config(write(config_to_yaml(config))).name == text


def test_genotype_names_stay_text(write):
    config = load_config(write(MINIMAL.replace("knockout", "no").replace("wild_type", "1e3")))
    assert list(config.genotypes) == ["1e3", "no"]
    assert load_config(write(config_to_yaml(config))) == config


def test_an_override_adds_a_group_changes_one_or_replaces_all(write):
    path = write()
    added = load_config(path, ["genotypes.ko={oxtr_gain: 0.1}", "genotypes.knockout.oxtr_gain=0.2"])
    assert {name: group.oxtr_gain for name, group in added.genotypes.items()} == {
        "wild_type": 1.0,
        "knockout": 0.2,
        "ko": 0.1,
    }
    with pytest.raises(UserError, match="unknown genotype 'knokout'; did you mean 'knockout'"):
        load_config(path, ["genotypes.knokout.oxtr_gain=0.2"])
    assert list(load_config(path, ["genotypes={only: {oxtr_gain: 2}}"]).genotypes) == ["only"]


def test_overrides_reach_lists_and_missing_sections(write):
    tests = "probes.tests=[{name: a, cohousing_h: 0}, {name: b, cohousing_h: 1}]"
    config = load_config(write(), [tests, "probes.tests[1].cohousing_h=12", "probes.tests.0.relationship=mate"])
    assert [(test.name, test.cohousing_h, test.relationship) for test in config.probes.tests] == [
        ("a", 0.0, "mate"),
        ("b", 12.0, "peer"),
    ]


def test_a_test_says_of_mating_only_what_it_was_told(write):
    tests = (
        "probes.tests=[{name: a, cohousing_h: 6, relationship: mate}, {name: b, cohousing_h: 6, relationship: "
        "mate, mating: false}]"
    )
    histories = [test.history() for test in load_config(write(), [tests]).probes.tests]
    assert "mating" not in histories[0]
    assert histories[1] == {"cohousing_h": 6.0, "relationship": "mate", "separation_h": 0.0, "mating": False}


def test_reset_values_are_always_tuples(write):
    reset = load_config(write(), ["env.reset.cohousing_h=24", "env.reset.relationship=[peer, mate]"]).env.reset
    assert reset.cohousing_h == (24.0,)
    assert reset.relationship == ("peer", "mate")
    assert reset.separation_h == (0.0,)


def test_a_group_has_parameters_of_its_own(write):
    config = load_config(write(), ["genotypes.slow={oxtr_gain: 1, parameters: {oxytocin_tau_s: 6e2}}"])
    assert config.genotypes["slow"].parameters == {"oxytocin_tau_s": 600.0}
    assert config.genotypes["knockout"].parameters == {}
    assert load_config(write(config_to_yaml(config))) == config


def test_parameters_arms_and_drugs_are_kept(write):
    dose = "{drug: agonist, dose: 2, start_s: -600, end_s: 3600}"
    config = load_config(
        write(), ["env.parameters.oxytocin_tau_s=6e1", "env.arms.release=knockout", f"env.drugs=[{dose}]"]
    )
    assert config.env.parameters == {"table": "v2", "oxytocin_tau_s": 60.0}
    assert config.env.changed_parameters == {"oxytocin_tau_s": 60.0}
    assert config.env.arms == {"release": "knockout"}
    assert config.env.drugs[0].model_dump() == {
        "drug": "agonist",
        "dose": 2.0,
        "start_s": -600.0,
        "end_s": 3600.0,
        "share": 1.0,
    }
    assert load_config(write(config_to_yaml(config))) == config


def test_run_path_and_animal_ids(write):
    config = load_config(write(), ["output=some/where", "animals=11"])
    assert config.run_path == Path("some/where/small")
    assert config.animal_ids("knockout")[3] == "knockout-03"
    assert config.animal_ids("knockout")[10] == "knockout-10"


def test_a_configuration_cannot_be_changed(small):
    with pytest.raises(ValueError, match="frozen"):
        small.steps = 3
    with pytest.raises(ValueError, match="frozen"):
        small.ppo.gamma = 0.5
    for change in (
        lambda groups: groups.update(a=1),
        lambda groups: groups.pop("knockout"),
        lambda groups: groups.__setitem__("knockout", None),
        lambda groups: groups.setdefault("x", None),
    ):
        with pytest.raises(TypeError, match="with_overrides"):
            change(small.genotypes)
    assert isinstance(small.ppo.net_arch, tuple)


def test_a_configuration_can_be_sent_to_worker_processes(small):
    assert pickle.loads(pickle.dumps(small)) == small
    again = copy.deepcopy(small)
    assert again == small
    with pytest.raises(TypeError):
        again.genotypes["x"] = None


def test_with_overrides_changes_a_copy(small):
    changed = with_overrides(small, ["seed=7", "ppo.gamma=0.9"])
    assert (changed.seed, changed.ppo.gamma) == (7, 0.9)
    assert (small.seed, small.ppo.gamma) == (3, 0.99)
    with pytest.raises(UserError, match=r"^command line: seed must be a whole number of at least 0, got -1$"):
        with_overrides(small, ["seed=-1"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gain=st.floats(0, 2),
    rate=st.floats(1e-12, 1e3),
    seed=st.integers(0, 2**63 - 1),
    name=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    group=st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True),
    hours=st.lists(st.floats(0, 336), min_size=1, max_size=4),
)
def test_writing_and_reading_gives_the_same_configuration(tmp_path, gain, rate, seed, name, group, hours):
    data = {
        "name": name,
        "seed": seed,
        "env": {"id": "socialrl/PartnerPreference-v0", "reset": {"cohousing_h": hours}},
        "genotypes": {group: {"oxtr_gain": gain}},
        "animals": 1,
        "steps": 4096,
        "ppo": {"learning_rate": rate},
    }
    if group.lower().replace("normalis", "normaliz") in {"normalize", "norm_reward"}:
        return
    config = config_from_data(data)
    assert (config.name, config.seed, config.genotypes[group].oxtr_gain) == (name, seed, gain)
    path = tmp_path / "again.yaml"
    path.write_text(config_to_yaml(config))
    assert load_config(path) == config


def test_a_configuration_explains_the_arms_and_relationships_of_the_environments():
    from socialrl.config import words
    from socialrl_envs.vocabulary import ARM_SETTINGS, ARMS, RELATIONSHIPS

    named = (tuple(words.ARMS), tuple(words.ARM_SETTINGS), tuple(words.RELATIONSHIPS))
    assert named == (ARMS, ARM_SETTINGS, RELATIONSHIPS)


def test_limits_of_the_world_are_those_of_the_world():
    from socialrl.config import limits
    from socialrl_envs import vocabulary

    for name in ("MAX_COHOUSING_H", "MAX_SEPARATION_H"):
        assert getattr(limits, name) == getattr(vocabulary, name)


def test_a_configuration_offers_every_drug_of_the_environments():
    for name in DRUGS:
        assert Drug(drug=name, dose=0.5, start_s=0, end_s=1).drug == name


def test_a_drug_that_was_added_to_the_table_may_be_configured(monkeypatch):
    monkeypatch.setitem(
        DRUGS, "atosiban", NewDrug(1.0, "fraction of the receptor gain blocked", "receptor", "atosiban")
    )
    assert Drug(drug="atosiban", dose=0.5, start_s=0, end_s=60).drug == "atosiban"
