"""One animal out of a cohort as a plain Stable-Baselines3 model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.utils import LinearSchedule

from socialrl.training.cohort.update import HYPERPARAMETERS


def single_ppo(model: Any, index: int) -> PPO:
    """A new `stable_baselines3.PPO` on the processor with animal `index`'s weights, Adam moments and counters, without
    an env.

    `model` is a `CohortPPO`. `predict` and `save` work immediately, and `PPO.load` reads the file without socialrl; to
    continue training, use `set_env` and `learn`. A `LinearSchedule` of Stable-Baselines3 stays one; other schedules
    become their value at this point of training, because they may be the caller's code.
    """
    table = dict(zip(HYPERPARAMETERS, model._hyperparameters()[index], strict=True))
    with torch.random.fork_rng(devices=[]):
        single = PPO(
            "MlpPolicy",
            None,  # type: ignore[arg-type]
            learning_rate=_kept(model.learning_rate, index, table["learning_rate"]),
            n_steps=model.n_steps,
            batch_size=model.batch_size,
            n_epochs=model.n_epochs,
            gamma=_own(model.gamma, index),
            gae_lambda=_own(model.gae_lambda, index),
            clip_range=_kept(model.clip_range, index, table["clip_range"]),
            clip_range_vf=None
            if model.clip_range_vf is None
            else _kept(model.clip_range_vf, index, table["clip_range_vf"]),
            normalize_advantage=model.normalize_advantage,
            ent_coef=float(table["ent_coef"]),
            vf_coef=model.vf_coef,
            max_grad_norm=model.max_grad_norm,
            target_kl=model.target_kl,
            # the first weights are replaced below, so cheap ones will do
            policy_kwargs={**model.policy_kwargs, "ortho_init": False},
            device="cpu",
            _init_setup_model=False,
        )
        single.observation_space, single.action_space = model.observation_space, model.action_space
        single.n_envs = model.n_lives
        # With `seed` still None this seeds no global generator.
        single._setup_model()
    single.policy_kwargs = dict(model.policy_kwargs)
    single.policy.ortho_init = model.policy.ortho_init
    single.seed = int(model.seeds[index])
    layout = model.policy.layout
    single.policy.load_state_dict(layout.unpack(model.policy.weights[index].detach().cpu().numpy()))
    mean, square, step = (tensor[index].cpu() for tensor in model.policy.optimizer.moments())
    if int(step) > 0:
        means, squares = layout.unpack(mean.numpy()), layout.unpack(square.numpy())
        for name, parameter in single.policy.named_parameters():
            single.policy.optimizer.state[parameter] = {
                "step": torch.tensor(float(step)),
                "exp_avg": means[name],
                "exp_avg_sq": squares[name],
            }
    single.num_timesteps = model.num_timesteps
    single._n_updates = model._n_updates
    single._current_progress_remaining = model._current_progress_remaining
    single._total_timesteps = model._total_timesteps
    return single


def _kept(value: Any, index: int, now: float) -> float | Callable[[float], float]:
    """Return the animal's own schedule if it is a linear one of Stable-Baselines3, else its number `now`."""
    own = value[index] if isinstance(value, (Sequence, np.ndarray)) else value
    return own if type(own) is LinearSchedule else float(now)


def _own(value: Any, index: int) -> float:
    return float(value) if isinstance(value, (int, float)) else float(value[index])
