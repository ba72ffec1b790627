"""How long a frame takes to draw, beside CartPole's: `python docs/benchmarks/drawing.py`. Prints a Markdown table."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

import socialrl_envs  # noqa: F401  (registers the ids)

ROUNDS, FRAMES = 8, 40
IDS = ("CartPole-v1", "socialrl/PartnerPreference-v0", "socialrl/SocialOperant-v0", "socialrl/GroupMember-v0")


def film(env_id: str) -> Callable[[], None]:
    """Return what plays and draws `FRAMES` frames; between two frames of a test a minute passes."""
    env = gym.make(env_id, render_mode="rgb_array", **({} if env_id == "CartPole-v1" else {"duration_s": 10_800.0}))
    rng = np.random.default_rng(0)
    space: Any = env.action_space
    steps = 1 if env_id == "CartPole-v1" else max(1, round(60.0 / getattr(env.unwrapped, "dt_s", 60.0)))
    env.reset(seed=0)

    def play() -> None:
        for _ in range(FRAMES):
            for _ in range(steps):
                if any(env.step(int(rng.integers(space.n)))[2:4]):
                    env.reset()
            env.render()

    play()
    return play


def main() -> None:
    """Time every candidate once a round, in turns; the best round counts."""
    films = {env_id: film(env_id) for env_id in IDS}
    best = dict.fromkeys(IDS, float("inf"))
    for _ in range(ROUNDS):
        for env_id, play in films.items():
            start = time.process_time()
            play()
            best[env_id] = min(best[env_id], (time.process_time() - start) / FRAMES)
    print("| a frame, steps between two frames included | ms | x CartPole-v1 |\n|---|---:|---:|")
    for env_id, seconds in best.items():
        print(f"| {env_id} | {1000 * seconds:.1f} | {seconds / best['CartPole-v1']:.2f} |")
    print(f"\nProcessor time; best of {ROUNDS} rounds of {FRAMES} frames; Python {platform.python_version()}.")


if __name__ == "__main__":
    main()
