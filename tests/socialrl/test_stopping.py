"""Signals stop every verb in one line, with what was done kept, the lock released and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from socialrl import stopping
from socialrl.cli import main
from socialrl.storage.run_folder import RunFolder

CONFIG = str(Path(__file__).parents[2] / "configs" / "smoke.yaml")
SMALL = ["animals=1", "lives=2", "probes.every_steps=100000", "env.duration_s=600", "ppo.n_steps=64"]
LONG = [*SMALL, "steps=100000000"]
PATIENCE_S = 120.0


BEGUN: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """A test that fails leaves no training of a hundred million steps behind."""
    yield
    while BEGUN:
        BEGUN[-1].kill()  # does nothing to one that has ended
        BEGUN.pop().communicate()


def begin(*arguments: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; from socialrl.cli import main; sys.exit(main())", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    BEGUN.append(child)
    return child


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    given_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < given_up, "what was waited for did not come"
        assert process is None or process.poll() is None, process.communicate()[1]
        time.sleep(0.05)


def children_of(parent: int) -> list[int]:
    """Return the process ids of all descendants (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            child = int(stat.parent.name)
            found += [child, *children_of(child)]
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_ends_cohort_training_with_a_checkpoint_and_one_line(number: int, code: int, tmp_path: Path) -> None:
    run = tmp_path / "smoke"
    child = begin("train", CONFIG, *LONG, "engine=cohort", f"output={tmp_path}", "-q")
    # an event file begins with the run's settings, some 2 kB; the first curves come after the first update
    wait_for(lambda: any(file.stat().st_size > 4000 for file in run.glob("tb/wt/events*")), child)
    child.send_signal(number)
    _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == code, said
    assert f"resume with `socialrl resume {run}`" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not (run / ".lock").exists()
    (checkpoint,) = run.glob("checkpoints/checkpoint-*")
    steps = int(checkpoint.name.removeprefix("checkpoint-"))
    assert 0 < steps < 10_000_000, "it was made for the stop and not because it was time for one"


def test_a_second_signal_does_not_wait() -> None:
    def work() -> None:
        with stopping.deferred() as request:
            os.kill(os.getpid(), signal.SIGTERM)
            assert request.number == signal.SIGTERM
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("not reached")

    with stopping.signals():
        with pytest.raises(stopping.Stopped):
            work()
        assert stopping.exit_code() == 130


def test_what_stopped_a_training_is_made_good_by_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from socialrl.training.cohort_trainer import CohortRecorder

    ordinary = [*SMALL, "engine=cohort", "steps=512", "workers=1"]
    assert main(["train", CONFIG, *ordinary, f"output={tmp_path / 'whole'}", "-q"]) == 0
    on_step = CohortRecorder._on_step

    def asked(recorder: CohortRecorder) -> bool:
        if recorder.num_timesteps == 200:
            os.kill(os.getpid(), signal.SIGTERM)
        return on_step(recorder)

    monkeypatch.setattr(CohortRecorder, "_on_step", asked)
    assert main(["train", CONFIG, *ordinary, f"output={tmp_path / 'stopped'}", "-q"]) == 143
    monkeypatch.undo()
    stopped = tmp_path / "stopped" / "smoke"
    assert [one.name for one in stopped.glob("checkpoints/*256")], "in the middle of a rollout it waits for the update"
    assert main(["resume", str(stopped), "-q"]) == 0
    for table in ("episodes", "probes"):
        pd.testing.assert_frame_equal(
            RunFolder.open(stopped).read_table(table), RunFolder.open(tmp_path / "whole" / "smoke").read_table(table)
        )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_worker_outlives_the_main_process(number: int, code: int, tmp_path: Path) -> None:
    run = tmp_path / "smoke"
    child = begin("train", CONFIG, *LONG, "engine=sb3", "workers=2", f"output={tmp_path}", "-q")
    wait_for(lambda: len(list(run.glob("tb/*/*/events*"))) == 2, child)
    workers = children_of(child.pid)
    assert len(workers) >= 2
    child.send_signal(number)
    _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == code, said
    wait_for(lambda: not any(map(alive, workers)))
    assert "Traceback" not in said
    if number == signal.SIGTERM:
        assert f"resume with `socialrl resume {run}`" in said.splitlines()[-1]
        assert not (run / ".lock").exists()


def test_a_signal_that_was_switched_off_stays_off() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


VERBS = {
    "train": ("socialrl.training.run.train_run", ["train", CONFIG, "-q", "output={output}"]),
    "calibrate": ("socialrl.calibration.run.run_calibration", ["calibrate", "scores.csv", "-q"]),
    "simulate": ("socialrl.inference.simulate.tested", ["simulate", "-q", "--output", "{output}/s"]),
    "infer": ("socialrl.inference.run.run_inference", ["infer", "scores.csv", "-q"]),
    "evaluate": ("socialrl.evaluation.playing.evaluate_run", ["evaluate", "{run}"]),
    "protocol": ("socialrl.protocols.evaluating.evaluate_protocol", ["evaluate", "{run}", "--protocol", "{protocol}"]),
    "report": ("socialrl.report.write_report", ["report", "{run}"]),
    "render": ("socialrl.film.films.render_test", ["render", "{run}", "--png", "{output}/a.png"]),
    "record": ("socialrl.release.folder.record", ["record", "configs/oxytocin_release.yaml", "output={output}"]),
    "reproduce": ("socialrl.reproduction.driver.run_stage", ["reproduce", "-q", "--output", "{output}/r"]),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    assert main(["train", CONFIG, *SMALL, "steps=128", "engine=cohort", f"output={folder}", "-q"]) == 0
    return folder / "smoke"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_ends_with_one_line_and_143(
    verb: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    work, arguments = VERBS[verb]
    protocol = Path("configs/protocols/graded_cohousing.yaml").resolve()
    monkeypatch.setattr(work, asked)
    given = [one.format(run=trained, output=tmp_path, protocol=protocol) for one in arguments]
    assert main(given) == 143
    *notes, line = capsys.readouterr().err.splitlines()
    assert line.startswith("stopped")
    assert all(note.startswith("stage 1 of") for note in notes)
    assert not (trained / ".lock").exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
