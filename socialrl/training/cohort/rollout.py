"""The compiled part of a rollout: choosing actions, valuing states, and advantages when it is over.

Kernels take a range of animals and release the interpreter lock; threads are the caller's (`engines.py`). Nothing is
summed across animals.

Shapes: A animals, L lives (rows of an animal), T steps, N = L * T samples (index life * T + step), R = A * L rows
(animal-major), D observation numbers, P numbers in an animal's row of weights (`layout.py`).
"""

import math

import numpy as np

from socialrl.networks.dense import CHUNK, ONE, ZERO, activations_size, count_layers, exp32, forward, log_softmax
from socialrl.training.cohort.compiled import compiled


@compiled()
def act(
    table, relu, weights, observations, uniforms, episode_starts, step,
    kept_observations, kept_actions, kept_log_probs, kept_values, kept_starts, actions, troubled_rows,
    first_animal, last_animal,
):  # fmt: skip
    """Choose an action in every row from its animal's policy, and keep the step in the rollout arrays; for a range of
    animals.

    observations (R, D) float32; uniforms (R,) float32 in [0, 1): the action is the first whose cumulative probability
    exceeds it. Written: kept_observations (A, N, D), kept_actions (A, N) int32, kept_log_probs, kept_values,
    kept_starts (A, N) float32 at sample life * T + step; actions (R,) int64; troubled_rows (A,): the animal's first row
    whose value or action probabilities are not finite, else -1.
    """
    n_animals, n_samples = kept_actions.shape
    n_lives = observations.shape[0] // n_animals
    n_steps = n_samples // n_lives
    n_actions = table[0, count_layers(table[0]) - 1, 1]
    n_observations = observations.shape[1]
    flat = observations.reshape(-1)
    policy = np.empty(activations_size(table[0]), np.float32)
    value = np.empty(activations_size(table[1]), np.float32)
    for animal in range(first_animal, last_animal):
        troubled_rows[animal] = -1
        for first in range(0, n_lives, CHUNK):
            n_rows = min(CHUNK, n_lives - first)
            x0 = (animal * n_lives + first) * n_observations
            logits_at = forward(table[0], relu, weights[animal], flat, x0, n_observations, n_rows, policy)
            value_at = forward(table[1], relu, weights[animal], flat, x0, n_observations, n_rows, value)
            logits_width = table[0, count_layers(table[0]) - 1, 2]
            value_width = table[1, count_layers(table[1]) - 1, 2]
            for r in range(n_rows):
                row = animal * n_lives + first + r
                log_probs = policy[logits_at + r * logits_width : logits_at + r * logits_width + n_actions]
                log_softmax(log_probs, n_actions)
                below = ZERO
                action = n_actions - 1
                for j in range(n_actions):
                    below += exp32(log_probs[j])
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


@compiled()
def evaluate(table, relu, weights, observations, wanted, probabilities, values, first_animal, last_animal):
    """Action probabilities (R, n_actions) and values (R,) of observations (R, D) in the rows of a range of animals
    where `wanted` (R,) is true.

    Either result may have no rows (shape[0] == 0) and is then skipped; other rows are left alone.
    """
    n_animals = weights.shape[0]
    n_lives = observations.shape[0] // n_animals
    n_observations = observations.shape[1]
    n_actions = table[0, count_layers(table[0]) - 1, 1]
    activations = np.empty(max(activations_size(table[0]), activations_size(table[1])), np.float32)
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
                    at = forward(table[0], relu, weights[animal], x, 0, n_observations, n_rows, activations)
                    width = table[0, count_layers(table[0]) - 1, 2]
                    for i in range(n_rows):
                        log_probs = activations[at + i * width : at + i * width + n_actions]
                        log_softmax(log_probs, n_actions)
                        for j in range(n_actions):
                            probabilities[rows[i], j] = exp32(log_probs[j])
                if values.shape[0] > 0:
                    at = forward(table[1], relu, weights[animal], x, 0, n_observations, n_rows, activations)
                    width = table[1, count_layers(table[1]) - 1, 2]
                    for i in range(n_rows):
                        values[rows[i]] = activations[at + i * width]
                n_rows = 0


@compiled()
def advantages_and_returns(rewards, values, starts, last_values, dones, gamma, gae_lambda, advantages, returns):
    """Generalised advantage estimates (Schulman et al. 2016, arXiv:1506.02438) and returns = advantages + values.

    rewards, values, starts, advantages, returns (A, L, T) float32; last_values (A, L) float32: values after the last
    step; dones (A, L) bool: whether that step ended an episode; gamma, gae_lambda (A,) float32.
    """
    n_animals, n_lives, n_steps = rewards.shape
    for animal in range(n_animals):
        decay = gamma[animal] * gae_lambda[animal]
        for life in range(n_lives):
            following = last_values[animal, life]
            goes_on = ZERO if dones[animal, life] else ONE
            advantage = ZERO
            for step in range(n_steps - 1, -1, -1):
                value = values[animal, life, step]
                surprise = rewards[animal, life, step] + gamma[animal] * following * goes_on - value
                advantage = surprise + decay * goes_on * advantage
                advantages[animal, life, step] = advantage
                returns[animal, life, step] = advantage + value
                following = value
                goes_on = ONE - starts[animal, life, step]
