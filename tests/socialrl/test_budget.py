"""What does not fit into memory or into a year is refused before any of it is begun, by every verb."""

from pathlib import Path

import numpy as np
import pytest
from synthetic_run import write_run

from socialrl import budget
from socialrl.animals.animal import animals_of
from socialrl.calibration.plan import Plan
from socialrl.calibration.run import run_calibration
from socialrl.cli import main
from socialrl.config.loading import config_to_yaml, load_config, load_recording
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_evaluation
from socialrl.progress import Silent
from socialrl.protocols.evaluating import evaluate_protocol
from socialrl.release.folder import record
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import check_fits, train_run

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
GIB = 2**30


@pytest.fixture
def free(monkeypatch):
    def set_free(n_bytes):
        monkeypatch.setattr(budget, "free_bytes", lambda: n_bytes)

    return set_free


def told(call, *arguments, **keywords):
    with pytest.raises(UserError) as caught:
        call(*arguments, **keywords)
    return str(caught.value)


def test_the_number_that_is_said_to_fit_fits(free):
    free(GIB)
    line = told(budget.check_training, 1_000_000, 1_000_000, 16, 0, 10_800.0, 1000)
    assert line.startswith("1,000,000 animals with 16 lives each and 0 tests in a probe: this needs about ")
    assert "and 0.8 GiB can be used" in line
    fitting = int(line.split("; ")[1].split(" animals would fit")[0].replace(",", ""))
    budget.check_training(fitting, fitting, 16, 0, 10_800.0, 1000)
    assert told(budget.check_training, fitting + 1, fitting + 1, 16, 0, 10_800.0, 1000)


def test_a_container_or_job_may_have_less_memory_than_its_machine(tmp_path):
    groups, root = tmp_path / "cgroup", tmp_path / "sys"
    groups.write_text("1:name=systemd:/\n0::/slurm/job_7\n")
    job = root / "slurm" / "job_7"
    job.mkdir(parents=True)
    for folder, most, used in ((job, "4000", "1500"), (job.parent, "max", "9000")):
        (folder / "memory.max").write_text(most)
        (folder / "memory.current").write_text(used)
    places = list(budget._groups(groups, root))
    assert [one.parent for one, _ in places] == [job, job.parent, root]
    assert [budget._free_in_group(*one) for one in places] == [2500, None, None], "no limit, and no file at all"
    (job / "memory.stat").write_text("anon 1000\ninactive_file 400\n")
    assert budget._free_in_group(*places[0]) == 2900, "the cache of files is given back"
    assert list(budget._groups(tmp_path / "none", root)) == []


def test_a_system_that_does_not_say_how_much_is_free_refuses_nothing(free):
    free(None)
    budget.check_tests(10**6, 100, 10_000, 10_800.0, 1, at_once=4096)


def test_centuries_of_work_are_refused(free):
    free(None)
    line = told(budget.check_training, 100_000, 1, 16, 0, 10_800.0, 10**12)
    assert line == (
        "100,000 animals that learn 1,000,000,000,000 steps each: this is 1e+17 animal ticks, at least 32 years of "
        "work on a"
        " large machine"
    )
    budget.check_training(10_000, 1, 16, 0, 10_800.0, 10**9)


def test_training_is_refused_before_anything_is_drawn(free, monkeypatch):
    free(4 * GIB)
    monkeypatch.setattr("socialrl.training.cohort_trainer.animals_of", None)
    config = load_config(CONFIGS / "smoke.yaml", ["animals=1e5", "engine=cohort"])
    assert "200,000 animals with" in told(train_run, config, None, progress=Silent())


def test_a_refused_training_replaces_no_run_and_leaves_nothing(free, tmp_path, capsys):
    free(4 * GIB)
    config = load_config(CONFIGS / "smoke.yaml", [f"output={tmp_path}"])
    RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": 1}).close()
    kept = {path: path.read_bytes() for path in config.run_path.rglob("*") if path.is_file()}
    command = ["train", str(CONFIGS / "smoke.yaml"), "animals=1e5", "engine=cohort", "--overwrite", "--output"]
    assert main([*command, str(tmp_path)]) == 2
    assert {path: path.read_bytes() for path in config.run_path.rglob("*") if path.is_file()} == kept
    assert main([*command, str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()
    assert "200,000 animals with" in capsys.readouterr().err


def test_the_probes_count(free):
    free(4 * GIB)
    config = load_config(CONFIGS / "smoke.yaml", ["engine=cohort"])
    check_fits(config)
    many = load_config(CONFIGS / "smoke.yaml", ["engine=cohort", "probes.repeats=1e4", "animals=200"])
    assert "tests in a probe" in told(check_fits, many)


def test_engine_sb3_needs_memory_for_its_workers_only(free):
    free(GIB)
    workers = ["engine=sb3", "animals=20000", "workers=2"]
    check_fits(load_config(CONFIGS / "smoke.yaml", workers))
    assert "40,000 animals" in told(check_fits, load_config(CONFIGS / "smoke.yaml", ["animals=20000", "engine=cohort"]))


def test_tests_are_refused(free):
    free(GIB)
    config = load_config(CONFIGS / "smoke.yaml")
    line = told(
        play_evaluation, None, config, animals_of(config), config.probes.tests, repeats=1_000_000, progress=Silent()
    )
    assert f"{len(animals_of(config))} animals × " in line
    assert "repeats would fit" in line


def test_a_protocol_is_refused_and_nothing_is_written(free, tmp_path, monkeypatch):
    run = write_run(tmp_path / "run")
    monkeypatch.setattr("socialrl.protocols.evaluating.trained_animals", lambda run: animals_of(run.config))
    free(1000)
    before = sorted(path.name for path in run.rglob("*"))
    with RunFolder.open(run) as folder:
        line = told(evaluate_protocol, folder, CONFIGS / "protocols" / "mating.yaml", progress=Silent())
    assert "repeats would fit" in line
    assert sorted(path.name for path in run.rglob("*") if "lock" not in path.name) == before


def test_a_recording_is_refused(free, tmp_path):
    free(GIB)
    config = load_recording(
        CONFIGS / "oxytocin_release.yaml", ["animals=1e5", "env.duration_s=1e6", f"output={tmp_path}"]
    )
    assert "a recording of " in told(record, config)
    assert not list(tmp_path.iterdir())


def test_a_calibration_is_refused(free, tmp_path):
    free(GIB)
    rng = np.random.default_rng(0)
    rows = [f"{k},1,FF,{rng.integers(1000, 4000)},{rng.integers(100, 900)},5000,3000,2800,60,90" for k in range(30)]
    sheet = tmp_path / "scores.csv"
    head = "id,test,pair type,huddle time partner,huddle time novel,chamber time partner,chamber time novel"
    head += ",chamber time center,latency partner huddle,latency novel huddle"
    sheet.write_text("\n".join([head, *rows]) + "\n")
    line = told(run_calibration, sheet, tmp_path / "out", plan=Plan(vectors=50_000, seed=1), progress=Silent())
    assert "a cohort of 50000 animals with 16 lives" in line
    assert not (tmp_path / "out").exists()
