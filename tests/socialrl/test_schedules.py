"""A learning rate that falls: both engines use the same rate in each update, and it ends at 0."""

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from socialrl.animals.animal import animals_of
from socialrl.config.loading import load_config
from socialrl.training.cohort_trainer import build_cohort
from socialrl.training.sb3_trainer import build_model
from socialrl.training.schedules import ppo_settings

SMALL = ["env.duration_s=900", "lives=2", "ppo.n_steps=32", "ppo.batch_size=32", "ppo.n_epochs=1", "animals=1"]


class Rates(BaseCallback):
    """The learning rate and the clip range of each update, as they stand in the log at the next rollout."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, float]] = []

    def look(self) -> None:
        log = self.logger.name_to_value
        if "train/clip_range" in log:
            self.seen.append((log["train/learning_rate"], log["train/clip_range"]))

    def _on_rollout_start(self) -> None:
        self.look()

    def _on_training_end(self) -> None:
        self.look()

    def _on_step(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("steps", "expected"), [(256, [3e-3, 2e-3, 1e-3, 0.0]), (200, [2.72e-3, 1.44e-3, 1.6e-4, 0.0])]
)
def test_both_engines_follow_the_line_to_0_and_not_below(steps, expected):
    changes = [*SMALL, f"steps={steps}", "ppo.learning_rate=lin_4e-3", "ppo.clip_range=lin_0.4"]
    config = load_config("configs/smoke.yaml", changes)
    animals = animals_of(config)[:1]
    for model in (build_cohort(config, animals), build_model(config, animals[0])):
        model.set_logger(Logger(folder=None, output_formats=[]))
        heard = Rates()
        model.learn(steps, callback=heard, log_interval=1000)
        assert [rate for rate, _ in heard.seen] == pytest.approx(expected, abs=1e-12)
        assert [clip for _, clip in heard.seen] == pytest.approx(100 * np.array(expected), abs=1e-12)


def test_numbers_are_left_as_they_are_and_a_saved_schedule_is_only_of_sb3(tmp_path):
    settings = ppo_settings(load_config("configs/smoke.yaml").ppo)
    assert settings["learning_rate"] == 1e-3
    assert settings["policy_kwargs"] == {"net_arch": [16, 16]}
    config = load_config("configs/smoke.yaml", [*SMALL, "ppo.learning_rate=lin_4e-3"])
    build_model(config, animals_of(config)[0]).save(tmp_path / "animal.zip")
    loaded = PPO.load(tmp_path / "animal.zip", device="cpu")
    assert type(loaded.learning_rate).__module__ == "stable_baselines3.common.utils"
    assert loaded.lr_schedule(0.25) == pytest.approx(1e-3)
