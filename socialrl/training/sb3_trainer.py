"""Engine `sb3`: every animal is a plain Stable-Baselines3 PPO, learning in a worker process."""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch as th
from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky import get_reusable_executor
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecNormalize

from socialrl import seeding, stopping
from socialrl.animals.animal import Animal, animals_of
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.config.loading import Config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.extensions import load_extensions
from socialrl.progress import Progress
from socialrl.storage.atomic import atomic_file, write_bytes
from socialrl.storage.run_folder import TRAINING_TABLES, RunFolder
from socialrl.training.cohort.initial_weights import initial_weights
from socialrl.training.cohort.layout import network_layout
from socialrl.training.devices import usable_device
from socialrl.training.finite import check_losses, check_rewards
from socialrl.training.group_curves import write_group_curves
from socialrl.training.scalars import episode_scalars, probe_scalars, record_animal
from socialrl.training.schedules import ppo_settings
from socialrl.training.tables import animal_row, episode_row, episode_table
from socialrl.training.vec_env import BatchedBootstrap, SocialVecEnv, native_arguments

_POLL_S = 0.5


def train_all(run: RunFolder, config: Config, progress: Progress) -> None:
    """Train every animal of `config` that has not finished in `run`, then write the run's tables and group curves."""
    train_animals(run, config, progress)
    names = [animal.id for animal in animals_of(config)]
    for table in TRAINING_TABLES:
        rows = run.read_parts(table, names)
        if rows is not None and "animal" not in rows:  # written without columns where no episode had ended, once
            run.write_table(table, episode_table(animals_of(config)[0], []))
        elif rows is not None:
            run.merge_parts(table, names)
    write_group_curves(run, config)


def train_animals(run: RunFolder, config: Config, progress: Progress) -> None:
    """Train every animal of `config` that has not finished in `run`, `config.workers` at a time."""
    begun = set(run.pieces())  # most animals of a new run have nothing to be read
    waiting = [animal for animal in _interleaved(config) if animal.id not in begun or not _learned(run, animal)]
    total = len(animals_of(config)) * config.steps
    counts_path = run.path / "parts" / ".steps"
    # Written before it is mapped: a mapped file on a full disk would kill the process.
    write_bytes(counts_path, bytes(8 * max(1, len(waiting))))
    counts = np.memmap(counts_path, dtype=np.int64, mode="r+")
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_POLL_S):
            progress.update(total - len(waiting) * config.steps + int(counts.sum()), total, _state(config, counts))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    n_workers = min(config.workers or cpu_count(), max(1, len(waiting)))
    parent = os.getpid()
    ending_with_us: dict[str, Any] = {"initializer": stopping.end_with_parent, "initargs": (parent,)}
    try:
        Parallel(n_jobs=n_workers, backend="loky", **(ending_with_us if n_workers > 1 else {}))(
            delayed(train_animal)(run, config, animal, counts_path, slot, parent) for slot, animal in enumerate(waiting)
        )
    except KeyboardInterrupt:
        if n_workers > 1:
            get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise
    finally:
        stop.set()
        watcher.join()
        counts_path.unlink(missing_ok=True)
    progress.update(total, total)


def train_animal(
    run: RunFolder,
    config: Config,
    animal: Animal,
    counts_path: Path | None = None,
    slot: int = 0,
    parent: int | None = None,
) -> None:
    """Train one animal from the start and write its network and its pieces of the tables; `animals` comes last.

    A worker whose `parent` process has died stops before it writes: another process may have resumed the run.
    """
    th.set_num_threads(1)
    load_extensions()  # a worker process knows only what it imports itself
    begun = time.perf_counter()
    model = build_model(config, animal)
    model.set_logger(configure(str(run.tb / animal.genotype / animal.id), ["tensorboard"]))
    recorder = AnimalRecorder(config, animal, counts_path, slot, parent)
    model.learn(config.steps, callback=CallbackList([recorder, BatchedBootstrap()]))
    recorder.probe()
    model.logger.close()
    seed = seeding.seed_int(config.seed, "animal", animal.index, "ppo")
    _save(run, config, animal, model)
    run.write_part(animal.id, "episodes", episode_table(animal, recorder.episodes))
    if recorder.probes:
        run.write_part(animal.id, "probes", pd.concat(recorder.probes, ignore_index=True))
    row = animal_row(animal, seed, model.num_timesteps, time.perf_counter() - begun)
    run.write_part(animal.id, "animals", pd.DataFrame([row]))


