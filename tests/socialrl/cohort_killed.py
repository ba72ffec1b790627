"""Training runs in processes that kill themselves: `python cohort_killed.py FOLDER WHERE…`.

Each WHERE has a process of its own, forked from one that has imported everything, and the folder FOLDER/WHERE; the exit
codes are printed, one a line.

WHERE: "step:N" kills inside a rollout, at N steps of an animal; "write:N" kills before the N-th time that a file of a
checkpoint is forced to disk; "rename:N" before the N-th checkpoint gets its name; "renamed:N" right after.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from toy_envs import WalkVecEnv

from socialrl.training.cohort import CohortPPO, checkpoint

TOTAL, EVERY = 320, 64
SETTINGS: dict[str, Any] = {"n_steps": 16, "batch_size": 24, "n_epochs": 2, "target_kl": 0.01, "learning_rate": 2e-3}


def cohort(folder: Path) -> tuple[CohortPPO, checkpoint.CohortCheckpoint]:
    torch.set_num_threads(1)
    model = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, seeds=[4, 5, 6], **SETTINGS)
    return model, checkpoint.CohortCheckpoint(folder, EVERY)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt(BaseCallback):
    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def _on_step(self) -> bool:
        if self.num_timesteps >= self.steps:
            kill()
        return True


def main(folder: Path, where: str) -> None:
    kind, _, number = where.partition(":")
    remaining = int(number)
    model, saving = cohort(folder)
    callbacks: list[BaseCallback] = [saving]
    if kind == "step":
        callbacks.append(KillAt(remaining))
    name, late = {"write": ("force_to_disk", False), "rename": ("_place", False), "renamed": ("_place", True)}.get(
        kind, ("force_to_disk", False)
    )
    original = getattr(checkpoint, name)

    def counted(*arguments: Any) -> None:
        nonlocal remaining
        remaining -= 1
        if remaining == 0 and not late:
            kill()
        original(*arguments)
        if remaining == 0:
            kill()

    if kind != "step":
        setattr(checkpoint, name, counted)
    model.learn(TOTAL, callback=callbacks)


if __name__ == "__main__":
    for one in sys.argv[2:]:
        child = os.fork()
        if child == 0:
            main(Path(sys.argv[1]) / one, one)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
