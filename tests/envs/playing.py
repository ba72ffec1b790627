"""Playing the worlds in tests: make environments, aim at an animal by name, play actions and keep everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from socialrl_envs import ASSAYS, SocialEnv, SocialVectorEnv

PARTNER_PREFERENCE = "socialrl/PartnerPreference-v0"
EVERY_ASSAY = sorted(ASSAYS)
EVERY_SINGLE = [env_id for env_id in EVERY_ASSAY if len(ASSAYS[env_id].acting) == 1]
FOCAL, PARTNER, STRANGER = range(3)
REST, EXPLORE = 0, 1
ONE_DOPAMINE = dict.fromkeys(("peer_dopamine_free", "mate_dopamine_need", "tone_as_work"), 0.0)
"""Every bond with a receptor needs D2 tone, and the D1 tone is perceived by itself."""
SWITCHED_OFF = {
    **dict.fromkeys(("settling_worth", "activity_budget", "uncertainty_cost", "recognition_lasting", "day_calm"), 0.0),
    **dict.fromkeys(("compensation_share", "v1a_recall", "defence_habituation"), 0.0),
    **ONE_DOPAMINE,
}
"""Every mechanism that the parameter table has on, switched off: what is left are the equations of table v1."""


def make_single(env_id: str = PARTNER_PREFERENCE, **arguments: Any) -> SocialEnv:
    """Return the bare single environment."""
    env = gym.make(env_id, **arguments).unwrapped
    assert isinstance(env, SocialEnv)
    return env


def make_rows(n_rows: int, env_id: str = PARTNER_PREFERENCE, **arguments: Any) -> SocialVectorEnv:
    """Return the bare native vector environment with `n_rows` rows."""
    env = gym.make_vec(env_id, num_envs=n_rows, vectorization_mode="vector_entry_point", **arguments).unwrapped
    assert isinstance(env, SocialVectorEnv)
    return env


def make_worlds(n_worlds: int, env_id: str, **arguments: Any) -> SocialVectorEnv:
    """Return the native vector environment with `n_worlds` worlds, whatever the number of rows in each."""
    return make_rows(n_worlds * len(ASSAYS[env_id].acting), env_id, **arguments)


def mates_that_act(env_id: str) -> bool:
    """Whether two that both act may be mates, so that their sexes have to fit the relationship."""
    assay = ASSAYS[env_id]
    return len(assay.acting) > 1 and "mate" in assay.relationships


def random_actions(env: SocialVectorEnv, n_ticks: int, seed: int = 1) -> NDArray[np.int64]:
    """Return uniformly random actions, (n_ticks, n_rows)."""
    return np.random.default_rng(seed).integers(0, env.world.n_actions, (n_ticks, env.num_envs))


def toward(env: SocialEnv | SocialVectorEnv, animal: int) -> NDArray[np.int64]:
    """Return the affiliate action that aims at `animal` in every row (n_rows,): slots differ from row to row."""
    return 2 + _slot(env, animal)


def against(env: SocialEnv | SocialVectorEnv, animal: int) -> NDArray[np.int64]:
    """Return the reject action that aims at `animal` in every row (n_rows,)."""
    return 2 + (env.world.assay.n_animals - 1) + _slot(env, animal)


def _slot(env: SocialEnv | SocialVectorEnv, animal: int) -> NDArray[np.int64]:
    return np.argmax(env.world.batch.slots[:, 0] == animal, axis=1)


def channel(env: SocialEnv | SocialVectorEnv, name: str) -> int:
    """Return the index of an observation channel by its name."""
    return env.observation_names.index(name)


@dataclass
class Played:
    """What came out of `n_ticks` ticks: arrays with ticks first, rows second."""

    observations: NDArray[np.float32]
    rewards: NDArray[np.float64]
    truncated: NDArray[np.bool_]
    terms: dict[str, NDArray[np.float64]]
    infos: list[dict[str, Any]]


def play(env: SocialVectorEnv, actions: NDArray[np.int64]) -> Played:
    """Play `actions` (n_ticks, n_rows), or one action for every row and tick where it has shape (n_ticks,)."""
    out = [env.step(np.broadcast_to(tick, env.num_envs)) for tick in actions]
    observations, rewards, terminated, truncated, infos = zip(*out, strict=True)
    assert not np.any(terminated), "a test of fixed length never terminates"
    terms = {name: np.array([info["reward_terms"][name] for info in infos]) for name in infos[0]["reward_terms"]}
    return Played(np.array(observations), np.array(rewards), np.array(truncated), terms, list(infos))


def assert_identical(a: Played, b: Played, rows_a: Any = slice(None), rows_b: Any = slice(None)) -> None:
    """Assert that the given rows of two plays are the same to the last bit."""
    np.testing.assert_array_equal(a.observations[:, rows_a], b.observations[:, rows_b])
    np.testing.assert_array_equal(a.rewards[:, rows_a], b.rewards[:, rows_b])
    np.testing.assert_array_equal(a.truncated[:, rows_a], b.truncated[:, rows_b])
    for name in a.terms:
        np.testing.assert_array_equal(a.terms[name][:, rows_a], b.terms[name][:, rows_b], err_msg=name)


def until_together(env: SocialEnv, animal: int) -> None:
    """Let the focal animal walk to `animal` and stop there; a world of one row, placed in the centre."""
    here = env.world.batch.animals[0]
    while here["chamber"][FOCAL] != here["chamber"][animal] or here["travel_s"][FOCAL] > 0.0:
        env.step(toward(env, animal)[0])


@contextmanager
def mid_episode(env: SocialVectorEnv, n_ticks: int = 37, seed: int = 5) -> Iterator[SocialVectorEnv]:
    """Reset and play a while, so that a test starts from a state that is nobody's default."""
    env.reset(seed=seed)
    play(env, random_actions(env, n_ticks, seed))
    yield env
    env.close()
