"""The compiled arithmetic against NumPy, autograd and the tensor engine; the streams against their definition."""

import numba
import numpy as np
import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from toy_envs import WalkVecEnv

from socialrl.networks import dense
from socialrl.networks.sums import sum_of_squares
from socialrl.training.cohort import AnimalStreams, CohortPPO, rollout
from socialrl.training.cohort.layout import network_layout
from socialrl.training.cohort.memory import bytes_per_animal


def test_exp_and_log_are_right_to_float_precision() -> None:
    x = np.linspace(-86, 88, 5001).astype(np.float32)
    np.testing.assert_allclose([dense.exp32(one) for one in x], np.exp(x.astype(np.float64)), rtol=2e-7)
    y = np.concatenate([np.geomspace(1e-44, 3e38, 2001), np.linspace(0.5, 2, 2001)]).astype(np.float32)
    np.testing.assert_allclose([dense.log32(one) for one in y], np.log(y.astype(np.float64)), rtol=2e-7)
    special = [np.float32(one) for one in (np.nan, np.inf, -np.inf, 0.0, 200.0, -200.0)]
    np.testing.assert_allclose([dense.exp32(one) for one in special], [np.nan, np.inf, 0, 1, np.inf, 0])
    np.testing.assert_allclose([dense.log32(one) for one in special[:4]], [np.nan, np.inf, np.nan, -np.inf])


def test_sum_of_squares_has_sixteen_running_sums() -> None:
    total = numba.njit(lambda x: sum_of_squares(x))
    x = np.random.default_rng(4).normal(size=11_264).astype(np.float32)
    lanes = np.zeros(16)
    for block in x.reshape(-1, 16).astype(np.float64):
        lanes += block * block
    in_order = 0.0
    for lane in lanes:
        in_order += lane
    assert total(x) == in_order
    assert total(np.empty(0, np.float32)) == 0


def test_weights_begin_at_a_cache_line() -> None:
    model = CohortPPO("MlpPolicy", WalkVecEnv(3), 3, seed=0, n_steps=8, batch_size=8)
    arrays = (model.policy.weights, *model.policy.optimizer.moments()[:2])
    assert [array[animal].data_ptr() % 64 for array in arrays for animal in range(3)] == [0] * 9


def test_layout_by_hand() -> None:
    layout = network_layout(5, 6, [20], [])
    first, head = layout.networks[0]
    assert (first.n_in, first.n_out, first.width, first.weight_at, first.bias_at) == (5, 20, 32, 0, 160)
    assert (head.n_in, head.n_out, head.width, head.weight_at, head.bias_at) == (20, 6, 16, 192, 512)
    (value,) = layout.networks[1]
    assert (value.weight_name, value.width, value.weight_at) == ("value_net.weight", 16, 528)
    assert layout.n_numbers == 528 + 5 * 16 + 16
    assert layout.n_parameters == 5 * 20 + 20 + 20 * 6 + 6 + 5 + 1
    assert layout.macs_per_sample() == (100 + 120 + 5, 225 + 120)
    assert bytes_per_animal(layout, 2, 10, 4) == 12 * 624 + 4 * 20 * (5 + 7) + 4 * 4 * 20


