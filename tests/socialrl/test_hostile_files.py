"""Whatever stands in a file or on the command line: it is used, or refused in a few short lines. Nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import hostile
import pytest
import yaml
from hostile import loads_or_complains
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialrl.cli import main
from socialrl.config import limits
from socialrl.config.loading import load_config, load_recording
from socialrl.config.strict_yaml import read_yaml
from socialrl.errors import UserError
from socialrl.findings.registry import load_registry
from socialrl.protocols.plan import plan
from socialrl.protocols.schema import load_protocol

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
EXPERIMENTS = sorted(
    path for path in CONFIGS.glob("*.yaml") if not path.name.startswith(("oxytocin_release", "lineage"))
)
RECORDING = CONFIGS / "oxytocin_release.yaml"
PROTOCOLS = sorted((CONFIGS / "protocols").glob("*.yaml"))
REGISTRY = """\
groups:
  wild_type: {oxtr_gain: 1.0, names: [wild_type, wt]}
  knockout: {oxtr_gain: 0.0, names: [knockout], arms: {release: own}}
measures:
  hostile_share:
    {label: preference, unit: fraction, sum: [huddle_s_partner], per: [huddle_s_partner], smallest: 0.1, why: x}
  hostile_late: {label: late, unit: s, first: hostile_share, less: hostile_share, hours: [0.0, 1.0]}
conditions:
  PartnerPreference:
    - {name: short, cohousing_h: 6, drugs: [{drug: antagonist, dose: 1, start_s: -60, end_s: 0}]}
    - {name: long, cohousing_h: 24}
dose_response: [{measure: hostile_share, condition: short}]
findings:
  - id: F90
    title: A finding
    statement: It is so.
    source: {citation: Somebody 2000, doi: null}
    grade: A
    confidence: high
    use: predicted
    question: bond
    may_fail: Always.
    contrasts:
      - says: more
        kind: groups
        measure: hostile_share
        this: {group: wild_type, conditions: long, where: {sex: female}}
        than: {group: knockout, conditions: [long]}
        expected: higher
