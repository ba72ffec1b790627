"""Initial weights that are the same bytes on every x86-64 processor with AVX2: Stable-Baselines3's, factorised by our
own code.

`torch.nn.init.orthogonal_` factorises a random matrix with the linear-algebra library that torch was built with, and
such libraries choose the order of their sums by the processor and the number of threads. Here the draws are the same,
from torch's generator, and the factorisation is compiled code that adds in a written order. The factor Q that goes with
a positive diagonal of R is unique, so both give the same matrix up to rounding.
"""

import math

import numpy as np
import torch
from torch import nn

from socialrl.training.cohort.compiled import compiled
from socialrl.training.cohort.layout import NetworkLayout

_HIDDEN_GAIN = math.sqrt(2.0)
_HEAD_GAINS = {"action_net.weight": 0.01, "value_net.weight": 1.0}


def initial_weights(layout: NetworkLayout, seed: int, ortho_init: bool = True) -> dict[str, torch.Tensor]:
    """Return the state dict of SB3's `MlpPolicy` as built after `torch.manual_seed(seed)`, to float32 tolerance.

    Without `ortho_init` the numbers are torch's own, bit for bit. No global random state is read or changed.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    # SB3 makes the hidden layers of both networks first, then the two heads.
    layers = sorted(layout.layers(), key=lambda layer: layer.weight_name in _HEAD_GAINS)
    tensors = {}
    for layer in layers:
        weight, bias = torch.empty(layer.n_out, layer.n_in), torch.empty(layer.n_out)
        # `nn.Linear`'s own start. Drawn also where it is replaced below, because the draws that follow depend on it.
        nn.init.kaiming_uniform_(weight, a=math.sqrt(5.0), generator=generator)
        bound = 1.0 / math.sqrt(layer.n_in)
        nn.init.uniform_(bias, -bound, bound, generator=generator)
        tensors[layer.weight_name], tensors[layer.bias_name] = weight, bias
    if ortho_init:
        for layer in layers:
            drawn = torch.empty(layer.n_out, layer.n_in).normal_(generator=generator)
            gain = _HEAD_GAINS.get(layer.weight_name, _HIDDEN_GAIN)
            tensors[layer.weight_name] = torch.from_numpy(orthogonal(drawn.numpy(), gain))
            tensors[layer.bias_name].zero_()
    return tensors


def orthogonal(drawn: np.ndarray, gain: float) -> np.ndarray:
    """Return `gain` times Q of drawn = Q R, or of its transpose where n_out < n_in, as `drawn` (n_out, n_in) float32.

    The diagonal of R is positive, as in `torch.nn.init.orthogonal_`.
    """
    wide = drawn.shape[0] < drawn.shape[1]
    vectors = np.array(drawn if wide else drawn.T, dtype=np.float64, order="C")
    _orthonormalise(vectors)
    scaled = (gain * vectors).astype(np.float32)
    return scaled if wide else np.ascontiguousarray(scaled.T)


@compiled()
def _orthonormalise(vectors):
    """Gram and Schmidt's process on the rows of (n, size) float64, n <= size, in place; the order of every sum is as
    written.

    Each row is freed of the earlier ones twice, after which the rows are orthogonal to rounding error (Giraud, Langou,
    Rozložník & van den Eshof 2005, doi:10.1007/s00211-005-0615-4).
    """
    n, size = vectors.shape
    for i in range(n):
        row = vectors[i]
        for _ in range(2):
            for j in range(i):
                earlier = vectors[j]
                share = 0.0
                for k in range(size):
                    share += earlier[k] * row[k]
                for k in range(size):
                    row[k] -= share * earlier[k]
        square = 0.0
        for k in range(size):
            square += row[k] * row[k]
        length = math.sqrt(square)
        for k in range(size):
            row[k] /= length
