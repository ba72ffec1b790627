"""A group habitat with one free place: the seven other animals are played by frozen networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies, load_trained
from socialrl.errors import UserError, unknown
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import SocialEnv
from socialrl_envs.assays.group_habitat import GROUP_HABITAT, GROUP_MEMBER, N_ANIMALS
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.noise import fill_uniform
from socialrl_envs.observation import space
from socialrl_envs.parameters import rows_of
from socialrl_envs.single import action_names
from socialrl_envs.vocabulary import SEXES
from socialrl_envs.world import World

N_COMPANIONS = N_ANIMALS - 1


@dataclass(frozen=True)
class FrozenCompanions:
    """Seven animals that no longer learn: the partner first, then the three other pairs.

    `policies` are their networks (75 channels in, 16 actions out), `parameters` and `arms` what differs from the table
    in each of them, `sexes` female or male. `world` are the arguments of `FrozenCompanionsEnv` that they were trained
    with: length of a tick and of a test, parameter table, cohousing, drugs, attachment.
    """

    names: tuple[str, ...]
    policies: FrozenPolicies
    parameters: tuple[Mapping[str, float], ...]
    arms: tuple[Mapping[str, str], ...]
    world: Mapping[str, Any]
    sexes: tuple[str, ...] = (SEXES[0],) * N_COMPANIONS

    def __post_init__(self) -> None:
        counts = {len(self.names), self.policies.n_animals, len(self.parameters), len(self.arms), len(self.sexes)}
        if counts != {N_COMPANIONS}:
            raise UserError(f"companions must be {N_COMPANIONS}, each with a name, a network, parameters and arms")


def frozen_companions(run: RunFolder | str | Path, replacing: str | None = None) -> FrozenCompanions:
    """Return the companions of the trained animal `replacing` (default: the first) in a run of the group habitat.

    These are the seven animals that shared its habitat; an environment gives its place to another animal. A run of
    another assay, an unknown animal or one whose companions have no network yet raises `UserError`.
    """
    run = run if isinstance(run, RunFolder) else RunFolder.open(run)
    config = run.config
    if config.env.id != GROUP_HABITAT.id:
        raise UserError(f"{run.path} has no companions: it was trained in {config.env.id}, not in {GROUP_HABITAT.id}")
    animals = {one.id: one for one in animals_of(config)}
    if replacing is not None and replacing not in animals:
        raise UserError(f"{run.path}: {unknown('animal', replacing, animals)}")
    focal = animals[replacing or next(iter(animals))]
    others = [one for one in animals.values() if one.habitat == focal.habitat and one is not focal]
    # the cage mate first; the other pairs stay together
    others.sort(key=lambda one: (one.index // 2 != focal.index // 2, one.index))
    return FrozenCompanions(
        names=tuple(one.id for one in others),
        policies=FrozenPolicies([load_trained(run, one.id) for one in others]),
        parameters=tuple(one.parameters for one in others),
        arms=tuple(one.arms for one in others),
        world={
            "dt_s": config.env.dt_s,
            "duration_s": config.env.duration_s,
            "table": config.env.table,
            "cohousing_h": list(config.env.reset.cohousing_h),
            "separation_h": list(config.env.reset.separation_h),
            "drugs": [drug.model_dump() for drug in config.env.drugs],
            "attachment": config.env.attachment,
        },
        sexes=tuple(one.sex for one in others),
    )


def random_companions() -> FrozenCompanions:
    """Return seven animals with the table's parameters that choose every action with equal probability."""
    n_features = space(len(GROUP_HABITAT.habitat.names), N_COMPANIONS).shape[0]
    n_actions = len(action_names(GROUP_HABITAT))
    nothing_learned = {
        "action_net.weight": np.zeros((n_actions, n_features), np.float32),
        "action_net.bias": np.zeros(n_actions, np.float32),
    }
    none: tuple[Mapping[str, Any], ...] = ({},) * N_COMPANIONS
    return FrozenCompanions(GROUP_MEMBER.animals[1:], FrozenPolicies([nothing_learned] * N_COMPANIONS), none, none, {})


class FrozenCompanionsEnv(SocialEnv):
    """One vole of the group habitat acts and may learn; the seven others are trained animals that no longer learn.

    The others see, feel and act as in `GroupHabitatVectorEnv`, each by its own network and parameters, with actions
    sampled from its policy. The acting animal takes the place of one of them (`frozen_companions`); its partner is that
    one's cage mate. For learners with one agent, and to study one animal among given others:

        companions = frozen_companions("runs/group_habitat", replacing="wt-03")
        env = FrozenCompanionsEnv(companions, oxtr_gain=0.0)

    **Actions** (`Discrete(16)`, names in `env.action_names`), **observation** (`Box`, float32, 75 channels, names in
    `env.observation_names`), **reward** and `record` are those of `GroupMemberEnv`, whose page describes them.

    **Episode.** `duration_s` seconds in ticks of `dt_s`, then truncation; it never terminates. `reset(seed=…)` alone
    reproduces everything, the companions' choices among it.

    **Arguments.** `companions`; all others are those of `GroupMemberEnv` without `others`, with the companions' `world`
    and the partner's sex as defaults. Parameters by name and `arms` are those of the acting animal, drugs act on all
    eight.
    """

    assay = replace(GROUP_HABITAT, animals=GROUP_MEMBER.animals)

    def __init__(self, companions: FrozenCompanions, **arguments: Any) -> None:
        self.companions = companions
        theirs = companions.world.get("table", CURRENT)
        if arguments.get("table", theirs) != theirs:
            raise UserError(
                f"table must be {theirs}, which the companions were trained with, got {arguments['table']!r}"
            )
        super().__init__(**{**companions.world, "sex": companions.sexes[0], **arguments})
        fits = (self.observation_space.shape[0], self.world.n_actions)
        has = (companions.policies.n_features, companions.policies.n_actions)
        if has != fits:
            raise UserError(
                f"the companions' networks take {has[0]} observation channels and choose from {has[1]} actions, "
                f"a group habitat has {fits[0]} and {fits[1]}"
            )
        self._keys = np.zeros(N_COMPANIONS, dtype=np.uint64)
        self._chances = np.empty(N_COMPANIONS)
        self._ticks = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; `seed` alone reproduces everything. Options as in `GroupMemberEnv`."""
        begun = super().reset(seed=seed, options=options)
        self._keys = self.np_random.integers(2**64, size=N_COMPANIONS, dtype=np.uint64)
        self._ticks = 0
        return begun

    def _make_world(self, **arguments: Any) -> World:
        everybody = [arguments.pop("overrides"), *self.companions.parameters]
        names = dict.fromkeys(name for one in everybody for name in one)
        usual = {row.name: row for row in rows_of(arguments["table"])}
        switches = [arguments.pop("arms") or {}, *self.companions.arms]
        switched = dict.fromkeys(arm for one in switches for arm in one)
        sexes = [arguments.pop("sex"), *self.companions.sexes]
        return World(
            self.assay,
            1,
            sex=sexes,
            overrides={
                name: [one.get(name, usual[name].of(sex)) for one, sex in zip(everybody, sexes, strict=True)]
                for name in names
            },
            arms={arm: [one.get(arm, "own") for one in switches] for arm in switched},
            **arguments,
        )

    def _act_for_others(self) -> None:
        fill_uniform(self._keys, self._ticks, self._chances)
        self._actions[1:] = self.companions.policies.choose(self.world.observations[1:], self._chances)
        self._ticks += 1
