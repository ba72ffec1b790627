"""Small, fast vector envs with known answers, for tests of trainers. Rows are independent and seeded one by one."""

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv


class ToyVecEnv(VecEnv):
    """An SB3 `VecEnv` whose rows draw from their own generator (seeded by `seed()`), with its state readable.

    Subclasses write `_begin(rows)` and `_advance(actions) -> (rewards, terminated, truncated)` over the arrays in
    `self.state` (name -> array with n_rows first), and `_observe()`.
    """

    render_mode = None

    def __init__(self, n_rows: int, n_observations: int, n_actions: int) -> None:
        box = spaces.Box(-np.inf, np.inf, (n_observations,), np.float32)
        super().__init__(n_rows, box, spaces.Discrete(n_actions))
        self.state: dict[str, np.ndarray] = {"tick": np.zeros(n_rows, np.int64)}
        self._generators = [np.random.default_rng(row) for row in range(n_rows)]
        self._actions = np.zeros(n_rows, np.int64)

    def _begin(self, rows: np.ndarray) -> None:
        raise NotImplementedError

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        raise NotImplementedError

    def _observe(self) -> np.ndarray:
        raise NotImplementedError

    def draw(self, rows: np.ndarray) -> np.ndarray:
        """One uniform number per row of `rows`, each from the row's own generator."""
        return np.array([self._generators[row].random() for row in rows])

    def reset(self) -> np.ndarray:
        for row, seed in enumerate(self._seeds):
            if seed is not None:
                self._generators[row] = np.random.default_rng(seed)
        self._reset_seeds()
        self.state["tick"][:] = 0
        self._begin(np.arange(self.num_envs))
        return self._observe()

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = np.asarray(actions)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        self.state["tick"] += 1
        rewards, terminated, truncated = self._advance(self._actions)
        ended = np.flatnonzero(terminated | truncated)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended.size:
            last = self._observe()
            for row in ended:
                cut = bool(truncated[row] and not terminated[row])
                infos[row] = {"terminal_observation": last[row].copy(), "TimeLimit.truncated": cut}
            self.state["tick"][ended] = 0
            self._begin(ended)
        return self._observe(), rewards.astype(np.float32), terminated | truncated, infos

    def get_state(self) -> dict[str, np.ndarray]:
        """Arrays, and the generators' states as bytes."""
        words = [g.bit_generator.state["state"] for g in self._generators]
        packed = np.array(
            [[int(w[k]).to_bytes(16, "little") for k in ("state", "inc")] for w in words], dtype="S16"
        )  # fmt: skip
        return {
            **{name: array.copy() for name, array in self.state.items()},
            "generators": packed.view(np.uint8).copy(),
        }

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        for name in self.state:
            self.state[name] = state[name].copy()
        raw = state["generators"].reshape(self.num_envs, 2, 16)
        for row, generator in enumerate(self._generators):
            inner = generator.bit_generator.state
            inner["state"] = {
                k: int.from_bytes(raw[row, i].tobytes(), "little") for i, k in enumerate(("state", "inc"))
            }
            generator.bit_generator.state = inner

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002
        return [False for _ in self._get_indices(indices)]


class CueVecEnv(ToyVecEnv):
    """A contextual bandit: one of n_cues cues is shown; naming it pays 1, anything else 0. Optimum: reward 1 every
    step.

    Episodes are truncated after 8 steps, which is never the end of anything.
    """

    def __init__(self, n_rows: int, n_cues: int = 3) -> None:
        super().__init__(n_rows, n_cues, n_cues)
        self.n_cues = n_cues
        self.state["cue"] = np.zeros(n_rows, np.int64)

    def _show(self, rows: np.ndarray) -> None:
        self.state["cue"][rows] = (self.draw(rows) * self.n_cues).astype(np.int64)

    def _begin(self, rows: np.ndarray) -> None:
        self._show(rows)

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rewards = (actions == self.state["cue"]).astype(np.float64)
        self._show(np.arange(self.num_envs))
        return rewards, np.zeros(self.num_envs, np.bool_), self.state["tick"] >= 8

    def _observe(self) -> np.ndarray:
        return np.eye(self.n_cues, dtype=np.float32)[self.state["cue"]]


class WalkVecEnv(ToyVecEnv):
    """A noisy walk on a line with six actions: terminates beyond |x| > 2, truncated at a tick that differs between
    rows.

    Rewards and observations are smooth and never special, so that comparisons of trainers see generic numbers. The
    observation has 5 numbers: x, x^2, sin(3x), time, 1.
    """

    def __init__(self, n_rows: int, limit: int = 11) -> None:
        super().__init__(n_rows, 5, 6)
        self.state["x"] = np.zeros(n_rows)
        self.limits = limit + np.arange(n_rows) % 3

    def _begin(self, rows: np.ndarray) -> None:
        self.state["x"][rows] = self.draw(rows) - 0.5

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        noise = self.draw(np.arange(self.num_envs)) - 0.5
        self.state["x"] += 0.2 * (actions - 2.5) + noise
        x = self.state["x"]
        terminated = np.abs(x) > 2
        return np.cos(x) + 0.1 * actions * x, terminated, (self.state["tick"] >= self.limits) & ~terminated

    def _observe(self) -> np.ndarray:
        x = self.state["x"]
        return np.stack([x, x * x, np.sin(3 * x), self.state["tick"] / 10, np.ones_like(x)], axis=1).astype(np.float32)
