"""Checkpoints of a cohort: everything that decides what comes next, so that a killed run ends as if it had not been.

A checkpoint is a folder `checkpoint-<steps of each animal>`: weights and Adam moments (`weights.safetensors`), env,
random streams and last observations (`state.safetensors`), counters and the pending log (`state.json`), and
`manifest.json` with the SHA-256 of each. It is written under another name, flushed to disk and then renamed, so a
folder with the final name is complete; the manifest shows later damage. It holds no code: reading one executes nothing.
"""

import hashlib
import json
import os
import re
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save
from stable_baselines3.common.callbacks import BaseCallback

from socialrl.errors import UserError
from socialrl.storage.atomic import force_to_disk, naming_the_place
from socialrl.training.cohort.ppo import CohortPPO

FORMAT = 1
_WEIGHTS, _ARRAYS, _RECORD, _MANIFEST = "weights.safetensors", "state.safetensors", "state.json", "manifest.json"
_NAME = re.compile(r"checkpoint-(\d{12,})")
_WRITING, _REMOVING = ".writing-", ".removing-"


@dataclass(frozen=True)
class Restored:
    """Which checkpoint was loaded, the caller's own state in it, and newer damaged ones with the reason."""

    path: Path
    steps: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    damaged: dict[Path, str] = field(default_factory=dict)


