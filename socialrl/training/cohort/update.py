"""A whole PPO update in compiled code.

Animals are independent, so each is one piece of work: a core takes an animal and keeps its weights, gradients and
activations in cache for all epochs and minibatches. Nothing is summed across animals, so what an animal learns does not
depend on its neighbours or on the number of threads, to the last bit.

Shapes: A animals, L lives (rows of an animal), T steps, N = L * T samples (index life * T + step), R = A * L rows
(animal-major), D observation numbers, P numbers in an animal's row of weights (`layout.py`).
"""

import math

import numpy as np

from socialrl.networks.dense import (
    CHUNK,
    ONE,
    ZERO,
    activations_size,
    aligned,
    backward,
    complete_gradients,
    count_layers,
    forward,
    padded,
    transpose_weights,
    transposed_size,
)
from socialrl.networks.fused import fma
from socialrl.networks.sums import sum_of_squares
from socialrl.training.cohort.compiled import compiled
from socialrl.training.cohort.losses import N_SAMPLE_VECTORS, policy_slopes, value_slopes

STATISTICS = (
    "policy_gradient_loss",
    "value_loss",
    "entropy_loss",
    "clip_fraction",
    "approx_kl",
    "loss",
    "grad_norm",
    "n_epochs",
    "n_minibatches",
    "stopped_early",
    "non_finite",
)
"""Columns that `update` fills per animal, means as SB3 logs them (approx_kl: of the last epoch; loss: the last)."""

HYPERPARAMETERS = (
    "learning_rate",
    "clip_range",
    "clip_range_vf",
    "ent_coef",
    "vf_coef",
    "max_grad_norm",
    "target_kl",
    "beta1",
    "beta2",
    "eps",
)
"""Columns of the float64 table `(A, 10)` that `update` reads; NaN in clip_range_vf or target_kl means "off"."""


