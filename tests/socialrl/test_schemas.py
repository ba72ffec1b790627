"""JSON Schema of files: kept as the code makes it, true of every shipped file, and false of files with a mistake."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from socialrl.authoring.catalogue import MODELINE
from socialrl.authoring.kinds import KINDS, kind_of
from socialrl.authoring.schemas import schema_files
from socialrl.cli import main
from socialrl.config import config_from_data, config_to_yaml, load_config
from socialrl.config.strict_yaml import read_yaml
from socialrl.errors import UserError

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install 'socialrl[dev]'")

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "configs" / "schema"
FILES = [*sorted((ROOT / "configs").rglob("*.yaml")), *sorted((ROOT / "socialrl").rglob("*.yaml"))]
ANEW = "write it anew: socialrl schema --output configs/schema --overwrite"


def data_of(path: Path) -> dict[str, Any]:
    return read_yaml(path.read_text(encoding="utf-8"), path.name)


@pytest.fixture(scope="module")
def validators() -> dict[str, Any]:
    """The kept schemas by kind, each a correct schema itself."""
    found = {}
    for path in KEPT.glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        found[path.stem] = jsonschema.Draft7Validator(schema)
    return found


def test_the_kept_schemas_are_those_that_the_code_makes():
    made = schema_files()
    assert sorted(made) == sorted(path.name for path in KEPT.iterdir())
    for name, text in made.items():
        assert (KEPT / name).read_text(encoding="utf-8") == text, f"{name} is old; {ANEW}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_file_has_a_modeline_for_its_kind_and_is_valid(path, validators):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    modeline = MODELINE.fullmatch(first)
    kind = kind_of(data_of(path))
    assert modeline is not None, f"{path.name} must begin with: # yaml-language-server: $schema=…/{kind.name}.json"
    assert modeline[2] == kind.name
    assert (path.parent / modeline[1] / f"{modeline[2]}.json").resolve() == KEPT / f"{kind.name}.json"
    assert [error.message for error in validators[kind.name].iter_errors(data_of(path))] == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if "experiment.json" in path.read_text()], ids=lambda p: p.stem
)
def test_what_a_run_folder_keeps_is_valid(path, validators):
    whole = read_yaml(config_to_yaml(load_config(path)), path.name)
    assert [error.message for error in validators["experiment"].iter_errors(whole)] == []


# What the strict reader and the checks accept beside what the examples hold.
ACCEPTED = {
    "steps": 3e5,
    "name": 2024,
    "ppo.learning_rate": "lin_3e-3",
    "ppo.clip_range_vf": "lin_.5",
    "env.parameters": "v1",
    "env.parameters ": {"table": "v1", "oxytocin_tau_s": {"female": 60, "male": 90}},
    "env.reset.session": None,
    "env.reset.cohousing_h": 24,
    "individual_spread": {"scale": 0.5, "oxytocin_tau_s": 0.2},
    "genotypes.wt.arms": {"reward": "knockout"},
    "genotypes.ko.sex": "mixed",
    "evaluation.duration_s": None,
    "env.drugs": [{"drug": "antagonist", "dose": 1, "start_s": -600, "end_s": 600, "share": 0.5}],
}

# What they refuse; a schema must see it, too.
REFUSED = {
    "stpes": 3,
    "seed": 1.5,
    "seed ": "one",
    "engine": "chort",
    "env.id": "socialrl/PartnerPreferense-v0",
    "env.dt_s": 0,
    "env.parameters": {"oxytocin_tau": 60},
    "env.parameters ": {"oxytocin_tau_s": -1},
    "env.parameters  ": "v0",
    "env.reset.relationship": ["peer", "friend"],
    "env.reset.cohousing_h": [],
    "genotypes.ko.oxtr_gain": 3,
    "genotypes.ko.gain": 0.5,
    "genotypes.ko": None,
    "individual_spread": -1,
    "ppo.gamma": 1.5,
    "ppo.net_arch": 64,
    "ppo.learning_rate": "linear",
    "env.arms": {"reward": "off"},
    "env.drugs": [{"drug": "antagonist", "dose": 1}],
    "evaluation.tests": [{"name": "a b", "cohousing_h": 1}],
    "animals": True,
}


def changed(key: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(data_of(ROOT / "configs" / "smoke.yaml"))
    *way, last = key.strip().split(".")
    here = data
    for part in way:
        here = here[part]
    here[last] = value
    return data


@pytest.mark.parametrize("key", ACCEPTED)
def test_a_schema_accepts_what_the_reader_accepts(key, validators):
    data = changed(key, ACCEPTED[key])
    # a name is kept as it is written, before it is checked
    config_from_data({**data, "name": str(data["name"])})
    assert [error.message for error in validators["experiment"].iter_errors(data)] == []


@pytest.mark.parametrize("key", REFUSED)
def test_a_schema_refuses_a_mistake(key, validators):
    data = changed(key, REFUSED[key])
    with pytest.raises(UserError):
        config_from_data(data)
    assert not validators["experiment"].is_valid(data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("protocol", {"name": "a", "phases": [{"cohouse": {"hours": 6}, "separate": {"hours": 1}}]}),
        ("protocol", {"name": "a", "phases": [{"cohouse": None}]}),
        ("protocol", {"name": "a", "phases": [{"cohouse": {"hours": 6, "with": ["Partner"]}}]}),
        ("protocol", {"name": "a", "phases": [{"assay": {"id": "PartnerPreferences"}}]}),
        ("protocol", {"name": "a", "phases": [], "histories": {}}),
        ("protocol", {"name": "a"}),
        ("findings", {"findings": [{"id": "X01"}]}),
        ("findings", {"conditions": {"PartnerPreference": [{"name": "a", "life": [{"raer": {"days": 21}}]}]}}),
        ("findings", {"groups": {"a": {"oxtr_gain": 1, "names": []}}}),
        ("lineage", {"name": "a", "seed": 1, "founders": {"wt": {"oxtr_gain": 1}}, "cells": {"c": {"dam": "wt"}}}),
        ("lineage", {"name": "a", "seed": 1, "founders": {}, "cells": {}, "care": {"env": {"dt": 15}}}),
        ("recording", {"name": "a", "seed": 1, "genotypes": {}, "animals": 4, "sex": ["femal"]}),
        ("parameters", {"env": {"parameters": {"oxytocin_tau_s": 60}, "arms": {}}}),
    ],
)
def test_schemas_of_other_files_refuse_mistakes(kind, data, validators):
    assert not validators[kind].is_valid(data)


def test_cohousing_may_be_one_or_several(validators):
    one = {"with": "partner", "days": 5}
    for cohouse in (one, [one, {"with": ["sister", "brother"], "hours": 1}]):
        assert validators["protocol"].is_valid({"name": "a", "phases": [{"cohouse": cohouse}]})
    assert not validators["protocol"].is_valid({"name": "a", "phases": [{"cohouse": []}]})


def test_names_are_offered_where_a_comparison_has_them_and_others_stay_allowed(validators):
    definitions = validators["findings"].schema["definitions"]
    assert "preference" in definitions["Contrast"]["properties"]["measure"]["examples"]
    one, several = definitions["Side"]["properties"]["group"]["anyOf"]
    assert {"wild_type", "knockout"} < set(one["examples"])
    assert one["examples"] == several["items"]["examples"]
    assert "cohoused_24h" in definitions["Side"]["properties"]["minus"]["anyOf"][0]["examples"]
    finding = data_of(ROOT / "configs" / "findings" / "example.yaml")
    finding["findings"][0]["contrasts"][0]["measure"] = "a_measure_of_mine"
    assert validators["findings"].is_valid(finding)


def keys_without_words(schema: dict[str, Any]) -> Iterator[str]:
    for name, record in {"": schema, **schema["definitions"]}.items():
        for key, shape in record.get("properties", {}).items():
            if not shape.get("description"):
                yield f"{name}.{key}"


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_every_key_is_explained(path):
    found = list(keys_without_words(json.loads(path.read_text(encoding="utf-8"))))
    assert found == [], "say what it means in socialrl/authoring/meanings.py"


def test_a_key_without_words_is_seen():
    record = {"properties": {"said": {"description": "x"}, "unsaid": {"type": "number"}}}
    assert list(keys_without_words({"definitions": {"A": record}})) == ["A.unsaid"]


# --- the verb --------------------------------------------------------------------------------------------------------


def test_the_verb_lists_prints_and_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["schema"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:-1]] == [one.name for one in KINDS]
    assert main(["schema", "protocol"]) == 0
    protocol = capsys.readouterr().out
    assert json.loads(protocol)["title"] == "socialrl: protocol"
    assert main(["schema", "protocol", "--output", "schema"]) == 0
    assert [path.name for path in Path("schema").iterdir()] == ["protocol.json"]
    assert Path("schema/protocol.json").read_text(encoding="utf-8") == protocol
    assert capsys.readouterr().out == "schema/protocol.json\n"
    assert main(["schema", "protocol", "--output", "schema"]) == 2
    assert "schema/protocol.json exists; give another --output" in capsys.readouterr().err
    assert main(["schema", "protocl"]) == 2
    assert "unknown kind of file 'protocl'; did you mean 'protocol'?" in capsys.readouterr().err
