"""One animal out of a cohort: as a plain Stable-Baselines3 model, as its zip file, or as safetensors with a JSON description."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces
from safetensors.torch import save
from stable_baselines3 import PPO

from socialrl.storage.atomic import atomic_file, write_bytes

if TYPE_CHECKING:
    from socialrl.training.cohort.ppo import CohortPPO

_SAFETENSORS_FORMAT = 1


def single_ppo(model: "CohortPPO", index: int) -> PPO:
    """A new `stable_baselines3.PPO` on the processor with animal `index`'s weights, Adam moments and counters, without an env.

    `predict` and `save` work at once, `PPO.load` reads the file where socialrl is not installed; to train on, `set_env` and `learn`.
    Schedules become their value at this point of training, since a schedule may be code of the caller's.
    """
    table = dict(zip(_names(), model._hyperparameters()[index], strict=True))
    with torch.random.fork_rng(devices=[]):
        single = PPO(
            "MlpPolicy",
            None,  # type: ignore[arg-type]
            learning_rate=float(table["learning_rate"]),
            n_steps=model.n_steps,
            batch_size=model.batch_size,
            n_epochs=model.n_epochs,
            gamma=_own(model.gamma, index),
            gae_lambda=_own(model.gae_lambda, index),
            clip_range=float(table["clip_range"]),
            clip_range_vf=None if model.clip_range_vf is None else float(table["clip_range_vf"]),
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


def export_zip(model: "CohortPPO", animal: int | str, path: Path) -> None:
    """Write an animal's SB3 zip file (`PPO.load` reads it) to `path`, whole or not at all; the folder must exist."""
    with atomic_file(Path(path)) as temporary:
        model.animal(animal).save(temporary)


def export_safetensors(model: "CohortPPO", animal: int | str, path: Path) -> None:
    """Write an animal's network to `path` (safetensors, named and shaped as in SB3's policy) and its description beside it (.json).

    The description says how to compute with it: layers in order, activation, what goes in and what comes out.
    """
    index = model.animal_index(animal)
    path = Path(path)
    layout = model.policy.layout
    tensors = layout.unpack(model.policy.weights[index].detach().cpu().numpy())
    activation = "relu" if model.policy.relu else "tanh"
    write_bytes(path, save(tensors))
    description = {
        "format": _SAFETENSORS_FORMAT,
        "animal": model.animal_names[index],
        "seed": int(model.seeds[index]),
        "steps": model.num_timesteps,
        "policy": _chain(layout.networks[0], activation, "logits"),
        "value": _chain(layout.networks[1], activation, "value"),
        "observation": _box(model.observation_space),
        "n_actions": layout.n_actions,
        "compute": "each layer is y = weight @ x + bias, then its activation; action probabilities are softmax(logits)",
    }
    write_bytes(path.with_suffix(".json"), json.dumps(description, indent=1).encode())


def _names() -> tuple[str, ...]:
    from socialrl.training.cohort.update import HYPERPARAMETERS

    return HYPERPARAMETERS


def _own(value: Any, index: int) -> float:
    return float(value) if isinstance(value, (int, float)) else float(value[index])


def _chain(layers: Any, activation: str, output: str) -> list[dict[str, Any]]:
    last = len(layers) - 1
    return [
        {
            "weight": layer.weight_name,
            "bias": layer.bias_name,
            "n_in": layer.n_in,
            "n_out": layer.n_out,
            "activation": output if i == last else activation,
        }
        for i, layer in enumerate(layers)
    ]


def _box(space: spaces.Space) -> dict[str, Any]:
    assert isinstance(space, spaces.Box)
    low, high = ([float(x) for x in bound.ravel()] for bound in (space.low, space.high))
    # JSON has no infinity.
    finite = [None if abs(x) == float("inf") else x for x in [*low, *high]]
    return {"shape": list(space.shape), "low": finite[: len(low)], "high": finite[len(low) :]}
