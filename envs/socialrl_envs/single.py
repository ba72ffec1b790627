"""The single-agent Gymnasium environment: a batch of one over the shared step."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from . import records
from .assay import Assay
from .counters import places
from .errors import ParameterError, UnexpectedKeyword
from .named_tables import CURRENT
from .parameters import NAMES, parameter
from .vocabulary import OPTION_NAMES
from .world import World

_ALL = np.ones(1, dtype=np.bool_)
_ROW = np.zeros(1, dtype=np.int64)


def split_keywords(keywords: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return constructor keywords as options of episodes and parameter overrides; others raise an error."""
    options = {name: value for name, value in keywords.items() if name in OPTION_NAMES}
    return options, split_overrides({name: value for name, value in keywords.items() if name not in options})


def split_overrides(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor keywords as parameter overrides; one that is no parameter raises with the nearest name."""
    for name in keywords:
        if name not in NAMES:
            try:
                parameter(name)
            except ParameterError as error:
                raise UnexpectedKeyword(f"got an unexpected keyword argument '{name}': {error}") from None
    return dict(keywords)


NOT_BEGUN = "Cannot call env.step() before calling env.reset()"  # in Gymnasium's own words


def action_names(assay: Assay) -> tuple[str, ...]:
    """Return the names of the actions: rest, explore, affiliate and reject for each slot, lick for a litter."""
    slots = range(assay.n_animals - 1)
    names = ("rest", "explore", *(f"affiliate_slot{s}" for s in slots), *(f"reject_slot{s}" for s in slots))
    return (*names, "lick") if assay.has_litter else names


class SocialEnv(gym.Env[NDArray[np.float32], np.int64]):
    """Base of every single-agent assay; subclasses name the assay and carry the manual page."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "ansi", "human"], "render_fps": 20}
    assay: Assay
    _spec: EnvSpec | None = None

    def __init__(
        self,
        *,
        sex: str = "female",
        dt_s: float | None = None,
        duration_s: float | None = None,
        table: str = CURRENT,
        arms: Mapping[str, str] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        attachment: bool | None = None,
        tones_apart: bool | None = None,
        render_mode: str | None = None,
        **options_and_parameters: Any,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ParameterError(
                f"render_mode must be one of {', '.join(self.metadata['render_modes'])} or None, got {render_mode!r}"
            )
        if not isinstance(sex, str):
            raise ParameterError(f"sex must be one word in a single environment, got {sex!r}")
        options, overrides = split_keywords(options_and_parameters)
        for name, value in overrides.items():
            if np.ndim(value):
                raise ParameterError(f"parameter '{name}' must be one number in a single environment, got {value!r}")
        self.world = self._make_world(
            overrides=overrides,
            sex=sex,
            table=table,
            dt_s=dt_s,
            duration_s=duration_s,
            arms=arms,
            drugs=drugs,
            attachment=attachment,
            tones_apart=tones_apart,
            **options,
        )
        self.dt_s = self.world.dt_s
        self.render_mode = render_mode
        self.observation_space: spaces.Box = self.world.observation_space  # type: ignore[assignment]
        self.action_space = spaces.Discrete(self.world.n_actions)
        self.action_names = action_names(self.assay)
        self.observation_names = self.world.observation_names
        self._n_actions = self.world.n_actions
        self._places = places(self.assay.n_animals, len(self.assay.habitat.names), bool(self.assay.doors))
        self._actions = np.zeros(self.world.n_rows, dtype=np.int64)
        self._seeded = False
        self._blank: dict[str, Any] | None = None
        self._scene: Any = None
        if render_mode is not None:
            from .scene import Scene  # brings Pillow, which stepping does not need

            self._scene = Scene(self.world, self.action_names)

    @property
    def spec(self) -> EnvSpec | None:
        """How this environment was made; `max_episode_steps` is its own number of ticks.

        It is set here and not in the registry, where it would be one number for every `dt_s` and `duration_s`, and
        `gym.make` would cut longer tests short.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = None if spec is None else replace(spec, max_episode_steps=self.world.stage.n_ticks)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; `seed` alone reproduces everything.

        `options`: `cohousing_h` (0–336, or a list to draw from), `relationship` ("peer" or "mate"), `separation_h`,
        `side` (a placement name, None = drawn), `session`, `ratio_step` (assays with doors: extra presses for each
        further access), `access_s` (assays with doors: seconds for which a door stays open), `stranger_sex` (assays
        with a stranger: "as_partner", or "same" or "other" than the acting animal's); `mating` (False: cohoused with an
        animal of the other sex that does not mate); `continued` (True: no new animals, those of the last episode live
        on with their familiarity, habituation, stress, activity and slow state). With `attachment`, the slow state that
        an animal comes with (`vocabulary.SLOW`), and `stressor` with its `stressor_start_h` and `stressor_length_h`.
        Unknown or impossible options raise `ParameterError`.
        """
        super().reset(seed=seed)
        self.world.check_history(options or {})
        if seed is not None or not self._seeded:
            self.world.seed(self.np_random.integers(2**64, size=1, dtype=np.uint64), _ALL)
            self._seeded = True
        self.world.begin(_ALL, options)
        if self._scene is not None:
            self._scene.begin()
            if self.render_mode == "human":
                self.render()
        return self.world.observations[0].copy(), self._info(None)

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Advance by `dt_s` seconds. Never terminates; truncates at the end of the test."""
        if not self._seeded:
            raise ResetNeeded(NOT_BEGUN)
        try:
            number = operator.index(action)
        except TypeError:  # not a whole number: refused below, like one out of range
            number = -1
        if not 0 <= number < self._n_actions:
            raise ValueError(
                f"action must be 0 to {self._n_actions - 1} ({', '.join(self.action_names)}), got {action!r}"
            )
        self._actions[0] = number
        self._act_for_others()
        observations, reward, truncated, terms = self.world.step(self._actions)
        info = self._info(terms)
        over = bool(truncated[0])
        if over:
            columns = records.columns(self.world, _ROW)
            info["record"] = {name: records.plain(column[0]) for name, column in columns.items()}
        if self._scene is not None:
            self._scene.note(number)
            if self.render_mode == "human":
                self.render()
        return observations[0], float(reward[0]), False, over, info

    def render(self) -> Any:
        """Return a frame (`rgb_array`, uint8 (height, width, 3)) or a text (`ansi`); `human` shows a window."""
        if self._scene is None:
            gym.logger.warn("render() needs a render_mode: gym.make(..., render_mode='rgb_array')")
            return None
        if not self._seeded:
            raise ResetNeeded("Cannot call env.render() before calling env.reset()")
        return self._scene.render(self.render_mode, self.metadata["render_fps"])

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions can have an effect at the coming tick, (n_actions,) bool; see `masking.write_masks`."""
        return np.asarray(self.world.action_masks()[0])

    def close(self) -> None:
        """Close the window, if one is open."""
        if self._scene is not None:
            self._scene.close()

    def _make_world(self, **arguments: Any) -> World:
        """Return the world to live in; where others act, too, a subclass gives them their parameters here."""
        return World(self.assay, 1, **arguments)

    def _act_for_others(self) -> None:
        """Write the actions of other acting animals at this tick into `self._actions[1:]`; most assays have none."""

    def _info(self, terms: NDArray[np.float64] | None) -> dict[str, Any]:
        """Copies of the raw counters so far, the named reward terms (zero at a reset) and a record without content.

        The keys are the same at every moment, so that a recorder may stack the infos of an episode.
        """
        if self._blank is None:
            blank = records.blank(self.world, _ROW)
            self._blank = {name: records.plain(column[0]) for name, column in blank.items()}
        row = self.world.counters[0, 0].copy()
        info: dict[str, Any] = {name: row[place] for name, place in self._places}
        info["reward_terms"] = (
            dict.fromkeys(self.world.terms, 0.0)
            if terms is None
            else dict(zip(self.world.terms, terms[:, 0].tolist(), strict=True))
        )
        # arrays as copies: a recorder may keep them, and Gymnasium's checker looks for infos that share an object
        info["record"] = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self._blank.items()
        }
        return info
