"""Runs in which something never happened (no episode ended, no probe is taken, nothing is finished) go all the way."""

from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from socialrl.cli import main
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.storage.run_folder import RunFolder
from socialrl.training import sb3_trainer

pytestmark = pytest.mark.slow
CONFIG = "configs/smoke.yaml"
# a life has 64 ticks, a test of 1800 s has 120
NO_EPISODE = ["steps=256", "animals=1", "workers=1"]


@pytest.mark.usefixtures("unrendered")
@pytest.mark.parametrize("engine", ["cohort", "sb3"])
@pytest.mark.parametrize("probes", [[], ["probes.tests=[]"]], ids=["probes", "no_probes"])
def test_a_run_without_a_finished_episode_goes_all_the_way(
    engine: str, probes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "smoke"
    assert main(["train", CONFIG, *NO_EPISODE, *probes, f"engine={engine}", f"output={tmp_path}", "-q"]) == 0
    said = capsys.readouterr().err
    assert said == (
        "note: no training episode ends (256 steps over 4 lives are 64 ticks per life, and an episode has 120); "
        "the table episodes will have no rows\n"
    )
    episodes = RunFolder.open(run).read_table("episodes")
    assert len(episodes) == 0
    assert list(episodes) == ["animal", "genotype", "oxtr_gain", "index", "sex", "steps", "life", "return"]
    assert RunFolder.open(run).has_table("probes") == (not probes)
    events = EventAccumulator(str(run / "tb" / "wt")).Reload()
    assert ("eval/cohoused_24h/return" in events.Tags()["scalars"]) == (not probes)
    protocol = tmp_path / "day.yaml"
    protocol.write_text("name: day\nhistories: {one: [{assay: {id: PartnerPreference, with: [partner, stranger]}}]}\n")
    assert main(["report", str(run)]) == 0, "of the probes, or of nothing"
    assert main(["evaluate", str(run), "-q"]) == 0
    assert main(["evaluate", str(run), "-q", "--protocol", str(protocol)]) == 0
    assert main(["report", str(run), "--overwrite"]) == 0


def test_resume_mends_a_run_whose_pieces_were_written_without_columns(tmp_path: Path) -> None:
    """Such runs are left by versions that trained to the end and then failed."""
    config = load_config(CONFIG, [*NO_EPISODE, "engine=sb3", f"output={tmp_path}"])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        for animal in sb3_trainer.animals_of(config):
            sb3_trainer.train_animal(run, config, animal)
            run.write_part(animal.id, "episodes", pd.DataFrame())
    assert main(["resume", str(run.path), "-q"]) == 0
    assert "genotype" in RunFolder.open(run.path).read_table("episodes")


@pytest.mark.usefixtures("unrendered")
@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_a_run_of_which_nothing_is_finished_is_said_to_be_so(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load_config(CONFIG, [*NO_EPISODE, f"engine={engine}", f"output={tmp_path}"])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        pass
    assert main(["evaluate", str(run.path), "-q"]) == 2
    assert "has no trained animal yet; continue it with" in capsys.readouterr().err
    assert main(["report", str(run.path)]) == 0
    assert "is unfinished" in capsys.readouterr().err


def test_an_animal_that_has_not_quite_finished_is_left_out(tmp_path: Path) -> None:
    """Its network is written before its row of the table `animals`, which says how long it has learned."""
    config = load_config(CONFIG, [*NO_EPISODE, "engine=sb3", f"output={tmp_path}"])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        done, late = sb3_trainer.animals_of(config)
        sb3_trainer.train_animal(run, config, done)
        run.write_networks({late.id: run.network(done.id)[1]}, piece=late.id)
    assert main(["evaluate", str(run.path), "-q"]) == 0
    tested = RunFolder.open(run.path).read_table("evaluation")
    assert set(tested["animal"]) == {done.id}
    assert (tested["steps"] == 256).all()
