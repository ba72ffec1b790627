"""The one adapter between the native vector environment and Stable-Baselines3.

Same-step resets with `terminal_observation` and `TimeLimit.truncated` in the infos, as SB3 expects of a `VecEnv`; rows
that end together are bootstrapped in one forward pass by `BatchedBootstrap` instead of one pass a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices

from socialrl.config.loading import Config
from socialrl.errors import UserError
from socialrl_envs import SocialVectorEnv
from socialrl_envs.vocabulary import OPTION_NAMES


def native_arguments(config: Config) -> dict[str, Any]:
    """Return the environment arguments that a configuration gives to every animal alike."""
    begun_with = {name: getattr(config.env.reset, name) for name in OPTION_NAMES}
    given = {name: value for name, value in begun_with.items() if value is not None}
    return {
        "dt_s": config.env.dt_s,
        "duration_s": config.env.duration_s,
        "drugs": [drug.model_dump() for drug in config.env.drugs],
        "attachment": config.env.attachment,
        "tones_apart": config.env.tones_apart,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in given.items()},
    }


def make_native(env_id: str, n_rows: int, **arguments: Any) -> SocialVectorEnv:
    """Return the native vector environment of `env_id` with `n_rows` rows and same-step resets."""
    env = gym.make_vec(
        env_id,
        num_envs=n_rows,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.SAME_STEP,
        copy=False,  # the counters of a step are not read here
        **arguments,
    )
    native = env.unwrapped
    assert isinstance(native, SocialVectorEnv)
    return native


class SocialVecEnv(VecEnv):
    """A `SocialVectorEnv` (same-step reset) as an SB3 `VecEnv` of `num_envs` rows.

    Beside SB3's infos, each step leaves plain arrays for trainers that read a whole batch at once:
    `last_truncated` (n_rows,) bool, `last_terminal_observations` (n_rows, n_features) float32 or None when no row
    ended, and `reward_terms` name -> (n_rows,) float64. Infos of rows that did not end are empty. The info of an ended
    row has SB3's `episode` (r, l), the test's `record` and the sums of the reward terms as `reward_<term>`.

    `order` (n_rows,) says which row of the environment each row here is (see `socialrl.animals.rows`); default: the
    same.
    """

    def __init__(self, env: SocialVectorEnv, order: NDArray[np.int64] | None = None) -> None:
        if env.autoreset_mode != AutoresetMode.SAME_STEP:
            raise ValueError(f"SB3 needs autoreset_mode SAME_STEP, got {env.autoreset_mode}")
        self.env = env  # first, because SB3's constructor asks it for its render mode
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        same = order is None or (order == np.arange(env.num_envs)).all()
        self._order: NDArray[np.int64] | None = None if same else order
        self._n_acting = len(env.assay.acting)
        self._actions: NDArray[np.int64] = np.zeros(env.num_envs, dtype=np.int64)
        self._returns = np.zeros(env.num_envs)
        self._term_sums = np.zeros((len(env.world.terms), env.num_envs))
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        self.last_truncated = np.zeros(env.num_envs, dtype=np.bool_)
        self.last_terminal_observations: NDArray[np.float32] | None = None
        self.reward_terms: Mapping[str, NDArray[np.float64]] = {}

    @classmethod
    def native(cls, env_id: str, n_rows: int, order: NDArray[np.int64] | None = None, **arguments: Any) -> SocialVecEnv:
        """Return `make_native` of the same arguments as a `VecEnv`."""
        return cls(make_native(env_id, n_rows, **arguments), order)

    def reset(self) -> NDArray[np.float32]:
        """Begin an episode in every row, with the seeds and options set by `seed()` and `set_options()` before, if any.

        Options may differ from row to row, but not within a world that several animals share.
        """
        seeds = None if all(seed is None for seed in self._seeds) else self._world_seeds()
        groups = self._groups_of_options()
        for options, _ in groups:  # all of them before the first row is reset
            self.env.world.check_history(options)
        for options, rows in groups:
            mask = {} if len(groups) == 1 else {"reset_mask": rows}
            observations, _ = self.env.reset(seed=seeds, options={**options, **mask})
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0.0
        self._term_sums[:] = 0.0
        self._lengths[:] = 0
        return self._in_order(observations)

    def seed_rows(self, seeds: Sequence[int]) -> None:
        """Give every row its own seed at the next reset (SB3's `seed(s)` gives row i the seed s + i).

        Where several animals share a world, it takes the seed of its first animal.
        """
        self._seeds = [int(seed) for seed in seeds]

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Keep the actions (n_rows,) for `step_wait`."""
        if self._order is None:
            self._actions = actions
        else:
            self._actions = np.empty_like(actions)
            self._actions[self._order] = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance every row by one tick; rows that end are begun again and their last observation kept."""
        observations, reward, _, truncated, info = self.env.step(self._actions)
        observations, reward = self._in_order(observations), self._in_order(reward)
        truncated = self._in_order(truncated)
        self._returns += reward
        self._lengths += 1
        self.reward_terms = {name: self._in_order(term) for name, term in info["reward_terms"].items()}
        for total, term in zip(self._term_sums, self.reward_terms.values(), strict=True):
            total += term
        self.last_truncated = truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]  # one a row: wrappers write into them
        last = info.get("final_obs")
        self.last_terminal_observations = None if last is None else self._in_order(last)
        if self.last_terminal_observations is None:
            return observations, reward.astype(np.float32), truncated, infos
        record = {name: self._in_order(column) for name, column in info["final_info"]["record"].items()}
        self._describe_ended(np.flatnonzero(truncated), record, infos)
        return observations, reward.astype(np.float32), truncated, infos

    def _describe_ended(
        self, rows: NDArray[np.int64], record: Mapping[str, NDArray[Any]], infos: list[dict[str, Any]]
    ) -> None:
        assert self.last_terminal_observations is not None
        for row in rows:
            sums = {f"reward_{term}": float(self._term_sums[k, row]) for k, term in enumerate(self.env.world.terms)}
            infos[row].update(
                {
                    "terminal_observation": self.last_terminal_observations[row],
                    "TimeLimit.truncated": True,
                    "episode": {"r": float(self._returns[row]), "l": int(self._lengths[row])},
                    "record": {**{name: column[row] for name, column in record.items()}, **sums},
                }
            )
        self._returns[rows] = 0.0
        self._term_sums[:, rows] = 0.0
        self._lengths[rows] = 0

    def _in_order(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows if self._order is None else rows[self._order]

    def _groups_of_options(self) -> list[tuple[dict[str, Any], NDArray[np.bool_]]]:
        """Return each set of reset options with the rows of the environment that it is for, (n_rows,) bool."""
        if len(self._options) != self.num_envs:
            raise ValueError(f"set_options needs one dict, or a list of {self.num_envs}, got {len(self._options)}")
        groups: list[tuple[dict[str, Any], NDArray[np.bool_]]] = []
        for row, options in enumerate(self._options):
            rows = next((rows for known, rows in groups if known == (options or {})), None)
            if rows is None:
                rows = np.zeros(self.num_envs, dtype=np.bool_)
                groups.append((options or {}, rows))
            rows[row if self._order is None else self._order[row]] = True
        for options, rows in groups:
            shared = rows.reshape(-1, self._n_acting)
            if (shared.any(axis=1) != shared.all(axis=1)).any():
                raise ValueError(
                    f"animals that share a world begin with the same options, got {options} for some of them"
                )
        return groups

    def _world_seeds(self) -> list[int | None]:
        """Seeds of the environment's worlds, from those of its rows."""
        if self._order is None:
            return list(self._seeds)[:: self._n_acting]
        seeds: list[int | None] = [None] * self.num_envs
        for row, seed in zip(self._order, self._seeds, strict=True):
            seeds[row] = seed
        return seeds[:: self._n_acting]

    # ------------------------------------------------------------------ the whole state, for checkpoints

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return copies of every array that decides what comes next; records are bytes, for any file format."""
        own = {"returns": self._returns, "term_sums": self._term_sums, "lengths": self._lengths}
        world = {
            name: array.view(np.uint8) if array.dtype.names else array
            for name, array in self.env.world.get_state().items()
        }
        return {**world, **{name: array.copy() for name, array in own.items()}, "records": self._records()}

    def set_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `get_state` returned; a state with other arrays, shapes or records raises `UserError`."""
        for name, expected in self.get_state().items():
            given = state.get(name)
            if given is None or (given.shape, given.dtype) != (expected.shape, expected.dtype):
                got = "nothing" if given is None else f"{given.shape} {given.dtype}"
                raise UserError(
                    f"the state of the worlds was kept by another version of socialrl or of other worlds:"
                    f" '{name}' must be {expected.shape} {expected.dtype}, got {got}"
                )
        if not np.array_equal(state["records"], self._records()):
            raise UserError("the state of the worlds was kept by another version of socialrl: its records differ")
        mine = self.env.world.get_state()
        world = {
            name: np.ascontiguousarray(state[name]).view(own.dtype) if own.dtype.names else state[name]
            for name, own in mine.items()
        }
        self.env.world.set_state(world)
        self._returns, self._term_sums, self._lengths = (
            state[name].copy() for name in ("returns", "term_sums", "lengths")
        )
        self.env.mark_seeded()

    def _records(self) -> NDArray[np.uint8]:
        """Return a checksum of the worlds' fields, (32,), because fields can change places and keep the size."""
        meant = [str(array.dtype.descr) for array in self.env.world.get_state().values() if array.dtype.names]
        return np.frombuffer(hashlib.sha256("".join(meant).encode()).digest(), dtype=np.uint8)

    # ------------------------------------------------------------------ the rest of SB3's contract

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the native environment once for each row asked for."""
        return [getattr(self.env, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Rows share one environment: setting an attribute of some of them is refused."""
        raise NotImplementedError(f"cannot set '{attr_name}': the rows of a native vector environment are not objects")

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Call a method of the native environment once and return its result for each row asked for.

        `action_masks` gives each row its own, (n_actions,) bool.
        """
        result = getattr(self.env, method_name)(*args, **kwargs)
        if method_name == "action_masks":
            result = self._in_order(result)
            return [result[row] for row in self._get_indices(indices)]
        return [result for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return a frame a row, (height, width, 3); none without `render_mode` "rgb_array"."""
        if self.env.render_mode != "rgb_array":
            return [None] * self.num_envs
        frames = self.env.render()
        assert frames is not None
        return [frames[row] for row in (range(self.num_envs) if self._order is None else self._order)]

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:  # noqa: ARG002
        """Rows are never wrapped."""
        return [False for _ in self._get_indices(indices)]


class BatchedBootstrap(BaseCallback):
    """Adds the discounted value of the last observation to all rows truncated at a step, in one forward pass.

    SB3 would do it in one pass per row, after the callbacks; this callback does it first and removes the mark that SB3
    looks for. Put it last, so that other callbacks still see `TimeLimit.truncated`.
    """

    def _on_step(self) -> bool:
        infos, rewards = self.locals["infos"], self.locals["rewards"]
        rows = [i for i, info in enumerate(infos) if info.get("TimeLimit.truncated", False)]
        if rows:
            last = np.stack([infos[i]["terminal_observation"] for i in rows])
            with th.no_grad():
                values = self.model.policy.predict_values(self.model.policy.obs_to_tensor(last)[0])  # type: ignore[operator]
            rewards[rows] += self.model.gamma * values.flatten().cpu().numpy()  # type: ignore[attr-defined]
            for i in rows:
                infos[i]["TimeLimit.truncated"] = False
        return True
