"""Prints the table of docs/benchmarks/acting.md: `python docs/benchmarks/acting.py [--rounds 8]`, under a minute.

How fast worlds step in which several animals act, per acting animal, which is a row. Every assay is timed once a round,
in turns, on one thread and in processor time, and its best round counts, so that the ratio holds whatever else the
machine did. A round is a reset after 24 h of cohousing and a day of ticks with random actions.
"""

import argparse
import os
import platform
import time

import gymnasium as gym
import numpy as np

import socialrl_envs
from socialrl_envs.vector import SocialVectorEnv

REFERENCE = "socialrl/GroupHabitat-v0"
ASSAYS = (REFERENCE, "socialrl/PairHome-v0", "socialrl/SharedCaregiving-v0", "socialrl/Caregiving-v0")
ROWS, TICKS = 1024, 1440


def made(env_id: str) -> SocialVectorEnv:
    """Return a vector environment of `ROWS` acting animals."""
    env = gym.make_vec(env_id, num_envs=ROWS, vectorization_mode="vector_entry_point", dt_s=60.0).unwrapped
    assert isinstance(env, SocialVectorEnv)
    return env


def seconds(env: SocialVectorEnv, chosen: np.ndarray) -> float:
    """Return the processor time of one reset and `TICKS` ticks."""
    start = time.process_time()
    env.reset(options={"cohousing_h": 24.0})
    for actions in chosen:
        env.step(actions)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    envs = {env_id: made(env_id) for env_id in ASSAYS}
    rng = np.random.default_rng(0)
    chosen = {env_id: rng.integers(0, env.single_action_space.n, (TICKS, ROWS)) for env_id, env in envs.items()}
    for env_id, env in envs.items():
        env.reset(seed=0)
        seconds(env, chosen[env_id][:20])  # compiles, and fills caches
    spent = {env_id: [] for env_id in ASSAYS}
    for _ in range(rounds):
        for env_id, env in envs.items():
            spent[env_id].append(seconds(env, chosen[env_id]))
    rates = {env_id: ROWS * TICKS / min(times) for env_id, times in spent.items()}
    print("| assay | animals that act in a world | rows per s | x GroupHabitat |\n|---|---:|---:|---:|")
    for env_id, rate in rates.items():
        n_acting = len(socialrl_envs.ASSAYS[env_id].acting)
        print(f"| {env_id} | {n_acting} | {rate:,.0f} | {rate / rates[REFERENCE]:.2f} |")
    load = os.getloadavg()[0]
    print(
        f"\n{rounds} rounds; {os.cpu_count()} processors, load {load:.1f}; Python {platform.python_version()}, ", end=""
    )
    print(f"gymnasium {gym.__version__}, numpy {np.__version__}.")


if __name__ == "__main__":
    main()
