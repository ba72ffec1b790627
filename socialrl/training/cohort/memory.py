"""Whether a cohort fits in memory, asked before anything is built."""

import torch

from socialrl import budget
from socialrl.errors import UserError
from socialrl.training.cohort.buffer import CohortBuffer
from socialrl.training.cohort.layout import NetworkLayout
from socialrl.training.cohort.policy import CohortPolicy


def bytes_per_animal(layout: NetworkLayout, n_lives: int, n_steps: int, n_epochs: int) -> int:
    """Memory per animal, bytes: weights, Adam moments, rollout arrays and sample orders, without its env."""
    orders = 4 * n_epochs * n_lives * n_steps
    return (
        CohortPolicy.bytes_per_animal(layout)
        + CohortBuffer.bytes_per_animal(n_lives, n_steps, layout.n_observations)
        + orders
    )


def available_bytes(device: torch.device) -> int | None:
    """Free memory of the device, bytes; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return budget.free_bytes()


def check_memory(
    layout: NetworkLayout, n_animals: int, n_lives: int, n_steps: int, n_epochs: int, available: int | None
) -> None:
    """Raise `UserError` with the number of animals that would fit, if these do not; `available` in bytes."""
    if available is None:
        return
    per_animal = bytes_per_animal(layout, n_lives, n_steps, n_epochs)
    if n_animals * per_animal <= budget.SHARE * available:
        return
    fit = int(budget.SHARE * available // per_animal)
    rows = max(int(budget.SHARE * available / n_animals - CohortPolicy.bytes_per_animal(layout)), 0)
    per_step = per_animal - CohortPolicy.bytes_per_animal(layout)
    steps = int(rows * n_steps // per_step)
    raise UserError(
        f"a cohort of {n_animals} animals with {n_lives} lives and n_steps {n_steps} needs"
        f" {budget.gib(n_animals * per_animal)} of memory, and {budget.gib(int(budget.SHARE * available))} can be "
        "used;"
        f" {fit} animals would fit, or n_steps {steps} with {n_animals} animals"
    )