"""
MANY = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "40")),
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def _experiment(path):
    return load_config(path)


def _protocol(path):
    return plan(load_protocol(path), ENV)


ENV = load_config(CONFIGS / "smoke.yaml").env
KINDS = {
    "experiment": (_experiment, [path.read_text(encoding="utf-8") for path in EXPERIMENTS]),
    "recording": (load_recording, [RECORDING.read_text(encoding="utf-8")]),
    "protocol": (_protocol, [path.read_text(encoding="utf-8") for path in PROTOCOLS]),
    "registry": (load_registry, [REGISTRY]),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "file.yaml"


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_that_are_mutated_are_right(kind, place):
    load, texts = KINDS[kind]
    for text in texts:
        place.write_text(text, encoding="utf-8")
        assert loads_or_complains(lambda: load(place)) is None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@MANY
def test_a_mutated_text_is_used_or_refused(kind, place, data):
    load, texts = KINDS[kind]
    text = data.draw(hostile.mutated_text(data.draw(st.sampled_from(texts))))
    place.write_bytes(text.encode("utf-8", "surrogatepass"))
    loads_or_complains(lambda: load(place))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@MANY
def test_mutated_values_and_keys_are_used_or_refused(kind, place, data):
    load, texts = KINDS[kind]
    values = data.draw(hostile.mutated_data(yaml.safe_load(data.draw(st.sampled_from(texts)))))
    place.write_text(hostile.dumped(values), encoding="utf-8")
    loads_or_complains(lambda: load(place))


SMOKE = yaml.safe_load((CONFIGS / "smoke.yaml").read_text(encoding="utf-8"))
OVERRIDES = st.builds(
    "{}{}={}".format,
    st.sampled_from([*hostile.paths_in(SMOKE), "individual_spread", "habitats", "env.drugs", "workers", *hostile.KEYS]),
    st.sampled_from(["", "", "", ".x", "[0]", ".0", ".²", "[", "..", ".a.b.c", "[99999999999]", "[-1]"]),
    st.one_of(
        st.sampled_from(hostile.VALUES).map(lambda value: hostile.dumped(value).removesuffix("...\n").strip()),
        st.sampled_from(hostile.SNIPPETS),
        st.sampled_from(["[" * 100_000, "{a: " * 5_000, "[" + "1," * 100_000 + "]", "x" * 1_000_000]),
    ),
)


@given(overrides=st.lists(OVERRIDES, min_size=1, max_size=2))
@MANY
def test_mutated_overrides_are_used_or_refused(overrides):
    loads_or_complains(lambda: load_config(CONFIGS / "smoke.yaml", overrides))
    loads_or_complains(lambda: load_recording(RECORDING, overrides))


NUMBERS = ["0", "-1", "1e9", "nan", "inf", "999999999999", "99999999999999", "1" * 400, "x", "", " ", "²", "1.5"]
PATHS = ["", " ", "~nosuchuser/x", "no/such", "/", ".", "x" * 5000, "a\nb", "\u202e", "/dev/null/x", "é", "loop"]
OPTIONS = {
    "--repeats": NUMBERS,
    "--vectors": NUMBERS,
    "--steps": NUMBERS,
    "--seed": NUMBERS,
    "--cohousing-h": NUMBERS,
    "--gain": NUMBERS,
    "--output": PATHS,
    "--protocol": PATHS,
    "--with": PATHS,
    "--config": PATHS,
    "--gif": PATHS,
    "--png": PATHS,
    "--pairs": ["", "XX", "FF"],
    "--preset": ["", "quik", "x" * 5000],
    "--animal": PATHS,
    "--events": None,
    "--overwrit": None,
    "-z": None,
}


VERBS = ["train", "resume", "evaluate", "report", "calibrate", "infer", "render", "record", "check", "trian"]


@pytest.fixture(scope="module")
def loaded():
    """Import what verbs import late, so that it is not counted as theirs."""
    for verb in VERBS:
        main([verb, "no/such"])


@pytest.mark.usefixtures("loaded")
@given(data=st.data())
@MANY
def test_mutated_command_lines_are_refused_in_a_few_lines(data):
    # Every one is refused, because the run, the data or the configuration is not there.
    verb = data.draw(st.sampled_from(VERBS))
    arguments = [verb, data.draw(st.sampled_from(["no/such", "", "~nosuchuser/x", "x" * 300, "x" * 5000, "no\nsuch"]))]
    for option in data.draw(st.lists(st.sampled_from(list(OPTIONS)), max_size=2)):
        values = OPTIONS[option]
        arguments += [option] if values is None else [option, data.draw(st.sampled_from(values))]
    code, text = _said(arguments)
    assert code == 2, (arguments, text)
    hostile.check_text(text)


def _said(arguments):
    import contextlib
    import io

    err, out = io.StringIO(), io.StringIO()
    with hostile.no_hang(), contextlib.redirect_stderr(err), contextlib.redirect_stdout(out):
        code = main(arguments)
    return code, err.getvalue().strip("\n")


# --- single cases, each found in the wild


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: " + "{b: " * 300 + "1" + "}" * 300, "line 1: more than 32 lists or mappings inside each other"),
        ("a: " + "[" * 400 + "]" * 400, "line 1: more than 32 lists or mappings inside each other"),
        ("[" * 100_000, "line 1: more than 32 lists or mappings inside each other"),
        ("- " * 100_000, "line 1: more than 32 lists or mappings inside each other"),
        ('a: "\\U00110000"', "not valid YAML"),
        ('a: "\\Uffffffff"', "not valid YAML"),
        ('a: "\\ud800"', "line 1: not valid YAML: half a character"),
        ("a: [" + "1, " * 100_000 + "1]", "too large: more than 10,000 keys and values"),
        ("a: [" + "1, " * 200_000 + "1]", "too large"),
        ("a: " + "x" * 1_000_000, "too large"),
        ("a: " + "x" * 20_000, "line 1: a value of 20,000 characters; at most 10,000"),
        ("x" * 20_000 + ": 1", "line 1: "),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_no_configuration_needs_is_refused(text, line, place):
    place.write_text(text, encoding="utf-8")
    for load in (load_config, load_recording, load_protocol, load_registry):
        told = loads_or_complains(lambda load=load: load(place))
        assert told is not None
        assert line in told


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("seed.²=1", "cannot set seed.²: seed is no section, but "),
        ("env.dt_s=1e-308", "env.dt_s must be a number from 0.01 to 600, got 1e-308"),
        ("env.duration_s=1e15", "env.duration_s must be a number from 0.01 to 2.592e+06, got 1e+15"),
        ("probes.repeats=1e9", "probes.repeats must be at most 10000, got 1e+09"),
        ("evaluation.repeats=999999999999", "evaluation.repeats must be at most 10000, got 999999999999"),
        ("output=~nosuchuser/x", "output is not usable: ~nosuchuser/x: there is no user of this name"),
        ("env.reset.separation_h=1e6", "env.reset.separation_h must be a number from 0 to 8760, got 1e+06"),
        ("ppo.learning_rate=1e-300", "ppo.learning_rate must be at least 1e-12, got 1e-300"),
        ("ppo.learning_rate=1e300", "ppo.learning_rate must be at most 1e+09, got 1e+300"),
        ("ppo.net_arch=[" + "1, " * 80 + "1]", "ppo.net_arch must be a list of at most 64, got 81"),
    ],
)
def test_numbers_have_a_plausible_range(override, line):
    told = loads_or_complains(lambda: load_config(CONFIGS / "smoke.yaml", [override]))
    assert told == f"command line: {told.removeprefix('command line: ')}"
    assert line in told


def test_an_id_that_cannot_be_printed_is_escaped(place):
    place.write_text(RECORDING.read_text(encoding="utf-8").replace("socialrl/OxytocinRelease-v0", '"\\u202e"'))
    assert "to be recorded, got the text '\\u202e'" in loads_or_complains(lambda: load_recording(place))


def test_many_ticks_are_refused_together():
    told = loads_or_complains(lambda: load_config(CONFIGS / "smoke.yaml", ["env.dt_s=0.01", "env.duration_s=2592000"]))
    assert "env.duration_s must be at most 10,000,000 ticks of env.dt_s = 0.01 s, got 2.592e+06 s" in told


def test_the_assay_of_a_protocol_is_a_name(place):
    place.write_text("name: p\nphases: [{assay: {id: [PartnerPreference], with: [partner]}}]\n")
    told = loads_or_complains(lambda: load_protocol(place))
    assert told.endswith(", got a list")
    assert "phase 1 (assay): id must be the name of an assay" in told


@pytest.mark.parametrize("load", [load_config, load_recording, load_protocol, load_registry])
def test_links_folders_and_other_encodings_are_refused(load, tmp_path):
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert "a link on the path points to itself" in loads_or_complains(lambda: load(loop))
    assert "is a folder" in loads_or_complains(lambda: load(tmp_path))
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Präferenz\n".encode("latin-1"))
    assert "not a text file (UTF-8 is expected)" in loads_or_complains(lambda: load(latin))
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (limits.MAX_FILE_BYTES + 1))
    assert "too large" in loads_or_complains(lambda: load(large))


def test_a_mark_of_the_byte_order_is_no_mistake(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (CONFIGS / "smoke.yaml").read_bytes().replace(b"\n", b"\r\n"))
    assert load_config(path) == load_config(CONFIGS / "smoke.yaml")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["evaluate", "x", "--repeats", "999999999999"], "--repeats must be from 1 to 10000, got 999999999999"),
        (
            ["calibrate", "x", "--seed", "99999999999999999999"],
            "--seed must be from 0 to 9.22337e+18, got 9999999999999999",
        ),
        (
            ["train", str(CONFIGS / "smoke.yaml"), "--output", ""],
            "'--output': needs the name of a file or folder, got ''",
        ),
        (["train", str(CONFIGS / "smoke.yaml"), "output=~nosuchuser/x"], "there is no user of this name"),
        (["train", str(CONFIGS / "smoke.yaml"), "--output", "~nosuchuser/x"], "there is no user of this name"),
        (["record", str(RECORDING), "output=~nosuchuser/x"], "there is no user of this name"),
        (["evaluate", "~nosuchuser/x"], "there is no user of this name"),
        (["render", "x", "--gif", ""], "'--gif': needs the name of a file or folder"),
    ],
)
def test_the_command_line_has_the_same_limits(arguments, line):
    code, text = _said(arguments)
    assert code == 2
    assert line in text
    hostile.check_text(text)


def test_reading_yaml_never_nests_deeper_than_it_may():
    deep = "[" * limits.MAX_NESTING + "]" * limits.MAX_NESTING
    assert read_yaml(deep, "here") is not None
    with pytest.raises(UserError, match="inside each other"):
        read_yaml(f"[{deep}]", "here")
