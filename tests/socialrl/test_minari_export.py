"""A run's tests as a Minari data set: the very same tests, with the spaces of the environment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_events import run_of

from socialrl.cli import main
from socialrl.evaluation.playing import evaluate_run
from socialrl.progress import Silent
from socialrl.storage.run_folder import RunFolder

WHY = "Minari is not installed: pip install 'socialrl[minari]'"
minari = pytest.importorskip("minari", reason=WHY)
pytest.importorskip("h5py", reason=WHY)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with run_of(tmp_path_factory.mktemp("ppt"), "PartnerPreference", dt_s=15, duration_s=600) as run:
        evaluate_run(run, progress=Silent())
    return run.path


def test_episodes_are_the_tests(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run), "--format", "minari", "--output", "made/here"]) == 0  # as people type it
    monkeypatch.setenv("MINARI_DATASETS_PATH", "made/here")
    dataset = minari.load_dataset("socialrl/PartnerPreference/run-v0")
    tests = RunFolder.open(run).read_table("evaluation").set_index(["animal", "test", "repeat"])
    assert dataset.total_episodes == len(tests) == 16
    assert dataset.total_steps == len(tests) * 40
    env = dataset.recover_environment()
    assert env.observation_space == dataset.observation_space
    assert env.action_space == dataset.action_space
    assert env.unwrapped.world.duration_s == 600.0
    seen = set()
    for episode, about in zip(
        dataset.iterate_episodes(), dataset.storage.get_episode_metadata(range(len(tests))), strict=True
    ):
        row = tests.loc[(about["animal"], about["test"], int(about["repeat"]))]
        seen.add(row.name)
        assert episode.rewards.sum() == pytest.approx(row["return"], abs=1e-9)
        assert int(about["seed"]) == row["seed"]
        assert (about["genotype"], about["options"]["cohousing_h"]) == (row["genotype"], 48.0)
        assert episode.observations.shape == (41, *dataset.observation_space.shape)
        assert all(dataset.observation_space.contains(one) for one in episode.observations)
        assert all(dataset.action_space.contains(one) for one in episode.actions)
        assert episode.truncations.tolist() == [False] * 39 + [True]
        assert not episode.terminations.any()
    assert seen == set(tests.index)


def test_an_episode_can_be_played_again_in_the_environment(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the animal's own parameters, its seed and its actions, the world gives the same observations."""
    import gymnasium as gym

    from socialrl.animals.animal import animals_of

    out = tmp_path / "out"
    given = ["animals=wt-01", "tests=bonded", "repeats=1"]
    assert main(["export", str(run), "--format", "minari", "--output", str(out), *given]) == 0
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(out))
    dataset = minari.load_dataset("socialrl/PartnerPreference/run-v0")
    assert dataset.total_episodes == 1
    episode, about = next(iter(dataset.iterate_episodes())), next(iter(dataset.storage.get_episode_metadata([0])))
    animal = next(one for one in animals_of(RunFolder.open(run).config) if one.id == about["animal"])
    env = gym.make(dataset.spec.env_spec, sex=animal.sex, arms=animal.arms, **animal.parameters)
    options = {name: one.item() if isinstance(one, np.generic) else one for name, one in about["options"].items()}
    observation, _ = env.reset(seed=int(about["seed"]), options=options)
    np.testing.assert_array_equal(observation, episode.observations[0])
    for action, reward, after in zip(episode.actions, episode.rewards, episode.observations[1:], strict=True):
        observation, got, *_ = env.step(int(action))
        np.testing.assert_array_equal(observation, after)
        assert got == reward


def test_a_wrong_choice_is_told_in_one_line(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given, told in {
        "animals=wt_01": "animals: unknown animal 'wt_01'; did you mean 'wt-01'?",
        "tests=bonde": "tests: unknown test 'bonde'; did you mean 'bonded'?",
        "repeats=0": "repeats must be a whole number from 1 to 1000, got '0'",
    }.items():
        assert main(["export", str(run), "--format", "minari", "--output", str(tmp_path / "out"), given]) == 2
        assert told in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
