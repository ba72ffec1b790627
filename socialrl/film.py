"""A film of one test: puts an animal (trained, from a run folder, or one that acts at random) into its world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import gymnasium as gym

from .errors import UserError, unknown
from .rendering import record_frames, write_gif, write_png
from .runs import RunFolder
from .seeding import seed_int

_FPS = 12
_FRAME_EVERY_S = 60.0


def render_test(
    source: RunFolder | str,
    *,
    animal: str | None = None,
    cohousing_h: float = 24.0,
    gain: float | None = None,
    gif: Path | None = None,
    png: Path | None = None,
    seed: int = 1,
    overwrite: bool = False,
) -> str:
    """Write a film and/or the last picture of one test and return in words what was shown.

    `source` is a run (its `animal`, default the first with a trained network, acts with sampled actions) or the id of an
    assay (actions are random). `gain` replaces the receptor gain at test. One frame is taken per simulated minute.
    """
    keywords, name, policy_of = _random(source) if isinstance(source, str) else _trained(source, animal, seed)
    if isinstance(source, str) and animal is not None:
        raise UserError(f"an animal can only be chosen from a run folder, and {source} is an assay")
    if gain is not None:
        keywords["oxtr_gain"] = gain
    env = gym.make(**keywords, render_mode="rgb_array")
    try:
        frames = record_frames(
            env,
            policy_of(env),
            seed=seed_int(seed, "film", "env"),
            options={"cohousing_h": cohousing_h},
            every_s=_FRAME_EVERY_S,
        )
    finally:
        env.close()
    if gif is not None:
        write_gif(frames, gif, fps=_FPS, overwrite=overwrite)
    if png is not None:
        write_png(frames[-1], png, overwrite=overwrite)
    used_gain = keywords.get("oxtr_gain", 1.0)
    return f"{name}, receptor gain {used_gain:.3g}, after {cohousing_h:g} h of cohousing"


def trained_animals(run: RunFolder) -> list[str]:
    """Return the ids of the animals of a run whose networks are there."""
    return sorted(path.stem for path in run.models.glob("[!.]*.zip"))


def _random(assay: str) -> tuple[dict[str, Any], str, Callable[[gym.Env[Any, Any]], Callable[[Any], Any]]]:
    def policy_of(env: gym.Env[Any, Any]) -> Callable[[Any], Any]:
        env.action_space.seed(seed_int(0, "film", "actions"))
        return lambda _observation: env.action_space.sample()

    return {"id": assay}, f"{assay} with random actions", policy_of


def _trained(
    run: RunFolder, animal: str | None, seed: int
) -> tuple[dict[str, Any], str, Callable[[gym.Env[Any, Any]], Callable[[Any], Any]]]:
    trained = trained_animals(run)
    if not trained:
        raise UserError(f"{run.path} has no trained animal yet; continue it with `socialrl resume {run.path}`")
    if animal is not None and animal not in trained:
        raise UserError(f"{run.path}: {unknown('animal', animal, trained, listed_as='trained')}")
    config = run.config
    # The first in the order of the configuration, which names the reference group first.
    in_order = [one for genotype in config.genotypes for one in trained if one.rpartition("-")[0] == genotype]
    animal = animal or (in_order or trained)[0]
    rows = run.read_table("animals")
    rows = rows[rows["animal"] == animal]
    if rows.empty:
        raise UserError(f"{run.path} is damaged: the table animals does not list {animal}")
    row = rows.iloc[0]
    drawn = {name.removeprefix("param_"): float(row[name]) for name in rows.columns if name.startswith("param_")}
    keywords = {
        "id": config.env.id,
        "dt_s": config.env.dt_s,
        "duration_s": config.env.duration_s,
        "arms": dict(config.env.arms),
        "drugs": [drug.model_dump() for drug in config.env.drugs],
        "oxtr_gain": float(row["oxtr_gain"]),
        **config.env.parameters,
        **drawn,
    }

    def policy_of(env: gym.Env[Any, Any]) -> Callable[[Any], Any]:
        import torch

        policy = _load_policy(run.models / f"{animal}.zip", env, config.ppo.net_arch)
        torch.set_num_threads(1)  # a network this small is slower on several threads
        torch.manual_seed(seed_int(seed, "film", "actions"))
        # Sampled, because the most probable action alone turns 60/40 into 100/0.
        return lambda observation: int(policy.predict(observation, deterministic=False)[0])

    return keywords, animal, policy_of


def _load_policy(path: Path, env: gym.Env[Any, Any], net_arch: Sequence[int]) -> Any:
    """Return the policy network saved at `path`, from its weights alone: the pickled rest of the file is not run."""
    from stable_baselines3.common.policies import ActorCriticPolicy
    from stable_baselines3.common.save_util import load_from_zip_file

    policy = ActorCriticPolicy(env.observation_space, env.action_space, lambda _: 0.0, net_arch=list(net_arch))
    try:
        _, weights, _ = load_from_zip_file(path, device="cpu", load_data=False)
        networks: Any = weights["policy"]
        policy.load_state_dict(networks)
    except (ValueError, KeyError, RuntimeError, OSError, BadZipFile) as error:
        raise UserError(f"{path} is damaged: no network for this world can be read ({_first_line(error)})") from error
    policy.set_training_mode(False)
    return policy


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