def save_checkpoint(
    model: CohortPPO,
    folder: Path,
    *,
    keep: int = 2,
    arrays: Mapping[str, np.ndarray] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Path:
    """Write `folder/checkpoint-<steps>` and remove all but the newest `keep`; returns its path.

    Call between updates (as `CohortCheckpoint` does). arrays and notes (JSON) are the caller's own state and come back
    from `load_latest`. An env without `get_state` and `set_state`, or a full disk, raises `UserError`; older
    checkpoints are then unharmed.
    """
    if model.within_rollout:
        raise RuntimeError("a checkpoint is taken between updates: in a callback's on_rollout_start, or after learn()")
    folder = Path(folder)
    name = f"checkpoint-{model.num_timesteps:012d}"
    with naming_the_place(f"write checkpoint {folder / name}"):
        folder.mkdir(parents=True, exist_ok=True)
        for stale in [*folder.glob(f"{_WRITING}*"), *folder.glob(f"{_REMOVING}*")]:
            shutil.rmtree(stale)
        temporary = folder / f"{_WRITING}{name}"
        temporary.mkdir()
        # Written here, because safetensors' own writer hides the system's error for a full disk.
        (temporary / _WEIGHTS).write_bytes(save(_weight_arrays(model)))
        (temporary / _ARRAYS).write_bytes(save(_state_arrays(model, arrays or {})))
        (temporary / _RECORD).write_text(json.dumps(_record(model, notes or {}), indent=1))
        files = {part: _sha256(temporary / part) for part in (_WEIGHTS, _ARRAYS, _RECORD)}
        for part in files:
            force_to_disk(temporary / part)
        (temporary / _MANIFEST).write_text(json.dumps({"format": FORMAT, "sha256": files}, indent=1))
        force_to_disk(temporary / _MANIFEST)
        force_to_disk(temporary)
        _place(temporary, folder / name)
        for old in checkpoints(folder)[keep:]:
            _remove(old)
    return folder / name


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, newest (most steps) first; damaged ones included."""
    found = [
        (int(match[1]), path) for path in Path(folder).glob("checkpoint-*") if (match := _NAME.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found, reverse=True)]


def damage(path: Path) -> str | None:
    """What is wrong with a checkpoint's files, or None if they are as they were written."""
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
        if manifest["format"] != FORMAT:
            return f"format {manifest['format']} is not {FORMAT}"
        for part in (_WEIGHTS, _ARRAYS, _RECORD):
            if not (path / part).is_file():
                return f"{part} is missing"
            if _sha256(path / part) != manifest["sha256"][part]:
                return f"{part} does not have the checksum it was written with"
    except FileNotFoundError:
        return f"{_MANIFEST} is missing"
    except (KeyError, TypeError, ValueError):  # ValueError: not JSON, or not text
        return f"{_MANIFEST} cannot be read"
    return None


def load_latest(model: CohortPPO, folder: Path) -> Restored:
    """Put the newest undamaged checkpoint of `folder` into a model built with the same settings and a fresh env.

    Continue with `model.learn(total - model.num_timesteps, reset_num_timesteps=False)`. A damaged checkpoint is named
    in a warning and the one before it is used. No usable checkpoint, or one of another cohort (animals, lives, n_steps,
    network), raises `UserError`.
    """
    found = checkpoints(folder)
    if not found:
        raise UserError(f"no checkpoint in {folder}")
    damaged: dict[Path, str] = {}
    for path in found:
        reason = damage(path)
        if reason is None:
            arrays, notes = _restore(model, path)
            return Restored(path, model.num_timesteps, arrays, notes, damaged)
        damaged[path] = reason
        warnings.warn(f"checkpoint {path} is damaged ({reason}); trying the one before it", stacklevel=2)
    listing = "; ".join(f"{path.name}: {reason}" for path, reason in damaged.items())
    raise UserError(f"every checkpoint in {folder} is damaged: {listing}")


class CohortCheckpoint(BaseCallback):
    """Saves a checkpoint about every `every` steps of an animal (at the next update's end), and at the end of training.

    extra: called as `extra()` -> (arrays, notes), the caller's own state to keep beside the model's.
    """

    def __init__(self, folder: Path, every: int, keep: int = 2, extra: Any = None) -> None:
        super().__init__()
        self.folder, self.every, self.keep, self.extra = Path(folder), every, keep, extra
        self._saved_at = 0

    def save(self) -> Path:
        """Save now; only between updates."""
        arrays, notes = self.extra() if self.extra is not None else ({}, {})
        self._saved_at = self.model.num_timesteps
        return save_checkpoint(self.model, self.folder, keep=self.keep, arrays=arrays, notes=notes)  # type: ignore[arg-type]

    def _on_training_start(self) -> None:
        self._saved_at = self.model.num_timesteps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.model.num_timesteps - self._saved_at >= self.every:
            self.save()

    def _on_training_end(self) -> None:
        # A callback may have stopped training within a rollout, whose steps so far are lost: then the last checkpoint
        # is kept.
        if self.model.num_timesteps > self._saved_at and not self.model.within_rollout:  # type: ignore[attr-defined]
            self.save()


def _weight_arrays(model: CohortPPO) -> dict[str, np.ndarray]:
    mean, square, step = (tensor.cpu().numpy() for tensor in model.policy.optimizer.moments())
    weights = model.policy.weights.detach().cpu().numpy()
    return {"weights": weights, "adam.exp_avg": mean, "adam.exp_avg_sq": square, "adam.step": step}


def _state_arrays(model: CohortPPO, extra: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    env = model.env
    if not (hasattr(env, "get_state") and hasattr(env, "set_state")):
        raise UserError(f"{type(env).__name__} has no get_state and set_state, so a run on it cannot be checkpointed")
    assert model.streams is not None
    own = {
        "last_obs": model._last_obs,
        "last_episode_starts": model._last_episode_starts,
        "episode_returns": model._episode_returns,
        "episode_lengths": model._episode_lengths,
    }
    groups = {"own": own, "env": env.get_state(), "streams": model.streams.get_state(), "extra": extra}  # type: ignore[union-attr]
    return {
        f"{group}/{name}": np.array(array, order="C")
        for group, members in groups.items()
        for name, array in members.items()
    }


def _record(model: CohortPPO, notes: Mapping[str, Any]) -> dict[str, Any]:
    logger = model.logger
    return {
        "cohort": _identity(model),
        "num_timesteps": model.num_timesteps,
        "n_updates": model._n_updates,
        "iteration": model.iteration,
        "episodes": list(model.ep_info_buffer or ()),
        "successes": [float(success) for success in model.ep_success_buffer or ()],
        "pending_log": {
            name: (float(value), logger.name_to_count[name], list(logger.name_to_excluded.get(name) or ()))
            for name, value in logger.name_to_value.items()
            if np.isscalar(value) and not isinstance(value, str)
        },
        "notes": dict(notes),
    }


def _identity(model: CohortPPO) -> dict[str, Any]:
    return {
        "animals": model.animal_names,
        "lives": model.n_lives,
        "n_steps": model.n_steps,
        "network": [[layer.n_in, layer.n_out] for layer in model.policy.layout.layers()],
    }


def _restore(model: CohortPPO, path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    record = json.loads((path / _RECORD).read_text())
    for key, expected in _identity(model).items():
        if record["cohort"][key] != expected:
            raise UserError(f"checkpoint {path} is of another cohort: {key} {record['cohort'][key]}, here {expected}")
    stored = load_file(path / _WEIGHTS)
    model.policy.weights.data.copy_(torch.from_numpy(stored["weights"]))
    for tensor, name in zip(model.policy.optimizer.moments(), ("exp_avg", "exp_avg_sq", "step"), strict=True):
        tensor.copy_(torch.from_numpy(stored[f"adam.{name}"]))
    groups: dict[str, dict[str, np.ndarray]] = {"own": {}, "env": {}, "streams": {}, "extra": {}}
    for name, array in load_file(path / _ARRAYS).items():
        group, _, member = name.partition("/")
        groups[group][member] = array
    own = groups["own"]
    model._last_obs, model._last_episode_starts = own["last_obs"], own["last_episode_starts"]
    model._episode_returns, model._episode_lengths = own["episode_returns"].copy(), own["episode_lengths"].copy()
    assert model.streams is not None
    model.streams.set_state(groups["streams"])
    try:
        model.env.set_state(groups["env"])  # type: ignore[union-attr]
    except UserError as error:
        raise UserError(f"checkpoint {path} cannot be used: {error}") from error
    model.num_timesteps, model._n_updates = record["num_timesteps"], record["n_updates"]
    model.iteration = record["iteration"]
    model.restore_episodes(record["episodes"], record["successes"])
    model.pending_log = record["pending_log"]
    return groups["extra"], record["notes"]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(temporary: Path, path: Path) -> None:
    """Give a complete checkpoint its name; one of the same steps (from before a resume) is removed first."""
    _remove(path)
    os.replace(temporary, path)
    force_to_disk(path.parent)


def _remove(path: Path) -> None:
    """Remove a checkpoint; renamed first, so that a kill leaves nothing that looks like a checkpoint."""
    if path.exists():
        doomed = path.with_name(f"{_REMOVING}{path.name}")
        os.replace(path, doomed)
        shutil.rmtree(doomed)
