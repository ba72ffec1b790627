"""A habitat with one free place: the other animals that act in it are played by frozen networks."""

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
from socialrl_envs import ASSAYS, Assay, SocialEnv
from socialrl_envs.assays.group_habitat import GROUP_HABITAT
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.noise import fill_uniform
from socialrl_envs.observation import space_of
from socialrl_envs.parameters import rows_of
from socialrl_envs.vocabulary import SEXES
from socialrl_envs.world import World


def _from_one_place(assay: Assay) -> Assay:
    """Return an assay as one of its animals sees it: `focal`, its `partner`, and the others by their numbers."""
    return replace(assay, animals=("focal", "partner", *assay.animals[2:]))


@dataclass(frozen=True)
class FrozenCompanions:
    """Animals that no longer learn: the partner first, then the other pairs, if there are any.

    `policies` are their networks (in a group habitat 75 channels in, 16 actions out), `parameters` and `arms` what
    differs from the table in each of them, `sexes` female or male (none given: females). `world` are the arguments of
    `FrozenCompanionsEnv` that they were trained with: length of a tick and of a test, parameter table, cohousing,
    attachment, drugs and whether these part the dopamine tones. `assay` is where they live: a group habitat, or another
    assay in which several animals act.
    """

    names: tuple[str, ...]
    policies: FrozenPolicies
    parameters: tuple[Mapping[str, float], ...]
    arms: tuple[Mapping[str, str], ...]
    world: Mapping[str, Any]
    sexes: tuple[str, ...] = ()
    assay: Assay = GROUP_HABITAT

    def __post_init__(self) -> None:
        n_companions = len(self.assay.acting) - 1
        if not self.sexes:
            object.__setattr__(self, "sexes", (SEXES[0],) * n_companions)
        counts = {len(self.names), self.policies.n_animals, len(self.parameters), len(self.arms), len(self.sexes)}
        if counts != {n_companions}:
            raise UserError(f"companions must be {n_companions}, each with a name, a network, parameters and arms")


def frozen_companions(run: RunFolder | str | Path, replacing: str | None = None) -> FrozenCompanions:
    """Return the companions of the trained animal `replacing` (default: the first) in a run in which several act.

    These are the animals that shared its habitat; an environment gives its place to another animal. A run of an assay
    in which one animal acts, an unknown animal or one whose companions have no network yet raises `UserError`.
    """
    run = run if isinstance(run, RunFolder) else RunFolder.open(run)
    config = run.config
    assay = ASSAYS[config.env.id]
    if len(assay.acting) == 1:
        raise UserError(
            f"{run.path} has no companions: it was trained in {assay.id}, not in an assay of several that act"
        )
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
            "relationship": list(config.env.reset.relationship),
            "drugs": [drug.model_dump() for drug in config.env.drugs],
            "sex": focal.sex,
            "attachment": config.env.attachment,
            "tones_apart": config.env.tones_apart,
        },
        sexes=tuple(one.sex for one in others),
        assay=assay,
    )


def random_companions(assay: Assay = GROUP_HABITAT) -> FrozenCompanions:
    """Return animals with the table's parameters that choose every action with equal probability."""
    n_companions = len(assay.acting) - 1
    n_features = space_of(assay).shape[0]
    n_actions = assay.n_actions
    nothing_learned = {
        "action_net.weight": np.zeros((n_actions, n_features), np.float32),
        "action_net.bias": np.zeros(n_actions, np.float32),
    }
    none: tuple[Mapping[str, Any], ...] = ({},) * n_companions
    names = _from_one_place(assay).animals[1 : 1 + n_companions]
    policies = FrozenPolicies([nothing_learned] * n_companions)
    return FrozenCompanions(names, policies, none, none, {}, assay=assay)


class FrozenCompanionsEnv(SocialEnv):
    """One vole of the group habitat acts and may learn; the seven others are trained animals that no longer learn.

    The others see, feel and act as in `GroupHabitatVectorEnv`, each by its own network and parameters, with actions
    sampled from its policy. The acting animal takes the place of one of them (`frozen_companions`); its partner is that
    one's cage mate. With the companion of a run in `PairHome` the world is that home, and actions, channels and record
    are those of its page. For learners with one agent, and to study one animal among given others:

        companions = frozen_companions("runs/group_habitat", replacing="wt-03")
        env = FrozenCompanionsEnv(companions, oxtr_gain=0.0)

    **Actions** (`Discrete(16)`, names in `env.action_names`), **observation** (`Box`, float32, 75 channels, names in
    `env.observation_names`), **reward** and `record` are those of `GroupMemberEnv`, whose page describes them.

    **Episode.** `duration_s` seconds in ticks of `dt_s`, then truncation; it never terminates. `reset(seed=…)` alone
    reproduces everything, the companions' choices among it.

    **Arguments.** `companions`; all others are those of `GroupMemberEnv` without `others`, with the companions' `world`
    and the sex of the animal that is replaced as defaults. Parameters by name and `arms` are those of the acting
    animal, drugs act on all.
    """

    assay = _from_one_place(GROUP_HABITAT)

    def __init__(self, companions: FrozenCompanions, **arguments: Any) -> None:
        self.companions = companions
        self.assay = _from_one_place(companions.assay)
        theirs = companions.world.get("table", CURRENT)
        if arguments.get("table", theirs) != theirs:
            raise UserError(
                f"table must be {theirs}, which the companions were trained with, got {arguments['table']!r}"
            )
        super().__init__(**{"sex": companions.sexes[0], **companions.world, **arguments})
        fits = (self.observation_space.shape[0], self.world.n_actions)
        has = (companions.policies.n_features, companions.policies.n_actions)
        if has != fits:
            raise UserError(
                f"the companions' networks take {has[0]} observation channels and choose from {has[1]} actions, "
                f"{companions.assay.id} has {fits[0]} and {fits[1]}"
            )
        self._keys = np.zeros(len(companions.names), dtype=np.uint64)
        self._chances = np.empty(len(companions.names))
        self._ticks = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; `seed` alone reproduces everything. Options as in `GroupMemberEnv`."""
        begun = super().reset(seed=seed, options=options)
        self._keys = self.np_random.integers(2**64, size=len(self._keys), dtype=np.uint64)
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
