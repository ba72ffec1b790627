"""Stable-Baselines3's own PPO, with only its random draws replaced by an animal's streams, to compare a cohort with."""

from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from socialrl.training.cohort import AnimalStreams, CohortPPO


class StreamPolicy(ActorCriticPolicy):
    """SB3's policy; in rollouts it takes the first action whose cumulative probability exceeds the uniform."""

    streams: AnimalStreams

    def forward(self, obs: torch.Tensor, deterministic: bool = False) -> Any:  # noqa: ARG002
        uniforms = torch.from_numpy(self.streams.uniforms(len(obs)))
        distribution = self.get_distribution(obs)
        below = distribution.distribution.probs.cumsum(dim=1)
        actions = (below <= uniforms[:, None]).sum(dim=1).clamp(max=below.shape[1] - 1)
        return actions, self.predict_values(obs), distribution.log_prob(actions)


class StreamBuffer(RolloutBuffer):
    """SB3's buffer; only the order of samples comes from the streams."""

    orders: Any = None
    streams: AnimalStreams
    n_epochs: int

    def reset(self) -> None:
        super().reset()
        self.orders = None

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        if self.orders is None:
            self.orders = iter(self.streams.permutations(self.n_epochs, self.buffer_size * self.n_envs)[0])
        order = next(self.orders)
        drawn = np.random.permutation
        np.random.permutation = lambda n: order  # type: ignore[assignment]  # noqa: ARG005
        try:
            yield from super().get(batch_size)
        finally:
            np.random.permutation = drawn


class Snapshots(BaseCallback):
    """The state after each update: a dict of tensors named as in SB3's policy (for a cohort: of animal `index`)."""

    def __init__(self, index: int = 0) -> None:
        super().__init__()
        self.index = index
        self.weights: list[dict[str, torch.Tensor]] = []
        self.rollouts: list[dict[str, np.ndarray]] = []

    def _on_step(self) -> bool:
        return True

    def _take(self) -> None:
        policy = self.model.policy
        if isinstance(self.model, CohortPPO):
            weights = policy.layout.unpack(policy.weights[self.index].cpu().numpy())
        else:
            weights = {name: tensor.detach().clone() for name, tensor in policy.state_dict().items()}
        self.weights.append(weights)

    def _on_rollout_start(self) -> None:
        self._take()

    def _on_training_end(self) -> None:
        self._take()

    def _on_rollout_end(self) -> None:
        buffer = self.model.rollout_buffer  # type: ignore[attr-defined]
        names = ("actions", "rewards", "values", "log_probs", "advantages", "returns", "episode_starts")
        if isinstance(self.model, CohortPPO):
            rollout = {name: getattr(buffer, name)[self.index].copy() for name in names}
        else:
            rollout = {name: getattr(buffer, name).reshape(buffer.buffer_size, -1).T.flatten() for name in names}
        self.rollouts.append(rollout)


def reference_ppo(env: VecEnv, seed: int, **settings: Any) -> PPO:
    """SB3's PPO on `env`, drawing from `AnimalStreams([seed])`."""
    model = PPO(StreamPolicy, env, seed=seed, rollout_buffer_class=StreamBuffer, device="cpu", **settings)
    streams = AnimalStreams([seed])
    model.policy.streams = streams
    model.rollout_buffer.streams = streams  # type: ignore[attr-defined]
    model.rollout_buffer.n_epochs = model.n_epochs  # type: ignore[attr-defined]
    return model
