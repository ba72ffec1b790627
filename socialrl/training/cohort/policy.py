"""The policies and value functions of a whole cohort in one tensor, and the state of its optimiser."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from torch import nn

from socialrl.errors import UserError, unknown
from socialrl.training.cohort.engines import Engine, make_engine
from socialrl.training.cohort.initial_weights import initial_weights
from socialrl.training.cohort.layout import NetworkLayout, network_layout

POLICY_SETTINGS = ("net_arch", "activation_fn", "ortho_init", "optimizer_kwargs")
"""Keys of `policy_kwargs` that a cohort accepts, with SB3's meaning."""

_OPTIMIZER_SETTINGS = ("eps", "betas")


class CohortAdam(torch.optim.Optimizer):
    """The Adam moments of every animal's weights, and how many steps each animal has taken.

    Holds state only (so that SB3 saves and loads it); the engines do the steps, because animals differ in rate, number
    of steps and gradient scale.
    """

    def __init__(self, weights: nn.Parameter, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-5) -> None:
        super().__init__([weights], {"betas": betas, "eps": eps})
        n_animals = weights.shape[0]
        self.state[weights] = {
            "step": torch.zeros(n_animals, dtype=torch.int64, device=weights.device),
            "exp_avg": torch.zeros_like(weights, requires_grad=False),
            "exp_avg_sq": torch.zeros_like(weights, requires_grad=False),
        }

    def moments(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """exp_avg and exp_avg_sq (n_animals, n_numbers) float32, steps (n_animals,) int64; the engines change them."""
        state = self.state[self.param_groups[0]["params"][0]]
        return state["exp_avg"], state["exp_avg_sq"], state["step"]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Not available: see the class."""
        raise RuntimeError("a cohort's Adam steps are done by its engine, inside CohortPPO.train()")


class CohortPolicy(BasePolicy):
    """One actor-critic network per animal, weights stacked: `weights` is (n_animals, n_numbers) float32, see
    `layout.py`.

    Rows of observations are animal-major, any number of rows per animal. Animal i starts with the weights that SB3's
    `MlpPolicy` has after `torch.manual_seed(seeds[i])`, to float tolerance (`initial_weights.py`).
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Callable[[float], Any] | None = None,  # noqa: ARG002  (part of the signature of SB3 policies)
        *,
        n_animals: int = 1,
        seeds: Sequence[int] | None = None,
        engine: str = "auto",
        n_threads: int | None = None,
        device: torch.device | str = "cpu",
        net_arch: list[int] | dict[str, list[int]] | None = None,
        activation_fn: type[nn.Module] = nn.Tanh,
        ortho_init: bool = True,
        optimizer_kwargs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(observation_space, action_space)
        if not isinstance(action_space, spaces.Discrete) or action_space.start != 0:
            raise UserError(f"a cohort needs a Discrete action space that starts at 0, got {action_space}")
        if not isinstance(observation_space, spaces.Box) or not np.issubdtype(observation_space.dtype, np.floating):
            raise UserError(f"a cohort needs a Box observation space of floats, got {observation_space}")
        if activation_fn not in (nn.Tanh, nn.ReLU):
            raise UserError(f"activation_fn: a cohort knows torch.nn.Tanh and torch.nn.ReLU, got {activation_fn}")
        self.n_animals = n_animals
        self.seeds = list(seeds) if seeds is not None else list(range(n_animals))
        self.engine_name = engine
        self.n_threads = n_threads
        self.net_arch = {"pi": [64, 64], "vf": [64, 64]} if net_arch is None else net_arch
        self.activation_fn = activation_fn
        self.relu = activation_fn is nn.ReLU
        self.ortho_init = ortho_init
        self.optimizer_kwargs = optimizer_kwargs or {"eps": 1e-5}
        for key in self.optimizer_kwargs:
            if key not in _OPTIMIZER_SETTINGS:
                raise UserError(unknown("optimizer setting", key, _OPTIMIZER_SETTINGS))
        hidden = self.net_arch if isinstance(self.net_arch, dict) else {"pi": self.net_arch, "vf": self.net_arch}
        self.layout: NetworkLayout = network_layout(
            int(np.prod(observation_space.shape)),
            int(action_space.n),
            list(hidden.get("pi", [])),
            list(hidden.get("vf", [])),
        )
        # torch's own memory begins at a cache line, NumPy's may not: a vector across two lines costs two loads
        weights = torch.from_numpy(self._initial_weights()).clone()
        self.weights = nn.Parameter(weights.to(device), requires_grad=False)
        self.optimizer: CohortAdam = CohortAdam(self.weights, **self.optimizer_kwargs)
        self.engine: Engine = make_engine(engine, self, self.weights.device, n_threads)

    @staticmethod
    def bytes_per_animal(layout: NetworkLayout) -> int:
        """Memory of one animal's weights and Adam moments, bytes."""
        return 3 * 4 * layout.n_numbers

    def probabilities(self, observations: np.ndarray) -> np.ndarray:
        """Action probabilities (n_rows, n_actions) float32 of observations (n_rows, ...), the same rows per animal."""
        return self.engine.probabilities(self._rows(observations))

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Values (n_rows,) float32 of observations (n_rows, ...), n_rows a multiple of n_animals."""
        return self.engine.values(self._rows(observations))

    def sample(self, observations: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """Actions (n_rows,) int64 by uniforms (n_rows,) in [0, 1): the first whose cumulative probability is larger."""
        below = np.cumsum(self.probabilities(observations), axis=1)
        chosen: np.ndarray = np.minimum((below <= np.asarray(uniforms)[:, None]).sum(axis=1), below.shape[1] - 1)
        return chosen

    def forward(self, observations: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        """Actions (n_rows,) of observations (n_rows, ...)."""
        return self._predict(observations, deterministic)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        probabilities = torch.from_numpy(self.probabilities(observation.cpu().numpy()))
        if deterministic:
            return probabilities.argmax(dim=1)
        return torch.multinomial(probabilities, 1)[:, 0]

    def _rows(self, observations: np.ndarray) -> np.ndarray:
        rows = np.ascontiguousarray(observations, np.float32).reshape(-1, self.layout.n_observations)
        if len(rows) % self.n_animals:
            raise UserError(
                f"a cohort of {self.n_animals} animals needs a multiple of {self.n_animals} rows, animal-major, got "
                f"{len(rows)};"
                " for one animal's policy use CohortPPO.animal(i)"
            )
        return rows

    def _initial_weights(self) -> np.ndarray:
        weights = np.zeros((self.n_animals, self.layout.n_numbers), np.float32)
        first_with: dict[int, int] = {}  # animals of a pair have one seed, and an initialisation takes a while
        for index, seed in enumerate(self.seeds):
            if seed in first_with:
                weights[index] = weights[first_with[seed]]
            else:
                self.layout.pack(initial_weights(self.layout, seed, self.ortho_init), weights[index])
                first_with[seed] = index
        return weights

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {
            "observation_space": self.observation_space,
            "action_space": self.action_space,
            "n_animals": self.n_animals,
            "seeds": self.seeds,
            "engine": self.engine_name,
            "n_threads": self.n_threads,
            "net_arch": self.net_arch,
            "activation_fn": self.activation_fn,
            "ortho_init": self.ortho_init,
            "optimizer_kwargs": self.optimizer_kwargs,
        }
