"""Engine `cohort`: all animals of an experiment learn at once, each with its own network, in one `CohortPPO`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import Logger, configure

from socialrl import seeding, stopping
from socialrl.animals.animal import Animal, animals_of, ids_by_group
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.animals.rows import Lineup
from socialrl.config.loading import Config
from socialrl.evaluation.playing import play_tests
from socialrl.progress import Progress
from socialrl.storage.run_folder import RunFolder
from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort.checkpoint import CohortCheckpoint, checkpoints, load_latest
from socialrl.training.cohort.export import export_zip, weights_of
from socialrl.training.scalars import episode_scalars, headline, probe_scalars, record_group
from socialrl.training.schedules import ppo_settings
from socialrl.training.tables import animal_row, episode_row, episode_table
from socialrl.training.vec_env import SocialVecEnv, native_arguments
from socialrl_envs import ASSAYS

_TRAIN = ("approx_kl", "clip_fraction", "entropy_loss", "explained_variance", "policy_gradient_loss", "value_loss")
_PIECE = "piece-{:06d}"
_Table = TypeVar("_Table", pd.DataFrame, pd.Series)


def train_cohort(run: RunFolder, config: Config, progress: Progress) -> None:
    """Train all animals of `config` in `run`, from its newest checkpoint if it has one, and write its tables."""
    begun = time.perf_counter()
    animals = animals_of(config)
    model = build_cohort(config, animals)
    recorder = CohortRecorder(run, config, animals, progress)
    saving = CohortCheckpoint(run.checkpoints, every=_checkpoint_every(config), extra=recorder.save_state)
    resumed = bool(checkpoints(run.checkpoints))
    recorder.restore_state(load_latest(model, run.checkpoints).notes if resumed else {})
    model.set_logger(configure(str(run.tb / "cohort"), ["tensorboard"]))
    left = config.steps - model.num_timesteps
    if left > 0:
        with stopping.deferred() as request:
            callbacks = CallbackList([recorder, saving, StopBetweenUpdates(request, saving)])
            model.learn(left, callback=callbacks, reset_num_timesteps=not resumed)
    else:
        recorder.init_callback(model)
        recorder.on_training_start({}, {})
    recorder.finish()
    model.logger.close()
    recorder.close()
    networks = {}
    for i, animal in enumerate(animals):
        about = {"animal": animal.id, "env": config.env.id, "steps": model.num_timesteps, "activation": "tanh"}
        networks[animal.id] = policy_bytes(weights_of(model, i), about)
    run.write_networks(networks)
    for i, animal in enumerate(animals):
        export_zip(model, i, run.models / f"{animal.id}.zip")
    wall_s = (time.perf_counter() - begun) / len(animals)
    rows = [animal_row(one, _seed(config, one), model.num_timesteps, wall_s) for one in animals]
    run.write_table("animals", pd.DataFrame(rows))
    order = {animal.id: k for k, animal in enumerate(animals)}
    for name in ("episodes", "probes"):
        table = run.read_parts(name, [_PIECE.format(k) for k in range(recorder.n_pieces)])
        if table is None and name == "episodes":
            table = episode_table(animals[0], [])
        if table is not None:
            run.write_table(name, table.sort_values("animal", key=lambda ids: ids.map(order), kind="stable"))


def build_cohort(config: Config, animals: Sequence[Animal]) -> CohortPPO:
    """Return an untrained cohort, rows animal-major, every stream a child of the root seed and the animal's index."""
    lineup = Lineup(ASSAYS[config.env.id], animals, config.lives)
    arguments = {**native_arguments(config), **lineup.arguments()}
    env = SocialVecEnv.native(config.env.id, len(lineup), lineup.order, **arguments)
    model = CohortPPO(
        "MlpPolicy",
        env,
        n_animals=len(animals),
        seeds=[_seed(config, animal) for animal in animals],
        animal_names=[animal.id for animal in animals],
        n_threads=config.workers,
        device=config.device,
        **ppo_settings(config.ppo),
    )
    env.seed_rows([seeding.seed_int(config.seed, "animal", one.index, "life", k) for one, k in lineup.rows])
    return model


