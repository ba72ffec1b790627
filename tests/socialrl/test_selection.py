"""Testing some of a run's animals: the rows of a full evaluation, in a table of their own."""

from pathlib import Path

import pandas as pd
import pytest

from socialrl.cli import main
from socialrl.config.loading import load_config
from socialrl.evaluation.selection import Selection
from socialrl.storage.run_folder import RunFolder

CONFIG = str(Path(__file__).parents[2] / "configs" / "smoke.yaml")
HABITAT = str(Path(__file__).parents[2] / "configs" / "group_habitat.yaml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    small = ["steps=128", "lives=2", "env.duration_s=600", "engine=cohort", "workers=1"]
    assert main(["train", CONFIG, *small, f"output={folder}", "-q"]) == 0
    return folder / "smoke"


def test_chosen_animals_get_their_rows_of_the_full_evaluation(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(run), "-q", "--events"]) == 0
    before = {path: path.read_bytes() for path in run.glob("*.*") if path.name != "sums.json"}
    capsys.readouterr()
    assert main(["evaluate", str(run), "-q", "--group", "ko", "--animal", "wt-01", "--events"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"events: {run}/evaluation_of_ko_wt_01_events.parquet",
        f"evaluation: {run}/evaluation_of_ko_wt_01.parquet and .csv",
    ]
    assert {path: path.read_bytes() for path in before} == before, "the full evaluation is as it was"
    stored = RunFolder.open(run)
    for part, whole in (("evaluation_of_ko_wt_01", "evaluation"), ("evaluation_of_ko_wt_01_events", "events")):
        full = stored.read_table(whole)
        same = full[full["animal"] != "wt-00"].reset_index(drop=True)
        pd.testing.assert_frame_equal(stored.read_table(part), same)
    # the same choice in other words
    assert main(["evaluate", str(run), "-q", "--animal", "wt-01,ko-00", "--animal", "ko-01", "--group", "ko"]) == 2
    assert (
        "have been evaluated already; use --overwrite to replace evaluation_of_ko_wt_01.parquet"
        in capsys.readouterr().err
    )
    protocol = tmp_path / "day.yaml"
    protocol.write_text("name: day\nhistories: {one: [{assay: {id: PartnerPreference, with: [partner, stranger]}}]}\n")
    assert main(["evaluate", str(run), "-q", "--protocol", str(protocol)]) == 0
    assert main(["evaluate", str(run), "-q", "--protocol", str(protocol), "--animal", "ko-01"]) == 0
    full = RunFolder.open(run).read_table("protocol_day")
    part = RunFolder.open(run).read_table("protocol_day_of_ko_01")
    pd.testing.assert_frame_equal(part, full[full["animal"] == "ko-01"].reset_index(drop=True))


def test_unknown_names_are_refused_in_one_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(run), "--group", "kos"]) == 2
    assert capsys.readouterr().err == "error: unknown group 'kos'; groups of this run: wt (gain 1), ko (gain 0)\n"
    assert main(["evaluate", str(run), "--animal", "wt-00,wt-07"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: unknown animal 'wt-07'; animals of this run: wt-00")
    assert main(["evaluate", str(run), "--animal", "wt-00,"]) == 2
    assert capsys.readouterr().err == "error: --animal needs names between its commas, got 'wt-00,'\n"


def test_table_names_keep_choices_apart() -> None:
    config = load_config(CONFIG, ["animals=40"])
    assert Selection(groups=("ko",)).suffix(config) == "_of_ko"
    odd = load_config(CONFIG, ["genotypes={ko: {oxtr_gain: 0}, ko_00: {oxtr_gain: 0.1}}"])
    assert Selection(groups=("ko_00",)).suffix(odd) != Selection(animals=("ko-00",)).suffix(odd)
    many = [Selection(animals=tuple(f"ko-{k:02d}" for k in range(first, 40))).suffix(config) for first in (0, 1)]
    assert all(len(suffix) < 70 for suffix in many)
    # all animals of a group one by one are another choice of words for the group, but not the same table
    assert many[0] != many[1]
    assert Selection().suffix(config) == ""


@pytest.mark.slow
def test_an_animal_of_a_habitat_is_tested_in_its_company(tmp_path: Path) -> None:
    small = ["steps=32", "lives=1", "ppo.n_steps=32", "ppo.batch_size=16", "env.duration_s=900", "workers=1"]
    tests = ["evaluation.duration_s=900", "evaluation.repeats=1", "probes.tests=[]"]
    assert main(["train", HABITAT, *small, *tests, f"output={tmp_path}", "-q"]) == 0
    (run,) = tmp_path.iterdir()
    animal = RunFolder.open(run).read_table("animals")["animal"].iloc[-1]
    assert main(["evaluate", str(run), "-q"]) == 0
    assert main(["evaluate", str(run), "-q", "--animal", animal]) == 0
    stored = RunFolder.open(run)
    name = animal.replace("-", "_")
    for part, whole in ((f"evaluation_of_{name}", "evaluation"), (f"evaluation_of_{name}_events", "events")):
        full = stored.read_table(whole)
        same = full[full["animal"] == animal].reset_index(drop=True)
        pd.testing.assert_frame_equal(stored.read_table(part), same)
