"""What the arithmetic of a cohort needs to know of its policy: enough for an engine, without the policy's own code."""

from typing import Protocol

import torch

from socialrl.training.cohort.layout import NetworkLayout


class Moments(Protocol):
    """An optimiser that keeps Adam's moments for all animals."""

    def moments(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """First and second moments (n_animals, n_weights) and steps (n_animals,)."""


class Networks(Protocol):
    """The networks of a cohort: weights (n_animals, n_weights) laid out by `layout`, tanh or relu between layers."""

    n_animals: int
    layout: NetworkLayout
    relu: bool
    weights: torch.nn.Parameter

    @property
    def optimizer(self) -> Moments:
        """Adam of all animals."""
