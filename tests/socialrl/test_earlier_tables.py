"""Earlier parameter tables in configurations, runs and reports: what was found with them can be found again."""

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import write_run

from socialrl.animals.animal import animals_of, per_row
from socialrl.animals.companions import FrozenCompanionsEnv, random_companions
from socialrl.animals.rows import Lineup
from socialrl.config.loading import config_from_data, config_to_yaml, load_config, load_recording
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.inference.traits import animals, traits_of
from socialrl.progress import Silent
from socialrl.release.folder import record
from socialrl.report import tables
from socialrl.report.study import load
from socialrl.storage.files import read_json
from socialrl.storage.manifest import listing
from socialrl.storage.provenance import collect_meta
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run
from socialrl_envs import ASSAYS, parameters
from socialrl_envs.named_tables import CURRENT, kept_rows, read_rows, write_rows
from socialrl_envs.parameter_rows import ATTACHMENT, CARE, CONTEXTS, Parameter
from socialrl_envs.parameters import PARAMETERS

SMOKE = "configs/smoke.yaml"

# Every setting that numbers hang on is written out, so that no default can move them.
TINY = {
    "name": "tiny",
    "seed": 1,
    "workers": 1,
    "env": {
        "id": "socialrl/PartnerPreference-v0",
        "dt_s": 15,
        "duration_s": 900,
        "parameters": "v1",
        "reset": {"cohousing_h": [0, 24], "relationship": "peer", "separation_h": 0},
    },
    "genotypes": {"wt": {"oxtr_gain": 1.0}, "ko": {"oxtr_gain": 0.0, "parameters": {"stress_cost": 0.2}}},
    "animals": 2,
    "individual_spread": 1.0,
    "lives": 2,
    "steps": 512,
    "ppo": {
        "learning_rate": 1e-3, "n_steps": 64, "batch_size": 64, "n_epochs": 2, "gamma": 0.99, "gae_lambda": 0.95,
        "clip_range": 0.2, "ent_coef": 0.05, "vf_coef": 0.5, "max_grad_norm": 0.5, "net_arch": [16, 16],
    },
    "probes": {"every_steps": 256, "repeats": 1, "tests": []},
    "evaluation": {"repeats": 1, "tests": [{"name": "t", "cohousing_h": 24}]},
}  # fmt: skip

# What the same configuration without `parameters` gave when v1 was the only table, before tables had names.
GIVEN_BY_V1 = {
    "networks": "e318a474e28c5dde",
    "animals": "12e296aea7395d59",
    "episodes": "e7900354f1c0c5e1",
    "evaluation": "4d1572ea78795e93",
}
COUNTED = ("return", "huddle_s_partner", "huddle_s_stranger", "chamber_s_centre", "bouts_partner")


@pytest.fixture
def another_current_table(monkeypatch):
    rows = tuple(replace(row, value=(row.low + row.value) / 2.0, spread=row.spread + 0.1) for row in PARAMETERS)
    monkeypatch.setattr(parameters, "PARAMETERS", rows)


def digest(parts):
    joined = b"".join(one if isinstance(one, bytes) else np.ascontiguousarray(one).tobytes() for one in parts)
    return hashlib.sha256(joined).hexdigest()[:16]


def assert_has_v1(file: Path) -> None:
    written = {row["name"]: row for row in read_rows(file.read_text(encoding="utf-8"))}
    for row in kept_rows("v1"):
        assert {column: written[row["name"]][column] for column in row} == row


def new_run(folder: Path, **changes) -> RunFolder:
    config = config_from_data({**TINY, "output": str(folder), **changes})
    meta = collect_meta(config.seed, config.env.table)
    return RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta=meta)


def made_before_tables_had_names(run: RunFolder) -> RunFolder:
    """Take from a run folder what such runs have not: the table's name and its rows."""
    text = (run.path / "config.yaml").read_text().replace("    table: v1\n", "    stress_tau_s: 900.0\n")
    for name in ("parameters.csv", "sums.json"):
        (run.path / name).unlink()
    (run.path / "config.yaml").write_text(text)
    meta = {name: one for name, one in read_json(run.path / "meta.json").items() if name != "parameter_table"}
    (run.path / "meta.json").write_text(json.dumps(meta))
    run.close()
    return RunFolder.open(run.path)


def made_before(run: RunFolder, rows: tuple[Parameter, ...]) -> RunFolder:
    """Take rows out of the parameter table in a run folder, as if they were younger than the run."""
    file, younger = run.path / "parameters.csv", {row.name for row in rows}
    kept = write_rows([row for row in read_rows(file.read_text()) if row["name"] not in younger])
    file.write_text(kept)
    sums = read_json(run.path / "sums.json")
    sums["files"]["parameters.csv"] = listing({"parameters.csv": kept.encode()})["files"]["parameters.csv"]
    (run.path / "sums.json").write_text(json.dumps(sums))
    run.close()
    return RunFolder.open(run.path)


