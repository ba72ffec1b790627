"""Findings from a user's own file or from Python: added to the shipped ones or in their place, mistakes in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny_reproduction as tiny
import yaml

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
    with pytest.raises(UserError, match="mine: X01: condition intruder_0h occurs twice"):
        registry.adding({"findings": data["findings"]}, "mine")
    data["findings"][0]["contrasts"][0]["measure"] = "atacks"
    with pytest.raises(UserError, match=r"mine: X01: contrasts\[0\]: unknown measure 'atacks'; did you mean 'attacks'"):
        load_registry().adding({"findings": data["findings"]}, "mine")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"findings": []}, "findings is empty, and with_shipped is false"),
        ({"with_shipped": "no"}, "with_shipped"),
        ({"finding": []}, "unknown key 'finding'; did you mean 'findings'?"),
        ({"groups": {"wild_type": {"oxtr_gain": 1.0, "names": ["w"]}}}, "group wild_type occurs twice"),
        ({"conditions": {"StrangerEncounter": [{"name": "intruder_168h"}]}}, "condition intruder_168h occurs twice"),
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
