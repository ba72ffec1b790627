"""A killed and resumed run ends with the bytes of an undisturbed one; damage is named; old checkpoints survive."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cohort_killed import EVERY, SETTINGS, TOTAL, cohort
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger
from toy_envs import WalkVecEnv

from socialrl.errors import UserError
from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort.checkpoint import CohortCheckpoint, checkpoints, damage, load_latest, save_checkpoint

PARTS = ("weights.safetensors", "state.safetensors", "state.json")


def contents(path: Path) -> dict[str, bytes]:
    return {part: (path / part).read_bytes() for part in PARTS}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last checkpoint of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    model, saving = cohort(folder)
    model.learn(TOTAL, callback=saving)
    return checkpoints(folder)[0]


def finish(folder: Path) -> Path:
    """Resume from a folder's checkpoints (or begin, if there are none) and return the last checkpoint."""
    model, saving = cohort(folder)
    if checkpoints(folder):
        load_latest(model, folder)
        model.learn(TOTAL - model.num_timesteps, callback=saving, reset_num_timesteps=False)
    else:
        model.learn(TOTAL, callback=saving)
    return checkpoints(folder)[0]


WHERE = {
    "step:40": [],  # before the first checkpoint
    "step:150": [128, 64],  # inside a rollout
    "write:8": [64],  # inside the second checkpoint, with some of its files written
    "rename:3": [128, 64],  # the third is complete but has no name yet
    "renamed:3": [192, 128, 64],  # the third has its name; the first is not removed yet
}
"""When a run is killed, and the checkpoints that are left then."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of runs that were killed, by when."""
    folder = tmp_path_factory.mktemp("killed")
    script = [sys.executable, str(Path(__file__).parent / "cohort_killed.py")]
    done = subprocess.run(
        [*script, str(folder), *WHERE], env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True
    )
    assert done.stdout.decode().split() == ["-9"] * len(WHERE), done.stderr.decode()
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")
@pytest.mark.parametrize("where", WHERE)
def test_killed_and_resumed_ends_bit_identical(where: str, killed: Path, undisturbed: Path) -> None:
    folder = killed / where
    assert [int(path.name.removeprefix("checkpoint-")) for path in checkpoints(folder)] == WHERE[where]
    last = finish(folder)
    assert last.name == undisturbed.name
    assert contents(last) == contents(undisturbed)
    assert not list(folder.glob(".*"))


