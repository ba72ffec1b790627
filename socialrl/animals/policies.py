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
from socialrl.networks.frozen import choose_into, unscaled_into
from socialrl.networks.tiles import COLUMN_MULTIPLE
from socialrl.storage.run_folder import RunFolder

_HIDDEN = "mlp_extractor.policy_net.{layer}.{part}"
_OUTPUT = "action_net.{part}"

Weights = Mapping[str, NDArray[np.float32]]


class FrozenPolicies:
    """The policies of several animals of one shape, run in one compiled pass: tanh between layers, softmax at the end.

    The arithmetic is the trainer's (`socialrl.networks`), so that results do not depend on the processor.
    """

    def __init__(self, state_dicts: Sequence[Weights]) -> None:
        self.n_animals = len(state_dicts)
        names = [_HIDDEN.format(layer=2 * k, part="{part}") for k in range(_n_hidden(state_dicts[0]))] + [_OUTPUT]
        rows, pieces, at = [], [], 0
        for name in names:
            weight = np.stack([np.asarray(one[name.format(part="weight")], np.float32).T for one in state_dicts])
            bias = np.stack([np.asarray(one[name.format(part="bias")], np.float32) for one in state_dicts])
            _, n_in, n_out = weight.shape
            width = -(-n_out // COLUMN_MULTIPLE) * COLUMN_MULTIPLE
            padded = np.zeros((self.n_animals, n_in + 1, width), np.float32)
            padded[:, :n_in, :n_out], padded[:, n_in, :n_out] = weight, bias
            pieces.append(padded.reshape(self.n_animals, -1))
            rows.append([n_in, n_out, width, at, at + n_in * width])
            at += (n_in + 1) * width
        self._layers = np.array(rows, np.int64)
        self._weights = np.concatenate(pieces, axis=1)

    @property
    def n_features(self) -> int:
        """Length of the observation that the policies take."""
        return int(self._layers[0, 0])

    @property
    def n_actions(self) -> int:
        """Number of actions that the policies choose from."""
        return int(self._layers[-1, 1])

    def probabilities(self, observations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return action probabilities (n_rows, n_actions) for observations (n_rows, n_features), rows animal by animal.

        Every animal must have the same number of rows, in one block.
        """
        unscaled = self._unscaled(observations)
        scaled: NDArray[np.float64] = unscaled / unscaled.sum(axis=-1, keepdims=True)
        return scaled

    def choose(self, observations: NDArray[np.float32], chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return sampled actions (n_rows,), given a number in [0, 1) a row: the first whose running sum exceeds it."""
        actions = np.empty(len(observations), np.int64)
        choose_into(self._unscaled(observations), np.ascontiguousarray(chances, np.float64), actions)
        return actions

    def _unscaled(self, observations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Action probabilities, each row times its own factor."""
        rows = np.ascontiguousarray(observations, np.float32)
        # Checked here, because compiled code reads past the end of an array without a word.
        if rows.ndim != 2 or rows.shape[1] != self.n_features or len(rows) % self.n_animals:
            raise ValueError(
                f"observations must be (n_rows, {self.n_features}), n_rows a multiple of {self.n_animals}, got "
                f"{rows.shape}"
            )
        out = np.empty((len(rows), self.n_actions))
        unscaled_into(self._layers, self._weights, rows, out)
        return out


def policy_bytes(weights: Weights, about: Mapping[str, Any]) -> bytes:
    """Return an animal's network (SB3 names, float32) with a few words on it, as the content of a safetensors file."""
    tensors = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in weights.items()}
    # One entry, because the format stores several in no fixed order, and equal networks should give equal files.
    return save_tensors(tensors, metadata={"about": json.dumps(dict(about))})


def load_trained(run: RunFolder, animal: str) -> Weights:
    """Read an animal's network from its run; one that is missing or changed since it was written raises `UserError`."""
    path, content = run.network(animal)
    return _weights(content, path)


def load_policy(path: Path) -> Weights:
    """Read a network from any safetensors file; a missing or damaged file raises `UserError`."""
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
