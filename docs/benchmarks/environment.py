"""Prints the table of docs/benchmarks/environment.md: `python docs/benchmarks/environment.py [--rounds 12]`, about a
minute.

Every candidate is timed once a round, in turns, and its best round counts: what else the machine does then falls on all
of them alike, and the ratios hold. Work on one thread is measured in processor time, on two threads in wall time (which
needs two idle processors to mean anything). Resets at the end of an episode are left out of single stepping and are
part of vector stepping, as they are in use.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import gymnasium as gym
import numpy as np

import socialrl_envs

PARTNER_PREFERENCE, GROUP_HABITAT, CARTPOLE = "socialrl/PartnerPreference-v0", "socialrl/GroupHabitat-v0", "CartPole-v1"
SINGLE_STEPS = 4000
ROWS = (1, 64, 1024, 4096)


@dataclass
class Candidate:
    """Something to time: `work()` returns the seconds that `n_steps` steps of one row took."""

    name: str
    n_steps: int
    work: Callable[[], float]
    seconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Steps of one row per second, in the best round."""
        return self.n_steps / min(self.seconds)


def single(env_id: str) -> Candidate:
    """Step what `gym.make` gives, wrappers included, with random actions."""
    env = gym.make(env_id)
    chosen = np.random.default_rng(0).integers(0, env.action_space.n, SINGLE_STEPS).tolist()

    def work() -> float:
        actions = iter(chosen)
        spent, left = 0.0, True
        while left:
            env.reset()
            left = False
            start = time.process_time()
            for action in actions:
                _, _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    left = True
                    break
            spent += time.process_time() - start
        return spent

    return Candidate(f"{env_id}, gym.make", SINGLE_STEPS, work)


def vector(env_id: str, n_rows: int, mode: str, threads: int = 1) -> Candidate:
    """Step what `gym.make_vec` gives, with random actions; enough ticks for about 100,000 row steps, at most 1000."""
    arguments = {"threads": threads} if threads > 1 else {}
    env = gym.make_vec(env_id, num_envs=n_rows, vectorization_mode=mode, **arguments)
    env.reset(seed=0)
    n_ticks = min(1000, max(4, 100_000 // n_rows))
    if mode == "sync":
        n_ticks = max(4, 4000 // n_rows)
    chosen = np.random.default_rng(0).integers(0, env.single_action_space.n, (n_ticks, n_rows))
    clock = time.perf_counter if threads > 1 else time.process_time

    def work() -> float:
        start = clock()
        for actions in chosen:
            env.step(actions)
        return clock() - start

    kind = "SyncVectorEnv" if mode == "sync" else "native vector"
    spread = f", {threads} threads (wall)" if threads > 1 else ""
    return Candidate(f"{env_id}, {kind}, {n_rows} rows{spread}", n_rows * n_ticks, work)


def candidates() -> list[Candidate]:
    native = "vector_entry_point"
    return [
        single(CARTPOLE),
        single(PARTNER_PREFERENCE),
        *(vector(CARTPOLE, n, "sync") for n in ROWS[:2]),
        *(vector(PARTNER_PREFERENCE, n, "sync") for n in ROWS[:2]),
        *(vector(CARTPOLE, n, native) for n in ROWS),
        *(vector(PARTNER_PREFERENCE, n, native) for n in ROWS),
        # below 1024 worlds the native environment stays on one thread
        *(vector(PARTNER_PREFERENCE, n, native, threads=2) for n in ROWS[2:]),
        vector(GROUP_HABITAT, ROWS[-1], native),
    ]


def reset_microseconds() -> float:
    """Processor time of one reset after 24 h of cohousing, in a batch of 1024, best of 10."""
    env = gym.make_vec(PARTNER_PREFERENCE, num_envs=1024, vectorization_mode="vector_entry_point")
    env.reset(seed=0)
    best = np.inf
    for _ in range(10):
        start = time.process_time()
        env.reset()
        best = min(best, time.process_time() - start)
    return best / 1024 * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    timed = candidates()
    for candidate in timed:
        candidate.work()  # compiles, and fills caches
    for _ in range(rounds):
        for candidate in timed:
            candidate.seconds.append(candidate.work())
    yardstick = timed[0].rate
    print(f"| stepping | rows per s | x {CARTPOLE} single |\n|---|---:|---:|")
    for candidate in timed:
        print(f"| {candidate.name} | {candidate.rate:,.0f} | {candidate.rate / yardstick:.2f} |")
    print(f"\nOne reset after 24 h of cohousing, in a batch: {reset_microseconds():.1f} µs.")
    print(
        f"{rounds} rounds; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; Python "
        f"{platform.python_version()}, "
        f"gymnasium {gym.__version__}, numpy {np.__version__}, socialrl_envs with {len(socialrl_envs.ASSAYS)} "
        "assay(s)."
    )


if __name__ == "__main__":
    main()
