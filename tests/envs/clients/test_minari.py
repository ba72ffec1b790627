"""Minari records episodes with their infos, and gives back what was played."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from socialrl_envs import ASSAYS

WHY = "Minari's recorder is not installed: pip install 'socialrl[clients]'"
minari = pytest.importorskip("minari", reason=WHY)
for needed in ("jax", "h5py"):
    pytest.importorskip(needed, reason=WHY)


@pytest.mark.parametrize("env_id", [name for name, assay in ASSAYS.items() if len(assay.acting) == 1])
def test_the_recorder_keeps_infos(env_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    dt_s = ASSAYS[env_id].dt_s
    env = minari.DataCollector(gym.make(env_id, duration_s=8 * dt_s), record_infos=True, data_format="hdf5")
    rng = np.random.default_rng(0)
    played = []
    for episode in range(2):
        observations, _ = env.reset(seed=episode)
        seen, rewards, over = [observations], [], False
        while not over:
            observations, reward, _, over, info = env.step(int(rng.integers(env.action_space.n)))
            seen.append(observations)
            rewards.append(reward)
        played.append((np.array(seen), np.array(rewards), info))
    dataset = env.create_dataset(
        "socialrl/test-v0", author="test", author_email="test@example.org", code_permalink="none"
    )
    assert dataset.total_episodes == 2
    for episode, (seen, rewards, info) in zip(dataset.iterate_episodes(), played, strict=True):
        np.testing.assert_array_equal(episode.observations, seen)
        np.testing.assert_array_equal(episode.rewards, rewards)
        assert episode.truncations.tolist() == [False] * 7 + [True]
        np.testing.assert_array_equal(episode.infos["chamber_s"][-1], info["chamber_s"])
        np.testing.assert_array_equal(episode.infos["record"]["duration_s"], [0.0] * 8 + [8 * dt_s])
        assert episode.infos["reward_terms"]["noise"][-1] == info["reward_terms"]["noise"]
        assert episode.infos["record"]["session"][-1].decode() == info["record"]["session"]
    again = minari.load_dataset("socialrl/test-v0").recover_environment()
    assert again.spec.max_episode_steps == 8
    again.close()
    env.close()
