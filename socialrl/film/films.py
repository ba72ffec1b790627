"""A film of one test: puts an animal (trained, from a run folder, or one that acts at random) into its world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from socialrl.animals.animal import animals_of
from socialrl.animals.companions import FrozenCompanionsEnv, frozen_companions, random_companions
from socialrl.animals.policies import FrozenPolicies, load_trained
from socialrl.drawing.groups import Group, group_of
from socialrl.errors import UserError, command, unknown
from socialrl.film.banner import with_banner
from socialrl.film.frames import record_frames, write_gif, write_png
from socialrl.seeding import generator, seed_int
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS, SocialEnv

_FPS = 12
_FRAME_EVERY_S = 60.0
_FRAMES = 180  # of a long test; a film of days shows them at longer intervals

Policy = Callable[[np.ndarray], int]


def render_test(
    source: RunFolder | str,
    *,
    animal: str | None = None,
    cohousing_h: float = 24.0,
    session: str | None = None,
    gain: float | None = None,
    gif: Path | None = None,
    png: Path | None = None,
    seed: int = 1,
    overwrite: bool = False,
    every_s: float | None = None,
    width_px: int | None = None,
) -> str:
    """Write a film and/or the last picture of one test and return in words what was shown.

    `source` is a run (its `animal`, default the first with a trained network, acts with sampled actions) or the id of
    an assay (actions are random). `session` is one of the assay's; without it one is drawn, of those in training where
    the source is a run. `gain` replaces the receptor gain at test. A frame is taken every `every_s` seconds
    of the test (default: every minute, in a test of more than three hours 180 times); `width_px` shrinks the film. A
    trained animal's film has a banner in the colour of its group. Of animals that share a habitat, each is played by
    its own network.
    """
    if isinstance(source, str):
        if animal is not None:
            raise UserError(f"an animal can only be chosen from a run folder, and {source} is an assay")
        actor = _at_random(source)
    else:
        actor = _trained(source, animal)
    table = ASSAYS[actor.assay].session_table
    if session is not None and session not in table:
        raise UserError(f"--session: {unknown('session', session, table)}")
    sessions = actor.sessions if session is None else (session,)
    keywords = actor.world if gain is None else {**actor.world, "oxtr_gain": gain}
    env = actor.make(**keywords, render_mode="rgb_array")
    try:
        frames = record_frames(
            env,
            actor.policy(env, generator(seed, "film", "actions")),
            seed=seed_int(seed, "film", "env"),
            options={"cohousing_h": cohousing_h, **({} if sessions is None else {"session": list(sessions)})},
            every_s=max(_FRAME_EVERY_S, _duration_s(env) / _FRAMES) if every_s is None else every_s,
        )
    finally:
        env.close()
    if actor.group is not None:
        frames = with_banner(frames, actor.group, actor.name, actor.world["sex"])
    if gif is not None:
        write_gif(frames, gif, fps=_FPS, overwrite=overwrite, width_px=width_px)
    if png is not None:
        write_png(frames[-1], png, overwrite=overwrite)
    sex = f", {actor.world['sex']}" if "sex" in actor.world else ""
    return f"{actor.name}{sex}, receptor gain {keywords['oxtr_gain']:.3g}, after {cohousing_h:g} h of cohousing"


def _duration_s(env: gym.Env[Any, Any]) -> float:
    assert isinstance(env.unwrapped, SocialEnv)
    return env.unwrapped.world.duration_s


@dataclass(frozen=True)
class _Actor:
    """Who acts in which world: `make` is called with `world`; `network` is None for random actions, `group` too.

    `sessions` are those in training, None for all that the assay draws from.
    """

    name: str
    assay: str
    make: Callable[..., gym.Env[Any, Any]]
    world: dict[str, Any]
    network: FrozenPolicies | None
    group: Group | None = None
    sessions: tuple[str, ...] | None = None

    def policy(self, env: gym.Env[Any, Any], rng: np.random.Generator) -> Policy:
        space = env.action_space
        assert isinstance(space, gym.spaces.Discrete)
        n_actions, network = int(space.n), self.network
        if network is None:
            return lambda _observation: int(rng.integers(n_actions))
        shape = env.observation_space.shape
        if shape != (network.n_features,):
            raise UserError(
                f"{self.name}: the network takes {network.n_features} observation channels, the world gives {shape}"
            )
        # Sampled, because the most probable action alone turns 60/40 into 100/0.
        return lambda observation: int(rng.choice(n_actions, p=network.probabilities(observation[None])[0]))


def _at_random(assay: str) -> _Actor:
    """All animals act at random; the film follows the first of them."""
    if len(ASSAYS[assay].acting) > 1:
        make: Callable[..., gym.Env[Any, Any]] = partial(FrozenCompanionsEnv, random_companions(ASSAYS[assay]))
    else:
        make = partial(gym.make, assay)
    return _Actor(f"{assay} with random actions", assay, make, {"oxtr_gain": 1.0}, None)


def _trained(run: RunFolder, name: str | None) -> _Actor:
    config = run.config
    # In the order of the configuration, which names the reference group first.
    trained = {one.id: one for one in animals_of(config) if run.has_network(one.id)}
    if not trained:
        raise UserError(f"{run.path} has no trained animal yet; continue it with `{command('resume', run.path)}`")
    if name is not None and name not in trained:
        raise UserError(f"{run.path}: {unknown('animal', name, trained, listed_as='trained')}")
    animal = trained[name or next(iter(trained))]
    if animal.habitat:
        make: Callable[..., gym.Env[Any, Any]] = partial(FrozenCompanionsEnv, frozen_companions(run, animal.id))
    else:
        make = partial(gym.make, config.env.id)
    world = {
        "dt_s": config.env.dt_s,
        "duration_s": config.env.duration_s,
        "sex": animal.sex,
        "table": animal.table,
        "arms": animal.arms,
        "drugs": [drug.model_dump() for drug in config.env.drugs_of_tests],
        "attachment": config.env.attachment,
        "tones_apart": config.env.tones_apart,
        **animal.parameters,
    }
    own = config.genotypes[animal.genotype]
    group = group_of(animal.genotype, own.oxtr_gain, changed=bool(own.arms or own.parameters))
    networks = FrozenPolicies([load_trained(run, animal.id)])
    return _Actor(animal.id, config.env.id, make, world, networks, group, config.env.reset.session)
