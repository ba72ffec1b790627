"""The compiled arithmetic of a cohort on a processor: choosing actions, values, advantages, and the whole PPO update.

Animals are independent, so each is one piece of work: a core takes an animal and keeps its weights, gradients and activations in
cache for a whole update (all epochs and minibatches). Kernels take a range of animals and release the interpreter lock; threads are
the caller's (`engines.py`). Nothing is summed across animals, so what an animal learns does not depend on its neighbours or on
the number of threads, to the last bit.

Forward and backward passes are written out for one architecture: dense layers with tanh or ReLU, a categorical policy and a
scalar value. `torch_engine.py` says the same in tensor operations; the two are tested against each other and against SB3.

Shapes: A animals, L lives (rows of an animal), T steps, N = L * T samples (index life * T + step), R = A * L rows (animal-major),
D observation numbers, P numbers in an animal's row of weights (`layout.py`).
"""

import math

import numpy as np
from numba import njit

from socialrl.training.cohort.tiles import matmul

CHUNK = 128
"""Samples that go through the networks together. 32 to 128 were equally fast on the machine of docs/benchmarks/cohort.md, 256 slower."""

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
"""Columns that `update` fills per animal: means over the update as SB3 logs them (approx_kl: over the last epoch; loss: the last)."""

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

# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 9.05, beyond which float32 tanh is 1. A minimax fit made for this file by iteratively
# reweighted least squares on the relative error, 2.2e-8; in float32 the result is within 4e-7 of tanh (relative).
_TANH_LIMIT = np.float32(9.05)
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(c) for c in (0.999999978, 0.133777545, 0.00349170283, 2.05451052e-05, 1.32658449e-08)
)
_Q1, _Q2, _Q3, _Q4 = (np.float32(c) for c in (0.467110692, 0.025862202, 0.000327927952, 7.74024786e-07))
_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)
_UNIT = np.ones(1, np.float32)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, nogil=True)
def tanh_in_place(x):
    """Replace the float32 vector x by tanh(x), NaN kept; several times faster than the library's."""
    for i in range(x.size):
        y = x[i]
        if y > _TANH_LIMIT:
            y = _TANH_LIMIT
        if y < -_TANH_LIMIT:
            y = -_TANH_LIMIT
        t = y * y
        p = y * ((((_P4 * t + _P3) * t + _P2) * t + _P1) * t + _P0)
        q = (((_Q4 * t + _Q3) * t + _Q2) * t + _Q1) * t + _ONE
        z = p / q
        if z > _ONE:
            z = _ONE
        if z < -_ONE:
            z = -_ONE
        x[i] = z


@njit(cache=True, error_model="numpy", nogil=True)
def _relu_in_place(x):
    for i in range(x.size):
        if x[i] < _ZERO:
            x[i] = _ZERO


@njit(cache=True, error_model="numpy", fastmath={"contract"}, nogil=True)
def _scale_by_slope(delta, activation, relu):
    """delta *= derivative of the activation function, from the activation's own value."""
    if relu:
        for i in range(delta.size):
            if not activation[i] > _ZERO:
                delta[i] = _ZERO
    else:
        for i in range(delta.size):
            delta[i] *= _ONE - activation[i] * activation[i]


@njit(cache=True, error_model="numpy", nogil=True)
def _activations_size(layers):
    """Elements that the activations of CHUNK samples of one network take."""
    total = 0
    for i in range(layers.shape[0]):
        total += layers[i, 2]
    return total * CHUNK


@njit(cache=True, error_model="numpy", nogil=True)
def _n_layers(layers):
    n = 0
    while n < layers.shape[0] and layers[n, 0] > 0:
        n += 1
    return n


@njit(cache=True, error_model="numpy", nogil=True)
def _forward(layers, relu, weights, x, x0, n_rows, activations):
    """Run n_rows <= CHUNK samples through one network; returns where its outputs begin in `activations`.

    x is flat with D numbers a sample from element x0 on; layer i's block of `activations` is CHUNK rows of its width.
    """
    source, source_at, source_row = x, x0, layers[0, 0]
    at = 0
    n_layers = _n_layers(layers)
    for i in range(n_layers):
        n_in, width, weight_at, bias_at = layers[i, 0], layers[i, 2], layers[i, 3], layers[i, 4]
        matmul(
            source, source_at, source_row, 1, weights, weight_at, width, weights, bias_at, 0,
            activations, at, width, n_rows, width, n_in,
        )  # fmt: skip
        if i == n_layers - 1:
            break
        if relu:
            _relu_in_place(activations[at : at + n_rows * width])
        else:
            tanh_in_place(activations[at : at + n_rows * width])
        source, source_at, source_row = activations, at, width
        at += CHUNK * width
    return at