def build_model(config: Config, animal: Animal) -> PPO:
    """Return an untrained PPO for one animal in its own world; all streams are children of the root seed."""
    own: dict[str, Any] = {"sex": animal.sex, "table": animal.table, "arms": animal.arms, **animal.parameters}
    env = SocialVecEnv.native(config.env.id, config.lives, None, **native_arguments(config), **own)
    settings = ppo_settings(config.ppo)
    net_arch = list(config.ppo.net_arch)
    seed = seeding.seed_int(config.seed, "animal", animal.index, "ppo")
    model = PPO(
        "MlpPolicy",
        env,
        device=usable_device(config.device),
        seed=seed,
        **settings,
    )
    # The first weights come out of a linear-algebra library that differs between processors; those of the cohort do
    # not.
    layout = network_layout(env.observation_space.shape[0], env.action_space.n, net_arch, net_arch)  # type: ignore
    model.policy.load_state_dict(initial_weights(layout, seed))
    # after construction, because PPO gives its rows the seeds `seed`, `seed + 1`, …, which two animals could share
    env.seed_rows([seeding.seed_int(config.seed, "animal", animal.index, "life", k) for k in range(config.lives)])
    return model


class AnimalRecorder(BaseCallback):
    """Records one animal's training: episodes, probes of the frozen policy, progress; stops at non-finite numbers."""

    def __init__(
        self,
        config: Config,
        animal: Animal,
        counts_path: Path | None = None,
        slot: int = 0,
        parent: int | None = None,
    ) -> None:
        super().__init__()
        self._parent = parent
        self._config, self._animal, self._slot = config, animal, slot
        self._counts = np.memmap(counts_path, dtype=np.int64, mode="r+") if counts_path else None
        self._next_probe = 0
        self.episodes: list[dict[str, Any]] = []
        self.probes: list[pd.DataFrame] = []

    def _on_training_start(self) -> None:
        env = self.model.get_env()
        if isinstance(env, VecNormalize) and env.norm_reward:
            raise UserError("reward normalisation is refused: the gain must change reward ratios, not be scaled away")

    def _on_rollout_start(self) -> None:
        # one worker works in the main process itself
        if self._parent is not None and self._parent not in (os.getpid(), os.getppid()):
            raise SystemExit(f"animal {self._animal.id}: the run's main process has ended")
        check_losses(self._animal.id, self.num_timesteps, self.logger.name_to_value)
        if self.num_timesteps >= self._next_probe:
            self.probe()
            self._next_probe += self._config.probes.every_steps

    def _on_step(self) -> bool:
        env = self.model.get_env()
        assert isinstance(env, SocialVecEnv)
        check_rewards([self._animal.id], self.num_timesteps, self.locals["rewards"], env.reward_terms)
        for life, info in enumerate(self.locals["infos"]):
            if "record" in info:
                self.episodes.append(episode_row(self._animal, life, self.num_timesteps, info))
        if self._counts is not None:
            self._counts[self._slot] = min(self.num_timesteps, self._config.steps)
        return True

    def _on_rollout_end(self) -> None:
        if self.episodes:
            record_animal(self.logger, episode_scalars(self.episodes[-self._config.lives :], self._config.env.id))

    def probe(self) -> None:
        """Play the probe tests with the policy as it is now, frozen."""
        if not self._config.probes.tests:
            return
        weights = {name: tensor.cpu().numpy() for name, tensor in self.model.policy.state_dict().items()}
        table = play_tests(
            self._config,
            [self._animal],
            FrozenPolicies([weights]),
            self._config.probes.tests,
            repeats=self._config.probes.repeats,
            purpose="probe",
            steps=self.num_timesteps,
        )
        record_animal(self.logger, probe_scalars(table))
        self.probes.append(table)


def _learned(run: RunFolder, animal: Animal) -> bool:
    """Whether an animal has finished; one whose files are missing or changed is named and trained again."""
    problems = run.piece_problems(animal.id)
    if problems:
        warnings.warn(f"{run.path}: {problems[0]}; {animal.id} is trained again", stacklevel=3)
        run.drop_piece(animal.id)
    return run.has_part(animal.id, "animals")


def _interleaved(config: Config) -> list[Animal]:
    """All animals, one of each group in turn, so that a run that is stopped has animals of every group."""
    return sorted(animals_of(config), key=lambda animal: animal.index)


def _save(run: RunFolder, config: Config, animal: Animal, model: PPO) -> None:
    weights = {name: tensor.cpu().numpy() for name, tensor in model.policy.state_dict().items()}
    about = {"animal": animal.id, "env": config.env.id, "steps": model.num_timesteps, "activation": "tanh"}
    run.write_networks({animal.id: policy_bytes(weights, about)}, piece=animal.id)
    with atomic_file(run.models / f"{animal.id}.zip") as temporary:
        model.save(temporary)


def _state(config: Config, counts: np.ndarray) -> str:
    done = int((counts >= config.steps).sum())
    return f"{done} of {len(counts)} animals done"
