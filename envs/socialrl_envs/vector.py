"""The native vector environment: many worlds, one compiled call a tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from . import counters, records
from .assay import Assay
from .errors import ParameterError
from .named_columns import NamedColumns
from .named_tables import CURRENT
from .single import NOT_BEGUN, action_names, split_keywords
from .world import World


# Assays also name Gymnasium's VectorEnv as a direct base, because skrl recognises environments by their direct bases.
class SocialVectorEnv(VectorEnv[NDArray[np.float32], NDArray[np.int64], NDArray[Any]]):
    """Base of every vector assay: a row is an acting animal; rows of one world are neighbours.

    `num_envs` counts rows. Overrides and `sex` may be scalars or have one value per row. All autoreset modes of
    Gymnasium work, as an argument of `gym.make_vec` (`autoreset_mode`: "NEXT_STEP", the default, "SAME_STEP" or
    "DISABLED", or Gymnasium's `AutoresetMode`); with DISABLED, `reset(options={"reset_mask": mask})` resets single
    worlds. `threads` splits the worlds over threads from 1024 worlds on; numbers do not depend on it. `render_mode`
    "rgb_array" or "ansi" shows every row with its animal as the focal one.

    **Info** has the names of the single environment at every reset and step: counters (num_envs, n) float64,
    `reward_terms` (num_envs, n_terms), whose columns go by name (`NamedColumns`), and `record` with one value a row, of
    which `_record` (num_envs,) says whether it is there. SAME_STEP has the records of ended rows in `final_info`
    instead. Where several animals of a world act, their counters have a column for every animal (their own stays zero).
    With `copy` False, counters are read-only views that keep counting, which saves a fifth of the time of thousands of
    rows. `own_slow_state` (with `attachment`): variables of the slow state by name, one value per row, that the acting
    animals come to every episode with unless the options of a reset say otherwise.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array", "ansi"],
        "render_fps": 20,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }
    assay: Assay

    def __init__(
        self,
        num_envs: int = 1,
        *,
        sex: str | Sequence[str] = "female",
        dt_s: float | None = None,
        duration_s: float | None = None,
        table: str = CURRENT,
        arms: Mapping[str, str | Sequence[str]] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        attachment: bool | None = None,
        tones_apart: bool | None = None,
        own_slow_state: Mapping[str, Any] | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        threads: int = 1,
        copy: bool = True,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        **options_and_parameters: Any,
    ) -> None:
        n_acting = len(self.assay.acting)
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1 or num_envs % n_acting:
            raise ParameterError(
                f"num_envs must be a positive multiple of {n_acting} (acting animals of a world), got {num_envs!r}"
            )
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ParameterError(f"render_mode must be one of rgb_array, ansi or None, got {render_mode!r}")
        self.autoreset_mode = _autoreset(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.num_envs = int(num_envs)
        options, overrides = split_keywords(options_and_parameters)
        self.world = World(
            self.assay,
            self.num_envs // n_acting,
            overrides=overrides,
            sex=sex,
            table=table,
            dt_s=dt_s,
            duration_s=duration_s,
            arms=arms,
            drugs=drugs,
            attachment=attachment,
            tones_apart=tones_apart,
            own_slow_state=own_slow_state,
            threads=threads,
            **options,
        )
        if max_episode_steps not in (None, self.world.stage.n_ticks):  # comes with the specification of a single one
            raise ParameterError(
                f"max_episode_steps follows from duration_s and dt_s ({self.world.stage.n_ticks}); "
                f"ask for another length with duration_s, got {max_episode_steps!r}"
            )
        self.dt_s = self.world.dt_s
        self.render_mode = render_mode
        self.single_observation_space = self.world.observation_space
        self.single_action_space = spaces.Discrete(self.world.n_actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.action_names = action_names(self.assay)
        self.observation_names = self.world.observation_names
        self._n_acting = n_acting
        self._seeded = np.zeros(self.world.n_worlds, dtype=np.bool_)
        self._copy = copy
        self._begun = False  # whether all worlds have been reset
        self._ended = np.zeros(self.world.n_worlds, dtype=np.bool_)  # waiting for the next-step reset
        self._blank: dict[str, NDArray[Any]] | None = None
        # one acting animal: as in the single environment, its conspecifics and not itself
        doors = bool(self.assay.doors)
        self._places = (
            counters.places(self.assay.n_animals, len(self.assay.habitat.names), doors) if n_acting == 1 else []
        )
        self._scenes: list[Any] = []
        if render_mode is not None:
            from .scene import Scene  # brings Pillow, which stepping does not need

            self._scenes = [Scene(self.world, self.action_names, row) for row in range(self.num_envs)]

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin episodes in all worlds, or in those of `options["reset_mask"]` (num_envs,).

        An integer `seed` gives world i the seed `seed + i`: it then equals the single environment reset with that seed.
        A list has one seed a world (None: keeps its own). Other options as in the single environment.
        """
        options = dict(options or {})
        mask = np.asarray(options.pop("reset_mask", np.ones(self.num_envs, dtype=np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ParameterError(f"reset_mask must be booleans of shape ({self.num_envs},) with at least one True")
        worlds = self._worlds_of(mask)
        self.world.check_history(options)
        self._seed_worlds(seed, worlds)
        self._begin(worlds, options)
        self._ended[worlds] = False
        return self.world.observations.copy(), self._info(np.zeros((len(self.world.terms), self.num_envs)))

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Advance every row by `dt_s` seconds; `actions` (num_envs,) integers."""
        if not self._begun:
            raise ResetNeeded(NOT_BEGUN if not self._seeded.any() else f"{NOT_BEGUN} for every row")
        if np.asarray(actions).dtype.kind not in "iu" and np.size(actions):
            raise ValueError(f"actions must be whole numbers, got {np.asarray(actions).dtype}")
        actions = np.ascontiguousarray(actions, dtype=np.int64)
        if actions.shape != (self.num_envs,) or actions.min() < 0 or actions.max() >= self.world.n_actions:
            raise ValueError(
                f"actions must have shape ({self.num_envs},) and values 0 to {self.world.n_actions - 1}, "
                f"got shape {actions.shape}, {actions.min() if actions.size else ''} to "
                f"{actions.max() if actions.size else ''}"
            )
        if not actions.flags.writeable:  # to the compiler another type, for which it would compile all of a step again
            actions = actions.copy()
        observations, reward, truncated, terms = self.world.step(actions)
        for row, scene in enumerate(self._scenes):
            scene.note(int(actions[row]))
        if self._ended.any():
            self._begin(self._ended)
            waited = np.repeat(self._ended, self._n_acting)
            truncated &= ~waited
            observations = self.world.observations
            self._ended[:] = False
        info = self._info(terms)
        if truncated.any():
            observations = self._end(truncated, observations, info)
        return observations, reward, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def counters(self) -> dict[str, NDArray[np.float64]]:
        """Return the raw counters so far by name: (num_envs, n_animals) or (num_envs, n_chambers) float64.

        Seconds, counts, familiarity; the acting animal's own column stays zero. The arrays are read-only and keep
        counting: copy what you need to keep.
        """
        rows = self.world.counters.reshape(self.num_envs, -1)
        rows.flags.writeable = False
        return counters.named(rows, self.assay.n_animals, len(self.assay.habitat.names))

    def mark_seeded(self) -> None:
        """Mark all worlds as begun, after a state was restored with `world.set_state`."""
        self._seeded[:] = True
        self._begun = True

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions can have an effect at the coming tick, (num_envs, n_actions) bool; see `masking.py`."""
        return self.world.action_masks()

    def render(self) -> tuple[Any, ...] | None:
        """Return a frame (`rgb_array`, uint8 (height, width, 3)) or a text (`ansi`) for each row's own animal."""
        if not self._scenes:
            gym.logger.warn("render() needs a render_mode: gym.make_vec(..., render_mode='rgb_array')")
            return None
        if not self._begun:
            raise ResetNeeded("Cannot call env.render() before calling env.reset()")
        return tuple(scene.render(self.render_mode, self.metadata["render_fps"]) for scene in self._scenes)

    def _begin(self, worlds: NDArray[np.bool_], options: Mapping[str, Any] | None = None) -> None:
        """Begin episodes in `worlds` (n_worlds,), and their pictures with them."""
        self.world.begin(worlds, options)
        for row, scene in enumerate(self._scenes):
            if worlds[row // self._n_acting]:
                scene.begin()

    def _info(self, terms: NDArray[np.float64]) -> dict[str, Any]:
        """Counters, reward terms (n_terms, num_envs) by name, and records without content."""
        if self._blank is None:
            self._blank = records.blank(self.world, np.arange(self.num_envs))
            self._no_record = np.zeros(self.num_envs, dtype=np.bool_)
            self._no_record.flags.writeable = False
        rows = self.world.counters.reshape(self.num_envs, -1)
        if self._copy:
            rows = rows.copy()
        else:
            rows.flags.writeable = False
        info: dict[str, Any] = (
            {name: rows[:, place] for name, place in self._places}
            if self._places
            else counters.named(rows, self.assay.n_animals, len(self.assay.habitat.names))
        )
        info["reward_terms"] = NamedColumns.of(terms, self.world.terms)
        if self.autoreset_mode != AutoresetMode.SAME_STEP:
            info["record"], info["_record"] = dict(self._blank), self._no_record
        return info

    def _end(
        self, truncated: NDArray[np.bool_], observations: NDArray[np.float32], info: dict[str, Any]
    ) -> NDArray[np.float32]:
        """Add the records of ended rows to `info`; reset them now if the mode says so."""
        rows = np.flatnonzero(truncated)
        assert self._blank is not None
        record = {name: column.copy() for name, column in self._blank.items()}
        for name, column in records.columns(self.world, rows).items():
            record[name][rows] = column
        worlds = self._worlds_of(truncated)
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            final = observations.copy()
            self._begin(worlds)
            info.update(
                final_obs=final,
                _final_obs=truncated.copy(),
                final_info={"record": record, "_record": truncated.copy()},
                _final_info=truncated.copy(),
            )
            return self.world.observations
        info.update(record=record, _record=truncated.copy())
        if self.autoreset_mode == AutoresetMode.NEXT_STEP:
            self._ended = worlds
        return observations

    def _worlds_of(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which worlds have a row that is set: (n_worlds,)."""
        return np.asarray(rows.reshape(self.world.n_worlds, self._n_acting).any(axis=1))

    def _seed_worlds(self, seed: int | Sequence[int | None] | None, worlds: NDArray[np.bool_]) -> None:
        seeds = _seeds(seed, self.world.n_worlds)
        if isinstance(seed, (int, np.integer)):
            self._np_random, self._np_random_seed = seeding.np_random(int(seed))
        for i in np.flatnonzero(worlds):
            if seeds[i] is not None or not self._seeded[i]:
                generator, _ = seeding.np_random(seeds[i])
                self.world.seed(generator.integers(2**64, size=1, dtype=np.uint64), np.arange(self.world.n_worlds) == i)
        self._seeded |= worlds
        self._begun = bool(self._seeded.all())


def _autoreset(mode: AutoresetMode | str) -> AutoresetMode:
    """Return one of Gymnasium's modes by its name or value; anything else raises `ParameterError`."""
    for one in AutoresetMode:
        if mode in (one, one.value) or (isinstance(mode, str) and mode.upper() == one.name):
            return one
    names = ", ".join(one.name for one in AutoresetMode)
    raise ParameterError(f"autoreset_mode must be one of {names}, got {mode!r}")


def _seeds(seed: Any, n_worlds: int) -> list[int | None]:
    """Return one seed per world (None: keeps its own stream); anything but a whole number raises `ParameterError`."""
    several = isinstance(seed, (list, tuple, np.ndarray))
    for one in seed if several else [seed]:
        whole = isinstance(one, (int, np.integer)) and not isinstance(one, (bool, np.bool_)) and one >= 0
        if one is not None and not whole:
            raise ParameterError(
                f"seed must be a whole number from 0 on, or a list of {n_worlds} of them, got {seed!r}"
            )
    if several and len(seed) != n_worlds:
        raise ParameterError(f"seed must be one integer or a list of {n_worlds}, got {len(seed)} values")
    if several:
        return [None if one is None else int(one) for one in seed]
    return [None if seed is None else int(seed) + world for world in range(n_worlds)]
