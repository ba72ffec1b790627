"""The native vector environment: many worlds, one compiled call a tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from . import counters, observation, records
from .assay import Assay
from .parameters import ParameterError
from .rewards import TERMS
from .single import action_names, split_overrides
from .world import World


class SocialVectorEnv(VectorEnv[NDArray[np.float32], NDArray[np.int64], NDArray[Any]]):
    """Base of every vector assay: a row is an acting animal; rows of one world are neighbours.

    `num_envs` counts rows. Overrides may be scalars or one value per row. All autoreset modes of Gymnasium work
    (`autoreset_mode`, default next-step); with `AutoresetMode.DISABLED`, `reset(options={"reset_mask": mask})` resets
    single worlds. `threads` splits the worlds over threads from 1024 worlds on; numbers do not depend on it.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}
    assay: Assay

    def __init__(
        self,
        num_envs: int = 1,
        *,
        dt_s: float | None = None,
        duration_s: float | None = None,
        cohousing_h: float | Sequence[float] = 24.0,
        relationship: str | Sequence[str] = "peer",
        separation_h: float | Sequence[float] = 0.0,
        session: str | Sequence[str] | None = None,
        ratio_step: float | Sequence[float] = 1.0,
        arms: Mapping[str, str | Sequence[str]] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        threads: int = 1,
        render_mode: str | None = None,
        **overrides: Any,
    ) -> None:
        n_acting = len(self.assay.acting)
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1 or num_envs % n_acting:
            raise ParameterError(
                f"num_envs must be a positive multiple of {n_acting} (acting animals of a world), got {num_envs!r}"
            )
        if render_mode is not None:
            raise ParameterError("the vector environment does not draw; render a single environment instead")
        self.autoreset_mode = AutoresetMode(autoreset_mode) if isinstance(autoreset_mode, str) else autoreset_mode
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.num_envs = int(num_envs)
        self.world = World(
            self.assay,
            self.num_envs // n_acting,
            overrides=split_overrides(overrides),
            dt_s=dt_s,
            duration_s=duration_s,
            cohousing_h=cohousing_h,
            relationship=relationship,
            separation_h=separation_h,
            session=session,
            ratio_step=ratio_step,
            arms=arms,
            drugs=drugs,
            threads=threads,
        )
        self.dt_s = self.world.dt_s
        self.render_mode = None
        self.single_observation_space = self.world.observation_space
        self.single_action_space = spaces.Discrete(self.world.n_actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.action_names = action_names(self.assay)
        self.observation_names = observation.names(self.assay.habitat.names, self.assay.n_animals - 1)
        self._n_acting = n_acting
        self._seeded = np.zeros(self.world.n_worlds, dtype=np.bool_)
        self._ended = np.zeros(self.world.n_worlds, dtype=np.bool_)  # waiting for the next-step reset

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
        self.world.begin(worlds, options)
        self._ended[worlds] = False
        return self.world.observations.copy(), {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Advance every row by `dt_s` seconds; `actions` (num_envs,) integers."""
        if np.asarray(actions).dtype.kind not in "iu" and np.size(actions):
            raise ValueError(f"actions must be whole numbers, got {np.asarray(actions).dtype}")
        actions = np.ascontiguousarray(actions, dtype=np.int64)
        if actions.shape != (self.num_envs,) or actions.min() < 0 or actions.max() >= self.world.n_actions:
            raise ValueError(
                f"actions must have shape ({self.num_envs},) and values 0 to {self.world.n_actions - 1}, "
                f"got shape {actions.shape}, {actions.min() if actions.size else ''} to {actions.max() if actions.size else ''}"
            )
        observations, reward, truncated, terms = self.world.step(actions)
        if self._ended.any():
            self.world.begin(self._ended)
            waited = np.repeat(self._ended, self._n_acting)
            truncated &= ~waited
            observations = self.world.observations
            self._ended[:] = False
        info: dict[str, Any] = {"reward_terms": dict(zip(TERMS, terms, strict=True)), "counters": self.counters()}
        if truncated.any():
            observations = self._end(truncated, observations, info)
        return observations, reward, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def counters(self) -> dict[str, NDArray[np.float64]]:
        """Return the raw counters so far by name: (num_envs, n_animals) or (num_envs, n_chambers) float64.

        `info["counters"]` is the same. Seconds, counts, familiarity; the acting animal's own column stays zero. The
        arrays are read-only and go on counting: copy what must stay.
        """
        rows = self.world.counters.reshape(self.num_envs, -1)
        rows.flags.writeable = False
        return counters.named(rows, self.assay.n_animals, len(self.assay.habitat.names))

    def mark_seeded(self) -> None:
        """Say that all worlds have their keys, after a state was put back with `world.set_state`."""
        self._seeded[:] = True

    def _end(
        self, truncated: NDArray[np.bool_], observations: NDArray[np.float32], info: dict[str, Any]
    ) -> NDArray[np.float32]:
        """Add the records of ended rows to `info`; reset them now if the mode says so."""
        rows = np.flatnonzero(truncated)
        record = {}
        for name, column in records.columns(self.world, rows).items():
            record[name] = np.zeros((self.num_envs, *column.shape[1:]), dtype=column.dtype)
            record[name][rows] = column
        worlds = self._worlds_of(truncated)
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            final = observations.copy()
            self.world.begin(worlds)
            info.update(final_obs=final, _final_obs=truncated.copy(), final_info={"record": record, "_record": truncated.copy()}, _final_info=truncated.copy())  # fmt: skip
            return self.world.observations
        info.update(record=record, _record=truncated.copy())
        if self.autoreset_mode == AutoresetMode.NEXT_STEP:
            self._ended = worlds
        return observations

    def _worlds_of(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which worlds have a row that is set: (n_worlds,)."""
        return np.asarray(rows.reshape(self.world.n_worlds, self._n_acting).any(axis=1))

    def _seed_worlds(self, seed: int | Sequence[int | None] | None, worlds: NDArray[np.bool_]) -> None:
        n_worlds = self.world.n_worlds
        seeds: list[int | None]
        if seed is None:
            seeds = [None] * n_worlds
        elif isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(n_worlds)]
            self._np_random, self._np_random_seed = seeding.np_random(int(seed))
        else:
            seeds = [None if one is None else int(one) for one in seed]
            if len(seeds) != n_worlds:
                raise ParameterError(f"seed must be one integer or a list of {n_worlds}, got {len(seeds)} values")
        for i in np.flatnonzero(worlds):
            if seeds[i] is not None or not self._seeded[i]:
                generator, _ = seeding.np_random(seeds[i])
                self.world.seed(generator.integers(2**64, size=1, dtype=np.uint64), np.arange(n_worlds) == i)
        self._seeded |= worlds
