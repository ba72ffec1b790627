"""Gymnasium films the worlds: one environment, and all rows of the native vector environment in one picture."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

moviepy = pytest.importorskip("moviepy", reason="Gymnasium films with moviepy: pip install 'socialrl[clients]'")


def frames_in(path: Path) -> np.ndarray:
    clip = moviepy.VideoFileClip(str(path))
    try:
        return np.stack(list(clip.iter_frames()))
    finally:
        clip.close()


def test_a_single_environment(tmp_path: Path) -> None:
    env = gym.make("socialrl/PartnerPreference-v0", duration_s=150.0, render_mode="rgb_array")
    env = gym.wrappers.RecordVideo(env, str(tmp_path), episode_trigger=lambda _: True)
    env.reset(seed=0)
    while not env.step(1)[3]:
        pass
    env.close()
    [film] = tmp_path.glob("*.mp4")
    assert frames_in(film).shape[1:] == (540, 960, 3)


@pytest.mark.parametrize("env_id", ["socialrl/PartnerPreference-v0", "socialrl/GroupHabitat-v0"])
@pytest.mark.parametrize("mode", ["NEXT_STEP", "SAME_STEP"])
@pytest.mark.filterwarnings("ignore:.*same-step")
def test_the_native_vector_environment(env_id: str, mode: str, tmp_path: Path) -> None:
    n_rows = 4 if env_id != "socialrl/GroupHabitat-v0" else 8
    rows = gym.make_vec(env_id, num_envs=n_rows, autoreset_mode=mode, duration_s=600.0, render_mode="rgb_array")
    env = gym.wrappers.vector.RecordVideo(rows, str(tmp_path), episode_trigger=lambda episode: episode == 0)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(12):
        env.step(rng.integers(0, rows.single_action_space.n, n_rows))
    env.close()
    [film] = tmp_path.glob("*.mp4")
    pictures = frames_in(film)
    assert pictures.shape[2] // 960 * (pictures.shape[1] // 540) == n_rows
    assert pictures[0].std() > 10.0
    assert (pictures[0] != pictures[-1]).any()
