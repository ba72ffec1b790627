"""Assays in which several animals act as PettingZoo environments: an agent is a vole. Needs the extra `parallel`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from .assays.caregiving import SharedCaregivingVectorEnv
from .assays.group_habitat import GroupHabitatVectorEnv
from .assays.pair_home import PairHomeVectorEnv
from .errors import ParameterError
from .named_tables import CURRENT
from .parameters import NAMES, parameter
from .records import plain
from .vector import SocialVectorEnv
from .vocabulary import SEXES

try:
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise ImportError(
        'socialrl_envs.parallel needs pettingzoo; install it with: pip install "socialrl-envs[parallel]"'
    ) from error


class SocialParallelEnv(ParallelEnv[str, NDArray[np.float32], int]):  # type: ignore[misc]
    """One world of a vector environment in which several animals act, all at once, for multi-agent learners.

    Habitat, actions, observation, reward terms and arguments are those of the vector environment, action for action and
    number for number (row k is agent `vole<k>`; 0 and 1 are cage mates, 2 and 3, …). A parameter is one number, one for
    each agent, or a mapping from some agents to numbers (the others have the table's value); so is `sex`, in words (the
    others are female). After `duration_s` every agent is truncated and `agents` is empty until the next reset. **Info**
    of each agent, with the same keys at every moment: `reward_terms` (zero at a reset) and `record`, which is filled
    with the last step. `state()` is what all agents perceive, one after the other. `render_mode` "ansi", "rgb_array" or
    "human" shows the world with vole0 as the focal animal.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array", "ansi", "human"],
        "is_parallelizable": True,
        "render_fps": 20,
    }
    vector: type[SocialVectorEnv]

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ParameterError(f"render_mode must be one of rgb_array, ansi, human or None, got {render_mode!r}")
        self.render_mode = render_mode
        self._names = tuple(self.vector.assay.animals[i] for i in self.vector.assay.acting)
        self.possible_agents = list(self._names)
        self.agents: list[str] = []
        table = arguments.get("table", CURRENT)
        self._rows = self.vector(
            len(self._names),
            autoreset_mode=AutoresetMode.DISABLED,
            **{name: _by_agent(name, value, table, self._names) for name, value in arguments.items()},
        )
        self.observation_names, self.action_names = self._rows.observation_names, self._rows.action_names
        # one space object per agent, as PettingZoo requires: each samples with its own generator
        shape = self._rows.single_observation_space
        low, high = shape.low, shape.high  # type: ignore[attr-defined]
        self.observation_spaces = {agent: spaces.Box(low, high, dtype=np.float32) for agent in self._names}
        self.action_spaces = {agent: spaces.Discrete(self._rows.world.n_actions) for agent in self._names}
        n_agents = len(self._names)
        self.state_space = spaces.Box(np.tile(low, n_agents), np.tile(high, n_agents), dtype=np.float32)
        self._begun = False
        self._scene: Any = None
        if render_mode is not None:
            from .scene import Scene  # brings Pillow, which stepping does not need

            self._scene = Scene(self._rows.world, self.action_names)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return the observation space of `agent`, the same object every time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return the action space of `agent`, the same object every time."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, dict[str, Any]]]:
        """Begin an episode; `seed` alone reproduces everything, options as in the vector environment."""
        # PettingZoo's own API test resets with an option called "options" and expects it to pass; others are checked
        asked = {name: value for name, value in (options or {}).items() if name != "options"}
        observations, info = self._rows.reset(seed=seed, options=asked)
        self.agents, self._begun = list(self._names), True
        if self._scene is not None:
            self._scene.begin()
            if self.render_mode == "human":
                self.render()
        return dict(zip(self._names, observations, strict=True)), self._infos(info)

    def state(self) -> NDArray[np.float32]:
        """Return what all agents perceive now, one after the other, (n_agents · n_features,) float32."""
        return self._rows.world.observations.ravel().copy()

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[
        dict[str, NDArray[np.float32]],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Advance by `dt_s` seconds; `actions` has one whole number for each of `agents`."""
        if not self.agents:
            raise ValueError("the episode is over or has not begun; call reset first")
        if set(actions) != set(self.agents):
            raise ValueError(f"actions must be given for exactly {', '.join(self.agents)}, got {', '.join(actions)}")
        chosen = np.array([actions[agent] for agent in self._names])
        observations, rewards, terminated, truncated, info = self._rows.step(chosen)
        if truncated.all():
            self.agents = []
        if self._scene is not None:
            self._scene.note(int(chosen[0]))
            if self.render_mode == "human":
                self.render()
        return (
            dict(zip(self._names, observations, strict=True)),
            dict(zip(self._names, rewards.tolist(), strict=True)),
            dict(zip(self._names, terminated.tolist(), strict=True)),
            dict(zip(self._names, truncated.tolist(), strict=True)),
            self._infos(info),
        )

    def render(self) -> Any:
        """Return a frame (`rgb_array`, uint8 (height, width, 3)) or a text (`ansi`); `human` shows a window."""
        if self._scene is None:
            return None
        if not self._begun:
            raise ResetNeeded("Cannot call env.render() before calling env.reset()")
        return self._scene.render(self.render_mode, self.metadata["render_fps"])

    def close(self) -> None:
        """Close the window, if one is open."""
        if self._scene is not None:
            self._scene.close()

    def _infos(self, info: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The infos of the vector environment, by agent."""
        terms = {name: column.tolist() for name, column in info["reward_terms"].items()}
        return {
            agent: {
                "reward_terms": {name: column[row] for name, column in terms.items()},
                "record": {name: plain(column[row]) for name, column in info["record"].items()},
            }
            for row, agent in enumerate(self._names)
        }


# Named as a base once more in both classes, because skrl looks at the direct bases of a class to know what it is.
class GroupHabitatParallelEnv(SocialParallelEnv, ParallelEnv[str, NDArray[np.float32], int]):  # type: ignore[misc]
    """`GroupHabitatVectorEnv` with one world: agents "vole0" … "vole7"; everything else as in `SocialParallelEnv`."""

    metadata = {**SocialParallelEnv.metadata, "name": "socialrl_group_habitat_v0"}
    vector = GroupHabitatVectorEnv


class PairHomeParallelEnv(SocialParallelEnv, ParallelEnv[str, NDArray[np.float32], int]):  # type: ignore[misc]
    """`PairHomeVectorEnv` with one world: agents "vole0" and "vole1"; everything else as in `SocialParallelEnv`."""

    metadata = {**SocialParallelEnv.metadata, "name": "socialrl_pair_home_v0"}
    vector = PairHomeVectorEnv


class SharedCaregivingParallelEnv(SocialParallelEnv, ParallelEnv[str, NDArray[np.float32], int]):  # type: ignore[misc]
    """`SharedCaregivingVectorEnv` with one world: agents "vole0" and "vole1", the carers; the rest as elsewhere."""

    metadata = {**SocialParallelEnv.metadata, "name": "socialrl_shared_caregiving_v0"}
    vector = SharedCaregivingVectorEnv


def _by_agent(name: str, value: Any, table: str, agents: tuple[str, ...]) -> Any:
    """A parameter, or the sex, given for some agents by name, as one value a row; anything else as it is.

    The other agents have the value of `table`, or are females.
    """
    if name not in (*NAMES, "sex") or not isinstance(value, Mapping) or set(value) <= set(SEXES):
        return value
    what, usual = ("sex", SEXES[0]) if name == "sex" else (f"parameter '{name}'", parameter(name, table).value)
    for agent in value:
        if agent not in agents:
            raise ParameterError(f"{what}: unknown agent {agent!r}; allowed: {', '.join(agents)}")
    return [value.get(agent, usual) for agent in agents]