@pytest.mark.parametrize("clip_range_vf", [None, 0.1])
def test_one_minibatch_gradient_equals_autograd(clip_range_vf: float | None) -> None:
    """From Adam's first moment after one step (0.1 x clipped gradient), on random data beyond the clip ranges."""
    model = CohortPPO(
        "MlpPolicy",
        WalkVecEnv(6),
        2,
        seeds=[1, 2],
        n_steps=30,
        batch_size=90,
        n_epochs=1,
        ent_coef=0.1,
        max_grad_norm=1e9,
        clip_range_vf=clip_range_vf,
        policy_kwargs={"net_arch": [70, 30]},
    )
    rng = np.random.default_rng(0)
    buffer = model.rollout_buffer
    for name in ("observations", "values", "log_probs", "advantages", "returns"):
        getattr(buffer, name)[:] = rng.normal(size=getattr(buffer, name).shape)
    buffer.actions[:] = rng.integers(0, 6, buffer.actions.shape)
    before = model.policy.weights.clone().numpy()
    model.policy.engine.update(buffer, model.streams.permutations(1, 90), model._hyperparameters(), 90, True)
    for animal in range(2):
        policy = ActorCriticPolicy(
            model.observation_space, model.action_space, lambda _: 0.0, net_arch=[70, 30]
        )  # fmt: skip
        policy.load_state_dict(model.policy.layout.unpack(before[animal]))
        get = lambda name: torch.from_numpy(getattr(buffer, name)[animal])  # noqa: B023, E731
        values, log_prob, entropy = policy.evaluate_actions(get("observations"), get("actions").long())
        advantages = (get("advantages") - get("advantages").mean()) / (get("advantages").std() + 1e-8)
        ratio = (log_prob - get("log_probs")).exp()
        gain = torch.min(advantages * ratio, advantages * ratio.clamp(0.8, 1.2)).mean()
        predicted = values.flatten()
        if clip_range_vf is not None:
            predicted = get("values") + (predicted - get("values")).clamp(-clip_range_vf, clip_range_vf)
        loss = -gain - 0.1 * entropy.mean() + 0.5 * torch.nn.functional.mse_loss(get("returns"), predicted)
        loss.backward()
        moments = model.policy.layout.unpack(model.policy.optimizer.moments()[0][animal].numpy())
        for name, parameter in policy.named_parameters():
            scale = float(parameter.grad.abs().max()) + 1e-9
            np.testing.assert_allclose(10 * moments[name] / scale, parameter.grad / scale, atol=3e-5, err_msg=name)


def test_engines_agree_on_actions_values_and_updates() -> None:
    cohorts = [
        CohortPPO(
            "MlpPolicy",
            WalkVecEnv(12),
            4,
            seed=2,
            n_steps=20,
            batch_size=32,
            n_epochs=2,
            target_kl=0.01,
            engine=engine,
            learning_rate=[1e-3, 3e-3, 1e-2, 0.0],
        ).learn(180)
        for engine in ("compiled", "torch")
    ]
    one, other = cohorts
    np.testing.assert_array_equal(one.rollout_buffer.actions, other.rollout_buffer.actions)
    np.testing.assert_allclose(one.policy.weights, other.policy.weights, rtol=1e-3, atol=3e-5)
    rows = np.random.default_rng(3).normal(size=(400, 5)).astype(np.float32)
    np.testing.assert_allclose(one.policy.probabilities(rows), other.policy.probabilities(rows), atol=1e-4)
    np.testing.assert_allclose(one.policy.values(rows), other.policy.values(rows), atol=1e-3)
    for name, column in one.animal_statistics.items():
        np.testing.assert_allclose(column, other.animal_statistics[name], rtol=5e-3, atol=1e-3, err_msg=name)


def test_advantages_by_hand() -> None:
    """Two steps, the first of which begins an episode that ends between them."""
    rewards, values = np.array([[[1.0, 2.0]]], np.float32), np.array([[[0.5, 0.25]]], np.float32)
    advantages, returns = np.zeros_like(rewards), np.zeros_like(rewards)
    gamma, decay = np.array([0.9], np.float32), np.array([0.8], np.float32)
    last, dones = np.array([[4.0]], np.float32), np.array([[False]])
    rollout.advantages_and_returns(
        rewards, values, np.array([[[1.0, 0.0]]], np.float32), last, dones, gamma, decay, advantages, returns
    )
    second = 2 + 0.9 * 4 - 0.25
    np.testing.assert_allclose(advantages[0, 0], [1 + 0.9 * 0.25 - 0.5 + 0.72 * second, second], rtol=1e-6)
    rollout.advantages_and_returns(
        rewards, values, np.array([[[1.0, 1.0]]], np.float32), last, ~dones, gamma, decay, advantages, returns
    )
    np.testing.assert_allclose(advantages[0, 0], [1 - 0.5, 2 - 0.25], rtol=1e-6)
    np.testing.assert_allclose(returns[0, 0], [1, 2], rtol=1e-6)


