"""How fast this machine simulates and trains, with the comparisons taken in the same run.

Reference work: PartnerPreference, 24 animals x 8 lives, n_steps 128, 4 minibatches of 256 per animal, 4 epochs, two
tanh networks of 64 x 64, Adam, float32. It is compared with Stable-Baselines3's PPO on one animal at a time: same
settings, 8 rows. Every number is the best of a few rounds; the kinds of work alternate within a round, so that a slow
phase of the machine affects all.
"""

import time
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

import socialrl_envs  # noqa: F401  (registers the ids)
from socialrl.training.cohort import CohortPPO
from socialrl.training.vec_env import SocialVecEnv, make_native

ENV_ID = "socialrl/PartnerPreference-v0"
N_ANIMALS, N_LIVES, N_STEPS = 24, 8, 128
PPO_SETTINGS: dict[str, Any] = {"n_steps": N_STEPS, "batch_size": 256, "n_epochs": 4, "learning_rate": 3e-4}
_PHASES = ("env", "policy", "buffer", "update", "logging", "other")


def run_bench(rounds: int = 3, progress: Callable[[str], None] | None = None) -> dict[str, float]:
    """Measure and return steps (or GFLOP) per second, under the names that `socialrl bench --json` writes; about a
    minute.

    progress: called with a line about what is measured next.
    """
    tell = progress or (lambda _: None)
    tell("compiling")
    cohort = reference_cohort(N_ANIMALS)
    cohort.learn(N_LIVES * N_STEPS)
    sb3_dummy, sb3_native = _sb3(_dummy_env()), _sb3(_native_env(1))
    measures: dict[str, Callable[[], float]] = {
        "env_single_steps_per_s": lambda: _single_rate(ENV_ID, 8_000),
        "cartpole_single_steps_per_s": lambda: _single_rate("CartPole-v1", 20_000),
        "env_vector_rows_per_s": lambda: _vector_rate(N_ANIMALS * N_LIVES, 300),
        "cohort_env_steps_per_s": lambda: _cohort_rate(cohort, 8),
        "sb3_dummy_env_steps_per_s": lambda: _sb3_rate(sb3_dummy),
        "sb3_native_env_steps_per_s": lambda: _sb3_rate(sb3_native),
        "gemm_gflops": _gemm_gflops,
        "update_gflops": lambda: update_gflops(cohort),
    }
    best = dict.fromkeys(measures, 0.0)
    for number in range(rounds):
        for name, measure in measures.items():
            tell(f"round {number + 1} of {rounds}: {name}")
            best[name] = max(best[name], measure())
    return best


def reference_cohort(n_animals: int, **settings: Any) -> CohortPPO:
    """A cohort of the reference work, with any number of animals."""
    seeds = {} if "seeds" in settings else {"seed": 0}
    return CohortPPO("MlpPolicy", _native_env(n_animals), n_animals, **{**PPO_SETTINGS, **seeds, **settings})


def phases(model: CohortPPO, n_updates: int) -> dict[str, float]:
    """Seconds per update that a cohort spends in each phase: env, policy, buffer, update, logging, other."""
    assert model.env is not None
    assert model.streams is not None
    spent = dict.fromkeys(_PHASES, 0.0)
    engine, buffer = model.policy.engine, model.rollout_buffer
    watched = [
        (model.env, "step", "env"),
        (engine, "act", "policy"),
        (engine, "values", "policy"),
        (model.streams, "uniforms", "policy"),
        (buffer, "add_rewards", "buffer"),
        (buffer, "compute_returns_and_advantage", "buffer"),
        (model, "_count_episodes", "buffer"),
        (engine, "update", "update"),
        (model.streams, "permutations", "update"),
        (model, "dump_logs", "logging"),
    ]
    for owner, name, phase in watched:
        setattr(owner, name, _timed(getattr(owner, name), spent, phase))
    start = time.perf_counter()
    try:
        model.learn(n_updates * N_LIVES * N_STEPS, callback=_Nothing())
    finally:
        for owner, name, _ in watched:
            delattr(owner, name)
    spent["other"] = time.perf_counter() - start - sum(spent.values())
    return {phase: seconds / n_updates for phase, seconds in spent.items()}


def update_gflops(model: CohortPPO, n_updates: int = 3) -> float:
    """Useful arithmetic of the update (matrix products, without padding) per second, 1e9."""
    n_samples = model.n_lives * model.n_steps
    assert model.streams is not None
    orders = model.streams.permutations(model.n_epochs, n_samples)
    forward, backward = model.policy.layout.macs_per_sample()
    flops = 2 * (forward + backward) * n_samples * model.n_epochs * model.n_animals
    fastest = np.inf
    for _ in range(n_updates):
        start = time.perf_counter()
        model.policy.engine.update(model.rollout_buffer, orders, model._hyperparameters(), model.batch_size, True)
        fastest = min(fastest, time.perf_counter() - start)
    return flops / fastest / 1e9


class _Nothing(BaseCallback):
    """A callback, so that its cost is in the measurement."""

    def _on_step(self) -> bool:
        return True


def _timed(function: Callable[..., Any], spent: dict[str, float], phase: str) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        result = function(*arguments, **named)
        spent[phase] += time.perf_counter() - start
        return result

    return timed


def _native_env(n_animals: int) -> SocialVecEnv:
    return SocialVecEnv(make_native(ENV_ID, n_animals * N_LIVES))


def _dummy_env() -> VecEnv:
    return DummyVecEnv([lambda: gym.make(ENV_ID)] * N_LIVES)


def _sb3(env: VecEnv) -> PPO:
    """SB3's PPO on one animal; on one thread, where its small products are fastest."""
    model = PPO("MlpPolicy", env, seed=0, device="cpu", **PPO_SETTINGS)
    model.learn(N_LIVES * N_STEPS)
    return model


def _sb3_rate(model: PPO, n_updates: int = 6) -> float:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        start = time.perf_counter()
        model.learn(n_updates * N_LIVES * N_STEPS)
        return n_updates * N_LIVES * N_STEPS / (time.perf_counter() - start)
    finally:
        torch.set_num_threads(threads)


def _cohort_rate(model: CohortPPO, n_updates: int) -> float:
    start = time.perf_counter()
    model.learn(n_updates * N_LIVES * N_STEPS)
    return n_updates * N_LIVES * N_STEPS * model.n_animals / (time.perf_counter() - start)


def _single_rate(env_id: str, n_steps: int) -> float:
    env = gym.make(env_id)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, env.action_space.n, n_steps).tolist()  # type: ignore[attr-defined]
    for action in actions[:10]:
        env.step(action)
    start = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return n_steps / (time.perf_counter() - start)


def _vector_rate(n_rows: int, n_ticks: int) -> float:
    env = make_native(ENV_ID, n_rows)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 6, (n_ticks, n_rows))
    env.step(actions[0])
    start = time.perf_counter()
    for row in actions:
        env.step(row)
    return n_rows * n_ticks / (time.perf_counter() - start)


def _gemm_gflops(size: int = 1024, repeats: int = 10) -> float:
    """The library's matrix product on all processors, as a bound for this machine."""
    a = torch.rand(size, size)
    product = torch.mm(a, a)
    fastest = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(a, a, out=product)
        fastest = min(fastest, time.perf_counter() - start)
    return 2 * size**3 / fastest / 1e9