@njit(cache=True, error_model="numpy", nogil=True)
def _transpose_weights(layers, weights, transposed):
    """Copy the matrices of every layer but the first, transposed to (n_out, width of the layer below)."""
    at = 0
    for i in range(1, _n_layers(layers)):
        n_in, n_out, width, weight_at = layers[i, 0], layers[i, 1], layers[i, 2], layers[i, 3]
        row = layers[i - 1, 2]
        for o in range(n_out):
            for k in range(n_in):
                transposed[at + o * row + k] = weights[weight_at + k * width + o]
        at += n_out * row


@njit(cache=True, error_model="numpy", nogil=True)
def _backward(layers, relu, transposed, x, n_rows, activations, outputs_at, delta, other_delta, zeros, gradients):
    """Add the gradients of n_rows samples to `gradients` (laid out like the weights).

    `delta` holds d loss / d output, n_rows of the last layer's width, padding zero; it and `other_delta` are overwritten. `zeros` has
    as many zeros as the widest layer.
    """
    n_layers = _n_layers(layers)
    at = outputs_at
    transposed_at = 0
    for i in range(1, n_layers):
        transposed_at += layers[i, 1] * layers[i - 1, 2]
    for i in range(n_layers - 1, -1, -1):
        n_in, n_out, width, weight_at, bias_at = layers[i]
        below = layers[i - 1, 2] if i > 0 else n_in
        at -= CHUNK * below if i > 0 else 0
        if i > 0:
            matmul(
                activations, at, 1, below, delta, 0, width, gradients, weight_at, width,
                gradients, weight_at, width, n_in, width, n_rows,
            )  # fmt: skip
        else:
            matmul(
                x, 0, 1, below, delta, 0, width, gradients, weight_at, width,
                gradients, weight_at, width, n_in, width, n_rows,
            )  # fmt: skip
        # The bias gradient is the column sum: a product with a row of ones.
        matmul(
            _UNIT, 0, 0, 0, delta, 0, width, gradients, bias_at, 0, gradients, bias_at, 0, 1, width, n_rows
        )  # fmt: skip
        if i > 0:
            transposed_at -= n_out * below
            matmul(
                delta, 0, width, 1, transposed, transposed_at, below, zeros, 0, 0,
                other_delta, 0, below, n_rows, below, n_out,
            )  # fmt: skip
            _scale_by_slope(other_delta[: n_rows * below], activations[at : at + n_rows * below], relu)
            delta, other_delta = other_delta, delta


@njit(cache=True, error_model="numpy", nogil=True)
def _log_softmax(row, n_actions):
    """Subtract log(sum(exp(row))) from the first n_actions elements, in place."""
    top = row[0]
    for j in range(1, n_actions):
        if row[j] > top:
            top = row[j]
    total = _ZERO
    for j in range(n_actions):
        total += math.exp(row[j] - top)
    shift = top + math.log(total)
    for j in range(n_actions):
        row[j] -= shift