def test_streams_depend_on_own_seed_and_counters_only() -> None:
    many, one = AnimalStreams([7, 8, 9]), AnimalStreams([8])
    for _ in range(3):
        many_numbers, numbers = many.uniforms(5).reshape(3, 5), one.uniforms(5)
        np.testing.assert_array_equal(many_numbers[1], numbers)
        assert len(np.unique(many_numbers)) == 15
        orders = many.permutations(2, 50)
        np.testing.assert_array_equal(orders[1], one.permutations(2, 50)[0])
        np.testing.assert_array_equal(np.sort(orders, axis=2), np.broadcast_to(np.arange(50), (3, 2, 50)))
        assert len(np.unique(orders.reshape(6, 50), axis=0)) == 6
    state = many.get_state()
    expected = many.uniforms(5), many.permutations(2, 50)
    fresh = AnimalStreams([0, 0, 0])
    fresh.set_state(state)
    np.testing.assert_array_equal(fresh.uniforms(5), expected[0])
    np.testing.assert_array_equal(fresh.permutations(2, 50), expected[1])
    # Fewer lives do not shift the numbers of the lives that are left.
    np.testing.assert_array_equal(AnimalStreams([8]).uniforms(2), AnimalStreams([8]).uniforms(5)[:2])


def test_streams_are_uniform() -> None:
    """Mean, variance, neighbours in tick and in seed, and places in an order: closed form, five standard errors."""
    n = 40_000
    one, other = AnimalStreams([123]), AnimalStreams([124])
    numbers = np.array([one.uniforms(4) for _ in range(n // 4)]).ravel().astype(np.float64)
    others = np.array([other.uniforms(4) for _ in range(n // 4)]).ravel().astype(np.float64)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 5 * np.sqrt(1 / 12 / n)
    assert abs(numbers.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / n)
    for a, b in ((numbers[1:], numbers[:-1]), (numbers[4:], numbers[:-4]), (numbers, others)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(n)
    places = np.concatenate([one.permutations(500, 8)[0] for _ in range(4)])
    counts = np.array([np.bincount(places[:, i], minlength=8) for i in range(8)])
    assert np.abs(counts - 250).max() < 5 * np.sqrt(2000 * 1 / 8 * 7 / 8)


def test_actions_follow_the_probabilities() -> None:
    model = CohortPPO("MlpPolicy", WalkVecEnv(4), 2, seed=0, n_steps=8, batch_size=8)
    model.policy.weights.mul_(20)  # far from uniform
    rows = np.repeat(np.random.default_rng(0).normal(size=(2, 5)), 20_000, axis=0).astype(np.float32)
    probabilities = model.policy.probabilities(rows)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    actions = model.policy.sample(rows, np.random.default_rng(1).random(len(rows), np.float32))
    for animal in range(2):
        part = slice(animal * 20_000, (animal + 1) * 20_000)
        shares = np.bincount(actions[part], minlength=6) / 20_000
        np.testing.assert_allclose(shares, probabilities[part][0], atol=5 * np.sqrt(0.25 / 20_000))
    deterministic, _ = model.predict(rows, deterministic=True)
    assert deterministic[0] == probabilities[0].argmax()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_learns_what_the_processor_learns() -> None:
    cohorts = [
        CohortPPO("MlpPolicy", WalkVecEnv(8), 4, seed=2, n_steps=20, batch_size=20, n_epochs=2, device=device).learn(
            160
        )
        for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(cohorts[0].policy.weights, cohorts[1].policy.weights.cpu(), rtol=1e-3, atol=1e-4)