@pytest.mark.usefixtures("another_current_table")
def test_a_run_with_v1_is_byte_for_byte_what_it_was(tmp_path):
    with new_run(tmp_path) as run:
        train_run(run.config, run, progress=Silent())
        evaluate_run(run, progress=Silent())
    found = {"networks": digest([path.read_bytes() for path in sorted(run.models.glob("*.safetensors"))])}
    drawn = [f"param_{row['name']}" for row in kept_rows("v1") if float(row["spread"])]
    animals = run.read_table("animals")
    found["animals"] = digest([animals[name] for name in sorted([*drawn, "param_stress_cost"])])
    for name in ("episodes", "evaluation"):
        table = run.read_table(name)
        found[name] = digest([table[column] for column in COUNTED])
    assert found == GIVEN_BY_V1


def test_a_table_is_a_word_or_one_of_the_parameters(tmp_path):
    word = load_config(SMOKE, ["env.parameters=v1"])
    assert (word.env.table, word.env.changed_parameters) == ("v1", {})
    both = load_config(SMOKE, ["env.parameters={table: v1, exploration_reward: 6}"])
    assert (both.env.table, both.env.changed_parameters) == ("v1", {"exploration_reward": 6.0})
    assert load_config(SMOKE, ["env.parameters=v1", "env.parameters.exploration_reward=6"]) == both
    assert load_config(SMOKE, ["env.parameters.exploration_reward=6", "env.parameters.table=v1"]) == both
    file = tmp_path / "word.yaml"
    file.write_text(Path(SMOKE).read_text().replace("parameters: {}", "parameters: v1"))
    piece = tmp_path / "piece.yaml"
    piece.write_text("env:\n  parameters: {exploration_reward: 6}\n")
    assert load_config(file, [], [piece]).env == both.env
    assert load_config(SMOKE).env.table == CURRENT


def test_a_written_configuration_names_its_table(tmp_path):
    for table in ("v1", CURRENT):
        config = load_config(SMOKE, [f"env.parameters={table}"])
        again = tmp_path / f"{table}.yaml"
        again.write_text(config_to_yaml(config))
        assert f"table: {table}" in again.read_text()
        assert load_config(again, unnamed_table="v1") == config


@pytest.mark.usefixtures("another_current_table")
def test_the_range_of_a_parameter_is_that_of_its_table(monkeypatch):
    narrow = tuple(replace(row, high=row.value) for row in parameters.PARAMETERS)
    monkeypatch.setattr(parameters, "PARAMETERS", narrow)
    assert load_config(SMOKE, ["env.parameters={table: v1, contact_floor: 1.5}"]).env.table == "v1"
    with pytest.raises(UserError, match=r"contact_floor is not usable: parameter 'contact_floor' is out of range"):
        load_config(SMOKE, ["env.parameters={contact_floor: 1.5}"])


@pytest.mark.usefixtures("another_current_table")
def test_animals_have_the_values_of_their_table_where_only_others_have_changed_them():
    config = config_from_data({**TINY, "individual_spread": 0.0})
    animals = animals_of(config)
    assert {one.table for one in animals} == {"v1"}
    assert per_row(animals, 1)["stress_cost"] == [0.3, 0.3, 0.2, 0.2]
    assert Lineup(ASSAYS[config.env.id], animals, 1).arguments()["table"] == "v1"
    with pytest.raises(ValueError, match="one parameter table, got v1, v2"):
        per_row([animals[0], replace(animals[1], table="v2")], 1)


def test_companions_live_in_one_table_with_the_animal_that_joins_them():
    companions = replace(random_companions(), world={"table": "v1"})
    assert FrozenCompanionsEnv(companions).world.parameters["contact_floor"][-1] == 0.7
    with pytest.raises(UserError, match=r"table must be v1, which the companions were trained with, got 'v2'"):
        FrozenCompanionsEnv(companions, table="v2")


@pytest.mark.usefixtures("another_current_table")
def test_a_recording_takes_its_table(tmp_path):
    overrides = [f"output={tmp_path}", "animals=2", "individual_spread=0"]
    of_v1 = record(load_recording("configs/oxytocin_release.yaml", [*overrides, "name=a", "env.parameters=v1"]))
    of_now = record(load_recording("configs/oxytocin_release.yaml", [*overrides, "name=b"]))
    # in wild types a train of 30 s in which every second is stimulated gives 1 − exp(−30 s / τ)
    assert of_v1["peak_oxytocin"][0] == pytest.approx(1.0 - math.exp(-30.0 / 120.0))
    assert of_now["peak_oxytocin"][0] == pytest.approx(1.0 - math.exp(-30.0 / 65.0))
    assert_has_v1(tmp_path / "a" / "parameters.csv")
    assert read_json(tmp_path / "a" / "recording.json")["parameter_table"] == "v1"


def test_a_run_keeps_its_table_and_says_its_name(tmp_path):
    with new_run(tmp_path) as run:
        assert run.meta["parameter_table"] == "v1"
        assert_has_v1(run.path / "parameters.csv")
        assert not run.problems()