@njit(cache=True, error_model="numpy", nogil=True)
def act(
    table, relu, weights, observations, uniforms, episode_starts, step,
    kept_observations, kept_actions, kept_log_probs, kept_values, kept_starts, actions, troubled_rows,
    first_animal, last_animal,
):  # fmt: skip
    """Choose an action in every row from its animal's policy, and keep the step in the rollout arrays; for a range of animals.

    observations (R, D) float32; uniforms (R,) float32 in [0, 1): the action is the first whose cumulative probability exceeds it.
    Written: kept_observations (A, N, D), kept_actions (A, N) int32, kept_log_probs, kept_values, kept_starts (A, N) float32 at
    sample life * T + step; actions (R,) int64; troubled_rows (A,): the animal's first row whose value or action probabilities are
    not finite, else -1.
    """
    n_animals, n_samples = kept_actions.shape
    n_lives = observations.shape[0] // n_animals
    n_steps = n_samples // n_lives
    n_actions = table[0, _n_layers(table[0]) - 1, 1]
    n_observations = observations.shape[1]
    flat = observations.reshape(-1)
    policy = np.empty(_activations_size(table[0]), np.float32)
    value = np.empty(_activations_size(table[1]), np.float32)
    for animal in range(first_animal, last_animal):
        troubled_rows[animal] = -1
        for first in range(0, n_lives, CHUNK):
            n_rows = min(CHUNK, n_lives - first)
            x0 = (animal * n_lives + first) * n_observations
            logits_at = _forward(table[0], relu, weights[animal], flat, x0, n_rows, policy)
            value_at = _forward(table[1], relu, weights[animal], flat, x0, n_rows, value)
            logits_width = table[0, _n_layers(table[0]) - 1, 2]
            value_width = table[1, _n_layers(table[1]) - 1, 2]
            for r in range(n_rows):
                row = animal * n_lives + first + r
                log_probs = policy[logits_at + r * logits_width : logits_at + r * logits_width + n_actions]
                _log_softmax(log_probs, n_actions)
                below = _ZERO
                action = n_actions - 1
                for j in range(n_actions):
                    below += math.exp(log_probs[j])
                    if uniforms[row] < below:
                        action = j
                        break
                sample = (first + r) * n_steps + step
                estimate = value[value_at + r * value_width]
                if troubled_rows[animal] < 0 and not (math.isfinite(estimate) and math.isfinite(log_probs[action])):
                    troubled_rows[animal] = row
                for j in range(n_observations):
                    kept_observations[animal, sample, j] = observations[row, j]
                kept_actions[animal, sample] = action
                kept_log_probs[animal, sample] = log_probs[action]
                kept_values[animal, sample] = estimate
                kept_starts[animal, sample] = episode_starts[row]
                actions[row] = action


@njit(cache=True, error_model="numpy", nogil=True)
def evaluate(table, relu, weights, observations, wanted, probabilities, values, first_animal, last_animal):
    """Action probabilities (R, n_actions) and values (R,) of observations (R, D) in the rows of a range of animals where `wanted` (R,) is true.

    Either result may have no rows (shape[0] == 0) and is then skipped; other rows are left alone.
    """
    n_animals = weights.shape[0]
    n_lives = observations.shape[0] // n_animals
    n_observations = observations.shape[1]
    n_actions = table[0, _n_layers(table[0]) - 1, 1]
    activations = np.empty(max(_activations_size(table[0]), _activations_size(table[1])), np.float32)
    x = np.empty(CHUNK * n_observations, np.float32)
    rows = np.empty(CHUNK, np.int64)
    for animal in range(first_animal, last_animal):
        n_rows = 0
        for r in range(n_lives):
            row = animal * n_lives + r
            if wanted[row]:
                for j in range(n_observations):
                    x[n_rows * n_observations + j] = observations[row, j]
                rows[n_rows] = row
                n_rows += 1
            if n_rows == CHUNK or (r == n_lives - 1 and n_rows > 0):
                if probabilities.shape[0] > 0:
                    at = _forward(table[0], relu, weights[animal], x, 0, n_rows, activations)
                    width = table[0, _n_layers(table[0]) - 1, 2]
                    for i in range(n_rows):
                        log_probs = activations[at + i * width : at + i * width + n_actions]
                        _log_softmax(log_probs, n_actions)
                        for j in range(n_actions):
                            probabilities[rows[i], j] = math.exp(log_probs[j])
                if values.shape[0] > 0:
                    at = _forward(table[1], relu, weights[animal], x, 0, n_rows, activations)
                    width = table[1, _n_layers(table[1]) - 1, 2]
                    for i in range(n_rows):
                        values[rows[i]] = activations[at + i * width]
                n_rows = 0


