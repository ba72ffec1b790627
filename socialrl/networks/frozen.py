"""Policies that no longer learn, in compiled code: action probabilities and sampled actions of many animals in one
call.

Shapes: A animals, R rows, R / A of each animal in one block, D observation channels; `layers` (n_layers, 5) and
`weights` (A, n_numbers) float32 as in `dense.py`, one network an animal.
"""

import numpy as np

from socialrl.networks.compiled import compiled
from socialrl.networks.dense import CHUNK, activations_size, forward
from socialrl_envs.elementary import exponential


@compiled("void(i8[:, ::1], f4[:, ::1], f4[:, ::1], f8[:, ::1])")
def unscaled_into(layers, weights, observations, out):
    """Write each row's action probabilities, times a factor of the row's own, to `out` (R, n_actions) float64."""
    n_animals, n_features = weights.shape[0], observations.shape[1]
    n_rows = observations.shape[0] // n_animals
    n_actions, width = layers[-1, 1], layers[-1, 2]
    flat = observations.reshape(-1)
    activations = np.empty(activations_size(layers), np.float32)
    for animal in range(n_animals):
        for first in range(0, n_rows, CHUNK):
            n = min(CHUNK, n_rows - first)
            begin = animal * n_rows + first
            at = forward(layers, False, weights[animal], flat, begin * n_features, n_features, n, activations)
            for r in range(n):
                logits = activations[at + r * width : at + r * width + n_actions]
                top = logits[0]
                for j in range(1, n_actions):
                    top = max(top, logits[j])
                for j in range(n_actions):
                    out[begin + r, j] = exponential(np.float64(logits[j]) - np.float64(top))


@compiled("void(f8[:, ::1], f8[::1], i8[::1])")
def choose_into(unscaled, chances, actions):
    """Write to `actions` (R,) the first action whose running sum exceeds the row's chance of the whole sum."""
    n_rows, n_actions = unscaled.shape
    for r in range(n_rows):
        whole = 0.0
        for j in range(n_actions):
            whole += unscaled[r, j]
        below, action = 0.0, n_actions - 1
        for j in range(n_actions):
            below += unscaled[r, j]
            if below > chances[r] * whole:
                action = j
                break
        actions[r] = action
