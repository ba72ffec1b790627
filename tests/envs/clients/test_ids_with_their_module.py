"""Scripts that only know an id (CleanRL, rl-zoo, SB3 workers) name the module: `socialrl_envs:socialrl/…`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from socialrl_envs import ASSAYS

ROOT = Path(__file__).resolve().parents[3]
MAKE = """
import gymnasium as gym
env = gym.make("socialrl_envs:{id}", duration_s={duration_s})
env = gym.wrappers.RecordEpisodeStatistics(env)  # what CleanRL puts around every environment
observations, _ = env.reset(seed=1)
over = False
while not over:
    observations, _, _, over, info = env.step(env.action_space.sample())
print(env.spec.id, info["episode"]["l"])
rows = gym.make_vec("socialrl_envs:{id}", num_envs=2)
print(rows.reset(seed=1)[0].shape[0])
"""
WORKERS = """
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv
if __name__ == "__main__":
    env = make_vec_env("socialrl_envs:socialrl/PartnerPreference-v0", n_envs=2, vec_env_cls=SubprocVecEnv, seed=3)
    print(env.reset().shape)
    env.close()
"""


def test_an_id_with_its_module_needs_no_import() -> None:
    env_id = "socialrl/PartnerPreference-v0"
    statement = MAKE.format(id=env_id, duration_s=10 * ASSAYS[env_id].dt_s)
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == [f"{env_id} 10", "2"], done.stderr


def test_sb3s_worker_processes_find_it(tmp_path: Path) -> None:
    """They begin as fresh interpreters, in which nothing of the caller's script has been imported."""
    pytest.importorskip("stable_baselines3", reason="Stable-Baselines3 is not installed")
    script = tmp_path / "guarded.py"
    script.write_text(WORKERS)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "(2, 28)", done.stderr