@njit(cache=True, error_model="numpy", nogil=True)
def advantages_and_returns(rewards, values, starts, last_values, dones, gamma, gae_lambda, advantages, returns):
    """Generalised advantage estimates (Schulman et al. 2016, arXiv:1506.02438) and returns = advantages + values.

    rewards, values, starts, advantages, returns (A, L, T) float32; last_values (A, L) float32: values after the last step;
    dones (A, L) bool: whether that step ended an episode; gamma, gae_lambda (A,) float32.
    """
    n_animals, n_lives, n_steps = rewards.shape
    for animal in range(n_animals):
        decay = gamma[animal] * gae_lambda[animal]
        for life in range(n_lives):
            following = last_values[animal, life]
            goes_on = _ZERO if dones[animal, life] else _ONE
            advantage = _ZERO
            for step in range(n_steps - 1, -1, -1):
                value = values[animal, life, step]
                surprise = rewards[animal, life, step] + gamma[animal] * following * goes_on - value
                advantage = surprise + decay * goes_on * advantage
                advantages[animal, life, step] = advantage
                returns[animal, life, step] = advantage + value
                following = value
                goes_on = _ONE - starts[animal, life, step]


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"}, nogil=True)
def _sum_of_squares(x):
    total = 0.0
    for i in range(x.size):
        total += np.float64(x[i]) * np.float64(x[i])
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract"}, nogil=True)
def _adam(weights, mean, square, gradient, scale, beta1, beta2, step_size, root_correction, eps):
    """One Adam step (Kingma & Ba 2015, arXiv:1412.6980) with bias corrections folded into step_size and root_correction."""
    for i in range(weights.size):
        g = gradient[i] * scale
        m = mean[i] + (g - mean[i]) * (_ONE - beta1)
        v = square[i] * beta2 + (_ONE - beta2) * g * g
        mean[i] = m
        square[i] = v
        weights[i] -= step_size * m / (math.sqrt(v) / root_correction + eps)


@njit(cache=True, error_model="numpy", nogil=True)
def _loss_slopes(
    logits, slopes, n_actions, width, action, old_log_prob, advantage, clip_range, ent_coef, share, sums
):  # fmt: skip
    """Write one sample's d loss / d logits to `slopes`, padding zero; adds its losses to `sums`.

    share is 1 / (samples in the minibatch). sums: policy loss, (value loss), entropy loss, clipped samples, KL terms.
    """
    top = logits[0]
    for j in range(1, n_actions):
        if logits[j] > top:
            top = logits[j]
    total, weighted = _ZERO, _ZERO
    taken = logits[action] - top
    for j in range(n_actions):
        shifted = logits[j] - top
        exponential = math.exp(shifted)
        total += exponential
        weighted += exponential * shifted
        slopes[j] = exponential
    log_total = math.log(total)
    # With p = exponential / total: entropy = -sum p log p = log total - sum p shifted.
    entropy = log_total - weighted / total
    log_ratio = (taken - log_total) - old_log_prob
    ratio = math.exp(log_ratio)
    low, high = _ONE - clip_range, _ONE + clip_range
    clipped = ratio
    if clipped < low:
        clipped = low
    if clipped > high:
        clipped = high
    free_gain, clipped_gain = advantage * ratio, advantage * clipped
    # The smaller gain is the objective; where the clipped one is smaller, the ratio lies outside the range and its slope is 0.
    slope = _ZERO if clipped_gain < free_gain else -free_gain * share
    sums[0] -= min(free_gain, clipped_gain)
    sums[2] -= entropy
    if abs(ratio - _ONE) > clip_range:
        sums[3] += 1.0
    sums[4] += (ratio - _ONE) - log_ratio
    for j in range(n_actions):
        log_probability = logits[j] - top - log_total
        slopes[j] = slopes[j] / total * (ent_coef * share * (log_probability + entropy) - slope)
    slopes[action] += slope
    for j in range(n_actions, width):
        slopes[j] = _ZERO