@compiled()
def update(
    table, relu, weights, adam_mean, adam_square, adam_steps, observations, actions, old_log_probs, old_values,
    advantages, returns, permutations, hyperparameters, batch_size, normalize_advantage, statistics,
    first_animal, last_animal,
):  # fmt: skip
    """One PPO update of each animal in a range: all epochs and minibatches, with its own clipping, early stopping and
    Adam state.

    weights, adam_mean, adam_square (A, P) float32 and adam_steps (A,) int64 are changed in place. observations (A, N,
    D), actions (A, N) int32, old_log_probs, old_values, advantages, returns (A, N) float32. permutations (A, n_epochs,
    N) int32: the order of samples in each epoch. hyperparameters (A, len(HYPERPARAMETERS)) float64. statistics (A,
    len(STATISTICS)) float64 is written. An animal whose loss is not finite keeps the weights from before that
    minibatch, and stops.
    """
    _, n_epochs, n_samples = permutations.shape
    n_observations = observations.shape[2]
    policy_layers, value_layers = table[0], table[1]
    n_actions = policy_layers[count_layers(policy_layers) - 1, 1]
    policy_width = policy_layers[count_layers(policy_layers) - 1, 2]
    value_width = value_layers[count_layers(value_layers) - 1, 2]
    x_row = padded(n_observations)
    widest = x_row
    for network in range(2):
        for i in range(table.shape[1]):
            widest = max(widest, table[network, i, 2])
    policy, value = aligned(activations_size(policy_layers)), aligned(activations_size(value_layers))
    policy_transposed, policy_flat = (aligned(transposed_size(policy_layers)), aligned(transposed_size(policy_layers)))
    value_transposed, value_flat = (aligned(transposed_size(value_layers)), aligned(transposed_size(value_layers)))
    gradients = aligned(weights.shape[1])
    logits, logit_slopes = aligned(CHUNK * policy_width), aligned(CHUNK * policy_width)
    vectors = aligned(N_SAMPLE_VECTORS * CHUNK).reshape(N_SAMPLE_VECTORS, CHUNK)
    policy_delta, value_delta = aligned(CHUNK * policy_width), aligned(CHUNK * value_width)
    x, zeros, one = aligned(CHUNK * x_row), aligned(widest), aligned(1)
    # Zeroed once: padding is never written and must add nothing.
    for padded_array in (
        policy_transposed, policy_flat, value_transposed, value_flat, logit_slopes, value_delta, x, zeros,
    ):  # fmt: skip
        padded_array[:] = ZERO
    one[0] = ONE
    for animal in range(first_animal, last_animal):
        row = weights[animal]
        learning_rate, clip_range = hyperparameters[animal, 0], np.float32(hyperparameters[animal, 1])
        clips_values, clip_range_vf = not math.isnan(hyperparameters[animal, 2]), np.float32(hyperparameters[animal, 2])
        ent_coef, vf_coef = np.float32(hyperparameters[animal, 3]), np.float32(hyperparameters[animal, 4])
        max_grad_norm, target_kl = hyperparameters[animal, 5], hyperparameters[animal, 6]
        beta1, beta2, eps = hyperparameters[animal, 7], hyperparameters[animal, 8], hyperparameters[animal, 9]
        sums, totals = np.zeros(5), np.zeros(5)
        n_minibatches, kl_of_epoch, minibatches_of_epoch, norms, n_steps_taken = 0, 0.0, 0, 0.0, 0
        loss = 0.0
        stopped, non_finite = False, False
        epochs_begun = 0
        for epoch in range(n_epochs):
            if stopped or non_finite:
                break
            epochs_begun += 1
            kl_of_epoch, minibatches_of_epoch = 0.0, 0
            for start in range(0, n_samples, batch_size):
                n_batch = min(batch_size, n_samples - start)
                order = permutations[animal, epoch, start : start + n_batch]
                centre, spread = 0.0, 1.0
                if normalize_advantage and n_batch > 1:
                    centre, spread = _centre_and_spread(advantages[animal], order)
                share = ONE / np.float32(n_batch)
                sums[:] = 0.0
                transpose_weights(policy_layers, row, policy_transposed)
                transpose_weights(value_layers, row, value_transposed)
                for first in range(0, n_batch, CHUNK):
                    n_rows = min(CHUNK, n_batch - first)
                    chunk = order[first : first + n_rows]
                    for r in range(n_rows):
                        sample = chunk[r]
                        for j in range(n_observations):
                            x[r * x_row + j] = observations[animal, sample, j]
                    at = forward(policy_layers, relu, row, x, 0, x_row, n_rows, policy)
                    policy_slopes(
                        policy, at, policy_width, n_rows, n_actions, chunk, actions[animal], old_log_probs[animal],
                        advantages[animal], centre, spread, clip_range, ent_coef, share, logits, logit_slopes, vectors,
                        policy_delta, sums,
                    )  # fmt: skip
                    backward(
                        policy_layers, relu, policy_transposed, x, x_row, n_rows, policy, policy_delta, zeros,
                        one, first == 0, gradients, policy_flat,
                    )  # fmt: skip
                    at = forward(value_layers, relu, row, x, 0, x_row, n_rows, value)
                    value_slopes(
                        value, at, value_width, n_rows, chunk, old_values[animal], returns[animal], clips_values,
                        clip_range_vf, vf_coef, share, value_delta, sums,
                    )  # fmt: skip
                    backward(
                        value_layers, relu, value_transposed, x, x_row, n_rows, value, value_delta, zeros,
                        one, first == 0, gradients, value_flat,
                    )  # fmt: skip
                complete_gradients(policy_layers, gradients, policy_flat)
                complete_gradients(value_layers, gradients, value_flat)
                for i in range(5):
                    sums[i] /= n_batch
                    totals[i] += sums[i]
                n_minibatches += 1
                kl_of_epoch += sums[4]
                minibatches_of_epoch += 1
                loss = sums[0] + ent_coef * sums[2] + vf_coef * sums[1]
                norm = math.sqrt(sum_of_squares(gradients))
                if not (math.isfinite(loss) and math.isfinite(norm)):
                    non_finite = True
                    break
                if sums[4] > 1.5 * target_kl:
                    stopped = True
                    break
                norms += norm
                n_steps_taken += 1
                adam_steps[animal] += 1
                scale = min(1.0, max_grad_norm / (norm + 1e-6))
                step_size = learning_rate / (1.0 - beta1 ** adam_steps[animal])
                root_correction = math.sqrt(1.0 - beta2 ** adam_steps[animal])
                _adam(
                    row, adam_mean[animal], adam_square[animal], gradients, np.float32(scale), np.float32(beta1),
                    np.float32(beta2), np.float32(step_size), np.float32(root_correction), np.float32(eps),
                )  # fmt: skip
        for i in range(4):
            statistics[animal, i] = totals[i] / n_minibatches
        statistics[animal, 4] = kl_of_epoch / minibatches_of_epoch
        statistics[animal, 5] = loss
        statistics[animal, 6] = norms / n_steps_taken if n_steps_taken > 0 else math.nan
        statistics[animal, 7] = epochs_begun
        statistics[animal, 8] = n_minibatches
        statistics[animal, 9] = 1.0 if stopped else 0.0
        statistics[animal, 10] = 1.0 if non_finite else 0.0


@compiled()
def _centre_and_spread(advantages, order):
    """Mean and standard deviation (n - 1, plus 1e-8, as SB3 has it) of the advantages of samples `order`."""
    centre = 0.0
    for i in range(order.size):
        centre += advantages[order[i]]
    centre /= order.size
    squares = 0.0
    for i in range(order.size):
        squares += (advantages[order[i]] - centre) ** 2
    return centre, math.sqrt(squares / (order.size - 1)) + 1e-8


@compiled()
def _adam(weights, mean, square, gradient, scale, beta1, beta2, step_size, root_correction, eps):
    """One Adam step (Kingma & Ba 2015, arXiv:1412.6980), bias corrections in step_size and root_correction."""
    for i in range(weights.size):
        g = gradient[i] * scale
        m = fma(g - mean[i], ONE - beta1, mean[i])
        v = fma(square[i], beta2, (ONE - beta2) * g * g)
        mean[i] = m
        square[i] = v
        weights[i] -= step_size * m / (math.sqrt(v) / root_correction + eps)