def test_a_checkpoint_restores_everything_that_learning_reads(undisturbed: Path, tmp_path: Path) -> None:
    """In one process: stop at half, restore into a fresh model and env, continue; counters and window, too."""
    model, saving = cohort(tmp_path)
    model.learn(TOTAL // 2, callback=saving)
    # The schedule's total differs for a shorter run; constant settings make the two runs comparable.
    last = finish(tmp_path)
    assert contents(last) == contents(undisturbed)
    record = json.loads((last / "state.json").read_text())
    assert record["num_timesteps"] == TOTAL
    assert record["iteration"] == TOTAL // 32
    assert len(record["episodes"]) > 10


class Lines(KVWriter):
    """Keeps what the logger writes, less the clock."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, dict[str, float]]] = []

    def write(self, key_values: dict, key_excluded: dict, step: int = 0) -> None:  # noqa: ARG002
        self.lines.append((step, {k: float(v) for k, v in key_values.items() if "fps" not in k and "elapsed" not in k}))

    def close(self) -> None:
        pass


def test_the_log_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, parts = Lines(), Lines()
    model, _ = cohort(tmp_path / "whole")
    model.set_logger(Logger(None, [whole]))
    model.learn(TOTAL)
    model, saving = cohort(tmp_path / "parts")
    model.set_logger(Logger(None, [parts]))
    model.learn(TOTAL // 2, callback=saving)
    model, saving = cohort(tmp_path / "parts")
    load_latest(model, tmp_path / "parts")
    model.set_logger(Logger(None, [parts]))
    model.learn(TOTAL // 2, callback=saving, reset_num_timesteps=False)
    assert len(whole.lines) == TOTAL // 32
    assert parts.lines == whole.lines


@pytest.mark.parametrize("part", [*PARTS, "manifest.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(part: str, how: str, tmp_path: Path) -> None:
    model, saving = cohort(tmp_path)
    model.learn(EVERY * 2, callback=saving)
    newest, older = checkpoints(tmp_path)
    content = bytearray((newest / part).read_bytes())
    if how == "gone":
        (newest / part).unlink()
    else:
        content[len(content) // 2] ^= 8
        (newest / part).write_bytes(content if how == "flipped" else content[: len(content) // 2])
    fresh, _ = cohort(tmp_path)
    with pytest.warns(UserWarning, match=rf"checkpoint .*{newest.name} is damaged \(.*; trying the one before it"):
        restored = load_latest(fresh, tmp_path)
    assert restored.path == older
    assert list(restored.damaged) == [newest]
    assert fresh.num_timesteps == EVERY


def test_when_all_are_damaged_each_is_named(tmp_path: Path) -> None:
    model, saving = cohort(tmp_path)
    model.learn(EVERY * 2, callback=saving)
    for path in checkpoints(tmp_path):
        (path / "weights.safetensors").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="trying the one before it"),
        pytest.raises(
            UserError, match=r"is damaged: checkpoint-0+128: weights.safetensors does not .*; checkpoint-0+64"
        ),
    ):
        load_latest(model, tmp_path)
    with pytest.raises(UserError, match="no checkpoint in"):
        load_latest(model, tmp_path / "elsewhere")


def test_only_the_last_two_are_kept_and_extra_state_comes_back(tmp_path: Path) -> None:
    model, _ = cohort(tmp_path)
    saving = CohortCheckpoint(tmp_path, 32, extra=lambda: ({"numbers": np.arange(3)}, {"probe": 7}))
    model.learn(160, callback=saving)
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-000000000160", "checkpoint-000000000128"]
    assert all(damage(path) is None for path in checkpoints(tmp_path))
    restored = load_latest(cohort(tmp_path)[0], tmp_path)
    np.testing.assert_array_equal(restored.arrays["numbers"], [0, 1, 2])
    assert restored.notes == {"probe": 7}
    assert restored.steps == 160


def test_a_run_stopped_within_a_rollout_resumes_from_the_update_before(undisturbed: Path, tmp_path: Path) -> None:
    class Stop(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == 150:
                with pytest.raises(RuntimeError, match="a checkpoint is taken between updates"):
                    save_checkpoint(self.model, tmp_path)  # type: ignore[arg-type]
            return self.num_timesteps < 150

    model, saving = cohort(tmp_path)
    model.learn(TOTAL, callback=[saving, Stop()])
    assert model.num_timesteps == 150
    assert checkpoints(tmp_path)[0].name == "checkpoint-000000000128"
    assert contents(finish(tmp_path)) == contents(undisturbed)


def test_a_full_disk_is_one_line_and_spares_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from socialrl.training.cohort import checkpoint

    model, saving = cohort(tmp_path)
    model.learn(EVERY, callback=saving)
    before = contents(checkpoints(tmp_path)[0])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "force_to_disk", full)
    model.num_timesteps += 1
    with pytest.raises(UserError, match=r"cannot write checkpoint .*checkpoint-000000000065: no space left"):
        save_checkpoint(model, tmp_path)
    (only,) = checkpoints(tmp_path)
    assert contents(only) == before


def test_another_cohorts_checkpoint_is_refused(tmp_path: Path) -> None:
    model, _ = cohort(tmp_path)
    model.learn(32)
    save_checkpoint(model, tmp_path)
    other = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, **{**SETTINGS, "n_steps": 8})
    with pytest.raises(UserError, match="is of another cohort: n_steps 16, here 8"):
        load_latest(other, tmp_path)
    wider = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, **SETTINGS, policy_kwargs={"net_arch": [8]})
    with pytest.raises(UserError, match="is of another cohort: network"):
        load_latest(wider, tmp_path)


def test_an_env_whose_state_cannot_be_read_is_refused(tmp_path: Path) -> None:
    class Closed(WalkVecEnv):
        get_state = property()  # type: ignore[assignment]

    model = CohortPPO("MlpPolicy", Closed(6), 3, **SETTINGS)
    model.learn(32)
    with pytest.raises(UserError, match="Closed has no get_state and set_state"):
        save_checkpoint(model, tmp_path)


def test_sb3_save_and_load_keep_learning_exactly(tmp_path: Path) -> None:
    """The zip of `save()`: loaded onto the same env state, training goes on with the same bits."""
    model, _ = cohort(tmp_path)
    model.learn(96)
    env_state, last = model.env.get_state(), model._last_obs.copy()  # type: ignore[union-attr]
    model.save(tmp_path / "cohort.zip")
    env = WalkVecEnv(6)
    again = CohortPPO.load(tmp_path / "cohort.zip", env=env, device="cpu", force_reset=False)
    assert again.animal_names == model.animal_names
    env.reset()
    env.set_state(env_state)
    np.testing.assert_array_equal(again._last_obs, last)
    for one in (model, again):
        one.learn(96, reset_num_timesteps=False)
    assert torch.equal(model.policy.weights, again.policy.weights)


def test_a_saved_cohort_predicts_without_an_env(tmp_path: Path) -> None:
    model, _ = cohort(tmp_path)
    model.learn(32)
    model.save(tmp_path / "cohort.zip")
    again = CohortPPO.load(tmp_path / "cohort.zip", device="cpu")
    rows = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    np.testing.assert_array_equal(
        again.predict(rows, deterministic=True)[0], model.predict(rows, deterministic=True)[0]
    )
    assert torch.equal(again.policy.weights, model.policy.weights)