@njit(cache=True, error_model="numpy", nogil=True)
def update(
    table, relu, weights, adam_mean, adam_square, adam_steps, observations, actions, old_log_probs, old_values,
    advantages, returns, permutations, hyperparameters, batch_size, normalize_advantage, statistics,
    first_animal, last_animal,
):  # fmt: skip
    """One PPO update of each animal in a range: all epochs and minibatches, with its own clipping, early stopping and Adam state.

    weights, adam_mean, adam_square (A, P) float32 and adam_steps (A,) int64 are changed in place. observations (A, N, D), actions (A, N)
    int32, old_log_probs, old_values, advantages, returns (A, N) float32. permutations (A, n_epochs, N) int32: the order of samples in
    each epoch. hyperparameters (A, len(HYPERPARAMETERS)) float64. statistics (A, len(STATISTICS)) float64 is written.
    An animal whose loss is not finite keeps the weights from before that minibatch, and stops.
    """
    _, n_epochs, n_samples = permutations.shape
    n_observations = observations.shape[2]
    policy_head, value_head = _n_layers(table[0]) - 1, _n_layers(table[1]) - 1
    n_actions, policy_width, value_width = table[0, policy_head, 1], table[0, policy_head, 2], table[1, value_head, 2]
    widest = 0
    transposed_size = 0
    for network in range(2):
        for i in range(table.shape[1]):
            widest = max(widest, table[network, i, 2])
            if i > 0:
                transposed_size += table[network, i, 1] * table[network, i - 1, 2]
    for animal in range(first_animal, last_animal):
        row = weights[animal]
        policy_layers, value_layers = table[0], table[1]
        policy = np.empty(_activations_size(policy_layers), np.float32)
        value = np.empty(_activations_size(value_layers), np.float32)
        delta, other_delta = np.empty(CHUNK * widest, np.float32), np.empty(CHUNK * widest, np.float32)
        zeros = np.zeros(widest, np.float32)
        # Zeroed once: the padding columns are never written and must add nothing.
        policy_transposed = np.zeros(transposed_size, np.float32)
        value_transposed = np.zeros(transposed_size, np.float32)
        gradients = np.empty(row.size, np.float32)
        x = np.empty(CHUNK * n_observations, np.float32)
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
                    for i in range(n_batch):
                        centre += advantages[animal, order[i]]
                    centre /= n_batch
                    squares = 0.0
                    for i in range(n_batch):
                        squares += (advantages[animal, order[i]] - centre) ** 2
                    spread = math.sqrt(squares / (n_batch - 1)) + 1e-8
                share = _ONE / np.float32(n_batch)
                gradients[:] = _ZERO
                sums[:] = 0.0
                _transpose_weights(policy_layers, row, policy_transposed)
                _transpose_weights(value_layers, row, value_transposed)
                for first in range(0, n_batch, CHUNK):
                    n_rows = min(CHUNK, n_batch - first)
                    for r in range(n_rows):
                        sample = order[first + r]
                        for j in range(n_observations):
                            x[r * n_observations + j] = observations[animal, sample, j]
                    at = _forward(policy_layers, relu, row, x, 0, n_rows, policy)
                    for r in range(n_rows):
                        sample = order[first + r]
                        _loss_slopes(
                            policy[at + r * policy_width : at + (r + 1) * policy_width],
                            delta[r * policy_width : (r + 1) * policy_width], n_actions, policy_width,
                            actions[animal, sample], old_log_probs[animal, sample],
                            np.float32((advantages[animal, sample] - centre) / spread), clip_range, ent_coef, share, sums,
                        )  # fmt: skip
                    _backward(
                        policy_layers,
                        relu,
                        policy_transposed,
                        x,
                        n_rows,
                        policy,
                        at,
                        delta,
                        other_delta,
                        zeros,
                        gradients,
                    )
                    at = _forward(value_layers, relu, row, x, 0, n_rows, value)
                    for r in range(n_rows):
                        sample = order[first + r]
                        prediction, passes = value[at + r * value_width], _ONE
                        if clips_values:
                            old_value = old_values[animal, sample]
                            change = prediction - old_value
                            if change > clip_range_vf:
                                change, passes = clip_range_vf, _ZERO
                            if change < -clip_range_vf:
                                change, passes = -clip_range_vf, _ZERO
                            prediction = old_value + change
                        error = prediction - returns[animal, sample]
                        sums[1] += error * error
                        for j in range(value_width):
                            delta[r * value_width + j] = _ZERO
                        delta[r * value_width] = np.float32(2.0) * error * share * vf_coef * passes
                    _backward(
                        value_layers, relu, value_transposed, x, n_rows, value, at, delta, other_delta, zeros, gradients
                    )
                for i in range(5):
                    sums[i] /= n_batch
                    totals[i] += sums[i]
                n_minibatches += 1
                kl_of_epoch += sums[4]
                minibatches_of_epoch += 1
                loss = sums[0] + ent_coef * sums[2] + vf_coef * sums[1]
                norm = math.sqrt(_sum_of_squares(gradients))
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
