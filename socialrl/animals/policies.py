"""Frozen policies: trained networks as plain arrays, read from safetensors, run without torch.

The tensors keep the names of Stable-Baselines3's `MlpPolicy`, so a file can be loaded into one with
`policy.load_state_dict(safetensors.torch.load_file(path))`. Reading one executes nothing, whoever wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from socialrl.errors import UserError
from socialrl.storage.run_folder import RunFolder

_HIDDEN = "mlp_extractor.policy_net.{layer}.{part}"
_OUTPUT = "action_net.{part}"

Weights = Mapping[str, NDArray[np.float32]]


class FrozenPolicies:
    """The policies of several animals of one shape, run in one batched pass.

    `layers` are (weights (n_animals, n_in, n_out), biases (n_animals, 1, n_out)) float32; tanh between them, softmax
    at the end.
    """

    def __init__(self, state_dicts: Sequence[Weights]) -> None:
        self.n_animals = len(state_dicts)
        names = [_HIDDEN.format(layer=2 * k, part="{part}") for k in range(_n_hidden(state_dicts[0]))] + [_OUTPUT]
        self.layers = []
        for name in names:
            weight = np.stack([np.asarray(one[name.format(part="weight")]).T for one in state_dicts])
            bias = np.stack([np.asarray(one[name.format(part="bias")]) for one in state_dicts])[:, None, :]
            self.layers.append((np.ascontiguousarray(weight, dtype=np.float32), bias.astype(np.float32)))

    @property
    def n_features(self) -> int:
        """Length of the observation that the policies take."""
        return int(self.layers[0][0].shape[1])

    @property
    def n_actions(self) -> int:
        """Number of actions that the policies choose from."""
        return int(self.layers[-1][0].shape[2])

    def probabilities(self, observations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return action probabilities (n_rows, n_actions) for observations (n_rows, n_features), rows animal by animal.

        Every animal must have the same number of rows, in one block.
        """
        unscaled = self._unscaled(observations)
        return unscaled / unscaled.sum(axis=-1, keepdims=True)

    def choose(self, observations: NDArray[np.float32], chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return sampled actions (n_rows,), given one number in [0, 1) a row: the first action whose ladder exceeds it."""
        ladder = np.cumsum(self._unscaled(observations), axis=1)
        # scaled by its own end, because rounding may leave the ladder a hair short of 1
        return (ladder <= chances[:, None] * ladder[:, -1:]).sum(axis=1)

    def _unscaled(self, observations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Action probabilities times a factor of each row's own."""
        hidden = observations.reshape(self.n_animals, -1, observations.shape[-1])
        for weight, bias in self.layers[:-1]:
            hidden = hidden @ weight
            hidden += bias
            np.tanh(hidden, out=hidden)
        weight, bias = self.layers[-1]
        logits = (hidden @ weight + bias).reshape(len(observations), -1).astype(np.float64)
        return np.exp(logits - logits.max(axis=-1, keepdims=True))


def policy_bytes(weights: Weights, about: Mapping[str, Any]) -> bytes:
    """Return an animal's network (SB3 names, float32) with a few words on it, as the content of a safetensors file."""
    tensors = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in weights.items()}
    # One entry, because the format keeps several in no fixed order and equal networks should make equal files.
    return save_tensors(tensors, metadata={"about": json.dumps(dict(about))})


def load_trained(run: RunFolder, animal: str) -> Weights:
    """Read an animal's network from its run; one that is missing or changed since it was written raises `UserError`."""
    path, content = run.network(animal)
    return _weights(content, path)


def load_policy(path: Path) -> Weights:
    """Read a network from a safetensors file of any place; a missing or damaged file raises `UserError`."""
    try:
        return _weights(path.read_bytes(), path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no trained network there (is the animal finished?)") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def _weights(content: bytes, path: Path) -> Weights:
    try:
        weights = load_tensors(content)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged or unreadable: {str(error).splitlines()[0]}") from error
    for name, array in weights.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise UserError(f"{path} is damaged: {name} must be finite float32 numbers")
    return weights


def _n_hidden(weights: Weights) -> int:
    n = sum(name.startswith("mlp_extractor.policy_net.") and name.endswith(".weight") for name in weights)
    if _OUTPUT.format(part="weight") not in weights:
        raise UserError("these weights are not those of an MlpPolicy with discrete actions (no action_net.weight)")
    return n
