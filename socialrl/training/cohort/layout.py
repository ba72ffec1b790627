"""Where each weight of one animal's two networks lies in one flat row of numbers.

A cohort keeps all weights as one float32 array `(n_animals, n_numbers)`. Within a row come the policy network, then the
value network; a network is a list of layers; a layer is its weight matrix `(n_in, width)` followed by its bias
`(width)`. `width` is n_out padded to a multiple of 16, so that vector code needs no special last column. The padding is
zero and stays zero: its gradient is zero, and so are its Adam moments and steps.
"""

from dataclasses import dataclass

import numpy as np
import torch

from socialrl.config.loading import Config
from socialrl.networks.tiles import COLUMN_MULTIPLE

POLICY, VALUE = 0, 1


@dataclass(frozen=True)
class Layer:
    """One dense layer of one network.

    weight_name and bias_name are its entries in the state dict of SB3's `ActorCriticPolicy` (where weights are `(n_out,
    n_in)`). weight_at and bias_at are the first elements in an animal's row; row r of the matrix begins at weight_at +
    r * width.
    """

    weight_name: str
    bias_name: str
    n_in: int
    n_out: int
    width: int
    weight_at: int
    bias_at: int


@dataclass(frozen=True)
class NetworkLayout:
    """The layers of the policy network and of the value network, and the length of an animal's row."""

    n_observations: int
    n_actions: int
    networks: tuple[tuple[Layer, ...], tuple[Layer, ...]]
    n_numbers: int

    @property
    def n_parameters(self) -> int:
        """Weights and biases of one animal, without padding."""
        return sum(layer.n_in * layer.n_out + layer.n_out for layer in self.layers())

    def layers(self) -> tuple[Layer, ...]:
        return self.networks[POLICY] + self.networks[VALUE]

    def table(self) -> np.ndarray:
        """(2, n_layers, 5) int64 for compiled code: n_in, n_out, width, weight_at, bias_at; n_in 0 if unused."""
        table = np.zeros((2, max(len(network) for network in self.networks), 5), np.int64)
        for i, network in enumerate(self.networks):
            for j, layer in enumerate(network):
                table[i, j] = layer.n_in, layer.n_out, layer.width, layer.weight_at, layer.bias_at
        return table

    def macs_per_sample(self) -> tuple[int, int]:
        """Multiply-adds of a forward and of a backward pass (gradients of weights, and of inputs but the first)."""
        forward = sum(layer.n_in * layer.n_out for layer in self.layers())
        return forward, forward + sum(layer.n_in * layer.n_out for network in self.networks for layer in network[1:])

    def pack(self, state_dict: dict[str, torch.Tensor], row: np.ndarray) -> None:
        """Copy an `ActorCriticPolicy` state dict (or tensors named like one) into a row `(n_numbers,)`, in place."""
        row[:] = 0
        for layer in self.layers():
            matrix = row[layer.weight_at : layer.bias_at].reshape(layer.n_in, layer.width)
            matrix[:, : layer.n_out] = state_dict[layer.weight_name].detach().cpu().numpy().T
            row[layer.bias_at : layer.bias_at + layer.n_out] = state_dict[layer.bias_name].detach().cpu().numpy()

    def unpack(self, row: np.ndarray) -> dict[str, torch.Tensor]:
        """An animal's row `(n_numbers,)` as tensors named and shaped as in SB3's `ActorCriticPolicy`; copies."""
        tensors: dict[str, torch.Tensor] = {}
        for layer in self.layers():
            matrix = row[layer.weight_at : layer.bias_at].reshape(layer.n_in, layer.width)[:, : layer.n_out]
            tensors[layer.weight_name] = torch.from_numpy(np.ascontiguousarray(matrix.T))
            tensors[layer.bias_name] = torch.from_numpy(row[layer.bias_at : layer.bias_at + layer.n_out].copy())
        return tensors


def network_layout(
    n_observations: int, n_actions: int, policy_hidden: list[int], value_hidden: list[int]
) -> NetworkLayout:
    """The layout of a policy network with `n_actions` outputs and a value network with one, hidden widths as given."""
    networks = []
    at = 0
    for name, hidden, n_out, head in (
        ("policy", policy_hidden, n_actions, "action_net"),
        ("value", value_hidden, 1, "value_net"),
    ):
        sizes = [n_observations, *hidden, n_out]
        layers = []
        for i in range(len(sizes) - 1):
            # SB3 interleaves activations: the i-th dense layer is entry 2 i of its Sequential.
            module = head if i == len(sizes) - 2 else f"mlp_extractor.{name}_net.{2 * i}"
            width = -(-sizes[i + 1] // COLUMN_MULTIPLE) * COLUMN_MULTIPLE
            bias_at = at + sizes[i] * width
            layers.append(Layer(f"{module}.weight", f"{module}.bias", sizes[i], sizes[i + 1], width, at, bias_at))
            at = bias_at + width
        networks.append(tuple(layers))
    return NetworkLayout(n_observations, n_actions, (networks[POLICY], networks[VALUE]), at)


def layout_of(config: Config) -> NetworkLayout:
    """The layout of an animal's networks in the assay and with the widths of a configuration."""
    from socialrl_envs import ASSAYS
    from socialrl_envs.observation import space_of

    world, asked, hidden = ASSAYS[config.env.id], config.env, list(config.ppo.net_arch)
    space = space_of(world, attachment=asked.attachment, tones_apart=asked.tones_apart)
    return network_layout(int(space.shape[0]), world.n_actions, hidden, hidden)
