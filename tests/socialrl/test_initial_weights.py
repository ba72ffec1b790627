"""A cohort starts with the weights that Stable-Baselines3 draws, in bytes that are the same on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy

from socialrl.training.cohort.initial_weights import initial_weights, orthogonal
from socialrl.training.cohort.layout import NetworkLayout, network_layout

ARCHITECTURES: dict[str, tuple[int, int, Any]] = {
    "partner_preference": (28, 6, [64, 64]),
    "group_habitat": (75, 16, [64, 64]),
    "widening": (3, 2, {"pi": [70], "vf": [24, 33, 9]}),
    "no_hidden_layer": (8, 3, {"pi": [], "vf": [16]}),
    "narrow": (40, 1, [5]),
}


def layout_of(name: str) -> NetworkLayout:
    n_observations, n_actions, net_arch = ARCHITECTURES[name]
    hidden = net_arch if isinstance(net_arch, dict) else {"pi": net_arch, "vf": net_arch}
    return network_layout(n_observations, n_actions, hidden["pi"], hidden["vf"])


@pytest.mark.parametrize("ortho_init", [True, False])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_weights_are_those_of_sb3(name: str, ortho_init: bool) -> None:
    n_observations, n_actions, net_arch = ARCHITECTURES[name]
    for seed in (0, 7, 2**31):
        torch.manual_seed(seed)
        expected = ActorCriticPolicy(
            spaces.Box(-1, 1, (n_observations,)),
            spaces.Discrete(n_actions),
            lambda _: 0.0,
            net_arch=net_arch,
            ortho_init=ortho_init,
        ).state_dict()
        actual = initial_weights(layout_of(name), seed, ortho_init)
        assert set(actual) == set(expected)
        for key, tensor in expected.items():
            if ortho_init:
                # LAPACK's float32 loses some digits where a random matrix is nearly singular; ours works in float64
                np.testing.assert_allclose(actual[key], tensor, atol=2e-5, err_msg=key)
            else:
                assert torch.equal(actual[key], tensor), key


def test_global_random_numbers_are_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    initial_weights(layout_of("narrow"), 5)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shape", [(64, 64), (64, 28), (6, 64), (1, 64), (5, 1)])
@pytest.mark.parametrize("gain", [2.0**0.5, 0.01, 1.0])
def test_rows_or_columns_are_orthogonal_and_as_long_as_the_gain(shape: tuple[int, int], gain: float) -> None:
    drawn = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    found = orthogonal(drawn, gain).astype(np.float64)
    assert found.shape == shape
    vectors = found if shape[0] < shape[1] else found.T
    np.testing.assert_allclose(vectors @ vectors.T, gain**2 * np.eye(len(vectors)), atol=3e-7 * gain**2)
    # a positive diagonal of R: every vector points the way of the draw that it was made of
    draws = drawn if shape[0] < shape[1] else drawn.T
    assert ((vectors * draws).sum(axis=1) > 0).all()


def test_nearly_parallel_draws_still_give_orthogonal_rows() -> None:
    rng = np.random.default_rng(2)
    drawn = (rng.normal(size=(1, 30)) + 1e-5 * rng.normal(size=(8, 30))).astype(np.float32)
    found = orthogonal(drawn, 1.0).astype(np.float64)
    np.testing.assert_allclose(found @ found.T, np.eye(8), atol=3e-7)


def test_the_bytes_are_those_of_every_other_machine() -> None:
    """Taken on x86-64 with AVX2 features only; torch's normal draws are others on a processor without AVX2."""
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip(f"torch draws with {torch.backends.cpu.get_cpu_capability()} instructions here")
    digest = hashlib.sha256()
    for name in ARCHITECTURES:
        for key, tensor in sorted(initial_weights(layout_of(name), 1).items()):
            digest.update(key.encode() + tensor.numpy().tobytes())
    assert digest.hexdigest()[:16] == "bfcc871e01dc1701"
