"""The losses of PPO and their slopes at the networks' outputs, for the samples of one chunk at once.

Every step is a loop over samples that lie next to each other, so that a vector register holds as many samples as it
has lanes. Sums over samples are taken in their order.

Shapes: n_rows <= CHUNK samples; logits and slopes of the policy are rows of `width` numbers, of which the first
n_actions count.
"""

import numpy as np

from socialrl.networks.dense import CHUNK, ONE, ZERO, exp32, log32
from socialrl.networks.transposition import transpose
from socialrl.training.cohort.compiled import compiled

N_SAMPLE_VECTORS = 8
"""Rows of CHUNK numbers that `policy_slopes` needs for its intermediate results."""
_TWO = np.float32(2.0)


@compiled()
def policy_slopes(
    logits, at, width, n_rows, n_actions, order, actions, old_log_probs, advantages, centre, spread, clip_range,
    ent_coef, share, by_action, by_action_slopes, vectors, slopes, sums,
):  # fmt: skip
    """Write d loss / d logits of n_rows samples to `slopes`, padding zero; add their losses to `sums`.

    Logits begin at logits[at]. order (n_rows,): the samples' places in actions, old_log_probs and advantages, which are
    taken less `centre` and divided by `spread`. share: 1 / (samples in the minibatch). sums: policy loss, (value loss),
    entropy loss, clipped samples, KL terms. by_action and by_action_slopes (width * CHUNK,) and vectors
    (N_SAMPLE_VECTORS, CHUNK) are overwritten, except for the padding of by_action_slopes, which is zero.
    """
    top, taken, old, advantage = vectors[0], vectors[1], vectors[2], vectors[3]
    total, weighted, log_total, entropy = vectors[4], vectors[5], vectors[6], vectors[7]
    whole = -(-n_rows // 16) * 16
    transpose(logits, at, width, whole, width, by_action, 0, CHUNK)
    for r in range(n_rows):
        top[r] = by_action[r]
        total[r] = ZERO
        weighted[r] = ZERO
    for j in range(1, n_actions):
        here = by_action[j * CHUNK : j * CHUNK + n_rows]
        for r in range(n_rows):
            if here[r] > top[r]:
                top[r] = here[r]
    for r in range(n_rows):
        sample = order[r]
        taken[r] = logits[at + r * width + actions[sample]] - top[r]
        old[r] = old_log_probs[sample]
        advantage[r] = np.float32((advantages[sample] - centre) / spread)
    for j in range(n_actions):
        here, exponentials = by_action[j * CHUNK : j * CHUNK + n_rows], by_action_slopes[j * CHUNK : j * CHUNK + n_rows]
        for r in range(n_rows):
            shifted = here[r] - top[r]
            exponential = exp32(shifted)
            total[r] += exponential
            weighted[r] += exponential * shifted
            exponentials[r] = exponential
    for r in range(n_rows):
        log_total[r] = log32(total[r])
        # With p = exponential / total: entropy = -sum p log p = log total - sum p shifted.
        entropy[r] = log_total[r] - weighted[r] / total[r]
    low, high = ONE - clip_range, ONE + clip_range
    gain, divergence, slope, clips = weighted, old, advantage, taken
    for r in range(n_rows):
        log_ratio = (taken[r] - log_total[r]) - old[r]
        ratio = exp32(log_ratio)
        clipped = ratio
        if clipped < low:
            clipped = low
        if clipped > high:
            clipped = high
        free_gain, clipped_gain = advantage[r] * ratio, advantage[r] * clipped
        # The smaller gain is the objective; where the clipped one is smaller, the ratio lies outside the range and its
        # slope is 0.
        gain[r] = min(free_gain, clipped_gain)
        slope[r] = ZERO if clipped_gain < free_gain else -free_gain * share
        clips[r] = ONE if abs(ratio - ONE) > clip_range else ZERO
        divergence[r] = (ratio - ONE) - log_ratio
    for r in range(n_rows):
        sums[0] -= gain[r]
        sums[2] -= entropy[r]
        sums[3] += clips[r]
        sums[4] += divergence[r]
    for j in range(n_actions):
        here, slopes_here = by_action[j * CHUNK : j * CHUNK + n_rows], by_action_slopes[j * CHUNK : j * CHUNK + n_rows]
        for r in range(n_rows):
            log_probability = here[r] - top[r] - log_total[r]
            slopes_here[r] = slopes_here[r] / total[r] * (
                ent_coef * share * (log_probability + entropy[r]) - slope[r]
            )  # fmt: skip
    for r in range(n_rows):
        by_action_slopes[actions[order[r]] * CHUNK + r] += slope[r]
    transpose(by_action_slopes, 0, CHUNK, width, n_rows, slopes, 0, width)


@compiled()
def value_slopes(
    values, at, width, n_rows, order, old_values, returns, clips_values, clip_range, vf_coef, share, slopes, sums
):  # fmt: skip
    """Write d loss / d value of n_rows samples to the first number of each row of `slopes`; add their loss to sums[1].

    clip_range counts if `clips_values`: how far a value may go from the one of the rollout before its slope is 0.
    """
    for r in range(n_rows):
        prediction, passes = values[at + r * width], ONE
        if clips_values:
            old_value = old_values[order[r]]
            change = prediction - old_value
            if change > clip_range:
                change, passes = clip_range, ZERO
            if change < -clip_range:
                change, passes = -clip_range, ZERO
            prediction = old_value + change
        error = prediction - returns[order[r]]
        sums[1] += error * error
        slopes[r * width] = _TWO * error * share * vf_coef * passes
