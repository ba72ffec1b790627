"""A whole reproduction in small: stages that are done stay, stopped ones go on, and the scorecard is the same."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import tiny_reproduction as tiny
from described_tables import undescribed
from rich.console import Console

from socialrl.cli import main
from socialrl.config.given_parameters import read_parameters
from socialrl.errors import UserError
from socialrl.findings.results import read_result
from socialrl.findings.variants import UNCHANGED
from socialrl.reproduction import driver, stages
from socialrl.scorecard import page
from socialrl.scorecard.terminal import findings_table
from socialrl.storage import provenance
from socialrl.storage.run_folder import RunFolder
from socialrl_envs.parameters import parameter

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def small(monkeypatch):
    tiny.shrink(monkeypatch.setattr)
    monkeypatch.setattr(page, "draw", lambda *_: [])  # figures have tests of their own
    monkeypatch.setattr(provenance, "_commit", lambda: ("0" * 40, False))


def run(folder: Path, preset=tiny.TINY, seed: int = 1, said: list[str] | None = None) -> dict:
    lines = [] if said is None else said
    page = driver.reproduce(folder / "run", "tiny", seed, quiet=True, say=lines.append, preset=preset)
    assert page == folder / "run" / "scorecard.html"
    return json.loads(page.with_name("scorecard.json").read_text())


def done(folder: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in (folder / "run").glob("*/DONE")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A reproduction that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        tiny.shrink(patch.setattr)
        patch.setattr(page, "draw", lambda *_: [])
        patch.setattr(provenance, "_commit", lambda: ("0" * 40, False))
        run(folder)
    return folder


def test_every_stage_is_a_finished_run_and_says_itself_in_one_line(tmp_path):
    said: list[str] = []
    content = run(tmp_path, said=said)
    assert [line.split(",")[0] for line in said] == [
        "stage 1 of 3: StrangerEncounter",
        "stage 2 of 3: GroupHabitat",
        "stage 3 of 3: OxytocinRelease",
        "scorecard",
    ]
    assert set(done(tmp_path)) == {"StrangerEncounter", "GroupHabitat"}
    habitat = RunFolder.open(tmp_path / "run" / "GroupHabitat").read_table("evaluation")
    assert habitat.groupby("genotype")["unit"].nunique().eq(8).all()
    assert habitat["duration_s"].eq(7200).all()  # the length of tests, not that of training episodes
    made = content["made"]
    assert (made["preset"], made["seed"], made["commit"]) == ("tiny", 1, "0" * 40)
    assert made["versions"]["socialrl"]
    assert undescribed(tmp_path / "run", "scorecard", "animals", "dose_response", "ablation", "sensitivity") == {}
    when = json.loads((tmp_path / "run" / "reproduction.json").read_text())
    assert when["started"]
    assert set(when["seconds_of_this_call"]) == set(tiny.ASSAYS)


def test_controls_are_judged_on_every_assay_that_was_run(whole):
    content = json.loads((whole / "run" / "scorecard.json").read_text())
    ran = {one["id"]: {} for one in content["findings"] if one["kind"] == "control"}
    for one in content["findings"]:
        for row in one["comparisons"] if one["id"] in ran else ():
            ran[one["id"]].setdefault(row["assay"], set()).add(row["verdict"] != "not run")
    for name, assays in {
        "N01": ["GroupHabitat"],
        "N02": ["StrangerEncounter", "GroupHabitat", "OxytocinRelease"],
        "N04": ["StrangerEncounter", "GroupHabitat"],
    }.items():
        assert [ran[name][assay] for assay in assays] == [{True}] * len(assays)


def test_a_stage_that_was_stopped_goes_on_and_ends_with_the_same_bytes(whole, tmp_path, monkeypatch):
    def interrupt() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(driver, "open_progress", tiny.stopping(interrupt))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    first = done(tmp_path)
    assert set(first) == {"StrangerEncounter"}
    assert list((tmp_path / "run" / "GroupHabitat" / "checkpoints").glob("checkpoint-*"))
    run(tmp_path)
    assert done(tmp_path)["StrangerEncounter"] == first["StrangerEncounter"]
    for name in ("scorecard.json", "scorecard.csv", "scorecard.html"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / "run" / name).read_bytes()


def test_a_reproduction_that_was_killed_goes_on_and_ends_with_the_same_numbers(whole, tmp_path):
    script = Path(tiny.__file__)
    killed = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "run")], capture_output=True, cwd=script.parent
    )
    assert killed.returncode == -9, killed.stderr.decode()
    assert set(done(tmp_path)) == {"StrangerEncounter"}
    assert run(tmp_path)["findings"] == json.loads((whole / "run" / "scorecard.json").read_text())["findings"]


def test_a_done_reproduction_is_not_repeated(whole, monkeypatch):
    before, scorecard = done(whole), (whole / "run" / "scorecard.json").read_bytes()
    monkeypatch.setattr(stages, "evaluate", None)
    run(whole)
    assert done(whole) == before
    assert (whole / "run" / "scorecard.json").read_bytes() == scorecard


def test_a_folder_of_another_seed_or_model_is_refused_before_anything_is_run(whole, monkeypatch):
    before = sorted((whole / "run").rglob("*"))
    with pytest.raises(
        UserError, match="made with another preset, seed, file of findings or version of the model; choose"
    ):
        run(whole, seed=2)
    monkeypatch.setattr(stages, "world_checksum", lambda: "changed")
    with pytest.raises(UserError, match="StrangerEncounter was made with another preset, seed, file"):
        run(whole)
    assert sorted((whole / "run").rglob("*")) == before


def test_a_reproduction_with_other_parameters_says_so_and_goes_on_only_with_them(whole, tmp_path):
    given = read_parameters(["v1", "contact_floor=0"])

    def with_them() -> Path:
        return driver.reproduce(tmp_path / "run", "tiny", 1, quiet=True, preset=tiny.TINY, parameters=given)

    html = with_them().read_text()
    assert "Parameters of all animals: table v1, contact_floor 0." in html
    assert "parameters: table v1, contact_floor 0" in html
    made = read_result(tmp_path / "run" / "scorecard.json").made["parameters"]
    assert made == given.recorded() == json.loads((tmp_path / "run" / "reproduction.json").read_text())["parameters"]
    habitat = RunFolder.open(tmp_path / "run" / "GroupHabitat")
    assert (habitat.config.env.table, habitat.meta["parameter_table"]) == ("v1", "v1")
    assert (habitat.read_table("animals")["param_contact_floor"] == 0.0).all()
    before = done(tmp_path)
    with_them()
    assert done(tmp_path) == before
    with pytest.raises(UserError) as refused:
        run(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / 'run' / 'StrangerEncounter'} was made with parameters table v1, contact_floor 0, not table v2; "
        "choose another --output, or give the same --parameters"
    )
    assert read_result(whole / "run" / "scorecard.json").made["parameters"]["in_words"] == "table v2"


def test_a_smaller_preset_uses_what_a_larger_one_has_trained_and_a_moved_folder_still_fits(tmp_path):
    with_arms = run(tmp_path, tiny.WITH_ARMS)
    ablation = pd.read_csv(tmp_path / "run" / "scorecard_tables" / "ablation.csv")
    assert set(ablation["arm"]) == {"all", "release", "consolidation", "reward", "defence", "retention"}
    before = done(tmp_path)
    assert set(before) == {"StrangerEncounter", "GroupHabitat", "StrangerEncounter-arms", "GroupHabitat-arms"}
    (tmp_path / "moved").mkdir()
    (tmp_path / "run").rename(tmp_path / "moved" / "run")
    without = run(tmp_path / "moved")
    assert done(tmp_path / "moved") == before
    # arms are changed animals beside the others and move no verdict
    assert without["findings"] == with_arms["findings"]


def test_changed_parameters_are_judged_one_by_one(tmp_path):
    run(tmp_path, tiny.WITH_PARAMETERS)
    table = pd.read_csv(tmp_path / "run" / "scorecard_tables" / "sensitivity.csv")
    tried = table.groupby("parameter")["factor"].agg(set).to_dict()
    assert tried == {UNCHANGED: {1.0}, "contact_floor": {0.5, 1.5}, "withdrawal_s": {0.5, 1.5}}
    assert {"F02", "F05", "F06"} <= set(table["finding"])
    # Same seeds and nothing changed: the animals of the main run once more.
    card = pd.read_csv(tmp_path / "run" / "scorecard.csv").set_index(["finding", "part"])["difference"]
    usual = table[table["parameter"] == UNCHANGED].set_index(["finding", "part"])["difference"]
    assert usual[("F06", "a")] == card[("F06", "a")]
    habitat = RunFolder.open(tmp_path / "run" / "GroupHabitat-parameters-1").read_table("evaluation")
    paid = habitat.groupby("genotype")["reward_contact_general"].mean()
    assert paid["contact_floor_x0_5_wt"] < paid["unchanged_x1_wt"] < paid["contact_floor_x1_5_wt"]


def test_the_terminal_names_every_compared_finding_with_its_verdict_and_what_it_hangs_on(whole):
    result = read_result(whole / "run" / "scorecard.json")
    changes = {"F01": {"hangs_on": "contact_floor"}, "N04": {"verdict": "reproduced"}}
    findings = tuple(dataclasses.replace(one, **changes.get(one.id, {})) for one in result.findings)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(findings_table(dataclasses.replace(result, findings=findings)))
    text = console.export_text()
    for one in findings:
        assert (one.id in text) == (one.kind != "context")
    assert "depends on contact_floor alone" in " ".join(text.split())
    assert "no effect" in next(line for line in text.splitlines() if line.startswith("N04"))


def test_scorecards_with_and_without_a_mechanism_stand_beside_each_other(whole, tmp_path):
    """The recipe of docs/reproduction.md: the command twice, once with the mechanism off, and `compare`."""
    usual = parameter("signal_adaptation").value
    given = read_parameters([f"signal_adaptation={0.0 if usual else 0.5}"])  # the other one than that of the table
    driver.reproduce(tmp_path / "other", "tiny", 1, quiet=True, preset=tiny.TINY, parameters=given)
    folders = [whole / "run", tmp_path / "other"]
    without, with_it = reversed(folders) if usual else folders
    uses = []
    for folder in (without, with_it):
        found = next(one for one in read_result(folder / "scorecard.json").findings if one.id == "F34")
        uses.append([one.use for one in found.comparisons])
    assert uses == [["predicted", "predicted", "novel", "novel"], ["predicted", "mechanism", "novel", "novel"]]
    told = ["compare", str(without), str(with_it), "--labels", "off,on", "--output", str(tmp_path / "both")]
    assert main(told) == 0
    text = (tmp_path / "both" / "comparison.html").read_text(encoding="utf-8")
    assert "use: predicted → mechanism" in text
    assert "signal_adaptation" in text
