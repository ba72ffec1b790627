"""One animal out of a cohort in files: as Stable-Baselines3's zip, or as safetensors with a JSON description."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from safetensors.torch import save

from socialrl.storage.atomic import atomic_file, write_bytes
from socialrl.training.cohort.ppo import CohortPPO

_SAFETENSORS_FORMAT = 1


def export_zip(model: CohortPPO, animal: int | str, path: Path) -> None:
    """Write an animal's SB3 zip file (`PPO.load` reads it) to `path`, whole or not at all; the folder must exist."""
    with atomic_file(Path(path)) as temporary:
        model.animal(animal).save(temporary)


def weights_of(model: CohortPPO, index: int) -> dict[str, NDArray[np.float32]]:
    """Return the network of animal number `index` by name, as `FrozenPolicies` and safetensors take it."""
    tensors = model.policy.layout.unpack(model.policy.weights[index].detach().cpu().numpy())
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def export_safetensors(model: CohortPPO, animal: int | str, path: Path) -> None:
    """Write an animal's network to `path` (safetensors, named and shaped as in SB3's policy) and its description beside
    it (.json).

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


def _box(space: spaces.Space[Any]) -> dict[str, Any]:
    assert isinstance(space, spaces.Box)
    low, high = ([float(x) for x in bound.ravel()] for bound in (space.low, space.high))
    # JSON has no infinity.
    finite = [None if abs(x) == float("inf") else x for x in [*low, *high]]
    return {"shape": list(space.shape), "low": finite[: len(low)], "high": finite[len(low) :]}