class CohortRecorder(BaseCallback):
    """Records a cohort's training: episodes, probes of all animals at once, group curves, progress.

    Rows are written in pieces, one before each checkpoint, so that a reader sees an unfinished run and a killed run
    resumes with exactly the rows that its checkpoint names. A checkpoint also stores the step of the last probe, so
    that a run that was killed after its last checkpoint knows whether the probe at its end has been taken.
    """

    def __init__(self, run: RunFolder, config: Config, animals: Sequence[Animal], progress: Progress) -> None:
        super().__init__()
        self._run, self._config, self._animals, self._progress = run, config, list(animals), progress
        self._groups = ids_by_group(animals)
        self._episodes: list[dict[str, Any]] = []
        self._probes: list[pd.DataFrame] = []
        self._since_log: list[dict[str, Any]] = []
        self._next_probe = 0
        self._probed_at = -1
        self._text = ""
        self._loggers: dict[str, Logger] = {}
        self.n_pieces = 0

    # ------------------------------------------------------------------ checkpoints

    def save_state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Write the rows since the last piece; return what `restore_state` needs."""
        piece = _PIECE.format(self.n_pieces)
        if self._episodes:
            self._run.write_part(piece, "episodes", pd.DataFrame(self._episodes))
        if self._probes:
            self._run.write_part(piece, "probes", pd.concat(self._probes, ignore_index=True))
        if self._episodes or self._probes:
            self.n_pieces += 1
        self._episodes, self._probes = [], []
        return {}, {
            "n_pieces": self.n_pieces,
            "pieces": [_PIECE.format(k) for k in range(self.n_pieces)],
            "next_probe": self._next_probe,
            "probed_at": self._probed_at,
            "since_log": _as_json(self._since_log),
        }

    def restore_state(self, notes: Mapping[str, Any]) -> None:
        """Continue from a checkpoint (empty: from the start): pieces written after it are dropped and written again."""
        self.n_pieces, self._next_probe = notes.get("n_pieces", 0), notes.get("next_probe", 0)
        self._probed_at = notes.get("probed_at", -1)
        self._since_log = list(notes.get("since_log", []))
        known = [_PIECE.format(k) for k in range(self.n_pieces)]
        self._run.check_pieces(known)
        for piece in self._run.pieces():
            if piece.startswith(_PIECE[:6]) and piece not in known:
                self._run.drop_piece(piece)

    def finish(self) -> None:
        """Take the probe at the end of training, if it is still missing, and write the rows since the last piece."""
        if self._probed_at != self.model.num_timesteps:
            self.probe()
        self.save_state()

    def close(self) -> None:
        """Close the groups' event files."""
        for logger in self._loggers.values():
            logger.close()

    # ------------------------------------------------------------------ SB3's callback life cycle

    def _on_training_start(self) -> None:
        for group in self._groups:
            self._loggers[group] = configure(str(self._run.tb / group), ["tensorboard"])

    def _on_rollout_start(self) -> None:
        self._log_groups()
        if self.num_timesteps >= self._next_probe:
            self.probe()
            self._next_probe += self._config.probes.every_steps
        steps, n = min(self.num_timesteps, self._config.steps), len(self._animals)
        self._progress.update(steps * n, self._config.steps * n, self._text)

    def _on_step(self) -> bool:
        env = self.model.get_env()
        assert isinstance(env, SocialVecEnv)
        if env.last_terminal_observations is not None:
            for row in np.flatnonzero(env.last_truncated):
                animal, life = divmod(int(row), self._config.lives)
                info = self.locals["infos"][row]
                self._episodes.append(episode_row(self._animals[animal], life, self.num_timesteps, info))
                self._since_log.append(self._episodes[-1])
        return True

    def probe(self) -> None:
        """Play the probe tests with all policies as they are now, frozen."""
        config = self._config
        if not config.probes.tests:
            return
        model = self.model
        assert isinstance(model, CohortPPO)
        policies = FrozenPolicies([weights_of(model, i) for i in range(len(self._animals))])
        table = play_tests(
            config,
            self._animals,
            policies,
            config.probes.tests,
            repeats=config.probes.repeats,
            purpose="probe",
            steps=self.num_timesteps,
        )
        self._probes.append(table)
        self._probed_at = self.num_timesteps
        self._text = _so_far(table, config, self._groups)
        by_animal = probe_scalars(table)
        for group, logger in self._loggers.items():
            record_group(logger, _of(by_animal, self._groups[group]))
            logger.dump(self.num_timesteps)

    def _log_groups(self) -> None:
        """Log each group's means over animals since the last rollout; SB3's own numbers by group too."""
        model = self.model
        assert isinstance(model, CohortPPO)
        by_animal = episode_scalars(self._since_log, self._config.env.id)
        for group, logger in self._loggers.items():
            of_group = np.array([animal.group == group for animal in self._animals])
            ended = _of(by_animal, self._groups[group]) if len(by_animal) else by_animal
            if len(ended):
                record_group(logger, ended)
            for name in set(_TRAIN) & set(model.animal_statistics):
                logger.record(f"train/{name}", float(np.mean(model.animal_statistics[name][of_group])))
            logger.dump(self.num_timesteps)
        self._since_log = []


class StopBetweenUpdates(BaseCallback):
    """Handles a request to stop where nothing is lost: between two updates, after a checkpoint. Put it last."""

    def __init__(self, request: stopping.Request, saving: CohortCheckpoint) -> None:
        super().__init__()
        self._request, self._saving = request, saving

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self._request.number is not None:
            self._saving.on_training_end()
            self._request.answer()


def _so_far(probe: pd.DataFrame, config: Config, groups: Mapping[str, Sequence[str]]) -> str:
    """The mean of each group's main measure in the probe's last test, and which test, for the progress display."""
    test = config.probes.tests[-1].name
    name, values = headline(probe[probe["test"] == test])
    means = [f"{group} {_of(values, animals).mean():.2f}" for group, animals in groups.items()]
    return f"{name} in {test}: {', '.join(means)}"


def _of(by_animal: _Table, animals: Sequence[str]) -> _Table:
    """The rows of some animals in a table indexed by genotype and animal."""
    return by_animal[by_animal.index.get_level_values("animal").isin(animals)]


def _seed(config: Config, animal: Animal) -> int:
    return seeding.seed_int(config.seed, "animal", animal.index, "ppo")


def _checkpoint_every(config: Config) -> int:
    """Steps between checkpoints: a tenth of the run, so that a kill loses little and writing takes little time."""
    return max(config.steps // 10, config.lives * config.ppo.n_steps)


def _as_json(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with plain Python values (lists in place of arrays)."""
    return [{key: value.tolist() if hasattr(value, "tolist") else value for key, value in row.items()} for row in rows]
