"""Lives in a whole reproduction, in small: trained once, lived as tests, judged; one's own work is not repeated."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from socialrl.assays import study_of
from socialrl.errors import UserError
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.results import read_result
from socialrl.reproduction import driver, stages
from socialrl.reproduction.presets import Preset, Size
from socialrl.scorecard import page
from socialrl.storage.run_folder import RunFolder
from socialrl.training import cohort_trainer

pytestmark = pytest.mark.slow

LIVED = "LivedPreference"
TINY = Preset(Size(8, {LIVED: 320}, 1, many=False), doses=False, arms=False, parameters=None, note="Tiny.")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    ppo = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "net_arch": [4]}

    def smaller(assay: str):
        study = study_of(assay)
        env = {**study.training["env"], "dt_s": 60, "duration_s": 600}
        return dataclasses.replace(study, training={"env": env, "lives": 2, "ppo": ppo})

    monkeypatch.setattr(stages, "study_of", smaller)
    monkeypatch.setattr(cohort_trainer, "export_zip", lambda *_: None)
    monkeypatch.setattr(page, "draw", lambda *_: [])


def run(folder: Path, book: Registry) -> dict:
    written = driver.reproduce(folder, "tiny", 1, quiet=True, preset=TINY, registry=book)
    return {one.id: one for one in read_result(written.with_name("scorecard.json")).findings}


def control(life: list) -> Registry:
    """The null control of development with one carer for three days, against another life."""
    rear = [{"rear": {"carers": "one", "days": 3}}, {"rear": {"carers": "two", "days": 13}}]
    own = {"cohousing_h": 2, "met_at_d": 18}
    finding = load_registry().finding("N05").model_dump(mode="json", exclude_defaults=True)
    finding |= {"id": "X1", "conditions": {LIVED: []}}
    wean = {"wean": {"company": "siblings"}}
    finding["conditions"][LIVED] = [
        {"name": "hard", "life": [*rear, wean], **own},
        {"name": "easy", "life": [*life, wean], **own},
    ]
    for contrast in finding["contrasts"]:
        contrast["this"]["conditions"], contrast["than"]["conditions"] = "hard", "easy"
    book = load_registry().adding({"findings": [finding]}, "mine.yaml")
    return book.only([book.finding("X1")])


def test_without_arms_of_development_it_makes_no_difference_who_reared_an_animal(tmp_path):
    book = control([{"rear": {"carers": "two", "days": 16}}])
    found = run(tmp_path / "run", book)["X1"]
    assert [row.verdict for row in found.comparisons] == ["reproduced"] * 4
    assert [row.difference for row in found.comparisons] == [0.0] * 4, "to the last bit: childhood has no other way"
    assert {row.n for row in found.comparisons[1:]} == {8}  # one that never huddled has no preference
    folder = RunFolder.open(tmp_path / "run" / LIVED)
    table = folder.read_table("evaluation")
    assert set(table["test"]) == {"hard", "easy"}
    assert folder.meta["battery"]["lives"]["hard"][0] == {"rear": {"carers": "one", "days": 3}}
    # another life under the same name is another experiment
    with pytest.raises(UserError, match="made with another preset, seed, file of findings"):
        run(tmp_path / "run", control([{"rear": {"carers": "two", "days": 18}}]))
