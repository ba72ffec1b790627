"""What the caller of `CohortPPO` gave: whether it fits together, and what it means for each animal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecNormalize, unwrap_vec_wrapper

from socialrl.errors import UserError
from socialrl.training.cohort.hyperparameters import AnimalSchedule


def check_arguments(model: Any) -> None:
    """Raise `UserError`, one line, for the first argument of a `CohortPPO` that its animals cannot learn with."""
    if model.n_animals < 1:
        raise UserError(f"n_animals must be at least 1, got {model.n_animals}")
    if model.n_envs % model.n_animals:
        raise UserError(
            f"env has {model.n_envs} rows, which {model.n_animals} animals cannot share equally;"
            " rows must be n_animals * n_lives, animal-major"
        )
    for name, given in (("seeds", model.seeds), ("animal_names", model.animal_names)):
        if len(given) != model.n_animals:
            raise UserError(f"{name}: {len(given)} given for {model.n_animals} animals")
    n_samples = model.n_lives * model.n_steps
    for name, number in (("n_steps", model.n_steps), ("n_epochs", model.n_epochs), ("batch_size", model.batch_size)):
        if number < 1:
            raise UserError(f"{name} must be at least 1, got {number}")
    if model.normalize_advantage and min(model.batch_size, n_samples) < 2:
        raise UserError(
            "normalize_advantage needs minibatches of at least 2 samples of an animal,"
            f" got batch_size {model.batch_size} and {n_samples} samples (n_lives * n_steps)"
        )
    numbers_of_each("gamma", model.gamma, model.n_animals)
    numbers_of_each("gae_lambda", model.gae_lambda, model.n_animals)
    if model.env is not None and unwrap_vec_wrapper(model.env, VecNormalize) is not None:
        raise UserError("VecNormalize averages over all rows and would mix the animals of a cohort; remove it")


def numbers_of_each(name: str, value: float | Sequence[float] | np.ndarray, n_animals: int) -> np.ndarray:
    """Return one number from 0 to 1 for each animal, (n_animals,) float64."""
    return AnimalSchedule(name, value, n_animals, high=1.0)(1.0)


def derived_seeds(seed: int | None, n_animals: int) -> list[int]:
    """Return the animals' seeds: animal 0 has the seed itself, as in Stable-Baselines3, animal i the i-th child.

    Without a seed, all are drawn.
    """
    root = np.random.SeedSequence(seed)
    children = [
        int(np.random.SeedSequence(root.entropy, spawn_key=(i,)).generate_state(1)[0]) for i in range(n_animals)
    ]
    return children if seed is None else [seed, *children[1:]]
