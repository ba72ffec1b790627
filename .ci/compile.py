"""Compile the step and the reset of every assay, and what trains animals: two processes, each a part of the assays.

What is compiled lies on disk for all that comes later (`socialrl_envs/compiled_cache.py`). Whoever needs it first would
compile it otherwise, and others at the same time.
"""

from __future__ import annotations

import importlib
import time
from concurrent.futures import ProcessPoolExecutor

import gymnasium as gym
import numpy as np

from socialrl_envs import ASSAYS


def main() -> None:
    with ProcessPoolExecutor(2) as processes:
        # What all worlds share is compiled with the first one, before the others begin.
        first, *others = ASSAYS
        training = processes.submit(trainer)
        print(processes.submit(compile_assay, first).result(), flush=True)
        for said in processes.map(compile_assay, others):
            print(said, flush=True)
        print(training.result(), flush=True)


def trainer() -> str:
    """Compile networks and their training, which is done where they are imported, and say how long it took."""
    begun = time.process_time()
    importlib.import_module("socialrl.reproduction.driver")
    return f"{time.process_time() - begun:5.1f} s of a processor  networks and their training"


def compile_assay(env_id: str) -> str:
    """Compile what a world of an assay does, and say how long it took."""
    begun = time.process_time()
    env = gym.make_vec(env_id, num_envs=len(ASSAYS[env_id].acting), vectorization_mode="vector_entry_point").unwrapped
    env.reset(seed=0)
    env.step(np.zeros(env.num_envs, dtype=np.int64))
    env.action_masks()
    return f"{time.process_time() - begun:5.1f} s of a processor  {env_id}"


if __name__ == "__main__":
    main()