def test_a_run_of_before_tables_had_names_has_v1(tmp_path):
    old = made_before_tables_had_names(new_run(tmp_path))
    assert old.config.env.parameters == {"table": "v1", "stress_tau_s": 900.0}
    assert load_config(old.path / "config.yaml").env.table == CURRENT, "a file of one's own has the current table"


def test_a_run_whose_table_was_changed_since_is_refused_and_still_reported(tmp_path, monkeypatch):
    with new_run(tmp_path, env={**TINY["env"], "parameters": CURRENT}) as run:
        pass
    taller = replace(PARAMETERS[3], value=60.0, spread=0.2)
    monkeypatch.setattr(parameters, "PARAMETERS", (*PARAMETERS[:3], taller, *PARAMETERS[4:]))
    with pytest.raises(UserError) as refused:
        _ = RunFolder.open(run.path).config
    assert str(refused.value) == (
        f"{run.path} was made when parameter table v2 had other numbers (oxytocin_tau_s 120 with log-sd 0, now 60 with "
        "log-sd 0.2); use the version of socialrl that made it (meta.json), or train it again"
    )
    rows = load([RunFolder.open(run.path)]).parameters["tiny"]
    assert rows[3].value == 120.0
    later = replace(PARAMETERS[3], name="warming_worth", value=0.0, low=0.0, spread=0.0)
    monkeypatch.setattr(parameters, "PARAMETERS", (*PARAMETERS, later))
    assert RunFolder.open(run.path).config.env.table == CURRENT, "what came later and is off changes nothing"


def test_what_has_no_effect_in_a_run_may_differ_from_its_table(tmp_path, monkeypatch):
    runs = {}
    for attachment in (False, True):
        env = {**TINY["env"], "parameters": CURRENT, "attachment": attachment}
        with new_run(tmp_path / str(attachment), env=env) as run:
            runs[attachment] = made_before(run, (*ATTACHMENT, *CONTEXTS, *CARE))
    assert runs[False].config.env.table == CURRENT
    with pytest.raises(UserError) as refused:
        _ = runs[True].config
    n_off = sum(row.low <= 0.0 and row.value != 0.0 for row in ATTACHMENT)
    assert (
        f"parameter table {CURRENT} had other numbers (care_to_expression 0 with log-sd 0, now {ATTACHMENT[0].value:g} "
        f"with log-sd 0; {n_off - 1} more differ); use the version"
    ) in str(refused.value)
    study = load([RunFolder.open(new_run(tmp_path, env={**TINY["env"], "parameters": CURRENT}).path), runs[False]])
    shown = tables.parameters(study, [vars(row) for row in next(iter(study.parameters.values()))])
    assert not any(cell.marked for row in shown.rows for cell in row), "nothing that moves a result differs"

    of_males = replace(PARAMETERS[3], male=100.0)
    monkeypatch.setattr(parameters, "PARAMETERS", (*PARAMETERS[:3], of_males, *PARAMETERS[4:]))
    with pytest.raises(UserError, match=r"120 with log-sd 0, now 120 \(males 100\) with log-sd 0\)"):
        _ = runs[False].config


def test_a_report_shows_the_tables_of_its_runs(tmp_path, monkeypatch):
    first, second = (RunFolder.open(write_run(tmp_path / name)) for name in ("a", "b"))
    study = load([first, second])
    wide = replace(PARAMETERS[3], value=90.0, spread=0.2)
    monkeypatch.setitem(study.parameters, "b", (*PARAMETERS[:3], wide, *PARAMETERS[4:]))
    monkeypatch.setitem(study.configs["b"]["env"], "parameters", {"table": CURRENT})
    shown = tables.parameters(study, [vars(row) for row in study.parameters["a"]])
    row = shown.rows[3]
    assert (row[1].text, row[1].below, row[1].marked) == ("120", "in another table: 90 (b)", True)
    assert (row[4].below, row[4].marked) == ("in another table: 0.2 (b)", True)
    assert shown.note.startswith("Parameter table v1 (a), v2 (b). ")
    alone = load([first])
    note = tables.parameters(alone, [vars(row) for row in alone.parameters["a"]]).note
    assert note.startswith("Parameter table v1. Spread: ")


@pytest.mark.usefixtures("another_current_table")
def test_simulations_for_inference_take_their_table():
    base = {"table": "v1", "stress_cost": 0.1}
    traits = traits_of(base)
    spread = {row["name"] for row in kept_rows("v1") if float(row["spread"])}
    assert {one.name for one in traits} == spread | {"oxtr_gain"}
    (animal,) = animals(traits, np.zeros((1, len(traits))), 0, base)
    assert animal.table == "v1"
    assert "table" not in animal.parameters
    assert animal.parameters["contact_floor"] == pytest.approx(0.7)
    assert animal.parameters["stress_cost"] == 0.1
