"""Findings from a user's own file or from Python: added to the shipped ones or in their place, mistakes in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny_reproduction as tiny
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.findings import load_findings, load_registry
from socialrl.reproduction import driver
from socialrl.reproduction.presets import PRESETS
from socialrl.reproduction.stages import stages_of

EXAMPLE = Path(__file__).parents[2] / "configs" / "findings" / "example.yaml"


def changed(tmp_path: Path, **changes: object) -> Path:
    """The example with keys of the file changed; None removes one."""
    data = {**yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), **changes}
    path = tmp_path / "findings.yaml"
    kept = {key: value for key, value in data.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return path


def test_the_example_takes_the_place_of_the_shipped_findings_and_needs_one_assay_and_two_groups():
    registry = load_findings(EXAMPLE)
    assert [one.id for one in registry.findings] == ["X01"]
    assert set(registry.conditions) == {"intruder_168h", "intruder_0h"}
    (stage,) = stages_of(PRESETS["quick"], 1, Path("unused"), registry)
    assert stage.assay == "StrangerEncounter"
    assert [group.name for group in stage.groups] == ["wt", "ko"]
    assert [test.name for test in stage.config.evaluation.tests] == ["intruder_168h", "intruder_0h"]


def test_a_file_adds_to_the_shipped_findings_unless_it_says_otherwise(tmp_path):
    registry = load_findings(changed(tmp_path, with_shipped=None))
    assert [one.id for one in registry.findings] == [*(one.id for one in load_registry().findings), "X01"]
    assert [*load_registry().conditions, "intruder_0h"] == list(registry.conditions)
    assert load_registry() is load_registry()
    assert "intruder_0h" not in load_registry().conditions


def test_a_finding_is_added_from_python_as_data():
    data = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    registry = load_registry().adding({"findings": data["findings"]}, "mine")
    assert registry.findings[-1].id == "X01"
    with pytest.raises(UserError, match="mine: X01: condition intruder_0h comes with socialrl"):
        registry.adding({"findings": data["findings"]}, "mine")
    data["findings"][0]["contrasts"][0]["measure"] = "atacks"
    with pytest.raises(UserError, match=r"mine: X01: contrasts\[0\]: unknown measure 'atacks'; did you mean 'attacks'"):
        load_registry().adding({"findings": data["findings"]}, "mine")


@pytest.mark.parametrize(
    ("finding", "contrast", "message"),
    [
        (
            {"use": "calibrated", "mechanism": "contact_floor"},
            {},
            "X01: mechanism: is not allowed where use is calibrated; allowed with use: mechanism or predicted",
        ),
        (
            {},
            {"use": "novel", "mechanism": "contact_floor"},
            r"contrasts\[0\].mechanism: is not allowed where use is novel",
        ),
        (
            {"use": "mechanism", "mechanism": "contact_flor"},
            {},
            "X01: mechanism: unknown parameter 'contact_flor'; did you mean 'contact_floor'",
        ),
        (
            {},
            {"use": "mechanism", "mechanism": ["contact_floor", "none"]},
            r"X01: contrasts\[0\].mechanism: unknown parameter 'none'",
        ),
    ],
)
def test_a_mechanism_needs_its_use_and_a_parameter_of_the_model(finding, contrast, message):
    data = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["findings"]
    data[0].update(finding)
    data[0]["contrasts"][0].update(contrast)
    with pytest.raises(UserError, match=message):
        load_registry().adding({"findings": data}, "mine")


def test_a_mechanism_of_the_finding_is_that_of_its_marked_comparisons():
    data = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["findings"]
    own = {**data[0]["contrasts"][0], "use": "mechanism", "mechanism": "withdrawal_s"}
    data[0].update(use="mechanism", mechanism=["contact_floor"])
    data[0]["contrasts"] = [data[0]["contrasts"][0], own, {**data[0]["contrasts"][0], "use": "predicted"}]
    finding = load_registry().adding({"findings": data}).finding("X01")
    named = [finding.mechanism_of(one) for one in finding.contrasts]
    assert named == [("contact_floor",), ("withdrawal_s",), ()]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"findings": []}, "findings is empty, and with_shipped is false"),
        ({"with_shipped": "no"}, "with_shipped"),
        ({"finding": []}, "unknown key finding; did you mean findings?"),
        (
            {"groups": {"wild_type": {"oxtr_gain": 1.0, "names": ["w"]}}},
            "group wild_type comes with socialrl; give yours another name",
        ),
        (
            {"conditions": {"StrangerEncounter": [{"name": "intruder_168h"}]}},
            "condition intruder_168h comes with socialrl",
        ),
        (
            {"measures": {"a": {"label": "A", "unit": "s", "sum": ["x"], "per": []}, "attacks": None}},
            "measures.attacks",
        ),
    ],
)
def test_a_mistake_in_a_file_is_one_line_and_nothing_is_made(tmp_path, capsys, changes, message):
    path = changed(tmp_path, **changes)
    output = tmp_path / "run"
    assert main(["reproduce", "--findings", str(path), "--output", str(output)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {path}: ")
    assert message in line
    assert not output.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"- 1", b"findings: {}", b"findings: [1]", b"a: [", b"1", b""])
def test_a_file_that_holds_something_else_is_one_line(tmp_path, content):
    path = tmp_path / "findings.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=str(path)) as error:
        load_findings(path)
    assert "\n" not in str(error.value)


KEYS = ["id", "source", "use", "contrasts", "conditions", "drugs", "this", "minus", "where", "measure", "session", "x"]
JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just([[1]])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_example_is_read_or_refused_in_one_line(data):
    """Somewhere in the example a value is replaced or a key is added."""
    changed = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    at = changed
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
            break
        at = at[key]
    new = data.draw(JUNK | st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=2))
    if isinstance(at, dict) and data.draw(st.booleans()):
        at[data.draw(st.sampled_from(KEYS))] = new
    else:
        at[key] = new
    try:
        load_registry().adding(changed)
    except UserError as refused:
        assert "\n" not in str(refused)  # noqa: PT017 -- most of what is drawn is refused, some is not


@pytest.mark.slow
def test_the_example_is_reproduced_from_file_to_scorecard(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        tiny.shrink_training(patch.setattr)
        patch.setitem(PRESETS, "quick", tiny.TINY)
        output = tmp_path / "run"
        assert main(["reproduce", "--findings", str(EXAMPLE), "--output", str(output), "--quiet"]) == 0
    content = json.loads((output / "scorecard.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in content["findings"]] == ["X01"]
    assert content["made"]["findings"] == ["example.yaml"]
    assert all(row["n"] == 8 for row in content["findings"][0]["comparisons"])
    assert "X01" in capsys.readouterr().out
    assert driver.provenance("quick", 1)["findings"] == []
