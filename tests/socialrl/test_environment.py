"""What surrounds a run: devices that are not there, disks that are full, paths with spaces, `python -m socialrl`."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from socialrl.cli import main
from socialrl.errors import UserError, command
from socialrl.storage.run_folder import RunFolder
from socialrl.training import devices
from socialrl.training.cohort import CohortPPO

CONFIG = str(Path(__file__).parents[2] / "configs" / "smoke.yaml")
SMALL = ["animals=1", "steps=256", "lives=2", "env.duration_s=600", "workers=1"]


@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_made(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = ["train", CONFIG, *SMALL, f"engine={engine}", "device=cuda", f"output={tmp_path}", "-q"]
    assert main(given) == 2
    assert capsys.readouterr().err == (
        "error: device: cuda was asked for, but torch finds no GPU that it could use on this machine; use cpu or auto\n"
    )
    assert not list(tmp_path.iterdir())


def test_everything_that_takes_a_device_refuses_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toy_envs import WalkVecEnv

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert devices.usable_device("auto") == torch.device("cuda")
    with pytest.raises(UserError, match="cuda:1 was asked for, but torch finds only 1 of them"):
        devices.usable_device("cuda:1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.usable_device("auto") == torch.device("cpu")
    with pytest.raises(UserError, match="cuda was asked for"):
        CohortPPO("MlpPolicy", WalkVecEnv(2), 1, device="cuda")
    config = tmp_path / "gpu.yaml"
    config.write_text(Path(CONFIG).read_text().replace("device: cpu", "device: cuda"))
    from socialrl.calibration.run import training_settings
    from socialrl.config.loading import load_config

    with pytest.raises(UserError, match="cuda was asked for"):
        training_settings(load_config(config), 1, None, ["peers"])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_the_device_that_was_used_is_on_record(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["train", CONFIG, *SMALL, f"engine={engine}", "device=auto", f"output={tmp_path}", "-q"]) == 0
    run = RunFolder.open(tmp_path / "smoke")
    assert run.config.device == "auto"
    assert run.meta["device"] == "cpu"
    assert not run.problems()


def test_a_run_that_goes_on_elsewhere_names_both_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from socialrl.progress import Silent
    from socialrl.training import run as training

    made = RunFolder.create(tmp_path / "a", config_yaml=Path(CONFIG).read_text(), meta={"seed": 1})
    monkeypatch.setattr("socialrl.training.sb3_trainer.train_all", lambda *_: None)
    for name in ("cpu", "cpu", "cuda (a card)"):
        monkeypatch.setattr(training, "device_name", lambda _, name=name: name)
        monkeypatch.setattr(RunFolder, "finish", lambda _: None)
        with made:
            training.train_run(made.config, made, progress=Silent())
    assert json.loads((made.path / "meta.json").read_text())["device"] == "cpu, then cuda (a card)"


# Trains once, then again and again in forks that may write no file larger than a number of bytes.
FULL = """
import contextlib, io, os, resource, sys
from pathlib import Path
from socialrl.cli import main

folder, *given = sys.argv[1:]
def train(name):
    with contextlib.redirect_stdout(io.StringIO()):
        return main(["train", *given, f"output={folder}/{name}", "-q"])

train("warm")
for largest in (400, 2_500, 6_000, 9_000, 60_000):
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        os._exit(train(largest))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2, largest
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_a_full_disk_is_one_line_whatever_is_being_written(engine: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), CONFIG, *SMALL, f"engine={engine}", "ppo.net_arch=[64, 128]"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 5, done.stderr
    for line in lines:
        assert line.startswith("error: cannot write")
        assert line.endswith("the file would be larger than the system allows")
    said = {"cohort": "checkpoint-", "sb3": "wt-00."}[engine]
    assert said in lines[-1], "the largest file"
    assert not list(tmp_path.rglob(".tmp-*"))
    assert not list(tmp_path.rglob(".lock"))


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_the_next_command_works_as_it_is_printed_where_a_path_has_spaces(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "my runs"
    assert main(["train", CONFIG, *SMALL, "engine=cohort", "--output", str(place), "-q"]) == 0
    (after,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("next: ")]
    for step in after.removeprefix("next: ").split(" && "):
        program, *words = shlex.split(step)
        assert program == "socialrl"
        assert main(words) == 0


def test_commands_in_messages_are_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("resume", Path("a b")) == "socialrl resume 'a b'"
    run = RunFolder.create(tmp_path / "my runs" / "smoke", config_yaml=Path(CONFIG).read_text(), meta={"seed": 1})
    run.close()
    quoted = f"socialrl resume '{run.path}'"
    for given in (["evaluate", str(run.path), "-q"], ["render", str(run.path), "--png", str(tmp_path / "a.png")]):
        assert main(given) == 2
        assert quoted in capsys.readouterr().err
    assert main(["train", CONFIG, f"output={tmp_path / 'my runs'}"]) == 2
    assert quoted in capsys.readouterr().err


def test_python_m_socialrl() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "socialrl", "--version"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("socialrl ")


def test_record_takes_an_output(tmp_path: Path) -> None:
    config = str(Path(__file__).parents[2] / "configs" / "oxytocin_release.yaml")
    assert main(["record", config, "animals=2", "--output", str(tmp_path / "there")]) == 0
    (made,) = (tmp_path / "there").iterdir()
    assert (made / "release.csv").is_file()
