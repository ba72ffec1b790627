"""A whole experiment with either engine: tables, models, TensorBoard, stops and resumes."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from socialrl.animals.policies import load_policy
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.progress import Silent
from socialrl.storage.run_folder import RunFolder
from socialrl.tensorboard.results import write_results
from socialrl.training import sb3_trainer
from socialrl.training.cohort_trainer import CohortRecorder
from socialrl.training.run import resume_run, train_run
from socialrl.training.vec_env import SocialVecEnv

pytestmark = pytest.mark.slow
SMALL = ["steps=768", "probes.every_steps=256", "env.duration_s=900", "lives=2", "ppo.n_steps=64"]


def new_run(folder, *overrides: str) -> RunFolder:
    config = load_config("configs/smoke.yaml", [*SMALL, f"output={folder}", *overrides])
    return RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": config.seed})


def trained(folder, *overrides: str) -> RunFolder:
    with new_run(folder, *overrides) as run:
        train_run(run.config, run, progress=Silent())
    return run


@pytest.fixture(scope="module", params=["cohort", "sb3"])
def run(request, tmp_path_factory) -> RunFolder:
    return trained(tmp_path_factory.mktemp(request.param), f"engine={request.param}")


def test_tables_hold_every_animal_episode_and_probe(run):
    config = run.config
    assert run.finished
    animals = run.read_table("animals")
    assert animals["animal"].tolist() == ["wt-00", "wt-01", "ko-00", "ko-01"]
    assert (animals["steps"] == 768).all()
    assert animals["finished"].all()
    assert animals.loc[0, "seed"] == animals.loc[2, "seed"]
    assert animals.loc[0, "param_contact_floor"] == animals.loc[2, "param_contact_floor"]
    episodes = run.read_table("episodes")
    # 768 steps over 2 lives are 384 ticks a life; a test of 900 s has 60 ticks
    assert episodes.groupby("animal").size().tolist() == [12] * 4
    assert set(episodes["cohousing_h"]) <= {0.0, 24.0}
    probes = run.read_table("probes")
    assert sorted(probes["steps"].unique()) == [0, 256, 512, 768]
    assert len(probes) == 4 * 4 * len(config.probes.tests)
    assert episodes.filter(like="reward_").sum(axis=1).to_numpy() == pytest.approx(episodes["return"].to_numpy())


def test_the_progress_of_a_cohort_names_the_test_that_its_numbers_are_of(tmp_path):
    heard = []

    class Listening(Silent):
        def update(self, done_steps: int, total_steps: int, text: str = "") -> None:  # noqa: ARG002
            heard.append(text)

    with new_run(tmp_path, "engine=cohort", "steps=128") as run:
        train_run(run.config, run, progress=Listening())
    test = run.config.probes.tests[-1].name
    assert re.fullmatch(rf"preference in {test}: wt ([01]\.\d\d|nan), ko ([01]\.\d\d|nan)", heard[-1])


def test_models_load_in_sb3_and_equal_the_frozen_ones(run):
    for animal in ("wt-00", "ko-01"):
        model = PPO.load(run.models / f"{animal}.zip", device="cpu")
        weights = load_policy(run.models / f"{animal}.safetensors")
        for name, tensor in model.policy.state_dict().items():
            np.testing.assert_array_equal(tensor.numpy(), weights[name])
        action, _ = model.predict(np.zeros(28, dtype=np.float32), deterministic=True)
        assert 0 <= int(action) < 6


def test_evaluation_and_tensorboard_of_the_end(run):
    evaluate_run(run, progress=Silent())
    table = run.read_table("evaluation")
    assert len(table) == 4 * len(run.config.evaluation.tests)
    assert (table["steps"] == 768).all()
    assert len(pd.read_csv(run.path / "evaluation.csv")) == len(table)
    assert set(run.read_table("traces")["animal"]) == {"wt-00", "ko-00"}
    write_results(run)
    tags = tags_of(run.tb / "ko")
    assert {"eval/cohoused_24h/preference", "eval_sd/cohoused_24h/preference", "reward/exploration"} <= set(
        tags["scalars"]
    )
    assert {"rollout/ep_rew_mean", "physiology/familiarity_start_partner", "assay/huddle_s_partner"} <= set(
        tags["scalars"]
    )
    assert tags["images"] == ["film/after_24h_of_cohousing/ko-00"]
    assert tags_of(run.tb / "results")["images"] == ["results/preference_by_cohousing", "results/learning"]


def test_an_animal_alone_is_the_animal_in_company(run, tmp_path):
    """What an animal becomes depends on its index and the root seed, not on the other animals of the experiment."""
    alone = trained(tmp_path, f"engine={run.config.engine}", "animals=1", "genotypes={ko: {oxtr_gain: 0}}")
    mine, theirs = (load_policy(one.models / "ko-00.safetensors") for one in (alone, run))
    for name, array in theirs.items():
        np.testing.assert_allclose(mine[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


def test_the_seed_decides(run, tmp_path):
    same = trained(tmp_path / "same", f"engine={run.config.engine}")
    other = trained(tmp_path / "other", f"engine={run.config.engine}", "seed=2")
    for name in ("episodes", "probes"):
        pd.testing.assert_frame_equal(run.read_table(name), same.read_table(name))
    assert not run.read_table("episodes")["return"].equals(other.read_table("episodes")["return"])


@pytest.mark.parametrize("rate", ["1e-3", "lin_3e-3"])
def test_a_stopped_cohort_goes_on_bit_identically(tmp_path, monkeypatch, rate):
    whole = trained(tmp_path / "whole", "engine=cohort", f"ppo.learning_rate={rate}")
    stopped = new_run(tmp_path / "stopped", "engine=cohort", f"ppo.learning_rate={rate}")
    on_step = CohortRecorder._on_step

    def stop_in_the_middle(recorder: CohortRecorder) -> bool:
        if recorder.num_timesteps == 500:
            raise KeyboardInterrupt
        return on_step(recorder)

    monkeypatch.setattr(CohortRecorder, "_on_step", stop_in_the_middle)
    with stopped, pytest.raises(KeyboardInterrupt):
        train_run(stopped.config, stopped, progress=Silent())
    monkeypatch.undo()
    assert not stopped.finished
    assert len(RunFolder.open(stopped.path).read_table("episodes")), "an unfinished run can be read"
    with RunFolder.resume(stopped.path) as again:
        resume_run(again, progress=Silent())
    for name in ("episodes", "probes"):
        pd.testing.assert_frame_equal(again.read_table(name), whole.read_table(name))
    for animal in whole.read_table("animals")["animal"]:
        name = f"{animal}.safetensors"
        assert (again.models / name).read_bytes() == (whole.models / name).read_bytes()


def test_a_stopped_sb3_run_keeps_finished_animals(tmp_path):
    whole = trained(tmp_path / "whole", "engine=sb3")
    stopped = new_run(tmp_path / "stopped", "engine=sb3")
    animals = sb3_trainer.animals_of(stopped.config)
    with stopped:
        sb3_trainer.train_animal(stopped, stopped.config, animals[3])
    kept = (stopped.models / "ko-01.zip").stat().st_mtime_ns
    with RunFolder.resume(stopped.path) as again:
        resume_run(again, progress=Silent())
    assert (again.models / "ko-01.zip").stat().st_mtime_ns == kept
    pd.testing.assert_frame_equal(again.read_table("episodes"), whole.read_table("episodes"))


def test_a_worker_whose_parent_is_gone_stops_and_writes_nothing(tmp_path):
    run = new_run(tmp_path, "engine=sb3")
    with run, pytest.raises(SystemExit, match="main process has ended"):
        sb3_trainer.train_animal(run, run.config, sb3_trainer.animals_of(run.config)[0], parent=1)
    assert not list((run.path / "parts").glob("*.parquet"))


@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_a_reward_that_is_not_finite_stops_with_animal_step_and_term(tmp_path, monkeypatch, engine):
    step_wait = SocialVecEnv.step_wait
    ticks = iter(range(10**6))

    def poisoned(env: SocialVecEnv):
        observations, rewards, dones, infos = step_wait(env)
        if next(ticks) == 70:
            rewards[-1] = np.nan
            env.reward_terms["stress"][-1] = np.nan
        return observations, rewards, dones, infos

    monkeypatch.setattr(SocialVecEnv, "step_wait", poisoned)
    run = new_run(tmp_path, f"engine={engine}")

    def train() -> None:
        if engine == "sb3":  # in this process, where the poison is
            sb3_trainer.train_animal(run, run.config, sb3_trainer.animals_of(run.config)[0])
        else:
            train_run(run.config, run, progress=Silent())

    with run, pytest.raises(UserError, match=r"wt-00|ko-01") as caught:
        train()
    assert "step 142" in str(caught.value)
    assert "stress" in str(caught.value)
    assert not run.finished


def test_the_recorder_refuses_reward_normalisation(tmp_path):
    run = new_run(tmp_path)
    animal = sb3_trainer.animals_of(run.config)[0]
    model = sb3_trainer.build_model(run.config, animal)
    model.set_env(VecNormalize(model.get_env(), norm_obs=False, norm_reward=True))
    with run, pytest.raises(UserError, match="reward normalisation is refused"):
        model.learn(128, callback=sb3_trainer.AnimalRecorder(run.config, animal))


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(tmp_path, monkeypatch, recwarn):
    stopped = new_run(tmp_path, "engine=cohort")
    on_step = CohortRecorder._on_step

    def stop_late(recorder: CohortRecorder) -> bool:
        if recorder.num_timesteps == 700:
            raise KeyboardInterrupt
        return on_step(recorder)

    monkeypatch.setattr(CohortRecorder, "_on_step", stop_late)
    with stopped, pytest.raises(KeyboardInterrupt):
        train_run(stopped.config, stopped, progress=Silent())
    monkeypatch.undo()
    newest = max(stopped.checkpoints.glob("checkpoint-*"))
    (newest / "weights.safetensors").write_bytes(b"nothing")
    with RunFolder.resume(stopped.path) as again:
        resume_run(again, progress=Silent())
    assert any(newest.name in str(warning.message) for warning in recwarn)
    assert again.finished
    assert (again.read_table("animals")["steps"] == 768).all()
    shutil.rmtree(again.path)


def tags_of(folder) -> dict:
    events = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0})
    events.Reload()
    return events.Tags()
