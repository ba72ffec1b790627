"""PPO for a cohort: many independent animals learn at once, each exactly as Stable-Baselines3 would train it alone."""

import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback
from stable_baselines3.common.utils import safe_mean
from stable_baselines3.common.vec_env import VecEnv

from socialrl.errors import UserError, unknown
from socialrl.training.cohort.arguments import check_arguments, derived_seeds, numbers_of_each
from socialrl.training.cohort.buffer import CohortBuffer
from socialrl.training.cohort.hyperparameters import AnimalSchedule, AnimalValue
from socialrl.training.cohort.layout import network_layout
from socialrl.training.cohort.memory import available_bytes, check_memory
from socialrl.training.cohort.policy import POLICY_SETTINGS, CohortPolicy
from socialrl.training.cohort.single import single_ppo
from socialrl.training.cohort.streams import AnimalStreams, Streams
from socialrl.training.cohort.truncation import truncated_rows
from socialrl.training.cohort.update import HYPERPARAMETERS, STATISTICS
from socialrl.training.cohort.waiting_log import restore_log
from socialrl.training.devices import usable_device
from socialrl.training.finite import not_finite

_LOGGED = ("entropy_loss", "policy_gradient_loss", "value_loss", "approx_kl", "clip_fraction", "loss")


class CohortPPO(OnPolicyAlgorithm):
    """PPO (Schulman et al. 2017, arXiv:1707.06347) with one network, one buffer and one random stream per animal.

    Arguments are those of `stable_baselines3.PPO`, per animal: batch_size is the minibatch of one animal, and
    num_timesteps, total_timesteps and every schedule count the steps of one animal (its lives together). Beyond SB3:

    - n_animals: rows of `env` are animal-major, env.num_envs = n_animals * n_lives; an animal's lives share its
      network.
    - learning_rate, ent_coef, gamma, gae_lambda: a number (learning_rate: or a schedule), or a sequence with one per
      animal.
    - seeds: one integer per animal. Default: `seed` itself for animal 0, children of `seed` for the others. Animal i
      learns the same in any cohort in which it has the same seed, lives and env rows. The env's rows are seeded
      seeds[i] + life.
    - animal_names: for messages and exports; default "animal-0", "animal-1", ...
    - engine: "compiled" (processor), "torch" (any device) or "auto"; n_threads: of the compiled engine, default all
      processors.
    - streams: another source of random numbers than `AnimalStreams(seeds)`, see `streams.Streams`.

    device: default "cpu", where the compiled engine runs; "cuda" on a machine without one raises `UserError`.
    Observation spaces: Box of floats, flattened; action spaces: Discrete.
    """

    policy_aliases: ClassVar[dict[str, type]] = {"MlpPolicy": CohortPolicy}
    policy: CohortPolicy  # type: ignore[assignment]
    rollout_buffer: CohortBuffer  # type: ignore[assignment]

    def __init__(
        self,
        policy: str | type[CohortPolicy],
        env: GymEnv | str | None,
        n_animals: int = 1,
        learning_rate: AnimalValue = 3e-4,
        n_steps: int = 2048,
        batch_size: int = 64,
        n_epochs: int = 10,
        gamma: float | Sequence[float] | np.ndarray = 0.99,
        gae_lambda: float | Sequence[float] | np.ndarray = 0.95,
        clip_range: AnimalValue = 0.2,
        clip_range_vf: AnimalValue | None = None,
        normalize_advantage: bool = True,
        ent_coef: float | Sequence[float] | np.ndarray = 0.0,
        vf_coef: float = 0.5,
        max_grad_norm: float = 0.5,
        target_kl: float | None = None,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        policy_kwargs: dict[str, Any] | None = None,
        verbose: int = 0,
        seed: int | None = None,
        seeds: Sequence[int] | None = None,
        animal_names: Sequence[str] | None = None,
        device: torch.device | str = "cpu",
        engine: str = "auto",
        n_threads: int | None = None,
        streams: Streams | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        for key in policy_kwargs or {}:
            if key not in POLICY_SETTINGS:
                raise UserError(unknown("policy_kwargs entry", key, POLICY_SETTINGS))
        super().__init__(
            policy,  # type: ignore[arg-type]
            env,  # type: ignore[arg-type]
            learning_rate=learning_rate,  # type: ignore[arg-type]
            n_steps=n_steps,
            gamma=gamma,  # type: ignore[arg-type]
            gae_lambda=gae_lambda,  # type: ignore[arg-type]
            ent_coef=ent_coef,  # type: ignore[arg-type]
            vf_coef=vf_coef,
            max_grad_norm=max_grad_norm,
            use_sde=False,
            sde_sample_freq=-1,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            policy_kwargs=policy_kwargs,
            verbose=verbose,
            device=usable_device(device),
            seed=seed,
            _init_setup_model=False,
        )
        self.n_animals = n_animals
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.clip_range = clip_range
        self.clip_range_vf = clip_range_vf
        self.normalize_advantage = normalize_advantage
        self.target_kl = target_kl
        self.seeds = list(seeds) if seeds is not None else derived_seeds(seed, n_animals)
        self._seeds_env = seed is not None or seeds is not None
        self.animal_names = (
            list(animal_names) if animal_names is not None else [f"animal-{i}" for i in range(n_animals)]
        )
        self.engine_name = engine
        self.n_threads = n_threads
        self.streams = streams
        self.iteration = 0
        self.animal_statistics: dict[str, np.ndarray] = {}
        self.pending_log: dict[str, Any] = {}
        self.within_rollout = False
        if _init_setup_model:
            self._setup_model()

    @property
    def n_lives(self) -> int:
        """Rows of the env that belong to one animal."""
        return self.n_envs // self.n_animals

    def _setup_model(self) -> None:
        check_arguments(self)
        schedule = self._schedules()
        self.lr_schedule = schedule["learning_rate"]  # type: ignore[assignment]
        if self.env is not None and self._seeds_env:
            self._seed_env(self.env)
        hidden = self.policy_kwargs.get("net_arch")
        hidden = hidden if isinstance(hidden, dict) else {"pi": hidden or [64, 64], "vf": hidden or [64, 64]}
        layout = network_layout(
            int(np.prod(self.observation_space.shape or (1,))), 1, hidden.get("pi", []), hidden.get("vf", [])
        )  # fmt: skip
        check_memory(
            layout, self.n_animals, self.n_lives, self.n_steps, self.n_epochs, available_bytes(self.device)
        )  # fmt: skip
        self.policy = self.policy_class(  # type: ignore[assignment]
            self.observation_space,
            self.action_space,
            self.lr_schedule,
            n_animals=self.n_animals,
            seeds=self.seeds,
            engine=self.engine_name,
            n_threads=self.n_threads,
            device=self.device,
            **self.policy_kwargs,
        )
        self.rollout_buffer = CohortBuffer(
            self.n_animals, self.n_lives, self.n_steps, self.policy.layout.n_observations
        )
        if self.streams is None:
            self.streams = AnimalStreams(self.seeds)
        self._episode_returns = np.zeros(self.n_envs, np.float64)
        self._episode_lengths = np.zeros(self.n_envs, np.int64)

    # ------------------------------------------------------------------ learning

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 1,
        tb_log_name: str = "CohortPPO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> "CohortPPO":
        """Train every animal for total_timesteps of its own steps; otherwise as SB3's `learn`.

        After `checkpoint.load_latest`, pass the original total less `num_timesteps`, and reset_num_timesteps=False.
        A reward, loss or value that is not finite raises `UserError` with the animal's name and step.
        """
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        if reset_num_timesteps:
            self.iteration = 0
            self._episode_returns[:] = 0
            self._episode_lengths[:] = 0
        restore_log(self.logger, self.pending_log)
        self.pending_log = {}
        callback.on_training_start(locals(), globals())
        assert self.env is not None
        while self.num_timesteps < total_timesteps:
            if not self.collect_rollouts(self.env, callback, self.rollout_buffer, n_rollout_steps=self.n_steps):
                break
            self.iteration += 1
            self._update_current_progress_remaining(self.num_timesteps, total_timesteps)
            if log_interval is not None and self.iteration % log_interval == 0:
                self.dump_logs(self.iteration)
            self.train()
        callback.on_training_end()
        return self

    def collect_rollouts(  # type: ignore[override]
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: CohortBuffer, n_rollout_steps: int
    ) -> bool:
        """Fill the buffer with n_rollout_steps steps of every row; false if a callback stops it. See SB3."""
        assert self._last_obs is not None
        assert self.streams is not None
        assert self._last_episode_starts is not None
        engine = self.policy.engine
        gamma = np.repeat(numbers_of_each("gamma", self.gamma, self.n_animals), self.n_lives).astype(np.float32)
        rollout_buffer.reset()
        self.within_rollout = False
        callback.on_rollout_start()
        self.within_rollout = True
        n_steps = 0
        new_obs: Any = self._last_obs
        dones = np.zeros(self.n_envs, np.bool_)
        while n_steps < n_rollout_steps:
            observations = self._flat(self._last_obs)
            actions, troubled = engine.act(
                observations, self.streams.uniforms(self.n_lives), self._last_episode_starts, rollout_buffer
            )
            if troubled >= 0:
                self._fail(troubled, "the policy's or value's output is not finite")
            new_obs, rewards, dones, infos = env.step(actions)
            self.num_timesteps += self.n_lives
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            n_steps += 1
            if not np.isfinite(rewards).all():
                self._fail_reward(env, rewards)
            self._count_episodes(rewards, dones, infos)
            if dones.any():
                truncated, last = truncated_rows(env, dones, infos)
                if last is not None:
                    rewards = rewards + gamma * engine.values(self._flat(last), truncated)
            rollout_buffer.add_rewards(rewards)
            self._last_obs = new_obs
            self._last_episode_starts = dones
        last_values = engine.values(self._flat(new_obs))
        rollout_buffer.compute_returns_and_advantage(
            last_values,
            dones,
            numbers_of_each("gamma", self.gamma, self.n_animals),
            numbers_of_each("gae_lambda", self.gae_lambda, self.n_animals),
        )
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """Update every animal from the buffer; fills `animal_statistics` and logs means over animals."""
        assert self.streams is not None
        hyperparameters = self._hyperparameters()
        n_samples = self.n_lives * self.n_steps
        statistics = self.policy.engine.update(
            self.rollout_buffer,
            self.streams.permutations(self.n_epochs, n_samples),
            hyperparameters,
            self.batch_size,
            self.normalize_advantage,
        )
        self.animal_statistics = {name: statistics[:, i] for i, name in enumerate(STATISTICS)}
        self._n_updates += int(self.animal_statistics["n_epochs"].max())
        broken = np.flatnonzero(self.animal_statistics["non_finite"])
        if broken.size:
            self._fail(int(broken[0]) * self.n_lives, "the loss is not finite", with_life=False)
        self.animal_statistics["explained_variance"] = self.rollout_buffer.explained_variance()
        for name in (*_LOGGED, "explained_variance"):
            column = self.animal_statistics[name]
            self.logger.record(f"train/{name}", float(np.mean(column)))
        self.logger.record("train/learning_rate", float(hyperparameters[:, 0].mean()))
        self.logger.record("train/clip_range", float(hyperparameters[:, 1].mean()))
        if self.clip_range_vf is not None:
            self.logger.record("train/clip_range_vf", float(hyperparameters[:, 2].mean()))
        self.logger.record("train/stopped_early", float(self.animal_statistics["stopped_early"].mean()))
        self.within_rollout = False
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def dump_logs(self, iteration: int = 0) -> None:
        """Write the log at step `num_timesteps`; time/fps counts the steps of all animals together."""
        assert self.ep_info_buffer is not None
        elapsed = max((time.time_ns() - self.start_time) / 1e9, sys.float_info.epsilon)
        steps = (self.num_timesteps - self._num_timesteps_at_start) * self.n_animals
        if iteration > 0:
            self.logger.record("time/iterations", iteration, exclude="tensorboard")
        if self.ep_info_buffer:
            self.logger.record("rollout/ep_rew_mean", safe_mean([info["r"] for info in self.ep_info_buffer]))
            self.logger.record("rollout/ep_len_mean", safe_mean([info["l"] for info in self.ep_info_buffer]))
        self.logger.record("time/fps", int(steps / elapsed))
        self.logger.record("time/time_elapsed", int(elapsed), exclude="tensorboard")
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        if self.ep_success_buffer:
            self.logger.record("rollout/success_rate", safe_mean(self.ep_success_buffer))
        self.logger.dump(step=self.num_timesteps)

    # ------------------------------------------------------------------ one animal

    def animal_index(self, animal: int | str) -> int:
        """The index of an animal given by index or name; `UserError` with the nearest name if there is none."""
        if isinstance(animal, str):
            if animal not in self.animal_names:
                raise UserError(unknown("animal", animal, self.animal_names))
            return self.animal_names.index(animal)
        if not 0 <= animal < self.n_animals:
            raise UserError(f"animal {animal} is not one of 0 to {self.n_animals - 1}")
        return int(animal)

    def animal(self, animal: int | str) -> PPO:
        """A plain `stable_baselines3.PPO` with this animal's weights and Adam moments, without an env."""
        return single_ppo(self, self.animal_index(animal))

    def restore_episodes(self, episodes: Sequence[dict[str, Any]], successes: Sequence[float]) -> None:
        """Restore the window of finished episodes that rollout/ averages over."""
        self.ep_info_buffer = deque(episodes, maxlen=self._stats_window_size)
        self.ep_success_buffer = deque(successes, maxlen=self._stats_window_size)

    # ------------------------------------------------------------------ inside

    def _flat(self, observations: Any) -> np.ndarray:
        return np.ascontiguousarray(observations, np.float32).reshape(self.n_envs, -1)

    def _hyperparameters(self) -> np.ndarray:
        """The table `(n_animals, len(HYPERPARAMETERS))` of this update."""
        group = self.policy.optimizer.param_groups[0]
        columns: dict[str, Any] = {
            name: schedule(self._current_progress_remaining) for name, schedule in self._schedules().items()
        }
        columns.setdefault("clip_range_vf", np.nan)
        columns["vf_coef"] = self.vf_coef
        columns["max_grad_norm"] = self.max_grad_norm
        columns["target_kl"] = np.nan if self.target_kl is None else self.target_kl
        columns["beta1"], columns["beta2"] = group["betas"]
        columns["eps"] = group["eps"]
        table = np.empty((self.n_animals, len(HYPERPARAMETERS)))
        for i, name in enumerate(HYPERPARAMETERS):
            table[:, i] = columns[name]
        return table

    def _schedules(self) -> dict[str, AnimalSchedule]:
        given: dict[str, Any] = {"learning_rate": self.learning_rate, "clip_range": self.clip_range}
        if self.clip_range_vf is not None:
            given["clip_range_vf"] = self.clip_range_vf
        schedules = {name: AnimalSchedule(name, value, self.n_animals) for name, value in given.items()}
        return schedules | {"ent_coef": AnimalSchedule("ent_coef", self.ent_coef, self.n_animals, low=-np.inf)}

    def _count_episodes(self, rewards: np.ndarray, dones: np.ndarray, infos: Sequence[Mapping[str, Any]]) -> None:
        """Keep returns and lengths of finished episodes for rollout/; works without SB3's Monitor."""
        assert self.ep_info_buffer is not None
        assert self.ep_success_buffer is not None
        self._episode_returns += rewards
        self._episode_lengths += 1
        for row in np.flatnonzero(dones).tolist():
            self.ep_info_buffer.append({"r": float(self._episode_returns[row]), "l": int(self._episode_lengths[row])})
            success = infos[row].get("is_success")
            if success is not None:
                self.ep_success_buffer.append(success)
            self._episode_returns[row] = 0
            self._episode_lengths[row] = 0

    def _fail_reward(self, env: VecEnv, rewards: np.ndarray) -> None:
        row = int(np.flatnonzero(~np.isfinite(rewards))[0])
        wrong = not_finite(getattr(env, "reward_terms", None) or {}, row)
        named = f" in reward term {', '.join(wrong)}" if wrong else ""
        self._fail(row, f"the reward is {rewards[row]}{named}")

    def _fail(self, row: int, what: str, with_life: bool = True) -> None:
        animal, life = divmod(row, self.n_lives)
        where = f" (life {life})" if with_life else ""
        raise UserError(
            f"animal {self.animal_names[animal]}{where} at step {self.num_timesteps}: {what}; training stopped, "
            "checkpoints are kept"
        )

    def _seed_env(self, env: VecEnv) -> None:
        seeds = [seed + life for seed in self.seeds for life in range(self.n_lives)]
        if hasattr(env, "seed_rows"):
            env.seed_rows(seeds)
            return
        env.seed(self.seeds[0])
        inner = env.unwrapped
        # SB3's VecEnv has one list of row seeds for the next reset, which seed() fills with seed + row.
        inner._seeds[:] = seeds

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "animal_statistics"]
