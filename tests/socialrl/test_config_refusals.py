"""Configurations: one exact line for everything that can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_config
from test_config import MINIMAL

from socialrl.config.loading import load_config
from socialrl.errors import UserError

write = test_config.write


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load_config(path, overrides)
    return str(caught.value)


# --- what is refused, and how


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("stepz=3", "unknown key stepz; did you mean steps? Allowed: name, output, seed, engine"),
        ("ppo.learning_rat=1", "unknown key ppo.learning_rat; did you mean ppo.learning_rate? Allowed: learning_rate,"),
        ("learning_rate=1e-3", "unknown key learning_rate; did you mean ppo.learning_rate? Allowed: name,"),
        ("env.reset.side=left", "unknown key env.reset.side; allowed: cohousing_h, relationship, separation_h"),
        ("genotypes.knockout.gain=1", "unknown key genotypes.knockout.gain; allowed: oxtr_gain, arms, parameters, sex"),
        (
            "probes.tests=[{name: a, cohoused_h: 2}]",
            "unknown key probes.tests[0].cohoused_h; allowed: name, cohousing_h",
        ),
        (
            "probes.tests=[{name: a, cohousing_h: 2, mating: true}]",
            "probes.tests[0].mating must be false where the relationship is peer, got true",
        ),
        ("probes.tests=[{name: a, cohousing_h: 2, mating: 0}]", "probes.tests[0].mating"),
        ("genotypes.knockout.oxtr_gain=-0.1", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got -0.1"),
        ("genotypes.knockout.oxtr_gain=2.5", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got 2.5"),
        ("genotypes.knockout.oxtr_gain=.nan", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got nan"),
        ("genotypes.knockout.oxtr_gain=.inf", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got inf"),
        ("genotypes.knockout.oxtr_gain=1e999", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got inf"),
        (
            "genotypes.knockout.oxtr_gain=low",
            "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got the text 'low'",
        ),
        ("genotypes.knockout.oxtr_gain=true", "genotypes.knockout.oxtr_gain must be a number from 0 to 2, got true"),
        ("genotypes.knockout.oxtr_gain='0.5'", "oxtr_gain must be a number from 0 to 2, got the text '0.5'"),
        (
            "genotypes.knockout=0.5",
            "genotypes.knockout must be a mapping with the keys oxtr_gain, arms, parameters, sex, got 0.5",
        ),
        (
            "genotypes.knockout.parameters={oxytocin_tau: 5}",
            "genotypes.knockout.parameters.oxytocin_tau is not usable: unknown parameter 'oxytocin_tau'; did you mean "
            "'oxytocin_tau_s'?",
        ),
        (
            "genotypes.knockout.parameters={oxytocin_tau_s: 1}",
            "genotypes.knockout.parameters.oxytocin_tau_s is not usable: parameter 'oxytocin_tau_s' is out of range",
        ),
        (
            "genotypes.knockout.parameters={oxtr_gain: 0}",
            "genotypes.knockout.parameters.oxtr_gain cannot be set here; set it for each group: "
            "genotypes.<name>.oxtr_gain",
        ),
        ("genotypes={}", "genotypes must name at least one group"),
        ("genotypes=[]", "genotypes must be a mapping, got a list"),
        (
            "genotypes.k-o={oxtr_gain: 1}",
            "genotypes has a group called 'k-o'; a group's name is made of letters, digits and",
        ),
        (
            "genotypes.Knockout={oxtr_gain: 1}",
            "genotypes has groups 'knockout' and 'Knockout', which differ only in capital",
        ),
        ("animals=0", "animals must be a whole number of at least 1, got 0"),
        ("animals=2.5", "animals must be a whole number of at least 1, got 2.5"),
        ("animals=true", "animals must be a whole number of at least 1, got true"),
        ("animals=null", "animals must be a whole number of at least 1, got nothing (null)"),
        ("animals=1e9", "animals must be at most 100000, got 1e+09"),
        ("steps=0", "steps must be a whole number of at least 1, got 0"),
        ("steps=many", "steps must be a whole number of at least 1, got the text 'many'"),
        ("steps=010000", "steps must be a whole number of at least 1, got the text '010000'"),
        ("steps=1023", "steps must be at least one rollout, lives × ppo.n_steps = 16 × 64 = 1024, got 1023"),
        (
            "ppo.batch_size=1025",
            "ppo.batch_size must be at most the size of a rollout, lives × ppo.n_steps = 16 × 64 = 1024, got 1025",
        ),
        ("ppo.batch_size=1", "ppo.batch_size must be a whole number of at least 2, got 1"),
        ("lives=0", "lives must be a whole number of at least 1, got 0"),
        (
            "ppo.n_steps=2",
            "ppo.batch_size must be at most the size of a rollout, lives × ppo.n_steps = 16 × 2 = 32, got 64",
        ),
        ("ppo.gamma=1.01", "ppo.gamma must be a number from 0 to 1, got 1.01"),
        ("ppo.gae_lambda=-1", "ppo.gae_lambda must be a number from 0 to 1, got -1"),
        ("ppo.learning_rate=0", "ppo.learning_rate must be a number above 0, got 0"),
        ("ppo.learning_rate=null", "ppo.learning_rate must be a number above 0, got nothing (null)"),
        (
            "ppo.learning_rate=fast",
            "ppo.learning_rate must be a number above 0, lin_ and such a number (lin_3e-3 falls linearly to 0 at the"
            " end of training), got the text 'fast'",
        ),
        ("ppo.learning_rate=linear_3e-3", "got the text 'linear_3e-3'; did you mean 'lin_3e-3'?"),
        ("ppo.clip_range=LIN_.2", "got the text 'LIN_.2'; did you mean 'lin_.2'?"),
        ("ppo.clip_range_vf=lin.2", "at the end of training) or null, got the text 'lin.2'; did you mean 'lin_.2'?"),
        (
            "ppo.learning_rate=lin_0",
            "ppo.learning_rate must be lin_ and a number from 1e-12 to 1e+09, got the text 'lin_0'",
        ),
        ("ppo.learning_rate=lin_-1", "ppo.learning_rate must be lin_ and a number from 1e-12 to 1e+09, got the text"),
        (
            "ppo.learning_rate=lin_1e999",
            "ppo.learning_rate must be lin_ and a number from 1e-12 to 1e+09, got the text",
        ),
        ("ppo.ent_coef=lin_0.1", "ppo.ent_coef must be a number from 0 to 1e+09, got the text 'lin_0.1'"),
        ("ppo.clip_range_vf=0", "ppo.clip_range_vf must be a number above 0 or null, got 0"),
        ("ppo.normalize_advantage=yes", "ppo.normalize_advantage must be true or false, got the text 'yes'"),
        ("ppo.normalize_advantage=1", "ppo.normalize_advantage must be true or false, got 1"),
        ("ppo.net_arch=64", "ppo.net_arch must be a list, got 64"),
        ("ppo.net_arch=[64, 0]", "ppo.net_arch must be a whole number of at least 1, got 0"),
        ("ppo=fast", "ppo must be a mapping with the keys learning_rate,"),
        ("env.id=socialrl/PartnerPreferense-v0", "did you mean 'socialrl/PartnerPreference-v0'?"),
        ("env.id=null", "env.id is not usable: unknown assay 'null'"),
        ("env.dt_s=0", "env.dt_s must be a number from 0.01 to 600, got 0"),
        ("env.duration_s=100", "env.duration_s must be a multiple of env.dt_s = 15 s, got 100 s"),
        ("env.duration_s=7", "env.duration_s must be a multiple of env.dt_s = 15 s, got 7 s"),
        (
            "env.reset.cohousing_h=337",
            "env.reset.cohousing_h must be a number from 0 to 336 (hours cohoused in all before the test), got 337",
        ),
        ("env.reset.cohousing_h=[]", "env.reset.cohousing_h must have at least one value, got an empty list"),
        ("env.reset.separation_h=-1", "env.reset.separation_h must be a number from 0 to 8760, got -1"),
        (
            "env.reset.relationship=friend",
            "env.reset.relationship must be peer (a partner of the same sex) or mate (a partner of the other sex), "
            "got "
            "the text 'friend'",
        ),
        (
            "env.parameters.oxytocin_tau=3",
            "env.parameters.oxytocin_tau is not usable: unknown parameter 'oxytocin_tau'; did you mean "
            "'oxytocin_tau_s'?",
        ),
        (
            "env.parameters.oxytocin_tau_s=-3",
            "'oxytocin_tau_s' is out of range (allowed: numbers from 10 to 1800 s), got -3",
        ),
        ("env.parameters.oxytocin_tau_s=true", "env.parameters.oxytocin_tau_s must be one number, got true"),
        ("env.parameters.oxytocin_tau_s=[60, 70]", "env.parameters.oxytocin_tau_s must be one number, got a list"),
        (
            "env.parameters.oxtr_gain=1",
            "env.parameters.oxtr_gain cannot be set here; set it for each group: genotypes.<name>.oxtr_gain",
        ),
        (
            "env.parameters=3",
            "env.parameters must be the name of a table (v1, v2) or a mapping of parameter names to numbers, got 3",
        ),
        (
            "env.parameters=v3",
            "env.parameters must be the name of a parameter table (v1, v2), got the text 'v3'",
        ),
        (
            "env.parameters.table=[v1]",
            "env.parameters.table must be the name of a parameter table (v1, v2), got a list",
        ),
        (
            "genotypes.knockout.parameters=v1",
            "genotypes.knockout.parameters must be a mapping of parameter names to numbers, got the text 'v1'; one "
            "table holds for all animals: env.parameters.table",
        ),
        (
            "genotypes.knockout.parameters={table: v1}",
            "genotypes.knockout.parameters.table cannot be set here; one table holds for all animals: "
            "env.parameters.table",
        ),
        ("env.arms.relese=own", "unknown arm 'relese'; did you mean 'release'?"),
        (
            "env.arms.release=ko",
            "env.arms.release must be own (the animal's own gain), wild_type (gain 1) or knockout (gain 0), got the "
            "text 'ko'",
        ),
        (
            "env.drugs=[{drug: agonists, dose: 1, start_s: 0, end_s: 9}]",
            "got the text 'agonists'; did you mean 'agonist'?",
        ),
        (
            "env.drugs=[{drug: agonist, dose: 1, start_s: 9, end_s: 9}]",
            "env.drugs[0].start_s must be before end_s, got 9 and 9",
        ),
        ("env.drugs=[{drug: agonist, dose: 1, start_s: 0, end_s: 9, share: 0}]", "env.drugs[0].share must be"),
        (
            "evaluation.tests=[{name: a, cohousing_h: 1, drugs: [{drug: agonist, dose: 1, start_s: 0, end_s: 9, "
            "share: "
            "0.5}]}]",
            "share must be 1 in a test, where every dose is given, got 0.5",
        ),
        (
            "env.drugs=[{drug: antagonist, dose: 2, start_s: 0, end_s: 9}]",
            "env.drugs is not usable: drug 0 (antagonist): dose must be 0 to 1",
        ),
        (
            "probes.tests=[{name: a, cohousing_h: 1}, {name: a, cohousing_h: 2}]",
            "probes.tests has two tests called 'a'; each test needs a name",
        ),
        (
            "evaluation.tests=[{name: a b, cohousing_h: 1}]",
            "evaluation.tests[0].name must be a name of letters, digits and underscores, got the text 'a b'",
        ),
        ("evaluation.tests=[{name: a}]", "evaluation.tests[0].cohousing_h is missing"),
        ("probes.every_steps=0", "probes.every_steps must be a whole number of at least 1, got 0"),
        ("name=../elsewhere", "name must be a folder name of letters, digits"),
        ("name=.hidden", "name must be a folder name"),
        ("name=a/b", "name must be a folder name"),
        ("seed=-1", "seed must be a whole number of at least 0, got -1"),
        ("device=gpu", "device must be cpu, cuda or auto, got the text 'gpu'"),
        ("engine=cohrt", "engine must be cohort or sb3, got the text 'cohrt'; did you mean 'cohort'?"),
        ("workers=0", "workers must be a whole number of at least 1 or null, got 0"),
        (
            "individual_spread=-1",
            "individual_spread must be a factor from 0 to 100 (0: identical animals, 1: the table's spreads) or a "
            "mapping of parameters to log-sd, got -1",
        ),
        ("individual_spread=none", "the table's spreads) or a mapping of parameters to log-sd, got the text 'none'"),
        (
            "individual_spread={contact_flor: 0.5}",
            "individual_spread.contact_flor is not usable: unknown parameter 'contact_flor'; did you mean "
            "'contact_floor'?",
        ),
        (
            "individual_spread={scal: 2}",
            "individual_spread.scal is not usable: unknown parameter 'scal'; did you mean 'scale'?",
        ),
        ("individual_spread={zzz: 2}", "unknown parameter 'zzz'; known: scale and oxtr_gain, dopamine_tone"),
        (
            "individual_spread.contact_floor=-0.5",
            "individual_spread.contact_floor must be a log-sd from 0 to 10, got -0.5",
        ),
        (
            "individual_spread={contact_floor: .nan}",
            "individual_spread.contact_floor must be a log-sd from 0 to 10, got nan",
        ),
        ("individual_spread={scale: true}", "individual_spread.scale must be a factor from 0 to 100, got true"),
        ("seed=${oc.env:HOME}", "seed: expressions (${…}) are not supported"),
        ("output=${oc.env:HOME}", "output: expressions (${…}) are not supported"),
        ("seed", "'seed' is not an override; write key=value"),
        ("=3", "'=3' is not an override"),
        ("ppo..gamma=3", "'ppo..gamma=3' is not an override"),
        ("seed=", "'seed=' has no value; write seed=null for none"),
        ("seed=[1", "not valid YAML"),
        ("probes.tests[7].cohousing_h=1", "cannot set probes.tests[7].cohousing_h: probes.tests is a list of"),
    ],
)
def test_a_bad_override_gets_one_clear_line(write, override, line):
    overrides = [override]
    if "tests[7]" in override:
        overrides.insert(0, "probes.tests=[{name: a, cohousing_h: 1}]")
    message = refusal(write(), *overrides)
    assert message.startswith("command line: ")
    assert line in message.splitlines()[0]


def test_a_mistake_in_the_file_names_the_file(write):
    path = write(MINIMAL + "ppo: {gama: 0.9}\n")
    assert refusal(path).startswith(f"{path}: unknown key ppo.gama; did you mean ppo.gamma? Allowed: learning_rate")
    path = write(MINIMAL.replace("animals: 2", "animals: two"))
    assert refusal(path) == f"{path}: animals must be a whole number of at least 1, got the text 'two'"


def test_a_clash_of_file_and_override_is_blamed_on_the_override(write):
    path = write()
    assert refusal(path, "ppo.n_steps=2").startswith("command line: ppo.batch_size must be at most")
    path = write(MINIMAL.replace("4096", "100"))
    assert refusal(path, "seed=1").startswith(f"{path}: steps must be at least one rollout")


@pytest.mark.parametrize("key", ["name", "seed", "env", "genotypes", "animals", "steps"])
def test_keys_that_define_the_experiment_must_be_there(write, key):
    lines = [line for line in MINIMAL.splitlines() if not line.startswith(key) and not line.startswith("  ")]
    groups = [] if key == "genotypes" else ["genotypes: {a: {oxtr_gain: 1}}"]
    path = write("\n".join([line for line in lines if not line.startswith("genotypes")] + groups))
    assert refusal(path) == f"{path}: {key} is missing"


@pytest.mark.parametrize(
    "line",
    [
        "normalize: true",
        "vec_normalize: {norm_reward: true}",
        "VecNormalize: {norm_obs: false, norm_reward: true}",
        "norm_reward: false",
        "env_wrapper: {norm_reward: true}",
        "ppo: {normalize: true}",
        "ppo: {normalize: {norm_obs: true, norm_reward: true}}",
        "ppo: {normalise-reward: true}",
        "ppo: {reward_scale: 0.1}",
        "probes: {reward_scaling: 2}",
        "probes: {tests: [{name: a, cohousing_h: 1, reward_clip: 5}]}",
    ],
)
def test_rescaling_the_reward_is_refused_with_the_reason(write, line):
    path = write(MINIMAL + line + "\n")
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert "is refused: the receptor gain must change reward ratios" in message
    assert "change what an animal lives on between genotypes" in message
    assert len(message.splitlines()) == 1


def test_normalising_advantages_is_allowed(write):
    assert load_config(write(), ["ppo.normalize_advantage=false"]).ppo.normalize_advantage is False


def test_several_mistakes_get_a_line_each_the_unknown_key_first(write):
    path = write(MINIMAL.replace("animals: 2", "animal: 0"))
    lines = refusal(path, "ppo.gamma=7").splitlines()
    assert lines[0].startswith(f"{path}: unknown key animal; did you mean animals?")
    assert lines[1] == "command line: ppo.gamma must be a number from 0 to 1, got 7"
    assert lines[2] == f"{path}: animals is missing"
    many = refusal(path, *[f"made_up_{i}=1" for i in range(8)]).splitlines()
    assert len(many) == 5
    assert many[-1] == "… and 6 more mistakes"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "the configuration is empty"),
        ("# nothing\n", "the configuration is empty"),
        ("- a\n- b\n", "a configuration is a mapping of keys to values, got a list"),
        ("hello", "a configuration is a mapping of keys to values, got the text 'hello'"),
        ("name: a\nseed: 1\nname: b\n", "line 3: key name occurs twice; keep one of them"),
        ("ppo:\n  gamma: 0.9\n  gamma: 0.8\n", "line 3: key ppo.gamma occurs twice"),
        ("a: &x 1\nb: *x\n", "line 1: YAML anchors, aliases and tags"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: YAML anchors, aliases and tags"),
        ("name: [a\n", "not valid YAML"),
        ("name: a\n\tseed: 1\n", "line 2: not valid YAML"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        ("a\x07b: 1\n", "not valid YAML"),
        ("? [a]\n: 1\n", "line 1: a key must be a plain word"),
        ("[" * 800, "line 1: more than 32 lists or mappings inside each other"),
        ("name: ${name}\n", "name: expressions (${…}) are not supported"),
        ("${a}: 1\n", "expressions (${…}) are not supported"),
    ],
)
def test_text_that_is_no_configuration(write, text, line):
    path = write(text)
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert line in message
    assert len(message.splitlines()) == 1


def test_files_that_cannot_be_read(tmp_path, write):
    path = write()
    missing = path.with_name("experimant.yaml")
    assert refusal(missing) == f"{missing}: no such configuration file; did you mean {path}?"
    assert refusal(tmp_path / "nowhere" / "x.yaml") == f"{tmp_path / 'nowhere' / 'x.yaml'}: no such configuration file"
    assert refusal(tmp_path) == f"cannot read {tmp_path}: it is a folder, not a file"
    path.write_bytes(b"name: \xff\xfe\n")
    assert refusal(path) == f"{path}: not a text file (UTF-8 is expected)"


def test_no_permission_is_said(write, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    path = write()
    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == f"cannot read {path}: no permission"
