"""The test protocol: frozen animals play tests, sampled actions, one row per animal, test and repeat.

Nothing learns here. Actions are sampled from the policy, never the most likely one: the argmax would turn a 60/40
preference into 100/0. Random numbers come from streams of their own, the same in all groups, so that groups are
compared in pairs; they do not depend on how many animals are tested together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from socialrl_envs import SocialVectorEnv
from socialrl_envs.noise import fill_uniform
from socialrl_envs.rewards import TERMS

from . import seeding
from .animals import Animal, animals_of, per_row
from .config import Config, TestCondition
from .errors import UserError
from .policies import FrozenPolicies, load_policy
from .progress import Progress
from .runs import RunFolder
from .traces import Tracer

_ROWS_AT_ONCE = 4096


def play_tests(
    config: Config,
    animals: Sequence[Animal],
    policies: FrozenPolicies,
    tests: Sequence[TestCondition],
    *,
    repeats: int,
    purpose: str,
    steps: int,
    tracer: Tracer | None = None,
) -> pd.DataFrame:
    """Return one row per animal, test and repeat: common columns, `steps`, the test, reward sums and raw counters.

    `purpose` names the random streams ("probe", "evaluation"): the same purpose plays the same tests again, so that
    probes at different steps differ by what was learned. `steps` is written into the rows as it is.
    """
    block = [(test, repeat) for test in tests for repeat in range(repeats)]
    rows = [(animal, test, repeat) for animal in animals for test, repeat in block]
    own: dict[str, Any] = dict(per_row(list(animals), len(block)))
    env = gym.make_vec(
        config.env.id,
        num_envs=len(rows),
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.DISABLED,
        dt_s=config.env.dt_s,
        duration_s=config.env.duration_s,
        arms=dict(config.env.arms),
        drugs=[drug.model_dump() for drug in config.env.drugs],
        **own,
    ).unwrapped
    assert isinstance(env, SocialVectorEnv)
    path = [(purpose, animal.index, test.name, repeat) for animal, test, repeat in rows]
    seeds = np.array([seeding.seed_int(config.seed, "test", *one) for one in path])
    keys = np.array([seeding.seed_int(config.seed, "choice", *one) for one in path], dtype=np.uint64)
    for test in tests:
        mask = np.array([one.name == test.name for _, one, _ in rows])
        history = {
            "cohousing_h": test.cohousing_h,
            "relationship": test.relationship,
            "separation_h": test.separation_h,
        }
        observations, _ = env.reset(seed=seeds.tolist(), options={"reset_mask": mask, **history})
    sums, record = _play(env, policies, observations, keys, tracer, rows)
    columns: dict[str, Any] = {
        **{name: [animal.common()[name] for animal, _, _ in rows] for name in animals[0].common()},
        "steps": steps,
        "test": [test.name for _, test, _ in rows],
        "assay": config.env.id,
        "repeat": [repeat for _, _, repeat in rows],
        "seed": seeds,
        "return": sums.sum(axis=0),
        **{f"reward_{term}": sums[k] for k, term in enumerate(TERMS)},
        **{name: list(column) if column.ndim > 1 else column for name, column in record.items()},
    }
    return pd.DataFrame(columns)


def _play(
    env: SocialVectorEnv,
    policies: FrozenPolicies,
    observations: NDArray[np.float32],
    keys: NDArray[np.uint64],
    tracer: Tracer | None,
    rows: Sequence[tuple[Animal, TestCondition, int]],
) -> tuple[NDArray[np.float64], Mapping[str, NDArray[Any]]]:
    """Play to the end; return the sums of the reward terms (n_terms, n_rows) and the records."""
    if policies.n_features != observations.shape[1]:
        raise UserError(
            f"the networks take {policies.n_features} observation channels, {env.assay.id} gives {observations.shape[1]}"
        )
    if tracer is not None:
        tracer.follow(rows)
    sums = np.zeros((len(TERMS), len(rows)))
    chance = np.empty(len(rows))
    for tick in range(env.world.stage.n_ticks):
        fill_uniform(keys, tick, chance)
        ladder = np.cumsum(policies.probabilities(observations), axis=1)
        # scaled by its own end, because rounding may leave the ladder a hair short of 1
        actions = (ladder <= chance[:, None] * ladder[:, -1:]).sum(axis=1)
        observations, _, _, _, info = env.step(actions)
        for total, term in zip(sums, info["reward_terms"].values(), strict=True):
            total += term
        if tracer is not None:
            tracer.note(env, actions)
    return sums, info["record"]


def load_policies(run: RunFolder, animals: Sequence[Animal]) -> FrozenPolicies:
    """Return the trained networks of `animals`."""
    return FrozenPolicies([load_policy(run.models / f"{animal.id}.safetensors") for animal in animals])


def evaluate_run(run: RunFolder, *, repeats: int | None = None, progress: Progress) -> None:
    """Play the evaluation tests of a run's configuration and write the tables `evaluation` and `traces`.

    Animals that are not finished yet are left out; a run without any raises `UserError`.
    """
    config = run.config
    tests = config.evaluation.tests or config.probes.tests
    if not tests:
        raise UserError(f"{run.path / 'config.yaml'} names no tests; add evaluation.tests")
    animals = [one for one in animals_of(config) if (run.models / f"{one.id}.safetensors").exists()]
    if not animals:
        raise UserError(f"{run.path} has no trained animal yet; continue it with `socialrl resume {run.path}`")
    repeats = config.evaluation.repeats if repeats is None else repeats
    steps = run.read_table("animals").set_index("animal")["steps"]
    tracer = Tracer()
    pieces = []
    at_once = max(1, _ROWS_AT_ONCE // (len(tests) * repeats))
    for first in range(0, len(animals), at_once):
        progress.update(first, len(animals), "animals tested")
        some = animals[first : first + at_once]
        policies = load_policies(run, some)
        piece = play_tests(config, some, policies, tests, repeats=repeats, purpose="evaluation", steps=0, tracer=tracer)
        pieces.append(piece.assign(steps=piece["animal"].map(steps)))
    progress.update(len(animals), len(animals), "animals tested")
    run.write_table("evaluation", pd.concat(pieces, ignore_index=True), csv=True)
    run.write_table("traces", tracer.table())
