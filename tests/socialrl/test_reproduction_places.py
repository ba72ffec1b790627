"""What a reproduction needs of its place is checked before anything runs, and each mistake is one line."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import tiny_reproduction as tiny

from socialrl.cli import main
from socialrl.errors import UserError
from socialrl.findings import load_registry
from socialrl.reproduction import driver, folder, resources
from socialrl.reproduction.presets import PRESETS
from socialrl.scorecard import page
from socialrl.storage.locks import FileLock

EXAMPLE = str(Path(__file__).parents[2] / "configs" / "findings" / "example.yaml")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    tiny.shrink_training(monkeypatch.setattr)
    monkeypatch.setitem(PRESETS, "quick", tiny.TINY)
    monkeypatch.setattr(page, "draw", lambda *_: [])


INVALID = "error: Invalid value for '--output'"


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    """A finished reproduction of the example."""
    place = tmp_path_factory.mktemp("done") / "run"
    with pytest.MonkeyPatch.context() as patch:
        tiny.shrink_training(patch.setattr)
        patch.setitem(PRESETS, "quick", tiny.TINY)
        patch.setattr(page, "draw", lambda *_: [])
        assert main(["reproduce", "--findings", EXAMPLE, "--output", str(place), "-q"]) == 0
    return place


def refused(capsys, place: Path | str, *more: str) -> str:
    """The one line that a reproduction of the example ends with; nothing was trained."""
    assert main(["reproduce", "--findings", EXAMPLE, "--output", str(place), *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("", f"{INVALID}: needs the name of a file or folder, got ''; for this folder write ."),
        ("  ", f"{INVALID}: needs the name of a file or folder, got ' '; for this folder write ."),
        ("~nosuchuser/x", f"{INVALID}: ~nosuchuser/x: there is no user of this name; write ./~name for a folder"),
        ("file", "error: --output file is a file; a reproduction needs a folder"),
        ("file/run", "error: cannot create file/run: a part of the path is a file, not a folder"),
    ],
)
def test_a_place_that_is_none_is_one_line(tmp_path, monkeypatch, capsys, place, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert refused(capsys, place).removesuffix(" (see `socialrl reproduce --help`)") == message
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_run_folder_and_a_folder_that_another_process_writes_are_refused(done, capsys):
    assert "is a run folder; a reproduction needs a folder of its own" in refused(capsys, done / "StrangerEncounter")
    lock = FileLock(done / ".lock")
    try:
        assert "is being written by process" in refused(capsys, done)
    finally:
        lock.release()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda stage: (stage / "evaluation.parquet").unlink(), "evaluation.parquet is missing"),
        (lambda stage: flip(stage / "evaluation.parquet"), "evaluation.parquet was changed after it was written"),
        (lambda stage: (stage / "evaluation.csv").unlink(), ""),
        (lambda stage: flip(stage / "config.yaml"), "config.yaml was changed after it was written"),
        (lambda stage: (stage / "meta.json").write_bytes(b"\xff"), "meta.json is damaged: not valid JSON"),
        (lambda stage: (stage / "meta.json").unlink(), "is not a run folder but takes the place of one"),
        (lambda stage: (shutil.rmtree(stage), stage.write_text("")), "is not a run folder but takes the place of one"),
    ],
)
def test_a_damaged_stage_is_named_before_anything_runs(done, tmp_path, monkeypatch, capsys, damage, message):
    place = tmp_path / "run"
    shutil.copytree(done, place)
    damage(place / "StrangerEncounter")
    if not message:  # what is only for people to read is written again
        assert main(["reproduce", "--findings", EXAMPLE, "--output", str(place), "-q"]) == 0
        assert (place / "StrangerEncounter" / "evaluation.csv").read_bytes() == (
            done / "StrangerEncounter" / "evaluation.csv"
        ).read_bytes()
        return
    monkeypatch.setattr(driver, "run_stage", None)
    line = refused(capsys, place)
    assert line.startswith("error: ")
    assert "StrangerEncounter" in line
    assert message in line


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_folder_of_another_seed_or_of_other_findings_is_one_line(done, tmp_path, capsys):
    told = "made with another preset, seed, file of findings or version of the model; choose another --output"
    assert told in refused(capsys, done, "--seed", "2")
    other = tmp_path / "other.yaml"
    text = Path(EXAMPLE).read_text(encoding="utf-8")
    other.write_text(text.replace("cohousing_h: 0, session: alone", "cohousing_h: 0, session: with_partner"))
    assert main(["reproduce", "--findings", str(other), "--output", str(done)]) == 2
    assert told in capsys.readouterr().err


def test_other_parameters_go_into_another_folder_and_unknown_ones_nowhere(done, tmp_path, capsys):
    told = "was made with parameters table v2, not table v1, stress_cost 0; choose another --output, or give the same"
    assert told in refused(capsys, done, "--parameters", "v1", "--parameters", "stress_cost=0")
    assert "error: --parameters v9: must be the name of a parameter table" in refused(
        capsys, tmp_path / "none", "--parameters", "v9"
    )
    assert list(tmp_path.iterdir()) == []


def test_memory_and_disk_are_asked_before_the_first_stage(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(driver, "run_stage", None)
    with monkeypatch.context() as patch:
        patch.setattr("socialrl.training.cohort.memory.available_bytes", lambda _: 1000)
        line = refused(capsys, tmp_path / "a" / "run")
        assert "stage StrangerEncounter: a cohort of 16 animals" in line
        assert "0 animals would fit" in line
    usage = namedtuple("usage", "total used free")(10**6, 10**6, 10**5)
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda _: usage)
    assert "MiB for 1 stages, and 0 MiB are free" in refused(capsys, tmp_path / "a" / "run")
    assert not (tmp_path / "a").exists()


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    for name in (".tmp-1234-scorecard.json", ".StrangerEncounter.new-1234", "scorecard_tables/.tmp-1-animals.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).mkdir() if "new" in name else (tmp_path / name).write_text("")
    (tmp_path / "notes.txt").write_text("mine")
    with folder.output_folder(tmp_path):
        assert (tmp_path / ".lock").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["notes.txt", "scorecard_tables"]


def test_a_done_reproduction_can_be_checked_and_says_which_findings_it_scored(done):
    assert main(["check", str(done / "StrangerEncounter")]) == 0
    content = json.loads((done / "scorecard.json").read_text(encoding="utf-8"))
    assert content["made"]["findings"] == ["example.yaml"]


def test_a_condition_that_cannot_be_played_stops_before_the_folder_is_made(tmp_path):
    condition = {"name": "member", "cohousing_h": 24}
    side = {"group": "wild_type", "conditions": "member"}
    contrast = {"says": "x", "kind": "against", "measure": "partner_share", "this": side, "value": 0}
    finding = load_registry().finding("F06").model_dump() | {"id": "X01"}
    finding |= {"conditions": {"GroupMember": [condition]}, "contrasts": [{**contrast, "expected": "higher"}]}
    registry = load_registry().adding({"findings": [finding]})
    with pytest.raises(
        UserError, match="condition member is of the assay GroupMember, which the battery does not train"
    ):
        driver.reproduce(tmp_path / "run", "quick", 1, registry=registry)
    assert not (tmp_path / "run").exists()
